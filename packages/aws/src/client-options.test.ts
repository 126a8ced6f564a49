import { once } from 'node:events'
import { createServer } from 'node:http'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { clientOptions } from './client-options.ts'

test('a call that is never answered is given up, and sent again', async () => {
  let received = 0
  const server = createServer(() => received++).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const { connectionTimeout, throwOnRequestTimeout } = clientOptions.requestHandler
  const client = new DynamoDBClient({
    ...clientOptions,
    requestHandler: { connectionTimeout, throwOnRequestTimeout, requestTimeout: 30 },
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(received).toBe(clientOptions.maxAttempts)
  client.destroy()
  server.closeAllConnections()
  server.close()
})
