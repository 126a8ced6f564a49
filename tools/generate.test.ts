import { defineApi, defineRefusals, type RouteDefinition } from '@wontanara/core'
import { codeList, identity, medical, offices, open, operational } from '@wontanara/events'
import * as z from 'zod'
import type { Declarations } from './declarations.ts'
import { type Json, type JsonObject, jsonSchema, mapSchema, sampleOf } from './generate/json.ts'
import { openApi } from './generate/openapi.ts'

const Address = z.strictObject({ city: identity(z.string()), office: operational(offices.schema) })
const View = z.strictObject({
  id: operational(z.string()),
  name: identity(z.string()),
  nickname: operational(z.string()).nullable(),
  address: Address,
  diagnoses: z.array(medical(z.string())),
  note: open(z.string()).optional(),
})
const view = { id: 'thing-1', name: 'Exemple', nickname: null, address: { city: 'Conakry', office: 'conakry' }, diagnoses: [] }
const colours = codeList('colour', { red: { en: 'Red', fr: 'Rouge' }, blue: { en: 'Blue', fr: 'Bleu' } })
const { catalogue } = defineRefusals({
  'thing-broken': { kind: 'conflict', en: 'It has been broken since {date}.', fr: 'Elle est cassée depuis le {date}.' },
  'not-here': { kind: 'unprocessable', en: 'Not here, {who}.', fr: 'Pas ici, {who}.' },
})

const read: RouteDefinition = {
  route: 'GET /v1/things/{id}',
  summary: 'Read a thing.',
  permit: 'case:read',
  response: View,
  example: { response: view },
}
const create: RouteDefinition = {
  route: 'POST /v1/things',
  summary: 'Make a thing.',
  permit: 'case:register',
  body: z.object({ address: Address, colour: colours.schema }),
  response: View,
  creates: true,
  refusals: ['thing-broken', 'not-here'],
  example: { body: { address: view.address, colour: 'red' }, response: view },
}

const declared = (routes: Readonly<Record<string, RouteDefinition>>): Declarations => ({
  events: [],
  columns: [],
  codeLists: [offices, colours],
  partnerTypes: {},
  schemas: new Map(),
  services: [
    {
      name: 'things',
      apis: [defineApi('things', { en: 'Things', fr: 'Choses' }, routes)],
      subscriptions: [],
      aggregates: [],
      refusals: catalogue,
      schemas: new Map<z.ZodType, string>([
        [View, 'ThingView'],
        [Address, 'Address'],
      ]),
    },
  ],
})
const at = (value: Json, ...path: readonly string[]): Json =>
  path.reduce<Json>((node, name) => (typeof node === 'object' && node !== null ? ((node as JsonObject)[name] ?? null) : null), value)

describe('an OpenAPI document', () => {
  const document = openApi(declared({ readThing: read, createThing: create }))
  const schema = (name: string): Json => at(document, 'components', 'schemas', name)
  const operation = (method: string, path: string, ...more: readonly string[]): Json => at(document, 'paths', path, method, ...more)

  test('promises of an answer only what every caller sees', () => {
    expect(at(schema('ThingView'), 'required')).toEqual(['id', 'address'])
    expect(at(schema('Address'), 'required')).toEqual(['office'])
  })

  test('leaves an answer open and a request closed, though both use the same schema', () => {
    expect(at(schema('Address'), 'additionalProperties')).toBeNull()
    expect(schema('AddressInput')).toMatchObject({ additionalProperties: false, required: ['city', 'office'] })
    expect(schema('CreateThingRequest')).toMatchObject({ additionalProperties: false })
  })

  test('shows the data class of each field, and nothing else of its label', () => {
    expect(at(schema('ThingView'), 'properties', 'name')).toEqual({ type: 'string', 'x-data-class': 'C2' })
    expect(at(schema('ThingView'), 'properties', 'diagnoses', 'items')).toEqual({ type: 'string', 'x-data-class': 'C3-medical' })
  })

  test('refers to code lists, which it holds with their labels', () => {
    expect(at(schema('Address'), 'properties', 'office')).toEqual({ $ref: '#/components/schemas/office', 'x-data-class': 'C1' })
    expect(schema('colour')).toMatchObject({ enum: ['red', 'blue'], 'x-enum-labels': { red: { en: 'Red', fr: 'Rouge' } } })
  })

  test('asks a creation for a key, and a read for none', () => {
    const names = (parameters: Json): readonly string[] => JSON.stringify(parameters).match(/parameters\/[\w-]+/g) ?? []
    expect(names(operation('post', '/v1/things', 'parameters'))).toContain('parameters/Idempotency-Key')
    expect(names(operation('get', '/v1/things/{id}', 'parameters'))).not.toContain('parameters/Idempotency-Key')
  })

  test('answers a creation with 201, ETag and Location', () => {
    expect(Object.keys(operation('post', '/v1/things', 'responses', '201', 'headers') as JsonObject)).toEqual(
      expect.arrayContaining(['ETag', 'Location']),
    )
  })

  test('lists the errors that can occur, and only those', () => {
    expect(Object.keys(operation('get', '/v1/things/{id}', 'responses') as JsonObject)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '429',
      '500',
      '503',
    ])
    expect(Object.keys(operation('post', '/v1/things', 'responses') as JsonObject)).toEqual([
      '201',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '428',
      '429',
      '500',
      '503',
    ])
  })

  test('shows the service’s own refusals in both languages, with the guards that may fail', () => {
    const examples = operation('post', '/v1/things', 'responses', '409', 'content', 'application/problem+json', 'examples')
    expect(at(examples, 'thing-broken.fr', 'value', 'title')).toBe('Elle est cassée depuis le 2026-03-16.')
    expect(at(examples, 'guards-failed.en', 'value', 'errors')).toEqual([
      { code: 'thing-broken', detail: 'It has been broken since 2026-03-16.' },
    ])
    expect(JSON.stringify(document)).not.toContain('{who}')
  })

  test('is the same each time', () => {
    expect(JSON.stringify(openApi(declared({ readThing: read, createThing: create })))).toBe(JSON.stringify(document))
  })

  test.each([
    [
      'a refusal that nobody declares',
      { createThing: { ...create, refusals: ['no-such-code'] } },
      /POST \/v1\/things names the refusal no-such-code/,
    ],
    ['the same route twice', { readThing: read, readThingAgain: read }, /two routes are GET \/v1\/things\/\{id\}/],
  ])('is refused for %s', (_name, routes, message) => {
    expect(() => openApi(declared(routes))).toThrow(message)
  })

  test('is refused for an operation id that two services use', () => {
    const one = declared({ readThing: read })
    const other = declared({ readThing: { ...read, route: 'GET /v1/others/{id}' } })
    expect(() => openApi({ ...one, services: [...one.services, ...other.services] })).toThrow(/two routes are called readThing/)
  })

  test('tells schemas of one name in two services apart', () => {
    const one = declared({ readThing: read })
    const Other = z.strictObject({ a: open(z.string()) })
    const other = declared({ readOther: { ...read, route: 'GET /v1/others/{id}', response: Other, example: { response: { a: '' } } } })
    const services = [
      ...one.services,
      ...other.services.map((service) => ({ ...service, name: 'more-things', schemas: new Map([[Other, 'ThingView']]) })),
    ]
    const schemas = at(openApi({ ...one, services }), 'components', 'schemas') as JsonObject
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['ThingView', 'ThingViewMoreThings']))
  })
})

describe('a JSON Schema', () => {
  test('keeps properties that are named like keywords', () => {
    const labelled = operational(z.string())
    const schema = jsonSchema(
      z.object({ class: labelled, purpose: labelled, retention: labelled, items: labelled, properties: labelled, pattern: labelled }),
    )
    expect(Object.keys(schema.properties as JsonObject)).toEqual(['class', 'purpose', 'retention', 'items', 'properties', 'pattern'])
    expect(new Set(Object.values(schema.properties as JsonObject).map((field) => JSON.stringify(field)))).toEqual(
      new Set(['{"type":"string","x-data-class":"C1"}']),
    )
  })

  test('visits only what is a schema', () => {
    const visited: Json[] = []
    const schema = {
      properties: { items: { type: 'string' } },
      items: { const: { items: 1 } },
      examples: [{ items: 2 }],
      required: ['items'],
    }
    mapSchema(schema, (node) => {
      visited.push(node)
      return node
    })
    expect(visited).toEqual([{ type: 'string' }, { const: { items: 1 } }, schema])
  })

  test('gives a sample that the code takes', () => {
    const schema = z.object({
      constant: z.literal('v1'),
      code: colours.schema,
      list: z.array(colours.schema),
      number: z.int().min(3),
      flag: z.boolean(),
      text: z
        .string()
        .regex(/^a+$/)
        .meta({ examples: ['aa'] }),
      within: z.object({ code: colours.schema }).optional(),
    })
    const sample = sampleOf(jsonSchema(schema))
    expect(schema.parse(sample)).toEqual(sample)
    expect(sample).toMatchObject({ within: { code: 'red' }, number: 3 })
  })

  test('without an example of a text gives no sample, and says where', () => {
    expect(() => sampleOf(jsonSchema(z.object({ a: z.array(z.object({ b: z.string() })) })), 'thing')).toThrow('thing/a[]/b: no example')
  })
})
