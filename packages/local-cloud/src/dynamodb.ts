import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { type AwsCall, forward } from './front-door.ts'
import { isObject, parseJson } from './json.ts'

/*
 * Amazon DynamoDB and its streams, on dynoxide: a native emulator with transactions, indexes and streams, always on a database file.
 */

const Key = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }))
const TableProperties = z.object({
  KeySchema: Key,
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  GlobalSecondaryIndexes: z
    .array(z.object({ IndexName: z.string(), KeySchema: Key, Projection: z.record(z.string(), z.unknown()) }))
    .optional(),
  LocalSecondaryIndexes: z
    .array(z.object({ IndexName: z.string(), KeySchema: Key, Projection: z.record(z.string(), z.unknown()) }))
    .optional(),
  StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
})

const Shape = TableProperties.pick({ KeySchema: true, GlobalSecondaryIndexes: true })

/** Keys and indexes, whatever their order. */
const shapeText = ({ KeySchema, GlobalSecondaryIndexes = [] }: z.infer<typeof Shape>): string => {
  const keys = (schema: z.infer<typeof Key>) =>
    schema
      .map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`)
      .sort()
      .join()
  return [keys(KeySchema), ...GlobalSecondaryIndexes.map((index) => `${index.IndexName} ${keys(index.KeySchema)}`).sort()].join('; ')
}

export interface StreamRecord {
  readonly eventID: string
  readonly eventName: string
  readonly dynamodb: Readonly<Record<string, unknown>> & { readonly SequenceNumber: string; readonly ApproximateCreationDateTime: number }
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
      }),
    )
    .default([]),
  NextShardIterator: z.string().optional(),
})

/** The binary of this platform, inside an npm package. */
function binary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  try {
    const file = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide')
    if (existsSync(file)) return file
  } catch {
    // Said below, with what to do about it.
  }
  throw new Error(`There is no ${name} here. Set AWS_ENDPOINT_URL_DYNAMODB to any other DynamoDB endpoint, such as DynamoDB Local.`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/**
 * Starts the emulator. A shell stands between us and it, waiting for its input to end: it ends the emulator even when we are killed.
 * It says when it listens: a port that somebody else took in the meantime stays silent, and another is tried.
 */
async function startBinary(file: string): Promise<{ readonly url: URL; end(): Promise<unknown> }> {
  const script = '"$@" & child=$!; read -r _; kill -9 $child'
  for (let tries = 0; tries < 3; tries++) {
    const port = await freePort()
    const child = spawn('/bin/sh', ['-c', script, 'dynoxide', binary(), 'serve', '--port', String(port), '--db-path', file], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {},
    })
    const listening = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 3000)
      child.once('error', () => resolve(false))
      child.stderr.once('data', () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
    child.stderr.resume()
    const end = async (): Promise<unknown> => {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.stdin.end()
      return ended
    }
    if (listening) return { url: new URL(`http://127.0.0.1:${port}/`), end }
    await end()
  }
  throw new Error(`${binary()} does not start`)
}

/** @param other another DynamoDB endpoint to use instead */
export async function startDynamoDb(file: string, resources: readonly Resource[], other: string | undefined): Promise<DynamoDb> {
  const child = other === undefined ? await startBinary(file) : undefined
  const url = child?.url ?? new URL(other ?? '')
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  /** Where the last read of a table's stream ended. */
  const next = new Map<string, { readonly after: string; readonly iterator: string }>()
  const streams = new Map<string, Promise<{ readonly arn: string; readonly shard: string }>>()
  let database: DatabaseSync | undefined

  async function call(service: 'DynamoDB' | 'DynamoDBStreams', action: string, input: unknown): Promise<unknown> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${service}_20120810.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    }
    const { status, body } = await forward(url, agent, headers, JSON.stringify(input))
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
      return requireSameTable(table, rest)
    }
    if (TimeToLiveSpecification?.Enabled) await call('DynamoDB', 'UpdateTimeToLive', { TableName: table.name, TimeToLiveSpecification })
  }

  /** A table of a data folder is not changed: what its keys or indexes were is what they must be. */
  async function requireSameTable({ path, name }: Resource, wanted: z.infer<typeof Shape>): Promise<void> {
    const held = z.object({ Table: Shape }).parse(await call('DynamoDB', 'DescribeTable', { TableName: name })).Table
    if (shapeText(held) !== shapeText(wanted)) throw new Error(`${path}: the data folder holds this table with other keys or indexes`)
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
  try {
    for (const table of tables) await createTable(table)
    if (child !== undefined) indexStreams()
  } catch (error) {
    await child?.end()
    agent.destroy()
    throw error
  }

  return {
    perform: (aws, headers) => {
      const { connection, ...rest } = headers
      return forward(url, agent, rest, asking(aws.body))
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
    trim: (table, upTo) => {
      // The last record stays: the emulator counts on from it.
      database
        ?.prepare(
          `DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <
             min(CAST(?2 AS INTEGER), (SELECT max(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1))`,
        )
        .run(table, upTo)
    },
    stop: async () => {
      database?.close()
      await child?.end()
      agent.destroy()
    },
  }
}

/** Has DynamoDB say what a call costs, unless the caller says what it wants to hear: of two members of a name, the last counts. */
const asking = (body: string): string => (/^\s*\{\s*"/.test(body) ? body.replace('{', '{"ReturnConsumedCapacity":"INDEXES",') : body)

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
