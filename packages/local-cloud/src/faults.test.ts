import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { type Fault, type FaultInjection, faultInjection } from './faults.ts'
import { type Fixture, variables, writeFixture } from './fixture.ts'
import type { AwsCall } from './front-door.ts'
import { type LocalCloud, type Observation, startLocalCloud } from './index.ts'

/*
 * What a fault looks like to the AWS SDK in a function. The function below makes one call with a client of its own and tells what came.
 */

const clients = ['dynamodb', 'eventbridge', 'kms', 'sqs'].map((name) => require.resolve(`@aws-sdk/client-${name}`))
const code = `
const sdk = Object.assign({}, ...${JSON.stringify(clients)}.map((path) => require(path)))
exports.handler = async ({ body }) => {
  const { service, action, input, maxAttempts, requestTimeout } = JSON.parse(body)
  const client = new sdk[service + 'Client']({ maxAttempts, requestHandler: { requestTimeout, throwOnRequestTimeout: true } })
  const told = (value) => ({ statusCode: 200, body: JSON.stringify({ pid: process.pid, ...value }) })
  try {
    const { $metadata, ...output } = await client.send(new sdk[action + 'Command'](input))
    return told({ output, attempts: $metadata.attempts })
  } catch (error) {
    const { name, message, code, $fault, $metadata, CancellationReasons } = error
    return told({ error: { name, message, code, fault: $fault, status: $metadata?.httpStatusCode, reasons: CancellationReasons }, attempts: $metadata?.attempts })
  } finally {
    client.destroy()
  }
}
`
const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] })
const api = { 'Fn::ImportValue': 'fixture-platform:Api' }
const extra = {
  Sdk: {
    Type: 'AWS::Lambda::Function',
    Properties: { Code: { ZipFile: code }, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10, Role: arn('Any') },
  },
  SdkPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: { Action: 'lambda:InvokeFunction', FunctionName: { Ref: 'Sdk' }, Principal: 'apigateway.amazonaws.com' },
  },
  SdkIntegration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { ApiId: api, IntegrationType: 'AWS_PROXY', IntegrationUri: arn('Sdk'), PayloadFormatVersion: '2.0' },
  },
  SdkRoute: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: api,
      RouteKey: 'POST /sdk',
      AuthorizationType: 'NONE',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'SdkIntegration' }]] },
    },
  },
}

let fixture: Fixture
let cloud: LocalCloud
let direct: DynamoDBClient
const observed: Observation[] = []

beforeAll(async () => {
  fixture = writeFixture(extra)
  cloud = await startLocalCloud({ assembly: fixture.assembly, log: () => undefined, observe: (observation) => observed.push(observation) })
  direct = new DynamoDBClient({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
})
beforeEach(() => {
  cloud.faults.seed(1)
  observed.length = 0
})
afterEach(() => cloud.faults.clear())
afterAll(async () => {
  direct.destroy()
  await cloud.stop()
  fixture.remove()
})

/** What the SDK answered; what is read from it is what the test expects there. */
// biome-ignore lint/suspicious/noExplicitAny: any depth of any answer
type Json = any
interface Told {
  readonly pid: number
  readonly attempts: number
  readonly output?: Readonly<Record<string, Json>>
  readonly error?: Readonly<Record<string, unknown>>
}
/** Makes a call in the function. @param at `DynamoDB.PutItem` @param requestTimeout milliseconds */
async function sdk(at: string, input: object, maxAttempts = 1, requestTimeout = 5000): Promise<Told> {
  const [service, action] = at.split('.')
  const response = await fetch(`${cloud.apiUrl}/sdk`, {
    method: 'POST',
    body: JSON.stringify({ service, action, input, maxAttempts, requestTimeout }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as Told
}
const put = (id: string, item: object = {}) => fetch(`${cloud.apiUrl}/things/${id}`, { method: 'PUT', body: JSON.stringify(item) })
const stored = async (id: string) => (await direct.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: id } } }))).Item
const thing = (id: string) => ({ TableName: 'things', Item: { pk: { S: id }, quiet: { BOOL: true } } })
const twoThings = (id: string) => ({ TransactItems: [{ Put: thing(`${id}-1`) }, { Put: thing(`${id}-2`) }] })
async function seen(id: string): Promise<{ readonly messageId: string }[]> {
  const { Items = [] } = await direct.send(
    new QueryCommand({ TableName: 'seen', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: id } } }),
  )
  return Items.map((item) => JSON.parse(item.record?.S ?? ''))
}
const hits = () => observed.flatMap((each) => (each.kind === 'fault' ? [each] : []))
const keyId = () => cloud.resources('AWS::KMS::Key')[0]?.arn
const queueUrl = () => cloud.resources('AWS::SQS::Queue').find(({ name }) => name === 'spare')?.ref
const event = (n: number) => ({
  EventBusName: variables.BUS,
  Source: 'fixture',
  DetailType: 'nobody-listens',
  Detail: JSON.stringify({ n }),
})

const inputs: Readonly<Record<string, () => object>> = {
  'DynamoDB.PutItem': () => thing('single'),
  'DynamoDB.GetItem': () => ({ TableName: 'things', Key: { pk: { S: 'single' } } }),
  'DynamoDB.TransactWriteItems': () => twoThings('pair'),
  'SQS.SendMessage': () => ({ QueueUrl: queueUrl(), MessageBody: 'hello' }),
  'EventBridge.PutEvents': () => ({ Entries: [event(1)] }),
  'KMS.GenerateDataKey': () => ({ KeyId: keyId(), KeySpec: 'AES_256' }),
}

describe('what the SDK sees', () => {
  // The SDK tries again what it knows to be retryable: then two attempts are made.
  test.each([
    ['DynamoDB.PutItem', 'throttle', 'ThrottlingException', 400, 2],
    ['DynamoDB.GetItem', 'throttle', 'ThrottlingException', 400, 2],
    ['DynamoDB.TransactWriteItems', 'throttle', 'TransactionCanceledException', 400, 1],
    ['SQS.SendMessage', 'throttle', 'RequestThrottled', 400, 2],
    ['EventBridge.PutEvents', 'throttle', 'ThrottlingException', 400, 2],
    ['KMS.GenerateDataKey', 'throttle', 'ThrottlingException', 400, 2],
    ['DynamoDB.PutItem', 'error', 'InternalServerError', 500, 2],
    ['SQS.SendMessage', 'error', 'InternalFailure', 500, 2],
    ['EventBridge.PutEvents', 'error', 'InternalException', 500, 2],
    ['KMS.GenerateDataKey', 'error', 'KMSInternalException', 500, 2],
    ['DynamoDB.PutItem', 'conflict', 'TransactionConflictException', 400, 1],
    ['DynamoDB.TransactWriteItems', 'conflict', 'TransactionCanceledException', 400, 1],
  ] as const)('%s, %s: %s, status %i, %i attempts', async (at, how, name, status, attempts) => {
    const fault = cloud.faults.inject({ at, how, times: 'always' })
    expect(await sdk(at, inputs[at]?.() ?? {}, 2)).toMatchObject({
      error: { name, status, fault: status < 500 ? 'client' : 'server' },
      attempts,
    })
    expect(fault.hits).toBe(attempts)
    expect(hits()).toEqual(Array(attempts).fill({ kind: 'fault', function: expect.stringMatching(/\/Sdk$/), at, how }))
    fault.end()
    expect(await sdk(at, inputs[at]?.() ?? {})).toMatchObject({ output: expect.anything() })
  })

  test.each([
    ['throttle', 'ThrottlingError', expect.stringContaining('Throughput exceeds')],
    ['conflict', 'TransactionConflict', 'Transaction is ongoing for the item'],
  ] as const)('a transaction with %s says the reason of each item, and nothing of it is stored', async (how, Code, Message) => {
    cloud.faults.inject({ at: 'DynamoDB.TransactWriteItems', how })
    const { error } = await sdk('DynamoDB.TransactWriteItems', twoThings(how))
    expect(error).toMatchObject({
      message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${Code}, None]`,
      reasons: [{ Code, Message }, { Code: 'None' }],
    })
    expect(await stored(`${how}-1`)).toBeUndefined()
  })

  test.each([
    ['lose-answer', true],
    ['reset', false],
  ] as const)('%s breaks the connection; performed: %s; the next attempt succeeds', async (how, performed) => {
    cloud.faults.inject({ at: 'DynamoDB.PutItem', how })
    expect(await sdk('DynamoDB.PutItem', thing(`broken-${how}`))).toMatchObject({ error: { code: 'ECONNRESET' } })
    expect((await stored(`broken-${how}`)) !== undefined).toBe(performed)
    cloud.faults.inject({ at: 'DynamoDB.PutItem', how })
    expect(await sdk('DynamoDB.PutItem', thing(`again-${how}`), 2)).toMatchObject({ attempts: 2, output: {} })
    expect(await stored(`again-${how}`)).toBeDefined()
  })

  test('a lost answer to a transaction is found again by its token', async () => {
    cloud.faults.inject({ at: 'DynamoDB.TransactWriteItems', how: 'lose-answer' })
    const once = { TransactItems: [{ Put: { ...thing('token'), ConditionExpression: 'attribute_not_exists(pk)' } }] }
    expect(await sdk('DynamoDB.TransactWriteItems', once, 2)).toMatchObject({ attempts: 2, output: {} })
  })

  test('a delay within its patience is an answer, beyond it a timeout of what was performed', async () => {
    const short = cloud.faults.inject({ at: 'DynamoDB.PutItem', how: 'delay', milliseconds: 20 })
    expect(await sdk('DynamoDB.PutItem', thing('slow'))).toMatchObject({ output: {} })
    expect(short.hits).toBe(1)
    cloud.faults.inject({ at: 'DynamoDB.PutItem', how: 'delay', milliseconds: 60_000 })
    expect(await sdk('DynamoDB.PutItem', thing('slower'), 1, 100)).toMatchObject({ error: { name: 'TimeoutError' } })
    while ((await stored('slower')) === undefined) await sleep(5)
  })
})

describe('some entries of a batch fail, the others are performed', () => {
  const many = Array.from({ length: 10 }, (_, i) => i)

  test('PutEvents', async () => {
    cloud.faults.inject({ at: 'EventBridge.PutEvents', how: 'partial', times: 2 })
    const { output } = await sdk('EventBridge.PutEvents', { Entries: many.map(event) })
    const results = output?.Entries as { readonly EventId?: string; readonly ErrorCode?: string }[]
    const taken = results.flatMap(({ EventId }) => EventId ?? [])
    expect(results).toHaveLength(10)
    expect(taken.length).toBeGreaterThan(0)
    expect(output?.FailedEntryCount).toBe(10 - taken.length)
    expect(results.filter(({ ErrorCode }) => ErrorCode === 'InternalFailure')).toHaveLength(10 - taken.length)
    expect(observed.flatMap((each) => (each.kind === 'event' ? [each.id] : []))).toEqual(taken)
    // A batch of one fails whole, and says so in an answer, not by an error.
    expect(await sdk('EventBridge.PutEvents', { Entries: [event(1)] })).toMatchObject({ output: { FailedEntryCount: 1 } })
  })

  test('SendMessageBatch and DeleteMessageBatch', async () => {
    const QueueUrl = queueUrl()
    cloud.faults.inject({ at: 'SQS.SendMessageBatch', how: 'partial' })
    const sent = await sdk('SQS.SendMessageBatch', { QueueUrl, Entries: many.map((i) => ({ Id: String(i), MessageBody: `m${i}` })) })
    const ids = (list: readonly { readonly Id: string }[]) => list.map(({ Id }) => Number(Id))
    expect([...ids(sent.output?.Successful), ...ids(sent.output?.Failed)].sort()).toEqual(many)
    expect(sent.output?.Failed.length).toBeGreaterThan(0)
    const { output } = await sdk('SQS.ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })
    const messages = output?.Messages as { readonly Body: string; readonly ReceiptHandle: string }[]
    expect(messages.map(({ Body }) => Body).filter((body) => body !== 'hello')).toEqual(ids(sent.output?.Successful).map((i) => `m${i}`))
    cloud.faults.inject({ at: 'SQS.DeleteMessageBatch', how: 'partial' })
    const deleted = await sdk('SQS.DeleteMessageBatch', {
      QueueUrl,
      Entries: messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
    })
    const left = await sdk('SQS.GetQueueAttributes', { QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesNotVisible'] })
    expect(left.output?.Attributes).toEqual({ ApproximateNumberOfMessagesNotVisible: String(deleted.output?.Failed.length) })
  })

  test('BatchWriteItem and BatchGetItem', async () => {
    cloud.faults.inject({ at: 'DynamoDB.*', how: 'partial', times: 2 })
    const writes = many.map((i) => ({ PutRequest: { Item: thing(`batch-${i}`).Item } }))
    const written = await sdk('DynamoDB.BatchWriteItem', { RequestItems: { things: writes } })
    const unprocessed: string[] = written.output?.UnprocessedItems.things.map(({ PutRequest }: Json) => PutRequest.Item.pk.S)
    expect(unprocessed.length).toBeGreaterThan(0)
    const there = await Promise.all(many.map((i) => stored(`batch-${i}`)))
    expect(there.flatMap((item, i) => (item === undefined ? [`batch-${i}`] : []))).toEqual(unprocessed)
    const Keys = many.map((i) => ({ pk: { S: `batch-${i}` } }))
    const read = await sdk('DynamoDB.BatchGetItem', { RequestItems: { things: { Keys, ConsistentRead: true } } })
    const found: string[] = (read.output?.Responses.things ?? []).map(({ pk }: Json) => pk.S)
    const unread: string[] = read.output?.UnprocessedKeys.things.Keys.map(({ pk }: Json) => pk.S)
    expect(read.output?.UnprocessedKeys.things.ConsistentRead).toBe(true)
    expect(unread.length).toBeGreaterThan(0)
    expect(found.filter((id) => unread.includes(id) || unprocessed.includes(id))).toEqual([])
    expect(new Set([...found, ...unread, ...unprocessed]).size).toBe(10)
  })
})

describe('kills and lost deliveries', () => {
  test.each([
    ['kill-before', false],
    ['kill-after', true],
  ] as const)('%s at a call: the process is gone, the call performed: %s', async (how, performed) => {
    const { pid } = await sdk('DynamoDB.GetItem', inputs['DynamoDB.GetItem']?.() ?? {})
    cloud.faults.inject({ function: '/Sdk', at: 'DynamoDB.PutItem', how })
    const input = thing(`killed-${how}`)
    const response = await fetch(`${cloud.apiUrl}/sdk`, {
      method: 'POST',
      body: JSON.stringify({ service: 'DynamoDB', action: 'PutItem', input, maxAttempts: 3 }),
    })
    expect(response.status).toBe(500)
    expect((await stored(`killed-${how}`)) !== undefined).toBe(performed)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect((await sdk('DynamoDB.GetItem', inputs['DynamoDB.GetItem']?.() ?? {})).pid).not.toBe(pid)
  })

  test.each([
    ['kill-before', 500, false],
    ['kill-after', 500, true],
    ['lose-answer', 503, true],
    ['throttle', 503, false],
    ['delay', 204, true],
  ] as const)('an invocation by the API with %s answers %i; its handler ran: %s', async (how, status, ran) => {
    cloud.faults.inject({ function: '/Api', at: 'Lambda.Invoke', how, milliseconds: 20 })
    expect((await put(`invoked-${how}`, { quiet: { BOOL: true } })).status).toBe(status)
    expect((await stored(`invoked-${how}`)) !== undefined).toBe(ran)
    expect((await put(`invoked-${how}`, { quiet: { BOOL: true } })).status).toBe(204)
  })

  // How often the consumer sees what the relay, or how often it is run by the queue itself.
  test.each([
    ['Relay', 'kill-before', 1],
    ['Relay', 'kill-after', 2],
    ['Relay', 'lose-answer', 2],
    ['Relay', 'throttle', 1],
    ['Relay', 'delay', 1],
    ['Consumer', 'kill-before', 1],
    ['Consumer', 'kill-after', 2],
    ['Consumer', 'lose-answer', 2],
    ['Consumer', 'throttle', 1],
    ['Consumer', 'delay', 1],
  ] as const)('%s hit by %s: what it was given comes again until it is done, seen %i times', async (name, how, times) => {
    const fault = cloud.faults.inject({ function: `/${name}`, at: 'Lambda.Invoke', how, milliseconds: 20 })
    await put(`${name}-${how}`)
    if (name === 'Consumer') {
      // In flight until its visibility timeout is over, unless it is done.
      while (!observed.some((each) => each.kind === 'delivery' && each.from === 'inbox')) await sleep(5)
      await cloud.advance('12s')
    }
    await cloud.settled()
    expect(fault.hits).toBe(1)
    expect(await seen(`${name}-${how}`)).toHaveLength(times)
    expect(await cloud.deadLetters()).toEqual([])
  })

  test('what Lambda fails, and not the function, is no attempt of a stream batch: it is never given up', async () => {
    // The mapping allows three retries.
    const fault = cloud.faults.inject({ function: '/Relay', at: 'Lambda.Invoke', how: 'throttle', times: 8 })
    await put('patient')
    await cloud.settled()
    expect(fault.hits).toBe(8)
    expect(await seen('patient')).toHaveLength(1)
  })
})

describe('delivery', () => {
  test('each message, and each batch of a stream, so many times as asked', async () => {
    cloud.faults.delivery({ copies: 2, streamCopies: 3 })
    await put('often')
    await cloud.settled()
    const records = await seen('often')
    expect(records).toHaveLength(6)
    expect(new Set(records.map(({ messageId }) => messageId)).size).toBe(3)
  })

  test('messages overtake each other; none is lost', async () => {
    const order = () =>
      observed.flatMap((each) => (each.kind === 'delivery' && each.from === 'inbox' && each.event !== undefined ? [each.event.id] : []))
    const published = () => observed.flatMap((each) => (each.kind === 'event' ? [each.id] : []))
    cloud.faults.delivery({ shuffleWithin: 300 })
    for (let i = 0; i < 10; i++) await put(`shuffled-${i}`)
    await cloud.settled()
    expect(new Set(order())).toEqual(new Set(published()))
    expect(order()).not.toEqual(published())
  })
})

test('a caller that is no function is never hit', async () => {
  const fault = cloud.faults.inject({ at: '*', how: 'error', times: 'always' })
  await direct.send(new PutItemCommand(thing('direct')))
  expect(await stored('direct')).toBeDefined()
  expect(fault.hits).toBe(0)
})

test.each([
  [{ at: 'DynamoDb.PutItem', how: 'error' }],
  [{ at: 'DynamoDB.Put', how: 'error' }],
  [{ at: 'DynamoDB.Query', how: 'conflict' }],
  [{ at: 'KMS.*', how: 'partial' }],
  [{ at: 'Lambda.Invoke', how: 'reset' }],
  [{ at: 'Lambda.*', how: 'kill-before' }],
  [{ at: '*', how: 'delay' }],
  [{ at: '*', how: 'error', probability: 2 }],
  [{ at: '*', how: 'error', times: 0 }],
] as readonly [Fault][])('what could never hit is refused: %j', (fault) => {
  expect(() => cloud.faults.inject(fault)).toThrow()
})

test('every point names what can go wrong there, and each of it can be injected', () => {
  const points = cloud.faults.points()
  expect(points).toContainEqual({ at: 'Lambda.Invoke', how: ['lose-answer', 'throttle', 'delay', 'kill-before', 'kill-after'] })
  expect(points.find(({ at }) => at === 'KMS.Decrypt')?.how).not.toContain('partial')
  for (const { at, how } of points) for (const each of how) cloud.faults.inject({ at, how: each, milliseconds: 1 }).end()
})

describe('which calls are hit', () => {
  const call = (path: string, action: string): AwsCall => ({
    service: 'DynamoDB',
    action,
    caller: 'key',
    body: '{}',
    by: { fn: { path, kill: () => undefined } as unknown as NonNullable<AwsCall['by']>['fn'], requestId: undefined },
  })
  /** Makes calls one after the other. @returns which were hit */
  async function made(around: FaultInjection['around'], calls: readonly AwsCall[]): Promise<boolean[]> {
    const hit: boolean[] = []
    for (const each of calls) {
      hit.push(
        await around(each, async () => ({ status: 200, body: '{}' })).then(
          () => false,
          () => true,
        ),
      )
    }
    return hit
  }
  const engine = () => faultInjection(() => undefined)
  const repeat = (n: number, path = 'a/Api', action = 'PutItem') => Array.from({ length: n }, () => call(path, action))

  test('so many, after so many, at what the pattern means, of the functions it means', async () => {
    const { faults, around } = engine()
    const fault = faults.inject({ function: 'a/', at: 'DynamoDB.*', how: 'error', skip: 2, times: 2 })
    expect(await made(around, repeat(6))).toEqual([false, false, true, true, false, false])
    expect(fault.hits).toBe(2)
    faults.inject({ at: 'DynamoDB.GetItem', how: 'error' })
    expect(await made(around, [...repeat(1), ...repeat(2, 'a/Api', 'GetItem')])).toEqual([false, true, false])
    faults.inject({ function: 'b/', at: '*', how: 'error' })
    expect(await made(around, [...repeat(1), ...repeat(1, 'b/Api')])).toEqual([false, true])
    // Not possible at a read: it waits for a write.
    faults.inject({ at: '*', how: 'conflict' })
    expect(await made(around, [...repeat(2, 'a/Api', 'GetItem'), ...repeat(1)])).toEqual([false, false, true])
    faults.inject({ at: '*', how: 'error', times: 'always' })
    faults.clear()
    expect(await made(around, repeat(3))).toEqual([false, false, false])
  })

  test('the same seed, the same hits of each function, however functions interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.constantFrom('a/Api', 'b/Api'), { maxLength: 60 }),
        async (seed, probability, order) => {
          const fault: Fault = { at: 'DynamoDB.*', how: 'error', probability }
          const run = async (paths: readonly string[]) => {
            const { faults, around } = engine()
            faults.seed(seed)
            faults.inject(fault)
            const hit = await made(
              around,
              paths.map((path) => call(path, 'PutItem')),
            )
            return (path: string) => hit.filter((_, i) => paths[i] === path)
          }
          const mixed = await run(order)
          const sorted = await run(order.toSorted())
          for (const path of ['a/Api', 'b/Api']) expect(mixed(path)).toEqual(sorted(path))
        },
      ),
      { numRuns: 50 },
    )
  })

  test.each([0.01, 0.1, 0.5])('a probability of %d over many calls', async (probability) => {
    const { faults, around } = engine()
    const one = faults.inject({ at: '*', how: 'error', probability })
    const first = await made(around, repeat(4000))
    // Six standard deviations.
    expect(Math.abs(one.hits - 4000 * probability)).toBeLessThan(6 * Math.sqrt(4000 * probability * (1 - probability)))
    faults.seed(2)
    faults.clear()
    faults.inject({ at: '*', how: 'error', probability })
    expect(await made(around, repeat(4000))).not.toEqual(first)
  })

  test('of two that could hit, the first does; the other counts the call all the same', async () => {
    const { faults, around } = engine()
    const [first, second] = [1, 2].map(() => faults.inject({ at: '*', how: 'error' }))
    expect(await made(around, repeat(3))).toEqual([true, true, false])
    expect([first?.hits, second?.hits]).toEqual([1, 1])
  })
})

test('an invocation that a fault holds back does not hold up the end of the cloud', async () => {
  const other = writeFixture(extra)
  const short = await startLocalCloud({ assembly: other.assembly, log: () => undefined })
  short.faults.inject({ at: 'Lambda.Invoke', how: 'delay', milliseconds: 60_000, times: 'always' })
  const pending = fetch(`${short.apiUrl}/things/x`, { method: 'PUT', body: '{}' }).catch(() => 'broken')
  await sleep(50)
  await short.stop()
  await pending
  other.remove()
})
