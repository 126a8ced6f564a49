// `pnpm run kill -- --commands 10000 --kills 200 [--seed 1] [--together 24] [--minutes 40]`: kills a stage while clients send commands to it.
// Exit status 0: nothing acknowledged was lost or doubled, and nothing was told otherwise.
import { parseArgs } from 'node:util'
import { killRun, linesOf } from './kill-run.ts'

const { values } = parseArgs({
  // pnpm hands the dashes on that end its own options.
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    commands: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    together: { type: 'string', default: '24' },
    minutes: { type: 'string', default: '40' },
  },
})
try {
  const report = await killRun({
    commands: Number(values.commands),
    kills: Number(values.kills),
    seed: Number(values.seed),
    together: Number(values.together),
    limit: Number(values.minutes) * 60_000,
    tell: console.log,
  })
  console.log(linesOf(report).join('\n'))
  const { lost, doubled, silent } = report.findings
  process.exitCode = lost.length + doubled.length + silent.length === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
