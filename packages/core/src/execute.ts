import { setTimeout as sleep } from 'node:timers/promises'
import type { DataClass } from '@wontanara/events'
import { type Decision, decide, mayEver } from './access.ts'
import { type Aggregate, type Command, type DomainEvent, fold } from './aggregate.ts'
import { deny, disclose } from './audit.ts'
import { type Call, trailOf } from './call.ts'
import { type CommonRefusalCode, common, type Refusal } from './refusal.ts'
import { ok, type Result, refused } from './result.ts'
import { appliedMark, type Store, type Stored, type Write } from './store.ts'

/** A record as a caller may see it: `classes` says which fields may be shown. */
export interface Seen<S> {
  readonly id: string
  readonly state: S
  readonly version: number
  /** The instant that the answer speaks of. That of a repeat is the first answer's, or what depends on the time would differ. */
  readonly at: string
  readonly classes: ReadonlySet<DataClass>
}

/** An aggregate and where it lives. */
export interface Repository<S, C extends Command, E extends DomainEvent, R extends string> {
  readonly aggregate: Aggregate<S, C, E, R>
  readonly store: Store<S, E>
}

/**
 * A command, or how to make it from the record as it now is: for guards that rest on other records. It is made after access was granted,
 * and made again on each retry, so that what it rests on is never older than the record it changes.
 */
export type CommandSource<S, C extends Command> = C | ((current: S) => Promise<C>)

/** Another record that changes in the same transaction as the one a command is for: see `also`. Undefined when it turns out that none does. */
export type Also<R extends string> = (call: Call) => Promise<Result<Write | undefined, Refusal<R | CommonRefusalCode>> | 'conflict'>

/**
 * What a command to one record brings upon another of the same table, in one transaction: both change or neither does. It is decided on the
 * other record as it then is, which must still be so when both are written; its refusal refuses the whole.
 * @param needed whether the caller must be allowed the action on the other record as well: out of reach is then not found. `nothing` where the
 * first record gives the right, as the acceptance of a transfer does
 */
export const also =
  <S, C extends Command, E extends DomainEvent, R extends string>(
    { aggregate, store }: Repository<S, C, E, R>,
    id: string,
    source: CommandSource<S, C>,
    needed: 'access' | 'nothing' = 'access',
  ): Also<R> =>
  async (call) => {
    const current = await store.load(id, { fresh: true })
    if (current === undefined) return refused(common.refuse('not-found'))
    const access = decide(call.principal, call.action, aggregate.resource(current.state))
    if (needed === 'access' && !access.allow) return refused(await deny(store, call, id, access))
    const command = typeof source === 'function' ? await source(current.state) : source
    return prepared({ aggregate, store }, id, current, command, call, access.allow ? access.as : call.principal.kind)
  }

/** As `also`, for a record that begins to be when it is first needed, such as somebody's agenda of a day. The first record gives the right. */
export const alsoCreating =
  <S, C extends Command, E extends DomainEvent, R extends string>(repository: Repository<S, C, E, R>, id: string, command: C): Also<R> =>
  async (call) =>
    prepared(repository, id, await repository.store.load(id, { fresh: true }), command, call, call.principal.kind)

/** What a command writes, for the transaction of another record. A command without effect on what is not there is refused as not found. */
async function prepared<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  from: Stored<S> | undefined,
  command: C,
  call: Call,
  as: string,
): Promise<Result<Write, Refusal<R | CommonRefusalCode>> | 'conflict'> {
  const decided = aggregate.decide(from?.state, command)
  if (!decided.ok) return decided
  const state = fold(aggregate, from?.state, decided.value)
  if (state === undefined) return refused(common.refuse('not-found'))
  if (from !== undefined && decided.value.length === 0) return ok(store.unchanged(from))
  const mark = appliedMark(call.key, call.fingerprint)
  const write = await store.prepare({ id, from, state, events: decided.value, trail: trailOf(call, as, command.reason), mark })
  return write === undefined ? 'conflict' : ok(write)
}

type Answer<S, R extends string> = Result<Seen<S>, Refusal<R | CommonRefusalCode>>
type Allowed = Extract<Decision, { allow: true }>

/** Enough for twenty writers of one record at once; about two seconds in all. */
const maxAttempts = 12
const longestPause = 400

/** Tries until there is no conflict, with full jitter between. @throws when the conflict does not end: the caller may send the same again */
async function settled<T>(name: string, attempt: () => Promise<T | 'conflict'>): Promise<T> {
  for (let n = 1; ; n++) {
    const outcome = await attempt()
    if (outcome !== 'conflict') return outcome
    if (n === maxAttempts) throw new Error(`${name}: conflict after ${maxAttempts} attempts`)
    await sleep(Math.random() * Math.min(longestPause, 10 * 2 ** n))
  }
}

/**
 * The only way to change a record: load, check access, decide, append. On a conflict it loads again and retries a bounded number of times.
 * A repeat of a command already applied answers as the first time, whatever happened since. A command that changes nothing, or is
 * refused, leaves no mark: its repeat is decided anew.
 * @param along what the command brings upon other records; when it changes nothing, they are left alone too
 * @throws when the store fails, or when the conflict does not end
 */
export function execute<S, C extends Command, E extends DomainEvent, R extends string, R2 extends string = never>(
  repository: Repository<S, C, E, R>,
  id: string,
  command: CommandSource<S, C>,
  call: Call,
  along: readonly Also<R2>[] = [],
): Promise<Answer<S, R | R2>> {
  return settled(repository.aggregate.name, async () => {
    const current = await repository.store.load(id, { fresh: true })
    return current === undefined ? refused(common.refuse('not-found')) : change(repository, current, command, call, along)
  })
}

/**
 * Creates a record in one round trip. When it exists, a repeat of the same request answers as the first time; anything else is refused.
 * @param id derived from the request (`call.newId`), so that a repeat meets the first
 * @param along what the creation brings upon other records
 */
export async function create<S, C extends Command, E extends DomainEvent, R extends string, R2 extends string = never>(
  repository: Repository<S, C, E, R>,
  id: string,
  command: C,
  call: Call,
  along: readonly Also<R2>[] = [],
): Promise<Answer<S, R | R2>> {
  const first = await begin(repository, id, command, call, along)
  if (first !== 'conflict' && first.ok) return first
  return settled(repository.aggregate.name, async () => {
    const existing = await repository.store.load(id, { fresh: true })
    // Refused and not there: refused for good. A guard that depends on the day must not refuse the repeat of what it accepted the day before.
    if (existing === undefined) return first === 'conflict' ? begin(repository, id, command, call, along) : first
    return (await repeated(repository, existing, call)) ?? (first === 'conflict' ? refused(common.refuse('already-exists')) : first)
  })
}

/** Creates the record, or changes it when it exists: for events, which may come in any order. */
export function createOrExecute<S, C extends Command, E extends DomainEvent, R extends string>(
  repository: Repository<S, C, E, R>,
  id: string,
  command: C,
  call: Call,
): Promise<Answer<S, R>> {
  return settled(repository.aggregate.name, async () => {
    const current = await repository.store.load(id, { fresh: true })
    return current === undefined ? begin(repository, id, command, call) : change(repository, current, command, call)
  })
}

/** The first commit of a record. A command that has no effect on what is not there is refused as not found. */
async function begin<S, C extends Command, E extends DomainEvent, R extends string, R2 extends string = never>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  command: C,
  call: Call,
  along: readonly Also<R2>[] = [],
): Promise<Answer<S, R | R2> | 'conflict'> {
  if (!mayEver(call.principal, call.action)) return refused(await deny(store, call, undefined, { allow: false, reason: 'role' }))
  const decided = aggregate.decide(undefined, command)
  if (!decided.ok) return decided
  const state = fold(aggregate, undefined, decided.value)
  if (state === undefined) return refused(common.refuse('not-found'))
  // Nobody works on what does not exist yet: a record that its creator is assigned to must not open another office to the creator.
  const access = decide(call.principal, call.action, { ...aggregate.resource(state), assignees: [] })
  if (!access.allow) return refused(await deny(store, call, undefined, access))
  return append({ aggregate, store }, id, undefined, state, decided.value, command, call, access, along)
}

async function change<S, C extends Command, E extends DomainEvent, R extends string, R2 extends string = never>(
  repository: Repository<S, C, E, R>,
  current: Stored<S>,
  source: CommandSource<S, C>,
  call: Call,
  along: readonly Also<R2>[] = [],
): Promise<Answer<S, R | R2> | 'conflict'> {
  const { aggregate, store } = repository
  const again = await repeated(repository, current, call)
  if (again !== undefined) return again
  const access = decide(call.principal, call.action, aggregate.resource(current.state))
  if (!access.allow) return refused(await deny(store, call, current.id, access))
  if (call.ifMatch !== undefined && call.ifMatch !== current.version)
    return refused({ ...common.refuse('stale-version'), version: current.version })
  const command = typeof source === 'function' ? await source(current.state) : source
  const decided = aggregate.decide(current.state, command)
  if (!decided.ok) return decided
  const state = fold(aggregate, current.state, decided.value)
  if (decided.value.length > 0 && state !== undefined)
    return append(repository, current.id, current, state, decided.value, command, call, access, along)
  await disclose(store, aggregate.state, call, current.id, current.state, access)
  return ok({ id: current.id, state: current.state, version: current.version, at: call.at, classes: access.classes })
}

async function append<S, C extends Command, E extends DomainEvent, R extends string, R2 extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  from: Stored<S> | undefined,
  state: S,
  events: readonly E[],
  command: C,
  call: Call,
  access: Allowed,
  along: readonly Also<R2>[],
): Promise<Answer<S, R | R2> | 'conflict'> {
  const writes: Write[] = []
  for (const other of along) {
    const write = await other(call)
    if (write === 'conflict') return write
    if (!write.ok) {
      // What refuses may be what this very request, sent twice, has done to the other record: then the first has changed as well.
      const isOvertaken = from !== undefined && (await store.load(id, { fresh: true }))?.version !== from.version
      return isOvertaken ? 'conflict' : write
    }
    if (write.value !== undefined) writes.push(write.value)
  }
  const trail = trailOf(call, access.as, command.reason)
  const appended = await store.append({ id, from, state, events, trail, mark: appliedMark(call.key, call.fingerprint) }, writes)
  if (!appended.ok) return 'conflict'
  return ok({ id, state, version: appended.stored.version, at: call.at, classes: visible(aggregate, call, state, access) })
}

/** What may be shown after a change: it may have moved the record away from the caller, who then sees operational data only. */
function visible<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
  call: Call,
  state: S,
  before?: Allowed,
): ReadonlySet<DataClass> {
  const after = decide(call.principal, call.action, aggregate.resource(state))
  if (after.allow) return after.classes
  return new Set<DataClass>(before === undefined ? ['C0', 'C1'] : [...before.classes].filter((c) => c === 'C0' || c === 'C1'))
}

/**
 * The first answer to a command that was applied already; undefined when it was not. It is given even if the caller can no longer reach
 * the record, because the command itself may have moved it away: then it shows operational data only.
 */
async function repeated<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  current: Stored<S>,
  call: Call,
): Promise<Answer<S, R> | undefined> {
  const { id } = current
  const version = current.applied.findIndex((mark) => mark.startsWith(call.key)) + 1
  if (version === 0) return undefined
  if (current.applied[version - 1] !== appliedMark(call.key, call.fingerprint)) return refused(common.refuse('idempotency-key-reused'))
  const access = decide(call.principal, call.action, aggregate.resource(current.state))
  if (!access.allow && access.reason === 'role') return refused(await deny(store, call, id, access))
  const { state, at } = await asOf({ aggregate, store }, id, version)
  if (access.allow) await disclose(store, aggregate.state, call, id, state, access)
  return ok({ id, state, version, at, classes: visible(aggregate, call, current.state) })
}

/** A record as a version left it, and when. */
async function asOf<S, C extends Command, E extends DomainEvent, R extends string>(
  { aggregate, store }: Repository<S, C, E, R>,
  id: string,
  version: number,
): Promise<{ readonly state: S; readonly at: string }> {
  const commits = await store.history(id, version)
  const events = commits.flatMap((commit) => commit.events)
  const state = fold(aggregate, undefined, events)
  const last = commits.at(-1)
  if (state === undefined || last === undefined) throw new Error(`${aggregate.name}: no history for version ${version}`)
  return { state, at: last.trail.at }
}
