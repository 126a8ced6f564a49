// `pnpm run faults [--seed 1] [--only text] [--brief] [--list]`: every scenario against the synthesized stage of this machine. Exit status
// 0: every acknowledged change is where it belongs, once, and nothing was told otherwise.
import { parseArgs } from 'node:util'
import { frozen } from './mutants.ts'
import { contextOf, undisturbed, type Verdict } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    brief: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    /** Minutes after which no further scenario begins. */
    limit: { type: 'string', default: '90' },
  },
})

// Broken off, it leaves nothing behind either.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const columns = ['injected', 'hits', 'acknowledged', 'lost', 'doubled', 'silent'] as const
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

function show({ notes, found, ...verdict }: Verdict, seconds: number): void {
  console.log(
    row([
      verdict.scenario,
      ...columns.map((column) => verdict[column]),
      verdict.passed ? 'passed' : '**failed**',
      `${seconds} s`,
      [...notes, ...found].join('; '),
    ]),
  )
}

const chosen = scenarios(Number(values.seed)).filter(({ name }) => name.includes(values.only))
if (values.list) for (const { name, promise } of chosen) console.log(`${name}: ${promise}`)
else {
  const begun = Date.now()
  const assembly = frozen()
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  }
  const { stage, ...known } = await undisturbed(assembly.folder)
  await stage.close()
  console.log(row(['scenario', ...columns, 'verdict', 'time', 'measured']))
  console.log(row(Array.from({ length: columns.length + 4 }, () => '---')))
  let failed = 0
  for (const scenario of chosen) {
    if (Date.now() - begun > Number(values.limit) * 60_000) {
      console.log(`not run: ${scenario.name}`)
      failed++
      continue
    }
    const started = Date.now()
    const context = contextOf(known, {
      seed: Number(values.seed),
      brief: values.brief,
      assembly: assembly.folder,
      progress: (text) => progress(`${scenario.name}: ${text}`),
    })
    progress(scenario.name)
    const nothing = {
      scenario: scenario.name,
      injected: 0,
      hits: 0,
      acknowledged: 0,
      lost: 0,
      doubled: 0,
      silent: 0,
      notes: [],
      passed: false,
    }
    const verdict = await scenario
      .run(context)
      .catch((error: unknown): Verdict => ({ ...nothing, found: [error instanceof Error ? error.message : String(error)] }))
    await context.close()
    progress('')
    show(verdict, Math.round((Date.now() - started) / 1000))
    if (!verdict.passed) failed++
  }
  assembly.remove()
  console.log(`${chosen.length - failed} of ${chosen.length} passed in ${Math.round((Date.now() - begun) / 60_000)} min`)
  process.exitCode = failed === 0 ? 0 : 1
}
