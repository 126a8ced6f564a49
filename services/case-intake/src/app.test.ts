import { callOf, cloudEvent, type Principal, type Role } from '@wontanara/core'
import {
  type DataClass,
  DayBegan,
  ReferralCompleted,
  ReferralDeclined,
  ReferralExpired,
  ReferralFailed,
  ReferralRecalled,
  ReferralSent,
} from '@wontanara/events'
import { client, hoursLater, partnerOf, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, registrations, routes } from './app.ts'
import { intake, manager, now, protector, searcher, supervisor } from './builders.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'
import { subscriptions } from './subscriptions.ts'

const Answer = z.looseObject({
  caseId: z.string(),
  reference: z.string(),
  status: z.string(),
  needs: z.array(z.looseObject({ needId: z.string(), status: z.string() })).default([]),
  consents: z.array(z.looseObject({ consentId: z.string(), effective: z.boolean() })).default([]),
})
const Refused = z.looseObject({ code: z.string(), errors: z.array(z.looseObject({ code: z.string(), detail: z.string() })).default([]) })

/** The service on a store of its own, with a case that has just been registered and assigned. */
async function service() {
  const ports = memoryPorts()
  const { store } = ports.cases
  const { as } = client(api, routes(ports), { refusals: catalogue, recordAccess: store.recordAccess })
  const follow = registrations(ports)
  let searches = 0
  /** What the table's stream brings about: the case is found, and others like it are looked for. */
  const search = (id: string) => {
    const key = `search-${++searches}`
    return follow(id, (action) => callOf({ principal: searcher, action, at: now, key, content: key }))
  }
  const registered = await as(intake)('POST /v1/cases', {}, { body: bodies.registration })
  const { caseId, reference } = Answer.parse(registered.body)
  await search(caseId)
  const at = { caseId }
  /** A change, on what the caller has just read. */
  const change = async (
    by: Principal,
    route: string,
    body: unknown,
    params: Readonly<Record<string, string>> = {},
    request: TestRequest = {},
  ) => {
    const version = Number(/\d+/.exec((await as(supervisor)('GET /v1/cases/{caseId}', at)).headers.etag ?? '')?.[0])
    return as(by)(route, { ...at, ...params }, { ifMatch: version, ...(body === undefined ? {} : { body }), ...request })
  }
  const done = async (...args: Parameters<typeof change>) => {
    const response = await change(...args)
    if (response.status !== 200) throw new Error(`${args[1]}: ${JSON.stringify(response.body)}`)
    return { ...response, view: Answer.parse(response.body) }
  }
  await done(supervisor, 'PUT /v1/cases/{caseId}/assignment', { lead: manager.id, team: [protector.id] })
  return { as, store, ports, caseId, reference, at, change, done, search }
}
type Service = Awaited<ReturnType<typeof service>>

const screen = ({ done }: Service, differs: object = {}) =>
  done(protector, 'POST /v1/cases/{caseId}/screenings', { ...bodies.screening, ...differs })
const counsel = ({ done }: Service) => done(manager, 'POST /v1/cases/{caseId}/counselling-sessions', bodies.session)
const safeguard = ({ done }: Service) => done(protector, 'POST /v1/cases/{caseId}/safeguards', bodies.safeguard)
const recordNeed = async ({ done }: Service) => {
  const { view } = await done(manager, 'POST /v1/cases/{caseId}/needs', bodies.need)
  return view.needs.at(-1)?.needId ?? ''
}

describe('the way of one person', () => {
  test('from registration to closure, every change by those who may, and each answer tells the next ETag', async () => {
    const it = await service()
    const { done } = it
    expect((await done(intake, 'PUT /v1/cases/{caseId}/person', bodies.correction)).body).toMatchObject({
      registration: { channel: 'host-mission', person: { birthDate: '1998-04-17' } },
    })
    await done(intake, 'PUT /v1/cases/{caseId}/duplicate-check', { outcome: 'none-found' })
    expect((await screen(it)).view.status).toBe('screened')
    expect((await counsel(it)).view.status).toBe('counselled')
    const needId = await recordNeed(it)
    const consent = await done(manager, 'POST /v1/cases/{caseId}/consents', bodies.consent)
    const { consentId = '' } = consent.view.consents.at(-1) ?? {}
    expect((await done(manager, 'POST /v1/cases/{caseId}/voluntariness-declarations', bodies.declaration)).view.status).toBe(
      'voluntary-confirmed',
    )
    expect((await done(manager, 'POST /v1/cases/{caseId}/interruption', bodies.interruption)).view.status).toBe('lost-contact')
    expect((await done(manager, 'POST /v1/cases/{caseId}/resumption', undefined)).view.status).toBe('voluntary-confirmed')
    const withdrawal = await done(manager, 'POST /v1/cases/{caseId}/consents/{consentId}/withdrawal', bodies.withdrawal, { consentId })
    expect(withdrawal.view.consents.at(-1)).toMatchObject({ consentId, effective: false, withdrawnAt: now })
    expect((await done(manager, 'POST /v1/cases/{caseId}/withdrawal', bodies.withdrawal)).view.status).toBe('withdrawn')
    const answered = await done(manager, 'POST /v1/cases/{caseId}/needs/{needId}/refusal', bodies.refusal, { needId })
    expect(answered.view.needs).toMatchObject([{ needId, status: 'declined' }])
    await done(manager, 'POST /v1/cases/{caseId}/closure-request', bodies.closureRequest)
    expect((await done(supervisor, 'POST /v1/cases/{caseId}/closure', bodies.closureDecision)).view.status).toBe('closed')
    const last = await done(supervisor, 'POST /v1/cases/{caseId}/reopening', bodies.reopening)
    expect(last.view.status).toBe('counselled')
    expect(last.headers.etag).toBe('"17"')
  })

  test('is found by reference, however it is written, and a slip of the tongue is told at once', async () => {
    const { as, reference, at } = await service()
    const read = as(manager)
    const whole = await read('GET /v1/cases/{caseId}', at)
    const route = 'GET /v1/case-references/{reference}'
    expect((await read(route, { reference })).body).toEqual(whole.body)
    expect((await read(route, { reference: reference.toLowerCase().replaceAll('-', '') })).body).toEqual(whole.body)
    const swapped = `${reference[1]}${reference[0]}${reference.slice(2)}`
    const slip = swapped === reference ? `Z${reference.slice(1)}` : swapped
    expect(await read(route, { reference: slip })).toMatchObject({ status: 422, body: { code: 'mistyped-reference' } })
  })

  test('a service given without a referral meets a need', async () => {
    const it = await service()
    const needId = await recordNeed(it)
    const met = await it.done(manager, 'POST /v1/cases/{caseId}/needs/{needId}/service', bodies.service, { needId })
    expect(met.view.needs).toMatchObject([{ status: 'met' }])
  })

  test('an unaccompanied minor is stopped with every missing guard listed, in the language of the caller', async () => {
    const it = await service()
    await screen(it, { birthDate: '2011', trafficking: 'yes' })
    const body = {
      ...bodies.declaration,
      signatory: { kind: 'guardian', name: 'Mamadou Tuteur-Exemple', relation: 'other', childAssents: true },
    }
    const declare = (by: Principal, language: string) =>
      it.change(by, 'POST /v1/cases/{caseId}/voluntariness-declarations', body, {}, { headers: { 'accept-language': language } })
    const refused = await declare(protector, 'fr')
    expect(refused.status).toBe(409)
    const { errors } = Refused.parse(refused.body)
    expect(errors.map(({ code }) => code)).toEqual([
      'processing-not-allowed',
      'counselling-on-return-missing',
      'counselling-on-reintegration-missing',
      'guardian-missing',
      'child-views-missing',
      'best-interests-missing',
      'safe-return-missing',
    ])
    expect(errors.at(3)?.detail).toBe("Aucun tuteur n'est désigné pour l'enfant.")
    // The same list beforehand.
    const before = await it.as(protector)('GET /v1/cases/{caseId}/next-steps', it.at)
    const { steps } = z
      .object({ steps: z.array(z.object({ step: z.string(), missing: z.array(z.object({ code: z.string(), fr: z.string() })) })) })
      .parse(before.body)
    expect(steps.find(({ step }) => step === 'voluntary-confirmed')?.missing).toEqual(
      errors.map(({ code, detail }) => expect.objectContaining({ code, fr: detail })),
    )
    // Others learn that a step of protection is open, and not which.
    expect(
      Refused.parse((await declare(manager, 'en')).body)
        .errors.map(({ code }) => code)
        .slice(3),
    ).toEqual(['protection-step-open'])
    expect(JSON.stringify((await it.as(manager)('GET /v1/cases/{caseId}/next-steps', it.at)).body)).not.toMatch(
      /guardian|child|safe-return/,
    )
  })
})

describe('who sees what', () => {
  const office = { office: 'niger' }
  const marks: Readonly<Record<'C1' | 'C2' | 'C3', string>> = { C1: '"host-mission"', C2: 'Fodéba', C3: 'stigma-of-return' }
  const readers: readonly (readonly [string, Principal, readonly (keyof typeof marks)[]])[] = [
    ['intake officer', intake, ['C1', 'C2']],
    ['case manager', manager, ['C1', 'C2']],
    ['supervisor', supervisor, ['C1', 'C2']],
    ['referral coordinator', staff('referral-coordinator', office), ['C1', 'C2']],
    ['return officer', staff('return-officer', office), ['C1', 'C2']],
    ['grants officer', staff('grants-officer', office), ['C1']],
    ['data protection officer of another office', staff('data-protection-officer'), ['C1', 'C2']],
    ['assigned protection officer', protector, ['C1', 'C2', 'C3']],
  ]
  test.each(readers)('the %s', async (_, reader, visible) => {
    const it = await service()
    await screen(it)
    await safeguard(it)
    const { status, body } = await it.as(reader)('GET /v1/cases/{caseId}', it.at)
    expect(status).toBe(200)
    const text = JSON.stringify(body)
    expect(Object.entries(marks).flatMap(([name, mark]) => (text.includes(mark) ? [name] : []))).toEqual(visible)
    expect(/childClassification|safeguards|screening/.test(text)).toBe(visible.includes('C3'))
    expect(body).toMatchObject({ specificNeeds: true })
  })

  const nobody: readonly (readonly [string, Principal, number])[] = [
    ['intake officer of another office', staff('intake-officer', { office: 'conakry' }), 404],
    ['protection officer who is not assigned', staff('protection-officer', office), 404],
    ['medical officer who is not assigned', staff('medical-officer', office), 404],
    ['administrator', staff('administrator', office), 403],
    ['analyst', staff('analyst', office), 403],
    ['campaign editor', staff('campaign-editor', office), 403],
    ['partner', partnerOf('org-exemple'), 403],
  ]
  test.each(nobody)('nothing for the %s', async (_, reader, status) => {
    const { as, at, reference, store, caseId } = await service()
    expect((await as(reader)('GET /v1/cases/{caseId}', at)).status).toBe(status)
    expect((await as(reader)('GET /v1/case-references/{reference}', { reference })).status).toBe(status)
    const denied = (await store.accesses(caseId)).filter(({ decision, trail }) => decision === 'denied' && trail.by === reader.id)
    expect(denied.length).toBeGreaterThan(0)
  })

  test('what does not exist looks like what is out of reach', async () => {
    const { as, at } = await service()
    const far = as(staff('intake-officer', { office: 'conakry' }))
    const [there, nowhere] = [await far('GET /v1/cases/{caseId}', at), await far('GET /v1/cases/{caseId}', { caseId: 'case-000000000000' })]
    expect(there).toEqual(nowhere)
  })

  test('a read of a screening is recorded, one without it is not', async () => {
    const it = await service()
    await screen(it)
    const reads = async () => (await it.store.accesses(it.caseId)).filter(({ decision }) => decision === 'allowed')
    const already = (await reads()).length
    await it.as(manager)('GET /v1/cases/{caseId}', it.at)
    expect(await reads()).toHaveLength(already)
    await it.as(protector)('GET /v1/cases/{caseId}/screenings', it.at)
    const special: DataClass[] = ['C3-protection']
    expect((await reads()).slice(already)).toMatchObject([{ trail: { by: protector.id, action: 'case:screen' }, classes: special }])
  })

  test('every screening stays to be read', async () => {
    const it = await service()
    await screen(it)
    await screen(it, { occasion: 'pre-departure' })
    expect((await it.as(protector)('GET /v1/cases/{caseId}/screenings', it.at)).body).toMatchObject({
      items: [
        { version: 1, occasion: 'registration' },
        { version: 2, occasion: 'pre-departure' },
      ],
    })
    expect((await it.as(manager)('GET /v1/cases/{caseId}/screenings', it.at)).status).toBe(403)
  })

  test('the timeline tells who did what, without content, and does not tell that there are safeguards', async () => {
    const it = await service()
    await screen(it)
    await safeguard(it)
    await screen(it, { occasion: 'pre-departure' })
    const { body } = await it.as(staff('auditor'))('GET /v1/cases/{caseId}/timeline', it.at)
    expect(body).toMatchObject({
      items: [
        { version: 1, by: intake.id, as: 'intake-officer', offices: ['niger'], action: 'case:register', at: now },
        { version: 2, by: supervisor.id, action: 'case:assign' },
        { version: 3, by: protector.id, action: 'case:screen', events: ['stage-reached'] },
        { version: 4, by: protector.id, action: 'case:screen', events: [] },
        { version: 5, by: protector.id, action: 'case:screen', events: [] },
      ],
    })
    // A second screening and a safeguard look alike: nothing tells that this person needs safeguards.
    const [, , , second, third] = z.looseObject({ items: z.array(z.looseObject({})) }).parse(body).items
    expect(Object.keys(third ?? {})).toEqual(Object.keys(second ?? {}))
    expect(JSON.stringify(body)).not.toMatch(/safeguard|debt|Fodéba/)
    expect((await it.as(manager)('GET /v1/cases/{caseId}/timeline', it.at)).status).toBe(403)
  })

  test('nothing published holds personal data', async () => {
    const it = await service()
    await screen(it, { trafficking: 'yes', notes: 'Exemple' })
    await it.done(manager, 'POST /v1/cases/{caseId}/consents', bodies.consent)
    await recordNeed(it)
    const published = (await it.store.history(it.caseId)).flatMap(({ events }) => events.filter(({ type }) => type.includes('.')))
    expect(published.map(({ type }) => type)).toEqual([
      'case-intake.case-registered.v1',
      'case-intake.case-screened.v1',
      'case-intake.consent-given.v1',
      'case-intake.need-recorded.v1',
    ])
    expect(JSON.stringify(published)).not.toMatch(/Fodéba|Exemple|1998|227|emk|thumbprint|debt|traffick/)
  })
})

describe('the consent ledger', () => {
  test('says what held at any instant', async () => {
    const it = await service()
    const { view } = await it.done(manager, 'POST /v1/cases/{caseId}/consents', bodies.consent)
    const { consentId = '' } = view.consents.at(-1) ?? {}
    await it.done(
      manager,
      'POST /v1/cases/{caseId}/consents/{consentId}/withdrawal',
      bodies.withdrawal,
      { consentId },
      { at: hoursLater(5) },
    )
    const effective = async (at: string) => {
      const { body } = await it.as(manager)('GET /v1/cases/{caseId}/consents', it.at, { query: { at } })
      return z
        .looseObject({ consents: z.array(z.looseObject({ effective: z.boolean() })) })
        .parse(body)
        .consents.map((consent) => consent.effective)
    }
    expect(await effective('2026-03-02T08:59:59.999Z')).toEqual([false, false])
    expect(await effective('2026-03-02T09:00:00Z')).toEqual([true, true])
    expect(await effective('2026-03-02T13:59:59.999Z')).toEqual([true, true])
    expect(await effective('2026-03-02T14:00:00Z')).toEqual([true, false])
  })
})

describe('lists', () => {
  const rowsOf = (body: unknown) =>
    z.looseObject({ items: z.array(z.looseObject({ caseId: z.string() })), next: z.string().optional() }).parse(body)

  test('by office, by status and by who leads, in pages that belong to their caller and filter', async () => {
    const it = await service()
    const more = await Promise.all([1, 2, 3].map(() => it.as(intake)('POST /v1/cases', {}, { body: bodies.registration })))
    const others = more.map(({ body }) => Answer.parse(body).caseId)
    await screen(it)
    const get = async (by: Principal, query: Readonly<Record<string, string>>) =>
      it.as(by)('GET /v1/cases', {}, { query: { office: 'niger', ...query } })
    expect(rowsOf((await get(intake, {})).body).items).toHaveLength(4)
    expect(rowsOf((await get(intake, { status: 'screened' })).body).items.map(({ caseId }) => caseId)).toEqual([it.caseId])
    expect(rowsOf((await get(supervisor, { lead: manager.id })).body).items).toEqual([
      { caseId: it.caseId, office: 'niger', status: 'screened', since: now, lead: manager.id },
    ])
    const first = rowsOf((await get(intake, { status: 'registered', limit: '2' })).body)
    const second = rowsOf((await get(intake, { status: 'registered', limit: '2', cursor: first.next ?? '' })).body)
    expect([...first.items, ...second.items].map(({ caseId }) => caseId).sort()).toEqual(others.sort())
    expect(second.next).toBeUndefined()
    expect(await get(supervisor, { lead: manager.id, status: 'screened' })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'status-or-lead' }] },
    })
    expect((await get(intake, { status: 'screened', cursor: first.next ?? '' })).status).toBe(400)
    expect((await get(supervisor, { status: 'registered', limit: '2', cursor: first.next ?? '' })).status).toBe(400)
  })
  test.each<[string, Role, number]>([
    ['an office of others', 'case-manager', 404],
    ['an office of others', 'analyst', 403],
  ])('%s is not listed for a %s', async (_, role, status) => {
    const { as } = await service()
    expect((await as(staff(role, { office: 'mali' }))('GET /v1/cases', {}, { query: { office: 'niger' } })).status).toBe(status)
  })
})

describe('requests that are repeated, late or wrong', () => {
  const creations: readonly (readonly [string, Principal, unknown])[] = [
    ['POST /v1/cases/{caseId}/screenings', protector, bodies.screening],
    ['POST /v1/cases/{caseId}/safeguards', protector, bodies.safeguard],
    ['POST /v1/cases/{caseId}/counselling-sessions', manager, bodies.session],
    ['POST /v1/cases/{caseId}/needs', manager, bodies.need],
    ['POST /v1/cases/{caseId}/consents', manager, bodies.consent],
    ['POST /v1/cases/{caseId}/withdrawal', manager, bodies.withdrawal],
    ['POST /v1/cases/{caseId}/interruption', manager, bodies.interruption],
    ['POST /v1/cases/{caseId}/closure-request', manager, bodies.closureRequest],
  ]
  test.each(creations)('%s twice is once, also after other changes and with another ETag', async (route, by, body) => {
    const it = await service()
    const request = { ifMatch: 2, key: 'the-same-key' }
    const first = await it.as(by)(route, it.at, { ...request, body })
    expect(first.status).toBe(200)
    await it.done(intake, 'PUT /v1/cases/{caseId}/duplicate-check', { outcome: 'none-found' })
    const again = await it.as(by)(route, it.at, { ...request, body })
    expect(again).toEqual(first)
    expect(await it.store.history(it.caseId)).toHaveLength(4)
    const late = await it.as(by)(route, it.at, { ifMatch: 3, key: 'the-same-key', body })
    expect(late).toEqual(first)
  })

  test('a registration twice is one case', async () => {
    const { as } = await service()
    const register = (body: object) => as(intake)('POST /v1/cases', {}, { body, key: 'the-same-key' })
    const first = await register(bodies.registration)
    expect(await register(bodies.registration)).toEqual(first)
    expect(first).toMatchObject({
      status: 201,
      headers: { location: expect.stringMatching(/^\/v1\/cases\/case-[0-9a-z]{12}$/), etag: '"1"' },
    })
    expect(await register({ ...bodies.registration, presentIn: 'ML' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    })
  })

  const versioned = Object.values(api.routes).filter(
    (route) => /^(PUT|POST) \/v1\/cases\//.test(route.route) && !('creates' in route) && !('unversioned' in route) && !('asks' in route),
  )
  test.each(versioned.map(({ route, example }) => ({ route, example })))(
    '$route needs the ETag that was read',
    async ({ route, example }) => {
      const it = await service()
      const all: Principal = {
        kind: 'staff',
        id: protector.id,
        roles: ['protection-officer', 'case-manager', 'supervisor'],
        offices: ['niger'],
      }
      const params = { ...it.at, needId: 'need-000000000000' }
      const body = 'body' in example ? { body: example.body } : {}
      expect(await it.as(all)(route, params, body)).toMatchObject({ status: 428, body: { code: 'if-match-required' } })
      expect(await it.as(all)(route, params, { ...body, ifMatch: 1 })).toMatchObject({ status: 412, headers: { etag: '"2"' } })
    },
  )

  test('what a person takes back is taken back whatever else has changed', async () => {
    const it = await service()
    const { as, at } = it
    const consentId = it.caseId.replace('case', 'consent')
    expect(
      (await as(manager)('POST /v1/cases/{caseId}/consents/{consentId}/withdrawal', { ...at, consentId }, { body: { by: 'person' } }))
        .status,
    ).toBe(200)
    expect((await as(manager)('POST /v1/cases/{caseId}/withdrawal', at, { body: { by: 'person' } })).status).toBe(200)
  })

  test.each<[string, object, string]>([
    ['no name', { person: { ...bodies.registration.person, name: {} } }, 'name-needed'],
    ['a date that is none', { person: { ...bodies.registration.person, birthDate: '2001-02-30' } }, 'no-such-date'],
    ['a field that is none', { passport: 'EX-1' }, 'unknown-field'],
    [
      'a telephone that is none',
      { person: { ...bodies.registration.person, contacts: [{ phone: '621', owner: 'self', safe: true }] } },
      'wrong-format',
    ],
  ])('%s is told by its name, and not repeated', async (_, differs, code) => {
    const { as } = await service()
    const { status, body } = await as(intake)('POST /v1/cases', {}, { body: { ...bodies.registration, ...differs } })
    expect(status).toBe(400)
    expect(Refused.parse(body).errors.map((error) => error.code)).toContain(code)
    expect(JSON.stringify(body)).not.toMatch(/EX-1|2001-02-30|621/)
  })
  test('a single name and a birth year are enough', async () => {
    const { as } = await service()
    const person = { ...bodies.registration.person, name: { given: 'Sira' }, birthDate: '1990' }
    expect((await as(intake)('POST /v1/cases', {}, { body: { ...bodies.registration, person } })).status).toBe(201)
  })
})

describe('events of referrals', () => {
  const definitions = {
    sent: ReferralSent,
    declined: ReferralDeclined,
    completed: ReferralCompleted,
    failed: ReferralFailed,
    recalled: ReferralRecalled,
    expired: ReferralExpired,
  }
  type Kind = keyof typeof definitions
  const more: Readonly<Record<Kind, object>> = {
    sent: { service: 'psychosocial', priority: 'urgent', dueAt: hoursLater(72) },
    declined: { reason: 'no-capacity' },
    completed: { outcome: 'fully-served' },
    failed: { outcome: 'person-not-reached' },
    recalled: { reason: 'consent-withdrawn' },
    expired: { dueAt: now },
  }
  const event = (kind: Kind, referralId: string, version: number, caseId: string, needId: string) =>
    cloudEvent(
      referralId,
      version,
      0,
      { at: now, by: 'x', as: 'partner', offices: [], action: 'x' },
      {
        type: definitions[kind].type,
        data: { referralId, caseId, needId, office: 'niger', organisationId: 'org-exemple', serviceId: 'svc-exemple', ...more[kind] },
      },
    )
  type Told = readonly [Kind, string, number]
  const deliver = async (it: Service, needId: string, ...told: readonly Told[]) => {
    const table = consumers(it.ports)
    const results = []
    for (const [kind, referralId, version] of told) {
      const received = event(kind, referralId, version, it.caseId, needId)
      const call = (action: Parameters<Parameters<(typeof table)[typeof ReferralSent.type]>[1]>[0]) =>
        callOf({ principal: serviceNamed('case-intake'), action, at: now, key: received.id, content: received.id })
      switch (kind) {
        case 'sent':
          results.push(...(await table[ReferralSent.type](ReferralSent.parse(received), call)))
          break
        case 'declined':
          results.push(...(await table[ReferralDeclined.type](ReferralDeclined.parse(received), call)))
          break
        case 'completed':
          results.push(...(await table[ReferralCompleted.type](ReferralCompleted.parse(received), call)))
          break
        case 'failed':
          results.push(...(await table[ReferralFailed.type](ReferralFailed.parse(received), call)))
          break
        case 'recalled':
          results.push(...(await table[ReferralRecalled.type](ReferralRecalled.parse(received), call)))
          break
        case 'expired':
          results.push(...(await table[ReferralExpired.type](ReferralExpired.parse(received), call)))
          break
      }
    }
    return results
  }
  const [a, b] = ['ref-00000000000a', 'ref-00000000000b']
  const statusOf = async (it: Service) => {
    const { body } = await it.as(manager)('GET /v1/cases/{caseId}', it.at)
    return Answer.parse(body).needs.map(({ status }) => status)
  }

  test.each<[readonly Told[], string]>([
    [[['sent', a, 2]], 'referred'],
    [
      [
        ['sent', a, 2],
        ['expired', a, 3],
      ],
      'open',
    ],
    [
      [
        ['expired', a, 3],
        ['sent', b, 1],
      ],
      'referred',
    ],
    [
      [
        ['sent', a, 2],
        ['declined', a, 3],
      ],
      'open',
    ],
    [
      [
        ['sent', a, 2],
        ['declined', a, 3],
        ['sent', b, 2],
        ['completed', b, 6],
      ],
      'met',
    ],
    [
      [
        ['sent', a, 2],
        ['failed', a, 5],
      ],
      'open',
    ],
    [
      [
        ['sent', a, 2],
        ['recalled', a, 3],
      ],
      'open',
    ],
  ])('%j: the need is %s, in whatever order and however often they come', async (told, expected) => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...told, ...told], { minLength: told.length * 2 }), async (mixed) => {
        const it = await service()
        const needId = await recordNeed(it)
        const results = await deliver(it, needId, ...mixed)
        expect(results.filter(({ ok }) => !ok)).toEqual([])
        expect(await statusOf(it)).toEqual([expected])
      }),
      { numRuns: 20 },
    )
  })
  test('what names no case or no need of ours is refused, so that it is logged and not sent again', async () => {
    const it = await service()
    expect(await deliver(it, 'need-000000000000', ['sent', a, 2])).toMatchObject([{ ok: false, refusal: { code: 'need-not-found' } }])
    const elsewhere = { ...it, caseId: 'case-000000000000' }
    expect(await deliver(elsewhere, 'need-000000000000', ['sent', a, 2])).toMatchObject([{ ok: false, refusal: { code: 'not-found' } }])
  })
  test('each subscribed event has its consumer', () => {
    const listened: readonly string[] = subscriptions.events.map(({ type }) => type)
    expect(listened).toEqual([...Object.values(definitions).map(({ type }) => type), DayBegan.type])
  })
})
