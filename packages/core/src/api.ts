import type { Bilingual, Language } from '@wontanara/events'
import * as z from 'zod'
import type { Action } from './access.ts'
import type { Call } from './call.ts'
import { planOf } from './data.ts'
import type { Seen } from './execute.ts'
import type { Allowance } from './rate-limit.ts'
import type { SeenPage } from './read.ts'
import type { Refusal } from './refusal.ts'
import { ok, type Result } from './result.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** `POST /v1/cases/{caseId}/consents` */
export type RoutePattern = `${Method} /v1/${string}`

type ParamNames<R extends string> = R extends `${string}{${infer P}}${infer Rest}` ? P | ParamNames<Rest> : never

/** One route: what it takes, what it gives, and the permission it needs. */
export interface RouteDefinition {
  readonly route: RoutePattern
  readonly summary: string
  readonly permit: Action
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly response: z.ZodObject
  /** How large the body may be, in bytes, where that is more than usual. */
  readonly bodyLimit?: number
  /** The answer is not JSON but a file: the text that the field `content` of the response holds. */
  readonly file?: { readonly mediaType: 'text/csv'; readonly name: string }
  /** The media type of an answer that is JSON of a standard of its own. */
  readonly mediaType?: 'application/fhir+json'
  /** A creation answers 201 with a Location and needs no If-Match. */
  readonly creates?: true
  /**
   * A change that needs no If-Match: of settings that a caller replaces without having read them, or a step that the state itself guards
   * and that must not wait for a read, such as a recall. An If-Match that is sent all the same is honoured.
   */
  readonly unversioned?: true
  /**
   * A read whose question is personal data: it travels in the body of a POST, never in an address. It changes nothing, and needs neither
   * Idempotency-Key nor If-Match.
   */
  readonly asks?: true
  /**
   * Open to everybody, without a login: who calls is an applicant. `throttle`: requests per second, of all together, that the gateway lets
   * through; `network`: how many one network may send.
   */
  readonly public?: { readonly throttle: { readonly rate: number; readonly burst: number }; readonly network: Allowance }
  /** Codes of the service's own refusals, for the reference. */
  readonly refusals?: readonly string[]
  /** Synthetic examples; each must validate. */
  readonly example: { readonly body?: unknown; readonly query?: Readonly<Record<string, string>>; readonly response: unknown }
}

export interface Api<R extends Readonly<Record<string, RouteDefinition>> = Readonly<Record<string, RouteDefinition>>> {
  readonly service: string
  readonly summary: Bilingual
  readonly routes: R
}

/**
 * Declares a service's HTTP interface as data.
 * @throws when a response field carries no data label
 */
export function defineApi<const R extends Readonly<Record<string, RouteDefinition>>>(
  service: string,
  summary: Bilingual,
  routes: R,
): Api<R> {
  for (const { response, route } of Object.values(routes)) planOf(response, route)
  return { service, summary, routes }
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a route's function receives: everything parsed. */
export interface Input<D extends RouteDefinition> {
  readonly params: Readonly<Record<ParamNames<D['route']>, string>>
  readonly query: Parsed<D['query']>
  readonly body: Parsed<D['body']>
  readonly call: Call
  /** The language that the caller prefers, for texts that are made rather than looked up. */
  readonly language: Language
}

/** What a route's function gives back: the full view, and which classes of it the caller may see. The HTTP layer projects. */
export interface Reply<T> {
  readonly body: T
  readonly classes: Seen<unknown>['classes']
  /** Becomes the ETag. */
  readonly version?: number
  /** Path of what was created. */
  readonly location?: string
  /** Called with the exact text of the answer before it leaves: when it throws, nothing leaves. */
  readonly leaving?: (text: string) => Promise<void>
}

/** The table of functions of an API: a missing or an extra entry does not compile. */
export type Routes<A extends Api> = {
  readonly [K in keyof A['routes']]: (input: Input<A['routes'][K]>) => Promise<Result<Reply<z.input<A['routes'][K]['response']>>, Refusal>>
}

/** Answers with a view of a record. */
export async function reply<S, T, R extends Refusal>(
  outcome: Promise<Result<Seen<S>, R>>,
  view: (seen: Seen<S>) => T,
  location?: (seen: Seen<S>) => string,
): Promise<Result<Reply<T>, R>> {
  const result = await outcome
  if (!result.ok) return result
  const seen = result.value
  return ok({
    body: view(seen),
    classes: seen.classes,
    version: seen.version,
    ...(location === undefined ? {} : { location: location(seen) }),
  })
}

/** Answers with a page of a list. @param rowOf reads a stored row, and makes of it what the list shows */
export async function replyPage<T, R extends Refusal>(
  outcome: Promise<Result<SeenPage, R>>,
  rowOf: (row: unknown) => T,
): Promise<Result<Reply<{ items: T[]; next?: string }>, R>> {
  const result = await outcome
  if (!result.ok) return result
  const { rows, cursor, classes } = result.value
  return ok({ body: { items: rows.map(rowOf), ...(cursor === undefined ? {} : { next: cursor }) }, classes })
}

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(400).optional(),
}

/** A page of a list: the rows and, when there are more, the cursor of the next page. */
export const pageOf = <S extends z.ZodType>(row: S, label: <T extends z.ZodType>(schema: T) => T) =>
  z.strictObject({ items: z.array(row), next: label(z.string()).optional() })
