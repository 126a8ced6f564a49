import { memoryStore } from '@wontanara/core'
import fc from 'fast-check'
import type { CaseFile } from './case-file.ts'
import { caseId, consentId } from './examples.ts'
import { type Organisation, organisations } from './organisation.ts'
import { type Candidate, type Need, nextBest, rank, reasonTexts, weights } from './routing.ts'
import { type Service, services } from './service.ts'
import { memoryTallies } from './tally.ts'

const monday = '2026-03-02T09:00:00.000Z'
const need: Need = { type: 'legal-assistance', place: 'GN-C', priority: 'urgent', age: 30, languages: ['sus', 'fra'], at: monday }
const service: Service = {
  serviceId: 'svc-conakry',
  organisationId: 'org-avocats',
  name: 'Legal aid',
  type: 'legal-assistance',
  status: 'active',
  serviceAreas: ['GN'],
  languages: ['sus'],
  requiredDocuments: [],
  locations: [{ locationId: 'loc-conakry', place: 'GN-C', accessibility: [] }],
  schedules: [{ weekdays: ['MO'], opens: '08:00', closes: '17:00' }],
  capacity: { available: 5 },
  reviewBy: '2026-06-30',
}
const active = (organisationId: string): Organisation => ({ organisationId, name: organisationId, type: 'ngo', status: 'active' })
const candidate = (changes: Partial<Service> = {}, acknowledgementHours: number | undefined = 0): Candidate => {
  const changed = { ...service, ...changes }
  return { service: changed, organisation: active(changed.organisationId), acknowledgementHours }
}
const only = (one: Candidate, asked: Partial<Need> = {}) => {
  const [ranked] = rank({ ...need, ...asked }, [one])
  if (ranked === undefined) throw new Error('not ranked')
  return ranked
}
const given = (one: Candidate, asked: Partial<Need> = {}) =>
  Object.fromEntries(only(one, asked).reasons.map(({ code, points }) => [code, points]))

test('whatever could be better is', () => {
  expect(only(candidate())).toMatchObject({ points: 100, obstacles: [] })
  expect(given(candidate())).toEqual({
    'place-near': 30,
    'language-best': 20,
    'open-now': 15,
    'acknowledges-fast': 20,
    'places-free': 10,
    reviewed: 5,
  })
})

const elsewhere = (place: string): Partial<Service> => ({ locations: [{ locationId: 'loc-there', place, accessibility: [] }] })
test.each<[string, Partial<Service>, Partial<Need>, string, number]>([
  ['the same prefecture', {}, {}, 'place-near', 30],
  ['a town 94 km away', elsewhere('GN-KD'), {}, 'place-near', 21],
  ['the other end of the country', elsewhere('GN-NZ'), {}, 'place-far', 0],
  ['the nearest of two', { locations: [...(elsewhere('GN-NZ').locations ?? []), ...(service.locations ?? [])] }, {}, 'place-near', 30],
  ['no location', { locations: undefined }, {}, 'place-unknown', 0],
  ['the second language', { languages: ['fra'] }, {}, 'language-other', 12],
  ['no language in common', { languages: ['gkp'] }, {}, 'language-none', 0],
  ['no language needed', { languages: [] }, {}, 'language-any', 10],
  ['languages not given', {}, { languages: [] }, 'language-unknown', 0],
  ['open', {}, {}, 'open-now', 15],
  ['opens in 23 of 72 hours', { schedules: [{ weekdays: ['TU'], opens: '08:00', closes: '17:00' }] }, {}, 'opens-soon', 10],
  [
    'opens in 23 of 24 hours',
    { schedules: [{ weekdays: ['TU'], opens: '08:00', closes: '17:00' }] },
    { priority: 'emergency' },
    'opens-soon',
    1,
  ],
  [
    'opens after the clock',
    { schedules: [{ weekdays: ['WE'], opens: '10:00', closes: '17:00' }] },
    { priority: 'emergency' },
    'opens-late',
    0,
  ],
  ['hours not known', { schedules: undefined }, {}, 'hours-unknown', 0],
  ['one free place', { capacity: { available: 1 } }, {}, 'places-free', 2],
  ['places not told', { capacity: undefined }, {}, 'places-unknown', 0],
  ['the last day of its review', { reviewBy: '2026-03-02' }, {}, 'reviewed', 5],
  ['a review that is overdue', { reviewBy: '2026-03-01' }, {}, 'review-overdue', 0],
  ['no review date', { reviewBy: undefined }, {}, 'review-unknown', 0],
])('%s', (_, changes, asked, code, points) => {
  expect(given(candidate(changes), asked)).toMatchObject({ [code]: points })
})

test.each<[number | undefined, Need['priority'], string, number]>([
  [36, 'urgent', 'acknowledges-fast', 10],
  [72, 'urgent', 'acknowledges-late', 0],
  [36, 'emergency', 'acknowledges-late', 0],
  [36, 'normal', 'acknowledges-fast', 18],
])('acknowledged after %s hours, %s', (hours, priority, code, points) => {
  expect(given(candidate({}, hours), { priority })).toMatchObject({ [code]: points })
})
test('how fast it acknowledges is not known', () => {
  expect(given({ ...candidate(), acknowledgementHours: undefined })).toMatchObject({ 'acknowledgement-unknown': 0 })
})

test('who is not taken is told each reason, and comes after all who are', () => {
  const best = candidate({ serviceId: 'svc-best', maximumAge: 20, status: 'temporarily-closed', sexes: ['female'] })
  const poor = candidate(
    { serviceId: 'svc-poor', locations: undefined, schedules: undefined, capacity: undefined, reviewBy: undefined },
    90,
  )
  const ranked = rank({ ...need, sex: 'male' }, [best, poor])
  expect(ranked.map(({ serviceId }) => serviceId)).toEqual(['svc-poor', 'svc-best'])
  expect(ranked[1]?.obstacles.map(({ code }) => code)).toEqual(['service-not-open', 'sex-not-served', 'too-old'])
})

test('other types are not ranked', () => {
  expect(rank(need, [candidate({ type: 'food' })])).toEqual([])
})

const someCandidates = fc
  .uniqueArray(
    fc.record({
      n: fc.integer({ min: 0, max: 99 }),
      available: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      place: fc.constantFrom('GN-C', 'GN-KD', 'GN-NZ', 'GN-XX'),
      hours: fc.option(fc.double({ min: 0, max: 400, noNaN: true }), { nil: undefined }),
      closed: fc.boolean(),
    }),
    { selector: ({ n }) => n, maxLength: 8 },
  )
  .map((many) =>
    many.map(({ n, available, place, hours, closed }) => ({
      ...candidate({
        serviceId: `svc-n${n}`,
        ...elsewhere(place),
        capacity: available === undefined ? undefined : { available },
        ...(closed ? { closure: { from: '2026-03-01' } } : {}),
      }),
      acknowledgementHours: hours,
    })),
  )

test('the order does not depend on the order of the directory; points are the sum of their reasons, and none is beyond its weight', () => {
  fc.assert(
    fc.property(someCandidates, fc.constantFrom('emergency' as const, 'urgent' as const, 'normal' as const), (candidates, priority) => {
      const ranked = rank({ ...need, priority }, candidates)
      expect(rank({ ...need, priority }, candidates.toReversed())).toEqual(ranked)
      expect(ranked).toHaveLength(candidates.length)
      for (const { points, reasons } of ranked) {
        expect(points).toBe(reasons.reduce((sum, reason) => sum + reason.points, 0))
        expect(reasons.map(({ of }) => of).toSorted((a, b) => a - b)).toEqual(Object.values(weights).toSorted((a, b) => a - b))
        for (const reason of reasons) expect(reason.points).toBeLessThanOrEqual(reason.of)
      }
      const eligible = ranked.map(({ obstacles }) => obstacles.length === 0)
      expect(eligible).toEqual(eligible.toSorted((a, b) => Number(b) - Number(a)))
    }),
  )
})

test('both texts of a reason name the same parameters', () => {
  const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
  for (const { en, fr } of Object.values(reasonTexts)) expect(parameters(fr)).toEqual(parameters(en))
})

describe('the next to try', () => {
  const asked = { ...need, birthDate: undefined }
  const store = memoryStore(services)
  const partners = memoryStore(organisations)
  const ports = {
    services: { aggregate: services, store },
    organisations: { aggregate: organisations, store: partners },
    tallies: memoryTallies(),
  }
  const trail = { at: monday, by: 'somebody', as: 'supervisor', offices: [], action: 'directory:edit' }
  beforeAll(async () => {
    for (const [n, id] of ['near', 'middle', 'far'].entries()) {
      const partner = active(`org-${id}`)
      const described: Service = {
        ...service,
        serviceId: `svc-${id}`,
        organisationId: partner.organisationId,
        ...elsewhere(['GN-C', 'GN-KD', 'GN-LA'][n] ?? ''),
      }
      await partners.append({
        id: partner.organisationId,
        from: undefined,
        state: partner,
        events: [{ type: 'organisation-described', data: partner }],
        trail,
        mark: `o${n}`,
      })
      await store.append({
        id: described.serviceId,
        from: undefined,
        state: described,
        events: [{ type: 'service-described', data: described }],
        trail,
        mark: `s${n}`,
      })
    }
  })
  const consentTo = (recipient: string, scopes: readonly ('name' | 'needs')[] = ['name', 'needs']): CaseFile['consents'][number] => ({
    consentId: `${consentId}${recipient.length}`,
    given: { purpose: 'referral', recipient, scopes: [...scopes], validFrom: monday },
  })
  const next = async (consents: CaseFile['consents'], passed: readonly string[] = []) =>
    (
      await nextBest(ports, asked, {
        file: { caseId, needs: [], referrals: [], consents },
        scopes: ['name', 'needs'],
        passed: new Set(passed),
      })
    )?.serviceId

  test('is the best one that the person consented to', async () => {
    expect(await next([consentTo('org-near'), consentTo('org-middle')])).toBe('svc-near')
    expect(await next([consentTo('org-middle'), consentTo('org-far')])).toBe('svc-middle')
  })
  test('is none that was tried', async () => {
    expect(await next([consentTo('org-near'), consentTo('org-far')], ['org-near'])).toBe('svc-far')
    expect(await next([consentTo('org-near')], ['org-near'])).toBeUndefined()
  })
  test('is none whose consent leaves something out', async () => {
    expect(await next([consentTo('org-near', ['name'])])).toBeUndefined()
    expect(await next([])).toBeUndefined()
  })
})
