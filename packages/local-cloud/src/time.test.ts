import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { controlClient } from './control-client.ts'
import { type Fixture, writeFixture } from './fixture.ts'
import { type LocalCloud, type LogEntry, startLocalCloud } from './index.ts'

const hour = 3_600_000

/** What a handler can ask the time with, also what it kept hold of when it was loaded, and a token that it checks by itself. */
const handler = `
const { now } = Date
const DateAtLoad = Date
const loaded = Date.now()
class Later extends Date {}
const shown = { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' }
const expiry = (header) => JSON.parse(Buffer.from(header.split('.')[1], 'base64url')).exp
exports.handler = async (event, context) => {
  if (event.routeKey === 'GET /context') {
    const remaining = context.getRemainingTimeInMillis()
    const begun = Date.now()
    console.log('begun')
    while (Date.now() - begun < ${hour}) await new Promise((resolve) => setTimeout(resolve, 5))
    return { remaining: remaining - context.getRemainingTimeInMillis() }
  }
  console.log('asked')
  const date = new Date()
  return {
    loaded,
    clocks: [
      Date.now(), now(), date.getTime(), new DateAtLoad().getTime(), new Later().getTime(), Date.parse(Date()),
      performance.timeOrigin + performance.now(), Date.parse(new Intl.DateTimeFormat('en-US', shown).format() + ' UTC'),
      Date.parse(new Intl.DateTimeFormat('en-US', shown).formatToParts().map(({ value }) => value).join('') + ' UTC'),
      event.requestContext.timeEpoch, 1000 * parseInt(event.headers['x-amzn-trace-id'].split('-')[1], 16),
      1000 * parseInt(process.env._X_AMZN_TRACE_ID.split('-')[1], 16),
    ],
    same: [
      date instanceof Date, date.constructor === Date, new Later() instanceof Later, new Date(0).getTime() === 0, Date.UTC(1970, 0) === 0,
      Date.name === 'Date', Date.length === 7, new Date(2026, 1, 3).getMonth() === 1, new Intl.DateTimeFormat('en-US', shown).format(0) === '1/1/70, 12:00:00 AM',
    ],
    expired: event.headers.authorization && Date.now() >= 1000 * expiry(event.headers.authorization),
  }
}
`
const reader = `
exports.handler = async ({ Records }) => {
  for (const record of Records) console.log(JSON.stringify(record))
}
`
const failing = `exports.handler = async () => { throw new Error('always') }`

const inline = (code: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { ZipFile: code }, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10 },
})
const arn = (name: string, attribute = 'Arn') => ({ 'Fn::GetAtt': [name, attribute] })
const table = (TableName: string, more: object = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    ...more,
  },
})
const mapping = (target: string, source: string, more: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: target },
    EventSourceArn: arn(source, 'StreamArn'),
    StartingPosition: 'TRIM_HORIZON',
    ...more,
  },
})

let fixture: Fixture
let cloud: LocalCloud
let log: LogEntry[]
let clients: { destroy(): void }[] = []

beforeAll(() => {
  fixture = writeFixture({
    Api: inline(handler),
    Reader: inline(reader),
    Failing: inline(failing),
    Sessions: table('sessions', { TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } }),
    ReadSessions: mapping('Reader', 'Sessions'),
    Aging: table('aging'),
    ReadAging: mapping('Failing', 'Aging', {
      MaximumRecordAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: arn('DeadLetters') } },
    }),
  })
})
afterAll(() => fixture.remove())
const start = async (data?: string): Promise<LocalCloud> => {
  log = []
  return startLocalCloud({ assembly: fixture.assembly, log: (entry) => log.push(entry), ...(data === undefined ? {} : { data }) })
}
function client<T extends { destroy(): void }>(make: new (options: object) => T): T {
  const { endpoint, region } = cloud
  const made = new make({ endpoint, region, credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' } })
  clients.push(made)
  return made
}
const closeClients = (): void => {
  for (const each of clients) each.destroy()
  clients = []
}

interface Seen {
  readonly loaded: number
  readonly clocks: readonly number[]
  readonly same: readonly boolean[]
  readonly expired?: boolean
}
const ask = async (path = '/environment', headers: Readonly<Record<string, string>> = {}): Promise<Seen> =>
  (await (await fetch(`${cloud.apiUrl}${path}`, { headers })).json()) as Seen

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(5)
}

/** That an instant lies between two others; most clocks here are told to the second, which is rounded down. */
const expectBetween = (instant: number, from: number, to: number): void => {
  expect(instant).toBeGreaterThan(from - 1001)
  expect(instant).toBeLessThanOrEqual(to)
}

describe('time that passes', () => {
  beforeEach(async () => {
    cloud = await start()
  })
  afterEach(async () => {
    closeClients()
    await cloud.stop()
  })

  test('is seen by a function that was started before, and by whatever it kept hold of', async () => {
    const { loaded } = await ask()
    await cloud.advance('72h')
    const from = Date.now() + 72 * hour
    const seen = await ask()
    const to = Date.now() + 72 * hour
    expect(seen.loaded).toBe(loaded)
    for (const clock of seen.clocks) expectBetween(clock, from, to)
    expect(seen.same).toEqual(seen.same.map(() => true))
  })

  test('is seen by a function that starts later, before its handler is loaded', async () => {
    await cloud.advance('72h')
    const from = Date.now() + 72 * hour
    const { loaded, clocks } = await ask()
    const to = Date.now() + 72 * hour
    for (const clock of [loaded, ...clocks]) expectBetween(clock, from, to)
  })

  test('is seen in the midst of an invocation, whose own time goes on as before', async () => {
    const answer = fetch(`${cloud.apiUrl}/context`)
    await until(() => log.some(({ line }) => line === 'begun'))
    await cloud.advance('1h')
    const { remaining } = (await (await answer).json()) as { readonly remaining: number }
    expect(remaining).toBeGreaterThanOrEqual(0)
    expect(remaining).toBeLessThan(10_000)
  })

  test('stands in log lines and in the Date of every answer', async () => {
    await cloud.advance('72h')
    const from = Date.now() + 72 * hour
    await ask()
    const answers = await Promise.all(
      [`${cloud.apiUrl}/context`, `${cloud.apiUrl}/_local/time`, cloud.endpoint].map((url) => fetch(url, { method: 'HEAD' })),
    )
    const to = Date.now() + 72 * hour
    for (const { headers } of answers) expectBetween(Date.parse(headers.get('date') ?? ''), from, to)
    expectBetween(Date.parse(log.find(({ line }) => line === 'asked')?.time ?? ''), from, to)
  })

  test('ends the life of a token, for who checks it and for who reads it', async () => {
    const authorization = `Bearer ${await cloud.token({ sub: 'u-1' })}`
    const signed = async (header: string) => {
      const answer = await fetch(`${cloud.apiUrl}/signed`, { headers: { authorization: header } })
      return answer.status === 200 ? ((await answer.json()) as Seen).expired : answer.headers.get('www-authenticate')
    }
    expect(await signed(authorization)).toBe(false)
    await cloud.advance('59m')
    expect(await signed(authorization)).toBe(false)
    await cloud.advance('2m')
    expect(await signed(authorization)).toContain('the token has expired')
    expect((await ask('/environment', { authorization })).expired).toBe(true)
    expect(await signed(`Bearer ${await cloud.token({ sub: 'u-1' })}`)).toBe(false)
  })

  test('shows a message again that was hidden for twelve hours, and not before', async () => {
    const sqs = client(SQSClient)
    const QueueUrl = cloud.resources('AWS::SQS::Queue').find(({ name }) => name === 'spare')?.ref
    const receive = async (): Promise<number> => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 43_200 }))
      return Messages.length
    }
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'text' }))
    expect(await receive()).toBe(1)
    await cloud.advance('11h')
    expect(await receive()).toBe(0)
    await cloud.advance('1h')
    expect(await receive()).toBe(1)
  })

  test('deletes what has expired, in the name of DynamoDB, and nothing else', async () => {
    const tables = client(DynamoDBClient)
    const inTwoHours = String(Math.floor(Date.now() / 1000) + 7200)
    const items: Readonly<Record<string, object>> = {
      expiring: { expires: { N: inTwoHours } },
      'é "quoted"': { expires: { N: inTwoHours } },
      later: { expires: { N: String(Number(inTwoHours) + 7200) } },
      ancient: { expires: { N: '1000' } },
      text: { expires: { S: '1000' } },
      'for ever': {},
    }
    const put = (pk: string, rest: object) =>
      tables.send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: pk }, sk: { S: '1' }, ...rest } }))
    const left = async (): Promise<string[]> => {
      const names = Object.keys(items)
      const found = await Promise.all(
        names.map((pk) => tables.send(new GetItemCommand({ TableName: 'sessions', Key: { pk: { S: pk }, sk: { S: '1' } } }))),
      )
      return names.filter((_, i) => found[i]?.Item !== undefined)
    }
    for (const [pk, rest] of Object.entries(items)) await put(pk, rest)
    await cloud.advance('1h')
    expect(await left()).toEqual(Object.keys(items))
    const from = Date.now() + 2 * hour
    await cloud.advance('61m')
    expect(await left()).toEqual(['later', 'ancient', 'text', 'for ever'])
    await cloud.settled()
    const removed = log.map(({ line }) => JSON.parse(line)).filter(({ eventName }) => eventName === 'REMOVE')
    expect(removed.map(({ dynamodb }) => dynamodb.Keys.pk.S).sort()).toEqual(['expiring', 'é "quoted"'].sort())
    for (const { userIdentity, dynamodb } of removed) {
      expect(userIdentity).toEqual({ type: 'Service', principalId: 'dynamodb.amazonaws.com' })
      expect(dynamodb.OldImage.expires).toEqual({ N: inTwoHours })
      expectBetween(1000 * dynamodb.ApproximateCreationDateTime, from, Date.now() + 121 * 60_000)
    }
    await tables.send(new DeleteItemCommand({ TableName: 'sessions', Key: { pk: { S: 'later' }, sk: { S: '1' } } }))
    await cloud.settled()
    expect(log.map(({ line }) => JSON.parse(line)).at(-1)).toMatchObject({
      eventName: 'REMOVE',
      dynamodb: { Keys: { pk: { S: 'later' } } },
    })
    expect(JSON.parse(log.at(-1)?.line ?? '')).not.toHaveProperty('userIdentity')
  })

  test('ages the records that a function does not take, until they are given up', async () => {
    await client(DynamoDBClient).send(new PutItemCommand({ TableName: 'aging', Item: { pk: { S: 'one' }, sk: { S: '1' } } }))
    await until(() => log.some(({ line }) => line.includes('always')))
    expect(await cloud.deadLetters()).toEqual([])
    await cloud.advance('59m')
    const tries = log.length
    await until(() => log.length > tries)
    expect(await cloud.deadLetters()).toEqual([])
    await cloud.advance('2m')
    await cloud.settled()
    const letters = (await cloud.deadLetters()).map(({ body }) => JSON.parse(body))
    expect(letters).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }])
  })

  test.each(['-1h', 'tomorrow', '', -1, Number.NaN, 9e15, '999999999d'])('does not pass by %p', async (by) => {
    const { now } = await controlClient(cloud.apiUrl).time()
    await expect(cloud.advance(by)).rejects.toThrow(RangeError)
    expect(Date.parse((await controlClient(cloud.apiUrl).time()).now) - Date.parse(now)).toBeLessThan(60_000)
  })
})

test('goes on from where it was at the next start from the same data, and begins anew with other data', async () => {
  const passed = async (): Promise<number> => {
    const { clocks } = await ask()
    return ((clocks[0] ?? 0) - Date.now()) / hour
  }
  cloud = await start(fixture.data)
  await cloud.advance('72h')
  const token = await cloud.token({ sub: 'u-1' })
  await cloud.stop()
  cloud = await start(fixture.data)
  expect(await passed()).toBeCloseTo(72)
  expect(await ask('/signed', { authorization: token })).toMatchObject({ expired: false })
  const from = Date.now() + 72 * hour
  await client(DynamoDBClient).send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: 'one' }, sk: { S: '1' } } }))
  await cloud.settled()
  const [record] = log.filter(({ line }) => line.startsWith('{')).map(({ line }) => JSON.parse(line))
  expectBetween(1000 * record.dynamodb.ApproximateCreationDateTime, from, Date.now() + 72 * hour)
  closeClients()
  await cloud.stop()
  cloud = await startLocalCloud({ assembly: fixture.assembly, data: fixture.data, fresh: true })
  expect(await passed()).toBeCloseTo(0)
  await cloud.stop()
})
