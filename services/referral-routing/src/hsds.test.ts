import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineApi, memoryStore } from '@wontanara/core'
import { languages, serviceTypes } from '@wontanara/events'
import { client, staff } from '@wontanara/testing'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import * as z from 'zod'
import { directoryRoutes } from './directory.api.ts'
import { describing } from './directory.app.ts'
import * as examples from './examples.ts'
import { hsdsRoutes } from './hsds.api.ts'
import { exchanging } from './hsds.app.ts'
import { entities, type HsdsOrganization, hsdsId, hsdsOf, othersOf } from './hsds.ts'
import { readHsds } from './hsds-reading.ts'
import { Organisation, organisations, organisationTypes } from './organisation.ts'
import { catalogue } from './refusals.ts'
import { weekdays } from './schedule.ts'
import { Service, services } from './service.ts'

/** The published schemas: see the README beside them. */
const published = join(__dirname, '../../../test/contract/published/hsds-3.1')
const Schema = z.looseObject({ properties: z.record(z.string(), z.unknown()) })
const read = (file: string): unknown => JSON.parse(readFileSync(join(published, file), 'utf8'))

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: {
    uuid: (text: string) => z.guid().safeParse(text).success,
    uri: (text: string) => URL.canParse(text),
    email: true,
    'date-time': (text: string) => z.iso.datetime({ offset: true }).safeParse(text).success,
  },
})
for (const file of readdirSync(published).filter((name) => name.endsWith('.json'))) {
  const { name: _, ...schema } = Schema.parse(read(file))
  ajv.addSchema({ ...schema, $id: file })
}
function faults(organization: HsdsOrganization): unknown {
  const { services: offered = [], ...own } = organization
  const found: unknown[] = []
  if (ajv.validate('organization.json', own) !== true) found.push(ajv.errors)
  for (const service of offered) if (ajv.validate('service.json', service) !== true) found.push(ajv.errors)
  return found
}

const { organisationId, serviceId } = examples
const organisation = Organisation.parse({ organisationId, ...examples.organisation })
const service = Service.parse({ serviceId, organisationId, ...examples.service })

test.each(Object.entries(entities))('of %s every field that HSDS has is known, and no other', (name, schema) => {
  const { properties } = Schema.parse(read(`${name}.json`))
  // Services within their organisation are how HSDS's own API writes them.
  const kept = Object.keys(schema.shape).filter((field) => !(name === 'organization' && field === 'services'))
  expect([...kept, ...(othersOf(schema) ?? [])].toSorted()).toEqual(Object.keys(properties).toSorted())
})

test('the example of the reference is what the published schema asks for', () => {
  expect(faults(hsdsRoutes.exportDirectory.example.response.items[0])).toEqual([])
})

test('the schema can refuse', () => {
  const [first, ...rest] = hsdsOf(organisation, [service]).services ?? []
  if (first === undefined) throw new Error('no service')
  expect(faults({ ...hsdsOf(organisation, []), services: [{ ...first, id: 'svc-1' }, ...rest] })).not.toEqual([])
})

const day = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2029-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const days = fc.tuple(day, day).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [string, string])
const words = fc.string({ unit: fc.constantFrom('a', 'é', ' ', "'", '-', 'Z'), minLength: 1, maxLength: 20 }).map((text) => `x${text}x`)
const place = fc.constantFrom('GN-C', 'GN-KD', 'GN-N', 'GN-YO')
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const idOf = (prefix: string) =>
  fc.oneof(
    fc.uuid().map((uuid) => `${prefix}-${uuid}`),
    fc.string({ unit: fc.constantFrom('a', 'b', '7'), minLength: 2, maxLength: 12 }).map((text) => `${prefix}-${text}`),
  )
const someService: fc.Arbitrary<Service> = fc
  .record({
    serviceId: idOf('svc'),
    name: words,
    description: maybe(words),
    type: fc.constantFrom(...serviceTypes.codes.filter((type) => type !== 'safe-shelter')),
    status: fc.constantFrom('active', 'inactive', 'defunct', 'temporarily-closed'),
    serviceAreas: fc.array(fc.oneof(place, fc.constant('GN')), { minLength: 1, maxLength: 3 }),
    languages: fc.subarray([...languages.codes]),
    eligibility: maybe(words),
    minimumAge: maybe(fc.integer({ min: 0, max: 18 })),
    maximumAge: maybe(fc.integer({ min: 18, max: 120 })),
    sexes: maybe(fc.subarray(['female', 'male', 'other'] as const, { minLength: 1 })),
    requiredDocuments: fc.array(words, { maxLength: 2 }),
    locations: maybe(
      fc.array(
        fc.record({
          locationId: idOf('loc'),
          name: maybe(words),
          place,
          coordinates: maybe(
            fc.record({
              latitude: fc.double({ min: -90, max: 90, noNaN: true }).map((n) => n + 0),
              longitude: fc.double({ min: -180, max: 180, noNaN: true }).map((n) => n + 0),
            }),
          ),
          accessibility: fc.array(words, { maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
    ),
    schedules: maybe(
      fc.array(
        fc.record({
          weekdays: fc.subarray([...weekdays], { minLength: 1 }),
          opens: fc.constantFrom('00:00', '08:30'),
          closes: fc.constantFrom('16:30', '24:00'),
          valid: maybe(days),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    ),
    costs: maybe(
      fc.array(
        fc.record({
          amount: fc.integer({ min: 0, max: 9_999_999 }),
          currency: fc.constantFrom('GNF', 'XOF', 'EUR', 'USD'),
          option: maybe(words),
        }),
        { maxLength: 2 },
      ),
    ),
    assuredOn: maybe(day),
    reviewBy: maybe(day),
    closure: maybe(fc.record({ dates: days, open: fc.boolean(), reason: maybe(words) })),
    capacity: maybe(fc.record({ available: fc.nat(9), maximum: maybe(fc.nat(99)), toldAt: day.map((date) => `${date}T09:00:00.000Z`) })),
  })
  .map(({ schedules, closure, ...rest }) =>
    Service.parse({
      ...rest,
      organisationId,
      schedules: schedules?.map(({ valid, ...schedule }) => ({ ...schedule, ...(valid && { validFrom: valid[0], validTo: valid[1] }) })),
      closure: closure && { from: closure.dates[0], ...(closure.open ? {} : { to: closure.dates[1] }), reason: closure.reason },
    }),
  )
const someOrganisation = fc
  .record({
    organisationId: idOf('org'),
    name: words,
    description: maybe(words.map((text) => `${text}, described`)),
    type: fc.constantFrom(...organisationTypes.codes),
    status: fc.constantFrom('active', 'inactive'),
    website: maybe(fc.constant('https://partner.example/')),
  })
  .map((fields) => Organisation.parse(fields))

const nothing = { organisations: new Map(), services: new Map() }
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('whatever the directory holds is valid HSDS, and comes back as it was', () => {
  fc.assert(
    fc.property(
      someOrganisation,
      fc.uniqueArray(someService, { selector: ({ serviceId: id }) => id, maxLength: 3 }),
      (partner, offered) => {
        const own = offered.map((one) => ({ ...one, organisationId: partner.organisationId }))
        const written = plain(hsdsOf(partner, own))
        expect(faults(entities.organization.parse(written))).toEqual([])
        const [back] = readHsds([written], nothing)
        expect([back?.organisation, ...(back?.services ?? [])].flatMap((one) => one?.reasons ?? [])).toEqual([])
        expect(plain(back?.organisation.record)).toEqual(plain(partner))
        expect(back?.services.map(({ record }) => plain(record))).toEqual(own.map(plain))
        expect(
          [back?.organisation, ...(back?.services ?? [])].flatMap((one) => [...(one?.notKept ?? []), ...(one?.unknown ?? [])]),
        ).toEqual([])
      },
    ),
    { numRuns: 150 },
  )
})

test('of the published example every field is known, what is not kept is named, and what is missing is said', () => {
  const [example] = readHsds([read('examples/organization_full.json')], nothing)
  const records = [example?.organisation, ...(example?.services ?? [])]
  expect(records.flatMap((one) => one?.unknown ?? [])).toEqual([])
  expect(example?.organisation.notKept).toContain('/organizations/0/contacts')
  expect(example?.organisation.reasons).toMatchObject([{ pointer: '/organizations/0/attributes' }])
})

describe('reading', () => {
  const foreign = {
    id: 'ac148810-d857-441c-9679-408f346de14b',
    name: 'Community counselling',
    status: 'active',
    service_areas: [{ id: 'ac148810-d857-441c-9679-408f346de14c', name: 'GN-KA' }],
    attributes: [
      {
        id: 'ac148810-d857-441c-9679-408f346de14d',
        taxonomy_term: { id: 'ac148810-d857-441c-9679-408f346de14e', code: 'BD-1800', name: 'Counselling', description: 'Counselling' },
      },
    ],
  }
  const written = (changes: object = {}) => ({ ...(plain(hsdsOf(organisation, [])) as object), services: [{ ...foreign, ...changes }] })
  const meanings = [{ term: 'BD-1800', type: 'psychosocial' as const }]
  const only = (changes: object = {}, known = nothing) => {
    const [found] = readHsds([written(changes)], known, meanings)[0]?.services ?? []
    if (found === undefined) throw new Error('not read')
    return found
  }

  test('a foreign record keeps its UUID within our id', () => {
    expect(only().record).toMatchObject({ serviceId: `svc-${foreign.id}`, type: 'psychosocial', serviceAreas: ['GN-KA'], languages: [] })
    expect(hsdsId(`svc-${foreign.id}`)).toBe(foreign.id)
  })

  test('an id of ours that does not have this UUID is not believed', () => {
    const said = { id: foreign.id, link_type: 'wontanara:id', value: serviceId }
    expect(only({ attributes: [...foreign.attributes, said] }).id).toBe(`svc-${foreign.id}`)
  })

  test.each<[string, object, string, string]>([
    ['a type that nobody said', { attributes: [] }, 'required', '/attributes'],
    ['no area', { service_areas: undefined }, 'required', '/service_areas'],
    ['an area elsewhere', { service_areas: [{ id: foreign.id, name: 'Paris' }] }, 'wrong-format', '/service_areas/0'],
    ['a language of elsewhere', { languages: [{ id: foreign.id, code: 'ur' }] }, 'language-not-known', '/languages/0/code'],
    [
      'hours of each month',
      { schedules: [{ id: foreign.id, freq: 'MONTHLY', byday: '1MO', opens_at: '08:00', closes_at: '17:00' }] },
      'schedule-not-weekly',
      '/schedules/0',
    ],
    [
      'hours of another zone',
      { schedules: [{ id: foreign.id, freq: 'WEEKLY', byday: 'MO', opens_at: '08:00', closes_at: '17:00', timezone: 2 }] },
      'schedule-not-weekly',
      '/schedules/0',
    ],
    [
      'hours that end before they begin',
      { schedules: [{ id: foreign.id, freq: 'WEEKLY', byday: 'MO', opens_at: '17:00', closes_at: '08:00' }] },
      'hours-reversed',
      '/schedules/0',
    ],
    [
      'a currency of elsewhere',
      { cost_options: [{ id: foreign.id, currency: 'gbp', amount: 3 }] },
      'currency-not-known',
      '/cost_options/0/currency',
    ],
    [
      'a place that nobody said',
      { service_at_locations: [{ id: foreign.id, location: { id: foreign.id, location_type: 'physical' } }] },
      'place-not-said',
      '/service_at_locations/0/location/external_identifier',
    ],
    ['half a year', { minimum_age: 15.5 }, 'wrong-type', '/minimum_age'],
    ['a status of elsewhere', { status: 'open' }, 'not-in-list', '/status'],
    ['no UUID', { id: 'svc-1' }, 'wrong-format', '/id'],
  ])('refuses %s, and says where', (_, changes, code, pointer) => {
    const { record, reasons } = only(changes)
    expect(record).toBeUndefined()
    expect(reasons).toMatchObject([{ code, pointer: `/organizations/0/services/0${pointer}` }])
  })

  test('names what is left out, and never what it says', () => {
    const { notKept, unknown, record } = only({
      contacts: [{ id: foreign.id, name: 'A Person' }],
      'A Person': 'x',
      colour: 'green',
      languages: [{ id: foreign.id, code: 'fr', note: 'well', tone: 'kind' }],
    })
    const at = '/organizations/0/services/0'
    expect(record).toMatchObject({ languages: ['fra'] })
    expect(notKept).toEqual([`${at}/contacts`, `${at}/languages/0/note`])
    expect(unknown).toEqual([`${at}/?`, `${at}/colour`, `${at}/languages/0/tone`])
  })

  test('what HSDS cannot say stays as it was', () => {
    const before = Service.parse({ ...service, serviceId: `svc-${foreign.id}`, sexes: ['female'], closure: { from: '2026-12-20' } })
    const known = { organisations: new Map(), services: new Map([[before.serviceId, before]]) }
    const { type, sexes, reviewBy, closure, capacity } = before
    expect(only({ attributes: [] }, known).record).toMatchObject({ type, sexes, reviewBy, closure, capacity })
    const other = new Map([[before.serviceId, { ...before, organisationId: 'org-other' }]])
    expect(only({}, { ...known, services: other }).reasons).toMatchObject([{ code: 'other-organisation' }])
  })

  test('a record that is there twice is refused', () => {
    const twice = readHsds([{ ...written(), services: [foreign, foreign] }], nothing, meanings)
    expect(twice[0]?.services.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([[], ['said-twice']])
  })

  test('anything at all is read without a fault of ours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.record({ id: fc.uuid(), services: fc.jsonValue(), attributes: fc.jsonValue() }))),
        (raw) => {
          for (const { organisation: own } of readHsds(raw, nothing)) expect(own.record === undefined).toBe(own.reasons.length > 0)
        },
      ),
    )
  })
})

describe('imports and exports', () => {
  const coordinator = staff('referral-coordinator')
  const api = defineApi('referral-routing', { en: 'Directory', fr: 'Répertoire' }, { ...directoryRoutes, ...hsdsRoutes })
  const Outcome = z.object({
    applied: z.boolean(),
    items: z.array(
      z.object({ id: z.string().optional(), outcome: z.string(), reasons: z.array(z.object({ code: z.string(), fr: z.string() })) }),
    ),
  })
  const exchange = () => {
    const ports = {
      organisations: { aggregate: organisations, store: memoryStore(organisations) },
      services: { aggregate: services, store: memoryStore(services) },
    }
    const { as } = client(api, { ...describing(ports), ...exchanging(ports) }, { refusals: catalogue, recordAccess: async () => undefined })
    return {
      ports,
      as,
      send: async (organizations: readonly unknown[], changes: object = {}, key?: string) => {
        const body = { together: 'all', organizations, ...changes }
        const response = await as(coordinator)('POST /v1/directory/imports', {}, { body, ...(key === undefined ? {} : { key }) })
        expect(response.status).toBe(200)
        const { applied, items } = Outcome.parse(response.body)
        return { applied, outcomes: items.map(({ outcome }) => outcome), items }
      },
      export: async (query: Readonly<Record<string, string>> = {}) => {
        const { status, body } = await as(coordinator)('GET /v1/directory/hsds', {}, { query })
        expect(status).toBe(200)
        return z.object({ items: z.array(entities.organization), next: z.string().optional() }).parse(body)
      },
    }
  }
  const good = plain(hsdsOf(organisation, [service]))
  const other = Organisation.parse({ ...organisation, organisationId: 'org-autre' })
  const bad = plain(hsdsOf(other, [{ ...service, serviceId: 'svc-autre', locations: undefined, minimumAge: 60, maximumAge: 18 }]))

  test('adds, changes, and changes nothing the second time', async () => {
    const { send, ports, export: exported } = exchange()
    expect(await send([good])).toMatchObject({ applied: true, outcomes: ['added', 'added'] })
    expect(await send([good])).toMatchObject({ outcomes: ['unchanged', 'unchanged'] })
    const renamed = plain(hsdsOf(organisation, [{ ...service, name: 'Another name' }]))
    expect(await send([renamed])).toMatchObject({ outcomes: ['unchanged', 'changed'] })
    expect((await ports.services.store.load(serviceId))?.version).toBe(2)
    const { items } = await exported()
    expect(items.flatMap(faults)).toEqual([])
    expect(await send(items)).toMatchObject({ outcomes: ['unchanged', 'unchanged'] })
  })

  test('a repeat of a request has the same answer', async () => {
    const { send } = exchange()
    const first = await send([good], {}, 'the-same-key')
    expect(await send([good], {}, 'the-same-key')).toEqual(first)
  })

  test('takes over all or nothing', async () => {
    const { send, ports } = exchange()
    const { applied, outcomes, items } = await send([good, bad])
    expect([applied, outcomes]).toEqual([false, ['held-back', 'held-back', 'held-back', 'refused']])
    expect(items[3]?.reasons).toMatchObject([{ code: 'ages-reversed', fr: "L'âge minimum dépasse l'âge maximum." }])
    expect(await ports.organisations.store.load(organisationId)).toBeUndefined()
  })

  test('or each organisation by itself', async () => {
    const { send, ports } = exchange()
    const { applied, outcomes } = await send([bad, good], { together: 'organisation' })
    expect([applied, outcomes]).toEqual([true, ['held-back', 'refused', 'added', 'added']])
    expect(await ports.organisations.store.load(organisationId)).toBeDefined()
    expect(await ports.organisations.store.load('org-autre')).toBeUndefined()
  })

  test('refuses what is too much for one request', async () => {
    const { as, ports } = exchange()
    const of = (n: number) => {
      const partner = Organisation.parse({ ...organisation, organisationId: `org-nr-${n}` })
      return hsdsOf(
        partner,
        Array.from({ length: 101 }, (_, i) => Service.parse({ ...service, serviceId: `svc-nr-${n}-${i}`, locations: undefined })),
      )
    }
    const body = { together: 'organisation', organizations: [plain(of(1)), plain(of(2))] }
    const response = await as(coordinator)('POST /v1/directory/imports', {}, { body })
    expect([response.status, response.body]).toMatchObject([400, { code: 'too-many-services' }])
    expect(await ports.organisations.store.load('org-nr-1')).toBeUndefined()
  })

  test('says what would become of it', async () => {
    const { send, ports } = exchange()
    expect(await send([good], { dryRun: true })).toMatchObject({ applied: false, outcomes: ['added', 'added'] })
    expect(await ports.services.store.load(serviceId)).toBeUndefined()
  })

  test('gives the directory in pages', async () => {
    const { send, export: exported } = exchange()
    await send([good, plain(hsdsOf(other, []))])
    const first = await exported({ limit: '1' })
    const second = await exported({ limit: '1', cursor: first.next ?? '' })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([hsdsId('org-autre'), hsdsId(organisationId)])
    expect(second.next).toBeUndefined()
  })

  test('is for who may edit the directory', async () => {
    const { as } = exchange()
    const body = { together: 'all', organizations: [good] }
    expect((await as(staff('intake-officer'))('POST /v1/directory/imports', {}, { body })).status).toBe(403)
  })

  test('a free place is as old as the last time that it was counted anew', async () => {
    const { send, ports } = exchange()
    await send([good])
    const at = async () => (await ports.services.store.load(serviceId))?.state.capacity
    const before = await at()
    await send([plain(hsdsOf(organisation, [{ ...service, capacity: { available: 3, toldAt: '2026-03-01T09:00:00.000Z' } }]))])
    expect(before?.toldAt).toBeDefined()
    expect(await at()).toEqual({ available: 3, toldAt: '2026-03-01T09:00:00.000Z' })
  })
})
