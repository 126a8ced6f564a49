import { DescribeTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { type Dynoxide, startDynoxide } from './dynoxide.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())

test('a table of the house shape: keys, stream, and indexes that carry the row only', async () => {
  const { client } = dynoxide
  await dynoxide.createTable('things')
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'things' }))
  expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' })
  await client.send(
    new PutItemCommand({
      TableName: 'things',
      Item: { pk: { S: 'thing#1' }, sk: { S: 'state' }, gsi2pk: { S: 'a' }, gsi2sk: { S: 'b' }, row: { S: '{}' }, c: { S: 'hidden' } },
    }),
  )
  const { Items } = await client.send(
    new QueryCommand({
      TableName: 'things',
      IndexName: 'gsi2',
      KeyConditionExpression: 'gsi2pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'a' } },
    }),
  )
  expect(Items).toEqual([{ pk: { S: 'thing#1' }, sk: { S: 'state' }, gsi2pk: { S: 'a' }, gsi2sk: { S: 'b' }, row: { S: '{}' } }])
})
