import { createHash } from 'node:crypto'
import type { Language } from '@wontanara/events'
import type * as z from 'zod'
import { mayEver, type Principal } from './access.ts'
import type { Api, Reply, RouteDefinition, Routes } from './api.ts'
import { type Call, callOf } from './call.ts'
import { project } from './data.ts'
import { httpTexts, problemOf, reasonsOf, statusOf } from './problem.ts'
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
}

/** Bodies are small: the largest, a manifest page, stays far below. */
export const bodyLimit = 256 * 1024
export const depthLimit = 16

/** The language to answer in: French when the caller prefers it, else English. */
export function languageOf(header: string | undefined): Language {
  const weights = (header ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const q = parameters.map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined)
    return { tag: tag.slice(0, 2), q: q === undefined ? 1 : Number(q) }
  })
  const weight = (language: string): number => Math.max(0, ...weights.filter(({ tag }) => tag === language).map(({ q }) => q))
  return weight('fr') > weight('en') ? 'fr' : 'en'
}

/** How deep a JSON text nests, without parsing it: a hostile body is refused before anything recursive sees it. */
export function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (quoted) {
      if (character === 92) i++
      else if (character === 34) quoted = false
    } else if (character === 34) quoted = true
    else if (character === 91 || character === 123) deepest = Math.max(deepest, ++depth)
    else if (character === 93 || character === 125) depth--
  }
  return deepest
}

type HttpCode = keyof typeof httpTexts
/** A refusal of the HTTP layer itself. */
export const httpRefusal = (code: HttpCode, params?: Refusal['params'], reasons: Refusal['reasons'] = []): Refusal => ({
  kind: httpTexts[code].kind,
  code,
  reasons,
  ...(params === undefined ? {} : { params }),
})
/** Codes whose HTTP status is not that of their kind. */
export const specialStatus: Readonly<Partial<Record<string, number>>> = {
  unauthorized: 401,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'try-again': 503,
}

/** Any route's function, its input unknown: written as a method because each was checked against its own route by `Routes`. */
interface AnyRoute {
  run(input: unknown): Promise<Result<Reply<unknown>, Refusal>>
}

interface Parsed {
  readonly definition: RouteDefinition
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
    const result = await route.run({ params: request.params, query, body, call })
    return result.ok ? answer(route.definition, result.value, language) : refuse(result.refusal)
  }
}

const strictForms = new WeakMap<z.ZodObject, z.ZodObject>()

/** The form of a schema that takes no unknown field: made once, because zod compiles every schema object anew when it first parses. */
function strictly(schema: z.ZodObject): z.ZodObject {
  const form = strictForms.get(schema) ?? schema.strict()
  strictForms.set(schema, form)
  return form
}

async function parse(definition: RouteDefinition, request: HttpRequest, ports: HttpPorts): Promise<Result<Parsed, Refusal>> {
  const { principal, headers } = request
  if (principal === undefined) return refused(httpRefusal('unauthorized'))
  if (!mayEver(principal, definition.permit)) {
    const offices = principal.kind === 'staff' ? principal.offices : []
    const id = Object.values(request.params)[0]
    await ports.recordAccess({
      id,
      trail: { at: request.at, by: principal.id, as: principal.kind, offices, action: definition.permit, traceparent: request.traceparent },
      decision: 'denied',
      denial: 'role',
    })
    return refused(common.refuse('not-permitted'))
  }
  for (const [name, value] of Object.entries(request.params)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(value))
      return refused({ ...common.refuse('not-found'), reasons: [{ code: 'not-valid', pointer: `/${name}` }] })
  }
  const changes = !definition.route.startsWith('GET ')
  const body = parseBody(definition, request)
  if (!body.ok) return body
  const query = (definition.query && strictly(definition.query).safeParse(request.query)) ?? { success: true as const, data: undefined }
  if (definition.query === undefined && Object.keys(request.query).length > 0)
    return refused({
      ...common.refuse('invalid-request'),
      reasons: Object.keys(request.query)
        .slice(0, 10)
        .map(() => ({ code: 'unknown-field', params: { name: '?' }, pointer: '/query' })),
    })
  if (!query.success) return refused({ ...common.refuse('invalid-request'), reasons: reasonsOf(query.error, '/query') })
  const ifMatch = /^(?:W\/)?"(\d{1,9})"$/.exec(headers['if-match'] ?? '')?.[1]
  if (changes && definition.creates !== true && definition.unversioned !== true && ifMatch === undefined)
    return refused(common.refuse('if-match-required'))
  const key = headers['idempotency-key']
  if (definition.route.startsWith('POST ') && (key === undefined || !/^[\x21-\x7e]{8,128}$/.test(key)))
    return refused(common.refuse('idempotency-key-required'))
  const target = `${definition.route} ${JSON.stringify(request.params)}`
  const content = `${target} ${request.body ?? ''}`
  const call = callOf({
    principal,
    action: definition.permit,
    at: request.at,
    // A PUT or DELETE repeated with the same ETag and body is the same request, even without a key.
    key: key === undefined ? `${ifMatch} ${createHash('sha256').update(content).digest('base64url')}` : `${definition.route} ${key}`,
    content,
    ...(ifMatch === undefined || definition.creates === true ? {} : { ifMatch: Number(ifMatch) }),
    traceparent: request.traceparent,
    fresh: /\bno-cache\b/.test(headers['cache-control'] ?? ''),
  })
  return { ok: true, value: { definition, query: query.data, body: body.value, call } }
}

function parseBody(definition: RouteDefinition, request: HttpRequest): Result<unknown, Refusal> {
  const { body } = definition
  const text = request.body ?? ''
  if (body === undefined) return text === '' ? { ok: true, value: undefined } : refused(httpRefusal('unexpected-body'))
  if (text.length > bodyLimit || Buffer.byteLength(text) > bodyLimit) return refused(httpRefusal('body-too-large', { limit: bodyLimit }))
  if (!/^application\/([a-z.+-]+\+)?json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return refused(httpRefusal('unsupported-media-type'))
  if (nesting(text) > depthLimit) return refused(httpRefusal('body-too-deep', { limit: depthLimit }))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refused(httpRefusal('not-json'))
  }
  const parsed = strictly(body).safeParse(json)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : refused({ ...common.refuse('invalid-request'), reasons: reasonsOf(parsed.error) })
}

const baseHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'accept-language, authorization' }

function answer(definition: RouteDefinition, { body, classes, version, location }: Reply<unknown>, language: Language): HttpResponse {
  const visible = project(definition.response, body, classes)
  return {
    status: definition.creates === true ? 201 : 200,
    headers: {
      ...baseHeaders,
      'content-type': 'application/json',
      'content-language': language,
      ...(version === undefined ? {} : { etag: `"${version}"` }),
      ...(location === undefined ? {} : { location }),
    },
    body: JSON.stringify(visible),
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
    },
    body: JSON.stringify(problemOf(refusal, catalogue, language, traceId, status)),
    refusal: refusal.code,
  }
}

/** The answer to a fault: nothing of it is told but that the same request may be sent again. */
export const faultResponse = (request: Pick<HttpRequest, 'headers' | 'traceId'>): HttpResponse =>
  refusalResponse(httpRefusal('try-again'), {}, request)
