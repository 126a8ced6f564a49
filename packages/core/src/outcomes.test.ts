import { outcomes } from './outcomes.ts'
import type { Refusal } from './refusal.ts'
import { ok, refused } from './result.ts'

const refusal = refused<Refusal>({ kind: 'not-found', code: 'not-found', reasons: [] })

test('gives what all of the work gave, refusals too', async () => {
  const { settle, all } = outcomes()
  await settle([Promise.resolve(ok(1)), Promise.resolve(undefined)])
  await settle([Promise.resolve(ok(2)), Promise.resolve(refusal)])
  expect(all('changes were not made')).toEqual([ok(1), ok(2), refusal])
})

test('throws when all is done, and says of what failed only the kind', async () => {
  const { settle, all } = outcomes()
  await settle([Promise.reject(new TypeError('of Mariama')), Promise.resolve(ok(1))])
  await settle([Promise.resolve(ok(2)), Promise.reject(new TypeError('of Alpha'))])
  expect(() => all('changes were not made')).toThrow(/^2 of 4 changes were not made: TypeError$/)
})
