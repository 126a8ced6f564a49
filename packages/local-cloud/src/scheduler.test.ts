import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Fixture, variables, writeFixture } from './fixture.ts'
import { type LocalCloud, startLocalCloud } from './index.ts'
import { nextOf } from './scheduler.ts'

const day = 86_400_000
const at = (text: string): number => Date.parse(text)

describe('a schedule expression', () => {
  const created = '2026-03-27T00:00:30Z'
  // https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
  test.each<[string, string, string, readonly string[]]>([
    ['rate(1 minute)', 'UTC', '2026-03-27T00:00:29Z', ['2026-03-27T00:00:30Z', '2026-03-27T00:01:30Z', '2026-03-27T00:02:30Z']],
    ['rate(5 hours)', 'UTC', '2026-03-27T00:00:30Z', ['2026-03-27T05:00:30Z', '2026-03-27T10:00:30Z']],
    ['rate(2 days)', 'UTC', '2026-04-01T12:00:00Z', ['2026-04-02T00:00:30Z', '2026-04-04T00:00:30Z']],
    ['cron(5 0 * * ? *)', 'Africa/Conakry', '2026-03-27T00:04:59Z', ['2026-03-27T00:05:00Z', '2026-03-28T00:05:00Z']],
    ['cron(5 0 * * ? *)', 'UTC', '2026-03-27T00:05:00Z', ['2026-03-28T00:05:00Z']],
    ['cron(0/20 8 ? * 2-6 *)', 'UTC', '2026-03-27T08:30:00Z', ['2026-03-27T08:40:00Z', '2026-03-30T08:00:00Z']],
    ['cron(15 10 ? * 6L 2026-2027)', 'UTC', '2026-03-28T00:00:00Z', ['2026-04-24T10:15:00Z', '2026-05-29T10:15:00Z']],
    ['cron(0 9 ? * MON#1 *)', 'UTC', '2026-03-28T00:00:00Z', ['2026-04-06T09:00:00Z']],
    ['cron(0 12 3W * ? *)', 'UTC', '2026-04-04T00:00:00Z', ['2026-05-04T12:00:00Z']],
    ['cron(0 9 L * ? *)', 'Europe/Brussels', '2026-03-27T00:00:00Z', ['2026-03-31T07:00:00Z']],
    ['at(2026-04-01T13:00:00)', 'Europe/Brussels', '2026-03-27T00:00:00Z', ['2026-04-01T11:00:00Z']],
  ])('%s in %s, after %s', (expression, timezone, after, expected) => {
    const next = nextOf(expression, timezone, at(created))
    let last: number | undefined = at(after)
    for (const instant of expected) {
      last = next(last ?? Number.NaN)
      expect(last).toBe(at(instant))
    }
  })

  test('of one time, or of years that are over, has an end', () => {
    expect(nextOf('at(2026-04-01T13:00:00)', 'UTC', at(created))(at('2026-04-01T13:00:00Z'))).toBeUndefined()
    expect(nextOf('cron(0 0 1 1 ? 2025)', 'UTC', at(created))(at(created))).toBeUndefined()
  })

  test.each([
    'rate(0 minutes)',
    'rate(1.5 hours)',
    'rate(1 week)',
    'cron(0 0 * * *)',
    'cron(0 0 * * * *)',
    'cron(0 0 ? * ? *)',
    'cron(61 0 * * ? *)',
    'at(2026-04-01)',
    'every day',
  ])('%s is none', (expression) => {
    expect(() => nextOf(expression, 'UTC', at(created))).toThrow()
  })
})

const getArn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] })
const onQueue = { Arn: getArn('Spare'), RoleArn: 'arn:aws:iam::000000000000:role/any', Input: '<aws.scheduler.scheduled-time>' }
const onBus = {
  Arn: { 'Fn::Sub': `arn:aws:events:\${AWS::Region}:\${AWS::AccountId}:event-bus/${variables.BUS}` },
  RoleArn: 'arn:aws:iam::000000000000:role/any',
  EventBridgeParameters: { DetailType: 'day', Source: 'clock' },
  Input: JSON.stringify({
    arn: '<aws.scheduler.schedule-arn>',
    time: '<aws.scheduler.scheduled-time>',
    execution: '<aws.scheduler.execution-id>',
    attempt: '<aws.scheduler.attempt-number>',
    other: '<aws.other>',
  }),
}
const schedule = (ScheduleExpression: string, Target: object, more: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: { Name: 'days', ScheduleExpression, FlexibleTimeWindow: { Mode: 'OFF' }, State: 'ENABLED', Target, ...more },
})

describe('a stage with a schedule', () => {
  let fixture: Fixture
  let cloud: LocalCloud | undefined
  async function start(resources: Readonly<Record<string, unknown>>, folder?: Fixture): Promise<LocalCloud> {
    fixture = folder ?? writeFixture(resources)
    cloud = await startLocalCloud(fixture)
    return cloud
  }
  afterEach(async () => {
    await cloud?.stop()
    fixture.remove()
  })

  /** Bodies that wait in the spare queue, in their order. @param seconds how long to wait for the first */
  async function received({ endpoint, region, resources }: LocalCloud, seconds = 0): Promise<readonly string[]> {
    const client = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' } })
    const QueueUrl = resources('AWS::SQS::Queue').find(({ name }) => name === 'spare')?.ref
    const bodies: string[] = []
    for (;;) {
      const WaitTimeSeconds = bodies.length === 0 ? seconds : 0
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds }))
      bodies.push(...Messages.map(({ Body }) => Body ?? ''))
      if (Messages.length === 0) break
    }
    client.destroy()
    return bodies
  }
  /** As Scheduler writes an instant. */
  const written = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z')
  const midnight = (instant: number): number => Math.floor(instant / day) * day

  test('fires at each instant that has passed, once, in order, with the context attributes filled in', async () => {
    const Rule = {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: variables.BUS,
        EventPattern: { source: ['clock'], 'detail-type': ['day'] },
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: getArn('Spare') }],
      },
    }
    const stage = await start({ Rule2: Rule, Days: schedule('cron(0 0 * * ? *)', onBus, { ScheduleExpressionTimezone: 'Africa/Conakry' }) })
    const first = midnight(Date.now()) + day
    expect(await received(stage)).toEqual([])
    await stage.advance(3 * day)
    await stage.settled()
    const events = (await received(stage)).map((body) => JSON.parse(body))
    const arn = 'arn:aws:scheduler:eu-west-1:000000000000:schedule/default/days'
    expect(events).toEqual(
      [0, 1, 2].map((n) =>
        expect.objectContaining({
          source: 'clock',
          'detail-type': 'day',
          resources: [arn],
          detail: {
            arn,
            time: written(first + n * day),
            execution: expect.stringMatching(/^[0-9a-f]{16}$/),
            attempt: '1',
            other: '<aws.other>',
          },
        }),
      ),
    )
    expect(new Set(events.map(({ detail }) => detail.execution)).size).toBe(3)
    await stage.advance(0)
    expect(await received(stage)).toEqual([])
  })

  test('fires by itself when real time has passed, without anybody who lets it pass', async () => {
    const soon = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000
    const stage = await start({ Once: schedule(`at(${written(soon).slice(0, -1)})`, onQueue) })
    await stage.advance(soon - Date.now() - 200)
    expect(await received(stage, 20)).toEqual([written(soon)])
  })

  test('fires many instants in one go, and is not settled before the last', async () => {
    const stage = await start({ Minutes: schedule('rate(1 minute)', onQueue) })
    await stage.advance(2500 * 60_000)
    await stage.settled()
    const times = await received(stage)
    expect(times).toHaveLength(2501)
    expect(times).toEqual(times.map((_, n) => written(Date.parse(times[0] ?? '') + n * 60_000)))
  })

  test('fires nothing twice after a restart, and makes up for what became due meanwhile', async () => {
    const stage = await start({ Days: schedule('rate(1 day)', onQueue) })
    const [first = ''] = await received(stage)
    await stage.stop()
    const again = await start({}, fixture)
    expect(await received(again)).toEqual([])
    await again.stop()
    // As if it had been off for two days.
    const database = new DatabaseSync(join(fixture.data, 'cloud.db'))
    database.exec(`UPDATE schedule SET created = created - ${2 * day}, fired = fired - ${2 * day}`)
    database.close()
    expect(await received(await start({}, fixture))).toEqual([written(Date.parse(first) - day), first])
  })

  test('that is switched off does not fire', async () => {
    const stage = await start({ Days: schedule('rate(1 day)', onQueue, { State: 'DISABLED' }) })
    await stage.advance(3 * day)
    expect(await received(stage)).toEqual([])
  })
})

test.each<[string, object, string]>([
  [
    'another target',
    schedule('rate(1 day)', { ...onQueue, Arn: getArn('Api') }),
    'fixture-service/Days: a target that is neither a queue nor a bus',
  ],
  ['a bus without its parameters', schedule('rate(1 day)', { ...onBus, EventBridgeParameters: undefined }), 'neither a queue nor a bus'],
  ['text for a bus', schedule('rate(1 day)', { ...onBus, Input: '"day"' }), 'a bus receives a JSON object'],
  ['a target without input', schedule('rate(1 day)', { ...onQueue, Input: undefined }), 'without Input'],
  ['parameters of another service', schedule('rate(1 day)', { ...onQueue, SqsParameters: { MessageGroupId: 'one' } }), 'SqsParameters'],
  ['a flexible window', schedule('rate(1 day)', onQueue, { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }), 'flexible time windows'],
  ['a start', schedule('rate(1 day)', onQueue, { StartDate: '2026-03-02T00:00:00Z' }), 'StartDate'],
  ['a group', schedule('rate(1 day)', onQueue, { GroupName: 'mine' }), 'GroupName'],
  ['another expression', schedule('daily', onQueue), 'fixture-service/Days: not a schedule expression: daily'],
  ['another time zone', schedule('cron(0 0 * * ? *)', onQueue, { ScheduleExpressionTimezone: 'Nowhere/Else' }), 'Nowhere/Else'],
  ['a group of schedules', { Type: 'AWS::Scheduler::ScheduleGroup', Properties: {} }, 'does not emulate AWS::Scheduler::ScheduleGroup'],
])('%s ends the start and is named', async (_, resource, message) => {
  const fixture = writeFixture({ Days: resource })
  await expect(startLocalCloud({ assembly: fixture.assembly })).rejects.toThrow(message)
  fixture.remove()
})
