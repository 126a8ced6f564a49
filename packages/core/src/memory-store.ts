import * as z from 'zod'
import { type Aggregate, type Command, type DomainEvent, declaredEvent, eventSchema, isErasing, requireDeclared } from './aggregate.ts'
import { joined, split } from './data.ts'
import {
  type AccessRecord,
  type Change,
  chainHash,
  genesis,
  type ListPage,
  type Store,
  type Stored,
  type Trail,
  type Write,
} from './store.ts'

interface Entry {
  readonly version: number
  readonly trail: Trail
  readonly text: string
  readonly previous: string
  readonly hash: string
  readonly sealed: boolean
}

const EventsOf = z.object({ events: z.array(z.unknown()) })

/** What is left of a value after it was stored: JSON, and no field that its schema does not declare. */
const kept = (schema: z.core.$ZodType, value: unknown): unknown => {
  const { open, sealed } = split(schema, value)
  return JSON.parse(JSON.stringify(joined([open, ...sealed.values()])))
}
/**
 * Rows and index keys lie open. A text that is sealed in the state, lies nowhere open in it, and shows in them was put there by mistake.
 * Short texts are passed over: they may be the same by chance.
 */
function requireNothingSealed<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  state: S,
): void {
  const { open, sealed } = split(aggregate.state, state)
  const [openly, shown] = [JSON.stringify(open ?? null), JSON.stringify(aggregate.index?.(state) ?? null)]
  const found = textsIn([...sealed.values()]).find((text) => text.length > 3 && shown.includes(text) && !openly.includes(text))
  if (found !== undefined) throw new Error(`${aggregate.name}: a list row or an index key shows what the state keeps sealed`)
}
const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** What a prepared change of the memory does when its turn comes. */
const pending = new WeakMap<Write, { fits(): boolean; apply(): void }>()
const pendingOf = (write: Write) => {
  const found = pending.get(write)
  if (found === undefined) throw new Error(`${write.record}: prepared by another kind of store`)
  return found
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A store for tests: same behaviour as the real one, nothing kept. It also finds personal data in list rows, which the real one would not look for. */
export function memoryStore<S, C extends Command, E extends DomainEvent, R extends string>(aggregate: Aggregate<S, C, E, R>): Store<S, E> {
  const records = new Map<string, Omit<Stored<S>, 'state'> & { readonly state: unknown }>()
  const commits = new Map<string, readonly Entry[]>()
  const accesses: AccessRecord[] = []
  const eventOf = eventSchema<E>(aggregate.events)
  const stateOf = (state: unknown): S => aggregate.state.parse(structuredClone(state))
  const textOf = (version: number, trail: Trail, events: readonly E[]): string =>
    JSON.stringify({
      version,
      trail,
      events: events.map(({ type, data }) => ({ type, data: kept(declaredEvent(aggregate.events, type).data, data) })),
    })
  const isSealed = ({ type, data }: E): boolean => split(declaredEvent(aggregate.events, type).data, data).sealed.size > 0
  const erased = new Map<string, number>()
  const nameOf = (id: string): string => `${aggregate.name}#${id}`
  const eventsIn = (text: string): E[] => EventsOf.parse(JSON.parse(text)).events.map((event) => eventOf.parse(event))

  function ready({ id, from, state, events, trail, mark }: Change<S, E>): { readonly write: Write; readonly stored: Stored<S> } {
    requireDeclared(aggregate, state, events)
    requireNothingSealed(aggregate, state)
    const version = (from?.version ?? 0) + 1
    const previous = from?.head ?? genesis
    const text = textOf(version, trail, events)
    const hash = chainHash(previous, text)
    const erasing = isErasing(aggregate, state, events)
    const record = { id, version, applied: [...(from?.applied ?? []), mark], head: hash }
    const write = { record: nameOf(id) }
    pending.set(write, {
      fits: () => records.get(id)?.version === from?.version,
      apply: () => {
        records.set(id, { ...record, state: kept(aggregate.state, state) })
        commits.set(id, [
          ...(commits.get(id) ?? []),
          { version, trail: structuredClone(trail), text, previous, hash, sealed: events.some(isSealed) },
        ])
        if (erasing) erased.set(id, version)
      },
    })
    return { write, stored: { ...record, state } }
  }

  return {
    load: async (id) => {
      const record = records.get(id)
      return record === undefined ? undefined : { ...record, state: stateOf(record.state) }
    },
    append: async (change, along = []) => {
      const { write, stored } = ready(change)
      const all = [write, ...along]
      if (new Set(all.map(({ record }) => record)).size < all.length) throw new Error('a record changes once in a transaction')
      const changes = all.map(pendingOf)
      if (!changes.every((one) => one.fits())) return { ok: false }
      for (const one of changes) one.apply()
      return { ok: true, stored }
    },
    prepare: async (change) => ready(change).write,
    unchanged: ({ id, version }) => {
      const write = { record: nameOf(id) }
      pending.set(write, { fits: () => records.get(id)?.version === version, apply: () => undefined })
      return write
    },
    history: async (id, upTo = Number.POSITIVE_INFINITY) =>
      (commits.get(id) ?? [])
        .filter(({ version, sealed }) => version <= upTo && !(sealed && version < (erased.get(id) ?? 0)))
        .map(({ text, sealed: _, ...commit }) => ({ ...structuredClone(commit), events: eventsIn(text) })),
    chain: async (id) => {
      const record = records.get(id)
      const entries = (commits.get(id) ?? []).map(({ version, text, previous, hash }) => ({ version, text, previous, hash, sealed: {} }))
      return record === undefined ? { entries } : { entries, head: { version: record.version, hash: record.head } }
    },
    list: async ({ index, pk, prefix = '', limit, after, descending = false }) => {
      const direction = descending ? -1 : 1
      const order = (a: { readonly id: string; readonly sk: string }, b: { readonly id: string; readonly sk: string }): number =>
        direction * (inOrder(a.sk, b.sk) || inOrder(a.id, b.id))
      const entries = [...records.values()]
        .flatMap(({ id, state }) => {
          const entry = aggregate.index?.(stateOf(state))
          const key = entry?.[index]
          return key?.pk === pk && key.sk.startsWith(prefix) ? [{ id, sk: key.sk, row: entry?.row }] : []
        })
        .filter((entry) => after === undefined || order(entry, after) > 0)
        .sort(order)
      const slice = entries.slice(0, limit)
      const last = slice.at(-1)
      const page: ListPage = { rows: slice.map(({ row }): unknown => JSON.parse(JSON.stringify(row))) }
      return last !== undefined && entries.length > limit ? { ...page, next: { id: last.id, sk: last.sk } } : page
    },
    recordAccess: async (record) => void accesses.push(structuredClone(record)),
    accesses: async (id) => accesses.filter((record) => record.id === id),
  }
}
