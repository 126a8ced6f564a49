import { type RouteDefinition, referenceOf } from '@wontanara/core'
import { api } from './api.ts'
import { caseExample } from './examples.ts'
import { catalogue } from './refusals.ts'

const routes: readonly (readonly [string, RouteDefinition])[] = Object.values(api.routes).map((route) => [route.route, route])

test.each(routes)('the examples of %s validate', (_, { body, query, response, example }) => {
  expect(response.parse(example.response)).toEqual(example.response)
  expect(body?.strict().parse(example.body)).toEqual(example.body)
  expect(query?.strict().parse(example.query)).toEqual(example.query === undefined ? undefined : expect.objectContaining(example.query))
})
test.each(routes)('the refusals of %s are in the catalogue', (_, { refusals = [] }) => {
  expect(refusals.filter((code) => !(code in catalogue))).toEqual([])
})
test('the example bears the reference of its id', () => {
  expect(caseExample.reference).toBe(referenceOf(caseExample.caseId))
})
