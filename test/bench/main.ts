// `pnpm bench <name> [rounds]`: measures what the performance goals ask for. README.md says what each one means.
import { parseArgs } from 'node:util'
import { cold } from './cold.ts'
import { size } from './size.ts'
import { warm, warmStub } from './warm.ts'

const benches: Readonly<Record<string, (rounds?: number) => Promise<string>>> = { size, cold, warm }

const { positionals, values } = parseArgs({ allowPositionals: true, options: { stub: { type: 'boolean', default: false } } })
const [name = '', rounds] = positionals
const run = name === 'warm' && values.stub ? warmStub : benches[name]
if (run === undefined) {
  console.error(`Usage: pnpm bench ${Object.keys(benches).join('|')} [rounds] [--stub]`)
  process.exitCode = 2
} else {
  console.log(await run(rounds === undefined ? undefined : Number(rounds)))
}
