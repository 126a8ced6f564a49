import { memoryRateLimit, type Principal } from '@wontanara/core'
import { caseRelations } from '@wontanara/events'
import { client } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { routes } from './app.ts'
import { adult, ask, caseId, child, findings, intake, now, protector, supervisor } from './builders.ts'
import { cases } from './case.ts'
import { bodies } from './examples.ts'
import { companyOf, contradicts, isProtective, type Link, linksOf, mirrored, opposite, type Relation } from './links.ts'
import { memoryPorts } from './memory-ports.ts'
import { screenedTogether } from './merging.ts'
import { catalogue } from './refusals.ts'
import { classificationOf } from './screening.ts'
import { blank, type CaseState } from './state.ts'

const mother = 'case-7tm2r26k4qx9'
const screenedAt = now
const later = '2026-03-03T09:00:00.000Z'

const relations = fc.constantFrom(...caseRelations.codes)
const link = (relation: Relation, more: Partial<Link> = {}): Link => ({
  linkId: 'link-26k47qx9tm2r',
  other: mother,
  relation,
  at: later,
  recordedBy: protector.id,
  ...more,
})

describe('relations', () => {
  test('each has its opposite, which is protection data where it is', () => {
    for (const relation of caseRelations.codes) {
      expect(opposite(opposite(relation))).toBe(relation)
      expect(isProtective(opposite(relation))).toBe(isProtective(relation))
    }
  })

  test('what contradicts on one side contradicts on the other', () => {
    fc.assert(
      fc.property(relations, relations, (one, other) => {
        expect(contradicts(one, other)).toBe(contradicts(other, one))
        expect(contradicts(opposite(one), opposite(other))).toBe(contradicts(one, other))
        expect(contradicts(one, one)).toBe(false)
      }),
    )
  })

  test('a link mirrored twice is the link, but for whose age it tells', () => {
    fc.assert(
      fc.property(relations, fc.boolean(), (relation, ofAge) => {
        const one = link(relation, { ofAge: true })
        expect(mirrored(mirrored(one, caseId, ofAge), mother, true)).toEqual(one)
        expect(mirrored(one, caseId, ofAge)).toMatchObject({ other: caseId, relation: opposite(relation) })
        expect(mirrored(one, caseId, false)).not.toHaveProperty('ofAge')
      }),
    )
  })
})

/** Two cases, as the store holds them, and commands to both sides at once: all or none. */
function pair(...told: readonly (readonly [Relation, Principal?])[]) {
  let [one, two]: readonly (CaseState | undefined)[] = [undefined, undefined]
  const start = (id: string, person: typeof adult): CaseState => {
    const command = ask({ type: 'register', caseId: id, office: 'niger', registration: person, found: [] }, intake)
    return applied(undefined, command) ?? fail()
  }
  const applied = (state: CaseState | undefined, command: Parameters<typeof cases.decide>[1]): CaseState | undefined => {
    const decided = cases.decide(state, command)
    if (!decided.ok) return undefined
    return decided.value.reduce<CaseState | undefined>((current, event) => cases.evolve(current, event), state)
  }
  const fail = (): never => {
    throw new Error('not registered')
  }
  one = start(caseId, child)
  two = start(mother, adult)
  let n = 0
  const note = (relation: Relation, by: Principal = protector): boolean => {
    const noted = link(relation, { linkId: `link-26k47qx9tm${++n}r` })
    const a = applied(one, { ...ask({ type: 'link', link: noted, leads: true }, by), at: later })
    const b = applied(two, { ...ask({ type: 'link', link: mirrored(noted, caseId, true), leads: false }, by), at: later })
    expect(a === undefined).toBe(b === undefined)
    if (a !== undefined && b !== undefined) [one, two] = [a, b]
    return a !== undefined
  }
  for (const [relation, by] of told) note(relation, by)
  return { note, sides: () => [one ?? fail(), two ?? fail()] as const }
}

describe('links between two cases', () => {
  test('whatever is told, in whatever order, both sides say the same, nothing twice and nothing contradictory', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(relations, fc.constantFrom(protector, intake))), (told) => {
        const [one, two] = pair(...told).sides()
        const [here, there] = [linksOf(one), linksOf(two)]
        expect(there.map(({ linkId, relation, other }) => [linkId, opposite(relation), other]).sort()).toEqual(
          here.map(({ linkId, relation }) => [linkId, relation, caseId]).sort(),
        )
        const between = here.map(({ relation }) => relation)
        expect(new Set(between).size).toBe(between.length)
        for (const a of between) for (const b of between) expect(contradicts(a, b)).toBe(false)
        for (const kept of one.links ?? []) expect(isProtective(kept.relation)).toBe(false)
        for (const kept of one.protectionLinks ?? []) expect(isProtective(kept.relation)).toBe(true)
      }),
    )
  })

  test.each<[string, readonly (readonly [Relation, Principal?])[], Relation, Principal, string | undefined]>([
    ['the first', [], 'parent', intake, undefined],
    ['the same again', [['parent']], 'parent', intake, 'linked-already'],
    ['parent and child of each other', [['parent']], 'child', intake, 'link-contradicts'],
    ['a parent who travels along', [['parent']], 'travelling-with', intake, undefined],
    ['a parent who is guardian, too', [['parent']], 'guardian', protector, undefined],
    ['a guardian told by an intake officer', [], 'guardian', intake, 'protection-officer-links'],
    ['a spouse as guardian', [['spouse']], 'guardian', protector, 'link-contradicts'],
    ['together and separated', [['travelling-with']], 'separated-from', protector, 'link-contradicts'],
    // What an intake officer may not know is not told by the refusal either.
    ['separated, says a sealed link', [['separated-from', protector]], 'travelling-with', intake, 'protection-step-open'],
    ['separated, to who may know', [['separated-from', protector]], 'travelling-with', protector, 'link-contradicts'],
  ])('%s', (_, before, relation, by, code) => {
    const [one] = pair(...before).sides()
    const decided = cases.decide(one, { ...ask({ type: 'link', link: link(relation), leads: true }, by), at: later })
    expect(decided.ok ? undefined : decided.refusal.code).toBe(code)
  })

  test('several spouses are on file as they are told; oneself is nobody’s relative', () => {
    const [one] = pair(['spouse']).sides()
    const second = { ...ask({ type: 'link', link: link('spouse', { other: 'case-9q4r8t3m2k7x' }), leads: true }, intake), at: later }
    expect(cases.decide(one, second).ok).toBe(true)
    const own = cases.decide(one, { ...ask({ type: 'link', link: link('sibling', { other: caseId }), leads: true }, intake), at: later })
    expect(own).toMatchObject({ ok: false, refusal: { code: 'linked-to-itself' } })
  })

  test('the bus is told of relatives and of who travels together, of guardianship and separation never', () => {
    for (const relation of caseRelations.codes) {
      const [one] = pair().sides()
      const decided = cases.decide(one, { ...ask({ type: 'link', link: link(relation), leads: true }, protector), at: later })
      const told = decided.ok ? decided.value.filter(({ type }) => type === 'case-intake.cases-linked.v1') : []
      expect(told.map(({ data }) => data)).toEqual(isProtective(relation) ? [] : [{ caseId, otherCaseId: mother, relation }])
    }
  })
})

describe('who is with a child', () => {
  const screening = (accompaniment: Parameters<typeof findings>[0] = {}) => ({
    ...findings(accompaniment),
    version: 1,
    at: screenedAt,
    registeredBirthDate: child.person.birthDate,
  })
  const classified = (found: Parameters<typeof findings>[0], ...links: readonly Link[]) =>
    classificationOf(child, screening(found), '2026-03-04', {
      links: links.filter(({ relation }) => !isProtective(relation)),
      protectionLinks: links.filter(({ relation }) => isProtective(relation)),
    })
  const confirmed = { confirmed: true, ofAge: true } as const
  const along = [link('parent', confirmed), link('travelling-with', confirmed)]
  const apart = link('separated-from', { other: 'case-9q4r8t3m2k7x', confirmed: true })

  test.each<[string, Parameters<typeof findings>[0], readonly Link[], string, readonly string[]]>([
    ['as screened', { accompaniment: 'parent' }, [], 'accompanied-child', ['with-responsible-adult']],
    [
      'separated since, and nobody else: alone',
      { accompaniment: 'parent' },
      [apart],
      'unaccompanied-child',
      ['without-responsible-adult', 'separated-since-screening'],
    ],
    [
      'separated before the screening, which knew it',
      { accompaniment: 'parent' },
      [{ ...apart, at: '2026-03-01T09:00:00.000Z' }],
      'accompanied-child',
      [],
    ],
    [
      'separated from a brother',
      { accompaniment: 'parent' },
      [apart, link('sibling', { other: apart.other, confirmed: true })],
      'accompanied-child',
      [],
    ],
    [
      'separated from a brother, says an intake officer',
      { accompaniment: 'parent' },
      [apart, link('sibling', { other: apart.other })],
      'unaccompanied-child',
      ['separated-since-screening'],
    ],
    [
      'separated from one, with the mother',
      { accompaniment: 'parent' },
      [apart, ...along],
      'accompanied-child',
      ['with-responsible-adult'],
    ],
    [
      'the same, told by somebody who is no protection officer',
      { accompaniment: 'parent' },
      [apart, link('parent', { ofAge: true }), link('travelling-with', { ofAge: true })],
      'unaccompanied-child',
      ['separated-since-screening', 'linked-adult-along'],
    ],
    [
      'with a mother who is a child herself',
      { accompaniment: 'parent' },
      [apart, link('parent', { confirmed: true }), link('travelling-with', { confirmed: true })],
      'unaccompanied-child',
      ['separated-since-screening'],
    ],
    ['alone, with a parent by link only: a hint', { accompaniment: 'nobody' }, along, 'unaccompanied-child', ['linked-adult-along']],
    [
      'a parent who does not travel along',
      { accompaniment: 'nobody' },
      [link('parent', confirmed)],
      'unaccompanied-child',
      ['without-responsible-adult'],
    ],
    [
      'an override does not outlive a separation',
      { accompaniment: 'nobody', override: { classification: 'accompanied-child', reason: 'Une tante est venue, exemple.' } },
      [apart],
      'unaccompanied-child',
      ['separated-since-screening'],
    ],
  ])('%s', (_, found, links, classification, facts) => {
    const result = classified(found, ...links)
    expect(result.classification).toBe(classification)
    expect(result.facts).toEqual(expect.arrayContaining([...facts]))
  })

  test('no link makes a child less protected than its screening found', () => {
    const some = fc.array(
      fc
        .record({
          relation: relations,
          other: fc.constantFrom(mother, apart.other),
          ofAge: fc.boolean(),
          sure: fc.boolean(),
          after: fc.boolean(),
        })
        .map(({ relation, other, ofAge, sure, after }) =>
          link(relation, {
            other,
            at: after ? later : '2026-03-01T09:00:00.000Z',
            ...(ofAge && { ofAge }),
            ...(sure && { confirmed: sure }),
          }),
        ),
      { maxLength: 8 },
    )
    const company = fc.constantFrom('parent', 'other-relative', 'nobody', 'not-known', 'legal-representative' as const)
    const order = ['adult', 'accompanied-child', 'separated-child', 'unaccompanied-child']
    fc.assert(
      fc.property(company, some, (accompaniment, links) => {
        const [before, after] = [classified({ accompaniment }), classified({ accompaniment }, ...links)]
        expect(order.indexOf(after.classification)).toBeGreaterThanOrEqual(order.indexOf(before.classification))
        // Without a separation since, nothing changes at all.
        if (!companyOf({ links }, screenedAt).separated) expect(after.classification).toBe(before.classification)
      }),
    )
  })

  test('a merge knows of a separation that neither screening knew', () => {
    const file: CaseState = { ...blank, registration: { ...blank.registration, ...child }, protectionLinks: [apart] }
    const accompanied = { ...screening({ accompaniment: 'parent' }), at: '2026-03-05T09:00:00.000Z' }
    const merged = '2026-03-06T09:00:00.000Z'
    for (const own of [undefined, screening({ accompaniment: 'parent' })]) {
      const ours = { ...file, ...(own && { screening: own }) }
      const together = screenedTogether(ours, { ...file, protectionLinks: [], screening: accompanied }, merged)
      if (together === undefined) throw new Error('no screening')
      expect(classificationOf(child, together, '2026-03-06', ours).classification).toBe('unaccompanied-child')
    }
  })

  test('an adult stays one, whoever is far', () => {
    const found = { ...screening(), registeredBirthDate: adult.person.birthDate }
    expect(classificationOf(adult, found, '2026-03-04', { protectionLinks: [apart] })).toEqual({
      classification: 'adult',
      facts: ['of-age'],
    })
  })
})

const Made = z.looseObject({ caseId: z.string() })
const View = z.looseObject({
  links: z.array(z.looseObject({ linkId: z.string(), other: z.string(), relation: z.string() })).optional(),
  protectionLinks: z.array(z.looseObject({ linkId: z.string(), relation: z.string() })).optional(),
})

function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: ports.cases.store.recordAccess,
    limit: memoryRateLimit(),
  })
  const versionOf = async (by: Principal, id: string) => {
    const { headers } = await as(by)('GET /v1/cases/{caseId}', { caseId: id })
    return Number(/\d+/.exec(headers.etag ?? '')?.[0])
  }
  const register = async (person: object, office = 'niger', by: Principal = intake) => {
    const { duplicates: _, ...registration } = bodies.registration
    const body = { ...registration, office, person: { ...registration.person, ...person } }
    const made = await as(by)('POST /v1/cases', {}, { body })
    const { caseId: id } = Made.parse(made.body)
    const holder: Principal = { kind: 'staff', id: 'head', roles: ['supervisor'], offices: [office] }
    await as(holder)(
      'PUT /v1/cases/{caseId}/assignment',
      { caseId: id },
      { ifMatch: 1, body: { lead: 'staff-0003', team: [protector.id] } },
    )
    return id
  }
  const linked = async (by: Principal, id: string, body: object) =>
    as(by)('POST /v1/cases/{caseId}/links', { caseId: id }, { ifMatch: await versionOf(by, id), body })
  const end = async (by: Principal, id: string, linkId: string, reason = 'entered-in-error') =>
    as(by)('POST /v1/cases/{caseId}/links/{linkId}/end', { caseId: id, linkId }, { ifMatch: await versionOf(by, id), body: { reason } })
  const read = async (by: Principal, id: string) => View.parse((await as(by)('GET /v1/cases/{caseId}', { caseId: id })).body)
  const household = async (by: Principal, id: string) => (await as(by)('GET /v1/cases/{caseId}/household', { caseId: id })).body
  return { ports, as, register, linked, end, read, household }
}
const elsewhere: Principal = { kind: 'staff', id: 'staff-0050', roles: ['intake-officer'], offices: ['kankan'] }
/** Of the two offices. */
const both: Principal = { kind: 'staff', id: 'staff-0060', roles: ['supervisor'], offices: ['niger', 'kankan'] }
const people = {
  woman: { name: { given: 'Hawa', family: 'Exemple-Sow' }, birthDate: '1985', sex: 'female' },
  girl: { name: { given: 'Kadiatou', family: 'Exemple-Bah' }, birthDate: '1984' },
  uncle: { name: { given: 'Lansana', family: 'Exemple-Keïta' }, birthDate: '1971' },
} as const

describe('linking over the API', () => {
  test('both cases change at once, and both at the end', async () => {
    const { register, linked, end, read } = service()
    const [one, two] = [await register(people.woman), await register(people.uncle)]
    expect((await linked(intake, one, { other: two, relation: 'sibling', basis: 'declared' })).status).toBe(200)
    expect((await read(intake, one)).links).toMatchObject([{ other: two, relation: 'sibling', basis: 'declared' }])
    const [there] = (await read(intake, two)).links ?? []
    expect(there).toMatchObject({ other: one, relation: 'sibling' })
    expect((await end(intake, two, there?.linkId ?? '')).status).toBe(200)
    expect([(await read(intake, one)).links, (await read(intake, two)).links]).toEqual([[], []])
    expect((await end(intake, two, there?.linkId ?? '')).body).toMatchObject({ status: 404, code: 'link-not-found' })
  })

  test('needs access to both: a case out of reach is like none', async () => {
    const { register, linked, end, read } = service()
    const [one, far] = [await register(people.woman), await register(people.uncle, 'kankan', elsewhere)]
    const terms = { relation: 'spouse' }
    const [there, nowhere] = [
      await linked(intake, one, { ...terms, other: far }),
      await linked(intake, one, { ...terms, other: 'case-7tm2r26k4qx9' }),
    ]
    expect({ ...(there.body as object), traceId: '' }).toEqual({ ...(nowhere.body as object), traceId: '' })
    expect(there.status).toBe(404)
    expect((await linked(both, one, { ...terms, other: far })).status).toBe(200)
    const [known] = (await read(intake, one)).links ?? []
    expect((await end(intake, one, known?.linkId ?? '')).status).toBe(404)
    expect((await read(intake, one)).links).toHaveLength(1)
  })

  test('guardianship is seen by protection officers only, in the case, its answers and its timeline', async () => {
    const { register, linked, end, read, as } = service()
    const [girl, uncle] = [await register(people.girl), await register(people.uncle)]
    await linked(protector, girl, { other: uncle, relation: 'guardian', basis: 'custom' })
    expect((await read(protector, girl)).protectionLinks).toMatchObject([{ other: uncle, relation: 'guardian', confirmed: true }])
    const [known] = (await read(protector, uncle)).protectionLinks ?? []
    expect(known).toMatchObject({ other: girl, relation: 'ward' })
    for (const by of [intake, supervisor])
      for (const id of [girl, uncle]) {
        const texts = [
          await as(by)('GET /v1/cases/{caseId}', { caseId: id }),
          await as(by)('GET /v1/cases/{caseId}/timeline', { caseId: id }),
          await as(by)('GET /v1/cases/{caseId}/household', { caseId: id }),
        ].map(({ body }) => JSON.stringify(body))
        for (const text of texts) expect(text).not.toMatch(/guardian|ward|protection-link|custom/)
      }
    expect((await end(intake, uncle, known?.linkId ?? '')).body).toMatchObject({ code: 'link-not-found' })
    expect((await end(protector, uncle, known?.linkId ?? '', 'no-longer-so')).status).toBe(200)
  })

  test('a separation raises the classification at once, takes back what was signed, and is explained', async () => {
    const { register, read, as } = service()
    const signed = {
      ...bodies.registration.processing,
      signatory: { kind: 'guardian', name: 'Hawa Exemple', relation: 'mother', childAssents: true },
    }
    const { duplicates: _, ...registration } = bodies.registration
    const made = await as(intake)(
      'POST /v1/cases',
      {},
      {
        body: { ...registration, person: { ...registration.person, ...people.girl, birthDate: '2013' }, processing: signed },
      },
    )
    const { caseId: girl } = Made.parse(made.body)
    const woman = await register(people.woman)
    await as(supervisor)('PUT /v1/cases/{caseId}/assignment', { caseId: girl }, { ifMatch: 1, body: { lead: 'x', team: [protector.id] } })
    const accompanied = { ...bodies.screening, accompaniment: 'parent' }
    const screened = await as(protector)('POST /v1/cases/{caseId}/screenings', { caseId: girl }, { ifMatch: 2, body: accompanied })
    expect(screened.body).toMatchObject({ childClassification: { classification: 'accompanied-child' } })
    const at = later
    const apart = await as(protector)(
      'POST /v1/cases/{caseId}/links',
      { caseId: girl },
      {
        ifMatch: 3,
        at,
        body: { other: woman, relation: 'separated-from', basis: 'observed' },
      },
    )
    expect(apart.status).toBe(200)
    expect(apart.body).toMatchObject({
      childClassification: { classification: 'unaccompanied-child', facts: expect.arrayContaining(['separated-since-screening']) },
    })
    const again = (more: object) =>
      as(protector)('POST /v1/cases/{caseId}/screenings', { caseId: girl }, { ifMatch: 4, at, body: { ...accompanied, ...more } })
    expect((await again({})).body).toMatchObject({ code: 'lowers-protection' })
    expect((await again({ loweredBecause: 'Exemple : la mère a été retrouvée à la gare.' })).body).toMatchObject({
      childClassification: { classification: 'accompanied-child' },
    })
    expect((await read(intake, girl)).protectionLinks).toBeUndefined()
  })
})

describe('a household', () => {
  test('is who travels together, directly or through others, with what they are to the person', async () => {
    const { register, linked, household } = service()
    const [woman, girl, uncle] = [await register(people.woman), await register(people.girl), await register(people.uncle)]
    await linked(intake, woman, { other: girl, relation: 'child' })
    await linked(intake, woman, { other: girl, relation: 'travelling-with' })
    await linked(intake, girl, { other: uncle, relation: 'travelling-with' })
    await linked(protector, uncle, { other: woman, relation: 'ward' })
    expect(await household(intake, woman)).toMatchObject({
      members: [
        { caseId: girl, relations: ['child', 'travelling-with'] },
        { caseId: uncle, relations: [] },
      ],
      others: 0,
    })
    expect(JSON.stringify(await household(intake, woman))).not.toContain('guardian')
    expect(await household(protector, woman)).toMatchObject({ members: [{}, { guardianship: ['guardian'] }] })
  })

  test('counts whom the caller may not see, and follows nobody through them', async () => {
    const { register, linked, household } = service()
    const woman = await register(people.woman)
    const [far, farther] = [await register(people.girl, 'kankan', elsewhere), await register(people.uncle, 'kankan', elsewhere)]
    await linked(both, woman, { other: far, relation: 'travelling-with' })
    const seen = await household(intake, woman)
    expect(seen).toEqual({ caseId: woman, members: [], others: 1 })
    await linked(elsewhere, far, { other: farther, relation: 'travelling-with' })
    expect(await household(intake, woman)).toEqual(seen)
    expect(await household(both, woman)).toMatchObject({ members: [{ caseId: far }, { caseId: farther }], others: 0 })
  })
})
