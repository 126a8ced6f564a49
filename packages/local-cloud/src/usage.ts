import * as z from 'zod'
import { isObject } from './json.ts'
import type { CallObservation, Observation } from './observations.ts'

/*
 * The meter: what AWS would bill for what happened, as quantities without prices (those are in prices.ts). A fold over the observations:
 * what two runs used together is the sum of what each used.
 */

/** What is billed, and in which unit it is counted. */
export const usageLines = {
  /** Requests to the HTTP API, each begun 512 KB of body or answer one. What the authorizer refuses is free. */
  'http.requests': 'requests',
  'lambda.invocations': 'invocations',
  /** Memory in MB times billed milliseconds: 1,024,000 are a GB-second. Each invocation is rounded up to a millisecond, start of a cold one included. */
  'lambda.arm64': 'MB-ms',
  'lambda.x86_64': 'MB-ms',
  /** Read request units: 0.5 eventually consistent, 1 strongly, for each begun 4 KB. */
  'dynamodb.reads': 'RRU',
  'dynamodb.transactional-reads': 'RRU',
  /** Write request units, one for each begun KB of each item, and again for each index entry that changes. */
  'dynamodb.writes': 'WRU',
  /** The same; two for each begun KB. */
  'dynamodb.transactional-writes': 'WRU',
  /** Stream reads by event source mappings that brought records: free. */
  'streams.mapping-reads': 'reads',
  'streams.reads': 'reads',
  /** Requests to queues, by functions, buses, schedules and event source mappings; each begun 64 KB one. */
  'sqs.requests': 'requests',
  /** Events published, each begun 64 KB one. */
  'eventbridge.events': 'events',
  'eventbridge.archived': 'bytes',
  'kms.requests': 'requests',
  /** Requests that write: creating, filling and completing an upload. Aborting one is free. */
  's3.writes': 'requests',
  's3.reads': 'requests',
  /** What functions and, about their invocations, Lambda itself write; 26 bytes on top of each line. */
  'logs.ingested': 'bytes',
} as const
export type UsageLine = keyof typeof usageLines

/** A quantity used. */
export interface UsageEntry {
  readonly line: UsageLine
  /** The function that caused it, by its path in the construct tree; undefined when it was none: a schedule, an SDK client. */
  readonly function: string | undefined
  /** The route, or the name of the table, `table/index`, queue, bus or archive; '' where there is none. */
  readonly resource: string
  /** In the unit that `usageLines` gives. */
  readonly quantity: number
}

/** What was used: at most one entry for each line, function and resource, in their alphabetical order. */
export type Usage = readonly UsageEntry[]

const keyOf = ({ line, function: name, resource }: UsageEntry): string => `${line}\n${name ?? ''}\n${resource}`

/** What several usages come to together. */
export function plus(...usages: readonly Usage[]): Usage {
  const entries = new Map<string, UsageEntry>()
  for (const entry of usages.flat()) {
    const key = keyOf(entry)
    entries.set(key, { ...entry, quantity: entry.quantity + (entries.get(key)?.quantity ?? 0) })
  }
  return [...entries]
    .filter(([, { quantity }]) => quantity !== 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, entry]) => entry)
}

/** So many times the same. */
export const times = (usage: Usage, factor: number): Usage => usage.map((entry) => ({ ...entry, quantity: entry.quantity * factor }))

/** What was used after one snapshot and before another. */
export const between = (before: Usage, after: Usage): Usage => plus(after, times(before, -1))

/** The sum of the entries that a test chooses; all of them unless told. @returns in the unit of their line */
export const quantityOf = (usage: Usage, line: UsageLine, test: (entry: UsageEntry) => boolean = () => true): number =>
  usage.reduce((sum, entry) => (entry.line === line && test(entry) ? sum + entry.quantity : sum), 0)

const KB = 1024
/** How many begun parts of a size: an empty payload is one. */
const parts = (bytes: number, size: number): number => Math.max(1, Math.ceil(bytes / size))

/** What one thing that happened uses. */
export function usageOf(observation: Observation): Usage {
  const { kind } = observation
  switch (kind) {
    case 'call':
      return usageOfCall(observation)
    case 'invocation': {
      const { function: name, memory, architecture, milliseconds, initMilliseconds } = observation
      return [
        { line: 'lambda.invocations', function: name, resource: '', quantity: 1 },
        // https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
        { line: `lambda.${architecture}`, function: name, resource: '', quantity: memory * Math.ceil(milliseconds + initMilliseconds) },
        { line: 'logs.ingested', function: name, resource: '', quantity: platformLogBytes(initMilliseconds > 0) },
      ]
    }
    case 'log':
      return [{ line: 'logs.ingested', function: observation.function, resource: '', quantity: observation.bytes + bytesOfLine }]
    case 'request': {
      // What the authorizer refuses is not charged: https://aws.amazon.com/api-gateway/pricing/
      if (!observation.authorized) return []
      const quantity = parts(Math.max(observation.bytesIn, observation.bytesOut), 512 * KB)
      return [{ line: 'http.requests', function: observation.function, resource: observation.route ?? '', quantity }]
    }
    case 'event': {
      const { function: name, bus, bytes, eventBytes, queues, buses, archives } = observation
      return [
        { line: 'eventbridge.events', function: name, resource: bus, quantity: parts(bytes, 64 * KB) },
        // https://aws.amazon.com/eventbridge/pricing/: whoever sends to another account pays for it as for a custom event.
        ...buses.map(
          (resource) => ({ line: 'eventbridge.events', function: name, resource, quantity: parts(eventBytes, 64 * KB) }) as const,
        ),
        ...archives.map((resource) => ({ line: 'eventbridge.archived', function: name, resource, quantity: eventBytes }) as const),
        ...queues.map((resource) => sqsRequests(name, resource, eventBytes)),
      ]
    }
    case 'poll': {
      const { function: name, from, action, records, bytes } = observation
      // How often AWS looks in vain does not depend on what is done: it is idle cost.
      if (records === 0) return []
      if (action === 'GetRecords') return [{ line: 'streams.mapping-reads', function: name, resource: from, quantity: 1 }]
      return [sqsRequests(name, from, bytes)]
    }
    case 'delivery':
    case 'fault':
    case 'time':
      return []
  }
}

/** Each begun 64 KB of a request's payload, a batch taken as a whole: https://aws.amazon.com/sqs/pricing/ */
const sqsRequests = (name: string | undefined, queue: string, bytes: number): UsageEntry => ({
  line: 'sqs.requests',
  function: name,
  resource: queue,
  quantity: parts(bytes, 64 * KB),
})

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const bytesOfLine = 26
const someId = '8f507cfc-0000-4697-b07a-ac58fc914c95'
const platformLines = [
  `START RequestId: ${someId} Version: $LATEST`,
  `END RequestId: ${someId}`,
  `REPORT RequestId: ${someId}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\tMax Memory Used: 100 MB\t`,
]
const coldLines = [
  'Init Duration: 123.45 ms\t',
  `INIT_START Runtime Version: nodejs:24.v10\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:${'0'.repeat(64)}`,
]
const lengthOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0)
/** What Lambda writes about an invocation, in its text format; as long as such lines are, so that the same run counts the same. */
const platformLogBytes = (cold: boolean): number =>
  lengthOf(platformLines) + 3 * bytesOfLine + (cold ? lengthOf(coldLines) + bytesOfLine : 0)

function usageOfCall(call: CallObservation): Usage {
  const { service, action, function: name } = call
  switch (service) {
    case 'DynamoDB':
      return usageOfDynamoDb(call)
    case 'DynamoDBStreams':
      return action === 'GetRecords' ? [{ line: 'streams.reads', function: name, resource: '', quantity: 1 }] : []
    case 'KMS':
      return [{ line: 'kms.requests', function: name, resource: '', quantity: 1 }]
    case 'S3': {
      if (call.error !== undefined || action === 'AbortMultipartUpload') return []
      const { Bucket } = S3Input.parse(call.input())
      const line = action === 'GetObject' || action === 'HeadObject' ? 's3.reads' : 's3.writes'
      return [{ line, function: name, resource: Bucket, quantity: 1 }]
    }
    case 'SQS': {
      if (call.error !== undefined) return [sqsRequests(name, '', 0)]
      const { QueueUrl, ...sent } = SqsInput.parse(call.input())
      const { Messages } = SqsOutput.parse(call.output())
      const bodies = [sent, ...sent.Entries].map(({ MessageBody }) => MessageBody ?? '')
      return [
        sqsRequests(
          name,
          QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1),
          Buffer.byteLength(bodies.concat(Messages.map(({ Body }) => Body)).join('')),
        ),
      ]
    }
    // Events are told of as such; calls of Cognito are free.
    default:
      return []
  }
}

const S3Input = z.object({ Bucket: z.string() })
const SqsMessage = z.object({ MessageBody: z.string().optional() })
const SqsInput = SqsMessage.extend({ QueueUrl: z.string().default(''), Entries: z.array(SqsMessage).default([]) })
const SqsOutput = z.object({ Messages: z.array(z.object({ Body: z.string() })).default([]) })

const Units = z.object({ CapacityUnits: z.number().default(0) })
const Capacity = Units.extend({
  TableName: z.string(),
  GlobalSecondaryIndexes: z.record(z.string(), Units).default({}),
  LocalSecondaryIndexes: z.record(z.string(), Units).default({}),
})
const DynamoDbOutput = z.object({ ConsumedCapacity: z.union([Capacity.transform((one) => [one]), z.array(Capacity)]).default([]) })

/** Every other action writes, or consumes nothing. */
const linesOfReads: Readonly<Record<string, UsageLine>> = {
  GetItem: 'dynamodb.reads',
  BatchGetItem: 'dynamodb.reads',
  Query: 'dynamodb.reads',
  Scan: 'dynamodb.reads',
  TransactGetItems: 'dynamodb.transactional-reads',
}

function usageOfDynamoDb(call: CallObservation): Usage {
  const { action, function: name, error } = call
  const written = action === 'TransactWriteItems' ? 'dynamodb.transactional-writes' : 'dynamodb.writes'
  if (error === 'ConditionalCheckFailedException' || error === 'TransactionCanceledException') return failedConditions(call, written)
  if (error !== undefined) return []
  const line = linesOfReads[action] ?? written
  return DynamoDbOutput.parse(call.output()).ConsumedCapacity.flatMap(
    ({ TableName, CapacityUnits, GlobalSecondaryIndexes, LocalSecondaryIndexes }) => {
      const indexes = Object.entries({ ...GlobalSecondaryIndexes, ...LocalSecondaryIndexes }).map(([index, units]) => ({
        line,
        function: name,
        resource: `${TableName}/${index}`,
        quantity: units.CapacityUnits,
      }))
      const onTable = indexes.reduce((rest, { quantity }) => rest - quantity, CapacityUnits)
      return [{ line, function: name, resource: TableName, quantity: onTable }, ...indexes]
    },
  )
}

const Written = z.object({ TableName: z.string() })
const Failed = z.object({ Item: z.record(z.string(), z.unknown()).optional() })
const TransactionInput = z.object({ TransactItems: z.array(z.record(z.string(), Written)) })
const TransactionOutput = z.object({ CancellationReasons: z.array(Failed.extend({ Code: z.string() })).default([]) })

/**
 * A failed condition is billed as a write of the size of the item that is there, of 1 KB when there is none, and no answer says so:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalWrites
 * Where the answer does not bring the item it is counted as 1 KB. Of cancelled transactions the documentation says nothing: each condition
 * that failed in one is counted like that of a single write, twice.
 */
function failedConditions(call: CallObservation, line: UsageLine): Usage {
  const unitsOf = ({ Item = {} }: z.infer<typeof Failed>): number => parts(sizeOfItem(Item), KB)
  const entry = (resource: string, quantity: number): UsageEntry => ({ line, function: call.function, resource, quantity })
  if (line === 'dynamodb.writes') return [entry(Written.parse(call.input()).TableName, unitsOf(Failed.parse(call.output())))]
  const tables = TransactionInput.parse(call.input()).TransactItems.map((action) => Object.values(action)[0]?.TableName ?? '')
  return TransactionOutput.parse(call.output()).CancellationReasons.flatMap((reason, i) =>
    reason.Code === 'ConditionalCheckFailed' ? [entry(tables[i] ?? '', 2 * unitsOf(reason))] : [],
  )
}

/**
 * Bytes of an item, as DynamoDB counts them for requests; stored, it is 100 bytes more.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 * @param item attribute name -> typed value, such as `{ S: 'text' }`
 */
export function sizeOfItem(item: Readonly<Record<string, unknown>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0)
}

function sizeOfValue(value: unknown): number {
  if (!isObject(value)) return 0
  const [type = '', held] = Object.entries(value)[0] ?? []
  if (typeof held === 'string')
    return type === 'N' ? Math.ceil(held.length / 2) + 1 : type === 'B' ? Buffer.byteLength(held, 'base64') : Buffer.byteLength(held)
  if (Array.isArray(held))
    return held.reduce(
      (sum, one) => sum + (type === 'L' ? 1 + sizeOfValue(one) : sizeOfValue({ [type.charAt(0)]: one })),
      type === 'L' ? 3 : 0,
    )
  return isObject(held) ? 3 + Object.keys(held).length + sizeOfItem(held) : 1
}

/** Counts what it is told of. */
export interface Meter {
  tell(observation: Observation): void
  /** All that was used so far. */
  usage(): Usage
}

export function meter(): Meter {
  let known: Usage = []
  let fresh: UsageEntry[] = []
  return {
    tell: (observation) => {
      fresh.push(...usageOf(observation))
      // Added up now and then, so that a long run does not keep an entry for everything that happened.
      if (fresh.length > 10_000) {
        known = plus(known, fresh)
        fresh = []
      }
    },
    usage: () => {
      known = plus(known, fresh)
      fresh = []
      return known
    },
  }
}

/** What a run uses, once all that it set in motion is done. */
export async function usageDuring(cloud: { usage(): Usage; settled(): Promise<void> }, run: () => Promise<unknown>): Promise<Usage> {
  await cloud.settled()
  const before = cloud.usage()
  await run()
  await cloud.settled()
  return between(before, cloud.usage())
}
