// The functions of the contract suite's stack: they write down what they were given, and fail as they are told.
import { randomUUID } from 'node:crypto'
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import type {
  APIGatewayProxyEventV2,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda'

const client = new DynamoDBClient({})
const TableName = process.env.SEEN

/** One item for each record of each invocation, in the order in which they came. */
async function note(pk: string, record: DynamoDBRecord | SQSRecord, batch: number): Promise<void> {
  const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000)
  const Item = { pk: { S: pk }, sk: { S: `${microseconds}#${randomUUID()}` }, seen: { S: JSON.stringify({ record, batch }) } }
  await client.send(new PutItemCommand({ TableName, Item }))
}

async function times(pk: string): Promise<number> {
  const { Count = 0 } = await client.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      Select: 'COUNT',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    }),
  )
  return Count
}

/** What an item or a body asks for: `throw` every time, `report` every time, `report-once`. */
async function wish(how: string | undefined, pk: string): Promise<'throw' | 'report' | undefined> {
  return how === 'throw' ? 'throw' : how === 'report' || (how === 'report-once' && (await times(pk)) < 2) ? 'report' : undefined
}

export async function stream({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const failed: string[] = []
  let thrown = false
  for (const record of Records) {
    const pk = `stream ${record.dynamodb?.Keys?.pk?.S}`
    await note(pk, record, Records.length)
    const asked = await wish(record.dynamodb?.NewImage?.fail?.S, pk)
    if (asked === 'throw') thrown = true
    if (asked === 'report') failed.push(record.dynamodb?.SequenceNumber ?? '')
  }
  if (thrown) throw new Error('as asked')
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}

export async function queue({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = []
  for (const record of Records) {
    const { id, fail } = JSON.parse(record.body) as { id: string; fail?: string }
    await note(`queue ${id}`, record, Records.length)
    if ((await wish(fail, `queue ${id}`)) === 'report') batchItemFailures.push({ itemIdentifier: record.messageId })
  }
  return { batchItemFailures }
}

const visible = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/KEY|TOKEN|SECRET/.test(name)))

export async function api(event: APIGatewayProxyEventV2): Promise<unknown> {
  switch (event.routeKey) {
    case 'GET /environment':
      return {
        ...visible(),
        held: Object.keys(process.env).filter((name) => /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/.test(name)),
      }
    case 'GET /throw':
      throw new TypeError('as asked')
    case 'GET /exit':
      return process.exit(3)
    case 'GET /never':
    case 'GET /late':
      return new Promise(() => undefined)
    case 'GET /malformed':
      return { statusCode: 'all right', body: 'x' }
    case 'GET /big':
      return { statusCode: 200, body: 'x'.repeat(7 * 1024 * 1024) }
    case 'GET /plain':
      return 'hello'
    case 'GET /answer':
      return {
        statusCode: 201,
        headers: { 'X-Mixed': 'Case', 'content-type': 'text/plain; charset=utf-8' },
        cookies: ['a=1; Secure', 'b=2'],
        body: Buffer.from('é').toString('base64'),
        isBase64Encoded: true,
      }
    default:
      return event
  }
}
