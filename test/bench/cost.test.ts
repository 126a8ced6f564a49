// The arithmetic of a month's bill, and that it knows everything the templates hold. What a journey uses is in units.test.ts.
import { type Usage, type UsageLine, usdOf } from '@wontanara/local-cloud'
import { resourcesOf, stageNames } from '../infra/assembly.ts'
import { assumptions, type Measured, type MonthLine, monthOf, type PricedLine, unknownTo, usdOfLines } from './month.ts'

const { openHours, monthHours, keyMinutes, metricsPerRoute } = assumptions
const entry = (line: UsageLine, quantity: number, resource = '', name = 'service/api'): Usage[number] => ({
  line,
  function: name,
  resource,
  quantity,
})

const measured: Measured = {
  journey: [
    entry('dynamodb.transactional-writes', 200, 'table'),
    entry('eventbridge.archived', 10_000),
    entry('http.requests', 2, 'GET /v1/cases'),
    entry('http.requests', 1, 'POST /v1/cases'),
    entry('lambda.invocations', 3),
    entry('lambda.invocations', 1, '', 'service/relay'),
    entry('logs.ingested', 50_000),
  ],
  coldExtra: [entry('kms.requests', 2), entry('lambda.arm64', 100_000), entry('kms.requests', 1, '', 'service/relay')],
  day: [{ ...entry('eventbridge.events', 1), function: undefined }, entry('eventbridge.events', 4)],
  storedBytes: 40_000,
}

const resource = (type: string, properties: Readonly<Record<string, unknown>> = {}) => ({ type, properties })
const table = (more: Readonly<Record<string, unknown>> = {}) =>
  resource('AWS::DynamoDB::Table', { BillingMode: 'PAY_PER_REQUEST', ...more })
const alarm = (Namespace: string, MetricName: string) =>
  resource('AWS::CloudWatch::Alarm', { Namespace, MetricName, Dimensions: [{ Name: 'service', Value: 'one' }] })

/** The quantity of a line in the bill. */
const quantity = (lines: readonly MonthLine[], line: PricedLine, test: (one: MonthLine) => boolean = () => true): number =>
  lines.filter((one) => one.line === line && test(one)).reduce((sum, one) => sum + one.quantity, 0)

describe('when nobody comes', () => {
  test.each<[string, ReturnType<typeof resource>, PricedLine, number]>([
    ['a key', resource('AWS::KMS::Key'), 'kms.keys', 1],
    ['an alarm', alarm('AWS/SQS', 'Depth'), 'cloudwatch.alarms', 1],
    ['a dashboard', resource('AWS::CloudWatch::Dashboard'), 'cloudwatch.dashboards', 1],
    ['a secret', resource('AWS::SecretsManager::Secret'), 'secrets.secrets', 1],
    ['a web ACL', resource('AWS::WAFv2::WebACL'), 'waf.acls', 1],
    ['a queue that functions read', resource('AWS::Lambda::EventSourceMapping'), 'sqs.requests', 5 * 3 * 60 * 730],
    ['a stream that they read', resource('AWS::Lambda::EventSourceMapping', { StartingPosition: 'LATEST' }), 'sqs.requests', 0],
    [
      'a partner with tokens of 15 minutes',
      resource('AWS::Cognito::UserPoolClient', {
        AllowedOAuthFlows: ['client_credentials'],
        AccessTokenValidity: 15,
        TokenValidityUnits: { AccessToken: 'minutes' },
      }),
      'cognito.machine-tokens',
      openHours * 4,
    ],
    ['an application that people use', resource('AWS::Cognito::UserPoolClient', {}), 'cognito.machine-clients', 0],
    ['a table', table(), 'dynamodb.stored', 0],
  ])('%s', (_, one, line, expected) => {
    const lines = monthOf(measured, [one], 0)
    expect(quantity(lines, line)).toBeCloseTo(expected, 6)
    expect(quantity(monthOf(measured, [one, one], 0), line)).toBeCloseTo(2 * expected, 6)
    expect(lines.every(({ group }) => group === 'idle')).toBe(true)
  })

  it('announces days, and pays for the schedule as often', () => {
    const lines = monthOf(measured, [], 0)
    expect(quantity(lines, 'eventbridge.events')).toBeCloseTo((5 * monthHours) / 24, 6)
    expect(quantity(lines, 'scheduler.invocations')).toBeCloseTo(monthHours / 24, 6)
  })
})

describe('what is used', () => {
  const used = ({ group }: MonthLine): boolean => group === 'used'

  it('is so many times the journey, and idle cost stays', () => {
    const template = [resource('AWS::KMS::Key'), table()]
    for (const volume of [500, 5000]) {
      const lines = monthOf(measured, template, volume)
      expect(quantity(lines, 'dynamodb.transactional-writes')).toBe(200 * volume)
      expect(quantity(lines, 'kms.keys')).toBe(1)
    }
  })

  it('starts and opens keys as often as there are hours and periods, if there are so many invocations', () => {
    const opened = (volume: number): number => quantity(monthOf(measured, [], volume), 'kms.requests', used)
    const started = (volume: number): number => quantity(monthOf(measured, [], volume), 'lambda.arm64', used)
    expect([opened(0), opened(10), started(10)]).toEqual([0, 10 * (3 * 2 + 1), 30 * 100_000])
    expect([opened(1_000_000), started(1_000_000)]).toEqual([(openHours * 60 * 3) / keyMinutes, openHours * 100_000])
  })

  it('pays metrics of a route for the hours in which it is called, where they are switched on', () => {
    const metered = resource('AWS::ApiGatewayV2::Stage', { DefaultRouteSettings: { DetailedMetricsEnabled: true } })
    const hours = (volume: number, stage: typeof metered): number => quantity(monthOf(measured, [stage], volume), 'cloudwatch.metric-hours')
    expect(hours(10, metered)).toBe((20 + 10) * metricsPerRoute)
    expect(hours(1_000_000, metered)).toBe(2 * openHours * metricsPerRoute)
    expect(hours(1_000_000, resource('AWS::ApiGatewayV2::Stage', {}))).toBe(0)
  })

  it('pays a metric of our own once, however many alarms look at it', () => {
    const alarms = [alarm('Wontanara', 'Fault'), alarm('Wontanara', 'Fault'), alarm('Wontanara', 'Refused'), alarm('AWS/SQS', 'Depth')]
    expect(quantity(monthOf(measured, alarms, 1_000_000), 'cloudwatch.metric-hours')).toBe(2 * openHours)
  })
})

describe('what is kept', () => {
  it('has grown for a year, or as long as it is kept', () => {
    const days = 73
    const lines = monthOf(
      measured,
      [table(), resource('AWS::Logs::LogGroup', { RetentionInDays: days }), resource('AWS::Events::Archive', { RetentionDays: 365 })],
      100,
    )
    expect(quantity(lines, 'dynamodb.stored')).toBe(12 * 100 * 40_000)
    expect(quantity(lines, 'logs.stored')).toBeCloseTo(((days * 24) / monthHours) * 100 * 50_000, 6)
    expect(quantity(lines, 'eventbridge.archive-stored')).toBeCloseTo(12 * 100 * 10_000, 6)
  })

  it('is paid twice where it can be recovered', () => {
    expect(quantity(monthOf(measured, [table()], 100), 'dynamodb.recovery')).toBe(0)
    const recovered = table({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } })
    expect(quantity(monthOf(measured, [recovered], 100), 'dynamodb.recovery')).toBe(12 * 100 * 40_000)
  })
})

it('adds up to its lines', () => {
  const lines = monthOf(measured, resourcesOf('prod'), 500)
  expect(usdOfLines(lines)).toBeCloseTo(
    lines.reduce((sum, { line, quantity: amount }) => sum + usdOf(line, amount), 0),
    9,
  )
  expect(new Set(lines.map(({ group, line, what }) => `${group} ${line} ${what}`)).size).toBe(lines.length)
})

it('knows every resource of every stage, and refuses what it does not know', () => {
  for (const stage of stageNames) expect(unknownTo(resourcesOf(stage))).toEqual([])
  const strange = [
    resource('AWS::RDS::DBInstance'),
    resource('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } }),
    table({ BillingMode: 'PROVISIONED' }),
    resource('AWS::SQS::Queue', { FifoQueue: true }),
  ]
  expect(unknownTo(strange)).toEqual([
    'AWS::RDS::DBInstance',
    'this AWS::Lambda::Function',
    'this AWS::DynamoDB::Table',
    'this AWS::SQS::Queue',
  ])
  expect(() => monthOf(measured, strange, 1)).toThrow(/AWS::RDS::DBInstance/)
})
