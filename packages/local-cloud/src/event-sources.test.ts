import type { Resource } from './assembly.ts'
import { openDatabase } from './database.ts'
import type { DynamoDb, StreamRecord } from './dynamodb.ts'
import { eventSource } from './event-sources.ts'
import type { Invoked, LambdaFunction } from './lambda.ts'
import { type Sqs, sqs } from './sqs.ts'

const resource = (type: string, name: string, properties: object = {}): Resource => ({
  type,
  path: name,
  name,
  arn: `arn:${name}`,
  ref: `http://local/000000000000/${name}`,
  attributes: {},
  properties: { ...properties },
})

interface Batch {
  readonly Records: readonly { readonly body: string; readonly messageId: string; readonly dynamodb: { readonly SequenceNumber: string } }[]
}

/** A mapping between a stream of as many records as asked, or a queue, and a function that is told here. */
function harness(properties: object, answer: (batch: Batch) => unknown, records = 0) {
  let now = Date.now()
  const database = openDatabase(':memory:')
  const queues: Sqs = sqs(
    database,
    [resource('AWS::SQS::Queue', 'queue'), resource('AWS::SQS::Queue', 'failures')],
    () => now,
    () => [0],
  )
  const stream = Array.from(
    { length: records },
    (_, i): StreamRecord => ({
      eventID: String(i + 1),
      eventName: 'INSERT',
      dynamodb: { SequenceNumber: String(i + 1), ApproximateCreationDateTime: now / 1000, NewImage: { n: { N: String(i + 1) } } },
    }),
  )
  const tables: DynamoDb = {
    perform: () => Promise.reject(new Error('not here')),
    records: async (_, after, limit) => stream.filter(({ dynamodb }) => Number(dynamodb.SequenceNumber) > Number(after)).slice(0, limit),
    last: async () => String(records),
    counts: async () => [],
    expire: async () => new Set(),
    trim: () => undefined,
    stop: async () => undefined,
  }
  const batches: string[][] = []
  const fn: LambdaFunction = {
    path: 'fn',
    name: 'fn',
    arn: 'arn:fn',
    owns: () => false,
    running: () => undefined,
    timeout: 3,
    active: 0,
    instances: 0,
    invocations: 0,
    kill: () => undefined,
    stop: async () => undefined,
    invoke: async (event): Promise<Invoked> => {
      const batch = JSON.parse(event) as Batch
      batches.push(batch.Records.map(({ dynamodb, body }) => dynamodb?.SequenceNumber ?? body))
      try {
        return { ok: true, requestId: 'r', payload: JSON.stringify(answer(batch) ?? null) }
      } catch {
        return { ok: false, requestId: 'r', errorType: 'Error', errorMessage: 'as asked' }
      }
    },
  }
  const start = () =>
    eventSource(resource('AWS::Lambda::EventSourceMapping', 'mapping', { FunctionName: 'fn', ...properties }), {
      database,
      region: 'eu-west-1',
      functions: new Map([[fn.arn, fn]]),
      queues,
      tables,
      streams: new Map([['arn:stream', 'table']]),
      clock: () => now,
      passed: () => undefined,
      tell: () => undefined,
      batches: () => 1,
    })?.source
  return {
    batches,
    queues,
    queue: queues.byArn('arn:queue')!,
    failures: () => queues.bodies(queues.byArn('arn:failures')!).map(({ body }) => JSON.parse(body).DDBStreamBatchInfo),
    start,
    passTime: (milliseconds: number) => {
      now += milliseconds
    },
    /** Runs until nothing is left to do, then stops. */
    run: async () => {
      const source = start()
      while ((await source?.pending()) !== undefined) await new Promise((resolve) => setTimeout(resolve, 2))
      await source?.stop()
    },
  }
}

const fromStream = { EventSourceArn: 'arn:stream', BatchSize: 4, DestinationConfig: { OnFailure: { Destination: 'arn:failures' } } }
const failingOn = (bad: string) => (batch: Batch) => {
  if (batch.Records.some(({ dynamodb }) => dynamodb.SequenceNumber === bad)) throw new Error('bad')
}
const reported = (failed: string) => () => ({ batchItemFailures: [{ itemIdentifier: failed }] })

describe('stream', () => {
  test('a batch that fails is bisected until the bad record is alone, which alone is given up', async () => {
    const { batches, failures, run } = harness(
      { ...fromStream, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 },
      failingOn('3'),
      6,
    )
    await run()
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['4'], ['5', '6']])
    expect(failures()).toEqual([expect.objectContaining({ startSequenceNumber: '3', endSequenceNumber: '3', batchSize: 1 })])
  })

  test('a batch that fails comes again whole, and nothing overtakes it', async () => {
    let failing = 2
    const { batches, run } = harness(
      fromStream,
      () => {
        if (failing-- > 0) throw new Error('not yet')
      },
      5,
    )
    await run()
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2', '3', '4'], ['1', '2', '3', '4'], ['5']])
  })

  test('a partial failure comes again from its lowest failed record', async () => {
    let first = true
    const { batches, run } = harness(
      { ...fromStream, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      () => {
        const answer = { batchItemFailures: first ? [{ itemIdentifier: '4' }, { itemIdentifier: '3' }] : [] }
        first = false
        return answer
      },
      5,
    )
    await run()
    expect(batches).toEqual([['1', '2', '3', '4'], ['3', '4'], ['5']])
  })

  test.each([
    ['an identifier that is not in the batch', reported('9')],
    ['an empty identifier', reported('')],
    ['a malformed answer', () => ({ batchItemFailures: 'all' })],
  ])('%s fails the whole batch', async (_, answer) => {
    const settings = { ...fromStream, FunctionResponseTypes: ['ReportBatchItemFailures'], MaximumRetryAttempts: 0 }
    const { batches, failures, run } = harness(settings, answer, 2)
    await run()
    expect(batches).toEqual([['1', '2']])
    expect(failures()).toEqual([expect.objectContaining({ batchSize: 2 })])
  })

  test('a record that is too old is given up, however many attempts are allowed', async () => {
    const { failures, run, passTime } = harness({ ...fromStream, MaximumRecordAgeInSeconds: 60 }, failingOn('1'), 1)
    passTime(61_000)
    await run()
    expect(failures()).toHaveLength(1)
  })

  test('goes on where it was', async () => {
    const { batches, run } = harness(fromStream, () => null, 3)
    await run()
    await run()
    expect(batches).toEqual([['1', '2', '3']])
  })

  test('from LATEST, what was there before is not read', async () => {
    const { batches, run } = harness({ ...fromStream, StartingPosition: 'LATEST' }, () => null, 3)
    await run()
    expect(batches).toEqual([])
  })
})

describe('queue', () => {
  const fromQueue = { EventSourceArn: 'arn:queue', BatchSize: 3 }

  test('a window gathers a batch', async () => {
    const { batches, queues, queue, run } = harness({ ...fromQueue, MaximumBatchingWindowInSeconds: 0.05 }, () => null)
    queues.send(queue, 'a')
    const running = run()
    queues.send(queue, 'b')
    await new Promise((resolve) => setTimeout(resolve, 5))
    queues.send(queue, 'c')
    await running
    expect(batches.flat().sort()).toEqual(['a', 'b', 'c'])
    expect(batches.length).toBeLessThan(3)
  })

  test('without partial responses one failure keeps the whole batch', async () => {
    const { batches, queues, queue, start } = harness(fromQueue, () => {
      throw new Error('bad')
    })
    queues.send(queue, 'a')
    queues.send(queue, 'b')
    const source = start()
    while (batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await source?.stop()
    expect(queues.counts(queue)).toMatchObject({ visible: 0, inFlight: 2, delayed: 0 })
  })

  test('what a filter refuses is deleted', async () => {
    const filter = { FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { kind: ['wanted'] } }) }] } }
    const { batches, queues, queue, run } = harness({ ...fromQueue, ...filter }, () => null)
    queues.send(queue, '{"kind":"other"}')
    queues.send(queue, '{"kind":"wanted"}')
    queues.send(queue, 'no json')
    await run()
    expect(batches).toEqual([['{"kind":"wanted"}']])
  })
})
