import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { roles } from '@wontanara/core'
import { actionsOf, nameOf, resources, stageNames, statements } from './assembly.ts'

const text = (value: unknown): string => JSON.stringify(value)

describe('every environment', () => {
  it('has the same resources but for what stages.ts says', () => {
    const kinds = stageNames.map((stage) =>
      ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::ApiGatewayV2::Route', 'AWS::Events::Rule'].map(
        (type) => resources(type, stage).length,
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
          expect(text(resource.properties)).not.toMatch(
            new RegExp(`wontanara-(${others.join('|')})|arn:aws:[a-z]+:[a-z]+-[a-z]+-\\d:\\d{12}`),
          )
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
  const failureTargets = text(resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties.DestinationConfig))

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
  it('need a token', () => {
    for (const route of resources('AWS::ApiGatewayV2::Route'))
      expect(route.properties).toMatchObject({ AuthorizationType: 'JWT', AuthorizerId: expect.anything() })
  })
})

describe('rules', () => {
  it('lead to a queue, never straight to a function', () => {
    for (const rule of resources('AWS::Events::Rule')) {
      if (rule.properties.Targets === undefined) continue
      for (const target of rule.properties.Targets as readonly { Arn: unknown; DeadLetterConfig?: unknown }[]) {
        expect(text(target.Arn)).toMatch(/Queue/)
        expect(target.DeadLetterConfig).toBeDefined()
      }
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

  it('let a function use the keys of its own classes only, with the encryption context of its environment and service', () => {
    const uses = all.filter((statement) => actionsOf(statement).some((action) => action.startsWith('kms:')))
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
