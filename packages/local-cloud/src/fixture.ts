import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'

/*
 * A stage of two stacks, written by hand, for the tests of this package: what the CDK would produce for one table, one function behind
 * an HTTP API, a relay on the table's stream, a bus, and a queue with its consumer. The handlers speak to AWS by fetch alone.
 */

/** What the template gives each function. */
export const variables = { TABLE: 'things', BUS: 'fixture-bus', GREETING: 'bonjour' }

const handlers = `
const aws = async (target, input, version = '1.0') => {
  const response = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-' + version,
      'x-amz-target': target,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/eu-west-1/x/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  })
  if (!response.ok) throw new Error(target + ' ' + response.status + ' ' + (await response.text()))
  return response.json()
}
const put = (TableName, Item) => aws('DynamoDB_20120810.PutItem', { TableName, Item })
const json = (value, statusCode = 200) => ({ statusCode, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) })

exports.api = async (event, context) => {
  switch (event.routeKey) {
    case 'GET /environment':
      return json(process.env)
    case 'GET /context':
      return json({ ...context, remaining: context.getRemainingTimeInMillis(), zone: new Date(2026, 0, 1).getTimezoneOffset(), folder: process.cwd() })
    case 'PUT /things/{id}':
      await put('things', { pk: { S: event.pathParameters.id }, ...JSON.parse(event.body) })
      return { statusCode: 204 }
    case 'GET /throw':
      throw new TypeError('as asked')
    case 'GET /exit':
      return process.exit(3)
    case 'GET /never':
      return new Promise(() => {})
    case 'GET /reject':
      Promise.reject(new Error('nobody waits for this'))
      return new Promise(() => {})
    case 'GET /bare':
      return { hello: 'world' }
    case 'GET /cookies':
      return { statusCode: 200, cookies: ['a=1; Secure', 'b=2'], isBase64Encoded: true, body: Buffer.from('é').toString('base64'), headers: { 'X-Number': 5 } }
    default:
      return json(event)
  }
}

exports.relay = async ({ Records }) => {
  for (const record of Records) {
    if (record.dynamodb.NewImage.poison) return { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] }
    await aws('AWSEvents.PutEvents', { Entries: [{ EventBusName: process.env.BUS, Source: 'fixture', DetailType: 'thing-put', Detail: JSON.stringify(record) }] }, '1.1')
  }
  return { batchItemFailures: [] }
}

exports.consumer = async ({ Records }) => {
  const batchItemFailures = []
  for (const record of Records) {
    const { detail } = JSON.parse(record.body)
    if (detail.dynamodb.NewImage.refuse) batchItemFailures.push({ itemIdentifier: record.messageId })
    else await put('seen', { pk: { S: detail.dynamodb.Keys.pk.S }, sk: { S: record.receiptHandle }, record: { S: JSON.stringify(record) } })
  }
  return { batchItemFailures }
}
`

const ref = (name: string) => ({ Ref: name })
const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] })
const imported = (name: string) => ({ 'Fn::ImportValue': `fixture-platform:${name}` })
const exported = (Value: unknown, name: string) => ({ Value, Export: { Name: { 'Fn::Sub': `\${AWS::StackName}:${name}` } } })

const platform = {
  Resources: {
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: variables.BUS } },
    Archive: { Type: 'AWS::Events::Archive', Properties: { SourceArn: arn('Bus'), RetentionDays: 30 } },
    Key: { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } },
    OtherKey: { Type: 'AWS::KMS::Key', Properties: {} },
    Pool: { Type: 'AWS::Cognito::UserPool', Properties: {} },
    Staff: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: ref('Pool') } },
    Partner: {
      Type: 'AWS::Cognito::UserPoolClient',
      Properties: {
        UserPoolId: ref('Pool'),
        GenerateSecret: true,
        AllowedOAuthFlows: ['client_credentials'],
        AllowedOAuthScopes: ['organisation/one'],
        AccessTokenValidity: 30,
        TokenValidityUnits: { AccessToken: 'minutes' },
      },
    },
    Stranger: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: ref('Pool') } },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'fixture', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: {
        ApiId: ref('Api'),
        StageName: '$default',
        AutoDeploy: true,
        RouteSettings: { 'GET /throttled': { ThrottlingRateLimit: 0.01, ThrottlingBurstLimit: 2 } },
      },
    },
    Authorizer: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId: ref('Api'),
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Audience: [ref('Staff'), ref('Partner')],
          Issuer: { 'Fn::Join': ['', ['https://cognito-idp.', ref('AWS::Region'), '.amazonaws.com/', ref('Pool')]] },
        },
      },
    },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Never: { Type: 'AWS::S3::Bucket', Condition: 'Elsewhere', Properties: {} },
  },
  Conditions: { Elsewhere: { 'Fn::Equals': [ref('AWS::Region'), 'nowhere'] } },
  Outputs: {
    Api: exported(ref('Api'), 'Api'),
    Authorizer: exported(ref('Authorizer'), 'Authorizer'),
    Bus: exported(ref('Bus'), 'Bus'),
    Key: exported(arn('Key'), 'Key'),
  },
}

const routes: Readonly<Record<string, 'open' | 'signed' | { readonly scope: string }>> = {
  'GET /environment': 'open',
  'GET /context': 'open',
  'PUT /things/{id}': 'open',
  'GET /throw': 'open',
  'GET /exit': 'open',
  'GET /never': 'open',
  'GET /reject': 'open',
  'GET /bare': 'open',
  'GET /cookies': 'open',
  'GET /throttled': 'open',
  'POST /things/{id}': 'signed',
  'GET /signed': 'signed',
  'GET /scoped': { scope: 'organisation/one' },
  'GET /things/special': 'open',
  'GET /things/{id}': 'open',
  'ANY /things/{rest+}': 'open',
}

const lambda = (handler: string, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: { 'Fn::Sub': `cdk-assets-\${AWS::AccountId}` }, S3Key: 'code.zip' },
    Handler: `index.${handler}`,
    Runtime: 'nodejs24.x',
    Timeout: 2,
    MemorySize: 512,
    Environment: { Variables: { ...variables, TABLE: ref('Table'), BUS: imported('Bus') } },
    ...more,
  },
})

/** A role that may do everything, for whoever has none of its own. */
const anyRole = {
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'any',
    AssumeRolePolicyDocument: {
      Statement: { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com', 'scheduler.amazonaws.com'] }, Action: 'sts:AssumeRole' },
    },
    Policies: [{ PolicyName: 'all', PolicyDocument: { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } }],
  },
}
/** Lets EventBridge send to queues. */
const openQueues = (queues: readonly string[]) => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: queues.map(ref),
    PolicyDocument: {
      Statement: { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
    },
  },
})
const integration = (fn: string, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: { ApiId: imported('Api'), IntegrationType: 'AWS_PROXY', IntegrationUri: arn(fn), PayloadFormatVersion: '2.0', ...more },
})
const route = (RouteKey: string, access: (typeof routes)[string], target: string) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: imported('Api'),
    RouteKey,
    ...(access === 'open'
      ? { AuthorizationType: 'NONE' }
      : {
          AuthorizationType: 'JWT',
          AuthorizerId: imported('Authorizer'),
          ...(access === 'signed' ? {} : { AuthorizationScopes: [access.scope] }),
        }),
    Target: { 'Fn::Join': ['', ['integrations/', ref(target)]] },
  },
})

const table = (name: string, range: boolean, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', ...(range ? ['sk'] : [])].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, ...(range ? [{ AttributeName: 'sk', KeyType: 'RANGE' }] : [])],
    ...more,
  },
})

const service = {
  Resources: {
    Table: table('things', false, { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }),
    Seen: table('seen', true),
    Api: lambda('api'),
    Relay: lambda('relay'),
    Any: anyRole,
    Invoke: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: ref('Api'),
        Principal: 'apigateway.amazonaws.com',
        SourceArn: {
          'Fn::Join': ['', ['arn:aws:execute-api:', ref('AWS::Region'), ':', ref('AWS::AccountId'), ':', imported('Api'), '/*']],
        },
      },
    },
    Consumer: lambda('consumer'),
    Integration: integration('Api'),
    Impatient: integration('Api', { TimeoutInMillis: 100 }),
    ...Object.fromEntries(Object.entries(routes).map(([key, access], i) => [`Route${i}`, route(key, access, 'Integration')])),
    Late: route('GET /late', 'open', 'Impatient'),
    DeadLetters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead-letters' } },
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: 'inbox',
        VisibilityTimeout: 12,
        RedrivePolicy: { deadLetterTargetArn: arn('DeadLetters'), maxReceiveCount: 2 },
      },
    },
    SpareDeadLetters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'spare-dead-letters' } },
    Spare: {
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: 'spare', RedrivePolicy: { deadLetterTargetArn: arn('SpareDeadLetters'), maxReceiveCount: 2 } },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: imported('Bus'),
        EventPattern: { source: ['fixture'], 'detail-type': ['thing-put'] },
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: arn('Queue') }],
      },
    },
    Stream: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: ref('Relay'),
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 3,
        DestinationConfig: { OnFailure: { Destination: arn('DeadLetters') } },
        FilterCriteria: {
          Filters: [
            {
              Pattern: JSON.stringify({
                eventName: ['INSERT', 'MODIFY'],
                dynamodb: { NewImage: { quiet: { BOOL: [{ exists: false }] } } },
              }),
            },
          ],
        },
      },
    },
    Inbox: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: ref('Consumer'),
        EventSourceArn: arn('Queue'),
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    },
  },
}

/** Gives functions without a role one that may do everything, and lets EventBridge send to queues without a policy. */
function permitted(resources: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const Typed = z.looseObject({ Type: z.string(), Properties: z.looseObject({}).default({}) })
  const typed = Object.entries(resources).map(([id, resource]) => [id, Typed.parse(resource)] as const)
  const governed = JSON.stringify(
    typed.flatMap(([, { Type, Properties }]) => (Type === 'AWS::SQS::QueuePolicy' ? [Properties.Queues] : [])),
  )
  return {
    OpenQueues: openQueues(
      typed.filter(([id, { Type }]) => Type === 'AWS::SQS::Queue' && !governed.includes(`{"Ref":"${id}"}`)).map(([id]) => id),
    ),
    ...Object.fromEntries(
      typed.map(([id, resource]) =>
        resource.Type === 'AWS::Lambda::Function'
          ? [id, { ...resource, Properties: { Role: arn('Any'), ...resource.Properties } }]
          : [id, resource],
      ),
    ),
  }
}

export interface Fixture {
  /** The assembly's folder. */
  readonly assembly: string
  /** A folder that a test may use. */
  readonly data: string
  remove(): void
}

/**
 * Writes the assembly into a temporary folder.
 * @param extra further resources of the service stack, or others in place of its own; functions and queues get what permissions they lack
 */
export function writeFixture(extra: Readonly<Record<string, unknown>> = {}): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'local-cloud-fixture-'))
  const assembly = join(root, 'assembly')
  const write = (file: string, value: unknown): void =>
    writeFileSync(join(assembly, file), typeof value === 'string' ? value : JSON.stringify(value))
  mkdirSync(join(assembly, 'code'), { recursive: true })
  write('code/index.js', handlers)
  write('platform.template.json', platform)
  write('service.template.json', { Resources: permitted({ ...service.Resources, ...extra }) })
  write('service.assets.json', {
    files: { code: { source: { path: 'code', packaging: 'zip' }, destinations: { here: { objectKey: 'code.zip' } } } },
  })
  const stack = (name: string) => ({
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/unknown-region',
    properties: { templateFile: `${name}.template.json`, stackName: `fixture-${name}` },
  })
  write('manifest.json', {
    version: '55.0.0',
    artifacts: {
      service: stack('service'),
      platform: stack('platform'),
      'service.assets': { type: 'cdk:asset-manifest', properties: { file: 'service.assets.json' } },
    },
  })
  return { assembly, data: join(root, 'data'), remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) }
}
