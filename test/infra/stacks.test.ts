import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { roles } from '@wontanara/core'
import { DayBegan, HourBegan } from '@wontanara/events'
import { actionsOf, deployedBefore, nameOf, type Resource, resources, type StageName, stageNames, statements } from './assembly.ts'

const text = (value: unknown): string => JSON.stringify(value)

/** What is there for one partner: stages.ts says for which. */
const isOfPartner = ({ id }: { readonly id: string }): boolean => /^ServicePartner(Rule|Role|DeadLetters)org/.test(id)
const targetsOf = ({ properties }: Resource) => properties.Targets as readonly { Arn: unknown; DeadLetterConfig?: unknown }[]
const partnerBuses = (stage: StageName): readonly string[] =>
  resources('AWS::Events::Rule', stage)
    .filter(isOfPartner)
    .flatMap(targetsOf)
    .map(({ Arn }) => String(Arn))

interface ScheduleTarget {
  readonly Arn: unknown
  readonly Input: string
  readonly EventBridgeParameters: unknown
  readonly DeadLetterConfig: { readonly Arn: unknown }
  readonly RoleArn: { readonly 'Fn::GetAtt': readonly [string, string] }
}

describe('every environment', () => {
  it('has the same resources but for what stages.ts says', () => {
    const kinds = stageNames.map((stage) =>
      ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::ApiGatewayV2::Route', 'AWS::Events::Rule', 'AWS::Scheduler::Schedule'].map(
        (type) => resources(type, stage).filter((resource) => !isOfPartner(resource)).length,
      ),
    )
    for (const counts of kinds) expect(counts).toEqual(kinds[0])
    expect(kinds[0]?.every((count) => count > 0)).toBe(true)
  })

  it('names no other environment, no account and no region', () => {
    for (const stage of stageNames) {
      const others = stageNames.filter((other) => other !== stage)
      for (const type of ['AWS::Lambda::Function', 'AWS::IAM::Policy', 'AWS::Events::Rule'])
        for (const resource of resources(type, stage)) {
          const own = partnerBuses(stage).reduce((left, arn) => left.replaceAll(arn, ''), text(resource.properties))
          expect(own).not.toMatch(new RegExp(`wontanara-(${others.join('|')})|arn:aws:[a-z]+:[a-z]+-[a-z]+-\\d:\\d{12}`))
        }
    }
  })
})

describe('queues', () => {
  const queues = resources('AWS::SQS::Queue')
  const deadLetterTargets = new Set(
    queues.flatMap(({ stage, stack, properties }) => {
      const arn = (properties.RedrivePolicy as { deadLetterTargetArn?: { 'Fn::GetAtt': readonly string[] } } | undefined)
        ?.deadLetterTargetArn
      return arn === undefined ? [] : [`${stage}/${stack}/${arn['Fn::GetAtt'][0]}`]
    }),
  )
  const failureTargets = text([
    ...resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties.DestinationConfig),
    ...resources('AWS::Scheduler::Schedule').map(({ properties }) => (properties.Target as ScheduleTarget).DeadLetterConfig),
    ...resources('AWS::Events::Rule')
      .filter(isOfPartner)
      .flatMap(targetsOf)
      .map(({ DeadLetterConfig }) => DeadLetterConfig),
  ])

  it('have dead letters, unless they are dead letters', () => {
    for (const queue of queues) {
      const isDeadLetters = deadLetterTargets.has(nameOf(queue)) || failureTargets.includes(queue.id)
      expect([nameOf(queue), queue.properties.RedrivePolicy !== undefined || isDeadLetters]).toEqual([nameOf(queue), true])
    }
  })

  it('are encrypted, speak TLS only and keep messages for 14 days', () => {
    const policies = resources('AWS::SQS::QueuePolicy')
    for (const queue of queues) {
      expect(queue.properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 })
      const policy = policies.filter(
        ({ stage, stack, properties }) => stage === queue.stage && stack === queue.stack && text(properties.Queues).includes(queue.id),
      )
      expect(text(policy.map(({ properties }) => properties))).toContain('"aws:SecureTransport":"false"')
    }
  })

  it('hide a message for at least six times as long as its function may run', () => {
    const functions = resources('AWS::Lambda::Function')
    const mappings = resources('AWS::Lambda::EventSourceMapping').filter(({ properties }) => properties.DestinationConfig === undefined)
    expect(mappings.length).toBeGreaterThan(0)
    for (const { stage, stack, properties } of mappings) {
      const source = queues.find(
        (queue) => queue.stage === stage && queue.stack === stack && text(properties.EventSourceArn).includes(queue.id),
      )
      const worker = functions.find(
        (candidate) => candidate.stage === stage && candidate.stack === stack && text(properties.FunctionName).includes(candidate.id),
      )
      expect(Number(source?.properties.VisibilityTimeout)).toBeGreaterThanOrEqual(6 * Number(worker?.properties.Timeout))
      expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
    }
  })
})

describe('routes', () => {
  const isOpen = ({ properties }: (typeof all)[number]): boolean => properties.AuthorizationType !== 'JWT'
  const all = resources('AWS::ApiGatewayV2::Route')

  it('need a token, but for those that are open to everybody', () => {
    expect([...new Set(all.filter(isOpen).map(({ properties }) => properties.RouteKey))]).toEqual(['POST /v1/self-applications'])
    for (const route of all) {
      if (isOpen(route)) expect(route.properties).toMatchObject({ AuthorizationType: 'NONE' })
      else expect(route.properties).toMatchObject({ AuthorizerId: expect.anything() })
    }
  })

  it('are throttled by themselves where they are open to everybody, below what all others get', () => {
    const stages = resources('AWS::ApiGatewayV2::Stage')
    expect(stages.map(({ stage }) => stage)).toEqual(stageNames)
    for (const { properties } of stages) {
      const { DefaultRouteSettings, RouteSettings } = properties as {
        DefaultRouteSettings: { ThrottlingRateLimit: number }
        RouteSettings: Readonly<Record<string, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }>>
      }
      expect(Object.keys(RouteSettings)).toEqual(['POST /v1/self-applications'])
      for (const { ThrottlingRateLimit, ThrottlingBurstLimit } of Object.values(RouteSettings)) {
        expect(ThrottlingRateLimit).toBeLessThan(DefaultRouteSettings.ThrottlingRateLimit)
        expect(ThrottlingBurstLimit).toBeGreaterThan(0)
      }
    }
  })

  it('are there before the stage that names some of them', () => {
    for (const { stage, stack } of resources('AWS::ApiGatewayV2::Stage')) {
      const routed = new Set(all.filter((route) => route.stage === stage).map((route) => route.stack))
      expect(deployedBefore(stage, stack)).toEqual(expect.arrayContaining([...routed]))
    }
  })

  it('leave no address of a caller in the logs of the gateway', () => {
    for (const { properties } of resources('AWS::ApiGatewayV2::Stage')) expect(text(properties.AccessLogSettings)).not.toContain('sourceIp')
  })
})

describe('the published API', () => {
  it('is what is routed, route for route', () => {
    const { paths } = JSON.parse(readFileSync(join(__dirname, '../../docs/api/openapi.json'), 'utf8')) as {
      paths: Readonly<Record<string, object>>
    }
    const published = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((key) => /^(get|post|put|patch|delete)$/.test(key))
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    const routed = resources('AWS::ApiGatewayV2::Route', 'prod').map(({ properties }) => properties.RouteKey)
    expect(routed.toSorted()).toEqual(published.toSorted())
  })
})

describe('rules', () => {
  it('lead to a queue, never straight to a function', () => {
    for (const rule of resources('AWS::Events::Rule')) {
      if (rule.properties.Targets === undefined || isOfPartner(rule)) continue
      for (const target of rule.properties.Targets as readonly { Arn: unknown; DeadLetterConfig?: unknown }[]) {
        expect(text(target.Arn)).toMatch(/Queue/)
        expect(target.DeadLetterConfig).toBeDefined()
      }
    }
  })
})

describe('buses of partners', () => {
  const rules = resources('AWS::Events::Rule').filter(isOfPartner)

  it('are led to by one rule each, which takes what is told to that partner, with a role for that bus alone', () => {
    expect(rules.map(({ stage }) => stage)).toEqual(['local'])
    for (const rule of rules) {
      const [target, ...others] = targetsOf(rule)
      expect([target, others]).toEqual([
        expect.objectContaining({ Arn: expect.any(String), RoleArn: expect.anything(), DeadLetterConfig: expect.anything() }),
        [],
      ])
      expect(rule.properties.EventPattern).toEqual({
        source: ['wontanara.partners'],
        detail: { organisationId: [expect.stringMatching(/^org-/)] },
      })
      const granted = statements(rule.stage).filter(({ role }) => /PartnerRole/.test(role))
      expect(granted.map((statement) => [actionsOf(statement), statement.Resource])).toEqual([[['events:PutEvents'], target?.Arn]])
    }
  })

  it('hang on a bus that the sender to partners alone puts events on', () => {
    const senders = statements('local').filter((statement) => text(statement.Resource).includes('PartnerBus'))
    expect(senders.map((statement) => [actionsOf(statement), statement.role.includes('webhooks')])).toEqual([[['events:PutEvents'], true]])
    for (const { properties } of rules) expect(text(properties.EventBusName)).toContain('PartnerBus')
  })
})

describe.each([
  ['days, soon after midnight in Guinea', DayBegan, 'cron(5 0 * * ? *)'],
  ['hours', HourBegan, 'cron(0 * * * ? *)'],
] as const)('the schedule of %s', (_, began, expression) => {
  const all = resources('AWS::Scheduler::Schedule').map((schedule) => ({
    ...schedule,
    target: schedule.properties.Target as ScheduleTarget,
  }))
  const schedules = all.filter(({ target }) => target.Input.includes(began.type))

  it('announces each once, on the bus', () => {
    expect(schedules.map(({ stage }) => stage)).toEqual(stageNames)
    for (const { properties, target } of schedules) {
      expect(properties).toMatchObject({
        State: 'ENABLED',
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: 'Africa/Conakry',
        FlexibleTimeWindow: { Mode: 'OFF' },
      })
      expect(text(target.Arn)).toMatch(/^\{"Fn::GetAtt":\["Bus/)
      expect(target.EventBridgeParameters).toEqual({ DetailType: began.type, Source: began.source })
    }
  })

  it('sends an event that its consumers can read, the same one when it tries again', () => {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html: with each attempt another execution id.
    const attempt = (input: string, number: number): string =>
      input
        .replaceAll('<aws.scheduler.scheduled-time>', '2026-03-22T00:05:00Z')
        .replaceAll('<aws.scheduler.execution-id>', `d32c5kddcf5bb8c${number}`)
        .replaceAll('<aws.scheduler.attempt-number>', String(number))
    for (const { target } of schedules) {
      const first = attempt(target.Input, 1)
      expect(first).not.toContain('<')
      expect(began.parse(JSON.parse(first))).toMatchObject({ time: '2026-03-22T00:05:00Z', data: {} })
      expect(attempt(target.Input, 2)).toBe(first)
    }
  })

  // The CDK gives what has the same target one role.
  it('may put events on the bus, send to the dead letters of schedules, and nothing else', () => {
    for (const { stage, stack, target } of schedules) {
      const role = `${stage}/${stack}/${target.RoleArn['Fn::GetAtt'][0]}`
      const granted = statements(stage).filter((statement) => statement.role === role)
      expect(granted.map((statement) => [actionsOf(statement), statement.Resource])).toEqual([
        [['events:PutEvents'], target.Arn],
        ...all.filter((other) => other.stage === stage).map((other) => [['sqs:SendMessage'], other.target.DeadLetterConfig.Arn]),
      ])
    }
  })
})

describe('permissions', () => {
  const all = statements()

  it('name actions and resources: no wildcard', () => {
    expect(all.length).toBeGreaterThan(0)
    for (const statement of all) {
      for (const action of actionsOf(statement))
        expect([statement.role, action]).toEqual([statement.role, expect.not.stringContaining('*')])
      expect([statement.role, text(statement.Resource)]).toEqual([statement.role, expect.not.stringMatching(/"\*"|\*$/)])
    }
    for (const role of resources('AWS::IAM::Role')) expect(role.properties.ManagedPolicyArns).toBeUndefined()
  })

  it('let a service write whole items and delete none, but for places of its blind indexes and counts of requests', () => {
    const isOnlyOf =
      (keys: string) =>
      ({ Condition }: (typeof all)[number]): boolean =>
        text(Condition) === text({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] } })
    const [isIndexing, isCounting] = [isOnlyOf('find#*'), isOnlyOf('limit#*')]
    const ofTables = (among: typeof all): readonly string[] =>
      [...new Set(among.flatMap(actionsOf))].filter((action) => /^dynamodb:.*(Item|Query|Scan|Delete|Update)/.test(action)).toSorted()
    expect(ofTables(all.filter((statement) => !isIndexing(statement) && !isCounting(statement)))).toEqual([
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ])
    expect(ofTables(all.filter(isIndexing))).toEqual(['dynamodb:BatchWriteItem'])
    expect(ofTables(all.filter(isCounting))).toEqual(['dynamodb:UpdateItem'])
  })

  it('let Lambda read queues and send dead letters with the role of a function, and only the sender to partners put a message off', () => {
    const ofQueues = all.flatMap((statement) =>
      actionsOf(statement)
        .filter((action) => action.startsWith('sqs:'))
        .map((action) => [action, statement.role] as const),
    )
    expect([...new Set(ofQueues.map(([action]) => action))].toSorted()).toEqual([
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ])
    for (const [action, role] of ofQueues) if (action === 'sqs:ChangeMessageVisibility') expect(role).toContain('webhooks')
  })

  it('let a function use the keys of its own classes only, with the encryption context of its environment and service', () => {
    const ofFiles = (statement: (typeof all)[number]): boolean => text(statement.Resource).includes('FilesKey')
    const uses = all.filter((statement) => !ofFiles(statement) && actionsOf(statement).some((action) => action.startsWith('kms:')))
    expect(uses.length).toBeGreaterThan(0)
    for (const use of uses) {
      const condition = use.Condition?.StringEquals ?? {}
      expect(Object.keys(condition).sort()).toEqual([
        'kms:EncryptionContext:class',
        'kms:EncryptionContext:env',
        'kms:EncryptionContext:service',
      ])
      expect(condition['kms:EncryptionContext:env']).toBe(use.policy.stage)
    }
  })

  it('let no function outside of the medical service read medical data: table and key together', () => {
    const readers = (pattern: RegExp) =>
      new Set(
        all
          .filter((statement) => pattern.test(text([actionsOf(statement), statement.Resource, statement.Condition ?? {}])))
          .map(({ role }) => role),
      )
    const decrypting = readers(/kms:Decrypt.*C3-medical/)
    const querying = readers(/dynamodb:Query.*GetAtt/)
    const both = [...decrypting].filter((role) => querying.has(role))
    expect(both.length).toBeGreaterThan(0)
    expect(both.filter((role) => !role.includes('medicalcoordination'))).toEqual([])
    // Nor does any service read another's table: what is granted lies in its own template.
    for (const statement of all)
      if (actionsOf(statement).some((action) => action.startsWith('dynamodb:')))
        expect(text(statement.Resource)).not.toContain('Fn::ImportValue')
  })
})

describe('files of exports', () => {
  const buckets = resources('AWS::S3::Bucket')
  const granted = statements().filter((statement) => actionsOf(statement).some((action) => action.startsWith('s3:')))

  it("are nobody else's, encrypted, without versions, and gone after a day", () => {
    expect(buckets.map(({ stage }) => stage)).toEqual(stageNames)
    for (const { properties } of buckets) {
      expect(properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringContaining('FilesKey'), 'Arn'] },
              },
            },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [{ ExpirationInDays: 1, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }],
        },
      })
      expect(properties.VersioningConfiguration).toBeUndefined()
    }
    for (const { properties } of resources('AWS::S3::BucketPolicy')) expect(text(properties)).toContain('"aws:SecureTransport":"false"')
  })

  it('are written by the one function that writes exports, and read by it and the one that signs links', () => {
    const mayDo = granted.map((statement) => [statement.role.replace(/^.*\/Service|Role.*$/g, ''), actionsOf(statement)])
    expect(new Map(mayDo.map(([role, actions]) => [String(role), actions]))).toEqual(
      new Map([
        ['lists', ['s3:GetObject']],
        ['exports', ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject']],
      ]),
    )
    for (const { Resource } of granted) expect(text(Resource)).toMatch(/\/exports\/\*"\]/)
  })
})

describe('the key of the files of exports', () => {
  it('is used by the function that writes exports and the one that signs links, for the bucket alone', () => {
    const uses = statements().filter(({ Resource }) => text(Resource).includes('FilesKey'))
    expect(uses).toHaveLength(2 * stageNames.length)
    const mayDo = new Map(uses.map((use) => [use.role.replace(/^.*\/Service|Role.*$/g, ''), actionsOf(use)]))
    expect(mayDo).toEqual(
      new Map([
        ['lists', ['kms:Decrypt']],
        ['exports', ['kms:GenerateDataKey', 'kms:Decrypt']],
      ]),
    )
    for (const { Condition } of uses)
      expect(Condition).toEqual({
        StringEquals: { 'kms:EncryptionContext:aws:s3:arn': { 'Fn::GetAtt': [expect.stringContaining('Files'), 'Arn'] } },
      })
  })
})

describe('data that must last', () => {
  const lasting = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::Cognito::UserPool', 'AWS::Logs::LogGroup']

  it.each(['staging', 'prod'] as const)('outlives the stacks of %s', (stage) => {
    for (const type of lasting) {
      expect(resources(type, stage).length).toBeGreaterThan(0)
      for (const resource of resources(type, stage))
        expect([nameOf(resource), resource.deletionPolicy]).toEqual([nameOf(resource), 'Retain'])
    }
    for (const table of resources('AWS::DynamoDB::Table', stage)) {
      expect(table.properties).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      })
    }
  })
})

describe('identities', () => {
  it('have a group for each role that the code knows', () => {
    const groups = resources('AWS::Cognito::UserPoolGroup', 'prod').map(({ properties }) => properties.GroupName)
    for (const role of roles) expect(groups).toContain(role)
  })

  it('keep access tokens short and partners in one scope each', () => {
    for (const client of resources('AWS::Cognito::UserPoolClient')) {
      expect(client.properties).toMatchObject({ AccessTokenValidity: 15 })
      if (client.properties.GenerateSecret === true) {
        expect(client.properties).toMatchObject({ AllowedOAuthFlows: ['client_credentials'] })
        expect(client.properties.AllowedOAuthScopes).toHaveLength(1)
      }
    }
  })
})

describe('functions', () => {
  it('run on Node 24, arm64', () => {
    for (const lambda of resources('AWS::Lambda::Function')) {
      expect([nameOf(lambda), lambda.properties]).toEqual([
        nameOf(lambda),
        expect.objectContaining({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' }),
      ])
    }
  })

  it('ring once for one thing', () => {
    const watched = resources('AWS::CloudWatch::Alarm', 'prod').map(({ stack, properties }) =>
      text([stack, properties.Namespace, properties.MetricName, properties.Dimensions, properties.Threshold]),
    )
    expect(watched.filter((alarm, i) => watched.indexOf(alarm) !== i)).toEqual([])
  })

  it('have alarms that say whom it hurts, with a runbook that exists and somebody to wake', () => {
    const alarms = resources('AWS::CloudWatch::Alarm')
    const runbooks = readFileSync(join(__dirname, '../../docs/runbooks/alarms.md'), 'utf8')
    expect(alarms.length).toBeGreaterThan(0)
    for (const alarm of alarms) {
      const [, problem, runbook] =
        /^(.+\.) Runbook: docs\/runbooks\/alarms\.md#([a-z-]+)$/.exec(String(alarm.properties.AlarmDescription)) ?? []
      expect(problem).toMatch(/^[A-Z]/)
      expect(runbooks).toContain(`\n## ${runbook}\n`)
      expect(alarm.properties.AlarmActions).toHaveLength(1)
    }
  })
})
