import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import type { Cognito } from './cognito.ts'
import { readBody } from './front-door.ts'
import { isObject, tryJson } from './json.ts'
import type { Invoked, LambdaFunction } from './lambda.ts'
import type { Observations } from './observations.ts'
import { tokenBucket } from './token-bucket.ts'

/*
 * Amazon API Gateway, HTTP APIs with Lambda proxy integrations, payload format 2.0 and JWT authorizers:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */

const Route = z.object({
  ApiId: z.string(),
  RouteKey: z.string(),
  AuthorizationType: z.enum(['NONE', 'JWT']).default('NONE'),
  AuthorizerId: z.string().optional(),
  AuthorizationScopes: z.array(z.string()).optional(),
  Target: z.string(),
})
const Integration = z.object({
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.coerce.number().default(30_000),
})
const Authorizer = z.object({
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.array(z.string()).min(1),
  JwtConfiguration: z.object({ Issuer: z.string(), Audience: z.array(z.string()).default([]) }),
})
const Api = z.object({
  ProtocolType: z.literal('HTTP').default('HTTP'),
  CorsConfiguration: z.never({ error: 'CORS is not emulated' }).optional(),
})
const Stage = z.object({
  ApiId: z.string(),
  StageName: z.string(),
  RouteSettings: z
    .record(z.string(), z.object({ ThrottlingRateLimit: z.coerce.number().optional(), ThrottlingBurstLimit: z.coerce.number().optional() }))
    .default({}),
})

/** What a function answers: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.v2 */
const Structured = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
})

interface CompiledRoute {
  readonly key: string
  readonly method: string
  readonly segments: readonly string[]
  readonly timeout: number
  readonly target: LambdaFunction
  readonly authorizer: { readonly issuer: string; readonly audience: readonly string[]; readonly header: string } | undefined
  readonly scopes: readonly string[] | undefined
  /** Whether one more request may pass. */
  readonly admits: () => boolean
}

/** The payload limit of an HTTP API is 10 MB, that of a synchronous invocation 6 MB: what exceeds either is 413. */
const maxRequestBytes = 10 * 1024 * 1024
const maxEventBytes = 6 * 1024 * 1024

export interface HttpApi {
  /** Whether a route fits. */
  has(method: string, path: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Client ids that its authorizers accept. */
  readonly audience: readonly string[]
}

/**
 * @param mayInvoke whether a function's policy lets a route invoke it; source: `<api id>/<stage>/<method><path>`
 * @returns undefined when the templates have no HTTP API
 */
export function httpApi(
  resources: readonly Resource[],
  account: string,
  functions: ReadonlyMap<string, LambdaFunction>,
  pool: Cognito,
  clock: () => number,
  tell: Observations['tell'],
  mayInvoke: (target: LambdaFunction, source: string) => boolean,
): HttpApi | undefined {
  const of = (type: string) => resources.filter((resource) => resource.type === `AWS::ApiGatewayV2::${type}`)
  const [api, ...others] = of('Api')
  if (api === undefined) return undefined
  if (others.length > 0) throw new Error('more than one HTTP API is not emulated')
  propertiesOf(Api, api)
  const [stageResource] = of('Stage')
  const { StageName: stage = '$default', RouteSettings: settings = {} } =
    stageResource === undefined ? {} : propertiesOf(Stage, stageResource)
  const authorizers = new Map(of('Authorizer').map((resource) => [resource.name, propertiesOf(Authorizer, resource)]))
  const integrations = new Map(of('Integration').map((resource) => [resource.name, propertiesOf(Integration, resource)]))

  const routes = of('Route').map((resource): CompiledRoute => {
    const { path } = resource
    const route = propertiesOf(Route, resource)
    const integration = integrations.get(route.Target.replace(/^integrations\//, ''))
    if (integration === undefined) throw new Error(`${path}: no integration ${route.Target}`)
    const arn = /arn:aws:lambda:[^:]+:\d+:function:[^:/]+/.exec(integration.IntegrationUri)?.[0] ?? ''
    const target = functions.get(arn)
    if (target === undefined) throw new Error(`${path}: its integration is no function of the stage: ${integration.IntegrationUri}`)
    const authorizer = route.AuthorizationType === 'JWT' ? authorizers.get(route.AuthorizerId ?? '') : undefined
    if (route.AuthorizationType === 'JWT' && authorizer === undefined) throw new Error(`${path}: no authorizer ${route.AuthorizerId}`)
    if (authorizer !== undefined && !pool.isIssuer(authorizer.JwtConfiguration.Issuer)) {
      throw new Error(`${path}: an issuer that is no user pool of the stage is not emulated: ${authorizer.JwtConfiguration.Issuer}`)
    }
    const [method = '', pattern = ''] = route.RouteKey === '$default' ? ['ANY', '/{proxy+}'] : route.RouteKey.split(' ')
    return {
      key: route.RouteKey,
      method,
      segments: segmentsOf(pattern),
      timeout: integration.TimeoutInMillis,
      target,
      authorizer:
        authorizer === undefined
          ? undefined
          : {
              issuer: authorizer.JwtConfiguration.Issuer,
              audience: authorizer.JwtConfiguration.Audience,
              header: (authorizer.IdentitySource[0] ?? '').replace(/^\$request\.header\./, '').toLowerCase(),
            },
      scopes: route.AuthorizationScopes,
      admits: admission(settings[route.RouteKey], clock),
    }
  })
  const unknown = Object.keys(settings).find((key) => !routes.some((route) => route.key === key))
  if (unknown !== undefined)
    throw new Error(`${stageResource?.path}: Unable to find Route by key ${unknown} within the provided RouteSettings`)

  function find(
    method: string,
    path: readonly string[],
  ): { readonly route: CompiledRoute; readonly params: Readonly<Record<string, string>> } | undefined {
    const matches = routes.flatMap((route) => {
      const params = route.method === method || route.method === 'ANY' ? paramsOf(route.segments, path) : undefined
      return params === undefined ? [] : [{ route, params }]
    })
    return matches.sort((left, right) => compare(left.route, right.route))[0]
  }

  async function authorize(route: CompiledRoute, request: IncomingMessage) {
    if (route.authorizer === undefined) return { ok: true as const, jwt: undefined }
    const header = request.headers[route.authorizer.header]
    const token = (Array.isArray(header) ? header[0] : header)?.replace(/^Bearer /i, '')
    if (token === undefined || token === '') return { ok: false as const, status: 401, challenge: 'Bearer' }
    const verified = await pool.verify(token, route.authorizer.issuer, route.authorizer.audience)
    const required = route.scopes?.join(' ') ?? ''
    if (!verified.ok) {
      return {
        ok: false as const,
        status: 401,
        challenge: `Bearer scope="${required}" error="invalid_token" error_description="${verified.reason}"`,
      }
    }
    const held = String(verified.claims.scope ?? verified.claims.scp ?? '')
      .split(' ')
      .filter((scope) => scope !== '')
    if (route.scopes !== undefined && route.scopes.length > 0 && !route.scopes.some((scope) => held.includes(scope))) {
      return { ok: false as const, status: 403, challenge: `Bearer scope="${required}" error="insufficient_scope"` }
    }
    const claims = Object.fromEntries(Object.entries(verified.claims).map(([name, value]) => [name, claimText(value)]))
    return { ok: true as const, jwt: { claims, scopes: route.scopes === undefined ? null : held } }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(11).toString('base64url')
    const begun = performance.now()
    let routeKey: string | undefined
    let target: string | undefined
    let authorized = true
    let bytesIn = 0
    const end = (status: number, headers: Record<string, string | string[]>, text?: string | Buffer): void => {
      const milliseconds = performance.now() - begun
      const bytesOut = Buffer.byteLength(text ?? '')
      tell({ kind: 'request', route: routeKey, function: target, authorized, status, milliseconds, bytesIn, bytesOut })
      response.writeHead(status, { ...headers, 'apigw-requestid': requestId })
      response.end(text)
    }
    const fail = (status: number, message: string, headers: Record<string, string> = {}): void =>
      end(status, { 'content-type': 'application/json', ...headers }, JSON.stringify({ message }))
    const method = request.method ?? 'GET'
    const [encodedPath = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?')
    const prefix = stage === '$default' ? '' : `/${stage}`
    const found = encodedPath.startsWith(prefix) ? find(method, segmentsOf(encodedPath.slice(prefix.length))) : undefined
    if (found === undefined) return fail(404, 'Not Found')
    const { route, params } = found
    routeKey = route.key
    target = route.target.path
    if (!route.admits()) return fail(429, 'Too Many Requests')
    const access = await authorize(route, request)
    authorized = access.ok
    if (!access.ok)
      return fail(access.status, access.status === 401 ? 'Unauthorized' : 'Forbidden', { 'www-authenticate': access.challenge })
    const body = await readBody(request, maxRequestBytes)
    if (body === undefined) return fail(413, 'Request Entity Too Large')
    bytesIn = body.length
    const rawPath = decoded(encodedPath)
    const now = clock()
    const text = body.length === 0 || isText(request.headers['content-type'])
    const { cookie, ...headers } = headersOf(request, now)
    const domainName = request.headers.host ?? 'localhost'
    const query = queryOf(rawQueryString)
    const event = JSON.stringify({
      version: '2.0',
      routeKey: route.key,
      rawPath,
      rawQueryString,
      ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
      headers,
      ...(rawQueryString === '' ? {} : { queryStringParameters: query }),
      requestContext: {
        accountId: account,
        apiId: api?.name,
        ...(access.jwt === undefined ? {} : { authorizer: { jwt: access.jwt } }),
        domainName,
        domainPrefix: domainName.split('.')[0],
        http: {
          method,
          path: rawPath,
          protocol: `HTTP/${request.httpVersion}`,
          sourceIp: request.socket.remoteAddress ?? '',
          userAgent: request.headers['user-agent'] ?? '',
        },
        requestId,
        routeKey: route.key,
        stage,
        time: commonLogTime(new Date(now)),
        timeEpoch: now,
      },
      ...(Object.keys(params).length === 0 ? {} : { pathParameters: params }),
      ...(body.length === 0 ? {} : { body: body.toString(text ? 'utf8' : 'base64') }),
      isBase64Encoded: !text,
    })
    if (Buffer.byteLength(event) > maxEventBytes) return fail(413, 'Request Entity Too Large')
    if (!mayInvoke(route.target, `${api?.name}/${stage}/${route.key.replace(' ', '')}`)) return fail(500, 'Internal Server Error')
    const invoked = await within(route.timeout, route.target.invoke(event, 'http'))
    if (invoked === undefined) return fail(503, 'Service Unavailable')
    if (!invoked.ok) return invoked.service ? fail(503, 'Service Unavailable') : fail(500, 'Internal Server Error')
    const result = responseOf(invoked.payload)
    if (result === undefined) return fail(500, 'Internal Server Error')
    const cookies = result.cookies.length === 0 ? {} : { 'set-cookie': [...result.cookies] }
    end(result.status, { ...result.headers, ...cookies }, method === 'HEAD' ? undefined : result.body)
  }

  const audience = [...new Set(routes.flatMap(({ authorizer }) => authorizer?.audience ?? []))]

  return { has: (method, path) => find(method, segmentsOf(path)) !== undefined, handle, audience }
}

/** A route that has settings of its own is throttled by them. */
const admission = (settings: z.output<typeof Stage>['RouteSettings'][string] | undefined, clock: () => number): (() => boolean) =>
  settings?.ThrottlingRateLimit === undefined || settings.ThrottlingBurstLimit === undefined
    ? () => true
    : tokenBucket(settings.ThrottlingRateLimit, settings.ThrottlingBurstLimit, clock)

const splitOnce = (text: string, separator: string): [string, string] => {
  const place = text.indexOf(separator)
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)]
}

const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1)

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The path parameters, when the path fits the pattern. `{name+}` takes all that follows. */
function paramsOf(pattern: readonly string[], path: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {}
  for (const [i, part] of pattern.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(part) ?? []
    const given = path[i]
    if (given === undefined) return undefined
    if (name === undefined) {
      if (part !== given) return undefined
    } else if (greedy === '+') return { ...params, [name]: path.slice(i).map(decoded).join('/') }
    else if (given === '') return undefined
    else params[name] = decoded(given)
  }
  return pattern.length === path.length ? params : undefined
}

/** Which of two fitting routes is the more specific: static before variable before greedy before $default; a method before ANY. */
function compare(left: CompiledRoute, right: CompiledRoute): number {
  const weight = (part: string | undefined): number => (part === undefined ? 3 : part.endsWith('+}') ? 2 : part.startsWith('{') ? 1 : 0)
  if ((left.key === '$default') !== (right.key === '$default')) return left.key === '$default' ? 1 : -1
  for (let i = 0; i < Math.max(left.segments.length, right.segments.length); i++) {
    const difference = weight(left.segments[i]) - weight(right.segments[i])
    if (difference !== 0) return difference
  }
  return Number(left.method === 'ANY') - Number(right.method === 'ANY')
}

/** Lower-case names; values of a name that comes more than once are combined with commas. API Gateway adds its own. */
function headersOf(request: IncomingMessage, now: number): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase()
    const value = request.rawHeaders[i + 1] ?? ''
    if (['connection', 'transfer-encoding', 'keep-alive'].includes(name)) continue
    headers[name] = headers[name] === undefined ? value : `${headers[name]}${name === 'cookie' ? '; ' : ','}${value}`
  }
  return {
    'content-length': '0',
    ...headers,
    'x-amzn-trace-id':
      headers['x-amzn-trace-id'] ?? `Root=1-${Math.floor(now / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  }
}

/** Parameters that come more than once are combined with commas. */
function queryOf(text: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(text)) query[name] = query[name] === undefined ? value : `${query[name]},${value}`
  return query
}

/** Bodies of other types reach the function in base64. */
const isText = (type: string | undefined): boolean =>
  type === undefined || /^(text\/|application\/(json|javascript|xml|[\w.-]+\+json))/i.test(type)

/** Claims reach the function as texts, lists as `[a b]`. */
const claimText = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(claimText).join(' ')}]`
    : typeof value === 'string'
      ? value
      : isObject(value)
        ? JSON.stringify(value)
        : String(value)

const commonLogTime = (time: Date): string => {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString()) ?? []
  return `${day}/${month}/${year}:${clock} +0000`
}

/** What the function answers with is a response if it has a status code; anything else is the body of a 200. */
function responseOf(payload: string) {
  const value = tryJson(payload)
  if (!isObject(value) || !('statusCode' in value)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body: typeof value === 'string' ? value : payload }
  }
  const parsed = Structured.safeParse(value)
  if (!parsed.success) return undefined
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data
  const lower = Object.fromEntries(Object.entries(headers ?? {}).map(([name, item]) => [name.toLowerCase(), String(item)]))
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  const bodiless = statusCode === 204 || statusCode === 304
  return {
    status: statusCode,
    headers: {
      ...(bodiless ? {} : { 'content-type': 'text/plain;charset=UTF-8' }),
      ...lower,
      ...(bodiless ? {} : { 'content-length': String(bytes.length) }),
    },
    cookies: cookies ?? [],
    body: bodiless ? undefined : bytes,
  }
}

/** The result, or undefined when it takes longer. */
async function within(milliseconds: number, result: Promise<Invoked>): Promise<Invoked | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}
