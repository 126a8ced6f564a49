import { isDeepStrictEqual } from 'node:util'
import {
  type AttributeValue,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import {
  type AccessRecord,
  type Aggregate,
  type ChainEntry,
  type Change,
  type Command,
  type Commit,
  chainHash,
  type DomainEvent,
  declaredEvent,
  eventSchema,
  genesis,
  joined,
  type ListPage,
  newId,
  partDigest,
  requireDeclared,
  type Store,
  type Stored,
  split,
} from '@wontanara/core'
import { type DataClass, dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { CommitText, TrailSchema } from './commit-text.ts'
import type { KeyVault } from './key-vault.ts'
import { type SubjectKeys, sealedParts } from './sealed-parts.ts'
import { bytesByName, bytesMap, number, type Table, text } from './table.ts'

/*
 * pk=<name>#<id>  sk=state             v version, c open state (JSON), s sealed state by class, k wrapped subject keys by class,
 *                                      h head of the chain, a marks of the newest commits, f version of each cold field (JSON),
 *                                      row and index keys
 *                 sk=state#<field>     a cold field of the state: v version that wrote it, c, s
 *                 sk=state+00000001    the marks of 64 older commits, so that the hot item does not grow with each command
 *                 sk=event#00000042    one command's commit: c open part (JSON, what the chain hashes), s sealed part, h hash, p previous;
 *                                      out: indexes of the published events (absent when there are none: the relay's filter)
 *                 sk=access#<time-id>  a read of special data or a refused attempt
 */
const markLength = 16
const marksInItem = 64
const maxReads = 4

const versions = text.transform((json): unknown => JSON.parse(json)).pipe(z.record(z.string(), z.int()))
const StateItem = z.object({ v: number, c: text, s: bytesByName.optional(), k: bytesByName.optional(), h: text, a: text, f: versions })
const ColdItem = z.object({ sk: text, v: number, c: text, s: bytesByName.optional() })
const MarksItem = z.object({ a: text })
const CommitItem = z.object({ sk: text, c: text, s: bytesByName.optional(), h: text, p: text })
const IndexItem = z.object({ pk: text, row: text })
const AccessItem = z.object({ c: text })

const AccessSchema = z.object({
  id: z.string().optional(),
  trail: TrailSchema,
  decision: z.enum(['allowed', 'denied']),
  denial: z.string().optional(),
  classes: z.array(z.enum(dataClasses)).optional(),
})
type Item = Record<string, AttributeValue>

/** What is known of a loaded record besides its state, so that a change need not read it again. */
interface Held {
  readonly keys: SubjectKeys
  readonly cold: Readonly<Record<string, number>>
}

const serial = (n: number): string => String(n).padStart(8, '0')
const commitKey = (version: number): string => `event#${serial(version)}`
const versionOf = (key: string): number => Number(key.slice('event#'.length))

/** The DynamoDB store. One `TransactWriteItems` per change; one `Query` per load. */
export function dynamoStore<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  table: Table,
  vault: KeyVault,
): Store<S, E> {
  const eventOf = eventSchema<E>(aggregate.events)
  const cold: readonly string[] = aggregate.cold ?? []
  const held = new WeakMap<Stored<S>, Held>()
  const pkOf = (id: string): string => `${aggregate.name}#${id}`
  const partsOf = (id: string) => sealedParts(vault, table.name, pkOf(id))

  async function query(
    pk: string,
    prefix: string,
    options: { readonly ConsistentRead?: boolean; readonly upTo?: string } = {},
  ): Promise<Item[]> {
    const { ConsistentRead = true, upTo } = options
    const items: Item[] = []
    let start: Item | undefined
    do {
      const page = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          ConsistentRead,
          KeyConditionExpression:
            upTo === undefined ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk AND sk BETWEEN :prefix AND :last',
          ExpressionAttributeValues: {
            ':pk': { S: pk },
            ':prefix': { S: prefix },
            ...(upTo === undefined ? {} : { ':last': { S: upTo } }),
          },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      )
      items.push(...(page.Items ?? []))
      start = page.LastEvaluatedKey
    } while (start !== undefined)
    return items
  }

  async function load(id: string, fresh: boolean): Promise<Stored<S> | undefined> {
    for (let n = 1; n <= maxReads; n++) {
      const stored = await loadOnce(id, fresh || n > 1)
      if (stored !== 'torn') return stored
    }
    throw new Error(`${aggregate.name}: the items of a record do not belong together`)
  }

  /** A query may meet a transaction halfway, or items of different replicas: `torn` when the items are not of one version. */
  async function loadOnce(id: string, consistent: boolean): Promise<Stored<S> | 'torn' | undefined> {
    const items = await query(pkOf(id), 'state', { ConsistentRead: consistent })
    const [first] = items
    if (first?.sk?.S !== 'state') return undefined
    const main = StateItem.parse(first)
    const coldItems = items.filter(({ sk }) => sk?.S?.startsWith('state#')).map((item) => ColdItem.parse(item))
    const older = items.filter(({ sk }) => sk?.S?.startsWith('state+')).map((item) => MarksItem.parse(item).a)
    const applied = [...older, main.a].join('').match(new RegExp(`.{${markLength}}`, 'g')) ?? []
    const found = Object.fromEntries(coldItems.map(({ sk, v }) => [sk.slice('state#'.length), v]))
    if (applied.length !== main.v || !isDeepStrictEqual(found, { ...main.f })) return 'torn'
    const parts = partsOf(id)
    const keys = await parts.open(main.k)
    const open = [main, ...coldItems].map(({ c }): unknown => JSON.parse(c))
    const secret = [{ ...main, sk: 'state' }, ...coldItems].flatMap(({ sk, v, s }) => parts.unseal(keys, sk, v, s))
    const stored = { id, version: main.v, state: aggregate.state.parse(joined([...open, ...secret])), applied, head: main.h }
    held.set(stored, { keys, cold: main.f })
    return stored
  }

  /** What is held of the record that a change starts from, also if it was loaded elsewhere: keys made anew would lose what the old ones sealed. */
  async function heldBy(from: Stored<S> | undefined): Promise<Held | undefined> {
    if (from === undefined) return { keys: new Map(), cold: {} }
    const known = held.get(from)
    if (known !== undefined) return known
    const stored = await load(from.id, true)
    return stored?.version === from.version ? held.get(stored) : undefined
  }

  async function itemsOf(
    change: Change<S, E>,
    before: Held,
  ): Promise<{ readonly items: readonly Item[]; readonly head: string; readonly after: Held }> {
    const { id, from, state, mark } = change
    const version = (from?.version ?? 0) + 1
    const pk = pkOf(id)
    const parts = partsOf(id)
    const { open, sealed } = split(aggregate.state, state)
    const events = change.events.map((event) => {
      const { data, published } = declaredEvent(aggregate.events, event.type)
      return { type: event.type, published, ...split(data, event.data) }
    })
    const classes = [...sealed.keys(), ...events.flatMap((event) => [...event.sealed.keys()])]
    const keys = await parts.withKeysFor(before.keys, classes)
    const changed = cold.filter((field) => !isDeepStrictEqual(fieldOf(from?.state, field), fieldOf(state, field)))
    const after = { keys, cold: { ...before.cold, ...Object.fromEntries(changed.map((field) => [field, version])) } }
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

  return {
    load: (id, { fresh = false } = {}) => load(id, fresh),
    append: async (change) => {
      const { id, from, state } = change
      requireDeclared(aggregate, state, change.events)
      const before = await heldBy(from)
      if (before === undefined) return { ok: false }
      const { items, head, after } = await itemsOf(change, before)
      const [main, commit, ...rest] = items
      const condition =
        from === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : { ConditionExpression: 'v = :from', ExpressionAttributeValues: { ':from': { N: String(from.version) } } }
      try {
        await table.client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: table.name, Item: main, ...condition } },
              { Put: { TableName: table.name, Item: commit, ConditionExpression: 'attribute_not_exists(pk)' } },
              ...rest.map((Item) => ({ Put: { TableName: table.name, Item } })),
            ],
          }),
        )
      } catch (error) {
        if (isConflict(error)) return { ok: false }
        throw error
      }
      const stored = { id, version: (from?.version ?? 0) + 1, state, applied: [...(from?.applied ?? []), change.mark], head }
      held.set(stored, after)
      return { ok: true, stored }
    },
    history: async (id, upTo) => {
      const [[first], items] = await Promise.all([
        query(pkOf(id), 'state'),
        query(pkOf(id), 'event#', { upTo: upTo === undefined ? 'event#~' : commitKey(upTo) }),
      ])
      if (first?.sk?.S !== 'state') return []
      const state = StateItem.parse(first)
      const parts = partsOf(id)
      const keys = await parts.open(state.k)
      const commits = items.map((item) => CommitItem.parse(item)).filter(({ sk }) => versionOf(sk) <= state.v)
      return commits.map(({ sk, c, s, h, p }): Commit<E> => {
        const { version, trail, events } = CommitText.parse(JSON.parse(c))
        const secrets = parts.unseal(keys, sk, version, s)
        const whole = events.map(({ type, data }, i) =>
          eventOf.parse({ type, data: joined([data, ...secrets.map((list) => (Array.isArray(list) ? list[i] : undefined))]) }),
        )
        return { version, trail, events: whole, previous: p, hash: h }
      })
    },
    chain: async (id) => {
      const [[first], items] = await Promise.all([query(pkOf(id), 'state'), query(pkOf(id), 'event#')])
      const entries = items.map((item): ChainEntry => {
        const { sk, c, s, h, p } = CommitItem.parse(item)
        const sealed = Object.fromEntries(Object.entries(s ?? {}).map(([dataClass, blob]) => [dataClass, partDigest(blob)]))
        return { version: versionOf(sk), text: c, previous: p, hash: h, sealed }
      })
      if (first?.sk?.S !== 'state') return { entries }
      const { v, h } = StateItem.parse(first)
      return { entries, head: { version: v, hash: h } }
    },
    list: async ({ index, pk, prefix, limit, after, descending = false }): Promise<ListPage> => {
      const page = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: index,
          KeyConditionExpression: prefix === undefined ? `${index}pk = :pk` : `${index}pk = :pk AND begins_with(${index}sk, :prefix)`,
          ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix === undefined ? {} : { ':prefix': { S: prefix } }) },
          // One more than asked for: a full page that is the last one must not promise another.
          Limit: limit + 1,
          ScanIndexForward: !descending,
          ...(after === undefined
            ? {}
            : {
                ExclusiveStartKey: {
                  pk: { S: pkOf(after.id) },
                  sk: { S: 'state' },
                  [`${index}pk`]: { S: pk },
                  [`${index}sk`]: { S: after.sk },
                },
              }),
        }),
      )
      const items = (page.Items ?? []).map((item) => ({ ...IndexItem.parse(item), sort: text.parse(item[`${index}sk`]) }))
      const rows = items.slice(0, limit)
      const last = rows.at(-1)
      const result: ListPage = { rows: rows.map(({ row }): unknown => JSON.parse(row)) }
      // A page may also end early, at a megabyte.
      const more = items.length > limit || page.LastEvaluatedKey !== undefined
      return more && last !== undefined ? { ...result, next: { id: last.pk.slice(aggregate.name.length + 1), sk: last.sort } } : result
    },
    recordAccess: async (record) => {
      const pk = record.id === undefined ? `actor#${record.trail.by}` : pkOf(record.id)
      await table.client.send(
        new PutItemCommand({
          TableName: table.name,
          Item: { pk: { S: pk }, sk: { S: newId('access#', new Date(record.trail.at)) }, c: { S: JSON.stringify(record) } },
        }),
      )
    },
    accesses: async (id) =>
      (await query(pkOf(id), 'access#')).map((item): AccessRecord => {
        const { id: recordId, trail, decision, denial, classes } = AccessSchema.parse(JSON.parse(AccessItem.parse(item).c))
        return {
          trail,
          decision,
          ...(recordId === undefined ? {} : { id: recordId }),
          ...(denial === undefined ? {} : { denial }),
          ...(classes === undefined ? {} : { classes }),
        }
      }),
  }
}

type Tree = Readonly<Record<string, unknown>>
const hasField = (value: unknown, field: string): value is Tree => typeof value === 'object' && value !== null && field in value
const fieldOf = (value: unknown, field: string): unknown => (hasField(value, field) ? value[field] : undefined)
const only = (value: Tree, field: string): Tree => ({ [field]: value[field] })
const without = (value: unknown, fields: readonly string[]): Tree =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([name]) => !fields.includes(name))) : {}

/** Whether a transaction failed because somebody else changed the record: the SDK does not retry these, the caller loads again. */
function isConflict(error: unknown): boolean {
  if (error instanceof Error && error.name === 'TransactionInProgressException') return true
  if (!(error instanceof TransactionCanceledException)) return false
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code)
  return (
    codes.some((code) => code === 'ConditionalCheckFailed' || code === 'TransactionConflict') &&
    codes.every((code) => code === 'None' || code === 'ConditionalCheckFailed' || code === 'TransactionConflict')
  )
}
