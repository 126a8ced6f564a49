import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { DynamoDBClient, PutItemCommand, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { clientOptions } from './client-options.ts'
import { retryCancelled } from './retry-cancelled.ts'

const cancelled = (...codes: readonly string[]) => ({
  __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
  Message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
  CancellationReasons: codes.map((Code) => ({ Code })),
})
const busy = { __type: 'com.amazonaws.dynamodb.v20120810#TransactionConflictException', message: 'Transaction is ongoing for the item' }

let server: Server
let client: DynamoDBClient
let refusals: object[]
let received: { readonly ClientRequestToken?: string }[]
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      received.push(JSON.parse(body))
      const refusal = refusals.shift()
      response.writeHead(refusal === undefined ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(refusal ?? {}))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  client = retryCancelled(
    new DynamoDBClient({
      ...clientOptions,
      endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  )
})
beforeEach(() => {
  received = []
})
afterAll(() => {
  client.destroy()
  server.closeAllConnections()
  server.close()
})

const Put = { TableName: 'table', Item: { pk: { S: 'a' } } }
const write = () => client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }, { Put: { ...Put, Item: { pk: { S: 'b' } } } }] }))

test.each([
  ['ThrottlingError', 'None'],
  ['None', 'ProvisionedThroughputExceeded'],
  ['TransactionConflict', 'ProvisionedThroughputExceeded'],
])('a transaction cancelled for %s, %s is sent again with the same token', async (...codes) => {
  refusals = [cancelled(...codes), cancelled(...codes)]
  await write()
  expect(received).toHaveLength(3)
  expect(new Set(received.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(1)
  expect(received[0]?.ClientRequestToken).toEqual(expect.any(String))
})

test('one that is throttled again and again is given up', async () => {
  refusals = Array(9).fill(cancelled('ThrottlingError'))
  await expect(write()).rejects.toThrow(TransactionCanceledException)
  expect(received).toHaveLength(clientOptions.maxAttempts)
})

// Sent again as they are, these would fail again: the caller loads and decides anew, or it is a fault.
test.each([
  ['ConditionalCheckFailed', 'None'],
  ['None', 'TransactionConflict'],
  ['ConditionalCheckFailed', 'ThrottlingError'],
  ['ValidationError', 'None'],
])('a transaction cancelled for %s, %s is not sent again', async (...codes) => {
  refusals = [cancelled(...codes)]
  await expect(write()).rejects.toThrow(TransactionCanceledException)
  expect(received).toHaveLength(1)
})

test('a single item that a transaction holds at this moment is written a moment later', async () => {
  refusals = [busy]
  await client.send(new PutItemCommand(Put))
  expect(received).toHaveLength(2)
})
