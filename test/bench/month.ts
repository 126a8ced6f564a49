// The bill of a month: what journeys use, what they leave behind, and what is paid when nobody comes. Arithmetic alone: it measures nothing.
import { prices, quantityOf, times, type Usage, usdOf } from '@wontanara/local-cloud'
import type { Resource } from '../infra/assembly.ts'

export type PricedLine = keyof typeof prices

/** What is assumed where neither a run nor a template says. Each is printed with the bill. */
export const assumptions = {
  /** 22 days of nine hours: when members of staff work. */
  openHours: 198,
  monthHours: 730,
  /** An instance that is not used ends, AWS does not say when: here every function starts anew in each open hour. */
  startsPerHour: 1,
  /** Class keys stay open for five minutes: packages/aws/src/key-vault.ts. */
  keyMinutes: 5,
  /** Lambda looks into a queue with five long polls of 20 s, always: performance.md, section 1. */
  pollers: 5,
  pollSeconds: 20,
  /** The bill is that of the twelfth month: what is kept has grown for so long. */
  monthsKept: 12,
  /** Journeys that one member of staff carries on in a month, with others. */
  journeysPerMember: 10,
  /** Count, 4xx, 5xx, latency, integration latency and bytes, for each route in the hours in which it is called. */
  metricsPerRoute: 6,
} as const

/** What was measured, of one journey unless said otherwise. */
export interface Measured {
  /** With every function warm and every key open. */
  readonly journey: Usage
  /** What the first one after a start uses on top: starts of functions, opening of keys. */
  readonly coldExtra: Usage
  /** What a day uses in which nobody comes: schedules and what they set in motion. */
  readonly day: Usage
  /** Bytes that it leaves in tables and indexes. */
  readonly storedBytes: number
}

/** A line of the bill. */
export interface MonthLine {
  readonly group: 'used' | 'kept' | 'idle'
  readonly line: PricedLine
  /** What of the line it is, where there are several. */
  readonly what?: string
  /** In the unit of the line. */
  readonly quantity: number
}

export const usdOfLines = (lines: readonly MonthLine[]): number => lines.reduce((sum, { line, quantity }) => sum + usdOf(line, quantity), 0)

type Template = readonly Pick<Resource, 'type' | 'properties'>[]
const idle = (line: PricedLine, quantity: number, what?: string): MonthLine => ({
  group: 'idle',
  line,
  quantity,
  ...(what === undefined ? {} : { what }),
})

/** What a resource costs by being there. Types that cost nothing are in `free`; whatever is in neither is not known. */
const standing: Readonly<Record<string, (properties: Resource['properties']) => readonly MonthLine[]>> = {
  'AWS::KMS::Key': () => [idle('kms.keys', 1)],
  'AWS::CloudWatch::Alarm': () => [idle('cloudwatch.alarms', 1)],
  'AWS::CloudWatch::Dashboard': () => [idle('cloudwatch.dashboards', 1)],
  'AWS::SecretsManager::Secret': () => [idle('secrets.secrets', 1)],
  'AWS::WAFv2::WebACL': () => [idle('waf.acls', 1)],
  'AWS::Lambda::EventSourceMapping': ({ StartingPosition }) => {
    const { pollers, pollSeconds, monthHours } = assumptions
    // Streams are polled for nothing.
    return StartingPosition === undefined
      ? [idle('sqs.requests', (pollers * monthHours * 3600) / pollSeconds, 'looks into empty queues')]
      : []
  },
  'AWS::Cognito::UserPoolClient': ({ AllowedOAuthFlows, AccessTokenValidity, TokenValidityUnits }) => {
    if (!JSON.stringify(AllowedOAuthFlows ?? []).includes('client_credentials')) return []
    const unit = JSON.stringify(TokenValidityUnits ?? {}).includes('minutes') ? 60 : 1
    return [
      idle('cognito.machine-clients', 1),
      idle('cognito.machine-tokens', (assumptions.openHours * unit) / Number(AccessTokenValidity ?? 1)),
    ]
  },
}

/** Paid by use, if at all; the use is in the journey or in what is kept. */
const free = [
  /^AWS::(IAM|SNS)::/,
  /^AWS::ApiGatewayV2::(Api|Stage|Route|Integration|Authorizer)$/,
  /^AWS::Cognito::(UserPool|UserPoolGroup|UserPoolDomain|UserPoolResourceServer)$/,
  /^AWS::DynamoDB::(Table|GlobalTable)$/,
  /^AWS::Events::(EventBus|Rule|Archive)$/,
  /^AWS::Lambda::(Function|Permission)$/,
  /^AWS::Logs::LogGroup$/,
  /^AWS::SQS::(Queue|QueuePolicy)$/,
  // What lies there for a day weighs nothing.
  /^AWS::S3::(Bucket|BucketPolicy)$/,
  /^AWS::Scheduler::Schedule$/,
  /^AWS::CDK::Metadata$/,
]

/** What makes another bill of a type than the one written here. */
const billedOtherwise: readonly (readonly [string, (properties: Resource['properties']) => boolean])[] = [
  ['AWS::Lambda::Function', ({ TracingConfig, EphemeralStorage }) => TracingConfig !== undefined || EphemeralStorage !== undefined],
  ['AWS::DynamoDB::Table', ({ BillingMode }) => BillingMode !== 'PAY_PER_REQUEST'],
  ['AWS::SQS::Queue', ({ FifoQueue }) => FifoQueue !== undefined],
  ['AWS::Cognito::UserPool', ({ UserPoolTier }) => UserPoolTier !== 'PLUS'],
]

/** What of a template the bill does not know: types, and types set up in a way that costs more. */
export const unknownTo = (template: Template): readonly string[] => [
  ...new Set([
    ...template.map(({ type }) => type).filter((type) => !(type in standing) && !free.some((pattern) => pattern.test(type))),
    ...template
      .filter(({ type, properties }) => billedOtherwise.some(([other, holds]) => other === type && holds(properties)))
      .map(({ type }) => `this ${type}`),
  ]),
]

const of = (template: Template, type: string): readonly Resource['properties'][] =>
  template.filter((resource) => resource.type === type).map(({ properties }) => properties)

/** Of each function, as often as a run of its own happens: so many a month at most, and not more often than it is invoked. */
function repeated(extra: Usage, journey: Usage, volume: number, atMost: (line: PricedLine) => number): Usage {
  return extra.map((entry) => {
    const invoked = quantityOf(journey, 'lambda.invocations', (other) => other.function === entry.function) * volume
    return { ...entry, quantity: entry.quantity * Math.min(invoked, atMost(entry.line)) }
  })
}

/** The same line and words become one line. */
function merged(lines: readonly MonthLine[]): readonly MonthLine[] {
  const byName = Map.groupBy(lines, ({ group, line, what = '' }) => `${group} ${line} ${what}`)
  return [...byName.values()].flatMap((same) => {
    const [first] = same
    const quantity = same.reduce((sum, one) => sum + one.quantity, 0)
    return first === undefined || quantity === 0 ? [] : [{ ...first, quantity }]
  })
}

/**
 * The bill of the twelfth month, in which as many journeys are made as in each before.
 * @param template every resource of the stage
 * @param volume journeys a month
 * @throws naming resource types whose price is not known
 */
export function monthOf({ journey, coldExtra, day, storedBytes }: Measured, template: Template, volume: number): readonly MonthLine[] {
  const unknown = unknownTo(template)
  if (unknown.length > 0) throw new Error(`no price for ${unknown.join(', ')}: say in month.ts what it costs, or that it costs nothing`)
  const { openHours, monthHours, startsPerHour, keyMinutes, monthsKept, journeysPerMember, metricsPerRoute } = assumptions

  const starts = openHours * startsPerHour
  const openings = (openHours * 60) / keyMinutes
  const colds = repeated(coldExtra, journey, volume, (line) => (line.startsWith('lambda.') || line === 'logs.ingested' ? starts : openings))
  const used = linesOf('used', times(journey, volume))
  const cold = linesOf('used', colds, 'cold starts, opened keys')
  const days = linesOf('idle', times(day, monthHours / 24), 'days announced')
  const scheduled = quantityOf(day, 'eventbridge.events', (entry) => entry.function === undefined) * (monthHours / 24)

  const kept = (line: PricedLine, bytesPerMonth: number, days: number = Number.POSITIVE_INFINITY): MonthLine => ({
    group: 'kept',
    line,
    quantity: bytesPerMonth * Math.min(monthsKept, (days * 24) / monthHours),
  })
  const least = (type: string, name: string): number =>
    Math.min(...of(template, type).map((properties) => Number(properties[name] ?? Number.POSITIVE_INFINITY)))
  const recovered = of(template, 'AWS::DynamoDB::Table').some((properties) => properties.PointInTimeRecoverySpecification !== undefined)

  const metrics = of(template, 'AWS::ApiGatewayV2::Stage').some((stage) => JSON.stringify(stage).includes('"DetailedMetricsEnabled":true'))
  const routes = new Set(journey.filter(({ line }) => line === 'http.requests').map(({ resource }) => resource))
  const routeHours = [...routes].map((route) =>
    Math.min(openHours, volume * quantityOf(journey, 'http.requests', ({ resource }) => resource === route)),
  )
  const own = new Set(
    of(template, 'AWS::CloudWatch::Alarm')
      .filter(({ Namespace = 'AWS/' }) => !String(Namespace).startsWith('AWS/'))
      .map(({ Namespace, MetricName, Dimensions }) => JSON.stringify([Namespace, MetricName, Dimensions])),
  )

  return merged([
    ...used,
    ...cold,
    {
      group: 'used',
      line: 'cloudwatch.metric-hours',
      what: `of routes, ${metricsPerRoute} each`,
      quantity: metrics ? routeHours.reduce((sum, hours) => sum + hours, 0) * metricsPerRoute : 0,
    },
    { group: 'used', line: 'cloudwatch.metric-hours', what: 'of our own', quantity: own.size * Math.min(openHours, volume) },
    { group: 'used', line: 'cognito.active-users', quantity: Math.ceil(volume / journeysPerMember) },
    kept('dynamodb.stored', storedBytes * volume),
    ...(recovered ? [kept('dynamodb.recovery', storedBytes * volume)] : []),
    kept(
      'eventbridge.archive-stored',
      quantityOf(journey, 'eventbridge.archived') * volume,
      least('AWS::Events::Archive', 'RetentionDays'),
    ),
    kept('logs.stored', quantityOf(journey, 'logs.ingested') * volume, least('AWS::Logs::LogGroup', 'RetentionInDays')),
    ...template.flatMap(({ type, properties }) => standing[type]?.(properties) ?? []),
    ...days,
    idle('scheduler.invocations', scheduled),
  ])
}

const linesOf = (group: MonthLine['group'], usage: Usage, what?: string): readonly MonthLine[] =>
  usage
    .filter(({ line }) => prices[line].usd > 0)
    .map(({ line, quantity }) => ({ group, line, quantity, ...(what === undefined ? {} : { what }) }))
