import { bundleSizes } from './size.ts'

const sizes = bundleSizes()

/** What a function of ours weighs today with its rules, code lists and texts, and some room: more than this needs a reason. */
const ceiling = { bytes: 470_000, gzip: 147_000 }

it.each(sizes)('$name carries no more libraries than the goal allows a whole function', ({ libraries, goal }) => {
  expect(libraries).toBeLessThanOrEqual(goal.bytes)
})

it.each(sizes)('$name stays below the ceiling', ({ bytes, documents, gzip }) => {
  expect(bytes - documents).toBeLessThanOrEqual(ceiling.bytes)
  expect(gzip).toBeLessThanOrEqual(ceiling.gzip)
})

it('keeps the relay within the goal, whole', () => {
  const relay = sizes.find(({ name }) => name === 'aws/relay')
  expect(relay?.bytes).toBeLessThanOrEqual(280_000)
  expect(relay?.gzip).toBeLessThanOrEqual(92_000)
})
