import {
  type Api,
  actions,
  bodyLimit,
  commonRefusals,
  depthLimit,
  httpTexts,
  problemOf,
  type Reason,
  type RefusalCatalogue,
  type RouteDefinition,
  specialStatus,
  statusOf,
} from '@wontanara/core'
import type { CodeList } from '@wontanara/events'
import * as z from 'zod'
import type { Declarations, ServiceDeclarations } from '../declarations.ts'
import { isObject, type Json, type JsonObject, jsonSchema, jsonSchemas, mapSchema } from './json.ts'

const languages = ['en', 'fr'] as const
const exampleTrace = '0af7651916cd43dd8448eb211c80319c'
const component = (kind: string, name: string): JsonObject => ({ $ref: `#/components/${kind}/${name}` })
const capital = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
const strings = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

interface Route extends RouteDefinition {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly service: ServiceDeclarations
}

const routesOf = ({ services }: Declarations): readonly Route[] =>
  services.flatMap((service) =>
    service.apis.flatMap((api: Api) =>
      Object.entries(api.routes).map(([id, definition]): Route => {
        const [method = '', path = ''] = definition.route.split(' ')
        return { ...definition, id, method: method.toLowerCase(), path, service }
      }),
    ),
  )

const isList = ({ query }: RouteDefinition): boolean => query !== undefined && 'cursor' in query.shape
const isChange = ({ method, asks }: Route): boolean => method !== 'get' && asks !== true
const needsVersion = (route: Route): boolean => isChange(route) && route.creates !== true && route.unversioned !== true

// ---------------------------------------------------------------------------------------------------------------------------- schemas

/** The objects and choices within some schemas, these included. */
function within(roots: readonly z.ZodType[]): ReadonlySet<z.core.$ZodType> {
  const met = new Set<z.core.$ZodType>()
  for (const root of roots) {
    z.toJSONSchema(root, {
      io: 'input',
      override: ({ zodSchema }) => {
        if (zodSchema instanceof z.ZodObject || zodSchema instanceof z.ZodDiscriminatedUnion) met.add(zodSchema)
      },
    })
  }
  return met
}

/** Gives every schema the name under which its service exports it (with `suffix`, and the service's name when that is taken), a root at least that of its route. */
function namesOf(
  roots: readonly { readonly schema: z.ZodType; readonly service: ServiceDeclarations; readonly fallback: string }[],
  shared: ReadonlyMap<z.ZodType, string>,
  taken: ReadonlySet<string>,
  suffix = '',
): ReadonlyMap<z.core.$ZodType, string> {
  const names = new Map<z.core.$ZodType, string>()
  const used = new Set(taken)
  const give = (schema: z.core.$ZodType, ...wishes: readonly [string, ...string[]]): void => {
    if (names.has(schema)) return
    const name = wishes.find((candidate) => !used.has(candidate))
    if (name === undefined) throw new Error(`two schemas want the name ${wishes[0]}: rename the export of one`)
    used.add(name)
    names.set(schema, name)
  }
  for (const { schema, service, fallback } of roots) {
    for (const part of within([schema])) {
      const name = [...service.schemas, ...shared].find(([candidate]) => candidate === part)?.[1]
      if (name !== undefined) give(part, name, `${name}${suffix}`, `${name}${capital(service.name)}${suffix}`)
    }
    give(schema, fallback)
  }
  return names
}

const dataClassOf = (schema: Json | undefined): Json | undefined =>
  isObject(schema) ? (schema['x-data-class'] ?? dataClassOf(schema.items)) : undefined
const mayBeNull = (schema: Json | undefined): boolean =>
  isObject(schema) &&
  (strings(schema.type).includes('null') ||
    (Array.isArray(schema.anyOf) && schema.anyOf.some((option) => isObject(option) && option.type === 'null')))

/** An answer is projected: what the caller may not see is absent, and so is what is null. And a client must bear new fields. */
function asAnswer(schema: JsonObject): JsonObject {
  const { additionalProperties, required, ...rest } = schema
  const open = additionalProperties === undefined || additionalProperties === false ? rest : { ...rest, additionalProperties }
  const properties = isObject(schema.properties) ? schema.properties : {}
  const sure = strings(required).filter((name) => {
    const dataClass = dataClassOf(properties[name])
    return (dataClass === undefined || dataClass === 'C0' || dataClass === 'C1') && !mayBeNull(properties[name])
  })
  return sure.length === 0 ? open : { ...open, required: sure }
}

/** Names the code list instead of repeating its codes. */
const withCodeLists =
  (lists: readonly CodeList[]) =>
  (schema: JsonObject): JsonObject => {
    const list = lists.find(({ name }) => name === schema['x-code-list'])
    if (list === undefined || strings(schema.enum).length !== list.codes.length) return schema
    const { type, enum: codes, 'x-code-list': name, ...rest } = schema
    return { ...component('schemas', list.name), ...rest }
  }

const codeListSchema = (list: CodeList): JsonObject => ({
  type: 'string',
  title: list.name,
  enum: [...list.codes],
  'x-code-list': list.name,
  description: list.codes.map((code) => `- \`${code}\`: ${list.label(code, 'en')} / ${list.label(code, 'fr')}`).join('\n'),
  'x-enum-labels': Object.fromEntries(list.codes.map((code) => [code, { en: list.label(code, 'en'), fr: list.label(code, 'fr') }])),
})

const problemSchema: JsonObject = {
  type: 'object',
  description: 'Problem details (RFC 9457). Never holds a submitted value.',
  required: ['type', 'title', 'status', 'code', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Identifies the kind of problem; ends in `code`.' },
    title: { type: 'string', description: 'For people, in the language asked for.' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'For machines.' },
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'Names this request in our logs.' },
    errors: {
      type: 'array',
      description: 'Every fault of the request, or every guard that failed.',
      items: {
        type: 'object',
        required: ['code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer (RFC 6901) of the field.' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
}

const gatewaySchema: JsonObject = {
  type: 'object',
  description: 'Answer of the gateway, given before the request reaches the service.',
  required: ['message'],
  properties: { message: { type: 'string' } },
}

// ----------------------------------------------------------------------------------------------------------------------------- errors

/** What stands in a text's places in the examples. */
const sampleParams: Readonly<Record<string, string | number>> = {
  limit: bodyLimit,
  name: 'colour',
  expected: 'string',
  minimum: 1,
  maximum: 100,
  format: 'date',
  values: 'fit, unfit',
  date: '2026-03-16',
  validUntil: '2026-06-30',
  opensAt: '2026-03-13T10:00:00.000Z',
  closesAt: '2026-03-15T10:00:00.000Z',
  status: 'closed',
  place: 'conakry',
  scopes: 'name, contact',
  age: 16,
  weeks: 36,
  lastWeeks: 36,
  fromWeeks: 28,
  days: 6,
  lastDays: 6,
  hours: 72,
  fromHours: 24,
}

const httpCatalogue: RefusalCatalogue = { ...httpTexts, ...commonRefusals }

function problemExample(code: string, catalogue: RefusalCatalogue, reasons: readonly Reason[], language: 'en' | 'fr'): JsonObject {
  const texts = { ...httpCatalogue, ...catalogue }
  const kind = texts[code]?.kind
  if (kind === undefined) throw new Error(`no refusal ${code} is declared`)
  const params = { ...sampleParams, ...(code === 'body-too-deep' ? { limit: depthLimit } : {}) }
  const filled = reasons.map((reason) => ({ ...reason, params }))
  const status = specialStatus[code] ?? statusOf[kind]
  const problem = problemOf({ kind, code, params, reasons: filled }, texts, language, exampleTrace, status)
  // A parameter that is not in the table above stays as a place holder, which no one takes for a value.
  return JSON.parse(JSON.stringify(problem).replaceAll(/\{(\w+)\}/g, '($1)'))
}

/** Names of the refusals a route may give, by status; each with the reasons its example lists. */
function refusalsOf(route: Route): ReadonlyMap<number, ReadonlyMap<string, readonly Reason[]>> {
  const found = new Map<number, Map<string, readonly Reason[]>>()
  const catalogue: RefusalCatalogue = { ...httpCatalogue, ...route.service.refusals }
  const add = (code: string, reasons: readonly Reason[] = []): void => {
    const kind = catalogue[code]?.kind
    if (kind === undefined) throw new Error(`${route.route} names the refusal ${code}, which ${route.service.name} does not declare`)
    const status = specialStatus[code] ?? statusOf[kind]
    found.set(status, (found.get(status) ?? new Map()).set(code, found.get(status)?.get(code) ?? reasons))
  }
  const own = route.refusals ?? []
  const guards = own.filter((code) => catalogue[code]?.kind === 'conflict' && !(code in commonRefusals)).map((code) => ({ code }))
  if (route.public === undefined) for (const code of ['unauthorized', 'not-permitted']) add(code)
  else add('rate-limited')
  add('not-found')
  add('try-again')
  const [field = 'limit'] = route.body === undefined ? [] : Object.keys(route.body.shape)
  if (route.body !== undefined) add('invalid-request', [{ code: 'required', pointer: `/${field}` }])
  else if (route.query !== undefined)
    add('invalid-request', [{ code: 'not-valid', pointer: `/query/${Object.keys(route.query.shape)[0] ?? ''}` }])
  else add('invalid-request', [{ code: 'unknown-field', pointer: '/query' }])
  if (route.body !== undefined) for (const code of ['not-json', 'body-too-deep', 'body-too-large', 'unsupported-media-type']) add(code)
  else if (isChange(route)) add('unexpected-body')
  if (isList(route)) add('invalid-cursor')
  if (needsVersion(route)) for (const code of ['stale-version', 'if-match-required']) add(code)
  if (route.method === 'post' && isChange(route)) add(route.public === undefined ? 'idempotency-key-required' : 'random-key-required')
  if (isChange(route)) add('idempotency-key-reused')
  if (route.creates === true) add('already-exists')
  if (guards.length > 0) add('guards-failed', guards)
  for (const code of own) if (code !== 'guards-failed') add(code)
  return found
}

const statusText: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'No token, one that has expired, or one that says nobody of this programme.',
  403: 'The role of the caller does not allow this.',
  404: 'There is no such record, or it is not within reach of the caller.',
  409: 'The state of the record does not allow this: every guard that failed is listed.',
  412: 'The record has changed since it was read; `ETag` is its current version.',
  413: 'The body is too large.',
  415: 'The body is not announced as JSON.',
  422: 'Understood, but it cannot be done.',
  428: 'A required header is missing.',
  429: 'Too many requests.',
  500: 'The service could not be started. Send the same request again, with the same `Idempotency-Key`.',
  503: 'Something failed on our side and nothing was lost. Send the same request again, with the same `Idempotency-Key`.',
}

/** What the gateway itself answers with, by status. */
const gatewayMessages: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Parts of the document that several routes refer to. */
interface Shared {
  readonly examples: Map<string, JsonObject>
  readonly responses: Map<string, JsonObject>
}

/** The error responses of a route. Those that are the same for every route are put into `shared`. */
function errorsOf(route: Route, shared: Shared): JsonObject {
  const known = refusalsOf(route)
  const responses: Record<string, Json> = {}
  for (const status of [...new Set([...known.keys(), 429, 500])].sort((a, b) => a - b)) {
    const references: Record<string, Json> = {}
    for (const [code, reasons] of known.get(status) ?? []) {
      for (const language of languages) {
        const name = `${code}.${language}`
        const value = problemExample(code, route.service.refusals, reasons, language)
        const own = reasons.length > 0 || !(code in httpCatalogue)
        if (!own) shared.examples.set(name, { value })
        references[name] = own ? { value } : component('examples', name)
      }
    }
    const message = gatewayMessages[status]
    const response: JsonObject = {
      description: statusText[status] ?? '',
      headers: {
        ...(known.has(status) ? { 'Content-Language': component('headers', 'Content-Language') } : {}),
        ...(status === 412 ? { ETag: component('headers', 'ETag') } : {}),
        ...(status === 503 || (status === 429 && known.has(status)) ? { 'Retry-After': component('headers', 'Retry-After') } : {}),
      },
      content: {
        ...(known.has(status) ? { 'application/problem+json': { schema: component('schemas', 'Problem'), examples: references } } : {}),
        ...(message === undefined ? {} : { 'application/json': { schema: component('schemas', 'GatewayError'), example: { message } } }),
      },
    }
    const codes = [...(known.get(status)?.keys() ?? [message?.toLowerCase().replaceAll(' ', '-') ?? ''])]
    const common = Object.values(references).every((reference) => isObject(reference) && '$ref' in reference)
    if (common) shared.responses.set(codes.join('-or-'), response)
    responses[status] = common ? component('responses', codes.join('-or-')) : response
  }
  return responses
}

// ------------------------------------------------------------------------------------------------------------------------- operations

/** An answer's example, told once for all routes that give the same. */
function exampleOf(route: Route, name: string, shared: Shared): JsonObject {
  const example: JsonObject = { value: toJson(route.example.response) }
  const known = shared.examples.get(name) ?? example
  if (JSON.stringify(known) !== JSON.stringify(example)) return example
  shared.examples.set(name, known)
  return component('examples', name)
}

function answerOf(route: Route, nameOf: (schema: z.ZodType, side: 'response') => string, shared: Shared): JsonObject {
  const name = nameOf(route.response, 'response')
  return {
    [route.mediaType ?? 'application/json']: { schema: component('schemas', name), examples: { example: exampleOf(route, name, shared) } },
  }
}

/** The answer is the text of the one field `content`. */
function fileOf(route: Route, mediaType: string): JsonObject {
  const answer = toJson(route.example.response)
  return { [mediaType]: { schema: { type: 'string' }, examples: { example: { value: isObject(answer) ? (answer.content ?? '') : '' } } } }
}

const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null))

function parametersOf(route: Route, lists: readonly CodeList[]): readonly Json[] {
  const answer = toJson(route.example.response)
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): Json => {
    const example = isObject(answer) && typeof answer[name] === 'string' ? answer[name] : 'example-1'
    return { name, in: 'path', required: true, schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$' }, example }
  })
  const written = route.query === undefined ? undefined : mapSchema(jsonSchema(route.query), withCodeLists(lists))
  const properties = isObject(written) && isObject(written.properties) ? written.properties : {}
  const required = isObject(written) ? strings(written.required) : []
  const query = Object.entries(properties).map(([name, schema]): Json => {
    const example = route.example.query?.[name]
    const numeric = isObject(schema) && (schema.type === 'integer' || schema.type === 'number')
    return {
      name,
      in: 'query',
      required: required.includes(name),
      schema,
      ...(example === undefined ? {} : { example: numeric ? Number(example) : example }),
    }
  })
  const headers = [
    'Accept-Language',
    'traceparent',
    ...(isChange(route) ? ['Idempotency-Key'] : ['Cache-Control']),
    ...(needsVersion(route) ? ['If-Match'] : []),
  ]
  const names = headers.map((name) => (name === 'Idempotency-Key' && route.method !== 'post' ? 'Idempotency-Key-optional' : name))
  return [...path, ...query, ...names.map((name) => component('parameters', name))]
}

function operation(
  route: Route,
  nameOf: (schema: z.ZodType, side: 'request' | 'response') => string,
  lists: readonly CodeList[],
  shared: Shared,
): JsonObject {
  const grants: Readonly<Record<string, string>> = actions[route.permit]
  const holders = Object.keys(grants).filter((holder) => holder !== 'service' && holder !== 'applicant')
  const status = route.creates === true ? '201' : '200'
  return {
    operationId: route.id,
    tags: [route.service.name],
    summary: route.summary,
    description:
      route.public === undefined
        ? `Needs \`${route.permit}\`, which is held by ${holders.map((holder) => `${holder} (${grants[holder]})`).join(', ') || 'nobody'}.`
        : `Open to everybody: needs no token. At most ${route.public.network.most} requests in ${route.public.network.seconds} seconds from one network. The \`Idempotency-Key\` must be a random UUID.`,
    'x-permit': route.permit,
    'x-roles': grants,
    ...(isList(route) ? { 'x-pagination': { items: 'items', next: 'next', parameter: 'cursor', limit: 'limit' } } : {}),
    security: [
      ...(holders.some((holder) => holder !== 'partner') ? [{ staff: [] }] : []),
      ...(holders.includes('partner') ? [{ partner: [] }] : []),
    ],
    parameters: parametersOf(route, lists),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: component('schemas', nameOf(route.body, 'request')),
                examples: { example: { value: toJson(route.example.body) } },
              },
            },
          },
        }),
    responses: {
      [status]: {
        description: route.creates === true ? 'Created.' : 'Done.',
        headers: {
          'Content-Language': component('headers', 'Content-Language'),
          ...(isList(route) || route.unversioned === true || route.public !== undefined ? {} : { ETag: component('headers', 'ETag') }),
          ...(route.creates === true && route.public === undefined ? { Location: component('headers', 'Location') } : {}),
        },
        content: route.file === undefined ? answerOf(route, nameOf, shared) : fileOf(route, route.file.mediaType),
      },
      ...errorsOf(route, shared),
    },
  }
}

/** The API's own documents: any token of the programme reads them. */
function documentPaths(): JsonObject {
  const document = (id: string, summary: string, parameters: readonly Json[] = []): JsonObject => ({
    get: {
      operationId: id,
      tags: ['documents'],
      summary,
      'x-permit': 'none',
      security: [{ staff: [] }, { partner: [] }],
      parameters: [...parameters, component('parameters', 'If-None-Match'), component('parameters', 'Accept-Language')],
      responses: {
        200: {
          description: 'The document.',
          headers: {
            ETag: { schema: { type: 'string' }, description: 'Digest of the document.' },
            'Cache-Control': { schema: { type: 'string' } },
          },
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        304: { description: 'Unchanged since the `ETag` sent in `If-None-Match`.' },
        ...Object.fromEntries(
          [401, ...(parameters.length > 0 ? [404] : [])].map((status) => [
            status,
            {
              description: statusText[status] ?? '',
              content: {
                'application/problem+json': { schema: component('schemas', 'Problem') },
                ...(status === 401 ? { 'application/json': { schema: component('schemas', 'GatewayError') } } : {}),
              },
            },
          ]),
        ),
      },
    },
  })
  const name: Json = {
    name: 'name',
    in: 'path',
    required: true,
    description: 'Type of the event and `.json`, as in its `dataschema`.',
    schema: { type: 'string' },
    example: 'case-intake.case-registered.v1.json',
  }
  return {
    '/v1/openapi.json': document('readOpenApi', 'This document.'),
    '/v1/asyncapi.json': document('readAsyncApi', 'The published events, as an AsyncAPI 3 document.'),
    '/v1/schemas/{name}': document('readEventSchema', 'The JSON Schema of a published event.', [name]),
    '/v1/code-lists': document('readCodeLists', 'Every code list with its labels in English and French.'),
  }
}

const header = (description: string, schema: JsonObject, example: Json): JsonObject => ({ description, schema, example })
const parameter = (name: string, required: boolean, description: string, schema: JsonObject, example: Json): JsonObject => ({
  name,
  in: 'header',
  required,
  description,
  schema,
  example,
})
const keySchema: JsonObject = { type: 'string', pattern: '^[\\x21-\\x7e]{8,128}$' }
const etagSchema: JsonObject = { type: 'string', pattern: '^"\\d{1,9}"$' }

const headers: JsonObject = {
  ETag: header('Version of the record, for `If-Match`.', etagSchema, '"3"'),
  Location: header('Path of what was created.', { type: 'string', format: 'uri-reference' }, '/v1/cases/case-26k47qx9tm2r'),
  'Content-Language': header('Language of the texts.', { type: 'string', enum: [...languages] }, 'fr'),
  'Retry-After': header('Seconds to wait.', { type: 'integer' }, 2),
}

const parameters: JsonObject = {
  'Accept-Language': parameter(
    'Accept-Language',
    false,
    'French or English texts; English unless French is preferred.',
    { type: 'string' },
    'fr',
  ),
  traceparent: parameter(
    'traceparent',
    false,
    'W3C Trace Context; goes into our logs and into the events.',
    { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' },
    `00-${exampleTrace}-b7ad6b7169203331-01`,
  ),
  'Idempotency-Key': parameter(
    'Idempotency-Key',
    true,
    'A new value for each new request, the same for a repeat of it: the same key and body give the same answer, once done.',
    keySchema,
    'b6d0c1c2-5a53-4a5e-9d0f-2f1f4d1c7a10',
  ),
  'Idempotency-Key-optional': parameter(
    'Idempotency-Key',
    false,
    'As for POST; without one, a repeat is recognised by its body and `If-Match`.',
    keySchema,
    'b6d0c1c2-5a53-4a5e-9d0f-2f1f4d1c7a10',
  ),
  'If-Match': parameter('If-Match', true, 'The `ETag` that was read.', etagSchema, '"3"'),
  'If-None-Match': parameter('If-None-Match', false, 'The `ETag` of the copy at hand.', { type: 'string' }, '"x1Jc0WpQv3Zr"'),
  'Cache-Control': parameter('Cache-Control', false, '`no-cache` reads what was just written.', { type: 'string' }, 'no-cache'),
}

const securitySchemes: JsonObject = {
  staff: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'Access token of the programme’s user pool: its groups are the roles and offices (`office-conakry`) of the caller.',
  },
  partner: {
    type: 'oauth2',
    description:
      'Access token for a partner organisation’s own client. Its one scope, `organisation/<organisation id>`, names the organisation.',
    flows: {
      clientCredentials: { tokenUrl: '/oauth2/token', scopes: { 'organisation/org-example': 'Acts for this organisation' } },
    },
  },
}

const description = `HTTP interface of the assisted voluntary return and reintegration programme.

- **Bodies** are JSON with the fields listed and no others: an unknown field is an error that names it.
- **Errors** are problem details (RFC 9457) with a \`code\` for machines and a text in French or English by \`Accept-Language\`.
- **Changes** need the \`ETag\` that was read, in \`If-Match\`; every POST needs an \`Idempotency-Key\`, so that it can be sent again without harm.
- **Lists** are read page by page: send \`next\` of a page as \`cursor\`. A cursor belongs to its caller and filter.
- **Fields** carry their data class (\`x-data-class\`: C0 public, C1 operational, C2 identity, C3 special category). A field above C1 is absent from an answer
  when the caller may not see it.
- **Dates** are ISO 8601 (a birth date may be a year or a year and month), **money** is in minor units of an ISO 4217 currency, **languages** are ISO 639-3,
  **places** ISO 3166-2, **telephone numbers** E.164.`

/** The OpenAPI 3.1 document of all services together. @throws naming the route that declares something which does not fit */
export function openApi(declared: Declarations): JsonObject {
  const routes = routesOf(declared)
  const ids = routes.map(({ id }) => id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) throw new Error(`two routes are called ${twice}: operation ids must differ across services`)

  const answers = namesOf(
    routes.map(({ response, service, id }) => ({ schema: response, service, fallback: `${capital(id)}Response` })),
    declared.schemas,
    new Set(['Problem', 'GatewayError']),
  )
  const requests = namesOf(
    routes.flatMap(({ body, service, id }) => (body === undefined ? [] : [{ schema: body, service, fallback: `${capital(id)}Request` }])),
    declared.schemas,
    new Set(['Problem', 'GatewayError', ...answers.values()]),
    'Input',
  )
  const reference = (name: string): string => `#/components/schemas/${name}`
  const lists = declared.codeLists
  const whole = new Set(routes.flatMap(({ body }) => (body === undefined ? [] : [requests.get(body)])))
  const schemas: Record<string, Json> = { Problem: problemSchema, GatewayError: gatewaySchema }
  for (const [name, schema] of jsonSchemas(answers, reference)) schemas[name] = mapSchema(mapSchema(schema, asAnswer), withCodeLists(lists))
  for (const [name, schema] of jsonSchemas(requests, reference)) {
    const named = mapSchema(schema, withCodeLists(lists)) as JsonObject
    schemas[name] = whole.has(name) && named.properties !== undefined ? { ...named, additionalProperties: false } : named
  }
  for (const list of lists)
    if (JSON.stringify(schemas).includes(`"${reference(list.name)}"`) || usedInQuery(routes, list))
      schemas[list.name] = codeListSchema(list)

  const nameOf = (schema: z.ZodType, side: 'request' | 'response'): string => (side === 'request' ? requests : answers).get(schema) ?? ''
  const paths: Record<string, JsonObject> = {}
  const shared: Shared = { examples: new Map(), responses: new Map() }
  for (const route of routes) {
    if (paths[route.path]?.[route.method] !== undefined) throw new Error(`two routes are ${route.route}`)
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, nameOf, lists, shared) }
  }
  const sorted = <T extends Json>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    openapi: '3.1.0',
    info: { title: 'Wontanara', version: '1.0.0', description },
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    servers: [{ url: '/', description: 'Where this document is served' }],
    security: [{ staff: [] }, { partner: [] }],
    tags: [
      ...declared.services.flatMap(({ apis, name }) =>
        apis.slice(0, 1).map(({ summary }) => ({ name, description: `${summary.en}\n\n${summary.fr}` })),
      ),
      { name: 'documents', description: 'What this interface and the events look like.\n\nLa forme de cette interface et des événements.' },
    ],
    paths: { ...sorted(paths), ...documentPaths() },
    components: {
      schemas: sorted(schemas),
      responses: sorted(Object.fromEntries(shared.responses)),
      examples: sorted(Object.fromEntries(shared.examples)),
      headers,
      parameters,
      securitySchemes,
    },
  }
}

const usedInQuery = (routes: readonly Route[], list: CodeList): boolean =>
  routes.some(({ query }) => query !== undefined && JSON.stringify(jsonSchema(query)).includes(`"x-code-list":"${list.name}"`))
