import { describing } from './directory.app.ts'
import { exchanging } from './hsds.app.ts'
import { measuring } from './measures.app.ts'
import { type ChoosingPorts, choosing } from './routing.app.ts'

/** What each route of the directory, of ranking, rules and measures does. */
export const offering = (ports: ChoosingPorts) => ({
  ...describing(ports),
  ...exchanging(ports),
  ...choosing(ports),
  ...measuring(ports),
})
