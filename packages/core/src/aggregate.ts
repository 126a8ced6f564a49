import type { EventDefinition } from '@wontanara/events'
import * as z from 'zod'
import type { Principal, Resource } from './access.ts'
import { isSealed, planOf, split } from './data.ts'
import { faultsOf } from './problem.ts'
import type { Refusal, RefusalCatalogue } from './refusal.ts'
import { ok, type Result } from './result.ts'

/** An event that stays in the service: history, never relayed. Its fields may be of any class; those above C1 are stored sealed. */
export interface PrivateEventDefinition<T extends string = string, D extends z.ZodType = z.ZodType> {
  readonly published: false
  readonly type: T
  readonly data: D
  /** With it the keys of the record are destroyed: nothing that was sealed of it can be read again, by anybody. */
  readonly erases?: true
}
export type AnyEventDefinition = EventDefinition | PrivateEventDefinition

/** Declares an event of a service's private history. @param type kebab-case, past tense, without a dot: a dotted type is a published one */
export const definePrivateEvent = <const T extends string, D extends z.ZodObject>(
  type: T,
  data: D,
  options: { readonly erases?: true } = {},
): PrivateEventDefinition<T, D> => {
  if (type.includes('.')) throw new Error(`${type}: a dotted type is a published one`)
  planOf(data, type)
  return { published: false, type, data, ...options }
}

export interface DomainEvent {
  readonly type: string
  readonly data: unknown
}
/** The events that a list of definitions declares: `{ type, data }`. */
export type EventOf<D extends AnyEventDefinition> = D extends { readonly type: infer T; readonly data: infer S extends z.ZodType }
  ? { readonly type: T; readonly data: z.output<S> }
  : never

/** What every command carries besides its own fields: when and by whom. Ids it needs come as fields. */
export interface Issued {
  readonly at: string
  readonly by: Principal
}
export interface Command extends Issued {
  readonly type: string
  /** Why, as a code. Goes into the audit trail. */
  readonly reason?: string | undefined
}

export type Decided<E, R extends string> = Result<readonly E[], Refusal<R>>
/** The events that a command causes; none when it changes nothing. */
export const accept = <E>(...events: readonly E[]): Result<readonly E[], never> => ok(events)

/** Where a record appears in lists: up to two sparse indexes and the row that lists show (C0 and C1 fields only, about 150 bytes). */
export interface IndexEntry {
  readonly gsi1?: IndexKey
  readonly gsi2?: IndexKey
  readonly row: Readonly<Record<string, unknown>>
}
export interface IndexKey {
  readonly pk: string
  readonly sk: string
}

/** The rule: two pure functions around a state. */
export interface Aggregate<S, C extends Command, E extends DomainEvent, R extends string> {
  /** kebab-case; the first part of the table's key. */
  readonly name: string
  readonly state: z.ZodObject & z.ZodType<S>
  readonly events: readonly AnyEventDefinition[]
  readonly refusals: RefusalCatalogue<R>
  /** Fields of the state that change rarely and are kept in an item of their own, so that a hot change does not rewrite them. */
  readonly cold?: readonly (keyof S & string)[]
  /** Who stands close to this record. */
  resource(state: S): Resource
  index?(state: S): IndexEntry
  decide(state: S | undefined, command: C): Decided<E, R>
  /** Total: knows every event ever written, and never throws. */
  evolve(state: S | undefined, event: E): S
}

/** Checks an aggregate's declaration. @throws when a stored field is unlabelled, or a published event holds more than C1 in any depth */
export function aggregate<S, C extends Command, E extends DomainEvent, R extends string>(
  definition: Aggregate<S, C, E, R>,
): Aggregate<S, C, E, R> {
  planOf(definition.state, definition.name)
  for (const event of definition.events) {
    const { classes } = planOf(event.data, event.type)
    if (event.published && [...classes].some(isSealed)) throw new Error(`${event.type}: only C0 and C1 may ride the bus`)
  }
  return definition
}

/**
 * Checks what is about to be stored: a state or an event that does not match its declaration could be written, but never be read again.
 * @throws naming the fields, never their values
 */
export function requireDeclared<S, C extends Command, E extends DomainEvent, R extends string>(
  { name, state: schema, events: definitions }: Aggregate<S, C, E, R>,
  state: S,
  events: readonly E[],
): void {
  const parsed = schema.safeParse(state)
  if (!parsed.success) throw new Error(`${name}: the state is not as declared: ${faultsOf(parsed.error)}`)
  for (const { type, data } of events) {
    const result = declaredEvent(definitions, type).data.safeParse(data)
    if (!result.success) throw new Error(`${name}: the event ${type} is not as declared: ${faultsOf(result.error)}`)
  }
}

const holdsAnything = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.values(value).some(holdsAnything) : value !== null && value !== undefined

/**
 * Whether a change destroys the keys of its record.
 * @throws when the state or an event would still hold what has to be sealed: it would not be gone
 */
export function isErasing<S, C extends Command, E extends DomainEvent, R extends string>(
  { name, state: schema, events: definitions }: Aggregate<S, C, E, R>,
  state: S,
  events: readonly E[],
): boolean {
  const declared = events.map(({ type, data }) => ({ data, definition: declaredEvent(definitions, type) }))
  if (!declared.some(({ definition }) => !definition.published && definition.erases === true)) return false
  const parts = [split(schema, state), ...declared.map(({ data, definition }) => split(definition.data, data))]
  if (parts.some(({ sealed }) => [...sealed.values()].some(holdsAnything)))
    throw new Error(`${name}: what is erased leaves something sealed`)
  return true
}

/** The state after some events; undefined when there are none. */
export const fold = <S, C extends Command, E extends DomainEvent, R extends string>(
  { evolve }: Aggregate<S, C, E, R>,
  state: S | undefined,
  events: readonly E[],
): S | undefined => events.reduce<S | undefined>((current, event) => evolve(current, event), state)

/** Finds an event's definition. */
export const definitionOf = (events: readonly AnyEventDefinition[], type: string): AnyEventDefinition | undefined =>
  events.find((event) => event.type === type)

/** An event's definition. @throws when it is not declared */
export function declaredEvent(events: readonly AnyEventDefinition[], type: string): AnyEventDefinition {
  const definition = definitionOf(events, type)
  if (definition === undefined) throw new Error(`the event ${type} is not declared`)
  return definition
}

/** A check for stored events: known type, data as declared. */
export const eventSchema = <E extends DomainEvent>(events: readonly AnyEventDefinition[]): z.ZodType<E> =>
  z.custom<E>((value) => {
    if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value) || typeof value.type !== 'string')
      return false
    return definitionOf(events, value.type)?.data.safeParse(value.data).success === true
  })
