import type { DataClass } from '@wontanara/events'
import { decide, type Resource } from './access.ts'
import type { Command, DomainEvent } from './aggregate.ts'
import { deny, disclose } from './audit.ts'
import { type Call, trailOf } from './call.ts'
import type { Repository, Seen } from './execute.ts'
import type { FindIndex, FoundPage, Term } from './find.ts'
import { type CommonRefusalCode, common, type Refusal } from './refusal.ts'
import { ok, type Result, refused } from './result.ts'
import { type ListPage, type ListPosition, type ListQuery, type Store, shortDigest } from './store.ts'

/** Reads a record. A read that discloses special-category data is recorded before it returns. */
export async function read<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  call: Call,
): Promise<Result<Seen<S>, Refusal<CommonRefusalCode>>> {
  const current = await store.load(id, { fresh: call.fresh ?? false })
  if (current === undefined) return refused(common.refuse('not-found'))
  const access = decide(call.principal, call.action, aggregate.resource(current.state))
  if (!access.allow) return refused(await deny(store, call, id, access))
  await disclose(store, aggregate.state, call, id, current.state, access)
  return ok({ id, state: current.state, version: current.version, at: call.at, classes: access.classes })
}

/** A page as its reader may see it: `cursor` leads to the next one. */
export interface SeenPage extends ListPage {
  readonly cursor?: string
  readonly classes: ReadonlySet<DataClass>
}

/** One page of an index partition, for a caller who stands in the relation that `resource` describes. */
export async function list<S, E extends DomainEvent>(
  store: Store<S, E>,
  call: Call,
  resource: Resource,
  query: Omit<ListQuery, 'after'> & { readonly cursor?: string | undefined },
): Promise<Result<SeenPage, Refusal<CommonRefusalCode>>> {
  const access = decide(call.principal, call.action, resource)
  if (!access.allow) return refused(await deny(store, call, undefined, access))
  const { cursor, ...rest } = query
  const binding = shortDigest(call.principal.id, query.index, query.pk, query.prefix ?? '', String(query.descending ?? false))
  const after = cursor === undefined ? undefined : readCursor(cursor, binding, query.prefix)
  if (cursor !== undefined && after === undefined) return refused(common.refuse('invalid-cursor'))
  const page = await store.list({ ...rest, ...(after === undefined ? {} : { after }) })
  return ok({ ...page, classes: access.classes, ...(page.next === undefined ? {} : { cursor: writeCursor(page.next, binding) }) })
}

/** What a search asks of the index, and of the records that it finds there. */
export interface SearchQuery<S, T> {
  /** Where to look: a scope of the index, which is an office. */
  readonly scope: string
  /** The term to look under; undefined when `ids` names the records. */
  readonly term: Term | undefined
  readonly ids?: readonly string[] | undefined
  readonly limit: number
  readonly cursor?: string | undefined
  /** The whole question, to bind cursors to it. */
  readonly asked: string
  /** Whether a record is what was asked for: the index knows less than the record, and follows it later. */
  fits(state: S): boolean
  view(state: S): T
}

export interface SearchAnswer<T> {
  readonly body: { items: T[]; next?: string }
  readonly classes: ReadonlySet<DataClass>
}

/**
 * One page of a search by personal data, for a caller who stands in the relation of the scope's office. It is recorded that there was a search,
 * whatever it finds. It reads as many records as the page may hold, so that neither time nor price tells what lies elsewhere.
 */
export async function search<S, C extends Command, E extends DomainEvent, R extends string, T>(
  { store }: Repository<S, C, E, R>,
  index: FindIndex,
  call: Call,
  { scope, term, ids, limit, cursor, asked, fits, view }: SearchQuery<S, T>,
): Promise<Result<SearchAnswer<T>, Refusal<CommonRefusalCode>>> {
  const access = decide(call.principal, call.action, { offices: [scope], assignees: [] })
  if (!access.allow) return refused(await deny(store, call, undefined, access))
  const binding = shortDigest(call.principal.id, scope, asked)
  const after = cursor === undefined ? undefined : readCursor(cursor, binding)
  if (cursor !== undefined && after === undefined) return refused(common.refuse('invalid-cursor'))
  await store.recordAccess({ trail: trailOf(call, access.as), decision: 'allowed', classes: ['C2'] })
  const page: FoundPage =
    ids !== undefined || term === undefined
      ? { found: (ids ?? []).map((id) => ({ scope, id })) }
      : await index.find(term, { scope, limit, ...(after === undefined ? {} : { after: { scope, id: after.id } }) })
  const records = await Promise.all(page.found.map(({ id }) => store.load(id)))
  const items = records.flatMap((record) => (record !== undefined && fits(record.state) ? [view(record.state)] : []))
  const next = page.next === undefined ? {} : { next: writeCursor({ id: page.next.id, sk: page.next.scope }, binding) }
  return ok({ body: { items, ...next }, classes: access.classes })
}

/** Cursors are bound to caller and filter: one taken elsewhere is refused rather than misread. */
const writeCursor = ({ id, sk }: ListPosition, binding: string): string =>
  Buffer.from(JSON.stringify([binding, id, sk])).toString('base64url')

/** A position inside the list that was asked for: the store would take one outside of it for a fault. */
function readCursor(cursor: string, binding: string, prefix = ''): ListPosition | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (!Array.isArray(parts)) return undefined
    const [bound, id, sk]: readonly unknown[] = parts
    if (bound !== binding || typeof id !== 'string' || typeof sk !== 'string') return undefined
    return id !== '' && sk !== '' && sk.startsWith(prefix) ? { id, sk } : undefined
  } catch {
    return undefined
  }
}
