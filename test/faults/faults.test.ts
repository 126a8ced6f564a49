import { type Context, contextOf, type Undisturbed, undisturbed, type Verdict } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import type { OpenStage } from './stage.ts'

/*
 * A sample of what `pnpm run faults` does in full: each kind of fault, on few journeys. The stage is shared, so that what one scenario
 * spoils, those after it find too.
 */
const seed = 1
const all = new Map(scenarios(seed).map((scenario) => [scenario.name, scenario]))

let stage: OpenStage
let context: Context & { close(): Promise<void> }
beforeAll(async () => {
  const opened: Undisturbed & { readonly stage: OpenStage } = await undisturbed()
  stage = opened.stage
  context = contextOf(opened, { seed, brief: true, shared: stage })
})
afterAll(async () => {
  await context.close()
  await stage.close()
})

const flawless = { lost: 0, doubled: 0, silent: 0, found: [], passed: true } satisfies Partial<Verdict>

test.each([
  'duplicates: everything 3 times',
  'random order, seed 1',
  'lost answers, one at a time',
  'kills, one at a time',
  'two alike at once',
  'two different ones at once',
  'throttle: 10 % of calls',
  'partial: 50 % of calls',
  'poison in a batch of ten: medical-coordination/events',
  'EventBridge down for a while',
  `defect: a relay that does not look at FailedEntryCount`,
  'defect: a store that does not recognise what it has applied',
])('%s', async (name) => {
  const verdict = await all.get(name)?.run(context)
  expect(verdict).toMatchObject(name.startsWith('defect') ? { passed: true } : flawless)
})
