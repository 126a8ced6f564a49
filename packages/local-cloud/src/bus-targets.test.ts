import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { variables, writeFixture } from './fixture.ts'
import { startLocalCloud } from './index.ts'
import type { EventObservation } from './observations.ts'

const arn = (path: string, account = '000000000000') => `arn:aws:events:eu-west-1:${account}:event-bus/${path}`
const theirs = arn('partner', '111122223333')
const role = (name: string, Resource: string, Service = 'events.amazonaws.com') => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' } },
    Policies: [
      {
        PolicyName: 'own',
        PolicyDocument: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'events:PutEvents', Resource } },
      },
    ],
  },
})
const rule = (type: string, Arn: string, more: object) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventBusName: variables.BUS,
    EventPattern: { 'detail-type': [type] },
    State: 'ENABLED',
    Targets: [{ Id: 'bus', Arn, ...more }],
  },
})
const roleArn = (name: string) => ({ RoleArn: { 'Fn::GetAtt': [name, 'Arn'] } })

/** A stage with some more resources. @param run is told what buses accepted @returns after it was told of `type` */
async function withStage(
  extra: object,
  type: string,
): Promise<readonly Omit<EventObservation, 'kind' | 'id' | 'function' | 'bytes' | 'eventBytes' | 'archives'>[]> {
  const fixture = writeFixture({ ...extra })
  const seen: EventObservation[] = []
  try {
    const cloud = await startLocalCloud({
      assembly: fixture.assembly,
      log: () => undefined,
      observe: (observation) => void (observation.kind === 'event' && seen.push(observation)),
    })
    const client = new EventBridgeClient({
      endpoint: cloud.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    try {
      await client.send(
        new PutEventsCommand({
          Entries: [{ EventBusName: variables.BUS, Source: 'test', DetailType: type, Detail: '{"organisationId":"org-a"}' }],
        }),
      )
    } finally {
      client.destroy()
      await cloud.stop()
    }
  } finally {
    fixture.remove()
  }
  return seen.map(({ bus, type: told, source, queues, buses }) => ({ bus, type: told, source, queues, buses }))
}

test('an event that a rule leads to a bus of somebody else leaves, and is told of', async () => {
  const extra = { Out: rule('told', theirs, roleArn('Sender')), Sender: role('sender', theirs) }
  expect(await withStage(extra, 'told')).toMatchObject([{ bus: variables.BUS, type: 'told', buses: [theirs] }])
  expect(await withStage(extra, 'other')).toMatchObject([{ buses: [] }])
})

test('a bus of the stage receives it as it is, and what its rules lead on does not come back', async () => {
  const extra = {
    Second: { Type: 'AWS::Events::EventBus', Properties: { Name: 'second' } },
    There: rule('told', arn('second'), roleArn('Thererole')),
    Thererole: role('there', arn('second')),
    Back: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: 'second',
        EventPattern: { source: ['test'] },
        State: 'ENABLED',
        Targets: [{ Id: 'bus', Arn: arn(variables.BUS), ...roleArn('Backrole') }],
      },
    },
    Backrole: role('back', arn(variables.BUS)),
  }
  expect(await withStage(extra, 'told')).toMatchObject([
    { bus: variables.BUS, source: 'test', buses: [] },
    { bus: 'second', source: 'test', type: 'told', buses: [] },
  ])
})

test('what the role of the rule may not put there stays, and is a dead letter', async () => {
  const extra = {
    Out: rule('told', theirs, roleArn('Sender')),
    Sender: role('sender', arn('elsewhere', '111122223333')),
  }
  expect(await withStage(extra, 'told')).toMatchObject([{ bus: variables.BUS, buses: [] }])
})

test('a role that events may not act with ends the start, and so does a target that is not emulated', async () => {
  await expect(
    withStage({ Out: rule('told', theirs, roleArn('Sender')), Sender: role('sender', theirs, 'lambda.amazonaws.com') }, 'told'),
  ).rejects.toThrow('sts:AssumeRole')
  await expect(withStage({ Out: rule('told', theirs, {}) }, 'told')).rejects.toThrow('a bus as a target without a role')
  await expect(withStage({ Out: rule('told', 'arn:aws:sns:eu-west-1:000000000000:topic', {}) }, 'told')).rejects.toThrow(
    'neither an SQS queue',
  )
})
