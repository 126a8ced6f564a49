import { type Sample, sample } from './sample.ts'

// Journeys of a hundred commands, on a machine that may be busy with other tests.
jest.setTimeout(240_000)

/* Faults of calls and deliveries: a sample of what `pnpm run faults` does in full. */
let run: Sample
beforeAll(async () => {
  run = await sample()
})
afterAll(() => run.close())

test.each([
  'duplicates: everything 2 times',
  'random order, seed 1',
  'lost answers, one at a time',
  'kills, one at a time',
  'throttle: 10 % of calls',
])('%s', async (name) => {
  expect(await run.verdictOf(name)).toMatchObject({ lost: 0, doubled: 0, silent: 0, found: [], passed: true })
})
