import { type Sample, sample } from './sample.ts'

// Journeys of a hundred commands, on a machine that may be busy with other tests.
jest.setTimeout(240_000)

/* Outages, poison, rivals, and defects that must be found: a sample of what `pnpm run faults` does in full. */
let run: Sample
beforeAll(async () => {
  run = await sample()
})
afterAll(() => run.close())

test.each([
  'poison in a batch of ten: medical-coordination/events',
  "poison in a table's stream: case-intake",
  'EventBridge down for a while',
  'a partner endpoint down for 26 hours',
  'two alike at once',
  'two different ones at once',
])('%s', async (name) => {
  expect(await run.verdictOf(name)).toMatchObject({ lost: 0, doubled: 0, silent: 0, found: [], passed: true })
})

test.each(['a relay that does not look at FailedEntryCount', 'a store that does not recognise what it has applied'])(
  'the suite finds %s',
  async (name) => {
    const { lost, doubled, silent, passed } = await run.verdictOf(`defect: ${name}`)
    expect(lost + doubled + silent).toBeGreaterThan(0)
    expect(passed).toBe(true)
  },
)
