import type { Aggregate, Command, DomainEvent } from './aggregate.ts'
import { type AccessRecord, type Commit, chainHash, genesis, type ListPage, type Store, type Stored } from './store.ts'

/** A store for tests: same behaviour as the real one, nothing kept. */
export function memoryStore<S, C extends Command, E extends DomainEvent, R extends string>(aggregate: Aggregate<S, C, E, R>): Store<S, E> {
  const records = new Map<string, Stored<S>>()
  const commits = new Map<string, Commit<E>[]>()
  const accesses: AccessRecord[] = []
  return {
    load: async (id) => structuredClone(records.get(id)),
    append: async ({ id, from, state, events, trail, mark }) => {
      const current = records.get(id)
      if (current?.version !== from?.version) return { ok: false }
      const version = (from?.version ?? 0) + 1
      const previous = from?.head ?? genesis
      const hash = chainHash(previous, JSON.stringify({ version, trail, events }))
      const stored = { id, version, state: aggregate.state.parse(state), applied: [...(from?.applied ?? []), mark], head: hash }
      records.set(id, structuredClone(stored))
      commits.set(id, [...(commits.get(id) ?? []), structuredClone({ version, trail, events, previous, hash })])
      return { ok: true, stored }
    },
    history: async (id, upTo = Number.POSITIVE_INFINITY) => structuredClone(commits.get(id) ?? []).filter(({ version }) => version <= upTo),
    list: async ({ index, pk, prefix = '', limit, after, descending = false }) => {
      const entries = [...records.values()]
        .flatMap(({ id, state }) => {
          const entry = aggregate.index?.(state)
          const key = entry?.[index]
          return key?.pk === pk && key.sk.startsWith(prefix) ? [{ id, sk: key.sk, row: entry?.row }] : []
        })
        .sort((a, b) => (a.sk + a.id < b.sk + b.id ? -1 : 1))
      if (descending) entries.reverse()
      const start = after === undefined ? 0 : entries.findIndex(({ id, sk }) => id === after.id && sk === after.sk) + 1
      const slice = entries.slice(start, start + limit)
      const last = slice.at(-1)
      const page: ListPage = { rows: slice.map(({ row }) => row) }
      return last !== undefined && start + limit < entries.length ? { ...page, next: { id: last.id, sk: last.sk } } : page
    },
    recordAccess: async (record) => void accesses.push(record),
    accesses: async (id) => accesses.filter((record) => record.id === id),
  }
}
