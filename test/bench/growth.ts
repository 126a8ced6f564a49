// Row 11 of the goals: what reading costs while the number of stored cases grows.
import { randomUUID } from 'node:crypto'
import { referenceOf } from '@wontanara/core'
import { assign, people, register, somebodyLike } from '@wontanara/examples'
import { dynamo } from './dynamo.ts'
import { warmedUp } from './every-route.ts'
import { type MeteredCloud, meteredCloud } from './metered-cloud.ts'
import { median, quantile, table, verdicts } from './statistics.ts'

type Item = Readonly<Record<string, unknown>>

/** One read at one size. */
export interface Read {
  readonly name: string
  readonly stored: number
  readonly calls: number
  readonly readUnits: number
  readonly p50: number
  readonly p95: number
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** A case id that no request makes. */
const idOf = (n: number): string =>
  `case-0000${[7, 6, 5, 4, 3, 2, 1, 0].map((place) => alphabet[Math.floor(n / 32 ** place) % 32]).join('')}`

/** What is copied: a case's main item, and the places where the case is found. */
export interface Original {
  readonly TableName: string
  readonly item: Item
  readonly places: readonly Item[]
}

/**
 * Stores copies of a case's main item until there are so many, each placed once where the case itself is found. They cannot be opened, but
 * they are listed; and a search meets them behind the case.
 */
export async function fill(
  { cloud }: MeteredCloud,
  { TableName, item, places }: Original,
  caseId: string,
  from: number,
  to: number,
): Promise<void> {
  const text = JSON.stringify(item)
  for (let n = from; n < to; n += 25) {
    const copies = Array.from({ length: Math.min(25, to - n) }, (_, i) => JSON.parse(text.replaceAll(caseId, idOf(n + i))) as Item)
    const behind = copies.map((_, i) => {
      const place = places[(n + i) % places.length]
      return JSON.parse(JSON.stringify(place).replace(caseId, idOf(n + i).replace('case-0000', 'case-zzzz'))) as Item
    })
    for (const items of [copies, behind])
      await dynamo(cloud.endpoint, 'BatchWriteItem', { RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) } })
    if (n % 5000 < 25) await cloud.settled({ timeout: 60_000 })
  }
  await cloud.settled({ timeout: 60_000 })
}

/** A case as it lies in its table. */
export async function originalOf(endpoint: string, caseId: string): Promise<Original> {
  const { TableNames } = (await dynamo(endpoint, 'ListTables', {})) as { TableNames: readonly string[] }
  for (const TableName of TableNames) {
    const { Item } = await dynamo(endpoint, 'GetItem', { TableName, Key: { pk: { S: `case#${caseId}` }, sk: { S: 'state' } } })
    if (Item === undefined) continue
    const { Items = [] } = (await dynamo(endpoint, 'Scan', {
      TableName,
      FilterExpression: 'begins_with(pk, :find) AND contains(sk, :id)',
      ExpressionAttributeValues: { ':find': { S: 'find#case#' }, ':id': { S: caseId } },
    })) as { Items?: readonly Item[] }
    return { TableName, item: Item as Item, places: Items }
  }
  throw new Error(`no table holds ${caseId}`)
}

/** @param sizes stored cases, growing @param repeats requests of each read at each size */
export async function readsAtSizes(sizes: readonly number[], repeats: number): Promise<readonly Read[]> {
  const cloud = await meteredCloud()
  try {
    const { programme, footprints } = cloud
    await warmedUp(programme)
    const person = somebodyLike(people.teacher, randomUUID())
    const caseId = await register(programme, person)
    await assign(programme, caseId)
    await cloud.cloud.settled()
    const original = await originalOf(cloud.cloud.endpoint, caseId)
    const manager = programme.staff('case-manager')
    const search = { office: programme.office, name: `${person.name.family} ${person.name.given}`, limit: 1 }
    const paths = {
      'a case': `/v1/cases/${caseId}`,
      'a case by its reference': `/v1/case-references/${referenceOf(caseId)}`,
      'a page of 25 of an office': `/v1/cases?office=${programme.office}&status=registered&limit=25`,
      'a page of 25 of a person': `/v1/cases?office=${programme.office}&lead=${programme.idOf('case-manager')}&limit=25`,
    }
    const reads: Read[] = []
    let stored = 1
    for (const size of sizes) {
      await fill(cloud, original, caseId, stored, size)
      stored = size
      const asked = {
        ...Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, () => manager.get(path)])),
        'a search by name': () => manager.post('/v1/case-searches', { body: search }),
      }
      for (const [name, ask] of Object.entries(asked)) {
        const took: number[] = []
        for (let i = 0; i < repeats; i++) {
          const started = performance.now()
          const { status } = await ask()
          took.push(performance.now() - started)
          if (status !== 200) throw new Error(`${name}: ${status}`)
        }
        const { calls = 0, readUnits = 0 } = footprints.at(-1)?.request ?? {}
        reads.push({ name, stored: size, calls, readUnits, p50: median(took), p95: quantile(took, 0.95) })
      }
    }
    return reads
  } finally {
    await cloud.stop()
  }
}

/** The reads whose calls or units are not the same at all sizes. */
export const grown = (reads: readonly Read[]): readonly string[] =>
  [...Map.groupBy(reads, ({ name }) => name)]
    .filter(([, all]) => new Set(all.map(({ calls, readUnits }) => `${calls} ${readUnits}`)).size > 1)
    .map(([name]) => name)

export async function growth(repeats = 100): Promise<string> {
  const sizes = [1000, 10_000, 100_000]
  const reads = await readsAtSizes(sizes, repeats)
  const byName = Map.groupBy(reads, ({ name }) => name)
  const slowest = Math.max(...[...byName.values()].map((all) => (all.at(-1)?.p50 ?? 0) / (all[0]?.p50 ?? 1)))
  return [
    `growth: ${sizes.join(', ')} stored cases; each read ${repeats} times through the API. Floor: a read that does not grow, 1.00.`,
    table(
      ['read', ...sizes.map((size) => `${size.toLocaleString('en')}: calls, RRU, p50 / p95 ms`), 'p50 ratio'],
      [...byName].map(([name, all]) => [
        name,
        ...all.map(({ calls, readUnits, p50, p95 }) => `${calls}, ${readUnits}, ${p50.toFixed(1)} / ${p95.toFixed(1)}`),
        ((all.at(-1)?.p50 ?? 0) / (all[0]?.p50 ?? 1)).toFixed(2),
      ]),
    ),
    verdicts([
      { goal: '11 calls and RRU identical at all sizes', measured: grown(reads).join(', ') || 'identical', met: grown(reads).length === 0 },
      { goal: '11 p50 <= 1.5 x', measured: slowest.toFixed(2), met: slowest <= 1.5 },
    ]),
  ].join('\n')
}
