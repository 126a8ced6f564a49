import { exporting } from './export.app.ts'
import { importing } from './manifests.app.ts'
import type { Ports } from './ports.ts'
import { searching } from './search.app.ts'

/** What the routes of many cases at once do. */
export const listing = (ports: Omit<Ports, 'transfers' | 'applications' | 'appointments' | 'agendas'>) => ({
  ...searching(ports),
  ...importing(ports),
  ...exporting(ports),
})
