import type { HttpRequest } from '@wontanara/core'
import { partnerOf, staff } from '@wontanara/testing'
import { documentServer } from './documents.ts'

const openapi = { openapi: '3.1.0', info: { title: 'Exemple d’été' } }
const schema = { $id: 'urn:wontanara:schema:case-intake.case-registered.v1' }
const serve = documentServer({ 'GET /v1/openapi.json': openapi }, { 'case-intake.case-registered.v1': schema })

const request = (routeKey: string, { name, ...more }: Partial<HttpRequest> & { readonly name?: string } = {}): HttpRequest => ({
  routeKey,
  params: name === undefined ? {} : { name },
  query: {},
  headers: {},
  principal: staff('campaign-editor'),
  at: '2026-03-02T09:00:00.000Z',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  ...more,
})
const schemaNamed = (name: string, more: Partial<HttpRequest> = {}) => request('GET /v1/schemas/{name}', { name, ...more })

test('a document is given whole, and may be kept by its reader only', async () => {
  const response = await serve(request('GET /v1/openapi.json'))
  expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'private, max-age=3600' } })
  expect(JSON.parse(response.body)).toEqual(openapi)
})

test('a partner reads it as well', async () => {
  expect((await serve(request('GET /v1/openapi.json', { principal: partnerOf('org-example') }))).status).toBe(200)
})

test('who is nobody in this programme reads nothing', async () => {
  const response = await serve(request('GET /v1/openapi.json', { principal: undefined }))
  expect(response).toMatchObject({ status: 401, refusal: 'unauthorized' })
  expect(response.headers.etag).toBeUndefined()
})

test('a schema is found by the type of its event', async () => {
  expect(JSON.parse((await serve(schemaNamed('case-intake.case-registered.v1.json'))).body)).toEqual(schema)
})

test.each([
  'case-intake.case-registered.v1',
  'case-intake.case-registered.v2.json',
  '__proto__.json',
  'constructor',
  '../openapi.json',
  '',
])('there is no schema called "%s"', async (name) => {
  const response = await serve(schemaNamed(name, { headers: { 'accept-language': 'fr' } }))
  expect(response).toMatchObject({ status: 404, refusal: 'not-found', headers: { 'content-language': 'fr' } })
})

test.each([
  ['the tag', (etag: string) => etag, 304],
  ['the tag, made weak on the way', (etag: string) => `W/${etag}`, 304],
  ['a list that holds it', (etag: string) => `"other", ${etag}`, 304],
  ['anything', () => '*', 304],
  ['another tag', () => '"other"', 200],
  ['a part of the tag', (etag: string) => etag.slice(0, 8), 200],
])('a client that holds %s', async (_name, held, status) => {
  const { etag = '' } = (await serve(request('GET /v1/openapi.json'))).headers
  const response = await serve(request('GET /v1/openapi.json', { headers: { 'if-none-match': held(etag) } }))
  expect(response.status).toBe(status)
  expect(response.headers.etag).toBe(etag)
  expect(response.body === '').toBe(status === 304)
})

test('the tag changes with the document', async () => {
  const changed = documentServer({ 'GET /v1/openapi.json': { ...openapi, paths: {} } }, {})
  const tags = await Promise.all([serve, changed].map(async (each) => (await each(request('GET /v1/openapi.json'))).headers.etag))
  expect(tags[0]).not.toBe(tags[1])
})
