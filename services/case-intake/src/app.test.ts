import { memoryStore } from '@wontanara/core'
import { client, staff } from '@wontanara/testing'
import { api } from './api.ts'
import { routes } from './app.ts'
import { cases } from './case.ts'
import { bodies } from './examples.ts'
import { catalogue } from './refusals.ts'

const service = () => {
  const store = memoryStore(cases)
  return client(api, routes({ cases: { aggregate: cases, store } }), { refusals: catalogue, recordAccess: store.recordAccess })
}

test('a registered person is found by id, by reference and in the list of the office', async () => {
  const app = service().as(staff('intake-officer', { office: 'niger' }))
  const registered = await app('POST /v1/cases', {}, { body: bodies.registration })
  expect(registered.status).toBe(201)
  const view = registered.body as { caseId: string; reference: string }
  const found = await app('GET /v1/cases/{caseId}', { caseId: view.caseId })
  expect(found.body).toEqual(registered.body)
  const byReference = await app('GET /v1/case-references/{reference}', { reference: view.reference })
  expect(byReference.body).toEqual(registered.body)
  const list = await app('GET /v1/cases', {}, { query: { office: 'niger', status: 'registered' } })
  expect(list.body).toMatchObject({ items: [{ caseId: view.caseId, status: 'registered' }] })
})
