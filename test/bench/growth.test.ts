import { grown, readsAtSizes } from './growth.ts'

it('reads cost the same with ten times the cases', async () => {
  expect(grown(await readsAtSizes([500, 5000], 1))).toEqual([])
}, 120_000)
