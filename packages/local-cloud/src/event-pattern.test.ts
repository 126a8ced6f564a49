import fc from 'fast-check'
import * as z from 'zod'
import { propertiesOf } from './assembly.ts'
import { compilePattern, patternOf } from './event-pattern.ts'
import { invalidPatterns, patternCases } from './event-pattern-cases.ts'

test.each(patternCases)('$name', ({ pattern, matches, others }) => {
  const matcher = compilePattern(pattern)
  for (const event of matches) expect([event, matcher(event)]).toEqual([event, true])
  for (const event of others) expect([event, matcher(event)]).toEqual([event, false])
})

test.each(invalidPatterns)('%j is no pattern', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow('Event pattern is not valid')
})

test.each([[null], ['text'], [[{ a: [1] }]]])('%j is no object', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow('Filter is not an object')
})

test.each(patternCases)('an event filter with $name: $filter', ({ pattern, filter }) => {
  if (filter) expect(typeof compilePattern(pattern, 'filter')).toBe('function')
  else expect(() => compilePattern(pattern, 'filter')).toThrow(/\w+ is not supported by event filters/)
})

test('an operator that nobody knows is named', () => {
  expect(() => compilePattern({ a: [{ regex: 'x' }] })).toThrow('Unrecognized match type regex')
  expect(() => compilePattern({ a: [{ regex: 'x' }] }, 'filter')).toThrow('regex is not supported by event filters')
})

test.each([
  ['an operator that is not known', { detail: { a: [{ regex: 'x' }] } }, 'Unrecognized match type regex'],
  ['no pattern', undefined, 'Filter is not an object'],
  ['more characters than the quota', { source: ['x'.repeat(2048)] }, 'over the quota of 2048'],
])('a rule with %s ends the start, with its name', (_, EventPattern, reason) => {
  const rule = { type: 'AWS::Events::Rule', path: 'service/Rule', name: 'rule', arn: 'arn', ref: 'rule', attributes: {} }
  const start = () => propertiesOf(z.object({ EventPattern: patternOf('rule') }), { ...rule, properties: { EventPattern } })
  expect(start).toThrow(/^service\/Rule: /)
  expect(start).toThrow(reason)
})

test('so many combinations of $or and no more', () => {
  const ten = Array.from({ length: 10 }, (_, i) => ({ a: [i] }))
  const nested = (depth: number): object => (depth === 0 ? { b: [1] } : { [`f${depth}`]: { $or: ten }, ...nested(depth - 1) })
  expect(compilePattern(nested(3))({ f3: { a: 9 }, f2: { a: 0 }, f1: { a: 5 }, b: 1 })).toBe(true)
  expect(() => compilePattern(nested(4))).toThrow('combinations of $or')
})

const word = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !/[*\\]/.test(text))
const one = <T>(name: string, value: fc.Arbitrary<T>) => value.map((argument) => ({ [name]: argument }))
const oneOrMore = (value: fc.Arbitrary<string>) => fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }))
const numbers = fc.integer({ min: -1000, max: 1000 })
const expression = fc.oneof(
  one('exists', fc.boolean()),
  one('prefix', fc.oneof(word, one('equals-ignore-case', word))),
  one('suffix', fc.oneof(word, one('equals-ignore-case', word))),
  one('equals-ignore-case', word),
  one(
    'wildcard',
    fc.array(word, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('*')),
  ),
  one('numeric', fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), numbers)),
  one(
    'numeric',
    fc.tuple(numbers, fc.nat(50)).map(([low, width]) => ['>', low, '<=', low + width + 1]),
  ),
  one(
    'cidr',
    fc.tuple(fc.ipV4(), fc.nat(31)).map(([address, bits]) => `${address}/${bits}`),
  ),
  one(
    'cidr',
    fc.tuple(fc.ipV6(), fc.nat(127)).map(([address, bits]) => `${address}/${bits}`),
  ),
  one('anything-but', fc.oneof(oneOrMore(word), numbers, fc.array(numbers, { minLength: 1, maxLength: 3 }))),
  one('anything-but', fc.oneof(one('prefix', oneOrMore(word)), one('suffix', oneOrMore(word)), one('equals-ignore-case', oneOrMore(word)))),
  one('anything-but', one('wildcard', oneOrMore(word))),
)
const name = fc.stringMatching(/^[a-zA-Zé._-]{1,3}$/)
const leaves = fc.array(fc.oneof(word, numbers, fc.boolean(), fc.constant(null), expression), { minLength: 1, maxLength: 3 })
const { pattern: patterns } = fc.letrec<{ pattern: object; part: unknown }>((tie) => ({
  pattern: fc
    .tuple(
      fc.dictionary(name, tie('part'), { minKeys: 1, maxKeys: 3 }),
      fc.option(fc.array(tie('pattern'), { minLength: 2, maxLength: 3 }), { nil: undefined }),
    )
    .map(([fields, options]) => (options === undefined ? fields : { ...fields, $or: options })),
  part: fc.oneof({ maxDepth: 2, depthIdentifier: 'pattern' }, leaves, tie('pattern')),
}))

test('what the user guide documents always compiles, and tells of any event whether it matches', () => {
  fc.assert(
    fc.property(patterns, fc.object(), (pattern, event) => {
      try {
        expect(typeof compilePattern(pattern)(event)).toBe('boolean')
      } catch (error) {
        expect(String(error)).toContain('combinations of $or')
      }
    }),
  )
})

test('an operator that does not exist never compiles', () => {
  const known = ['exists', 'prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'numeric', 'cidr', 'anything-but']
  const unknown = fc.oneof(fc.string(), fc.constantFrom('exactly', 'toString', 'PREFIX', '$or')).filter((text) => !known.includes(text))
  fc.assert(
    fc.property(unknown, fc.jsonValue(), fc.constantFrom('rule' as const, 'filter' as const), (operator, argument, dialect) => {
      expect(() => compilePattern({ a: [JSON.parse(`{${JSON.stringify(operator)}:${JSON.stringify(argument)}}`)] }, dialect)).toThrow()
    }),
  )
})

test('anything-but is the opposite, of a value that is there', () => {
  fc.assert(
    fc.property(word, word, fc.constantFrom('prefix', 'suffix', 'equals-ignore-case', 'wildcard'), (value, wanted, operator) => {
      const plain = compilePattern({ a: [{ [operator]: wanted }] })({ a: value })
      expect(compilePattern({ a: [{ 'anything-but': { [operator]: wanted } }] })({ a: value })).toBe(!plain)
    }),
  )
})
