import middy, { type MiddlewareObj } from '@middy/core'
import {
  type Api,
  dispatcher,
  faultResponse,
  type HttpPorts,
  type HttpRequest,
  type HttpResponse,
  type Principal,
  type Routes,
  roles,
} from '@wontanara/core'
import type { APIGatewayProxyEventV2WithJWTAuthorizer as HttpEvent, APIGatewayProxyStructuredResultV2 as HttpResult } from 'aws-lambda'
import { count, errorFields, logger, observed } from './observability.ts'
import { traceIdOf, traceparentOf } from './trace.ts'

/** Kept of the function's time to answer. In milliseconds. */
const reserve = 1000

const prefixes = { office: 'office-', organisation: 'organisation/' }

/** HTTP APIs write an array claim as the text `[a b]`; the type of their events allows an array as well. */
function listClaim(claim: unknown): readonly string[] {
  if (Array.isArray(claim)) return claim.filter((item) => typeof item === 'string')
  if (typeof claim !== 'string') return []
  return claim
    .replace(/^\[|\]$/g, '')
    .split(/[\s,]+/)
    .filter((item) => item !== '')
}

/**
 * Who the access token speaks for. Staff: groups of the user pool are roles and offices. Partner: a client-credentials token
 * whose one scope names the organisation. Anything else is nobody.
 */
export function principalOf(claims: Readonly<Record<string, unknown>> | undefined): Principal | undefined {
  const id = claims?.sub
  if (typeof id !== 'string' || id === '' || claims?.token_use !== 'access') return undefined
  const groups = listClaim(claims['cognito:groups'])
  const held = roles.filter((role) => groups.includes(role))
  if (held.length > 0) {
    const offices = groups.filter((group) => group.startsWith(prefixes.office)).map((group) => group.slice(prefixes.office.length))
    return { kind: 'staff', id, roles: held, offices }
  }
  const organisations = listClaim(claims.scope).filter((scope) => scope.startsWith(prefixes.organisation))
  const [organisation] = organisations
  return organisation !== undefined && organisations.length === 1
    ? { kind: 'partner', id, organisation: organisation.slice(prefixes.organisation.length) }
    : undefined
}

function requestOf(event: HttpEvent, now: Date): HttpRequest {
  const traceparent = traceparentOf(event.headers.traceparent)
  return {
    routeKey: event.routeKey,
    params: definedOnly(event.pathParameters),
    query: definedOnly(event.queryStringParameters),
    headers: event.headers,
    body: event.isBase64Encoded && event.body !== undefined ? Buffer.from(event.body, 'base64').toString('utf8') : event.body,
    principal: principalOf(event.requestContext.authorizer?.jwt.claims),
    source: event.requestContext.http.sourceIp,
    at: now.toISOString(),
    traceId: traceIdOf(traceparent),
    traceparent,
  }
}

const definedOnly = (values: Readonly<Record<string, string | undefined>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(values ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

const resultOf = ({ status, headers, body }: HttpResponse): HttpResult => ({ statusCode: status, headers: { ...headers }, body })

/** A fault becomes a 503 that says: send the same again. It is logged and counted; the caller learns nothing of its cause. */
const faults = (): MiddlewareObj<HttpEvent, HttpResult> => ({
  onError: (request) => {
    const { event, error } = request
    const traceId = traceIdOf(traceparentOf(event.headers?.traceparent))
    logger.error('fault', { route: event.routeKey, traceId, ...errorFields(error) })
    count('Fault')
    request.response = resultOf(faultResponse({ headers: event.headers ?? {}, traceId }))
  },
})

/** The Lambda handler of an API. */
export const httpHandler = <A extends Api>(api: A, routes: Routes<A>, ports: HttpPorts) => httpFunction(dispatcher(api, routes, ports))

/** The Lambda handler of a function that answers requests: `observed` runs outermost, so that what `faults` counts is written too. */
export function httpFunction(dispatch: (request: HttpRequest) => Promise<HttpResponse>) {
  // Out of time, the function would be ended and the caller told nothing: to send the same again is right, whatever became of this.
  return middy<HttpEvent, HttpResult>({ timeoutEarlyInMillis: reserve })
    .use(observed())
    .use(faults())
    .handler(async (event) => {
      const started = performance.now()
      const request = requestOf(event, new Date())
      const response = await dispatch(request)
      if (response.refusal !== undefined) count(response.status === 403 || response.status === 401 ? 'AccessDenied' : 'Refused')
      logger.info('request', {
        route: event.routeKey,
        status: response.status,
        refusal: response.refusal,
        caller: request.principal?.kind,
        traceId: request.traceId,
        ms: Math.round(performance.now() - started),
      })
      return resultOf(response)
    })
}
