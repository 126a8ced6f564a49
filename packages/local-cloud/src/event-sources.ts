import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import type { DynamoDb, StreamRecord } from './dynamodb.ts'
import { type Matcher, patternOf } from './event-pattern.ts'
import { isObject, tryJson } from './json.ts'
import type { Invoked, LambdaFunction } from './lambda.ts'
import type { DeliveryObservation, Observations } from './observations.ts'
import { type Signal, signal } from './signal.ts'
import { digestOf, type Message, md5, type Queue, type Sqs } from './sqs.ts'

/*
 * Lambda event source mappings:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */

const Properties = z.object({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  Enabled: z.boolean().default(true),
  BatchSize: z.coerce.number().optional(),
  MaximumBatchingWindowInSeconds: z.coerce.number().default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  // Five, unless AWS was asked for more.
  FilterCriteria: z
    .object({
      Filters: z
        .array(z.object({ Pattern: z.string().transform(tryJson).pipe(patternOf('filter')) }))
        .max(5)
        .default([]),
    })
    .optional(),
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number() }).optional(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).default('TRIM_HORIZON'),
  BisectBatchOnFunctionError: z.boolean().default(false),
  MaximumRetryAttempts: z.coerce.number().default(-1),
  MaximumRecordAgeInSeconds: z.coerce.number().default(-1),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }).optional() }).optional(),
  TumblingWindowInSeconds: z.never({ error: 'tumbling windows are not emulated' }).optional(),
})
type Mapping = z.infer<typeof Properties>

/** One mapping at work. */
export interface EventSource {
  /** What is not yet done, in words; undefined when nothing is left. */
  pending(): Promise<string | undefined>
  /** There may be something to read. */
  poke(): void
  /** Ends after the batch at hand. */
  stop(): Promise<void>
}

interface Context {
  readonly database: DatabaseSync
  readonly region: string
  readonly functions: ReadonlyMap<string, LambdaFunction>
  readonly queues: Sqs
  readonly tables: DynamoDb
  /** Stream ARN -> table. */
  readonly streams: ReadonlyMap<string, string>
  readonly clock: () => number
  /** Told when a mapping has passed some records of a table's stream. */
  readonly passed: (table: string, mapping: string, sequence: string) => void
  readonly tell: Observations['tell']
  /** How often each batch of a stream is delivered: once, unless a test asks for more. */
  readonly batches: () => number
}

/** @returns undefined for a mapping that is switched off */
export function eventSource(
  resource: Resource,
  context: Context,
): { readonly source: EventSource; readonly table?: string; readonly failures?: string | undefined } | undefined {
  const { path, name } = resource
  const mapping = propertiesOf(Properties, resource)
  if (!mapping.Enabled) return undefined
  const target = [...context.functions.values()].find((fn) => fn.arn === mapping.FunctionName || fn.name === mapping.FunctionName)
  if (target === undefined) throw new Error(`${path}: no function ${mapping.FunctionName}`)
  const queue = context.queues.byArn(mapping.EventSourceArn)
  if (queue !== undefined) return { source: queueSource(mapping, queue, target, context) }
  const table = context.streams.get(mapping.EventSourceArn)
  const failures = mapping.DestinationConfig?.OnFailure?.Destination
  if (table !== undefined) return { table, failures, source: streamSource(name, mapping, table, target, context) }
  throw new Error(`${path}: an event source that is neither a queue nor a table's stream is not emulated: ${mapping.EventSourceArn}`)
}

/** Any of the filters lets an item through; without filters everything passes. */
function filterOf({ FilterCriteria }: Mapping): Matcher {
  const filters = FilterCriteria?.Filters ?? []
  return filters.length === 0 ? () => true : (item) => filters.some(({ Pattern: matches }) => matches(item))
}

const Partial = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })

/**
 * What an answer says about its batch.
 * @returns `none`: all done; `all`: nothing is, because it failed or its answer names something that is not in the batch; else the failed ones
 */
function failuresOf(invoked: Invoked, mapping: Mapping, identifiers: readonly string[]): 'none' | 'all' | ReadonlySet<string> {
  if (!invoked.ok) return 'all'
  if (!mapping.FunctionResponseTypes.includes('ReportBatchItemFailures')) return 'none'
  const value = tryJson(invoked.payload)
  if (value === null || (isObject(value) && Object.keys(value).length === 0)) return 'none'
  const parsed = Partial.safeParse(value)
  if (!parsed.success) return 'all'
  const failed = (parsed.data.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier)
  if (failed.length === 0) return 'none'
  return failed.some((id) => !identifiers.includes(id)) ? 'all' : new Set(failed)
}

const sizeOf = (messages: readonly Message[]): number => messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)

/** The event of a bus that a message carries. */
export function eventIn(body: string): DeliveryObservation['event'] {
  const event = tryJson(body)
  return isObject(event) && typeof event['detail-type'] === 'string' && typeof event.id === 'string'
    ? { type: event['detail-type'], id: event.id }
    : undefined
}

function queueSource(mapping: Mapping, queue: Queue, target: LambdaFunction, { queues, region, tell }: Context): EventSource {
  const passes = filterOf(mapping)
  const size = mapping.BatchSize ?? 10
  const pollers = Math.min(mapping.ScalingConfig?.MaximumConcurrency ?? 2, 2)
  const arrival = queues.arrival(queue)
  let stopped = false
  let working = 0

  const recordOf = (message: Message) => ({
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: message.system,
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: md5(message.body),
    md5OfMessageAttributes: digestOf(message.attributes).MD5OfMessageAttributes,
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: region,
  })

  /** Lambda deletes what a filter refuses. A body that is JSON is matched as such. */
  function wanted(messages: readonly Message[]): Message[] {
    return messages.filter((message) => {
      const record = recordOf(message)
      if (passes({ ...record, body: tryJson(message.body) ?? message.body })) return true
      queues.remove(queue, message.receipt)
      return false
    })
  }

  function receive(max: number): Message[] {
    const messages = queues.receive(queue, max)
    tell({
      kind: 'poll',
      function: target.path,
      from: queue.name,
      action: 'ReceiveMessage',
      records: messages.length,
      bytes: sizeOf(messages),
    })
    return wanted(messages)
  }

  async function gather(): Promise<Message[]> {
    const batch = receive(size)
    const until = Date.now() + mapping.MaximumBatchingWindowInSeconds * 1000
    while (batch.length > 0 && batch.length < size && Date.now() < until && !stopped) {
      await arrival.wait(until - Date.now())
      batch.push(...receive(size - batch.length))
    }
    return batch
  }

  function deliveryOf({ id, body, system }: Message, done: boolean): DeliveryObservation {
    const attempt = Number(system.ApproximateReceiveCount)
    const last = attempt >= (queue.RedrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY)
    const outcome = done ? 'done' : last ? 'given-up' : 'failed'
    return { kind: 'delivery', function: target.path, from: queue.name, messageId: id, attempt, outcome, event: eventIn(body) }
  }

  async function poll(): Promise<void> {
    while (!stopped) {
      const batch = await gather()
      if (batch.length === 0) {
        await arrival.wait(Math.max(1, queues.untilVisible(queue)))
        continue
      }
      working++
      const invoked = await target.invoke(JSON.stringify({ Records: batch.map(recordOf) }), 'queue')
      // A killed local cloud is no failed invocation: the messages stay and come again.
      const failed = failuresOf(
        invoked,
        mapping,
        batch.map(({ id }) => id),
      )
      if (!stopped) {
        const done = batch.filter(({ id }) => failed === 'none' || (failed !== 'all' && !failed.has(id)))
        for (const { receipt } of done) queues.remove(queue, receipt)
        if (done.length > 0)
          tell({ kind: 'poll', function: target.path, from: queue.name, action: 'DeleteMessageBatch', records: done.length, bytes: 0 })
        for (const message of batch) tell(deliveryOf(message, done.includes(message)))
      }
      working--
    }
  }
  const running = Array.from({ length: pollers }, poll)

  return {
    pending: async () => {
      const { visible, inFlight, delayed } = queues.counts(queue)
      return visible + inFlight + delayed + working === 0
        ? undefined
        : `${queue.name}: ${visible} waiting, ${inFlight} in flight, ${delayed} delayed`
    },
    poke: () => undefined,
    stop: async () => {
      stopped = true
      for (let i = 0; i < pollers; i++) arrival.wake()
      await Promise.all(running)
    },
  }
}

/** How long to wait before a failed batch is tried again. */
const backoff = (attempt: number): number => Math.min(25 * 2 ** attempt, 5000)
const fallbackPoll = 2000

function streamSource(id: string, mapping: Mapping, table: string, target: LambdaFunction, context: Context): EventSource {
  const { database, tables, region, queues, clock, passed, tell, batches } = context
  const passes = filterOf(mapping)
  const size = mapping.BatchSize ?? 100
  const save = database.prepare(
    'INSERT INTO stream_position (mapping, sequence) VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence',
  )
  const wake: Signal = signal()
  const end: Signal = signal()
  let position = z
    .object({ sequence: z.string() })
    .optional()
    .parse(database.prepare('SELECT sequence FROM stream_position WHERE mapping = ?').get(id))?.sequence
  let stopped = false

  const recordOf = (record: StreamRecord) => ({
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: record.dynamodb,
    eventSourceARN: mapping.EventSourceArn,
    ...(record.userIdentity === undefined ? {} : { userIdentity: record.userIdentity }),
  })
  const sequenceOf = (record: StreamRecord): string => record.dynamodb.SequenceNumber

  function advance(to: string): void {
    position = to
    save.run(id, to)
  }

  const tellOf = (record: StreamRecord, attempt: number, outcome: DeliveryObservation['outcome']): void =>
    tell({ kind: 'delivery', function: target.path, from: table, messageId: sequenceOf(record), attempt, outcome, event: undefined })

  async function giveUp(batch: readonly StreamRecord[], invoked: Invoked, attempts: number, condition: string): Promise<void> {
    for (const record of batch) tellOf(record, attempts, 'given-up')
    const destination = mapping.DestinationConfig?.OnFailure?.Destination
    const queue = destination === undefined ? undefined : queues.byArn(destination)
    const first = batch[0]
    const last = batch.at(-1)
    if (queue === undefined || first === undefined || last === undefined) return
    const at = (record: StreamRecord): string => new Date(record.dynamodb.ApproximateCreationDateTime * 1000).toISOString()
    const told = JSON.stringify({
      requestContext: { requestId: invoked.requestId, functionArn: `${target.arn}:$LATEST`, condition, approximateInvokeCount: attempts },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: invoked.ok ? null : 'Unhandled' },
      version: '1.0',
      timestamp: new Date(clock()).toISOString(),
      DDBStreamBatchInfo: {
        shardId: 'shardId-00000000000000000000-00000000',
        startSequenceNumber: sequenceOf(first),
        endSequenceNumber: sequenceOf(last),
        approximateArrivalOfFirstRecord: at(first),
        approximateArrivalOfLastRecord: at(last),
        batchSize: batch.length,
        streamArn: mapping.EventSourceArn,
      },
    })
    queues.send(queue, told, { sender: 'lambda.amazonaws.com' })
    tell({ kind: 'poll', function: target.path, from: queue.name, action: 'SendMessage', records: 1, bytes: Buffer.byteLength(told) })
  }

  /** Sends a batch until it is done or given up. In order: nothing after it runs before. */
  async function deliver(all: readonly StreamRecord[]): Promise<void> {
    let batch = all
    for (let attempt = 0; batch.length > 0 && !stopped; ) {
      const invoked = await target.invoke(JSON.stringify({ Records: batch.map(recordOf) }), 'stream')
      if (stopped) return
      const failed = failuresOf(invoked, mapping, batch.map(sequenceOf))
      const firstFailed =
        failed === 'none' ? batch.length : failed === 'all' ? 0 : batch.findIndex((record) => failed.has(sequenceOf(record)))
      for (const [i, record] of batch.entries()) tellOf(record, attempt + 1, i < firstFailed ? 'done' : 'failed')
      if (failed === 'none') return
      // Neither an attempt nor a reason to split: the function did not fail.
      if (!invoked.ok && invoked.service) {
        await end.wait(backoff(1))
        continue
      }
      if (failed !== 'all') {
        // The lowest failed sequence number is the checkpoint: it and all after it come again.
        const before = batch[firstFailed - 1]
        if (before !== undefined) {
          advance(sequenceOf(before))
          attempt = 0
        }
        batch = batch.slice(firstFailed)
      }
      attempt++
      const expired =
        mapping.MaximumRecordAgeInSeconds > 0 &&
        clock() / 1000 - (batch[0]?.dynamodb.ApproximateCreationDateTime ?? 0) > mapping.MaximumRecordAgeInSeconds
      // Splitting does not count as an attempt.
      if (mapping.BisectBatchOnFunctionError && failed === 'all' && batch.length > 1 && !expired) {
        const half = Math.ceil(batch.length / 2)
        await deliver(batch.slice(0, half))
        return deliver(batch.slice(half))
      }
      if (expired || (mapping.MaximumRetryAttempts >= 0 && attempt > mapping.MaximumRetryAttempts)) {
        return giveUp(batch, invoked, attempt, expired ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted')
      }
      await end.wait(backoff(attempt))
    }
  }

  async function poll(): Promise<void> {
    if (position === undefined) advance(mapping.StartingPosition === 'LATEST' ? await tables.last(table) : '')
    while (!stopped) {
      let read: readonly StreamRecord[] = []
      try {
        read = await tables.records(table, position ?? '', 1000)
        tell({ kind: 'poll', function: target.path, from: table, action: 'GetRecords', records: read.length, bytes: 0 })
      } catch {
        if (stopped) return
        // The table's process does not answer: the next round tells.
        await end.wait(250)
        continue
      }
      if (read.length === 0) {
        await wake.wait(fallbackPoll)
        continue
      }
      const records = read.filter((record) => passes(recordOf(record)))
      for (let start = 0; start < records.length && !stopped; start += size) {
        const batch = records.slice(start, start + size)
        for (let n = 0; n < batches(); n++) await deliver(batch)
        const last = batch.at(-1)
        if (!stopped && last !== undefined) advance(sequenceOf(last))
      }
      const last = read.at(-1)
      if (stopped || last === undefined) return
      advance(sequenceOf(last))
      passed(table, id, position ?? '')
    }
  }
  const running = poll()

  return {
    pending: async () => {
      const waiting = position === undefined ? 1 : (await tables.records(table, position, 1)).length
      return waiting === 0 ? undefined : `stream of ${table}: not read to its end`
    },
    poke: () => wake.wake(),
    stop: async () => {
      stopped = true
      wake.wake()
      end.wake()
      await running
    },
  }
}
