import fc from 'fast-check'
import * as z from 'zod'
import { offices } from './codes.ts'
import { defineEvent, schemaReference } from './define-event.ts'
import { CaseId, Instant } from './ids.ts'
import { accountability, contact, identity, medical, open, operational, protection, secret } from './label.ts'

const data = z.object({ caseId: CaseId, office: operational(offices.schema), dueAt: Instant.optional() })
const definition = defineEvent('case-intake.case-registered.v1', { summary: 'A person was registered.', data })
const type = 'case-intake.case-registered.v1'

const envelope = (more: object = {}) => ({
  specversion: '1.0',
  id: 'case-26k47qx9tm2r.1.0',
  source: 'wontanara.case-intake',
  type,
  subject: 'case-26k47qx9tm2r',
  time: '2026-03-02T09:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: schemaReference(type),
  sequence: '1',
  data: { caseId: 'case-26k47qx9tm2r', office: 'conakry' },
  ...more,
})
const define = (fields: z.ZodRawShape, name = type) => defineEvent(name, { summary: 'Something happened.', data: z.object(fields) })

describe('a declaration', () => {
  test('gives the source and the rule pattern that go with the type', () => {
    expect(definition).toMatchObject({ published: true, type, source: 'wontanara.case-intake' })
    expect(definition.pattern).toEqual({ source: ['wontanara.case-intake'], 'detail-type': [type] })
  })

  test.each([
    ['no version', 'case-intake.case-registered'],
    ['version 0', 'case-intake.case-registered.v0'],
    ['version 1.1', 'case-intake.case-registered.v1.1'],
    ['no service', 'case-registered.v1'],
    ['capitals', 'case-intake.CaseRegistered.v1'],
    ['a space', 'case-intake.case registered.v1'],
    ['a slash', 'case-intake/case-registered.v1'],
    ['nothing', ''],
  ])('is refused a type with %s', (_name, malformed) => {
    expect(() => define({ caseId: CaseId }, malformed)).toThrow('is not <service>.<fact>.v<n>')
  })

  test.each([
    ['C2, a name', identity],
    ['C2, a telephone', contact],
    ['C3, medical', medical],
    ['C3, protection', protection],
    ['C4', secret],
  ])('is refused a field of class %s, wherever it hides', (_name, label) => {
    const personal = label(z.string())
    for (const [path, fields] of [
      ['.person', { person: personal }],
      ['.person', { person: personal.optional() }],
      ['.person', { person: personal.nullable().default(null) }],
      ['.people[]', { people: z.array(personal) }],
      ['.case.person', { case: z.object({ person: personal }) }],
      ['.cases[].person', { cases: z.array(z.object({ caseId: CaseId, person: personal })).optional() }],
    ] as const)
      expect(() => define(fields)).toThrow(new RegExp(`^${`${type}${path}`.replace(/[.[\]]/g, '\\$&')} is C[234]`))
  })

  test.each([
    ['.note', { note: z.string() }],
    ['.note', { caseId: CaseId, note: z.string().optional() }],
    ['.notes[]', { notes: z.array(z.string()) }],
    ['.case.note', { case: z.object({ caseId: CaseId, note: z.string() }) }],
    ['.any', { any: z.unknown() }],
    ['.map', { map: z.record(z.string(), z.string()) }],
  ] as const)('is refused the unlabelled field %s', (path, fields) => {
    expect(() => define(fields)).toThrow(`${type}${path} carries no data label`)
  })

  test('takes public and operational fields, alone, in arrays and in objects', () => {
    const fields = {
      a: open(z.string()),
      b: operational(z.array(z.string())),
      c: z.array(CaseId),
      d: z.object({ e: accountability(z.string()).optional() }),
    }
    expect(() => define(fields)).not.toThrow()
  })
})

describe('reading', () => {
  test('gives what was sent', () => {
    expect(definition.parse(envelope())).toEqual(envelope())
    expect(definition.parse(envelope({ traceparent: 'x' })).traceparent).toBe('x')
  })

  test('drops fields it does not know, around the data and in it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).map((name) => `x-${name}`),
          fc.jsonValue(),
        ),
        (unknown) => {
          const read = definition.parse({ ...envelope(), ...unknown, data: { ...envelope().data, ...unknown } })
          expect(read).toEqual(envelope())
        },
      ),
    )
  })

  test.each([
    ['another type', { type: 'case-intake.case-closed.v1' }],
    ['another version', { type: 'case-intake.case-registered.v2' }],
    ['another source', { source: 'wontanara.referral-routing' }],
    ['another schema', { dataschema: 'urn:wontanara:schema:case-intake.case-closed.v1' }],
    ['another version of CloudEvents', { specversion: '0.3' }],
    ['no id', { id: '' }],
    ['no subject', { subject: undefined }],
    ['a time that is none', { time: 'yesterday' }],
    ['a time without zone', { time: '2026-03-02T09:00:00' }],
    ['a sequence that is none', { sequence: 'one' }],
    ['no data', { data: undefined }],
    ['an id of another kind', { data: { caseId: 'need-26k47qx9tm2r', office: 'conakry' } }],
    ['a code that is not in the list', { data: { caseId: 'case-26k47qx9tm2r', office: 'paris' } }],
  ])('is refused: %s', (_name, more) => {
    expect(() => definition.parse(envelope(more))).toThrow(z.ZodError)
  })
})
