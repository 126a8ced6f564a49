import { request } from 'node:http'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type ControlClient, controlClient } from './control-client.ts'
import { type Fixture, writeFixture } from './fixture.ts'
import { type LocalCloud, startLocalCloud } from './index.ts'

let fixture: Fixture
let cloud: LocalCloud
let control: ControlClient

beforeAll(async () => {
  fixture = writeFixture({
    Hourly: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'hourly',
        ScheduleExpression: 'cron(0 * * * ? *)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: { 'Fn::GetAtt': ['Spare', 'Arn'] }, RoleArn: 'arn:aws:iam::000000000000:role/any', Input: '{}' },
      },
    },
  })
  cloud = await startLocalCloud({ assembly: fixture.assembly })
  control = controlClient(cloud.apiUrl)
})
afterAll(async () => {
  await cloud.stop()
  fixture.remove()
})
afterEach(() => control.clearFaults())

const put = (id: string, item: object = {}) => fetch(`${cloud.apiUrl}/things/${id}`, { method: 'PUT', body: JSON.stringify(item) })
const post = (path: string, body: string, headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' }) =>
  fetch(`${cloud.apiUrl}${path}`, { method: 'POST', headers, body })
const messageOf = async (answer: Response): Promise<string> => ((await answer.json()) as { readonly message: string }).message

test('time passes as far as it is told, in words or in milliseconds', async () => {
  const before = await control.time()
  await control.advance('PT1H30M')
  await control.advance('30m')
  const after = await control.advance(1)
  expect(after.offset - before.offset).toBe(2 * 3_600_000 + 1)
  const ahead = Date.parse(after.now) - Date.now()
  expect(ahead).toBeGreaterThan(after.offset - 5000)
  expect(ahead).toBeLessThanOrEqual(after.offset)
})

test('it tells what there is and how it stands', async () => {
  const { state } = control
  expect(await put('state')).toMatchObject({ status: 204 })
  await control.settled()
  const { functions, queues, tables, schedules, time } = await state()
  expect(functions.find(({ path }) => path === 'fixture-service/Api')).toEqual({
    path: 'fixture-service/Api',
    invocations: 1,
    active: 0,
    instances: 1,
    errors: 0,
    coldStarts: 1,
    last: { at: expect.any(String), milliseconds: expect.any(Number) },
  })
  expect(tables).toContainEqual({ path: 'fixture-service/Table', name: 'things', items: 1 })
  const empty = { visible: 0, inFlight: 0, delayed: 0 }
  expect(queues).toContainEqual({ path: 'fixture-service/Queue', name: 'inbox', ...empty, deadLetters: false })
  expect(queues).toContainEqual({ path: 'fixture-service/DeadLetters', name: 'dead-letters', ...empty, deadLetters: true })
  const [{ name, next = '' } = { name: '' }] = schedules
  expect(name).toBe('hourly')
  expect(Date.parse(next) - Date.parse(time.now)).toBeLessThanOrEqual(3_600_000)
})

test('a fault that was asked for hits, and dead letters are told of without what is in them', async () => {
  await control.injectFault({ function: 'Consumer', at: 'DynamoDB.PutItem', how: 'throttle', times: 2 })
  expect(await put('unlucky')).toMatchObject({ status: 204 })
  // Received twice: hidden after the first time, for as long as its queue says.
  while ((await control.deadLetters()).deadLetters.length === 0) await control.advance('12s')
  const { deadLetters } = await control.deadLetters()
  expect(deadLetters).toEqual([
    { queue: 'dead-letters', messageId: expect.any(String), event: { type: 'thing-put', id: expect.any(String) } },
  ])
  expect((await control.state()).queues).toContainEqual(expect.objectContaining({ name: 'dead-letters', visible: 1, deadLetters: true }))
})

test('faults and deliveries are listed with their hits until they are ended; what cannot go wrong is refused', async () => {
  await control.settled()
  const handed: string[] = []
  const end = cloud.observe((observation) => {
    if (observation.kind === 'delivery' && observation.from === 'inbox') handed.push(observation.messageId)
  })
  const fault = { function: 'Relay', at: 'EventBridge.PutEvents', how: 'throttle' } as const
  await control.seedFaults(7)
  await control.injectFault(fault)
  await control.deliver({ copies: 2 })
  expect(await put('twice')).toMatchObject({ status: 204 })
  await control.settled()
  end()
  expect(handed).toHaveLength(2)
  expect(new Set(handed).size).toBe(1)
  const { active, points } = await control.faults()
  expect(active).toMatchObject([{ fault, hits: 1 }])
  expect(points.find(({ at }) => at === fault.at)?.how).toContain('partial')
  await control.clearFaults()
  expect((await control.faults()).active).toEqual([])
  await expect(control.injectFault({ ...fault, how: 'conflict' })).rejects.toThrow('400 there is no conflict at EventBridge.PutEvents')
})

test('it tells what was used, and what was granted and never used', async () => {
  const before = (await control.usage()).usage
  expect(await put('used')).toMatchObject({ status: 204 })
  await control.settled()
  const after = (await control.usage()).usage
  expect(after).toEqual(JSON.parse(JSON.stringify(cloud.usage())))
  const requests = (usage: typeof after): number => usage.find(({ resource }) => resource === 'PUT /things/{id}')?.quantity ?? 0
  expect(requests(after)).toBe(requests(before) + 1)
  expect((await control.unusedGrants()).unusedGrants).toEqual(cloud.unusedGrants())
})

test('waiting ends when nothing is left to do, or says what is', async () => {
  await control.settled()
  const queue = cloud.resources('AWS::SQS::Queue').find(({ name }) => name === 'inbox')
  const sqs = new SQSClient({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' },
  })
  await sqs.send(new SendMessageCommand({ QueueUrl: queue?.ref, MessageBody: '{}', DelaySeconds: 600 }))
  sqs.destroy()
  await expect(control.settled(50)).rejects.toThrow(
    'POST /_local/settled: 500 not settled after 50 ms: inbox: 0 waiting, 0 in flight, 1 delayed',
  )
})

test.each([
  ['{"advance":"72h","unknown":1}', 'unknown'],
  ['{"advance":"a while"}', 'length of time'],
  ['{"advance":-1}', 'length of time'],
  ['{"advance":true}', 'advance'],
  ['{}', 'advance'],
  ['[]', 'object'],
  ['{"advance":', 'object'],
])('a body that it does not understand is refused with the reason: %s', async (body, reason) => {
  const before = await control.time()
  const answer = await post('/_local/time', body)
  expect(answer.status).toBe(400)
  expect(await messageOf(answer)).toContain(reason)
  expect((await control.time()).offset).toBe(before.offset)
})

test('a body that a web page could send without asking is refused; so is one that is too long', async () => {
  const body = '{"advance":"1h"}'
  for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-type': 'application/jsonp' }])
    expect((await post('/_local/time', body, headers)).status).toBe(415)
  expect((await fetch(`${cloud.apiUrl}/_local/time`, { method: 'OPTIONS' })).status).toBe(405)
  expect((await post('/_local/time', `"${'x'.repeat(200_000)}"`)).status).toBe(413)
})

/** `fetch` sends no Host but its own. */
const statusFor = (path: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${cloud.apiUrl}${path}`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

test.each([
  ['localhost', 200],
  ['localhost:8080', 200],
  ['127.0.0.1:1', 200],
  ['[::1]:1', 200],
  ['rebound.example', 403],
  ['localhost.example:80', 403],
  ['127.0.0.1.example', 403],
  ['192.168.0.1', 403],
  ['localhost@rebound.example', 403],
  ['[', 403],
])('asked as %p it answers %d', async (host, status) => {
  expect(await statusFor('/_local/time', host)).toBe(status)
})

test('what there is not is refused by its name, and what is not its own goes on to the API', async () => {
  const unknown = await fetch(`${cloud.apiUrl}/_local/nowhere`)
  expect(unknown.status).toBe(404)
  expect(await messageOf(unknown)).toBe('there is no /_local/nowhere')
  const wrong = await fetch(`${cloud.apiUrl}/_local/time?at=1`, { method: 'PUT' })
  expect(wrong.status).toBe(405)
  expect(await messageOf(wrong)).toBe('/_local/time takes GET, POST')
  expect(await messageOf(await fetch(`${cloud.apiUrl}/_locally`))).toBe('Not Found')
})
