import { identity, medical, open as openly, operational } from '@wontanara/events'
import * as z from 'zod'
import type { Principal } from './access.ts'
import { defineApi, pageOf, pageQuery, reply } from './api.ts'
import { issued } from './call.ts'
import { dossierRefusals, dossiers } from './contract-record.ts'
import { create, execute } from './execute.ts'
import { dispatcher, faultResponse, type HttpRequest, languageOf } from './http.ts'
import { bodyLimit, nesting, publicBodyLimit } from './http-input.ts'
import { memoryStore } from './memory-store.ts'
import { memoryRateLimit } from './rate-limit.ts'
import { list, read } from './read.ts'
import { ok } from './result.ts'

const View = z.object({
  id: operational(z.string()),
  count: operational(z.int()),
  name: identity(z.string()).nullable(),
  findings: z.array(z.object({ finding: medical(z.string()) })),
  extra: operational(z.string()).optional(),
})
const example = { response: { id: 'dossier-1', count: 0, name: null, findings: [] } }
const Person = z.object({
  name: identity(z.string().min(1).max(20)),
  parents: z.array(z.object({ name: identity(z.string()) })).optional(),
})
const api = defineApi(
  'dossiers',
  { en: 'Dossiers', fr: 'Dossiers' },
  {
    open: {
      route: 'POST /v1/dossiers',
      summary: 'Open.',
      permit: 'case:register',
      creates: true,
      body: z.object({
        office: operational(z.enum(['conakry', 'labe'])),
        person: Person,
        born: z
          .string()
          .regex(/^\d{4}$/)
          .optional(),
        origin: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('known'), place: z.string() }),
          z.object({ kind: z.literal('unknown') }),
        ]),
      }),
      response: View,
      example,
    },
    get: { route: 'GET /v1/dossiers/{dossierId}', summary: 'Read.', permit: 'case:read', response: View, example },
    list: {
      route: 'GET /v1/dossiers',
      summary: 'List.',
      permit: 'case:list',
      query: z.object({ ...pageQuery, office: z.string() }),
      response: pageOf(z.object({ order: operational(z.string()), count: operational(z.int()) }), operational),
      example: { response: { items: [] } },
    },
    count: {
      route: 'POST /v1/dossiers/{dossierId}/counts',
      summary: 'Count.',
      permit: 'case:correct',
      body: z.object({ add: z.int() }),
      response: View,
      example,
    },
    move: {
      route: 'PUT /v1/dossiers/{dossierId}/office',
      summary: 'Move.',
      permit: 'case:correct',
      body: z.object({ office: z.string() }),
      response: View,
      example,
    },
    setting: {
      route: 'PUT /v1/dossiers/{dossierId}/setting',
      summary: 'Set.',
      permit: 'case:correct',
      unversioned: true,
      body: z.object({ add: z.int() }),
      response: View,
      example,
    },
  },
)

const officer: Principal = { kind: 'staff', id: 'officer-1', roles: ['case-manager'], offices: ['conakry', 'labe'] }
const doctor: Principal = { kind: 'staff', id: 'doctor-1', roles: ['medical-officer'], offices: ['conakry'] }
const analyst: Principal = { kind: 'staff', id: 'analyst-1', roles: ['analyst'], offices: ['conakry'] }

function service(
  over: { readonly view?: (body: z.output<typeof View>) => unknown; readonly leaving?: (text: string) => Promise<void> } = {},
) {
  const store = memoryStore(dossiers)
  const repository = { aggregate: dossiers, store }
  const newIds: string[] = []
  const view = ({
    id,
    state,
  }: {
    readonly id: string
    readonly state: z.output<typeof dossiers.state> & { findings: { finding: string }[] }
  }) => {
    const body = { id, count: state.count, name: state.name, findings: state.findings.map(({ finding }) => ({ finding })) }
    return (over.view?.(body) ?? body) as typeof body
  }
  const dispatch = dispatcher(
    api,
    {
      open: async ({ body, call }) => {
        const id = call.newId('dossier')
        const opened = await reply(
          create(repository, id, { type: 'open', office: body.office, order: '1', ...issued(call) }, call),
          view,
          (seen) => `/v1/dossiers/${seen.id}`,
        )
        return opened.ok && over.leaving !== undefined ? ok({ ...opened.value, leaving: over.leaving }) : opened
      },
      get: ({ params, call }) => reply(read(repository, params.dossierId, call), view),
      list: async ({ query, call }) => {
        const { office, ...page } = query
        const listed = await list(store, call, { offices: [office], assignees: [] }, { index: 'gsi1', pk: `office#${office}`, ...page })
        if (!listed.ok) return listed
        const items = listed.value.rows as { order: string; count: number }[]
        return ok({
          body: { items, ...(listed.value.cursor === undefined ? {} : { next: listed.value.cursor }) },
          classes: listed.value.classes,
        })
      },
      count: ({ params, body, call }) => {
        newIds.push(call.newId('count'))
        return reply(execute(repository, params.dossierId, { type: 'count', add: body.add, ...issued(call) }, call), view)
      },
      move: ({ params, body, call }) =>
        reply(execute(repository, params.dossierId, { type: 'move', office: body.office, ...issued(call) }, call), view),
      setting: ({ params, body, call }) =>
        reply(execute(repository, params.dossierId, { type: 'count', add: body.add, ...issued(call) }, call), view),
    },
    { refusals: dossierRefusals.catalogue, recordAccess: (record) => store.recordAccess(record) },
  )
  const send = async (
    routeKey: string,
    request: Partial<Omit<HttpRequest, 'body'>> & { readonly body?: unknown; readonly raw?: string } = {},
  ) => {
    const { body, raw, headers, ...rest } = request
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await dispatch({
      routeKey,
      params: {},
      query: {},
      principal: officer,
      at: '2026-03-02T09:00:00.000Z',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      headers: { 'content-type': 'application/json', 'idempotency-key': `key-${Math.random()}`, ...headers },
      ...(text === undefined ? {} : { body: text }),
      ...rest,
    })
    return { ...response, json: JSON.parse(response.body) }
  }
  return { send, store, newIds }
}
const person = { name: 'Planted' }
const opening = { office: 'conakry', person, origin: { kind: 'unknown' } }
const codes = ({ json }: { json: { errors?: { pointer?: string; code: string }[] } }) =>
  (json.errors ?? []).map(({ pointer, code }) => `${code} ${pointer}`)

async function withOne() {
  const made = service()
  const response = await made.send('POST /v1/dossiers', { body: opening })
  return { ...made, params: { dossierId: response.json.id as string } }
}

describe('bodies', () => {
  test('a creation answers 201 with Location and ETag; unseen fields are absent', async () => {
    const { send } = service()
    const response = await send('POST /v1/dossiers', { body: opening })
    expect(response.status).toBe(201)
    expect(response.headers).toMatchObject({ location: `/v1/dossiers/${response.json.id}`, etag: '"1"', 'cache-control': 'no-store' })
    expect(response.json).toEqual({ id: expect.stringMatching(/^dossier-/), count: 0, name: null })
  })

  test.each<[string, unknown, readonly string[]]>([
    ['a missing field', { person, origin: { kind: 'unknown' } }, ['required /office']],
    ['a missing object', { office: 'labe', origin: { kind: 'unknown' } }, ['required /person']],
    ['another type', { ...opening, person: { name: 5 } }, ['wrong-type /person/name']],
    ['a code that is not in the list', { ...opening, office: 'planted' }, ['not-in-list /office']],
    ['too short', { ...opening, person: { name: '' } }, ['too-short /person/name']],
    ['too long', { ...opening, person: { name: 'planted'.repeat(9) } }, ['too-long /person/name']],
    ['a wrong form', { ...opening, born: 'planted' }, ['wrong-format /born']],
    ['an unknown field', { ...opening, nickname: 'planted' }, ['unknown-field /nickname']],
    ['an unknown field inside', { ...opening, person: { ...person, nickname: 'planted' } }, ['unknown-field /person/nickname']],
    [
      'an unknown field in a list',
      { ...opening, person: { ...person, parents: [{ name: 'a' }, { name: 'b', age: 9 }] } },
      ['unknown-field /person/parents/1/age'],
    ],
    ['an unknown field of a choice', { ...opening, origin: { kind: 'unknown', place: 'planted' } }, ['unknown-field /origin/place']],
    ['an unknown choice', { ...opening, origin: { kind: 'planted' } }, ['not-in-list /origin/kind']],
    ['no choice', { ...opening, origin: {} }, ['required /origin/kind']],
    ['a field whose name looks like a value', { ...opening, 'Planted Diallo, 1998': 1 }, ['unknown-field /?']],
    ['a list instead of an object', [opening], ['wrong-type ']],
    ['null', null, ['wrong-type ']],
  ])('%s is named, its value never', async (_, body, expected) => {
    const response = await service().send('POST /v1/dossiers', { body })
    expect(response.status).toBe(400)
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(response.json).toMatchObject({
      code: 'invalid-request',
      type: '/problems/invalid-request',
      status: 400,
      traceId: expect.any(String),
    })
    expect(codes(response)).toEqual(expected)
    expect(response.body).not.toMatch(/planted/i)
  })

  test('__proto__ is a field like any other that does not exist', async () => {
    const response = await service().send('POST /v1/dossiers', { raw: `{"__proto__":{"a":1},${JSON.stringify(opening).slice(1)}` })
    expect(codes(response)).toEqual(['unknown-field /?'])
  })

  test.each([
    ['not JSON', '{"name": Planted}', 400, 'not-json'],
    ['nothing', '', 400, 'not-json'],
    ['a list nested 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 400, 'body-too-deep'],
    ['an object nested 20 deep, with quoted brackets', `{"[[[\\"{{":${'{"a":'.repeat(19)}1${'}'.repeat(19)}}`, 400, 'body-too-deep'],
    ['6 MB', JSON.stringify({ name: 'x'.repeat(6_000_000) }), 413, 'body-too-large'],
    ['more bytes than characters', JSON.stringify({ name: 'é'.repeat(bodyLimit / 2) }), 413, 'body-too-large'],
  ])('%s is a clear 4xx', async (_, raw, status, code) => {
    const response = await service().send('POST /v1/dossiers', { raw })
    expect(response).toMatchObject({ status, refusal: code })
    expect(response.body).not.toMatch(/Planted/)
  })

  test.each([undefined, 'text/plain', 'application/jsonx', 'application/x-www-form-urlencoded'])(
    '%s is not a media type to send',
    async (type) => {
      expect(await service().send('POST /v1/dossiers', { body: opening, headers: { 'content-type': type } })).toMatchObject({ status: 415 })
    },
  )
  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/merge-patch+json'])('%s is one', async (type) => {
    expect(await service().send('POST /v1/dossiers', { body: opening, headers: { 'content-type': type } })).toMatchObject({ status: 201 })
  })

  test('a route without a body takes none', async () => {
    const { send, params } = await withOne()
    expect(await send('GET /v1/dossiers/{dossierId}', { params, body: {} })).toMatchObject({ status: 400, refusal: 'unexpected-body' })
  })

  test('nesting is counted outside of strings only', () => {
    expect(nesting('{"a":["[[[","\\"[[",{}]}')).toBe(3)
  })
})

describe('queries', () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    ['unknown', { office: 'conakry', sort: 'planted' }, ['unknown-field /query/sort']],
    ['missing', {}, ['required /query/office']],
    ['no number', { office: 'conakry', limit: 'planted' }, ['wrong-type /query/limit']],
    ['too small', { office: 'conakry', limit: '0' }, ['too-short /query/limit']],
    ['too large', { office: 'conakry', limit: '101' }, ['too-long /query/limit']],
  ])('%s', async (_, query, expected) => {
    const response = await service().send('GET /v1/dossiers', { query })
    expect(response.status).toBe(400)
    expect(codes(response)).toEqual(expected)
    expect(response.body).not.toMatch(/planted/)
  })
  test('a route without a query takes none', async () => {
    const { send, params } = await withOne()
    const response = await send('GET /v1/dossiers/{dossierId}', { params, query: { sort: 'planted' } })
    expect(codes(response)).toEqual(['unknown-field /query/sort'])
  })
})

describe('versions', () => {
  test.each([
    ['none', undefined, 428],
    ['any', '*', 428],
    ['stale', '"9"', 412],
    ['not one of ours', '"abc"', 412],
    ['several', '"1", "2"', 412],
    ['a number without end', `"${'9'.repeat(400)}"`, 412],
    ['the one that was read', '"1"', 200],
    ['the one that was read, weakened on its way', 'W/"1"', 200],
  ])('If-Match: %s', async (_, ifMatch, status) => {
    const { send, params } = await withOne()
    const response = await send('PUT /v1/dossiers/{dossierId}/office', {
      params,
      body: { office: 'labe' },
      headers: { 'if-match': ifMatch },
    })
    expect(response.status).toBe(status)
    expect(response.headers.etag).toBe(status === 428 ? undefined : status === 412 ? '"1"' : '"2"')
  })
})

describe('repeats', () => {
  test('a POST needs a key of 8 to 128 printable characters', async () => {
    for (const key of [undefined, 'short', 'with space', 'x'.repeat(129), 'é'.repeat(10)])
      expect(await service().send('POST /v1/dossiers', { body: opening, headers: { 'idempotency-key': key } })).toMatchObject({
        status: 428,
      })
  })

  test('same key, same body: same answer; same key, other body: 422; same key, other caller: another record', async () => {
    const { send } = service()
    const headers = { 'idempotency-key': 'the-same-key' }
    const first = await send('POST /v1/dossiers', { body: opening, headers })
    expect(await send('POST /v1/dossiers', { body: opening, headers })).toEqual(first)
    expect(await send('POST /v1/dossiers', { body: { ...opening, office: 'labe' }, headers })).toMatchObject({
      status: 422,
      refusal: 'idempotency-key-reused',
    })
    const other = await send('POST /v1/dossiers', { body: opening, headers, principal: { ...officer, id: 'officer-2' } })
    expect(other.status).toBe(201)
    expect(other.json.id).not.toBe(first.json.id)
  })

  test('one key used for two records makes two different ids', async () => {
    const { send, newIds } = service()
    const headers = { 'idempotency-key': 'the-same-key', 'if-match': '"1"' }
    for (const dossierId of ['dossier-1', 'dossier-2'])
      await send('POST /v1/dossiers/{dossierId}/counts', { params: { dossierId }, body: { add: 1 }, headers })
    expect(new Set(newIds).size).toBe(2)
  })

  test('a PUT sent again with the same ETag is the same request', async () => {
    const { send, params, store } = await withOne()
    const put = () =>
      send('PUT /v1/dossiers/{dossierId}/office', {
        params,
        body: { office: 'labe' },
        headers: { 'if-match': '"1"', 'idempotency-key': undefined },
      })
    const first = await put()
    expect(await put()).toEqual(first)
    expect(await store.history(params.dossierId)).toHaveLength(2)
  })

  test('an unversioned PUT of what was set before is no repeat: it is set again', async () => {
    const { send, params } = await withOne()
    const put = (add: number) =>
      send('PUT /v1/dossiers/{dossierId}/setting', { params, body: { add }, headers: { 'idempotency-key': undefined } })
    await put(1)
    await put(2)
    expect((await put(1)).json.count).toBe(4)
  })
})

describe('who', () => {
  test('nobody: 401 with a challenge', async () => {
    const response = await service().send('GET /v1/dossiers', { principal: undefined })
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer')
  })

  test('a role that may never: 403, recorded with the record asked for', async () => {
    const { send, store, params } = await withOne()
    expect(await send('GET /v1/dossiers/{dossierId}', { params, principal: analyst })).toMatchObject({
      status: 403,
      refusal: 'not-permitted',
    })
    expect(await store.accesses(params.dossierId)).toMatchObject([
      { decision: 'denied', denial: 'role', trail: { by: 'analyst-1', action: 'case:read' } },
    ])
  })

  test('what is written where an id belongs is not stored', async () => {
    const { send, store } = service()
    const dossierId = 'Mamadou Diallo +224 620'
    expect(await send('GET /v1/dossiers/{dossierId}', { params: { dossierId }, principal: analyst })).toMatchObject({ status: 403 })
    expect(await send('GET /v1/dossiers/{dossierId}', { params: { dossierId } })).toMatchObject({ status: 404 })
    expect(await store.accesses(dossierId)).toEqual([])
  })

  test('out of reach and nonexistent look the same', async () => {
    const { send, params } = await withOne()
    const elsewhere: Principal = { ...officer, offices: ['kankan'] }
    const out = await send('GET /v1/dossiers/{dossierId}', { params, principal: elsewhere })
    const none = await send('GET /v1/dossiers/{dossierId}', { params: { dossierId: 'dossier-0000' }, principal: elsewhere })
    expect(out).toMatchObject({ status: 404 })
    expect(out).toEqual(none)
  })

  test('each sees what the role may see', async () => {
    const { send, params, store } = await withOne()
    const stored = await store.load(params.dossierId)
    await store.append({
      id: params.dossierId,
      from: stored,
      state: { ...stored!.state, name: 'N', findings: [{ code: 'f', finding: 'F' }], assignees: ['doctor-1'] },
      events: [{ type: 'counted', data: { by: 0 } }],
      trail: (await store.history(params.dossierId))[0]!.trail,
      mark: 'm'.repeat(16),
    })
    const get = (principal: Principal) => send('GET /v1/dossiers/{dossierId}', { params, principal })
    expect((await get(officer)).json).toEqual({ id: params.dossierId, count: 0, name: 'N' })
    expect((await get(doctor)).json).toEqual({ id: params.dossierId, count: 0, name: 'N', findings: [{ finding: 'F' }] })
    expect(await store.accesses(params.dossierId)).toMatchObject([
      { decision: 'allowed', classes: ['C3-medical'], trail: { by: 'doctor-1', as: 'medical-officer' } },
    ])
  })

  test('a lost audit entry is a fault, and nothing is shown', async () => {
    const { send, params, store } = await withOne()
    store.recordAccess = async () => Promise.reject(new Error('the table is gone'))
    await expect(send('GET /v1/dossiers/{dossierId}', { params, principal: analyst })).rejects.toThrow('the table is gone')
  })
})

describe('answers', () => {
  test('what leaves is first told, byte for byte; when that fails, nothing leaves', async () => {
    const told: string[] = []
    const answering = (leaving: (text: string) => Promise<void>) => {
      const { send } = service({ leaving })
      return send('POST /v1/dossiers', { body: opening })
    }
    const { body } = await answering(async (text) => void told.push(text))
    expect(told).toEqual([body])
    await expect(answering(async () => Promise.reject(new Error('the log is gone')))).rejects.toThrow('the log is gone')
  })
  test('one that is not as declared is a fault that names no value', async () => {
    const answered = (over: object) => service({ view: (body) => ({ ...body, ...over }) }).send('POST /v1/dossiers', { body: opening })
    await expect(answered({ count: 'planted' })).rejects.toThrow(
      /^POST \/v1\/dossiers: the answer is not as declared: wrong-type at \/count$/,
    )
    await expect(answered({ id: undefined })).rejects.toThrow(/required at \/id/)
  })
  test('a field that is not declared stays in', async () => {
    const { send } = service({ view: (body) => ({ ...body, secret: 'planted' }) })
    expect((await send('POST /v1/dossiers', { body: opening })).body).not.toMatch(/planted/)
  })
  test('an unknown route is not found', async () => {
    expect(await service().send('GET /v1/nothing')).toMatchObject({ status: 404 })
  })
  test('a fault says: send it again, in the caller’s language', () => {
    const response = faultResponse({ headers: { 'accept-language': 'fr' }, traceId: 'abc' })
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '2', 'content-language': 'fr' } })
    expect(JSON.parse(response.body)).toMatchObject({ code: 'try-again', traceId: 'abc' })
  })
})

describe('lists', () => {
  test('a cursor serves its own caller, filter and direction only', async () => {
    const { send } = service()
    for (let i = 0; i < 3; i++) await send('POST /v1/dossiers', { body: opening })
    const first = await send('GET /v1/dossiers', { query: { office: 'conakry', limit: '2' } })
    expect(first.json.items).toHaveLength(2)
    const cursor = first.json.next as string
    const second = await send('GET /v1/dossiers', { query: { office: 'conakry', limit: '2', cursor } })
    expect(second.json).toEqual({ items: [{ order: '1', count: 0 }] })
    const forged = Buffer.from(JSON.stringify([JSON.parse(Buffer.from(cursor, 'base64url').toString())[0], '', ''])).toString('base64url')
    for (const [query, principal] of [
      [{ office: 'labe', cursor }, officer],
      [
        { office: 'conakry', cursor },
        { ...officer, id: 'officer-2' },
      ],
      [{ office: 'conakry', cursor: `${cursor}x` }, officer],
      [{ office: 'conakry', cursor: 'bm90aGluZw' }, officer],
      [{ office: 'conakry', cursor: forged }, officer],
    ] as const) {
      const response = await send('GET /v1/dossiers', { query, principal })
      expect([response.status, response.refusal, query]).toEqual([400, 'invalid-cursor', query])
    }
  })
})

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['fr', 'fr'],
  ['fr-GN,fr;q=0.9,en;q=0.8', 'fr'],
  ['en-GB, fr;q=0.5', 'en'],
  ['en;q=0.4, fr;q=0.5', 'fr'],
  ['fr, en', 'fr'],
  ['en, fr', 'en'],
  ['fr;q=0', 'en'],
  ['frr', 'en'],
  ['*', 'en'],
  ['sus, fr;q=0.1', 'fr'],
])('Accept-Language %p is answered in %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})

describe('a route that is open to everybody', () => {
  const route = 'POST /v1/letters'
  const letters = defineApi(
    'letters',
    { en: 'Letters', fr: 'Lettres' },
    {
      send: {
        route,
        summary: 'Send.',
        permit: 'application:submit',
        public: { throttle: { rate: 1, burst: 1 }, network: { most: 2, seconds: 60 } },
        creates: true,
        body: z.object({ text: identity(z.string()) }),
        response: z.object({ by: openly(z.string()) }),
        example: { body: { text: 'x' }, response: { by: 'x' } },
      },
    },
  )
  const routes = {
    send: async ({ call }: { readonly call: { readonly principal: Principal } }) =>
      ok({ body: { by: `${call.principal.kind} ${call.principal.id}` }, classes: new Set(['C0'] as const) }),
  }
  const ports = { refusals: {}, recordAccess: async () => undefined }
  const request = (over: Partial<HttpRequest> = {}): HttpRequest => ({
    routeKey: route,
    params: {},
    query: {},
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ text: 'x' }),
    at: '2026-03-02T09:00:30.000Z',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    source: '203.0.113.7',
    ...over,
  })

  test('takes whoever calls for an applicant, whatever they say they are', async () => {
    const dispatch = dispatcher(letters, routes, { ...ports, limit: memoryRateLimit() })
    for (const principal of [undefined, officer])
      expect(await dispatch(request({ principal }))).toMatchObject({ status: 201, body: '{"by":"applicant applicant"}' })
  })

  test('counts every request of a network, also those that are refused, and puts off what is too much', async () => {
    const dispatch = dispatcher(letters, routes, { ...ports, limit: memoryRateLimit() })
    expect((await dispatch(request({ body: '{"text":1}' }))).status).toBe(400)
    expect((await dispatch(request())).status).toBe(201)
    const late = await dispatch(request({ source: '203.0.113.8' }))
    expect(late).toMatchObject({ status: 429, headers: { 'retry-after': '30' }, refusal: 'rate-limited' })
    expect((await dispatch(request({ source: '198.51.100.7' }))).status).toBe(201)
    expect((await dispatch(request({ at: '2026-03-02T09:01:00.000Z' }))).status).toBe(201)
  })

  test.each([undefined, 'key-000000001', '00000000-0000-0000-0000'])('needs a key that nobody else can have: not %s', async (key) => {
    const dispatch = dispatcher(letters, routes, { ...ports, limit: memoryRateLimit() })
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) }
    expect(await dispatch(request({ headers }))).toMatchObject({ status: 428, refusal: 'random-key-required' })
  })

  test('takes small bodies only', async () => {
    const dispatch = dispatcher(letters, routes, { ...ports, limit: memoryRateLimit() })
    expect((await dispatch(request({ body: JSON.stringify({ text: 'x'.repeat(publicBodyLimit) }) }))).status).toBe(413)
  })

  test('does not start without a limit', () => {
    expect(() => dispatcher(letters, routes, ports)).toThrow('POST /v1/letters is open to everybody and needs a limit')
  })
})
