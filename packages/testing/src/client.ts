import { type Api, dispatcher, type HttpPorts, type HttpResponse, memoryRateLimit, type Principal, type Routes } from '@wontanara/core'
import { now } from './principals.ts'

export interface TestResponse {
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** Parsed JSON; of a file, its text. */
  readonly body: unknown
}
export interface TestRequest {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly ifMatch?: number
  readonly key?: string
  readonly at?: string
  /** Address from where it comes. */
  readonly source?: string
}

/**
 * A client of a service on the in-memory store: the same parsing, authorization and projection as in production, without a network.
 * @example client(api, routes(ports), ports).as(staff('intake-officer'))('POST /v1/cases', {}, { body })
 */
export function client<A extends Api>(api: A, routes: Routes<A>, ports: HttpPorts) {
  const dispatch = dispatcher(api, routes, { limit: memoryRateLimit(), ...ports })
  let requests = 0
  return {
    as:
      (principal: Principal | undefined) =>
      async (routeKey: string, params: Readonly<Record<string, string>> = {}, request: TestRequest = {}): Promise<TestResponse> => {
        const response = await dispatch({
          routeKey,
          params,
          query: request.query ?? {},
          headers: {
            'idempotency-key': request.key ?? `test-key-${++requests}`,
            ...(request.ifMatch === undefined ? {} : { 'if-match': `"${request.ifMatch}"` }),
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...request.headers,
          },
          body: request.body === undefined ? undefined : JSON.stringify(request.body),
          principal,
          at: request.at ?? now,
          source: request.source,
          traceId: '0af7651916cd43dd8448eb211c80319c',
        })
        return {
          status: response.status,
          headers: response.headers,
          body: /\bjson\b/.test(response.headers['content-type'] ?? '') ? JSON.parse(response.body) : response.body,
        }
      },
  }
}
