import { apiBreaking, breaking, type Direction } from './breaking.ts'

const object = (properties: object, required: readonly string[] = [], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
})
const text = { type: 'string' }
const codes = (...values: readonly string[]) => ({ type: 'string', enum: values })
const listed = (...values: readonly string[]) => ({ ...codes(...values), 'x-code-list': 'office' })

/** Change, and whom it breaks: T those who write (requests), S those who read (responses), E those who read events. */
const changes: readonly (readonly [string, unknown, unknown, string])[] = [
  ['nothing', object({ a: text }), object({ a: text }), ''],
  ['a description', object({ a: text }), object({ a: { ...text, description: 'A.' } }), ''],
  ['a data label', object({ a: text }), object({ a: { ...text, 'x-data-class': 'C1' } }), ''],
  ['an optional property added', object({ a: text }), object({ a: text, b: text }), ''],
  ['a required property added', object({ a: text }), object({ a: text, b: text }, ['b']), 'TE'],
  ['a property removed', object({ a: text, b: text }), object({ a: text }), 'TSE'],
  ['a property renamed', object({ a: text }), object({ b: text }), 'TSE'],
  ['a property become required', object({ a: text }), object({ a: text }, ['a']), 'TE'],
  ['a property become optional', object({ a: text }, ['a']), object({ a: text }), 'SE'],
  ['another type', text, { type: 'integer' }, 'TSE'],
  ['a type more', text, { type: ['string', 'null'] }, 'SE'],
  ['a type less', { type: ['string', 'null'] }, text, 'TE'],
  ['a type gone altogether', text, {}, 'SE'],
  ['a value removed', codes('x', 'y'), codes('x'), 'TE'],
  ['a value added', codes('x'), codes('x', 'y'), 'SE'],
  ['a code added to a code list', listed('x'), listed('x', 'y'), ''],
  ['a code removed from a code list', listed('x', 'y'), listed('x'), 'TE'],
  ['another code list', listed('x'), { ...codes('x', 'y'), 'x-code-list': 'role' }, 'SE'],
  ['values listed', text, codes('x'), 'TE'],
  ['values no longer listed', codes('x'), text, 'SE'],
  ['another constant', { const: 'v1' }, { const: 'v2' }, 'TSE'],
  ['a format added', text, { ...text, format: 'date' }, 'TE'],
  ['a format removed', { ...text, format: 'date' }, text, 'SE'],
  ['another format', { ...text, format: 'date' }, { ...text, format: 'date-time' }, 'TSE'],
  ['a pattern added', text, { ...text, pattern: '^a$' }, 'TE'],
  ['another pattern', { ...text, pattern: '^a$' }, { ...text, pattern: '^b$' }, 'TSE'],
  ['a shorter maximum', { ...text, maxLength: 10 }, { ...text, maxLength: 5 }, 'TE'],
  ['a longer maximum', { ...text, maxLength: 5 }, { ...text, maxLength: 10 }, 'SE'],
  ['a maximum added', text, { ...text, maxLength: 5 }, 'TE'],
  ['a higher minimum', { type: 'integer', minimum: 0 }, { type: 'integer', minimum: 1 }, 'TE'],
  ['a minimum removed', { type: 'integer', minimum: 0 }, { type: 'integer' }, 'SE'],
  ['strictness added', object({ a: text }), object({ a: text }, [], { additionalProperties: false }), 'TE'],
  ['strictness removed', object({ a: text }, [], { additionalProperties: false }), object({ a: text }), 'SE'],
  ['another type of an element', { type: 'array', items: text }, { type: 'array', items: { type: 'integer' } }, 'TSE'],
  [
    'a change deep within',
    object({ a: { type: 'array', items: object({ b: text }) } }),
    object({ a: { type: 'array', items: object({}) } }),
    'TSE',
  ],
  ['an option removed', { anyOf: [text, { type: 'integer' }] }, { anyOf: [text] }, 'TE'],
  ['an option added', { anyOf: [text] }, { anyOf: [text, { type: 'integer' }] }, 'SE'],
  ['options in another order', { anyOf: [text, { type: 'integer' }] }, { anyOf: [{ type: 'integer' }, text] }, ''],
  ['a property removed from an option', { oneOf: [object({ a: text })] }, { oneOf: [object({})] }, 'TSE'],
]

describe.each(changes)('%s', (_name, before, after, broken) => {
  test.each([
    ['T', 'taken'],
    ['S', 'sent'],
    ['E', 'event'],
  ] as const)('%s', (letter, direction: Direction) => {
    expect(breaking(before, after, direction).length > 0).toBe(broken.includes(letter))
  })
})

test('a break is told with its place', () => {
  const before = object({ data: object({ office: codes('x', 'y') }) })
  expect(breaking(before, object({ data: object({ office: codes('x') }) }), 'event')).toEqual(['/data/office: value "y" was removed'])
})

test('references are followed, each into its own document, and cycles end', () => {
  const tree = (leaf: object) => ({ components: { schemas: { Tree: object({ leaf, child: { $ref: '#/components/schemas/Tree' } }) } } })
  const reference = { $ref: '#/components/schemas/Tree' }
  expect(breaking(reference, reference, 'sent', [tree(text), tree(text)])).toEqual([])
  expect(breaking(reference, reference, 'sent', [tree(text), tree({ type: 'integer' })])).toEqual(['/leaf: type "string" became "integer"'])
})

describe('an API', () => {
  const content = (schema: object) => ({ content: { 'application/json': { schema } } })
  const api = ({
    path = '/v1/cases',
    id = 'open',
    parameters = [] as readonly object[],
    body = object({ a: codes('x', 'y') }),
    answer = object({ b: text }),
    status = '201',
    headers = {},
  } = {}) => ({
    paths: {
      [path]: {
        post: { operationId: id, parameters, requestBody: content(body), responses: { [status]: { headers, ...content(answer) } } },
      },
    },
  })
  const query = (more: object = {}) => ({ name: 'limit', in: 'query', schema: { type: 'integer' }, ...more })

  test.each([
    ['nothing', api(), api(), 0],
    ['a route removed', api(), { paths: {} }, 1],
    ['a route added', { paths: {} }, api(), 0],
    ['a route moved', api(), api({ path: '/v1/case' }), 1],
    ['an operation renamed', api(), api({ id: 'register' }), 1],
    ['a response field removed', api(), api({ answer: object({}) }), 1],
    ['a response field added', api(), api({ answer: object({ b: text, c: text }, ['c']) }), 0],
    ['another status', api(), api({ status: '200' }), 1],
    ['a response header removed', api({ headers: { ETag: {} } }), api(), 1],
    ['a required request field added', api(), api({ body: object({ a: codes('x', 'y'), c: text }, ['c']) }), 1],
    ['an optional request field added', api(), api({ body: object({ a: codes('x', 'y'), c: text }) }), 0],
    ['a request enum narrowed', api(), api({ body: object({ a: codes('x') }) }), 1],
    ['a request enum widened', api(), api({ body: object({ a: codes('x', 'y', 'z') }) }), 0],
    ['an optional parameter added', api(), api({ parameters: [query()] }), 0],
    ['a required parameter added', api(), api({ parameters: [query({ required: true })] }), 1],
    ['a parameter removed', api({ parameters: [query()] }), api(), 1],
    ['a parameter become required', api({ parameters: [query()] }), api({ parameters: [query({ required: true })] }), 1],
    ['a parameter narrowed', api({ parameters: [query()] }), api({ parameters: [query({ schema: { type: 'integer', maximum: 9 } })] }), 1],
  ])('%s', (_name, before, after, breaks) => {
    expect(apiBreaking(before, after)).toHaveLength(breaks)
  })
})
