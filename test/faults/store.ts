import { type Chain, type ChainEntry, cloudEvent, partDigest, type Trail, verifyHistory } from '@wontanara/core'
import type { CloudEvent } from '@wontanara/events'
import type { LocalCloud } from '@wontanara/local-cloud'
import * as z from 'zod'
import { dynamo } from '../bench/dynamo.ts'

/*
 * What lies in the tables, read item by item and not through the store: the suite judges what is there, not what the store says is there.
 */

const Text = z.object({ S: z.string() })
const Bytes = z.object({ B: z.string() })
const Item = z.object({
  pk: Text,
  sk: Text,
  v: z.object({ N: z.string() }).optional(),
  c: Text.optional(),
  h: Text.optional(),
  p: Text.optional(),
  a: Text.optional(),
  out: Text.optional(),
  d: z.object({ SS: z.array(z.string()) }).optional(),
  o: z.unknown().optional(),
  s: z.object({ M: z.record(z.string(), Bytes) }).optional(),
})
type Item = z.output<typeof Item>
const Page = z.object({ Items: z.array(Item), LastEvaluatedKey: z.unknown().optional() })
const Commit = z.object({
  version: z.int(),
  trail: z.custom<Trail>((value) => typeof value === 'object'),
  events: z.array(z.object({ type: z.string(), data: z.unknown().default(undefined) })),
})

/** A record as its items say. */
export interface StoredRecord {
  /** `case` */
  readonly name: string
  readonly id: string
  readonly version: number
  /** What it remembers of each command, oldest first. */
  readonly marks: readonly string[]
  /** Who did each, and what, oldest first. */
  readonly steps: readonly Pick<Trail, 'by' | 'action'>[]
  /** The open part of its state, cold parts included. */
  readonly open: readonly unknown[]
  /** Where it notes that it is found in the blind index, and where it is: digest and scope. */
  readonly places: { readonly noted: ReadonlySet<string>; readonly there: ReadonlySet<string>; readonly underWay: boolean }
  /** The first entry of its history that is not as it should be, in words. */
  readonly fault: string | undefined
  /** What its history says must be on the bus. */
  readonly published: readonly CloudEvent[]
}

async function scan(endpoint: string, TableName: string): Promise<readonly Item[]> {
  const items: Item[] = []
  let start: unknown
  do {
    const page = Page.parse(
      await dynamo(endpoint, 'Scan', { TableName, ConsistentRead: true, ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    )
    items.push(...page.Items)
    start = page.LastEvaluatedKey
  } while (start !== undefined)
  return items
}

const markLength = 16
const publishedEvents = ({ pk, c, out }: Item): readonly CloudEvent[] => {
  if (out === undefined) return []
  const { version, trail, events } = Commit.parse(JSON.parse(c?.S ?? ''))
  const subject = pk.S.slice(pk.S.indexOf('#') + 1)
  return out.S.split(',').map((place) => {
    const event = events[Number(place)]
    if (event === undefined) throw new Error(`${pk.S}: a commit names an event that it does not hold`)
    return cloudEvent(subject, version, Number(place), trail, event)
  })
}

function recordOf(pk: string, items: readonly Item[], found: readonly string[]): StoredRecord {
  const byKey = (prefix: string): readonly Item[] => items.filter(({ sk }) => sk.S.startsWith(prefix))
  const state = items.find(({ sk }) => sk.S === 'state')
  const commits = byKey('event#')
  const entries = commits.map(
    ({ sk, c, p, h, s }): ChainEntry => ({
      version: Number(sk.S.slice('event#'.length)),
      text: c?.S ?? '',
      previous: p?.S ?? '',
      hash: h?.S ?? '',
      sealed: Object.fromEntries(Object.entries(s?.M ?? {}).map(([name, { B }]) => [name, partDigest(Buffer.from(B, 'base64'))])),
    }),
  )
  const version = Number(state?.v?.N ?? 0)
  const chain: Chain = state === undefined ? { entries } : { entries, head: { version, hash: state.h?.S ?? '' } }
  const bad = verifyHistory(chain)
  const marks = [...byKey('state+'), ...(state === undefined ? [] : [state])].flatMap(
    ({ a }) => a?.S.match(new RegExp(`.{${markLength}}`, 'g')) ?? [],
  )
  const own = items.find(({ sk }) => sk.S === 'find')
  const fault = bad === undefined ? (marks.length === version ? undefined : 'marks') : `${bad.fault} at ${bad.version}`
  return {
    name: pk.slice(0, pk.indexOf('#')),
    id: pk.slice(pk.indexOf('#') + 1),
    version,
    marks,
    steps: commits.map(({ c }) => Commit.pick({ trail: true }).parse(JSON.parse(c?.S ?? '')).trail),
    open: [...(state === undefined ? [] : [state]), ...byKey('state#')].map(({ c }): unknown => JSON.parse(c?.S ?? 'null')),
    places: { noted: new Set(own?.d?.SS), there: new Set(found), underWay: own?.o !== undefined },
    fault,
    published: commits.flatMap(publishedEvents),
  }
}

/** What the suite itself puts into a table to do harm. */
export const poison = 'poison'

/** Every record of every table. */
export async function storedRecords(cloud: LocalCloud): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = []
  for (const { name } of cloud.resources('AWS::DynamoDB::GlobalTable').concat(cloud.resources('AWS::DynamoDB::Table'))) {
    const items = await scan(cloud.endpoint, name)
    const found = Map.groupBy(items.flatMap(placeOf), ({ record }) => record)
    for (const [pk, own] of Map.groupBy(items, (item) => item.pk.S)) {
      const isRecord = own.some(({ sk }) => sk.S === 'state' || sk.S.startsWith('event#'))
      if (!isRecord || pk.startsWith(`${poison}#`)) continue
      const sorted = own.toSorted((left, right) => (left.sk.S < right.sk.S ? -1 : 1))
      records.push(recordOf(pk, sorted, found.get(pk)?.map(({ place }) => place) ?? []))
    }
  }
  return records
}

/** `find#case#<digest>`, `<scope>#<id>` -> the record, and the place as it notes it. */
function placeOf({ pk, sk }: Item): readonly { readonly record: string; readonly place: string }[] {
  const [, name, digest] = /^find#([^#]+)#(.+)$/.exec(pk.S) ?? []
  const [, scope, id] = /^(.*)#([^#]+)$/.exec(sk.S) ?? []
  return name === undefined ? [] : [{ record: `${name}#${id}`, place: `${digest} ${scope}` }]
}
