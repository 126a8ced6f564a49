import type { RateLimit } from './rate-limit.ts'

/**
 * What every limit must do. Each implementation runs this suite in a test file of its own.
 * @param newLimit a limit that has counted nothing
 */
export function rateLimitContract(newLimit: () => Promise<RateLimit>): void {
  const allowance = { most: 3, seconds: 3600 }
  const at = '2026-03-02T09:20:00.000Z'

  test('one source may send so many in a while, another as many, and all again in the next', async () => {
    const limit = await newLimit()
    for (let n = 0; n < 3; n++) expect(await limit.take('one', allowance, at)).toBeUndefined()
    expect(await limit.take('one', allowance, at)).toBe(40 * 60)
    expect(await limit.take('one', allowance, '2026-03-02T09:59:59.500Z')).toBe(1)
    expect(await limit.take('two', allowance, at)).toBeUndefined()
    expect(await limit.take('one', allowance, '2026-03-02T10:00:00.000Z')).toBeUndefined()
  })

  test('of many at once no more are let through than may', async () => {
    const limit = await newLimit()
    const taken = await Promise.all(Array.from({ length: 12 }, () => limit.take('one', allowance, at)))
    expect(taken.filter((wait) => wait === undefined)).toHaveLength(3)
  })
}
