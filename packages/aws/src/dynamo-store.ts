import { setTimeout as sleep } from 'node:timers/promises'
import {
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import {
  type AccessRecord,
  type Aggregate,
  type ChainEntry,
  type Change,
  type Command,
  type DomainEvent,
  type ListPage,
  newId,
  partDigest,
  requireDeclared,
  type Store,
  type Stored,
  type Write,
} from '@wontanara/core'
import { dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { TrailSchema } from './commit-text.ts'
import type { KeyVault } from './key-vault.ts'
import { CommitItem, commitKey, commitOf, type Held, type Item, itemsOf, pkOf, recordOf, StateItem, versionOf } from './record-items.ts'
import { sealedParts } from './sealed-parts.ts'
import { type Table, text } from './table.ts'

const maxReads = 4

const IndexItem = z.object({ pk: text, row: text })
const AccessItem = z.object({ c: text })

const AccessSchema = z.object({
  id: z.string().optional(),
  trail: TrailSchema,
  decision: z.enum(['allowed', 'denied']),
  denial: z.string().optional(),
  classes: z.array(z.enum(dataClasses)).optional(),
})

/** What a prepared change adds to a transaction. */
const pending = new WeakMap<Write, readonly TransactWriteItem[]>()
function pendingOf(write: Write): readonly TransactWriteItem[] {
  const items = pending.get(write)
  if (items === undefined) throw new Error(`${write.record}: prepared by another kind of store`)
  return items
}

/** The DynamoDB store. One `TransactWriteItems` per change; one `Query` per load. */
export function dynamoStore<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  table: Table,
  vault: KeyVault,
): Store<S, E> {
  const held = new WeakMap<Stored<S>, Held>()
  const partsOf = (id: string) => sealedParts(vault, table.name, pkOf(aggregate, id))

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
      const items = await query(pkOf(aggregate, id), 'state', { ConsistentRead: fresh || n > 1 })
      const record = await recordOf(aggregate, partsOf(id), id, items)
      if (record === undefined) return undefined
      if (record !== 'torn') {
        held.set(record.stored, record.held)
        return record.stored
      }
      await sleep(10 * n)
    }
    throw new Error(`${aggregate.name}: the items of a record do not belong together`)
  }

  /** What is held of the record that a change starts from, also if it was loaded elsewhere: keys made anew would lose what the old ones sealed. */
  async function heldBy(from: Stored<S> | undefined): Promise<Held | undefined> {
    if (from === undefined) return { keys: new Map(), cold: {} }
    const known = held.get(from)
    if (known !== undefined) return known
    const stored = await load(from.id, true)
    return stored?.version === from.version ? held.get(stored) : undefined
  }

  const isAt = (version: number) => ({ ConditionExpression: 'v = :from', ExpressionAttributeValues: { ':from': { N: String(version) } } })

  /** What a change adds to a transaction; undefined when it starts from what is no more. */
  async function ready(change: Change<S, E>) {
    const { id, from, state } = change
    requireDeclared(aggregate, state, change.events)
    const before = await heldBy(from)
    if (before === undefined) return undefined
    const { items: puts, head, after } = await itemsOf(aggregate, partsOf(id), change, before)
    const [main, commit, ...rest] = puts
    const condition = from === undefined ? { ConditionExpression: 'attribute_not_exists(pk)' } : isAt(from.version)
    const items: readonly TransactWriteItem[] = [
      { Put: { TableName: table.name, Item: main, ...condition } },
      { Put: { TableName: table.name, Item: commit, ConditionExpression: 'attribute_not_exists(pk)' } },
      ...rest.map((Item) => ({ Put: { TableName: table.name, Item } })),
    ]
    return { items, head, after }
  }

  function writing(id: string, items: readonly TransactWriteItem[]): Write {
    const write = { record: pkOf(aggregate, id) }
    pending.set(write, items)
    return write
  }

  return {
    load: (id, { fresh = false } = {}) => load(id, fresh),
    append: async (change, along = []) => {
      const own = await ready(change)
      if (own === undefined) return { ok: false }
      try {
        await table.client.send(new TransactWriteItemsCommand({ TransactItems: [...own.items, ...along.flatMap(pendingOf)] }))
      } catch (error) {
        if (isConflict(error)) return { ok: false }
        throw error
      }
      const { id, from, state } = change
      const stored = { id, version: (from?.version ?? 0) + 1, state, applied: [...(from?.applied ?? []), change.mark], head: own.head }
      held.set(stored, own.after)
      return { ok: true, stored }
    },
    prepare: async (change) => {
      const own = await ready(change)
      return own === undefined ? undefined : writing(change.id, own.items)
    },
    unchanged: ({ id, version }) =>
      writing(id, [
        { ConditionCheck: { TableName: table.name, Key: { pk: { S: pkOf(aggregate, id) }, sk: { S: 'state' } }, ...isAt(version) } },
      ]),
    history: async (id, upTo) => {
      const [[first], items] = await Promise.all([
        query(pkOf(aggregate, id), 'state'),
        query(pkOf(aggregate, id), 'event#', { upTo: upTo === undefined ? 'event#~' : commitKey(upTo) }),
      ])
      if (first?.sk?.S !== 'state') return []
      const state = StateItem.parse(first)
      const parts = partsOf(id)
      const keys = await parts.open(state.k)
      return items
        .map((item) => CommitItem.parse(item))
        .filter(({ sk, s }) => versionOf(sk) <= state.v && (s === undefined || versionOf(sk) >= (state.e ?? 0)))
        .map((item) => commitOf(aggregate, parts, keys, item))
    },
    chain: async (id) => {
      const [[first], items] = await Promise.all([query(pkOf(aggregate, id), 'state'), query(pkOf(aggregate, id), 'event#')])
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
                  pk: { S: pkOf(aggregate, after.id) },
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
      const pk = record.id === undefined ? `actor#${record.trail.by}` : pkOf(aggregate, record.id)
      await table.client.send(
        new PutItemCommand({
          TableName: table.name,
          Item: { pk: { S: pk }, sk: { S: newId('access#', new Date(record.trail.at)) }, c: { S: JSON.stringify(record) } },
        }),
      )
    },
    accesses: async (id) =>
      (await query(pkOf(aggregate, id), 'access#')).map((item): AccessRecord => {
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
