import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { actions, classAccess, depthLimit, labelsOf, nesting, type Relation, type RouteDefinition, roles } from '@wontanara/core'
import { declarations } from '@wontanara/tools/declarations'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { apiBreaking, isRecord } from './breaking.ts'

type Record_ = Readonly<Record<string, unknown>>
const root = join(import.meta.dirname, '../..')
const read = (file: string): Record_ => JSON.parse(readFileSync(join(root, file), 'utf8'))
const record = (value: unknown): Record_ => (isRecord(value) ? value : {})

const document = read('docs/api/openapi.json')
const validator = addFormats.default(new Ajv.default({ strict: false, allErrors: true, validateSchema: false }))
validator.addSchema(document, 'openapi')

/** Replaces references into the document, so that ajv finds them from anywhere. */
const absolute = (schema: unknown): object => JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'))
const target = (value: unknown): Record_ => {
  const reference = record(value).$ref
  if (typeof reference !== 'string') return record(value)
  return target(
    reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, part) => record(at)[part], document),
  )
}
const compiled = new Map<string, ReturnType<typeof validator.compile>>()
const faults = (schema: unknown, value: unknown): unknown => {
  const key = JSON.stringify(schema)
  const valid = compiled.get(key) ?? validator.compile(absolute(schema))
  compiled.set(key, valid)
  return valid(value) ? [] : valid.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`)
}

interface Operation {
  readonly name: string
  readonly operation: Record_
}
const operations: readonly Operation[] = Object.entries(record(document.paths)).flatMap(([path, methods]) =>
  Object.entries(record(methods)).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation: record(operation) })),
)
const declaredOperations = operations.filter(({ operation }) => operation['x-permit'] !== 'none')

/** Every media type of a request body or a response with its examples. */
const contents = (operation: Record_) =>
  [
    ['request', target(operation.requestBody)] as const,
    ...Object.entries(record(operation.responses)).map(([status, response]) => [status, target(response)] as const),
  ].flatMap(([where, value]) =>
    Object.entries(record(value.content)).map(([mediaType, content]) => ({
      where: `${where} ${mediaType}`,
      schema: record(content).schema,
      examples: [
        ...Object.entries(record(record(content).examples)).map(([name, example]) => [name, target(example).value] as const),
        ...('example' in record(content) ? [['example', record(content).example] as const] : []),
      ],
    })),
  )

test('the document is valid OpenAPI 3.1', async () => {
  const validation = new Validator()
  expect(await validation.validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true })
  expect(validation.version).toBe('3.1')
})

test('every route of every service is there, once', async () => {
  const { services } = await declarations()
  const routes = services.flatMap(({ apis }) => apis.flatMap((api) => Object.values(api.routes).map(({ route }) => route)))
  expect(routes.length).toBeGreaterThan(0)
  expect(declaredOperations.map(({ name }) => name).sort()).toEqual([...routes].sort())
})

test('operation ids are unique', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(operations.map(({ name, operation }) => [name, operation] as const))('%s: every example is valid', (_name, operation) => {
  const wrong = contents(operation).flatMap(({ where, schema, examples }) =>
    examples.flatMap(([name, value]) => {
      const found = faults(schema, value)
      return Array.isArray(found) && found.length > 0 ? [{ where, name, found }] : []
    }),
  )
  expect(wrong).toEqual([])
})

test.each(declaredOperations.map(({ name, operation }) => [name, operation] as const))(
  '%s: every refusal has a text in both languages',
  (_name, operation) => {
    for (const { where, examples } of contents(operation).filter(({ where }) => where.endsWith('problem+json'))) {
      const codes = (language: string) => examples.filter(([name]) => name.endsWith(`.${language}`)).map(([name]) => name.slice(0, -3))
      expect([where, codes('fr')]).toEqual([where, codes('en')])
      expect(codes('en')).not.toEqual([])
      for (const [name, value] of examples) {
        expect(record(value).status).toBe(Number(where.split(' ')[0]))
        expect(record(value).code).toBe(name.slice(0, -3))
      }
    }
  },
)

test.each(declaredOperations.map(({ name, operation }) => [name, operation] as const))('%s: says who may', (_name, operation) => {
  const holders = Object.keys(record(operation['x-roles']))
  expect(holders.length).toBeGreaterThan(0)
  expect(holders.filter((holder) => ![...roles, 'partner', 'service', 'applicant'].includes(holder))).toEqual([])
  // Who applies has no token; nobody else does without.
  if (holders.includes('applicant')) expect([holders, operation.security]).toEqual([['applicant'], []])
  else expect(operation.security).not.toEqual([])
})

test('a field that may be hidden from a caller is never promised', () => {
  const hidden: string[] = []
  const visit = (name: string, schema: Record_): void => {
    for (const field of Array.isArray(schema.required) ? schema.required : []) {
      const dataClass = record(record(schema.properties)[field])['x-data-class']
      if (dataClass !== undefined && dataClass !== 'C0' && dataClass !== 'C1') hidden.push(`${name}.${field}`)
    }
    for (const part of Object.values(schema)) if (isRecord(part)) visit(name, part)
  }
  for (const { operation } of declaredOperations)
    for (const { where, schema } of contents(operation)) if (/^20\d /.test(where)) visit(String(operation.operationId), target(schema))
  expect(hidden).toEqual([])
})

/** The relations that hold wherever this one does. */
const implied: Readonly<Record<Relation, readonly Relation[]>> = {
  any: ['any'],
  office: ['any', 'office'],
  assigned: ['any', 'office', 'assigned'],
  addressed: ['any', 'addressed'],
  disclosed: ['any', 'addressed', 'disclosed'],
}

test('whoever may call a route may see its operational fields: they are promised', async () => {
  const { services } = await declarations()
  const routes = services.flatMap(({ apis }) => apis.flatMap((api) => Object.values(api.routes)))
  const blind = routes.flatMap(({ route, permit, response }) => {
    if (!labelsOf(response).some(({ label }) => label.class === 'C1')) return []
    const grants: Readonly<Record<string, Relation>> = actions[permit]
    return Object.entries(grants).flatMap(([holder, relation]) => {
      const needed = Object.entries(classAccess).find(([name]) => name === holder)?.[1].C1
      return needed !== undefined && implied[relation].includes(needed) ? [] : [`${route}: ${holder}`]
    })
  })
  expect(blind).toEqual([])
})

describe('the examples by the code itself', () => {
  const check = ({ body, query, response, example }: RouteDefinition): void => {
    response.parse(example.response)
    if (body !== undefined) {
      body.strict().parse(example.body)
      expect(nesting(JSON.stringify(example.body))).toBeLessThanOrEqual(depthLimit)
    } else expect(example.body).toBeUndefined()
    if (query !== undefined) query.strict().parse(example.query ?? {})
    else expect(example.query).toBeUndefined()
  }

  test('are taken and given', async () => {
    const { services } = await declarations()
    for (const { apis } of services) for (const api of apis) for (const definition of Object.values(api.routes)) check(definition)
  })
})

test('the API is still what was published, but for what clients need not know of', () => {
  expect(apiBreaking(read('test/contract/published/openapi.json'), document)).toEqual([])
})
