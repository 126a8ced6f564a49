import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig, ListTablesCommand } from '@aws-sdk/client-dynamodb'

/** A DynamoDB emulator of a test file's own. */
export interface Dynoxide {
  readonly client: DynamoDBClient
  readonly endpoint: string
  /** Another client of the same emulator, for example one whose answers get lost. */
  clientWith(config: DynamoDBClientConfig): DynamoDBClient
  /** Creates a table of the shape that every service has: `pk`, `sk`, a stream of new images unless told, and two sparse indexes that carry `row`. */
  createTable(name: string, options?: { readonly stream?: boolean }): Promise<void>
  /** Ends the emulator and deletes its files. */
  stop(): Promise<void>
}

const index = (name: string) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: `${name}pk`, KeyType: 'HASH' as const },
    { AttributeName: `${name}sk`, KeyType: 'RANGE' as const },
  ],
  Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['row'] },
})

/**
 * Starts dynoxide on a free port with its data in a temporary folder, or uses the endpoint that `AWS_ENDPOINT_URL_DYNAMODB` names.
 * Call it in `beforeAll` and `stop` in `afterAll`: one for each test file.
 * @throws when this platform has no dynoxide and no endpoint is named
 */
export async function startDynoxide(): Promise<Dynoxide> {
  const named = process.env.AWS_ENDPOINT_URL_DYNAMODB
  const own = named === undefined ? await run() : undefined
  const endpoint = named ?? own?.endpoint ?? ''
  const clientWith = (config: DynamoDBClientConfig): DynamoDBClient =>
    new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, ...config })
  const client = clientWith({})
  await answering(client)
  return {
    client,
    endpoint,
    clientWith,
    createTable: async (name, { stream = true } = {}) => {
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S' as const,
          })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          GlobalSecondaryIndexes: [index('gsi1'), index('gsi2')],
          ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' as const } } : {}),
        }),
      )
    },
    stop: async () => {
      client.destroy()
      await own?.stop()
    },
  }
}

async function run(): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const binary = join(
    dirname(createRequire(import.meta.url).resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)),
    'dynoxide',
  )
  const folder = await mkdtemp(join(tmpdir(), 'dynoxide-'))
  const port = await freePort()
  const child = spawn(binary, ['serve', '--port', String(port), '--db-path', join(folder, 'data.db')], { stdio: 'ignore' })
  const end = (): void => void child.kill('SIGKILL')
  // For a run that is broken off: nothing asynchronous happens any more then.
  const endNow = (): void => {
    end()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', endNow)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      process.off('exit', endNow)
      await ended(child, end)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  end()
  await exit
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function answering(client: DynamoDBClient): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new ListTablesCommand({}))
      return
    } catch (error) {
      if (attempt === 10) throw error
      await sleep(20 * attempt)
    }
  }
}
