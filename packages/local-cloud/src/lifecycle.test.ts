import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeTimeToLiveCommand, DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { controlClient } from './control-client.ts'
import { type Fixture, writeFixture } from './fixture.ts'
import { DataFolderRefused, type LocalCloud, startLocalCloud } from './index.ts'

let fixture: Fixture
beforeEach(() => {
  fixture = writeFixture()
})
afterEach(() => fixture.remove())

const options = ({ endpoint, region }: Pick<LocalCloud, 'endpoint' | 'region'>) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' },
})

test('a resource that is not emulated ends the start and is named; so does a property', async () => {
  const machine = writeFixture({ Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: {} } })
  await expect(startLocalCloud({ assembly: machine.assembly })).rejects.toThrow('does not emulate AWS::StepFunctions::StateMachine')
  machine.remove()
  const versioned = writeFixture({ Bucket: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } } })
  await expect(startLocalCloud({ assembly: versioned.assembly })).rejects.toThrow(
    'fixture-service/Bucket: ✖ Unrecognized key: "VersioningConfiguration"',
  )
  versioned.remove()
  const fifo = writeFixture({ Fifo: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } })
  await expect(startLocalCloud({ assembly: fifo.assembly })).rejects.toThrow('fixture-service/Fifo: ✖ FIFO queues are not emulated')
  fifo.remove()
})

test('a data folder holds tables, messages, keys and tokens until the next start', async () => {
  const first = await startLocalCloud(fixture)
  const token = await first.token({ sub: 'person-1' })
  const kms = new KMSClient(options(first))
  const [key] = first.resources('AWS::KMS::Key')
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: key?.arn, Plaintext: Buffer.from('text') }))
  const tables = new DynamoDBClient(options(first))
  await tables.send(new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'kept' }, refuse: { BOOL: true } } }))
  await first.settled({ timeout: 1000 }).catch(() => undefined)
  tables.destroy()
  kms.destroy()
  await first.stop()

  const second = await startLocalCloud(fixture)
  const again = new KMSClient(options(second))
  expect(Buffer.from((await again.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? []).toString()).toBe('text')
  again.destroy()
  expect((await fetch(`${second.apiUrl}/signed`, { headers: { authorization: token } })).status).toBe(200)
  const reread = new DynamoDBClient(options(second))
  expect((await reread.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: 'kept' } } }))).Item).toBeDefined()
  reread.destroy()
  // Received once before the stop: hidden still, and not read from the stream a second time.
  await expect(second.settled({ timeout: 300 })).rejects.toThrow('inbox: 0 waiting, 1 in flight')
  await second.stop()
})

test('a second local cloud on the same folder is refused, fresh or not, and the first goes on', async () => {
  const first = await startLocalCloud(fixture)
  await expect(startLocalCloud(fixture)).rejects.toThrow('is in use by another local cloud')
  await expect(startLocalCloud({ ...fixture, fresh: true })).rejects.toThrow(DataFolderRefused)
  expect((await fetch(`${first.apiUrl}/things/one`, { method: 'PUT', body: '{}' })).status).toBe(204)
  await first.settled()
  await first.stop()
})

/** The fixture's table with something else about it. */
const tableWith = (more: Readonly<Record<string, unknown>>) => ({
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      ...more,
    },
  },
})
const index = (ProjectionType: string) => ({
  GlobalSecondaryIndexes: [{ IndexName: 'by-pk', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], Projection: { ProjectionType } }],
})

test.each([
  ['key', { AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'N' }] }, {}],
  ['index', index('ALL'), {}],
  ["index's contents", index('ALL'), index('KEYS_ONLY')],
  ['stream', { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } }, {}],
  [
    'time to live',
    { TimeToLiveSpecification: { Enabled: true, AttributeName: 'ends' } },
    { TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } },
  ],
])('a folder whose table has another %s is refused, and used after a fresh start', async (_, before, after) => {
  const [old, changed] = [before, after].map((more) => writeFixture(tableWith(more)))
  if (old === undefined || changed === undefined) throw new Error('no fixtures')
  const { data } = fixture
  const first = await startLocalCloud({ ...old, data })
  await fetch(`${first.apiUrl}/things/1`, { method: 'PUT', body: '{}' })
  await first.settled()
  await first.stop()
  const refused = await startLocalCloud({ ...changed, data }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(DataFolderRefused)
  expect(String(refused)).toContain('fixture-service/Table: ')
  const fresh = await startLocalCloud({ ...changed, data, fresh: true })
  await fresh.stop()
  for (const each of [old, changed]) each.remove()
})

test('what the template adds is made in a folder that is kept; messages of a queue that is gone stay and are told of', async () => {
  const queue = writeFixture({ Further: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'further' } } })
  const expiring = writeFixture(tableWith({ TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }))
  const { data } = fixture
  const first = await startLocalCloud(fixture)
  expect(first.leftBehind).toEqual(new Map())
  await first.stop()
  const second = await startLocalCloud({ ...queue, data })
  const sqs = new SQSClient(options(second))
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: second.resources('AWS::SQS::Queue').find(({ name }) => name === 'further')?.ref,
      MessageBody: 'text',
    }),
  )
  sqs.destroy()
  await second.stop()
  const third = await startLocalCloud({ ...expiring, data })
  expect(third.leftBehind).toEqual(new Map([['further', 1]]))
  const tables = new DynamoDBClient(options(third))
  expect(await tables.send(new DescribeTimeToLiveCommand({ TableName: 'things' }))).toMatchObject({
    TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'until' },
  })
  tables.destroy()
  await third.stop()
  for (const each of [queue, expiring]) each.remove()
})

test('time that was let pass has passed after the next start too', async () => {
  const day = 86_400_000
  const first = await startLocalCloud(fixture)
  await first.advance(day)
  await first.stop()
  const second = await startLocalCloud(fixture)
  const { offset } = await controlClient(second.apiUrl).time()
  expect(offset).toBe(day)
  await second.stop()
})

/** Starts a cloud in a process of its own. */
async function startElsewhere(): Promise<{
  readonly pid: number
  readonly apiUrl: string
  readonly endpoint: string
  kill(): Promise<void>
}> {
  const script = `
    import { startLocalCloud } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    const cloud = await startLocalCloud(${JSON.stringify({ assembly: fixture.assembly, data: fixture.data })})
    console.log(JSON.stringify({ apiUrl: cloud.apiUrl, endpoint: cloud.endpoint }))
  `
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))))
  return {
    pid: child.pid ?? 0,
    ...(JSON.parse(line) as { apiUrl: string; endpoint: string }),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Processes whose command line or environment names the fixture's data folder or an endpoint. */
function processesOf(marks: readonly string[]): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
      return marks.some((mark) => text.includes(mark))
    } catch {
      return false
    }
  })
}

test('killed at any moment, it leaves no process, loses nothing that it accepted and goes on at the next start', async () => {
  const accepted: string[] = []
  for (let round = 0; round < 3; round++) {
    const cloud = await startElsewhere()
    const marks = [fixture.data, cloud.endpoint]
    await fetch(`${cloud.apiUrl}/context`)
    expect(processesOf(marks).length).toBeGreaterThan(1)
    let killed: Promise<void> | undefined
    for (let i = 0; ; i++) {
      const id = `round-${round}-${i}`
      const response = await fetch(`${cloud.apiUrl}/things/${id}`, { method: 'PUT', body: '{}' }).catch(() => undefined)
      if (response?.status !== 204) break
      accepted.push(id)
      // However slow the machine is, something was accepted before, and something is under way then.
      killed ??= sleep(20 + round * 50).then(cloud.kill)
    }
    await killed
    for (let tries = 0; tries < 100 && processesOf(marks).length > 0; tries++) await sleep(20)
    expect(processesOf(marks)).toEqual([])
  }
  const last = await startLocalCloud(fixture)
  // What a killed consumer had received is hidden until its visibility timeout.
  await last.advance(12_000)
  await last.settled()
  const tables = new DynamoDBClient(options(last))
  expect(accepted.length).toBeGreaterThan(0)
  for (const id of accepted) {
    expect((await tables.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: id } } }))).Item).toBeDefined()
  }
  const { Items } = await fetch(last.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.Scan',
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=TEST/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({ TableName: 'seen' }),
  }).then((response) => response.json() as Promise<{ readonly Items: readonly { readonly pk: { readonly S: string } }[] }>)
  const seen = new Set(Items.map(({ pk }) => pk.S))
  expect(accepted.filter((id) => !seen.has(id))).toEqual([])
  tables.destroy()
  await last.stop()
})

test('dynoxide is killed under way: what it accepted is there, and it goes on', async () => {
  const cloud = await startLocalCloud(fixture)
  const [emulator] = processesOf([join(fixture.data, 'tables.db')]).filter(
    (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'dynoxide\n',
  )
  const put = async (id: string): Promise<number> => (await fetch(`${cloud.apiUrl}/things/${id}`, { method: 'PUT', body: '{}' })).status
  const accepted: string[] = []
  for (let i = 0; accepted.length < 40; i++) {
    if (i === 20) process.kill(Number(emulator), 'SIGKILL')
    const id = `thing-${i}`
    // The fixture's function does not try again: an error of DynamoDB is one of the API.
    if ((await put(id)) === 204) accepted.push(id)
  }
  // A message whose consumer failed is hidden until its visibility timeout.
  await cloud.advance(12_000)
  await cloud.settled()
  const tables = new DynamoDBClient(options(cloud))
  const held = await Promise.all(accepted.map((id) => tables.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: id } } }))))
  expect(held.filter(({ Item }) => Item === undefined)).toEqual([])
  const { Items = [] } = await tables.send(new ScanCommand({ TableName: 'seen' }))
  const seen = new Set(Items.map(({ pk }) => pk?.S))
  expect(accepted.filter((id) => !seen.has(id))).toEqual([])
  tables.destroy()
  await cloud.stop()
})

test('a temporary stage leaves nothing behind, and stopping it ends its process by itself', () => {
  const script = `
    import { startLocalCloud } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    const cloud = await startLocalCloud({ assembly: ${JSON.stringify(fixture.assembly)} })
    await fetch(cloud.apiUrl + '/context').then((response) => response.text())
    console.log(cloud.logFile)
    await cloud.stop()
  `
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(status).toBe(0)
  expect(stdout.trim()).toContain(tmpdir())
  expect(existsSync(stdout.trim())).toBe(false)
})
