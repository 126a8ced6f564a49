// `pnpm bench <name>`: measures what the performance goals ask for. README.md says what each one means.
import { parseArgs } from 'node:util'
import { synthesize } from '@wontanara/tools/synth'
import { cold } from './cold.ts'
import { cost } from './cost.ts'
import { deliveries } from './deliveries.ts'
import { exported } from './export.ts'
import { flow } from './flow.ts'
import { growth } from './growth.ts'
import { imported } from './import.ts'
import { journey } from './journey.ts'
import { loop } from './loop.ts'
import { matcher } from './matcher.ts'
import { notify } from './notify.ts'
import { size } from './size.ts'
import { start } from './start.ts'
import { units } from './units.ts'
import { warm, warmStub } from './warm.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { stub: { type: 'boolean', default: false }, write: { type: 'boolean', default: false }, rounds: { type: 'string' } },
})
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)

const benches: Readonly<Record<string, () => Promise<string>>> = {
  size,
  units: () => units(values.write),
  cost,
  cold: () => cold(rounds),
  warm: () => (values.stub ? warmStub(rounds) : warm(rounds)),
  flow: () => flow(rounds),
  journey: () => journey(rounds),
  growth: () => growth(rounds),
  matcher,
  import: () => imported(rounds),
  export: () => exported(),
  notify: () => notify(rounds),
  deliveries: () => deliveries(rounds),
  loop,
  start: () => start(rounds),
}

const run = benches[positionals[0] ?? '']
if (run === undefined) {
  console.error(`Usage: pnpm bench ${Object.keys(benches).join('|')} [--stub] [--write] [--rounds n]`)
  process.exitCode = 2
} else {
  // What is measured is what would be deployed.
  synthesize()
  console.log(await run())
}
