import { isDeepStrictEqual } from 'node:util'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  type Aggregate,
  type Change,
  type Command,
  type Commit,
  chainHash,
  type DomainEvent,
  declaredEvent,
  eventSchema,
  genesis,
  isErasing,
  joined,
  partDigest,
  type Stored,
  split,
} from '@wontanara/core'
import { type DataClass, dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { CommitText } from './commit-text.ts'
import type { SealedParts, SubjectKeys } from './sealed-parts.ts'
import { bytesByName, bytesMap, number, text } from './table.ts'

/*
 * pk=<name>#<id>  sk=state             v version, c open state (JSON), s sealed state by class, k wrapped subject keys by class,
 *                                      e version that erased the record, h head of the chain, a marks of the newest commits, f version of each cold field (JSON),
 *                                      row and index keys
 *                 sk=state#<field>     a cold field of the state: v version that wrote it, c, s
 *                 sk=state+00000001    the marks of 64 older commits, so that the hot item does not grow with each command
 *                 sk=event#00000042    one command's commit: c open part (JSON, what the chain hashes), s sealed part, h hash, p previous;
 *                                      out: indexes of the published events (absent when there are none: the relay's filter)
 *                 sk=access#<time-id>  a read of special data or a refused attempt
 */
const markLength = 16
const marksInItem = 64

const versions = text.transform((json): unknown => JSON.parse(json)).pipe(z.record(z.string(), z.int()))
export const StateItem = z.object({
  v: number,
  c: text,
  s: bytesByName.optional(),
  k: bytesByName.optional(),
  h: text,
  a: text,
  f: versions,
  e: number.optional(),
})
const ColdItem = z.object({ sk: text, v: number, c: text, s: bytesByName.optional() })
const MarksItem = z.object({ a: text })
export const CommitItem = z.object({ sk: text, c: text, s: bytesByName.optional(), h: text, p: text })

export type Item = Record<string, AttributeValue>

/** What is known of a loaded record besides its state, so that a change need not read it again. */
export interface Held {
  readonly keys: SubjectKeys
  readonly cold: Readonly<Record<string, number>>
  /** The version that erased what was sealed until then. */
  readonly erased?: number | undefined
}
interface Loaded<S> {
  readonly stored: Stored<S>
  readonly held: Held
}

const serial = (n: number): string => String(n).padStart(8, '0')
export const commitKey = (version: number): string => `event#${serial(version)}`
export const versionOf = (key: string): number => Number(key.slice('event#'.length))
export const pkOf = ({ name }: { readonly name: string }, id: string): string => `${name}#${id}`

/** A record from its items. A query may meet a transaction halfway, or items of different replicas: `torn` when they are not of one version. */
export async function recordOf<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  parts: SealedParts,
  id: string,
  items: readonly Item[],
): Promise<Loaded<S> | 'torn' | undefined> {
  const [first] = items
  if (first?.sk?.S !== 'state') return undefined
  const main = StateItem.parse(first)
  const coldItems = items.filter(({ sk }) => sk?.S?.startsWith('state#')).map((item) => ColdItem.parse(item))
  const older = items.filter(({ sk }) => sk?.S?.startsWith('state+')).map((item) => MarksItem.parse(item).a)
  const applied = [...older, main.a].join('').match(new RegExp(`.{${markLength}}`, 'g')) ?? []
  const found = Object.fromEntries(coldItems.map(({ sk, v }) => [sk.slice('state#'.length), v]))
  if (applied.length !== main.v || !isDeepStrictEqual(found, { ...main.f })) return 'torn'
  const keys = await parts.open(main.k)
  const open = [main, ...coldItems].map(({ c }): unknown => JSON.parse(c))
  const secret = [{ ...main, sk: 'state' }, ...coldItems].flatMap(({ sk, v, s }) => parts.unseal(keys, sk, v, s))
  const stored = { id, version: main.v, state: aggregate.state.parse(joined([...open, ...secret])), applied, head: main.h }
  return { stored, held: { keys, cold: main.f, erased: main.e } }
}

/** The items that one change writes: the state's, the commit's, then the cold fields' and marks' that it touches. */
export async function itemsOf<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  parts: SealedParts,
  change: Change<S, E>,
  before: Held,
): Promise<{ readonly items: readonly Item[]; readonly head: string; readonly after: Held }> {
  const { id, from, state, mark } = change
  const version = (from?.version ?? 0) + 1
  const pk = pkOf(aggregate, id)
  const cold: readonly string[] = aggregate.cold ?? []
  const { open, sealed } = split(aggregate.state, state)
  const events = change.events.map((event) => {
    const { data, published } = declaredEvent(aggregate.events, event.type)
    return { type: event.type, published, ...split(data, event.data) }
  })
  const classes = [...sealed.keys(), ...events.flatMap((event) => [...event.sealed.keys()])]
  // The item is written whole: keys that are not in it any more are destroyed, and with them all that they sealed.
  const erasing = isErasing(aggregate, state, change.events)
  const erased = erasing ? version : before.erased
  const keys = await parts.withKeysFor(erasing ? new Map() : before.keys, classes)
  const changed = cold.filter((field) => !isDeepStrictEqual(fieldOf(from?.state, field), fieldOf(state, field)))
  const after = { keys, erased, cold: { ...before.cold, ...Object.fromEntries(changed.map((field) => [field, version])) } }
  const sealedAttribute = (sk: string, secret: ReadonlyMap<DataClass, unknown>): Item =>
    secret.size === 0 ? {} : { s: bytesMap(parts.seal(keys, sk, version, secret)) }

  const secrets = new Map(
    dataClasses
      .filter((dataClass) => events.some((event) => event.sealed.has(dataClass)))
      .map((dataClass) => [dataClass, events.map((event) => event.sealed.get(dataClass) ?? {})] as const),
  )
  const blobs = parts.seal(keys, commitKey(version), version, secrets)
  const digests = Object.fromEntries([...blobs].map(([dataClass, blob]) => [dataClass, partDigest(blob)]))
  const commit = JSON.stringify({
    version,
    trail: change.trail,
    events: events.map(({ type, open }) => ({ type, data: open })),
    ...(blobs.size === 0 ? {} : { sealed: digests }),
  })
  const previous = from?.head ?? genesis
  const head = chainHash(previous, commit)
  const out = events.flatMap(({ published }, i) => (published ? [i] : []))

  const coldItems = changed.map((field): Item => {
    const sk = `state#${field}`
    const secret = new Map(
      [...sealed].flatMap(([dataClass, part]) => (hasField(part, field) ? [[dataClass, only(part, field)] as const] : [])),
    )
    const c = hasField(open, field) ? only(open, field) : {}
    return { pk: { S: pk }, sk: { S: sk }, v: { N: String(version) }, c: { S: JSON.stringify(c) }, ...sealedAttribute(sk, secret) }
  })
  const hot = new Map(
    [...sealed].flatMap(([dataClass, part]) => {
      const rest = without(part, cold)
      return Object.keys(rest).length === 0 ? [] : [[dataClass, rest] as const]
    }),
  )
  const marks = [...(from?.applied ?? []), mark]
  const full = marks.length - (marks.length % marksInItem)
  const filled: readonly Item[] =
    full === marks.length
      ? [{ pk: { S: pk }, sk: { S: `state+${serial(full / marksInItem)}` }, a: { S: marks.slice(full - marksInItem).join('') } }]
      : []
  const entry = aggregate.index?.(state)
  const items: readonly Item[] = [
    {
      pk: { S: pk },
      sk: { S: 'state' },
      v: { N: String(version) },
      c: { S: JSON.stringify(without(open, cold)) },
      h: { S: head },
      a: { S: marks.slice(full).join('') },
      f: { S: JSON.stringify(after.cold) },
      ...sealedAttribute('state', hot),
      ...(keys.size === 0 ? {} : { k: bytesMap(new Map([...keys].map(([dataClass, { wrapped }]) => [dataClass, wrapped]))) }),
      ...(erased === undefined ? {} : { e: { N: String(erased) } }),
      ...(entry === undefined ? {} : { row: { S: JSON.stringify(entry.row) } }),
      ...(entry?.gsi1 && { gsi1pk: { S: entry.gsi1.pk }, gsi1sk: { S: entry.gsi1.sk } }),
      ...(entry?.gsi2 && { gsi2pk: { S: entry.gsi2.pk }, gsi2sk: { S: entry.gsi2.sk } }),
    },
    {
      pk: { S: pk },
      sk: { S: commitKey(version) },
      c: { S: commit },
      h: { S: head },
      p: { S: previous },
      ...(blobs.size === 0 ? {} : { s: bytesMap(blobs) }),
      ...(out.length === 0 ? {} : { out: { S: out.join(',') } }),
    },
    ...coldItems,
    ...filled,
  ]
  return { items, head, after }
}

/** A commit from its item. @throws when it is not as written, or its keys are not there */
export function commitOf<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  parts: SealedParts,
  keys: SubjectKeys,
  { sk, c, s, h, p }: z.output<typeof CommitItem>,
): Commit<E> {
  const { version, trail, events } = CommitText.parse(JSON.parse(c))
  const secrets = parts.unseal(keys, sk, version, s)
  const eventOf = eventSchema<E>(aggregate.events)
  const whole = events.map(({ type, data }, i) =>
    eventOf.parse({ type, data: joined([data, ...secrets.map((list) => (Array.isArray(list) ? list[i] : undefined))]) }),
  )
  return { version, trail, events: whole, previous: p, hash: h }
}

type Tree = Readonly<Record<string, unknown>>
const hasField = (value: unknown, field: string): value is Tree => typeof value === 'object' && value !== null && field in value
const fieldOf = (value: unknown, field: string): unknown => (hasField(value, field) ? value[field] : undefined)
const only = (value: Tree, field: string): Tree => ({ [field]: value[field] })
const without = (value: unknown, fields: readonly string[]): Tree =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([name]) => !fields.includes(name))) : {}
