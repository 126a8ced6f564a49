import { tokenBucket } from './token-bucket.ts'

test('lets a burst through, then as many as come back, and never more than it holds', () => {
  let now = 0
  const take = tokenBucket(2, 3, () => now)
  const taken = (times: number) => Array.from({ length: times }, take).filter((has) => has).length
  expect(taken(5)).toBe(3)
  now += 499
  expect(taken(1)).toBe(0)
  now += 1
  expect(taken(2)).toBe(1)
  now += 1000
  expect(taken(5)).toBe(2)
  now += 3_600_000
  expect(taken(9)).toBe(3)
})
