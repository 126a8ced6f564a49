import { accountability, type DataClass, dataClasses, identity, labelled, medical, open, operational, protection } from '@wontanara/events'
import fc from 'fast-check'
import * as z from 'zod'
import { joined, labelsOf, planOf, project, split } from './data.ts'

const sealedClasses = dataClasses.filter((dataClass) => dataClass !== 'C0' && dataClass !== 'C1')
const label = (dataClass: DataClass) => labelled({ class: dataClass, purpose: 'case-management', retention: 'case-file' })

/** A schema, made values of it, and the canary that each value plants in each class. */
interface Made {
  readonly schema: z.ZodType
  readonly value: fc.Arbitrary<unknown>
}
const canary = (dataClass: DataClass, n: number): string => `<${dataClass}:${n}>`

const leaf: fc.Arbitrary<Made> = fc
  .record({ dataClass: fc.constantFrom(...dataClasses), shape: fc.constantFrom('text', 'nullable', 'list', 'list-of-labelled', 'bag') })
  .map(({ dataClass, shape }) => {
    const mark = label(dataClass)
    const text = fc.nat(999).map((n) => canary(dataClass, n))
    switch (shape) {
      case 'nullable':
        return { schema: mark(z.string()).nullable(), value: fc.option(text) }
      case 'list':
        return { schema: mark(z.array(z.string())), value: fc.array(text, { maxLength: 3 }) }
      case 'list-of-labelled':
        return { schema: z.array(mark(z.string())), value: fc.array(text, { maxLength: 3 }) }
      case 'bag':
        return { schema: mark(z.record(z.string(), z.string())), value: fc.dictionary(fc.constantFrom('x', 'y'), text) }
      default:
        return { schema: mark(z.string()), value: text }
    }
  })

const { node } = fc.letrec<{ node: Made; object: Made; list: Made; choice: Made }>((tie) => ({
  object: fc
    .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.tuple(tie('node'), fc.constantFrom('required', 'optional', 'nullable')), {
      minKeys: 0,
      maxKeys: 4,
    })
    .map((fields) => {
      const entries = Object.entries(fields)
      const schema = z.object(
        Object.fromEntries(
          entries.map(([name, [made, need]]) => [
            name,
            need === 'optional' ? made.schema.optional() : need === 'nullable' ? made.schema.nullable() : made.schema,
          ]),
        ),
      )
      const value = fc.record(
        Object.fromEntries(entries.map(([name, [made, need]]) => [name, need === 'nullable' ? fc.option(made.value) : made.value])),
        { requiredKeys: entries.flatMap(([name, [, need]]) => (need === 'optional' ? [] : [name])) },
      )
      return { schema, value }
    }),
  list: tie('node').map((made) => ({ schema: z.array(made.schema), value: fc.array(made.value, { maxLength: 3 }) })),
  choice: fc.tuple(tie('node'), tie('node'), fc.constantFrom(...dataClasses)).map(([left, right, dataClass]) => {
    const option = (kind: string, { schema }: Made) => z.object({ kind: label(dataClass)(z.literal(kind)), of: schema })
    return {
      schema: z.discriminatedUnion('kind', [option('left', left), option('right', right)]),
      value: fc.oneof(fc.record({ kind: fc.constant('left'), of: left.value }), fc.record({ kind: fc.constant('right'), of: right.value })),
    }
  }),
  node: fc.oneof({ maxDepth: 3, depthSize: 'small' }, leaf, fc.oneof(tie('object'), tie('list'), tie('choice'))),
}))
const schemaAndValue = node.chain(({ schema, value }) => fc.record({ schema: fc.constant(schema), value }))
const canariesIn = (value: unknown): readonly string[] => JSON.stringify(value ?? null).match(/<[^>]+>/g) ?? []
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('any labelled schema', () => {
  test('parts put together are the value again, also through JSON', () => {
    fc.assert(
      fc.property(schemaAndValue, ({ schema, value }) => {
        const { open, sealed } = split(schema, value)
        const parts = [open, ...sealed.values()].filter((part) => part !== undefined).map(plain)
        expect(joined(parts)).toEqual(plain(value))
        expect(joined(parts.reverse())).toEqual(plain(value))
        expect(schema.safeParse(joined(parts)).success).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('each part holds its own class only, and the open part nothing above C1', () => {
    fc.assert(
      fc.property(schemaAndValue, ({ schema, value }) => {
        const { open, sealed } = split(schema, value)
        expect(canariesIn(open).filter((found) => !/^<C[01]:/.test(found))).toEqual([])
        for (const [dataClass, part] of sealed) {
          expect(sealedClasses).toContain(dataClass)
          expect(canariesIn(part).filter((found) => !found.startsWith(`<${dataClass}:`))).toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a projection shows every field of the visible classes and no other', () => {
    fc.assert(
      fc.property(schemaAndValue, fc.subarray([...dataClasses]), ({ schema, value }, visible) => {
        const shown = project(schema, value, new Set(visible))
        const wanted = canariesIn(value).filter((found) => visible.some((dataClass) => found.startsWith(`<${dataClass}:`)))
        expect([...canariesIn(shown)].sort()).toEqual([...wanted].sort())
      }),
      { numRuns: 500 },
    )
  })
})

describe('labels', () => {
  test.each([
    ['/name', z.object({ name: z.string() })],
    ['/contacts[]', z.object({ contacts: z.array(z.string()) })],
    ['/contacts[]/number', z.object({ contacts: z.array(z.object({ kind: operational(z.string()), number: z.string() })).optional() })],
    [
      '/answer(yes)/why',
      z.object({ answer: z.discriminatedUnion('kind', [z.object({ kind: operational(z.literal('yes')), why: z.string() })]) }),
    ],
    ['/either', z.object({ either: z.union([z.string(), z.number()]) })],
  ])('an unlabelled field is named: %s', (path, schema) => {
    expect(() => planOf(schema)).toThrow(new RegExp(`${path.replace(/[[\]()/]/g, '\\$&')} carries no data label`))
  })

  test('a label holds for everything below it that has none of its own', () => {
    const schema = z.object({
      person: operational(z.object({ ref: z.string(), name: identity(z.string()), notes: z.array(medical(z.string())) })),
    })
    const value = { person: { ref: 'r', name: 'n', notes: ['m'] } }
    expect(split(schema, value)).toEqual({
      open: { person: { ref: 'r' } },
      sealed: new Map([
        ['C2', { person: { name: 'n' } }],
        ['C3-medical', { person: { notes: ['m'] } }],
      ]),
    })
  })

  test('a label that would hide a more sensitive one within something that cannot be split is refused', () => {
    expect(() => planOf(z.object({ any: operational(z.union([identity(z.string()), z.number()])) }))).toThrow('/any')
    expect(() => planOf(z.object({ any: operational(z.record(z.string(), identity(z.string()))) }))).toThrow('/any')
    expect(() => planOf(z.object({ any: medical(z.record(z.string(), medical(z.string()))) }))).not.toThrow()
  })

  test('optional, nullable, default, readonly and refined fields keep their label', () => {
    const name = identity(z.string())
    const schema = z.object({
      a: name.optional(),
      b: name.nullable(),
      c: name.default('x'),
      d: name.readonly(),
      e: name.refine((text) => text !== ''),
      f: name.min(1).optional().nullable(),
    })
    expect(labelsOf(schema).map(({ label }) => label.class)).toEqual(['C2', 'C2', 'C2', 'C2', 'C2', 'C2'])
  })

  test('every label is listed with its path', () => {
    const schema = z.object({
      ref: operational(z.string()),
      people: z.array(z.object({ name: identity(z.string()), log: accountability(z.string()) })),
      visit: z.discriminatedUnion('kind', [
        z.object({ kind: open(z.literal('doctor')), finding: medical(z.string()) }),
        z.object({ kind: open(z.literal('guard')), concern: protection(z.string()) }),
      ]),
    })
    expect(labelsOf(schema).map(({ path, label }) => `${path} ${label.class}`)).toEqual([
      '/ref C1',
      '/people/*/name C2',
      '/people/*/log C1',
      '/visit/kind C0',
      '/visit/finding C3-medical',
      '/visit/kind C0',
      '/visit/concern C3-protection',
    ])
  })
})

describe('what a projection does not even hint at', () => {
  const schema = z.object({
    ref: operational(z.string()),
    examination: z.object({ finding: medical(z.string()) }).optional(),
    concerns: z.array(z.object({ concern: protection(z.string()) })),
    diagnosis: medical(z.string()).nullable(),
    guardian: z.object({ name: identity(z.string()) }).nullable(),
  })
  const value = { ref: 'r', examination: { finding: 'f' }, concerns: [{ concern: 'c' }, { concern: 'd' }], diagnosis: null, guardian: null }

  test('that there is an examination, how many concerns, or that there is no diagnosis', () => {
    expect(project(schema, value, new Set(['C1']))).toEqual({ ref: 'r' })
  })
  test('while those who may see them see all of it, null included', () => {
    expect(project(schema, value, new Set(['C1', 'C2', 'C3-medical', 'C3-protection']))).toEqual(value)
  })
})
