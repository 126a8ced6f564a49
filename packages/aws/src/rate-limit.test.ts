import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { rateLimitContract } from '@wontanara/core/rate-limit-contract'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import { keyVault } from './key-vault.ts'
import { rateLimit } from './rate-limit.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())

let tables = 0
async function newLimit() {
  const table = { name: `limit-${++tables}`, client: dynoxide.client }
  await dynoxide.createTable(table.name)
  const vault = keyVault({ stage: 'test', service: 'one', table, kms: fakeKms().client, keys: { find: 'arn:find' } })
  return { table, limit: rateLimit('one', table, vault) }
}

rateLimitContract(async () => (await newLimit()).limit)

test('the table does not tell who sent, and not that two whiles are of one source; counts expire', async () => {
  const { table, limit } = await newLimit()
  const allowance = { most: 5, seconds: 3600 }
  for (const at of ['2026-03-02T09:20:00.000Z', '2026-03-02T10:20:00.000Z']) await limit.take('203.0.113.0/24', allowance, at)
  const items = (await dynoxide.client.send(new ScanCommand({ TableName: table.name }))).Items ?? []
  const counts = items.filter(({ pk }) => pk?.S?.startsWith('limit#'))
  expect(JSON.stringify(counts)).not.toContain('203.0.113')
  expect(new Set(counts.map(({ pk }) => pk?.S)).size).toBe(2)
  const ends = counts.map(({ expires }) => Number(expires?.N) * 1000).toSorted()
  expect(ends).toEqual([Date.parse('2026-03-02T11:00:00Z'), Date.parse('2026-03-02T12:00:00Z')])
})
