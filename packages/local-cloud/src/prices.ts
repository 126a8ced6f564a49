import type { Usage, UsageEntry, UsageLine } from './usage.ts'

/*
 * What AWS asks, in USD: list prices of us-east-1, first tier, without free tiers, taxes and discounts. The stages name no region; others cost
 * up to a quarter more (in eu-west-1 a GB of logs is 0.57 instead of 0.50). Read on 24 November 2026 in stored copies of the pages named
 * here, so look again before quoting one. `confirmed: false`: from general knowledge, found in no page.
 */

export interface Price {
  /** The service, as the bill names it. */
  readonly service: string
  /** What is paid for. */
  readonly item: string
  readonly usd: number
  /** For so much of the line's unit (`usageLines`; of standing lines, of what is named). */
  readonly per: number
  /** What `per` is, for people. */
  readonly unit: string
  /** Where the price was found, and of which date it is. */
  readonly source: string
  readonly confirmed: boolean
}

/** What is paid by the month, whether it is used or not, or for keeping what was used before. */
export type StandingLine =
  | 'dynamodb.stored'
  | 'dynamodb.recovery'
  | 'eventbridge.archive-stored'
  | 'logs.stored'
  | 'kms.keys'
  | 'cloudwatch.alarms'
  | 'cloudwatch.dashboards'
  | 'cloudwatch.metric-hours'
  | 'scheduler.invocations'
  | 'cognito.active-users'
  | 'cognito.machine-clients'
  | 'cognito.machine-tokens'
  | 'secrets.secrets'
  | 'waf.acls'

const million = { per: 1_000_000, unit: 'million' }
const GB = { per: 2 ** 30, unit: 'GB' }
const each = { per: 1, unit: 'month' }
const found = (source: string) => ({ source, confirmed: true })
const unconfirmed = (page: string) => ({ source: `general knowledge; compare ${page}`, confirmed: false })

const dynamoDb = found(
  'aws.amazon.com/dynamodb/pricing, on-demand since 2024-11; airbyte.com/data-engineering-resources/dynamodb-pricing, 2025',
)
const lambda = found('aws.amazon.com/lambda/pricing; cloudchipr.com/blog/aws-lambda-pricing, 2024')
const sqs = found('cloudburn.io/blog/amazon-sqs-pricing, 2026-03')
const eventBridge = found('cloudburn.io/blog/amazon-eventbridge-pricing, 2026-03')
const kms = found('aws.amazon.com/kms/pricing; cloudburn.io/blog/aws-kms-pricing, 2026-03')
const cloudWatch = found('signoz.io/guides/cloudwatch-pricing, 2026-02; factualminds.com/blog/amazon-cloudwatch-pricing, 2026-06')
const s3 = unconfirmed('aws.amazon.com/s3/pricing')
const cognito = unconfirmed('aws.amazon.com/cognito/pricing')
const free = { usd: 0, ...million }

export const prices: Readonly<Record<UsageLine | StandingLine, Price>> = {
  'http.requests': {
    service: 'API Gateway',
    item: 'HTTP API requests',
    usd: 1,
    ...million,
    ...found('go-cloud.io/aws-api-gateway-pricing, 2026; stormit.cloud/blog/amazon-api-gateway-pricing (512 KB)'),
  },
  'lambda.invocations': { service: 'Lambda', item: 'invocations', usd: 0.2, ...million, ...lambda },
  'lambda.arm64': { service: 'Lambda', item: 'duration, arm64', usd: 0.0000133334, per: 1_024_000, unit: 'GB-s', ...lambda },
  'lambda.x86_64': { service: 'Lambda', item: 'duration, x86', usd: 0.0000166667, per: 1_024_000, unit: 'GB-s', ...lambda },
  'dynamodb.reads': { service: 'DynamoDB', item: 'reads', usd: 0.125, ...million, ...dynamoDb },
  'dynamodb.transactional-reads': { service: 'DynamoDB', item: 'transactional reads', usd: 0.125, ...million, ...dynamoDb },
  'dynamodb.writes': { service: 'DynamoDB', item: 'writes', usd: 0.625, ...million, ...dynamoDb },
  'dynamodb.transactional-writes': { service: 'DynamoDB', item: 'transactional writes', usd: 0.625, ...million, ...dynamoDb },
  'streams.mapping-reads': {
    service: 'DynamoDB',
    item: 'stream reads by Lambda',
    ...free,
    ...found('aws.amazon.com/dynamodb/pricing/on-demand: reads by Lambda triggers are free'),
  },
  'streams.reads': {
    service: 'DynamoDB',
    item: 'stream reads by others',
    usd: 0.02,
    per: 100_000,
    unit: '100,000',
    ...unconfirmed('aws.amazon.com/dynamodb/pricing/on-demand'),
  },
  'sqs.requests': { service: 'SQS', item: 'requests', usd: 0.4, ...million, ...sqs },
  'eventbridge.events': { service: 'EventBridge', item: 'custom events', usd: 1, ...million, ...eventBridge },
  'eventbridge.archived': { service: 'EventBridge', item: 'archiving', usd: 0.1, ...GB, ...eventBridge },
  'kms.requests': { service: 'KMS', item: 'requests', usd: 0.03, per: 10_000, unit: '10,000', ...kms },
  's3.writes': { service: 'S3', item: 'requests that write', usd: 0.005, per: 1000, unit: '1,000', ...s3 },
  's3.reads': { service: 'S3', item: 'requests that read', usd: 0.0004, per: 1000, unit: '1,000', ...s3 },
  'logs.ingested': { service: 'CloudWatch', item: 'logs ingested', usd: 0.5, ...GB, ...cloudWatch },

  'dynamodb.stored': {
    service: 'DynamoDB',
    item: 'data stored',
    usd: 0.25,
    ...GB,
    ...found('aws.amazon.com/dynamodb/pricing'),
  },
  'dynamodb.recovery': {
    service: 'DynamoDB',
    item: 'point-in-time recovery',
    usd: 0.2,
    ...GB,
    ...unconfirmed('aws.amazon.com/dynamodb/pricing/on-demand'),
  },
  'eventbridge.archive-stored': { service: 'EventBridge', item: 'archive stored', usd: 0.023, ...GB, ...eventBridge },
  'logs.stored': {
    service: 'CloudWatch',
    item: 'logs stored',
    usd: 0.03,
    ...GB,
    ...found('wallstrdev.de, Lambda and CloudWatch logs, 2026'),
  },
  // Another dollar after the first and again after the second yearly rotation.
  'kms.keys': { service: 'KMS', item: 'keys', usd: 1, ...each, ...kms },
  'cloudwatch.alarms': {
    service: 'CloudWatch',
    item: 'alarms',
    usd: 0.1,
    ...each,
    ...found('c3x.dev/resources/aws/aws_cloudwatch_metric_alarm, 2026'),
  },
  'cloudwatch.dashboards': { service: 'CloudWatch', item: 'dashboards', usd: 3, ...each, ...cloudWatch },
  // 0.30 a month, for the hours in which it is written.
  'cloudwatch.metric-hours': {
    service: 'CloudWatch',
    item: 'custom metrics',
    usd: 0.3,
    per: 730,
    unit: 'month of 730 hours',
    ...cloudWatch,
  },
  'scheduler.invocations': { service: 'EventBridge', item: 'schedule invocations', usd: 1, ...million, ...eventBridge },
  'cognito.active-users': { service: 'Cognito', item: 'active users, plan Plus', usd: 0.02, ...each, ...cognito },
  'cognito.machine-clients': { service: 'Cognito', item: 'machine clients', usd: 6, ...each, ...cognito },
  'cognito.machine-tokens': {
    service: 'Cognito',
    item: 'machine tokens',
    usd: 2.25,
    per: 1000,
    unit: '1,000',
    ...found('cur.vantage-api.com, CUPM2MTokenRequestsFull, 2025-04'),
  },
  'secrets.secrets': {
    service: 'Secrets Manager',
    item: 'secrets',
    usd: 0.4,
    ...each,
    ...unconfirmed('aws.amazon.com/secrets-manager/pricing'),
  },
  'waf.acls': {
    service: 'WAF',
    item: 'web ACLs, without rules and requests',
    usd: 5,
    ...each,
    ...unconfirmed('aws.amazon.com/waf/pricing'),
  },
}

/** What a quantity of a line costs, in USD. */
export const usdOf = (line: UsageLine | StandingLine, quantity: number): number => (quantity / prices[line].per) * prices[line].usd

/** What the entries that a test chooses cost, in USD; all of them unless told. */
export const usdOfUsage = (usage: Usage, test: (entry: UsageEntry) => boolean = () => true): number =>
  usage.reduce((sum, entry) => (test(entry) ? sum + usdOf(entry.line, entry.quantity) : sum), 0)
