// Row 7 of the goals, and `pnpm run cost`: what a journey costs, and a month of them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caseload, somebodyLike } from '@wontanara/examples'
import {
  between,
  plus,
  prices,
  quantityOf,
  sizeOfItem,
  times,
  type Usage,
  type UsageEntry,
  type UsageLine,
  usageDuring,
  usdOf,
  usdOfUsage,
} from '@wontanara/local-cloud'
import { type Resource, resourcesOf } from '../infra/assembly.ts'
import { dynamo } from './dynamo.ts'
import { warmedUp } from './every-route.ts'
import { type MeteredCloud, meteredCloud } from './metered-cloud.ts'
import { assumptions, type Measured, type MonthLine, monthOf, type PricedLine, usdOfLines } from './month.ts'
import { table, verdicts } from './statistics.ts'

/** Journeys a month, and why so many. */
const volumes: readonly (readonly [number, string])[] = [
  [500, 'Guinea: 6,387 people returned with help in 2022, 532 a month'],
  [5_000, 'ten programmes of that size on one installation, or an evacuation'],
  [50_000, 'a hundred times Guinea: which lines grow, and which do not'],
]
const [example] = caseload
const goal = { usd: 0.09, requests: 17 }

interface Entries {
  readonly Items: readonly Readonly<Record<string, unknown>>[]
  readonly LastEvaluatedKey?: unknown
}
interface Described {
  readonly Table: {
    readonly KeySchema: readonly { AttributeName: string }[]
    readonly GlobalSecondaryIndexes?: readonly {
      readonly KeySchema: readonly { AttributeName: string }[]
      readonly Projection: { readonly NonKeyAttributes?: readonly string[] }
    }[]
  }
}

/** Bytes stored in all tables and indexes, with the 100 that DynamoDB adds to each item and entry. */
async function storedBytes({ cloud }: MeteredCloud): Promise<number> {
  let bytes = 0
  for (const { name: TableName } of cloud.resources('AWS::DynamoDB::Table')) {
    const { Table } = (await dynamo(cloud.endpoint, 'DescribeTable', { TableName })) as unknown as Described
    const namesOf = (keys: Described['Table']['KeySchema']): readonly string[] => keys.map(({ AttributeName }) => AttributeName)
    let page: Entries | undefined
    do {
      const ExclusiveStartKey = page?.LastEvaluatedKey
      page = (await dynamo(cloud.endpoint, 'Scan', { TableName, ExclusiveStartKey })) as unknown as Entries
      for (const item of page.Items) {
        bytes += sizeOfItem(item) + 100
        for (const { KeySchema, Projection } of Table.GlobalSecondaryIndexes ?? []) {
          if (namesOf(KeySchema).some((name) => !(name in item))) continue
          const names = [...namesOf(Table.KeySchema), ...namesOf(KeySchema), ...(Projection.NonKeyAttributes ?? [])]
          bytes += sizeOfItem(Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)))) + 100
        }
      }
    } while (page.LastEvaluatedKey !== undefined)
  }
  return bytes
}

/** What the API writes about each request, which no function does: its format is as long as what comes of it. */
function accessLog(journey: Usage, template: readonly Resource[]): Usage {
  const formats = template.flatMap(({ properties }) => (properties.AccessLogSettings as { Format: string } | undefined)?.Format ?? [])
  const bytes = formats.reduce((sum, format) => sum + format.length + 26, 0)
  return [{ line: 'logs.ingested', function: undefined, resource: 'access log', quantity: quantityOf(journey, 'http.requests') * bytes }]
}

const linesOfColdStarts: readonly UsageLine[] = ['kms.requests', 'dynamodb.reads', 'lambda.arm64', 'lambda.x86_64', 'logs.ingested']

/** Plays the journey on a stage that was started anew, again on the warm one, and then lets a day pass. */
async function measure(template: readonly Resource[]): Promise<Measured & { readonly tables: ReadonlyMap<string, string> }> {
  const data = mkdtempSync(join(tmpdir(), 'cost-'))
  try {
    // Keys are made once in the life of a stage: that is not part of a journey.
    const first = await meteredCloud(data)
    await warmedUp(first.programme).finally(first.stop)
    const metered = await meteredCloud(data)
    try {
      const { cloud, programme } = metered
      const play = async (key: string): Promise<Usage> => {
        const used = await usageDuring(cloud, async () => example?.play(programme, (person) => somebodyLike(person, key)))
        return plus(used, accessLog(used, template))
      }
      const cold = await play('cold')
      const before = await storedBytes(metered)
      const journey = await play('warm')
      const after = await storedBytes(metered)
      const day = await usageDuring(cloud, () => cloud.advance('24h'))
      const coldExtra = between(journey, cold).filter(({ line }) => linesOfColdStarts.includes(line))
      const tables = new Map(cloud.resources('AWS::DynamoDB::Table').map(({ name, path }) => [name, path]))
      return { journey, coldExtra, day, storedBytes: after - before, tables }
    } finally {
      await metered.stop()
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const share = (part: number, whole: number): string => `${number((100 * part) / whole, 1)} %`
/** `0.625 / million`, with ‡ where it is not confirmed. */
const priceOf = (line: PricedLine): string => `${prices[line].usd} / ${prices[line].unit}${prices[line].confirmed ? '' : ' ‡'}`
/** A quantity in the price's unit where the line's own says nothing to people. */
const counted = (line: PricedLine, quantity: number): string =>
  prices[line].unit === 'GB-s' || prices[line].unit === 'GB'
    ? `${(quantity / prices[line].per).toPrecision(3)} ${prices[line].unit}`
    : number(quantity, Number.isInteger(quantity) ? 0 : 1)

function linesTable(journey: Usage): string {
  const total = usdOfUsage(journey)
  const lines = [...new Set(journey.map(({ line }) => line))]
  const rows = lines
    .map((line) => ({ line, quantity: quantityOf(journey, line) }))
    .filter(({ line }) => prices[line].usd > 0)
    .sort((a, b) => usdOf(b.line, b.quantity) - usdOf(a.line, a.quantity))
    .map(({ line, quantity }) => {
      const usd = usdOf(line, quantity)
      const { service, item } = prices[line]
      return [`${service}: ${item}`, counted(line, quantity), priceOf(line), number(usd, 7), number(usd * 1000, 4), share(usd, total)]
    })
  return table(
    ['line', 'in one journey', 'USD', 'USD a journey', 'USD a thousand', 'share'],
    [...rows, ['together', '', '', number(total, 7), number(total * 1000, 4), '']],
  )
}

const writes: readonly UsageLine[] = ['dynamodb.writes', 'dynamodb.transactional-writes']
const reads: readonly UsageLine[] = ['dynamodb.reads', 'dynamodb.transactional-reads']
const sum = (usage: Usage, lines: readonly UsageLine[], test: (entry: UsageEntry) => boolean): number =>
  lines.reduce((total, line) => total + quantityOf(usage, line, test), 0)

function functionsTable(journey: Usage): string {
  const total = usdOfUsage(journey)
  const names = [...new Set(journey.map(({ function: name }) => name))]
  const rows = names
    .map((name) => ({ name, is: (entry: UsageEntry): boolean => entry.function === name }))
    .map(({ name, is }) => ({ name: name ?? 'no function: access log', is, usd: usdOfUsage(journey, is) }))
    .sort((a, b) => b.usd - a.usd)
    .map(({ name, is, usd }) => [
      name,
      number(quantityOf(journey, 'http.requests', is)),
      number(quantityOf(journey, 'lambda.invocations', is)),
      number(sum(journey, writes, is)),
      number(sum(journey, reads, is), 1),
      number(quantityOf(journey, 'eventbridge.events', is)),
      number(quantityOf(journey, 'sqs.requests', is)),
      number(usd * 1000, 4),
      share(usd, total),
    ])
  return table(['function', 'requests', 'invocations', 'WRU', 'RRU', 'events', 'SQS', 'USD a thousand', 'share'], rows)
}

/** @param tables physical name of each -> its path in the construct tree */
function tablesTable(journey: Usage, tables: ReadonlyMap<string, string>): string {
  const nameOf = (resource: string): string => {
    const [name = '', index] = resource.split('/')
    return [tables.get(name) ?? name, index].filter((part) => part !== undefined).join(', ')
  }
  const names = [...new Set(journey.filter(({ line }) => line.startsWith('dynamodb.')).map(({ resource }) => resource))].sort()
  const rows = names.map((name) => {
    const is = ({ resource }: UsageEntry): boolean => resource === name
    return [
      nameOf(name),
      ...(['dynamodb.writes', 'dynamodb.transactional-writes', 'dynamodb.reads'] as const).map((line) =>
        number(quantityOf(journey, line, is), 1),
      ),
    ]
  })
  return table(['table, index', 'WRU', 'WRU in transactions', 'RRU'], rows)
}

const groups: Readonly<Record<MonthLine['group'], string>> = { used: 'used', kept: 'kept', idle: 'idle' }
const onlyOf = (group: MonthLine['group']) => (lines: readonly MonthLine[]) => usdOfLines(lines.filter((line) => line.group === group))
const durationOf = (lines: readonly MonthLine[]): number =>
  usdOfLines(lines.filter(({ line }) => line === 'lambda.arm64' || line === 'lambda.x86_64'))

function monthTable(measured: Measured, template: readonly Resource[]): string {
  const months = [0, ...volumes.map(([volume]) => volume)].map((volume) => monthOf(measured, template, volume))
  const keyOf = ({ group, line, what = '' }: MonthLine): string => `${group} ${line} ${what}`
  const row = (first: string, name: string, price: string, usdOfMonth: (lines: readonly MonthLine[]) => number): readonly string[] => [
    first,
    name,
    price,
    ...months.map((lines) => number(usdOfMonth(lines), 2)),
  ]
  const rowsOf = (group: MonthLine['group']): readonly (readonly string[])[] => {
    const all = (months.at(-1) ?? []).filter((line) => line.group === group).sort((a, b) => usdOfLines([b]) - usdOfLines([a]))
    const [large, small] = [all.filter((line) => usdOfLines([line]) >= 0.005), all.filter((line) => usdOfLines([line]) < 0.005)]
    const of = (chosen: readonly MonthLine[]) => (lines: readonly MonthLine[]) =>
      usdOfLines(lines.filter((one) => chosen.some((line) => keyOf(line) === keyOf(one))))
    return [
      ...large.map((line) => {
        const { service, item } = prices[line.line]
        const count = group === 'idle' ? `${number(line.quantity)} ` : ''
        return row(
          groups[group],
          `${service}: ${count}${item}${line.what === undefined ? '' : `, ${line.what}`}`,
          priceOf(line.line),
          of([line]),
        )
      }),
      ...(small.length === 0 ? [] : [row(groups[group], `${small.length} lines below a cent each`, '', of(small))]),
    ]
  }
  return table(
    ['', 'line', 'USD', 'nobody', ...volumes.map(([volume]) => `${number(volume)} journeys`)],
    [
      ...rowsOf('used'),
      ...rowsOf('kept'),
      ...rowsOf('idle'),
      row('', 'together', '', usdOfLines),
      row('', 'of it idle', '', onlyOf('idle')),
      row('', 'idle and kept: if nobody came any more', '', (lines) => onlyOf('idle')(lines) + onlyOf('kept')(lines)),
      row('', 'together, if functions took twice as long', '', (lines) => usdOfLines(lines) + durationOf(lines)),
    ],
  )
}

/** Runs the journey and prints what it and months of it cost. */
export async function cost(): Promise<string> {
  const template = resourcesOf('prod')
  const { tables, ...measured } = await measure(template)
  const { journey, coldExtra, storedBytes: stored } = measured
  const thousand = usdOfUsage(journey) * 1000
  const requests = quantityOf(journey, 'http.requests')
  const { openHours, monthHours, keyMinutes, pollers, pollSeconds, monthsKept, journeysPerMember } = assumptions
  return [
    `cost of "${example?.title}"`,
    '',
    `Warm functions, open keys, no free tier, taxes or discounts; list prices of us-east-1, first tier, read on 24 November 2026 (prices.ts`,
    `names the source of each; ‡ not confirmed). Counts are exact. Durations are this machine's, for 512 MB on arm64: they do not predict Lambda's.`,
    '',
    linesTable(journey),
    '',
    `A journey in which every function starts anew and every key is opened: ${number(usdOfUsage(plus(journey, coldExtra)) * 1000, 4)} USD a thousand. If functions took twice as`,
    `long: ${number(thousand + usdOfUsage(times(journey, 1000), ({ line }) => line.startsWith('lambda.') && line !== 'lambda.invocations'), 4)} warm. It leaves ${number(stored)} bytes in tables and indexes.`,
    '',
    functionsTable(journey),
    '',
    tablesTable(journey, tables),
    '',
    'A month, in USD: what is used grows with journeys, what is kept with the months too (this is the twelfth), what is idle is paid even',
    'when nobody comes: counted in the templates of stage "prod", and a day without journeys played.',
    '',
    monthTable(measured, template),
    '',
    ...volumes.map(([volume, why]) => `- ${number(volume)}: ${why}.`),
    `- Assumed: offices are open ${openHours} of ${monthHours} hours; in each of these every function starts anew and every ${keyMinutes} minutes its keys are opened,`,
    `  unless fewer invocations come; Lambda looks into each queue with ${pollers} long polls of ${pollSeconds} s; logs are kept uncompressed, at most`,
    `  ${monthsKept} months; a member of staff has ${journeysPerMember} journeys a month; each metric is billed for the hours in which its route is called.`,
    '- A key costs another dollar after its first and again after its second yearly rotation.',
    '- Not in it: mails and texts to users, data sent to the internet, KMS calls of DynamoDB for its own key, backups elsewhere, CloudTrail, support.',
    `- A partner organisation with a machine client of its own adds ${number(partner(), 2)} USD a month ‡.`,
    '',
    verdicts([
      {
        goal: `7 <= ${goal.usd} USD for 1,000 reference journeys of ${goal.requests} requests`,
        measured: `${number((thousand * goal.requests) / requests, 3)} (${number(thousand, 3)} for ${requests} requests)`,
        met: (thousand * goal.requests) / requests <= goal.usd,
      },
    ]),
  ].join('\n')
}

/** A client, and a token of 15 minutes after the other while offices are open. */
const partner = (): number => usdOf('cognito.machine-clients', 1) + usdOf('cognito.machine-tokens', assumptions.openHours * 4)
