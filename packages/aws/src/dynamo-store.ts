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
  type Change,
  type Command,
  type Commit,
  chainHash,
  type DomainEvent,
  definitionOf,
  eventSchema,
  genesis,
  joined,
  type ListPage,
  newId,
  type Store,
  type Stored,
  split,
} from '@wontanara/core'
import { type DataClass, dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { CommitText, TrailSchema } from './commit-text.ts'
import type { KeyVault } from './key-vault.ts'
import { seal, unseal } from './seal.ts'
import { bytesByName, bytesMap, number, type Table, text } from './table.ts'

/*
 * pk=<name>#<id>  sk=state             v version, c open state (JSON), s sealed state by class, k wrapped subject keys by class,
 *                                      h head of the chain, a marks of the applied commands, row and index keys
 *                 sk=state#<field>     a cold field of the state: v version that wrote it, c, s
 *                 sk=event#00000042    one command's commit: c open part (JSON, what the chain hashes), s sealed part, h hash, p previous;
 *                                      out: indexes of the published events (absent when there are none: the relay's filter)
 *                 sk=access#<time-id>  a read of special data or a refused attempt
 */
const markLength = 16
const subjectKeyId = 1
const maxPage = 1000

const StateItem = z.object({
  sk: text,
  v: number,
  c: text,
  s: bytesByName.optional(),
  k: bytesByName.optional(),
  h: text.optional(),
  a: text.optional(),
})
const CommitItem = z.object({ pk: text, sk: text, c: text, s: bytesByName.optional(), h: text, p: text })
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
type SubjectKeys = Map<DataClass, { readonly key: Uint8Array; readonly wrapped: Uint8Array }>

const isDataClass = (name: string): name is DataClass => dataClasses.some((dataClass) => dataClass === name)

/** The sort key of a commit. */
const commitKey = (version: number): string => `event#${String(version).padStart(8, '0')}`

/** The DynamoDB store. One `TransactWriteItems` per change; one `Query` per load. */
export function dynamoStore<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  table: Table,
  vault: KeyVault,
): Store<S, E> {
  const eventOf = eventSchema<E>(aggregate.events)
  const cold: readonly string[] = aggregate.cold ?? []
  /** The subject keys of what was loaded, so that a change need not read them again. */
  const keysOf = new WeakMap<Stored<S>, SubjectKeys>()
  const pkOf = (id: string): string => `${aggregate.name}#${id}`

  async function sealed(
    keys: SubjectKeys,
    pk: string,
    sk: string,
    version: number,
    parts: ReadonlyMap<DataClass, unknown>,
  ): Promise<Map<string, Uint8Array>> {
    const result = new Map<string, Uint8Array>()
    for (const [dataClass, part] of parts) {
      const held = keys.get(dataClass) ?? (await vault.newSubjectKey(pk, dataClass))
      keys.set(dataClass, held)
      result.set(
        dataClass,
        seal(held.key, subjectKeyId, { table: table.name, pk, sk, field: dataClass, version }, Buffer.from(JSON.stringify(part))),
      )
    }
    return result
  }

  function unsealed(
    keys: SubjectKeys,
    pk: string,
    sk: string,
    version: number,
    parts: Readonly<Record<string, Uint8Array>> | undefined,
  ): unknown[] {
    return Object.entries(parts ?? {}).map(([dataClass, value]) => {
      const held = isDataClass(dataClass) ? keys.get(dataClass) : undefined
      if (held === undefined) throw new Error(`no key for the ${dataClass} part of ${sk}`)
      const plain = unseal(held.key, { table: table.name, pk, sk, field: dataClass, version }, value)
      return JSON.parse(Buffer.from(plain).toString('utf8'))
    })
  }

  async function openKeys(pk: string, wrapped: Readonly<Record<string, Uint8Array>> | undefined): Promise<SubjectKeys> {
    const keys: SubjectKeys = new Map()
    for (const [dataClass, value] of Object.entries(wrapped ?? {})) {
      if (isDataClass(dataClass)) keys.set(dataClass, { key: await vault.openSubjectKey(pk, dataClass, value), wrapped: value })
    }
    return keys
  }

  async function query(
    pk: string,
    prefix: string,
    options: { readonly ConsistentRead?: boolean; readonly upTo?: string } = {},
  ): Promise<Item[]> {
    const items: Item[] = []
    let start: Item | undefined
    do {
      const { ConsistentRead = true, upTo } = options
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
    } while (start !== undefined && items.length < maxPage * 100)
    return items
  }

  async function load(id: string, fresh: boolean): Promise<Stored<S> | undefined> {
    const pk = pkOf(id)
    const items = (await query(pk, 'state', { ConsistentRead: fresh })).map((item) => StateItem.parse(item))
    const main = items.find(({ sk }) => sk === 'state')
    if (main === undefined) return undefined
    const keys = await openKeys(pk, main.k)
    const parts = items.flatMap(({ sk, v, c, s }): unknown[] => [JSON.parse(c), ...unsealed(keys, pk, sk, v, s)])
    const applied = main.a?.match(new RegExp(`.{${markLength}}`, 'g')) ?? []
    const stored = { id, version: main.v, state: aggregate.state.parse(joined(parts)), applied, head: main.h ?? genesis }
    keysOf.set(stored, keys)
    return stored
  }

  async function stateItems({ id, from, state, mark }: Change<S, E>, keys: SubjectKeys, version: number, head: string): Promise<Item[]> {
    const pk = pkOf(id)
    const { open, sealed: secret } = split(aggregate.state, state)
    const items: Item[] = []
    for (const field of cold) {
      if (sameField(from?.state, state, field)) continue
      const sk = `state#${field}`
      const parts = new Map(
        [...secret].flatMap(([dataClass, part]) => (hasField(part, field) ? [[dataClass, { [field]: part[field] }] as const] : [])),
      )
      items.push({
        pk: { S: pk },
        sk: { S: sk },
        v: { N: String(version) },
        c: { S: JSON.stringify(hasField(open, field) ? { [field]: open[field] } : {}) },
        ...sealedAttribute(await sealed(keys, pk, sk, version, parts)),
      })
    }
    const hot = new Map(
      [...secret].flatMap(([dataClass, part]) => {
        const rest = without(part, cold)
        return Object.keys(rest).length === 0 ? [] : [[dataClass, rest] as const]
      }),
    )
    const hotSealed = await sealed(keys, pk, 'state', version, hot)
    const entry = aggregate.index?.(state)
    const index = {
      ...(entry?.gsi1 && { gsi1pk: { S: entry.gsi1.pk }, gsi1sk: { S: entry.gsi1.sk } }),
      ...(entry?.gsi2 && { gsi2pk: { S: entry.gsi2.pk }, gsi2sk: { S: entry.gsi2.sk } }),
    }
    items.unshift({
      pk: { S: pk },
      sk: { S: 'state' },
      v: { N: String(version) },
      c: { S: JSON.stringify(without(open, cold)) },
      h: { S: head },
      a: { S: [...(from?.applied ?? []), mark].join('') },
      ...sealedAttribute(hotSealed),
      ...(keys.size === 0 ? {} : { k: bytesMap(new Map([...keys].map(([dataClass, { wrapped }]) => [dataClass, wrapped]))) }),
      ...(entry === undefined ? {} : { row: { S: JSON.stringify(entry.row) }, ...index }),
    })
    return items
  }

  async function commitItem(
    { id, from, events, trail }: Change<S, E>,
    keys: SubjectKeys,
    version: number,
  ): Promise<{ readonly item: Item; readonly hash: string }> {
    const pk = pkOf(id)
    const sk = commitKey(version)
    const parts = events.map((event) => {
      const definition = definitionOf(aggregate.events, event.type)
      if (definition === undefined) throw new Error(`${aggregate.name} does not declare the event ${event.type}`)
      return { type: event.type, published: definition.published, ...split(definition.data, event.data) }
    })
    const secrets = new Map<DataClass, unknown>()
    for (const dataClass of dataClasses) {
      if (parts.some((part) => part.sealed.has(dataClass)))
        secrets.set(
          dataClass,
          parts.map((part) => part.sealed.get(dataClass) ?? {}),
        )
    }
    const blobs = await sealed(keys, pk, sk, version, secrets)
    const digests = Object.fromEntries(
      [...blobs].map(([dataClass, blob]) => [dataClass, chainHash('', Buffer.from(blob).toString('base64'))]),
    )
    const c = JSON.stringify({
      version,
      trail,
      events: parts.map(({ type, open }) => ({ type, data: open })),
      ...(blobs.size === 0 ? {} : { sealed: digests }),
    })
    const previous = from?.head ?? genesis
    const hash = chainHash(previous, c)
    const out = parts.flatMap(({ published }, i) => (published ? [i] : []))
    const item: Item = {
      pk: { S: pk },
      sk: { S: sk },
      c: { S: c },
      h: { S: hash },
      p: { S: previous },
      ...sealedAttribute(blobs),
      ...(out.length === 0 ? {} : { out: { S: out.join(',') } }),
    }
    return { item, hash }
  }

  return {
    load: (id, { fresh = false } = {}) => load(id, fresh),
    append: async (change) => {
      const version = (change.from?.version ?? 0) + 1
      const keys: SubjectKeys = new Map(change.from === undefined ? [] : (keysOf.get(change.from) ?? []))
      const { item: commit, hash } = await commitItem(change, keys, version)
      const [main, ...rest] = await stateItems(change, keys, version, hash)
      const condition =
        change.from === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : { ConditionExpression: 'v = :from', ExpressionAttributeValues: { ':from': { N: String(change.from.version) } } }
      try {
        await table.client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: table.name, Item: main, ...condition } },
              ...rest.map((Item) => ({ Put: { TableName: table.name, Item } })),
              { Put: { TableName: table.name, Item: commit, ConditionExpression: 'attribute_not_exists(pk)' } },
            ],
          }),
        )
      } catch (error) {
        if (isConflict(error)) return { ok: false }
        throw error
      }
      const stored = { id: change.id, version, state: change.state, applied: [...(change.from?.applied ?? []), change.mark], head: hash }
      keysOf.set(stored, keys)
      return { ok: true, stored }
    },
    history: async (id, upTo) => {
      const pk = pkOf(id)
      const [state, items] = await Promise.all([
        query(pk, 'state'),
        query(pk, 'event#', { upTo: upTo === undefined ? 'event#~' : commitKey(upTo) }),
      ])
      const keys = await openKeys(pk, state.map((item) => StateItem.parse(item)).find(({ sk }) => sk === 'state')?.k)
      return items.map((raw): Commit<E> => {
        const { sk, c, s, h, p } = CommitItem.parse(raw)
        const { version, trail, events } = CommitText.parse(JSON.parse(c))
        const secrets = unsealed(keys, pk, sk, version, s)
        const whole = events.map(({ type, data }, i) =>
          eventOf.parse({ type, data: joined([data, ...secrets.map((list) => (Array.isArray(list) ? list[i] : undefined))]) }),
        )
        return { version, trail, events: whole, previous: p, hash: h }
      })
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
      return items.length > limit && last !== undefined
        ? { ...result, next: { id: last.pk.slice(aggregate.name.length + 1), sk: last.sort } }
        : result
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

const sealedAttribute = (blobs: ReadonlyMap<string, Uint8Array>): Item => (blobs.size === 0 ? {} : { s: bytesMap(blobs) })

type Tree = Readonly<Record<string, unknown>>
const hasField = (value: unknown, field: string): value is Tree => typeof value === 'object' && value !== null && field in value
const without = (value: unknown, fields: readonly string[]): Tree =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([name]) => !fields.includes(name))) : {}
const sameField = (before: unknown, after: unknown, field: string): boolean =>
  (hasField(before, field) ? before[field] : undefined) === (hasField(after, field) ? after[field] : undefined)

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
