import { Agent, type IncomingHttpHeaders } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import type { Clock } from './clock.ts'
import { DataFolderRefused } from './database.ts'
import { startDynoxide } from './dynoxide.ts'
import { type AwsCall, forward } from './front-door.ts'
import { isObject, parseJson } from './json.ts'
import { deleteExpired, type RecordTime, recordTime } from './table-time.ts'

/*
 * Amazon DynamoDB and its streams, on dynoxide, always on a database file.
 */

const Key = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }))
const Projection = z.object({ ProjectionType: z.string(), NonKeyAttributes: z.array(z.string()).optional() })
const TableProperties = z.object({
  KeySchema: Key,
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), KeySchema: Key, Projection })).optional(),
  LocalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), KeySchema: Key, Projection })).optional(),
  StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
})

const Shape = TableProperties.pick({
  KeySchema: true,
  AttributeDefinitions: true,
  GlobalSecondaryIndexes: true,
  LocalSecondaryIndexes: true,
  StreamSpecification: true,
})

/** Keys with their types, indexes with what they hold, the stream: whatever their order. */
function shapeText(shape: z.infer<typeof Shape>): string {
  const types = new Map(shape.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]))
  const keys = (schema: z.infer<typeof Key>): string =>
    schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName} ${types.get(AttributeName)}`).join()
  const projection = ({ ProjectionType, NonKeyAttributes = [] }: z.infer<typeof Projection>): string =>
    `${ProjectionType} ${[...NonKeyAttributes].sort().join()}`
  const indexes = [...(shape.GlobalSecondaryIndexes ?? []), ...(shape.LocalSecondaryIndexes ?? [])]
    .map(({ IndexName, KeySchema, Projection }) => `${IndexName} ${keys(KeySchema)} ${projection(Projection)}`)
    .sort()
  return [keys(shape.KeySchema), ...indexes, `stream ${shape.StreamSpecification?.StreamViewType}`].join('; ')
}

export interface StreamRecord {
  readonly eventID: string
  readonly eventName: string
  readonly dynamodb: Readonly<Record<string, unknown>> & { readonly SequenceNumber: string; readonly ApproximateCreationDateTime: number }
  /** Who wrote it, when it was DynamoDB itself: an item had expired. */
  readonly userIdentity?: { readonly type: string; readonly principalId: string } | undefined
}

export interface DynamoDb {
  /** Sends a call of a function on. */
  perform(call: AwsCall, headers: IncomingHttpHeaders): Promise<{ readonly status: number; readonly body: string }>
  /** Records of a table's stream after a sequence number ('' for its beginning), oldest first. */
  records(table: string, after: string, limit: number): Promise<readonly StreamRecord[]>
  /** The last sequence number written to a table's stream; '' when there is none. */
  last(table: string): Promise<string>
  /** How many items each table holds now. */
  counts(): Promise<readonly { readonly name: string; readonly items: number }[]>
  /** Deletes the items whose time to live is over. @returns the tables in which there were any */
  expire(): Promise<ReadonlySet<string>>
  /** Forgets the records of a stream that every reader has passed. */
  trim(table: string, upTo: string): void
  stop(): Promise<void>
}

const Records = z.object({
  Records: z
    .array(
      z.object({
        eventID: z.string(),
        eventName: z.string(),
        dynamodb: z.object({ SequenceNumber: z.string(), ApproximateCreationDateTime: z.number() }).loose(),
        userIdentity: z.object({ type: z.string(), principalId: z.string() }).optional(),
      }),
    )
    .default([]),
  NextShardIterator: z.string().optional(),
})

/** @param other another DynamoDB endpoint to use instead */
export async function startDynamoDb(
  file: string,
  resources: readonly Resource[],
  clock: Clock,
  other: string | undefined,
): Promise<DynamoDb> {
  const dynoxide = other === undefined ? await startDynoxide(file) : undefined
  const url = (): Promise<URL> | URL => dynoxide?.url() ?? new URL(other ?? '')
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  /** Where the last read of a table's stream ended. */
  const next = new Map<string, { readonly after: string; readonly iterator: string }>()
  const streams = new Map<string, Promise<{ readonly arn: string; readonly shard: string }>>()
  let database: DatabaseSync | undefined
  let expiry: Promise<unknown> = Promise.resolve()

  async function call(service: 'DynamoDB' | 'DynamoDBStreams', action: string, input: unknown): Promise<unknown> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${service}_20120810.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    }
    const { status, body } = await forward(await url(), agent, headers, JSON.stringify(input))
    const output = parseJson(body)
    if (status === 200) return output
    const { __type, message } = z.object({ __type: z.string(), message: z.string().default('') }).parse(output)
    throw new AwsError(__type.slice(__type.indexOf('#') + 1), message, status)
  }

  async function createTable(table: Resource): Promise<void> {
    const { StreamSpecification, TimeToLiveSpecification, ...rest } = propertiesOf(TableProperties, table)
    try {
      await call('DynamoDB', 'CreateTable', {
        TableName: table.name,
        BillingMode: 'PAY_PER_REQUEST',
        ...rest,
        ...(StreamSpecification === undefined ? {} : { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } }),
      })
    } catch (error) {
      if (!(error instanceof AwsError) || error.name !== 'ResourceInUseException') throw error
      await requireSameTable(table)
    }
    await requireTtl(table, TimeToLiveSpecification)
  }

  /** A table of a data folder is not changed: what its keys, indexes and stream were is what they must be. */
  async function requireSameTable(table: Resource): Promise<void> {
    const held = z.object({ Table: Shape }).parse(await call('DynamoDB', 'DescribeTable', { TableName: table.name })).Table
    if (shapeText(held) !== shapeText(propertiesOf(Shape, table)))
      throw new DataFolderRefused(`${table.path}: ${file} holds this table with other keys, indexes or stream than the template asks for`)
  }

  const Ttl = z.object({
    TimeToLiveDescription: z.object({ TimeToLiveStatus: z.string().optional(), AttributeName: z.string().optional() }),
  })
  /** Also for a table that is there already: a start may have been killed before it came to this. */
  async function requireTtl({ path, name }: Resource, wanted: z.infer<typeof TableProperties>['TimeToLiveSpecification']): Promise<void> {
    const { TimeToLiveDescription } = Ttl.parse(await call('DynamoDB', 'DescribeTimeToLive', { TableName: name }))
    const held = TimeToLiveDescription.TimeToLiveStatus === 'ENABLED' ? TimeToLiveDescription.AttributeName : undefined
    const attribute = wanted?.Enabled ? wanted.AttributeName : undefined
    if (held === attribute) return
    if (held !== undefined)
      throw new DataFolderRefused(`${path}: ${file} holds this table with another time to live than the template asks for`)
    await call('DynamoDB', 'UpdateTimeToLive', { TableName: name, TimeToLiveSpecification: wanted })
  }

  /** Without these, each write and read of a stream scans every record ever kept. */
  function indexStreams(): void {
    database = new DatabaseSync(file)
    database.exec(`
      PRAGMA busy_timeout = 2000;
      CREATE INDEX IF NOT EXISTS local_sequence ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
      CREATE INDEX IF NOT EXISTS local_shard ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
      CREATE INDEX IF NOT EXISTS local_created ON _stream_records (created_at);
    `)
  }

  const ItemCount = z.object({ Table: z.object({ ItemCount: z.number() }) })
  const Description = z.object({ Table: z.object({ LatestStreamArn: z.string() }) })
  const Shards = z.object({ StreamDescription: z.object({ Shards: z.array(z.object({ ShardId: z.string() })).min(1) }) })
  async function describe(table: string) {
    const { Table } = Description.parse(await call('DynamoDB', 'DescribeTable', { TableName: table }))
    const { StreamDescription } = Shards.parse(await call('DynamoDBStreams', 'DescribeStream', { StreamArn: Table.LatestStreamArn }))
    return { arn: Table.LatestStreamArn, shard: StreamDescription.Shards[0]?.ShardId ?? '' }
  }
  function streamOf(table: string) {
    const known = streams.get(table)
    if (known !== undefined) return known
    const stream = describe(table)
    streams.set(table, stream)
    stream.catch(() => streams.delete(table))
    return stream
  }

  async function iterator(table: string, position: object): Promise<string> {
    const { arn, shard } = await streamOf(table)
    const output = await call('DynamoDBStreams', 'GetShardIterator', { StreamArn: arn, ShardId: shard, ...position })
    return z.object({ ShardIterator: z.string() }).parse(output).ShardIterator
  }

  const tables = resources.filter(({ type }) => type === 'AWS::DynamoDB::Table' || type === 'AWS::DynamoDB::GlobalTable')
  const expiring = tables.flatMap((table) => {
    const { KeySchema, TimeToLiveSpecification } = propertiesOf(TableProperties, table)
    const attribute = TimeToLiveSpecification?.Enabled ? TimeToLiveSpecification.AttributeName : undefined
    return attribute === undefined ? [] : [{ name: table.name, keys: KeySchema.map(({ AttributeName }) => AttributeName), attribute }]
  })
  let stamps: RecordTime
  try {
    for (const table of tables) await createTable(table)
    if (dynoxide !== undefined) indexStreams()
    stamps = recordTime(database)
    stamps.setOffset(clock.offset)
    clock.onAdvance(() => stamps.setOffset(clock.offset))
  } catch (error) {
    await dynoxide?.end()
    agent.destroy()
    throw error
  }

  return {
    perform: async (aws, headers) => {
      const { connection, ...rest } = headers
      return forward(await url(), agent, rest, asking(aws.body))
    },
    records: async (table, after, limit) => {
      const position =
        after === '' ? { ShardIteratorType: 'TRIM_HORIZON' } : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after }
      const known = next.get(table)
      next.delete(table)
      const ShardIterator = known?.after === after ? known.iterator : await iterator(table, position)
      const { Records: read, NextShardIterator } = Records.parse(
        await call('DynamoDBStreams', 'GetRecords', { ShardIterator, Limit: limit }),
      )
      if (NextShardIterator !== undefined)
        next.set(table, { after: read.at(-1)?.dynamodb.SequenceNumber ?? after, iterator: NextShardIterator })
      return read
    },
    last: async (table) => {
      const row = database
        ?.prepare('SELECT max(CAST(sequence_number AS INTEGER)) AS last FROM _stream_records WHERE table_name = ?')
        .get(table)
      return row?.last === undefined || row.last === null ? '' : String(row.last)
    },
    counts: () =>
      Promise.all(
        tables.map(async ({ name }) => {
          const { Table } = ItemCount.parse(await call('DynamoDB', 'DescribeTable', { TableName: name }))
          return { name, items: Table.ItemCount }
        }),
      ),
    expire: () => {
      const round = async (): Promise<ReadonlySet<string>> => {
        const changed = new Set<string>()
        for (const table of expiring) {
          const deleted = await deleteExpired((action, input) => call('DynamoDB', action, input), stamps, table, Math.floor(clock() / 1000))
          if (deleted > 0) changed.add(table.name)
        }
        return changed
      }
      const mine = expiry.then(round)
      // One after the other; the next one makes up for one that failed.
      expiry = mine.catch(() => undefined)
      return mine
    },
    trim: (table, upTo) => {
      try {
        // The last record stays: the emulator counts on from it.
        database
          ?.prepare(
            `DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <
               min(CAST(?2 AS INTEGER), (SELECT max(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1))`,
          )
          .run(table, upTo)
      } catch {
        // The file is busy: the next time.
      }
    },
    stop: async () => {
      database?.close()
      await dynoxide?.end()
      agent.destroy()
    },
  }
}

/** Has DynamoDB say what a call costs, unless the caller says what it wants to hear. */
const asking = (body: string): string =>
  /^\s*\{\s*"/.test(body) && !body.includes('"ReturnConsumedCapacity"') ? body.replace('{', '{"ReturnConsumedCapacity":"INDEXES",') : body

const writes = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'ExecuteStatement',
  'ExecuteTransaction',
  'BatchExecuteStatement',
])

/** The tables a call may have written to. */
export function writtenTables({ action, body }: AwsCall): ReadonlySet<string> {
  const tables = new Set<string>()
  if (!writes.has(action)) return tables
  const input = parseJson(body)
  if (!isObject(input)) return tables
  if (typeof input.TableName === 'string') tables.add(input.TableName)
  if (isObject(input.RequestItems)) for (const name of Object.keys(input.RequestItems)) tables.add(name)
  if (Array.isArray(input.TransactItems)) {
    for (const item of input.TransactItems) {
      for (const part of isObject(item) ? Object.values(item) : []) {
        if (isObject(part) && typeof part.TableName === 'string') tables.add(part.TableName)
      }
    }
  }
  return tables
}
