// What a function finds on Lambda: environment, context, and the events of HTTP APIs.
import { randomUUID } from 'node:crypto'
import type { Role } from '@wontanara/core'
import type { APIGatewayProxyEventV2WithJWTAuthorizer as HttpEvent } from 'aws-lambda'

/** Environment variables of Lambda itself and of our stacks. @param classes the data classes that the service stores sealed */
export const functionEnvironment = (service: string, classes: readonly string[]): Readonly<Record<string, string>> => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: 'local',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  LAMBDA_TASK_ROOT: '/var/task',
  _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  STAGE: 'bench',
  SERVICE: service,
  TABLE_NAME: service,
  FILES_BUCKET: service,
  EVENT_BUS_NAME: 'bus',
  CLASS_KEYS: JSON.stringify(
    Object.fromEntries(classes.map((name) => [name, `arn:aws:kms:eu-west-1:000000000000:key/${service}-${name}`])),
  ),
  POWERTOOLS_SERVICE_NAME: service,
  POWERTOOLS_METRICS_NAMESPACE: 'Wontanara',
})

export type Claims = Readonly<Record<string, string>>

/** Claims of a member of staff, as an HTTP API's JWT authorizer hands them over. */
export const staffClaims = (role: Role, { id = `${role}-1`, office = 'conakry' } = {}): Claims => ({
  sub: id,
  token_use: 'access',
  'cognito:groups': `[${role} office-${office}]`,
})

/** Claims of a partner organisation's machine client. */
export const partnerClaims = (organisation: string): Claims => ({
  sub: `client-${organisation}`,
  token_use: 'access',
  scope: `organisation/${organisation}`,
})

export interface HttpInput {
  readonly claims: Claims
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An event of an HTTP API, payload format 2.0. @param routeKey `POST /v1/cases/{caseId}/needs` */
export function httpEvent(routeKey: string, { claims, params, query, body, headers = {} }: HttpInput): HttpEvent & { body: string } {
  const [method = '', template = ''] = routeKey.split(' ')
  const rawPath = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''))
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      'idempotency-key': randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(params === undefined ? {} : { pathParameters: { ...params } }),
    ...(query === undefined ? {} : { queryStringParameters: { ...query } }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'bench',
      authorizer: { principalId: '', integrationLatency: 0, jwt: { claims: { ...claims }, scopes: [] } },
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: '02/Mar/2026:09:00:00 +0000',
      timeEpoch: 1_772_442_000_000,
    },
    isBase64Encoded: false,
    body: body === undefined ? '' : JSON.stringify(body),
  }
}
