import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataClass } from '@wontanara/events'
import { type Action, type Decision, decide, type Principal, type Resource } from './access.ts'
import { type Aggregate, type Command, type DomainEvent, fold, type Issued } from './aggregate.ts'
import { classesIn, planOf } from './data.ts'
import { derivedId } from './ids.ts'
import { type CommonRefusalCode, common, type Refusal } from './refusal.ts'
import { ok, type Result, refused } from './result.ts'
import { appliedMark, type ListPage, type ListPosition, type ListQuery, type Store, type Stored, shortDigest, type Trail } from './store.ts'

/** One request, whoever makes it: an HTTP caller or an event. */
export interface Call {
  readonly principal: Principal
  readonly action: Action
  /** Instant of the request, ISO 8601 UTC. */
  readonly at: string
  /** What makes a repeat of this request recognisable: digest of caller and Idempotency-Key, or of the event's id. */
  readonly key: string
  /** Digest of what was asked, to tell a repeat from a reuse of the key. */
  readonly fingerprint: string
  /** The version the caller read; absent where none is required (creations, events). */
  readonly ifMatch?: number
  readonly traceparent?: string | undefined
  /** The caller wants to read its own last write. */
  readonly fresh?: boolean
  /** An id for something this request creates: the same each time the request is repeated. */
  newId(prefix: string): string
}

/** Makes a call. @param key anything that identifies the request within the caller's scope */
export function callOf(input: Omit<Call, 'newId' | 'key' | 'fingerprint'> & { readonly key: string; readonly content: string }): Call {
  const { key: rawKey, content, ...rest } = input
  const key = shortDigest(input.principal.id, rawKey)
  let created = 0
  return {
    ...rest,
    key,
    fingerprint: createHash('sha256').update(content).digest('base64url'),
    newId: (prefix) => derivedId(prefix, input.principal.id, rawKey, String(created++)),
  }
}

/** Adds to a command who issues it and when. */
export const issued = (call: Call): Issued => ({ at: call.at, by: call.principal })

/** A record as a caller may see it: `classes` says which fields may be shown. */
export interface Seen<S> {
  readonly id: string
  readonly state: S
  readonly version: number
  readonly classes: ReadonlySet<DataClass>
}

/** An aggregate and where it lives. */
export interface Repository<S, C extends Command, E extends DomainEvent, R extends string> {
  readonly aggregate: Aggregate<S, C, E, R>
  readonly store: Store<S, E>
}

const maxAttempts = 6

const trailOf = (call: Call, as: string, reason?: string): Trail => ({
  at: call.at,
  by: call.principal.id,
  as,
  offices: call.principal.kind === 'staff' ? call.principal.offices : [],
  action: call.action,
  ...(reason === undefined ? {} : { reason }),
  ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
})

/**
 * A command, or how to make it from the record as it now is: for guards that rest on other records. It is made after access was granted,
 * and made again on each retry, so that what it rests on is never older than the record it changes.
 */
export type CommandSource<S, C extends Command> = C | ((current: S) => Promise<C>)

/** Records a refused attempt and words the refusal: what is out of reach looks like what does not exist. */
async function deny<S, E extends DomainEvent>(
  store: Store<S, E>,
  call: Call,
  id: string | undefined,
  decision: Extract<Decision, { allow: false }>,
): Promise<Refusal<CommonRefusalCode>> {
  await store.recordAccess({ id, trail: trailOf(call, call.principal.kind), decision: 'denied', denial: decision.reason })
  return common.refuse(decision.reason === 'role' ? 'not-permitted' : 'not-found')
}

/**
 * The only way to change a record: load, check access, decide, append. On a conflict it loads again and retries a bounded number of times.
 * A repeat of a command already applied answers as the first time, whatever happened since.
 * @throws when the store fails, or when the conflict does not end
 */
export async function execute<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  command: CommandSource<S, C>,
  call: Call,
): Promise<Result<Seen<S>, Refusal<R | CommonRefusalCode>>> {
  for (let attempt = 1; ; attempt++) {
    const current = await store.load(id, { fresh: true })
    if (current === undefined) return refused(common.refuse('not-found'))
    const outcome = await change({ aggregate, store }, id, command, call, current)
    if (outcome !== 'conflict') return outcome
    if (attempt === maxAttempts) throw new Error(`${aggregate.name}: conflict after ${maxAttempts} attempts`)
    await sleep(Math.random() * 10 * 2 ** attempt)
  }
}

/**
 * Creates a record in one round trip. When it exists, a repeat of the same request answers as the first time; anything else is refused.
 * @param id derived from the request (`call.newId`), so that a repeat meets the first
 */
export async function create<S, C extends Command, E extends DomainEvent, R extends string>(
  repository: Repository<S, C, E, R>,
  id: string,
  command: C,
  call: Call,
): Promise<Result<Seen<S>, Refusal<R | CommonRefusalCode>>> {
  const first = await change(repository, id, command, call, undefined)
  if (first !== 'conflict') return first
  const existing = await repository.store.load(id, { fresh: true })
  if (existing === undefined) throw new Error(`${repository.aggregate.name}: refused as existing, but not there`)
  return (await repeated(repository, existing, call)) ?? refused(common.refuse('already-exists'))
}

/** Creates the record, or changes it when it exists: for events, which may come in any order. */
export async function createOrExecute<S, C extends Command, E extends DomainEvent, R extends string>(
  repository: Repository<S, C, E, R>,
  id: string,
  command: C,
  call: Call,
): Promise<Result<Seen<S>, Refusal<R | CommonRefusalCode>>> {
  const existing = await repository.store.load(id, { fresh: true })
  if (existing === undefined) {
    const first = await change(repository, id, command, call, undefined)
    if (first !== 'conflict') return first
  }
  return execute(repository, id, command, call)
}

async function change<S, C extends Command, E extends DomainEvent, R extends string>(
  repository: Repository<S, C, E, R>,
  id: string,
  source: CommandSource<S, C>,
  call: Call,
  current: Stored<S> | undefined,
): Promise<Result<Seen<S>, Refusal<R | CommonRefusalCode>> | 'conflict'> {
  const { aggregate, store } = repository
  if (current !== undefined) {
    const access = decide(call.principal, call.action, aggregate.resource(current.state))
    if (!access.allow) return refused(await deny(store, call, id, access))
    const again = await repeated(repository, current, call)
    if (again !== undefined) return again
    if (call.ifMatch !== undefined && call.ifMatch !== current.version)
      return refused({ ...common.refuse('stale-version'), version: current.version })
  }
  if (typeof source === 'function' && current === undefined) throw new Error(`${aggregate.name}: a creation is not made from a record`)
  const command = typeof source === 'function' ? await source(current.state) : source
  const decided = aggregate.decide(current?.state, command)
  if (!decided.ok) return decided
  const state = fold(aggregate, current?.state, decided.value)
  if (state === undefined) throw new Error(`${aggregate.name}: a creation without an event`)
  const access = decide(call.principal, call.action, aggregate.resource(current?.state ?? state))
  if (!access.allow) return refused(await deny(store, call, current === undefined ? undefined : id, access))
  const classes = visibleAfter(call, aggregate.resource(state), access)
  if (current !== undefined && decided.value.length === 0) return ok({ id, state: current.state, version: current.version, classes })
  const mark = appliedMark(call.key, call.fingerprint)
  const appended = await store.append({
    id,
    from: current,
    state,
    events: decided.value,
    trail: trailOf(call, access.as, command.reason),
    mark,
  })
  return appended.ok ? ok({ id, state, version: appended.stored.version, classes }) : 'conflict'
}

/** What may be shown after a change: it may have moved the record away from the caller, who then sees operational data only. */
function visibleAfter(call: Call, resource: Resource, before: Extract<Decision, { allow: true }>): ReadonlySet<DataClass> {
  const after = decide(call.principal, call.action, resource)
  return after.allow ? after.classes : new Set([...before.classes].filter((c) => c === 'C0' || c === 'C1'))
}

/** The first answer to a command that was applied already; undefined when it was not. */
async function repeated<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  current: Stored<S>,
  call: Call,
): Promise<Result<Seen<S>, Refusal<CommonRefusalCode>> | undefined> {
  const version = current.applied.findIndex((mark) => mark.startsWith(call.key)) + 1
  if (version === 0) return undefined
  if (current.applied[version - 1] !== appliedMark(call.key, call.fingerprint)) return refused(common.refuse('idempotency-key-reused'))
  const access = decide(call.principal, call.action, aggregate.resource(current.state))
  if (!access.allow) return refused(await deny(store, call, current.id, access))
  if (version === current.version) return ok({ id: current.id, state: current.state, version, classes: access.classes })
  const commits = await store.history(current.id, version)
  const state = fold(
    aggregate,
    undefined,
    commits.flatMap(({ events }) => events),
  )
  if (state === undefined) throw new Error(`${aggregate.name}: no history for version ${version}`)
  return ok({ id: current.id, state, version, classes: access.classes })
}

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
  const special = [...classesIn(planOf(aggregate.state), current.state)].filter((c) => c.startsWith('C3') && access.classes.has(c))
  if (special.length > 0) await store.recordAccess({ id, trail: trailOf(call, access.as), decision: 'allowed', classes: special })
  return ok({ id, state: current.state, version: current.version, classes: access.classes })
}

/** One page of an index partition, for a caller who stands in the relation that `resource` describes. */
export async function list<S, E extends DomainEvent>(
  store: Store<S, E>,
  call: Call,
  resource: Resource,
  query: Omit<ListQuery, 'after'> & { readonly cursor?: string | undefined },
): Promise<Result<ListPage & { readonly cursor?: string; readonly classes: ReadonlySet<DataClass> }, Refusal<CommonRefusalCode>>> {
  const access = decide(call.principal, call.action, resource)
  if (!access.allow) return refused(await deny(store, call, undefined, access))
  const { cursor, ...rest } = query
  const binding = shortDigest(call.principal.id, query.index, query.pk, query.prefix ?? '', String(query.descending ?? false))
  const after = cursor === undefined ? undefined : readCursor(cursor, binding)
  if (cursor !== undefined && after === undefined) return refused(common.refuse('invalid-cursor'))
  const page = await store.list({ ...rest, ...(after === undefined ? {} : { after }) })
  return ok({ ...page, classes: access.classes, ...(page.next === undefined ? {} : { cursor: writeCursor(page.next, binding) }) })
}

/** Cursors are bound to caller and filter: one taken elsewhere is refused rather than misread. */
const writeCursor = ({ id, sk }: ListPosition, binding: string): string =>
  Buffer.from(JSON.stringify([binding, id, sk])).toString('base64url')

function readCursor(cursor: string, binding: string): ListPosition | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (!Array.isArray(parts)) return undefined
    const [bound, id, sk]: readonly unknown[] = parts
    return bound === binding && typeof id === 'string' && typeof sk === 'string' ? { id, sk } : undefined
  } catch {
    return undefined
  }
}
