// The resources that the contract suite works on. `node test/aws/stack.ts` writes its cloud assembly to cdk.out/contract, or to the folder in
// CDK_OUTDIR; README.md says how to deploy it.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { patternCases } from '@wontanara/local-cloud/event-pattern-cases'
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { OAuthScope, ResourceServerScope, UserPool } from 'aws-cdk-lib/aws-cognito'
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { CfnRule, EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Code, FilterCriteria, FilterRule, Function as LambdaFunction, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { buildSync } from 'esbuild'

const code = mkdtempSync(join(tmpdir(), 'contract-'))
buildSync({
  entryPoints: [join(import.meta.dirname, 'function.ts')],
  outfile: join(code, 'index.js'),
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
})

const app = new App({ outdir: process.env.CDK_OUTDIR ?? join(import.meta.dirname, '../../cdk.out/contract') })
const stack = new Stack(app, 'wontanara-contract', {
  description: 'What the AWS contract suite works on: no data, to be deleted when done',
})
const output = (name: string, value: string): void => void new CfnOutput(stack, name, { value })

// SQS
const deadLetters = new Queue(stack, 'DeadLetters')
const queue = new Queue(stack, 'Queue', {
  visibilityTimeout: Duration.seconds(5),
  deadLetterQueue: { queue: deadLetters, maxReceiveCount: 2 },
})
const small = new Queue(stack, 'Small', { maxMessageSizeBytes: 1024 })
output('QueueUrl', queue.queueUrl)
output('QueueArn', queue.queueArn)
output('DeadLettersUrl', deadLetters.queueUrl)
output('SmallUrl', small.queueUrl)

// EventBridge: one rule for each pattern, all to one queue. By hand: a queue's policy takes 20 statements, the CDK writes one per rule.
const bus = new EventBus(stack, 'Bus')
const events = new Queue(stack, 'Events')
events.addToResourcePolicy(
  new PolicyStatement({
    principals: [new ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [events.queueArn],
    conditions: {
      ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'events', resource: 'rule', resourceName: `${bus.eventBusName}/*` }) },
    },
  }),
)
for (const [i, { name, pattern }] of patternCases.entries()) {
  new CfnRule(stack, `Rule${i}`, {
    eventBusName: bus.eventBusName,
    eventPattern: { source: ['contract'], 'detail-type': [name], detail: pattern },
    targets: [{ id: 'Events', arn: events.queueArn }],
  })
}
output('BusName', bus.eventBusName)
output('EventsUrl', events.queueUrl)

// DynamoDB
const key = (name: string) => ({ name, type: AttributeType.STRING })
const table = new Table(stack, 'Table', {
  partitionKey: key('pk'),
  sortKey: key('sk'),
  billingMode: BillingMode.PAY_PER_REQUEST,
  stream: StreamViewType.NEW_IMAGE,
  timeToLiveAttribute: 'expires',
  removalPolicy: RemovalPolicy.DESTROY,
})
table.addGlobalSecondaryIndex({
  indexName: 'gsi1',
  partitionKey: key('gsi1pk'),
  sortKey: key('gsi1sk'),
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: ['row'],
})
/** What the functions were given. */
const seen = new Table(stack, 'Seen', {
  partitionKey: key('pk'),
  sortKey: key('sk'),
  billingMode: BillingMode.PAY_PER_REQUEST,
  removalPolicy: RemovalPolicy.DESTROY,
})
output('TableName', table.tableName)
output('SeenName', seen.tableName)

// KMS
for (const name of ['Key', 'OtherKey']) output(`${name}Arn`, new Key(stack, name, { removalPolicy: RemovalPolicy.DESTROY }).keyArn)

// Lambda
function lambdaFunction(name: string): LambdaFunction {
  const made = new LambdaFunction(stack, name, {
    code: Code.fromAsset(code),
    handler: `index.${name}`,
    runtime: Runtime.NODEJS_24_X,
    memorySize: 512,
    timeout: Duration.seconds(2),
    environment: { SEEN: seen.tableName, GREETING: 'bonjour, ça va' },
  })
  made.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:PutItem', 'dynamodb:Query'], resources: [seen.tableArn] }))
  return made
}
const failures = new Queue(stack, 'Failures')
output('FailuresUrl', failures.queueUrl)
const stream = table.tableStreamArn ?? ''
const reader = lambdaFunction('stream')
reader.addToRolePolicy(
  new PolicyStatement({
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    resources: [stream],
  }),
)
reader.addEventSourceMapping('Stream', {
  eventSourceArn: stream,
  startingPosition: StartingPosition.TRIM_HORIZON,
  batchSize: 10,
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
  retryAttempts: 2,
  onFailure: new SqsDlq(failures),
  filters: [
    FilterCriteria.filter({ eventName: FilterRule.or('INSERT', 'MODIFY'), dynamodb: { NewImage: { out: { S: FilterRule.exists() } } } }),
    FilterCriteria.filter({ eventName: FilterRule.isEqual('REMOVE'), dynamodb: { Keys: { pk: { S: FilterRule.beginsWith('out#') } } } }),
  ],
})
const inbox = new Queue(stack, 'Inbox', {
  visibilityTimeout: Duration.seconds(12),
  deadLetterQueue: { queue: failures, maxReceiveCount: 3 },
})
output('InboxUrl', inbox.queueUrl)
lambdaFunction('queue').addEventSource(
  new SqsEventSource(inbox, {
    batchSize: 10,
    reportBatchItemFailures: true,
    filters: [FilterCriteria.filter({ body: { wanted: FilterRule.isEqual('yes') } })],
  }),
)

// HTTP API: two user pools, of which one is trusted; of its clients one is.
function userPool(name: string) {
  const pool = new UserPool(stack, name, { removalPolicy: RemovalPolicy.DESTROY })
  const scopes = ['read', 'write'].map((scopeName) => new ResourceServerScope({ scopeName, scopeDescription: scopeName }))
  const server = pool.addResourceServer(`${name}Server`, { identifier: 'contract', scopes })
  const domain = pool.addDomain(`${name}Domain`, { cognitoDomain: { domainPrefix: `contract-${name.toLowerCase()}-${stack.account}` } })
  output(`${name}Id`, pool.userPoolId)
  output(`${name}TokenUrl`, `${domain.baseUrl()}/oauth2/token`)
  const client = (id: string) => {
    const made = pool.addClient(id, {
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes: scopes.map((scope) => OAuthScope.resourceServer(server, scope)) },
      accessTokenValidity: Duration.minutes(5),
    })
    output(`${id}Id`, made.userPoolClientId)
    return made
  }
  return { pool, client }
}
const users = userPool('Users')
const others = userPool('Others')
const trusted = users.client('Trusted')
users.client('Stranger')
others.client('Other')
const authorizer = new HttpJwtAuthorizer('Authorizer', users.pool.userPoolProviderUrl, { jwtAudience: [trusted.userPoolClientId] })
const api = new HttpApi(stack, 'Api', { defaultAuthorizer: authorizer })
const worker = lambdaFunction('api')
const integration = new HttpLambdaIntegration('Integration', worker, { scopePermissionToRoute: false })
const open = { integration, authorizer: new HttpNoneAuthorizer() }
for (const path of ['/environment', '/throw', '/exit', '/never', '/malformed', '/big', '/plain', '/answer', '/open/{id}'])
  api.addRoutes({ ...open, path, methods: [HttpMethod.GET] })
api.addRoutes({ ...open, path: '/open/{id}', methods: [HttpMethod.POST] })
api.addRoutes({
  ...open,
  path: '/late',
  methods: [HttpMethod.GET],
  integration: new HttpLambdaIntegration('Impatient', worker, { scopePermissionToRoute: false, timeout: Duration.millis(500) }),
})
api.addRoutes({ integration, path: '/closed', methods: [HttpMethod.GET] })
api.addRoutes({ integration, path: '/scoped', methods: [HttpMethod.GET], authorizationScopes: ['contract/write'] })
output('ApiUrl', api.apiEndpoint)

app.synth()
