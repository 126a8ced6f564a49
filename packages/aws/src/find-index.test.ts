import { BatchWriteItemCommand, type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { findContract } from '@wontanara/core/find-contract'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import { findIndex } from './find-index.ts'
import { keyVault } from './key-vault.ts'
import type { Table } from './table.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())

let tables = 0
async function newTable(client: Pick<DynamoDBClient, 'send'> = dynoxide.client): Promise<Table> {
  const table = { name: `find-${++tables}`, client: client as DynamoDBClient }
  await dynoxide.createTable(table.name)
  return table
}
const indexOf = (table: Table, kms = fakeKms(), client = table.client) => {
  const keys = { find: 'arn:find' }
  const vault = keyVault({ stage: 'test', service: 'one', table: { ...table, client: dynoxide.client }, kms: kms.client, keys })
  return findIndex('case', { ...table, client }, vault)
}
const keysIn = async ({ name }: Table): Promise<readonly string[]> =>
  ((await dynoxide.client.send(new ScanCommand({ TableName: name }))).Items ?? []).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`)
const placesIn = async (table: Table) => (await keysIn(table)).filter((key) => key.startsWith('find#'))

findContract(async () => indexOf(await newTable()))

const phone = { kind: 'phone', value: '+224620000001' }
const name = { kind: 'name', value: 'PlantedName' }

test('nothing in the table tells a value, and another key makes other places', async () => {
  const [one, two] = [await newTable(), await newTable()]
  for (const table of [one, two]) await indexOf(table).place('case-1', 'labe', [phone, name])
  const items = JSON.stringify((await dynoxide.client.send(new ScanCommand({ TableName: one.name }))).Items)
  expect(items).not.toMatch(/PlantedName|620000001/)
  expect(await placesIn(one)).toHaveLength(2)
  expect(new Set([...(await placesIn(one)), ...(await placesIn(two))])).toHaveProperty('size', 4)
})

test('every process of a service finds what another placed', async () => {
  const table = await newTable()
  const kms = fakeKms()
  await indexOf(table, kms).place('case-1', 'labe', [phone])
  expect((await indexOf(table, kms).find(phone, { limit: 5 })).found).toEqual([{ scope: 'labe', id: 'case-1' }])
})

/** A client whose n-th write of the index fails, before or after it was performed. */
function failing(n: number, performed: boolean): DynamoDBClient {
  let writes = 0
  return {
    send: async (command: never) => {
      const isWrite = (command as object) instanceof BatchWriteItemCommand || (command as object) instanceof PutItemCommand
      if (!isWrite || ++writes !== n) return dynoxide.client.send(command)
      if (performed) await dynoxide.client.send(command)
      throw new Error('as asked')
    },
  } as unknown as DynamoDBClient
}

describe.each([
  ['other terms', 'labe', [name]],
  ['another scope', 'kankan', [phone, name]],
  ['another scope and other terms', 'kankan', [name]],
  ['no terms', 'labe', []],
])('interrupted on the way to %s, the next attempt leaves exactly what is wanted', (_, scope, terms) => {
  const cases = [1, 2, 3, 4].flatMap((n) => [true, false].map((performed) => [n, performed] as const))
  test.each(cases)('at write %i, performed: %s', async (n, performed) => {
    const table = await newTable()
    const kms = fakeKms()
    await indexOf(table, kms).place('case-1', 'labe', [phone, { kind: 'document', value: 'R1' }])
    await indexOf(table, kms, failing(n, performed))
      .place('case-1', scope, terms)
      .catch(() => undefined)
    await indexOf(table, kms).place('case-1', scope, terms)
    const index = indexOf(table, kms)
    for (const term of [phone, name, { kind: 'document', value: 'R1' }]) {
      const wanted = terms.some(({ kind }) => kind === term.kind) ? [{ scope, id: 'case-1' }] : []
      expect((await index.find(term, { limit: 5 })).found).toEqual(wanted)
    }
    expect(await placesIn(table)).toHaveLength(terms.length)
  })
})

test('what DynamoDB did not take is sent again', async () => {
  const table = await newTable()
  let refusals = 0
  const busy = {
    send: async (command: never) => {
      const batch: unknown = command
      if (batch instanceof BatchWriteItemCommand && refusals++ < 2) return { UnprocessedItems: batch.input.RequestItems }
      return dynoxide.client.send(command)
    },
  } as unknown as DynamoDBClient
  await indexOf(table, fakeKms(), busy).place('case-1', 'labe', [phone, name])
  expect(await placesIn(table)).toHaveLength(2)
})
