import fc from 'fast-check'
import { writeFixture } from './fixture.ts'
import { startLocalCloud } from './local-cloud.ts'
import type {
  CallObservation,
  EventObservation,
  InvocationObservation,
  Observation,
  PollObservation,
  RequestObservation,
} from './observations.ts'
import { prices, usdOf, usdOfUsage } from './prices.ts'
import { between, meter, plus, quantityOf, times, type Usage, type UsageLine, usageDuring, usageLines, usageOf } from './usage.ts'

const KB = 1024

const call = (
  service: string,
  action: string,
  { input = {}, output = {}, error }: { readonly input?: unknown; readonly output?: unknown; readonly error?: string } = {},
): CallObservation => ({
  kind: 'call',
  function: 'service/api',
  requestId: 'r-1',
  service,
  action,
  status: error === undefined ? 200 : 400,
  error,
  milliseconds: 1,
  input: () => input,
  output: () => output,
})
const request = (more: Partial<RequestObservation> = {}): RequestObservation => ({
  kind: 'request',
  route: 'GET /v1/cases',
  function: 'service/api',
  authorized: true,
  status: 200,
  milliseconds: 1,
  bytesIn: 0,
  bytesOut: 0,
  ...more,
})
const invocation = (more: Partial<InvocationObservation> = {}): InvocationObservation => ({
  kind: 'invocation',
  function: 'service/api',
  requestId: 'r-1',
  by: 'http',
  cold: false,
  milliseconds: 10,
  initMilliseconds: 0,
  memory: 512,
  architecture: 'arm64',
  error: undefined,
  ...more,
})
const event = (more: Partial<EventObservation> = {}): EventObservation => ({
  kind: 'event',
  bus: 'bus',
  id: 'e-1',
  type: 'thing-done.v1',
  source: 'service',
  function: 'service/relay',
  bytes: 900,
  eventBytes: 1200,
  queues: [],
  buses: [],
  archives: [],
  ...more,
})
const poll = (action: PollObservation['action'], records: number, bytes = 0): PollObservation => ({
  kind: 'poll',
  function: 'service/events',
  from: 'queue',
  action,
  records,
  bytes,
})
const capacity = (CapacityUnits: number, indexes: Readonly<Record<string, number>> = {}) => ({
  TableName: 'table',
  CapacityUnits,
  Table: { CapacityUnits: CapacityUnits - Object.values(indexes).reduce((sum, units) => sum + units, 0) },
  GlobalSecondaryIndexes: Object.fromEntries(Object.entries(indexes).map(([name, units]) => [name, { CapacityUnits: units }])),
})

/** Line and resource -> quantity, without what Lambda writes about an invocation. */
const short = (usage: Usage): Readonly<Record<string, number>> =>
  Object.fromEntries(usage.map(({ line, resource, quantity }) => [`${line} ${resource}`.trim(), quantity]))

const stateItem = { pk: { S: 'case#1' }, sk: { S: 'state' }, text: { S: 'x'.repeat(1500) } }
const transaction = { TransactItems: [{ Put: { TableName: 'table' } }, { ConditionCheck: { TableName: 'other' } }] }

describe('DynamoDB: what ConsumedCapacity says, table and indexes apart', () => {
  test.each<[string, CallObservation, Readonly<Record<string, number>>]>([
    [
      'an eventually consistent read',
      call('DynamoDB', 'GetItem', { output: { ConsumedCapacity: capacity(0.5) } }),
      { 'dynamodb.reads table': 0.5 },
    ],
    [
      'a page of an index',
      call('DynamoDB', 'Query', { output: { ConsumedCapacity: capacity(1.5, { gsi1: 1.5 }) } }),
      { 'dynamodb.reads table': 0, 'dynamodb.reads table/gsi1': 1.5 },
    ],
    [
      'a read of several tables',
      call('DynamoDB', 'BatchGetItem', { output: { ConsumedCapacity: [capacity(1), { ...capacity(2), TableName: 'other' }] } }),
      { 'dynamodb.reads table': 1, 'dynamodb.reads other': 2 },
    ],
    [
      'a transactional read',
      call('DynamoDB', 'TransactGetItems', { output: { ConsumedCapacity: [capacity(2)] } }),
      { 'dynamodb.transactional-reads table': 2 },
    ],
    ['a write', call('DynamoDB', 'PutItem', { output: { ConsumedCapacity: capacity(2) } }), { 'dynamodb.writes table': 2 }],
    [
      'a transaction: two units a KB, and for each index entry; a key that moves is two entries',
      call('DynamoDB', 'TransactWriteItems', { input: transaction, output: { ConsumedCapacity: [capacity(8, { gsi1: 2, gsi2: 4 })] } }),
      {
        'dynamodb.transactional-writes table': 2,
        'dynamodb.transactional-writes table/gsi1': 2,
        'dynamodb.transactional-writes table/gsi2': 4,
      },
    ],
    ['an answer that says nothing of capacity', call('DynamoDB', 'DescribeTable', { output: { Table: {} } }), {}],
    ['a refusal', call('DynamoDB', 'PutItem', { error: 'ValidationException' }), {}],
    ['a throttled write', call('DynamoDB', 'PutItem', { error: 'ProvisionedThroughputExceededException' }), {}],
    [
      'a failed condition without an item: one unit',
      call('DynamoDB', 'PutItem', { input: { TableName: 'table' }, error: 'ConditionalCheckFailedException' }),
      { 'dynamodb.writes table': 1 },
    ],
    [
      'a failed condition on an item of 1.5 KB: its size',
      call('DynamoDB', 'PutItem', { input: { TableName: 'table' }, output: { Item: stateItem }, error: 'ConditionalCheckFailedException' }),
      { 'dynamodb.writes table': 2 },
    ],
    [
      'a transaction cancelled by a condition: twice that',
      call('DynamoDB', 'TransactWriteItems', {
        input: transaction,
        output: { CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: stateItem }] },
        error: 'TransactionCanceledException',
      }),
      { 'dynamodb.transactional-writes other': 4 },
    ],
    [
      'a transaction cancelled by another one',
      call('DynamoDB', 'TransactWriteItems', {
        input: transaction,
        output: { CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }] },
        error: 'TransactionCanceledException',
      }),
      {},
    ],
  ])('%s', (_, observation, expected) => {
    expect(short(usageOf(observation))).toEqual(expected)
  })
})

describe('size of an item: names and values, numbers by their digits, three bytes for a list or map', () => {
  const units = (text: Readonly<Record<string, unknown>>): number =>
    quantityOf(
      usageOf(call('DynamoDB', 'PutItem', { input: { TableName: 't' }, output: { Item: text }, error: 'ConditionalCheckFailedException' })),
      'dynamodb.writes',
    )
  test.each<[string, (n: number) => unknown, number]>([
    ['text', (n) => ({ S: 'é'.repeat(n) }), 2],
    ['number', (n) => ({ N: '1'.repeat(2 * n) }), 1],
    ['bytes', (n) => ({ B: Buffer.alloc(n).toString('base64') }), 1],
    ['set of texts', (n) => ({ SS: Array.from({ length: n }, () => 'abcd') }), 4],
    ['list of booleans', (n) => ({ L: Array.from({ length: n }, () => ({ BOOL: true })) }), 2],
    ['map', (n) => ({ M: { [`k${'x'.repeat(n)}`]: { NULL: true } } }), 1],
  ])('%s', (_, made, bytesEach) => {
    const most = Math.floor((KB - 16) / bytesEach)
    expect(units({ a: made(most) })).toBe(1)
    expect(units({ a: made(most + 16) })).toBe(2)
  })
})

describe('parts of 64 and 512 KB', () => {
  test.each<[string, Observation, UsageLine, number]>([
    ['an empty request', request(), 'http.requests', 1],
    ['512 KB', request({ bytesIn: 512 * KB }), 'http.requests', 1],
    ['a byte more', request({ bytesIn: 512 * KB + 1 }), 'http.requests', 2],
    ['a large answer', request({ bytesIn: 10, bytesOut: 1025 * KB }), 'http.requests', 3],
    ['what the authorizer refuses', request({ authorized: false, status: 401 }), 'http.requests', 0],
    ['what the function refuses', request({ status: 403 }), 'http.requests', 1],
    ['an event', event(), 'eventbridge.events', 1],
    ['an event of 64 KB', event({ bytes: 64 * KB }), 'eventbridge.events', 1],
    ['an event of a byte more', event({ bytes: 64 * KB + 1 }), 'eventbridge.events', 2],
    ['an event that no queue wants', event(), 'sqs.requests', 0],
    ['an event sent to three queues', event({ queues: ['a', 'b', 'c'] }), 'sqs.requests', 3],
    ['a large one to two', event({ eventBytes: 65 * KB, queues: ['a', 'b'] }), 'sqs.requests', 4],
    ['an archived event', event({ archives: ['all'] }), 'eventbridge.archived', 1200],
    ['a batch of ten received', poll('ReceiveMessage', 10, 60 * KB), 'sqs.requests', 1],
    ['a large one', poll('ReceiveMessage', 10, 650 * KB), 'sqs.requests', 11],
    ['ten deleted at once', poll('DeleteMessageBatch', 10), 'sqs.requests', 1],
    ['what a stream gave up', poll('SendMessage', 1, 800), 'sqs.requests', 1],
    ['a look into an empty queue', poll('ReceiveMessage', 0), 'sqs.requests', 0],
    ['records read from a stream', poll('GetRecords', 100), 'streams.mapping-reads', 1],
    ['a look at a quiet stream', poll('GetRecords', 0), 'streams.mapping-reads', 0],
    [
      'a message sent by a function',
      call('SQS', 'SendMessage', { input: { QueueUrl: 'http://x/1/q', MessageBody: 'x'.repeat(65 * KB) } }),
      'sqs.requests',
      2,
    ],
    [
      'a batch sent by a function: its sum',
      call('SQS', 'SendMessageBatch', {
        input: { QueueUrl: 'q', Entries: [{ MessageBody: 'x'.repeat(40 * KB) }, { MessageBody: 'x'.repeat(20 * KB) }] },
      }),
      'sqs.requests',
      1,
    ],
    [
      'messages received by a function',
      call('SQS', 'ReceiveMessage', { input: { QueueUrl: 'q' }, output: { Messages: [{ Body: 'x'.repeat(64 * KB) }, { Body: 'y' }] } }),
      'sqs.requests',
      2,
    ],
    ['a call to a queue that is not there', call('SQS', 'SendMessage', { input: 1, error: 'QueueDoesNotExist' }), 'sqs.requests', 1],
    ['a data key opened', call('KMS', 'Decrypt'), 'kms.requests', 1],
    ['a part of a file', call('S3', 'UploadPart', { input: { Bucket: 'files' } }), 's3.writes', 1],
    ['a file read', call('S3', 'GetObject', { input: { Bucket: 'files' } }), 's3.reads', 1],
    ['an upload aborted', call('S3', 'AbortMultipartUpload', { input: { Bucket: 'files' } }), 's3.writes', 0],
    ['a part refused', call('S3', 'UploadPart', { input: { Bucket: 'files' }, error: 'NoSuchUpload' }), 's3.writes', 0],
    ['a stream read by a function', call('DynamoDBStreams', 'GetRecords'), 'streams.reads', 1],
    [
      'events are counted when accepted, not when asked for',
      call('EventBridge', 'PutEvents', { input: { Entries: [{}] } }),
      'eventbridge.events',
      0,
    ],
  ])('%s', (_, observation, line, quantity) => {
    expect(quantityOf(usageOf(observation), line)).toBe(quantity)
  })
})

describe('Lambda', () => {
  test.each<[string, Partial<InvocationObservation>, UsageLine, number]>([
    ['rounds up to a millisecond', { milliseconds: 2.01 }, 'lambda.arm64', 512 * 3],
    ['a whole one stays', { milliseconds: 3 }, 'lambda.arm64', 512 * 3],
    [
      'bills the start of a cold one, rounded together',
      { cold: true, milliseconds: 2.4, initMilliseconds: 100.4 },
      'lambda.arm64',
      512 * 103,
    ],
    [
      'bills a start that failed',
      { cold: true, milliseconds: 0, initMilliseconds: 50, error: 'Runtime.ExitError' },
      'lambda.arm64',
      512 * 50,
    ],
    ['bills memory, not use', { memory: 1024, milliseconds: 10 }, 'lambda.arm64', 10_240],
    ['has another price for x86', { architecture: 'x86_64', milliseconds: 1 }, 'lambda.x86_64', 512],
    ['counts invocations, failed ones too', { error: 'TypeError' }, 'lambda.invocations', 1],
  ])('%s', (_, more, line, quantity) => {
    expect(quantityOf(usageOf(invocation(more)), line)).toBe(quantity)
  })

  it('writes the same about each warm invocation, and more about a cold one', () => {
    const written = (more: Partial<InvocationObservation>): number => quantityOf(usageOf(invocation(more)), 'logs.ingested')
    expect(written({ milliseconds: 5 })).toBe(written({ milliseconds: 5000 }))
    expect(written({ cold: true, initMilliseconds: 150 })).toBeGreaterThan(written({}))
  })

  it('adds 26 bytes to each line that a function writes', () => {
    expect(quantityOf(usageOf({ kind: 'log', function: 'f', requestId: 'r', bytes: 100 }), 'logs.ingested')).toBe(126)
  })
})

const names = fc.constantFrom('a/api', 'a/relay', 'b/events')
const observations: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ milliseconds: fc.double({ min: 0, max: 30_000, noNaN: true }), function: names, cold: fc.boolean() }).map(invocation),
  fc.record({ bytesIn: fc.nat(2_000_000), bytesOut: fc.nat(2_000_000), authorized: fc.boolean() }).map(request),
  fc
    .record({ bytes: fc.nat(200_000), eventBytes: fc.nat(200_000), queues: fc.array(fc.constantFrom('x', 'y')), function: names })
    .map(event),
  fc.tuple(fc.constantFrom('ReceiveMessage', 'DeleteMessageBatch', 'GetRecords'), fc.nat(10), fc.nat(200_000)).map((all) => poll(...all)),
  fc
    .tuple(fc.nat(80), fc.nat(8))
    .map(([units, onIndex]) =>
      call('DynamoDB', 'TransactWriteItems', { output: { ConsumedCapacity: [capacity(units / 2 + onIndex, { gsi1: onIndex })] } }),
    ),
  fc.constant(call('KMS', 'Decrypt')),
)
const sumOf = (list: readonly Observation[]): Usage => plus(...list.map(usageOf))

it('adds up: the usage of a sequence is the sum of its parts', () => {
  fc.assert(
    fc.property(fc.array(observations), fc.array(observations), (first, second) => {
      expect(plus(sumOf(first), sumOf(second))).toEqual(sumOf([...first, ...second]))
      expect(between(sumOf(first), sumOf([...first, ...second]))).toEqual(sumOf(second))
      expect(times(sumOf(first), 2)).toEqual(plus(sumOf(first), sumOf(first)))
    }),
  )
})

it('counts with the meter what the fold gives, and keeps little of a long run', () => {
  const many = Array.from({ length: 12_000 }, (_, i) => (i % 2 === 0 ? invocation() : event({ queues: ['q'] })))
  const { tell, usage } = meter()
  for (const one of many) tell(one)
  expect(usage()).toEqual(sumOf(many))
  expect(usage().length).toBeLessThan(10)
})

it('counts a run from when all before it is done until all of it is', async () => {
  const { tell, usage } = meter()
  const late: Observation[] = [event()]
  const settled = async (): Promise<void> => {
    for (const one of late.splice(0)) tell(one)
  }
  const used = await usageDuring({ usage, settled }, async () => {
    tell(request())
    late.push(event(), event())
  })
  expect([quantityOf(used, 'http.requests'), quantityOf(used, 'eventbridge.events')]).toEqual([1, 2])
})

describe('prices', () => {
  it('has one for each line, with its source and its unit', () => {
    expect(Object.keys(usageLines).filter((line) => !(line in prices))).toEqual([])
    for (const { usd, per, unit, source, service, item } of Object.values(prices)) {
      expect(usd).toBeGreaterThanOrEqual(0)
      expect(per).toBeGreaterThan(0)
      for (const text of [unit, source, service, item]) expect(text).not.toBe('')
    }
  })

  test.each<[UsageLine, number, number]>([
    ['dynamodb.writes', 1_000_000, 0.625],
    ['dynamodb.transactional-writes', 1_000_000, 0.625],
    ['dynamodb.reads', 2_000_000, 0.25],
    ['lambda.arm64', 512 * 2000, 0.0000133334],
    ['logs.ingested', 2 ** 30, 0.5],
    ['kms.requests', 10_000, 0.03],
    ['s3.writes', 1000, 0.005],
    ['s3.reads', 1000, 0.0004],
    ['streams.mapping-reads', 1_000_000, 0],
  ])('%s', (line, quantity, usd) => {
    expect(usdOf(line, quantity)).toBeCloseTo(usd, 12)
  })

  it('prices a usage, or what of it is chosen', () => {
    const usage = plus(usageOf(event({ queues: ['a', 'b'] })), usageOf(call('KMS', 'Decrypt')))
    expect(usdOfUsage(usage)).toBeCloseTo(1e-6 + 2 * 0.4e-6 + 3e-6, 12)
    expect(usdOfUsage(usage, ({ function: name }) => name === 'service/relay')).toBeCloseTo(1.8e-6, 12)
  })
})

it('counts one request on a running cloud, with everything it sets in motion, the same each time', async () => {
  const fixture = writeFixture()
  const seen: Observation[] = []
  const cloud = await startLocalCloud({ assembly: fixture.assembly, observe: (observation) => seen.push(observation) })
  try {
    const put = (id: string) => async (): Promise<number> =>
      (await fetch(`${cloud.apiUrl}/things/${id}`, { method: 'PUT', body: '{"text":{"S":"x"}}' })).status
    const countedOf = (usage: Usage) =>
      plus(usage.filter(({ line }) => !/^(lambda\.(arm64|x86_64)|logs\.ingested|streams\.)/.test(line))).map(
        ({ line, function: name = '', resource, quantity }) => [line, name.replace('fixture-service/', ''), resource, quantity],
      )
    const first = await usageDuring(cloud, put('one'))
    const second = await usageDuring(cloud, put('two'))
    expect(countedOf(first)).toEqual([
      ['dynamodb.writes', 'Api', 'things', 1],
      ['dynamodb.writes', 'Consumer', 'seen', 2],
      ['eventbridge.archived', 'Relay', expect.stringContaining('Archive'), expect.any(Number)],
      ['eventbridge.events', 'Relay', 'fixture-bus', 1],
      ['http.requests', 'Api', 'PUT /things/{id}', 1],
      ['lambda.invocations', 'Api', '', 1],
      ['lambda.invocations', 'Consumer', '', 1],
      ['lambda.invocations', 'Relay', '', 1],
      // Received and deleted for the consumer, sent for the relay.
      ['sqs.requests', 'Consumer', 'inbox', 2],
      ['sqs.requests', 'Relay', 'inbox', 1],
    ])
    expect(countedOf(second)).toEqual(countedOf(first))
    const starts = seen
      .filter((observation) => observation.kind === 'invocation')
      .map(({ cold, initMilliseconds }) => [cold, initMilliseconds > 0])
    expect(starts).toEqual([...Array(3).fill([true, true]), ...Array(3).fill([false, false])])
  } finally {
    await cloud.stop()
    fixture.remove()
  }
})
