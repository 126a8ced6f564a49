import { defineApi, ok } from '@wontanara/core'
import { dossierRefusals } from '@wontanara/core/store-contract'
import { identity, operational } from '@wontanara/events'
import type {
  Context,
  APIGatewayProxyEventV2WithJWTAuthorizer as HttpEvent,
  APIGatewayProxyStructuredResultV2 as HttpResult,
} from 'aws-lambda'
import * as z from 'zod'
import { httpHandler, principalOf } from './http-handler.ts'

const staff = { sub: 'user-1', token_use: 'access', 'cognito:groups': '[case-manager office-conakry]' }

describe('who the token speaks for', () => {
  const ofStaff = (roles: readonly string[], offices: readonly string[]) => ({ kind: 'staff', id: 'user-1', roles, offices })
  const partner = { kind: 'partner', id: 'client-1', organisation: 'org-one' }
  test.each<[string, Record<string, unknown> | undefined, object | undefined]>([
    ['groups as HTTP APIs write them', staff, ofStaff(['case-manager'], ['conakry'])],
    [
      'groups as an array',
      { ...staff, 'cognito:groups': ['supervisor', 'office-labe', 'office-boke'] },
      ofStaff(['supervisor'], ['labe', 'boke']),
    ],
    ['one group', { ...staff, 'cognito:groups': '[analyst]' }, ofStaff(['analyst'], [])],
    ['groups we do not know', { ...staff, 'cognito:groups': '[case-manager root office-mali]' }, ofStaff(['case-manager'], ['mali'])],
    ['no role', { ...staff, 'cognito:groups': '[office-conakry]' }, undefined],
    ['a partner', { sub: 'client-1', token_use: 'access', scope: 'organisation/org-one' }, partner],
    [
      'a partner of two organisations',
      { sub: 'client-1', token_use: 'access', scope: 'organisation/org-one organisation/org-two' },
      undefined,
    ],
    ['another scope', { sub: 'client-1', token_use: 'access', scope: 'openid' }, undefined],
    ['an id token', { ...staff, token_use: 'id' }, undefined],
    ['no subject', { ...staff, sub: '' }, undefined],
    ['a subject that is no text', { ...staff, sub: 5 }, undefined],
    ['no claims', undefined, undefined],
  ])('%s', (_, claims, expected) => {
    expect(principalOf(claims)).toEqual(expected)
  })
})

const api = defineApi(
  'echoes',
  { en: 'Echoes', fr: 'Échos' },
  {
    echo: {
      route: 'POST /v1/echoes/{echoId}',
      summary: 'Echo.',
      permit: 'case:correct',
      unversioned: true,
      body: z.object({ name: identity(z.string()) }),
      query: z.object({ times: z.coerce.number().optional() }),
      response: z.object({ name: identity(z.string()), times: operational(z.number()) }),
      example: { response: { name: 'Name', times: 1 } },
    },
  },
)
const secrets = ['PlantedName', 'arn:aws:dynamodb:eu-west-1:123456789012:table/planted-table', 'planted-table', 'at Object.<anonymous>']
function handlerOf(fault?: () => Promise<never>) {
  return httpHandler(
    api,
    {
      echo: async ({ body, query }) => {
        await fault?.()
        return ok({ body: { name: body.name, times: query.times ?? 1 }, classes: new Set(['C1', 'C2'] as const) })
      },
    },
    { refusals: dossierRefusals.catalogue, recordAccess: async () => undefined },
  )
}
const eventOf = (over: Partial<HttpEvent> = {}, claims: Record<string, string> | undefined = staff): HttpEvent =>
  ({
    version: '2.0',
    routeKey: 'POST /v1/echoes/{echoId}',
    pathParameters: { echoId: 'echo-1' },
    headers: { 'content-type': 'application/json', 'idempotency-key': 'the-key-of-it' },
    body: JSON.stringify({ name: 'PlantedName' }),
    isBase64Encoded: false,
    requestContext: {
      http: { sourceIp: '203.0.113.7' },
      authorizer: claims === undefined ? undefined : { jwt: { claims, scopes: [] } },
    },
    ...over,
  }) as unknown as HttpEvent
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 10_000 } as unknown as Context

/** Everything written to stdout and stderr meanwhile. */
async function captured(run: () => Promise<HttpResult>): Promise<{ readonly result: HttpResult; readonly logs: string }> {
  const lines: string[] = []
  const take = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(take))
  const log = jest.spyOn(console, 'log').mockImplementation((...args) => void lines.push(args.join(' ')))
  try {
    return { result: await run(), logs: lines.join('\n') }
  } finally {
    for (const spy of [...spies, log]) spy.mockRestore()
  }
}

test('a request is answered, its body in base64 or not, its query parsed', async () => {
  const handler = handlerOf()
  const plain = await captured(() => handler(eventOf({ queryStringParameters: { times: '3' } }), context))
  expect(plain.result).toMatchObject({ statusCode: 200, body: '{"name":"PlantedName","times":3}' })
  const body = Buffer.from('{"name":"Aïssatou"}').toString('base64')
  const encoded = await captured(() => handler(eventOf({ body, isBase64Encoded: true }), context))
  expect(encoded.result).toMatchObject({ statusCode: 200, body: '{"name":"Aïssatou","times":1}' })
})

test.each<[string, Partial<HttpEvent>, Record<string, string> | undefined, number]>([
  ['no token', {}, undefined, 401],
  ['a token without a role', {}, { ...staff, 'cognito:groups': '[]' }, 401],
  ['a role that may not', {}, { ...staff, 'cognito:groups': '[analyst]' }, 403],
  ['no headers at all', { headers: {} }, staff, 415],
  ['no body', { body: undefined } as unknown as Partial<HttpEvent>, staff, 400],
  ['a body that is not JSON', { body: '{"name": PlantedName}' }, staff, 400],
  [
    'a name in the wrong place',
    { body: JSON.stringify({ PlantedName: 1, name: ['PlantedName'] }).replace('"PlantedName":1', '"Planted Name":1') },
    staff,
    400,
  ],
  ['a name where an id belongs', { pathParameters: { echoId: 'Planted Name' } }, staff, 404],
])('%s: answered, and nothing planted in answer or log', async (_, over, claims, status) => {
  const { result, logs } = await captured(() => handlerOf()(eventOf(over, claims ?? { sub: '' }), context))
  expect(result.statusCode).toBe(status)
  expect(`${result.body}${logs}`).not.toMatch(/Planted/)
  expect(logs).not.toBe('')
})

test('a fault is a 503 that says when to come again; neither answer nor log holds what was sent, and the answer nothing of our insides', async () => {
  const faults = [
    () => new Error(`no table ${secrets[2]}`),
    () => Object.assign(new Error(`User is not authorized on ${secrets[1]}`), { name: 'AccessDeniedException', $metadata: {} }),
    () => Object.assign(new Error('Requests are throttled'), { name: 'ProvisionedThroughputExceededException', $metadata: {} }),
    () => new SyntaxError('Unexpected token \'P\', "PlantedName" is not valid JSON'),
    () => new TypeError('Received "PlantedName"'),
    () => Object.assign(new Error('Value "PlantedName" at … failed to satisfy constraint'), { name: 'ValidationException', $metadata: {} }),
    () => z.object({ name: z.literal('x') }).safeParse({ name: 'PlantedName' }, { reportInput: true }).error!,
    () => Object.assign(new TypeError('a message of two lines\nat PlantedName'), {}),
  ]
  for (const fault of faults) {
    const { result, logs } = await captured(() =>
      handlerOf(async () => Promise.reject(fault()))(
        eventOf({ headers: { 'accept-language': 'fr', 'content-type': 'application/json', 'idempotency-key': 'the-key-of-it' } }),
        context,
      ),
    )
    expect(result).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2', 'content-type': 'application/problem+json' } })
    for (const secret of secrets) expect(result.body).not.toContain(secret)
    expect(result.body).toContain('Renvoyez la même requête')
    expect(logs).not.toMatch(/PlantedName/)
    const { traceId } = JSON.parse(result.body ?? '')
    expect(logs).toContain(traceId)
  }
})

test('what does not end is a 503 while there is time to say so', async () => {
  const end = performance.now() + 1200
  const hanging = handlerOf(() => new Promise<never>(() => undefined))
  const { result } = await captured(() => hanging(eventOf(), { ...context, getRemainingTimeInMillis: () => end - performance.now() }))
  expect(result).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } })
  expect(end - performance.now()).toBeGreaterThan(100)
})

test('a request that went well leaves one line, with nothing of its content', async () => {
  const { logs } = await captured(() => handlerOf()(eventOf(), context))
  expect(logs).not.toMatch(/Planted|user-1|conakry|the-key-of-it/)
  expect(logs.trim().split('\n')).toHaveLength(1)
})
