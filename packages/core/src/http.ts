import { randomUUID } from 'node:crypto'
import type { Language } from '@wontanara/events'
import * as z from 'zod'
import { mayEver, type Principal } from './access.ts'
import type { Api, Reply, RouteDefinition, Routes } from './api.ts'
import { type Call, callOf } from './call.ts'
import { project } from './data.ts'
import { bodyLimit, parseBody, parseQuery, publicBodyLimit } from './http-input.ts'
import { faultsOf, httpRefusal, problemOf, specialStatus, statusOf } from './problem.ts'
import { networkOf, type RateLimit } from './rate-limit.ts'
import { common, type Refusal, type RefusalCatalogue } from './refusal.ts'
import { type Result, refused } from './result.ts'
import type { AccessRecord } from './store.ts'

/** A request, free of any transport: what the HTTP adapter of a platform hands over. Header names are lower-case. */
export interface HttpRequest {
  /** `POST /v1/cases/{caseId}/consents` */
  readonly routeKey: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: string | undefined
  readonly principal?: Principal | undefined
  /** Address of the caller, for the limit of routes without a login. Neither kept nor logged. */
  readonly source?: string | undefined
  readonly at: string
  readonly traceId: string
  readonly traceparent?: string | undefined
}
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For logs and counters: the code of the refusal, if any. */
  readonly refusal?: string
}

/** What the HTTP layer of a service is made of, besides its routes. */
export interface HttpPorts {
  readonly refusals: RefusalCatalogue
  recordAccess(record: AccessRecord): Promise<void>
  /** For routes without a login. */
  readonly limit?: RateLimit
}

/** The language to answer in: of French and English the one the caller prefers, the first named when both are wanted alike, else English. */
export function languageOf(header: string | undefined): Language {
  let best: { readonly language: Language; readonly q: number } = { language: 'en', q: 0 }
  for (const part of (header ?? '').split(',')) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const [language] = tag.split('-')
    const q = Number(parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1]).find((value) => value !== undefined) ?? 1)
    if ((language === 'fr' || language === 'en') && q > best.q) best = { language, q }
  }
  return best.language
}

/** Any route's function, its input unknown: written as a method because each was checked against its own route by `Routes`. */
interface AnyRoute {
  run(input: unknown): Promise<Result<Reply<unknown>, Refusal>>
}

interface Parsed {
  readonly query: unknown
  readonly body: unknown
  readonly call: Call
}

/**
 * Builds the one path that every request takes: parse, authorize by role, run the route's function (which authorizes by relation), project, answer.
 * @returns a function that never throws for a bad request; a fault (a store that fails) is thrown, for the adapter to log and answer 503
 */
export function dispatcher<A extends Api>(api: A, routes: Routes<A>, ports: HttpPorts): (request: HttpRequest) => Promise<HttpResponse> {
  const functions: Readonly<Record<string, AnyRoute['run']>> = routes
  const open = Object.values<RouteDefinition>(api.routes).find((route) => route.public !== undefined)
  if (open !== undefined && ports.limit === undefined) throw new Error(`${open.route} is open to everybody and needs a limit`)
  const byRoute = new Map(
    Object.entries(api.routes).map(([name, definition]) => [definition.route.toString(), { definition, run: functions[name] }]),
  )
  return async (request) => {
    const language = languageOf(request.headers['accept-language'])
    const route = byRoute.get(request.routeKey)
    const refuse = (refusal: Refusal): HttpResponse => refusalResponse(refusal, ports.refusals, request)
    if (route?.run === undefined) return refuse(common.refuse('not-found'))
    const parsed = await parse(route.definition, request, ports)
    if (!parsed.ok) return refuse(parsed.refusal)
    const { query, body, call } = parsed.value
    const result = await route.run({ params: request.params, query, body, call, language })
    if (!result.ok) return refuse(result.refusal)
    const response = answer(route.definition, result.value, language)
    if (response === undefined) return refuse(common.refuse('not-permitted'))
    await result.value.leaving?.(response.body)
    return response
  }
}

/** Whoever calls a route without a login: we do not know who, and do not ask. */
const applicant: Principal = { kind: 'applicant', id: 'applicant' }

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const idPattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/

async function parse(definition: RouteDefinition, request: HttpRequest, ports: HttpPorts): Promise<Result<Parsed, Refusal>> {
  const { headers, params } = request
  const principal = definition.public === undefined ? request.principal : applicant
  if (definition.public !== undefined) {
    const wait = await ports.limit?.take(networkOf(request.source ?? ''), definition.public.network, request.at)
    if (wait !== undefined) return refused(httpRefusal('rate-limited', { seconds: wait }))
  }
  if (principal === undefined) return refused(httpRefusal('unauthorized'))
  if (!mayEver(principal, definition.permit)) {
    await ports.recordAccess(deniedByRole(principal, definition, request))
    return refused(common.refuse('not-permitted'))
  }
  const [misshapen] = Object.entries(params).filter(([, value]) => !idPattern.test(value))
  if (misshapen !== undefined)
    return refused({ ...common.refuse('not-found'), reasons: [{ code: 'not-valid', pointer: `/${misshapen[0]}` }] })
  const most = definition.public === undefined ? (definition.bodyLimit ?? bodyLimit) : publicBodyLimit
  const body = parseBody(definition.body, headers['content-type'], request.body, most)
  if (!body.ok) return body
  const query = parseQuery(definition.query, request.query)
  if (!query.ok) return query
  const ifMatch = versionOf(headers['if-match'])
  const changes = !definition.route.startsWith('GET ') && definition.asks !== true
  if (changes && definition.creates !== true && definition.unversioned !== true && ifMatch === undefined)
    return refused(common.refuse('if-match-required'))
  const key = headers['idempotency-key']
  // Everybody shares the one principal: a key that two could choose would make one of them meet the other's application.
  if (changes && definition.public !== undefined && !uuid.test(key ?? '')) return refused(httpRefusal('random-key-required'))
  if (changes && definition.route.startsWith('POST ') && (key === undefined || !/^[\x21-\x7e]{8,128}$/.test(key)))
    return refused(common.refuse('idempotency-key-required'))
  const call = callOf({
    principal,
    action: definition.permit,
    at: request.at,
    ...identityOf(definition, request, ifMatch),
    ...(ifMatch === undefined || definition.creates === true ? {} : { ifMatch }),
    traceparent: request.traceparent,
    fresh: /\bno-cache\b/.test(headers['cache-control'] ?? ''),
  })
  return { ok: true, value: { query: query.value, body: body.value, call } }
}

/** What tells one request from another, and a repeat from a reuse of its key. */
function identityOf(
  definition: RouteDefinition,
  request: HttpRequest,
  ifMatch: number | undefined,
): { readonly key: string; readonly content: string } {
  // The record is part of it: one key used for two records must not give both the same new ids.
  const target = definition.route.replace(/\{(\w+)\}/g, (_, name: string) => request.params[name] ?? '')
  const content = `${target} ${request.body ?? ''}`
  const key = request.headers['idempotency-key']
  if (key !== undefined) return { key: `${target} ${key}`, content }
  // A PUT or DELETE repeated with the same ETag and body is the same request, even without a key. Without an ETag it is another one:
  // what was set before, and changed since, may be set again.
  return { key: ifMatch === undefined ? randomUUID() : `${ifMatch} ${content}`, content }
}

/** The version that an If-Match names: undefined when it names none, 0 (which no record has) when it is not an ETag of ours. */
function versionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  return Number(/^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim())?.[1] ?? 0)
}

/** What stands where an id belongs is kept only if it looks like one: it could be a name. */
function deniedByRole(principal: Principal, { permit }: RouteDefinition, { params, at, traceparent }: HttpRequest): AccessRecord {
  const [id] = Object.values(params)
  const offices = principal.kind === 'staff' ? principal.offices : []
  return {
    id: id !== undefined && idPattern.test(id) ? id : undefined,
    trail: { at, by: principal.id, as: principal.kind, offices, action: permit, traceparent },
    decision: 'denied',
    denial: 'role',
  }
}

const baseHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'accept-language, authorization' }

const FileText = z.object({ content: z.string() })

/**
 * @returns undefined when it is a file of which the caller may see nothing
 * @throws when the view is not what the route declares: naming the fields, never their values
 */
function answer(
  definition: RouteDefinition,
  { body, classes, version, location }: Reply<unknown>,
  language: Language,
): HttpResponse | undefined {
  const view = definition.response.safeParse(body, { reportInput: true })
  if (!view.success) throw new Error(`${definition.route}: the answer is not as declared: ${faultsOf(view.error)}`)
  const visible = project(definition.response, view.data, classes)
  const file = definition.file === undefined ? undefined : FileText.safeParse(visible)
  if (file?.success === false) return undefined
  return {
    status: definition.creates === true ? 201 : 200,
    headers: {
      ...baseHeaders,
      'content-type':
        definition.file === undefined ? (definition.mediaType ?? 'application/json') : `${definition.file.mediaType}; charset=utf-8`,
      ...(definition.file === undefined ? {} : { 'content-disposition': `attachment; filename="${definition.file.name}"` }),
      'content-language': language,
      ...(version === undefined ? {} : { etag: `"${version}"` }),
      ...(location === undefined ? {} : { location }),
    },
    body: file === undefined ? JSON.stringify(visible) : file.data.content,
  }
}

/** The answer that tells of a refusal, in the caller's language. */
export function refusalResponse(
  refusal: Refusal,
  catalogue: RefusalCatalogue,
  { headers, traceId }: Pick<HttpRequest, 'headers' | 'traceId'>,
): HttpResponse {
  const language = languageOf(headers['accept-language'])
  const status = specialStatus[refusal.code] ?? statusOf[refusal.kind]
  return {
    status,
    headers: {
      ...baseHeaders,
      'content-type': 'application/problem+json',
      'content-language': language,
      ...(refusal.version === undefined ? {} : { etag: `"${refusal.version}"` }),
      ...(status === 503 ? { 'retry-after': '2' } : {}),
      ...(status === 429 ? { 'retry-after': String(refusal.params?.seconds) } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: JSON.stringify(problemOf(refusal, catalogue, language, traceId, status)),
    refusal: refusal.code,
  }
}

/** The answer to a fault: nothing of it is told but that the same request may be sent again. */
export const faultResponse = (request: Pick<HttpRequest, 'headers' | 'traceId'>): HttpResponse =>
  refusalResponse(httpRefusal('try-again'), {}, request)
