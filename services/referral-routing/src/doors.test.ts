import { createHash } from 'node:crypto'
import { type Call, cloudEvent, type Principal, type RouteDefinition } from '@wontanara/core'
import type { CloudEvent } from '@wontanara/events'
import { callBy, client, hoursLater, now, partnerOf, serviceNamed, staff, type TestRequest, type TestResponse } from '@wontanara/testing'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, httpPorts, routes } from './app.ts'
import type { DisclosureLog } from './disclosure.ts'
import * as examples from './examples.ts'
import { exceptionIdOf } from './exception.ts'
import { memoryPorts } from './memory-ports.ts'
import type { Ports } from './ports.ts'
import { subscriptions } from './subscriptions.ts'

const { caseId, needId, consentId, organisationId, serviceId } = examples
const coordinator = staff('referral-coordinator')
const protector = staff('protection-officer')
const supervisor = staff('supervisor')
const partner = partnerOf(organisationId)
const minimum = ['dueAt', 'organisationId', 'place', 'priority', 'referralId', 'sentAt', 'service', 'serviceId', 'status']

/** Any consumer's function, written as a method: each was checked against its own event. */
interface AnyConsumer {
  run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly { readonly ok: boolean }[]>
}
const Reasons = z.object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).default([]) })
const codesOf = ({ body }: TestResponse): readonly string[] => {
  const { code, errors } = Reasons.parse(body)
  return [code, ...errors.map((error) => error.code)]
}
const View = z.looseObject({ referralId: z.string(), status: z.string() })

/** The service, with one organisation and its service, and a need in the register; the bus is in the test's hands. */
async function service(change: (ports: ReturnType<typeof memoryPorts>) => Ports = (ports) => ports) {
  const ports = change(memoryPorts())
  const table: Readonly<Record<string, AnyConsumer['run']>> = consumers({ ...ports, wake: async () => undefined })
  const { as } = client(api, routes(ports), httpPorts(ports))
  /** Texts of the answers that a partner got. */
  const got: string[] = []
  let sequence = 0
  const deliver = async (raw: CloudEvent, at: string) => {
    const definition = subscriptions.events.find(({ type }) => type === raw.type)
    const run = table[raw.type]
    if (definition === undefined || run === undefined) return []
    return run(definition.parse(raw), (action) => callBy(serviceNamed('referral-routing'), action, { key: raw.id, content: raw.id, at }))
  }
  const from = (id: string, version: number, i: number, at: string, event: { readonly type: string; readonly data: unknown }) =>
    cloudEvent(id, version, i, { at, by: 'somebody', as: 'case-manager', offices: ['conakry'], action: 'x' }, event)
  const tell = (type: string, data: object, at = now) =>
    deliver(from(caseId, ++sequence, 0, at, { type: `case-intake.${type}.v1`, data: { caseId, ...data } }), at)
  const request = async (principal: Principal, route: string, referralId: string, options: TestRequest = {}) => {
    const response = await as(principal)(route, { referralId, caseId }, options)
    if (principal.kind === 'partner' && response.status === 200) got.push(JSON.stringify(response.body))
    return response
  }
  const made = {
    ports,
    as,
    got,
    tell,
    request,
    consent: (changes: object = {}) =>
      tell('consent-given', {
        consentId,
        purpose: 'referral',
        recipient: organisationId,
        scopes: ['name', 'contact', 'needs'],
        validFrom: now,
        ...changes,
      }),
    withdraw: (at = hoursLater(1)) => tell('consent-withdrawn', { consentId, purpose: 'referral', recipient: organisationId }, at),
    draft: async (changes: object = {}) => {
      const response = await as(coordinator)('POST /v1/referrals', {}, { body: { ...examples.draft, ...changes } })
      expect(response.status).toBe(201)
      return { ...View.parse(response.body), response }
    },
    step: async (principal: Principal, referralId: string, name: string, options: TestRequest = {}) =>
      request(principal, `POST /v1/referrals/{referralId}/${name}`, referralId, {
        // The steps of an exception are guarded by its state, not by the version of the referral.
        ...(name.startsWith('exception') ? {} : { ifMatch: (await ports.referrals.store.load(referralId))?.version ?? 0 }),
        ...options,
      }),
    read: (principal: Principal, referralId: string, at = now) => request(principal, 'GET /v1/referrals/{referralId}', referralId, { at }),
    /** What a record has published since the beginning comes from the bus, in its order. */
    bus: async (id: string, at = now) => {
      const records = [
        { subject: id, commits: await ports.referrals.store.history(id) },
        { subject: exceptionIdOf(id), commits: await ports.exceptions.store.history(exceptionIdOf(id)) },
      ]
      for (const { subject, commits } of records)
        for (const { version, trail, events } of commits)
          for (const [i, event] of events.entries())
            if (event.type.includes('.')) await deliver(cloudEvent(subject, version, i, trail, event), at)
    },
    log: async (principal: Principal = supervisor) => {
      const response = await as(principal)('GET /v1/cases/{caseId}/disclosures', { caseId }, { query: { limit: '100' } })
      return { status: response.status, items: z.object({ items: z.array(z.looseObject({})) }).safeParse(response.body).data?.items ?? [] }
    },
  }
  await tell('need-recorded', { needId, office: 'conakry', service: 'legal-assistance', priority: 'urgent' })
  const organisation = { organisationId, ...examples.organisation }
  expect((await as(coordinator)('POST /v1/organisations', {}, { body: organisation })).status).toBe(201)
  expect((await as(coordinator)('POST /v1/services', {}, { body: { serviceId, organisationId, ...examples.service } })).status).toBe(201)
  return made
}
type Service = Awaited<ReturnType<typeof service>>

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

const reason = 'Unconscious since this morning; only they can take her in.'
const ask = (s: Service, referralId: string, body: object = {}, at = now) =>
  s.step(coordinator, referralId, 'exception', { body: { basis: 'vital-interest', reason, second: protector.id, ...body }, at })
const confirm = (s: Service, referralId: string, principal: Principal = protector, at = now) =>
  s.step(principal, referralId, 'exception/confirmation', { at })
async function excepted() {
  const s = await service()
  const { referralId } = await s.draft()
  expect((await ask(s, referralId)).status).toBe(200)
  expect((await confirm(s, referralId)).status).toBe(200)
  return { ...s, referralId }
}

describe('consent at every door', () => {
  test('a draft says what is missing, and sending is refused for it', async () => {
    const s = await service()
    const { referralId, response } = await s.draft()
    expect(response.body).toMatchObject({
      status: 'draft',
      missing: [
        {
          code: 'consent-missing',
          en: 'No valid consent to share with this organisation: name, contact, needs.',
          fr: 'Pas de consentement valable pour partager avec cette organisation : name, contact, needs.',
        },
      ],
    })
    expect(codesOf(await s.step(coordinator, referralId, 'sending'))).toEqual(['guards-failed', 'consent-missing'])
    await s.consent()
    expect((await s.draft()).response.body).toMatchObject({ missing: [] })
    expect((await s.step(coordinator, referralId, 'sending')).status).toBe(200)
  })

  test('from the withdrawal on, a partner reads ids and the notice only, on every way, whatever has reached the referral', async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    await s.bus(referralId)
    const list = () => s.request(partner, 'GET /v1/referrals', referralId)
    const feed = () => s.request(partner, 'GET /v1/partner-events', referralId)
    expect((await list()).body).toMatchObject({ items: [{ referralId, place: 'GN-C' }] })
    expect(Object.keys((await s.read(partner, referralId)).body as object).toSorted()).toEqual(minimum)

    // The file knows of the withdrawal. The referral does not yet: its record is as it was.
    const command = { type: 'record-withdrawal', caseId, consentId, withdrawnAt: hoursLater(1) } as const
    const before = await s.ports.caseFiles.store.load(caseId)
    if (before === undefined) throw new Error('no file')
    const decided = s.ports.caseFiles.aggregate.decide(before.state, { ...command, at: now, by: serviceNamed('x') })
    if (!decided.ok) throw new Error('refused')
    const state = decided.value.reduce((known, event) => s.ports.caseFiles.aggregate.evolve(known, event), before.state)
    const trail = { at: now, by: 'x', as: 'service', offices: [], action: 'x' }
    await s.ports.caseFiles.store.append({ id: caseId, from: before, state, events: decided.value, trail, mark: 'withdrawn' })
    expect((await s.read(coordinator, referralId)).body).toMatchObject({ status: 'sent' })

    expect((await s.read(partner, referralId)).body).toEqual({ referralId, status: 'sent', obligation: 'stop-and-delete' })
    expect((await list()).body).toEqual({ items: [] })
    expect((await feed()).body).toMatchObject({ items: [{ type: 'referral.recalled', data: { referralId, status: 'recalled' } }] })
    expect((await s.step(partner, referralId, 'receipt')).body).toEqual({
      referralId,
      status: 'received',
      obligation: 'stop-and-delete',
    })
    expect(codesOf(await s.step(partner, referralId, 'acceptance'))).toEqual(['guards-failed', 'consent-missing'])
    expect((await s.log()).items.map(({ what, channel }) => `${what} ${channel}`).toSorted()).toEqual([
      'codes api',
      'codes api',
      'notice api',
      'notice api',
      'notice feed',
    ])
  })

  test('an inactive organisation gets nothing but the notice', async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    const { organisationId: _, ...described } = { organisationId, ...examples.organisation, status: 'inactive' }
    await s.as(coordinator)('PUT /v1/organisations/{organisationId}', { organisationId }, { body: described, ifMatch: 1 })
    expect((await s.read(partner, referralId)).body).toEqual({ referralId, status: 'sent', obligation: 'stop-and-delete' })
  })
})

describe('no field of a request switches the check off', () => {
  const definitions: readonly RouteDefinition[] = Object.values(api.routes)
  const withBody = definitions.filter(({ body }) => body !== undefined)
  /** Names that somebody might give such a switch. */
  const switches = [
    'consent',
    'consents',
    'consentId',
    'hasConsent',
    'consentGiven',
    'consentChecked',
    'skipConsent',
    'ignoreConsent',
    'override',
    'overrides',
    'force',
    'bypass',
    'emergency',
    'exception',
    'basis',
    'vitalInterest',
    'approved',
    'confirmed',
    'confirmedBy',
    'secondPerson',
    'scopes',
  ]
  const everybody: readonly Principal[] = [
    staff(['referral-coordinator', 'supervisor', 'case-manager', 'protection-officer', 'data-protection-officer'], { id: 'everything' }),
    partner,
  ]
  const isKnown = ({ body }: RouteDefinition, name: string): boolean => body !== undefined && name in body.shape

  test.each(withBody.map((definition) => [definition.route, definition] as const))('%s takes none', async (route, definition) => {
    const s = await service()
    const params = { referralId: examples.referralId, organisationId, serviceId, caseId, endpointId: 'endpoint-26k47qx9tm2r' }
    for (const principal of everybody) {
      for (const name of switches.filter((candidate) => !isKnown(definition, candidate))) {
        const body = { ...z.looseObject({}).parse(definition.example.body), [name]: true }
        const { status, body: answer } = await s.as(principal)(route, params, { body, ifMatch: 1 })
        if (status === 403) continue
        expect([route, name, status, JSON.stringify(answer)]).toEqual([route, name, 400, expect.stringContaining(`/${name}`)])
      }
    }
  })

  test('of all fields that a request may hold, only those speak of it that ask for an exception, or what a ranking shows', () => {
    const named = withBody.flatMap(({ route, body }) =>
      Object.keys(body?.shape ?? {})
        .filter((name) => switches.includes(name) || /consent|skip|force|override|bypass|basis/i.test(name))
        .map((name) => `${route} ${name}`),
    )
    expect(named).toEqual(['POST /v1/referrals/{referralId}/exception basis', 'POST /v1/service-rankings consent'])
  })

  test('after every route was called with its example by somebody with every role, a referral without consent is still refused', async () => {
    const s = await service()
    const { referralId } = await s.draft()
    const params = { referralId, organisationId, serviceId, caseId, endpointId: 'endpoint-26k47qx9tm2r' }
    // What ends the draft itself, or makes it another one's, proves nothing.
    const ending = ['enterInError']
    for (const [name, definition] of Object.entries<RouteDefinition>(api.routes)) {
      if (ending.includes(name)) continue
      for (const principal of everybody) {
        const { body } = definition.example
        const version = (await s.ports.referrals.store.load(referralId))?.version ?? 1
        const query = definition.example.query === undefined ? {} : { query: definition.example.query }
        await s.as(principal)(definition.route, params, { ...(body === undefined ? {} : { body }), ifMatch: version, ...query })
      }
    }
    expect(await s.ports.referrals.store.load(referralId)).toMatchObject({ state: { status: 'draft' } })
    expect(codesOf(await s.step(coordinator, referralId, 'sending'))).toContain('consent-missing')
    expect((await s.read(partner, referralId)).status).toBe(404)
    expect((await s.log()).items.filter((line) => line.referralId === referralId)).toEqual([])
  })
})

describe('an exception', () => {
  test('opens its one referral once the second person has confirmed, and what leaves names it', async () => {
    const s = await service()
    const { referralId } = await s.draft()
    const { referralId: another } = await s.draft()
    expect((await ask(s, referralId)).body).toMatchObject({ status: 'asked', reason })
    expect(codesOf(await s.step(coordinator, referralId, 'sending'))).toEqual(['guards-failed', 'consent-missing'])
    expect((await confirm(s, referralId)).body).toMatchObject({ status: 'confirmed', until: hoursLater(72) })
    expect(codesOf(await s.step(coordinator, another, 'sending'))).toEqual(['guards-failed', 'consent-missing'])
    expect((await s.step(coordinator, referralId, 'sending')).status).toBe(200)
    expect((await s.step(partner, referralId, 'acceptance')).body).toMatchObject({ snapshot: examples.snapshot })
    const exception = { basis: 'vital-interest', confirmedAt: now }
    expect((await s.log()).items).toMatchObject([{ what: 'data', consents: [], exception, referralId, recipient: organisationId }])
  })

  test('the second reads why; somebody else of the same role does not, and cannot confirm', async () => {
    const s = await service()
    const { referralId } = await s.draft()
    await ask(s, referralId)
    const other = staff('protection-officer', { id: 'another' })
    const reading = (principal: Principal) => s.request(principal, 'GET /v1/referrals/{referralId}/exception', referralId)
    expect((await reading(protector)).body).toMatchObject({ reason })
    expect((await reading(other)).body).not.toHaveProperty('reason')
    expect((await confirm(s, referralId, other)).status).toBe(404)
    expect(codesOf(await confirm(s, referralId, coordinator))).toEqual(['two-persons-needed'])
    expect((await confirm(s, referralId, partner)).status).toBe(403)
  })

  test('a reason shorter than twenty characters is refused', async () => {
    const s = await service()
    const { referralId } = await s.draft()
    expect((await ask(s, referralId, { reason: 'It is urgent.' })).status).toBe(400)
  })

  test('ends after 72 hours: the partner reads no more', async () => {
    const s = await excepted()
    await s.step(coordinator, s.referralId, 'sending')
    await s.step(partner, s.referralId, 'acceptance')
    expect((await s.read(partner, s.referralId, hoursLater(71))).body).toHaveProperty('snapshot')
    expect((await s.read(partner, s.referralId, hoursLater(72))).body).toEqual({
      referralId: s.referralId,
      status: 'accepted',
      obligation: 'stop-and-delete',
    })
  })

  test('rejected by a third person it closes every door at once, and the referral is taken back', async () => {
    const s = await excepted()
    const { referralId } = s
    await s.step(coordinator, referralId, 'sending')
    await s.step(partner, referralId, 'acceptance')
    const review = (principal: Principal, body: object = { outcome: 'rejected', finding: 'Synthetic finding of the review.' }) =>
      s.step(principal, referralId, 'exception/review', { body })
    expect((await review(protector)).status).toBe(403)
    const both = staff(['supervisor', 'protection-officer'], { id: protector.id })
    expect(codesOf(await review(both))).toEqual(['third-person-needed'])
    expect((await review(supervisor)).body).toMatchObject({ status: 'rejected', reviewedBy: supervisor.id })
    // Before any event has come: the file was written in the same transaction.
    expect((await s.read(partner, referralId)).body).toEqual({ referralId, status: 'accepted', obligation: 'stop-and-delete' })
    await s.bus(referralId)
    expect((await s.read(coordinator, referralId)).body).toMatchObject({ status: 'recalled', recallReason: 'exception-rejected' })
    expect(codesOf(await ask(s, referralId))).toEqual(['exception-rejected'])
  })

  test('rejected after the end, the partner is told to delete', async () => {
    const s = await excepted()
    const { referralId } = s
    for (const [who, name, body] of [
      [coordinator, 'sending', undefined],
      [partner, 'acceptance', undefined],
      [partner, 'start', undefined],
      [partner, 'completion', { outcome: 'fully-served' }],
    ] as const)
      expect((await s.step(who, referralId, name, body === undefined ? {} : { body })).status).toBe(200)
    await s.step(supervisor, referralId, 'exception/review', { body: { outcome: 'rejected' } })
    await s.bus(referralId)
    expect((await s.read(partner, referralId)).body).toEqual({ referralId, status: 'completed', obligation: 'stop-and-delete' })
  })

  // The id of an event is that of its record, its version and its place: a consumer takes the second of two with one id for a repeat.
  test('no event of it has the id of an event of the referral', async () => {
    const s = await excepted()
    expect(await s.ports.referrals.store.load(s.referralId)).toBeDefined()
    expect(await s.ports.exceptions.store.load(s.referralId)).toBeUndefined()
    expect(await s.ports.exceptions.store.load(exceptionIdOf(s.referralId))).toBeDefined()
  })

  test('its review, once overdue, is told every day, and it stands on the lists of the office and of data protection', async () => {
    const s = await excepted()
    const day = async (at: string) => {
      const raw = cloudEvent('platform', 1, 0, { at, by: 'x', as: 'service', offices: [], action: 'x' }, { type: 'x', data: {} })
      const definition = subscriptions.events.find(({ type }) => type === 'platform.day-began.v1')
      if (definition === undefined) throw new Error('not subscribed')
      const table: Readonly<Record<string, AnyConsumer['run']>> = consumers({ ...s.ports, wake: async () => undefined })
      await table['platform.day-began.v1']?.(raw, (action) => callBy(serviceNamed('referral-routing'), action, { key: at, at }))
    }
    for (const hours of [24, 72, 73, 96]) await day(hoursLater(hours))
    const told = (await s.ports.exceptions.store.history(exceptionIdOf(s.referralId))).flatMap(({ events }) =>
      events.map(({ type }) => type),
    )
    expect(told.filter((type) => type === 'referral-routing.exception-review-overdue.v1')).toHaveLength(2)

    const list = (principal: Principal, query: Readonly<Record<string, string>> = {}) =>
      s.as(principal)('GET /v1/exceptions', {}, { query })
    const row = { referralId: s.referralId, status: 'confirmed', office: 'conakry' }
    expect((await list(supervisor, { office: 'conakry' })).body).toMatchObject({ items: [row] })
    expect((await list(staff('data-protection-officer', { office: 'labe' }))).body).toMatchObject({ items: [row] })
    expect((await list(supervisor)).status).toBe(404)
    expect((await list(supervisor, { office: 'labe' })).status).toBe(404)
    await s.step(supervisor, s.referralId, 'exception/review', { body: { outcome: 'upheld' } })
    expect((await list(supervisor, { office: 'conakry' })).body).toEqual({ items: [] })
  })

  test('goes where its case goes', async () => {
    const s = await excepted()
    await s.step(coordinator, s.referralId, 'sending')
    await s.bus(s.referralId)
    await s.tell('case-transferred', { from: 'conakry', to: 'labe' })
    const review = (office: string) =>
      s.step(staff('supervisor', { office }), s.referralId, 'exception/review', { body: { outcome: 'upheld' } })
    expect((await review('conakry')).status).toBe(404)
    expect((await review('labe')).status).toBe(200)
  })
})

describe('the disclosure log', () => {
  test('holds a line for each thing that left in a whole loop, with the hash of what the partner got', async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    await s.read(partner, referralId)
    await s.step(partner, referralId, 'receipt')
    await s.step(partner, referralId, 'acceptance')
    await s.read(partner, referralId)
    await s.request(partner, 'GET /v1/referrals/{referralId}/fhir', referralId)
    await s.step(partner, referralId, 'start')
    await s.step(partner, referralId, 'completion', { body: { outcome: 'fully-served' } })
    await s.read(partner, referralId)
    expect(s.got).toHaveLength(8)
    const { items } = await s.log()
    expect(items.map(({ sha256 }) => sha256).toSorted()).toEqual(s.got.map(hash).toSorted())
    expect(items.filter(({ what }) => what === 'data')).toHaveLength(3)
    for (const line of items) expect(line).toMatchObject({ consents: [consentId], recipient: organisationId, channel: 'api' })
    expect(JSON.stringify(items)).not.toMatch(/Mariama|\+224620000001|Wages/)
    expect(items.find(({ what, format }) => what === 'data' && format === 'json')?.fields).toEqual(
      expect.arrayContaining(['/snapshot/name/given', '/snapshot/contact/phones/*', '/obligations/onwardSharing']),
    )
  })

  test('holds a line for each row and each event that a partner read, with the hash of that one', async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    await s.bus(referralId)
    await s.request(partner, 'GET /v1/referrals', referralId)
    await s.request(partner, 'GET /v1/partner-events', referralId)
    const read = s.got.map((text) =>
      z
        .object({ items: z.array(z.unknown()) })
        .parse(JSON.parse(text))
        .items.map((item) => JSON.stringify(item)),
    )
    expect(read.map((items) => items.length)).toEqual([1, 1])
    const { items } = await s.log()
    expect(items.map(({ channel, sha256 }) => [channel, sha256]).toSorted()).toEqual([
      ['api', hash(read[0]?.[0] ?? '')],
      ['feed', hash(read[1]?.[0] ?? '')],
    ])
  })

  test('a repeat that is shown less than the first answer is a line of what was shown', async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    const repeat = { key: 'acceptance-1' }
    expect((await s.step(partner, referralId, 'acceptance', repeat)).body).toHaveProperty('snapshot')
    await s.step(coordinator, referralId, 'recall', { body: { reason: 'no-longer-needed' } })
    expect((await s.step(partner, referralId, 'acceptance', repeat)).body).not.toHaveProperty('snapshot')
    expect((await s.log()).items.map(({ what }) => what).toSorted()).toEqual(['codes', 'data'])
  })

  test('when it cannot be written, nothing leaves', async () => {
    const broken: DisclosureLog = { record: () => Promise.reject(new Error('the log is gone')), read: async () => ({ items: [] }) }
    const s = await service((ports) => ({ ...ports, disclosures: broken }))
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    await expect(s.read(partner, referralId)).rejects.toThrow('the log is gone')
  })

  test('is read by those who answer for the case or for data protection, and by nobody elsewhere', async () => {
    const s = await service()
    for (const role of ['supervisor', 'case-manager', 'referral-coordinator', 'data-protection-officer', 'auditor'] as const)
      expect((await s.log(staff(role))).status).toBe(200)
    expect((await s.log(staff('supervisor', { office: 'labe' }))).status).toBe(404)
    expect((await s.log(staff('data-protection-officer', { office: 'labe' }))).status).toBe(200)
    expect((await s.log(staff('medical-officer'))).status).toBe(403)
    expect((await s.log(partner)).status).toBe(403)
  })

  test('what staff read of a referral is no disclosure', async () => {
    const s = await service()
    const { referralId } = await s.draft()
    await s.read(coordinator, referralId)
    expect((await s.log()).items).toEqual([])
  })
})

describe('the key of a partner', () => {
  const setting = (s: Service, key: unknown) => s.as(partner)('PUT /v1/partner-encryption-key', {}, { body: { key } })
  const sent = async () => {
    const s = await service()
    await s.consent()
    const { referralId } = await s.draft()
    await s.step(coordinator, referralId, 'sending')
    return { ...s, referralId }
  }

  test.each(['P-256', 'X25519'])('on %s: the data leaves as a JWE that it opens, and in no other way', async (crv) => {
    const s = await sent()
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv, extractable: true })
    const key = await exportJWK(publicKey)
    expect((await setting(s, key)).body).toMatchObject({ key, status: 'active' })
    const accepted = await s.step(partner, s.referralId, 'acceptance')
    const seen = await s.read(partner, s.referralId)
    const fhir = await s.request(partner, 'GET /v1/referrals/{referralId}/fhir', s.referralId)
    for (const { body } of [accepted, seen, fhir]) expect(JSON.stringify(body)).not.toMatch(/Mariama|\+224620000001|Wages/)
    const { encrypted, obligations } = z.looseObject({ encrypted: z.string(), obligations: z.unknown() }).parse(seen.body)
    const { plaintext, protectedHeader } = await compactDecrypt(encrypted, privateKey)
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
      referralId: s.referralId,
      obligations,
      snapshot: examples.snapshot,
    })
    expect(obligations).toMatchObject({ onwardSharing: 'not-allowed', onWithdrawal: 'stop-and-delete', purpose: 'legal-assistance' })
    const { kid } = z.looseObject({ kid: z.string() }).parse((await s.as(partner)('GET /v1/partner-encryption-key')).body)
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', kid })
    const data = (await s.log()).items.filter(({ what }) => what === 'data')
    expect(data).toHaveLength(3)
    for (const line of data) expect(line).toMatchObject({ encryptedTo: kid, fields: expect.arrayContaining(['/snapshot/name/given']) })
    expect(data.map(({ sha256 }) => sha256)).toContain(hash(JSON.stringify(seen.body)))
  })

  test('removed, the data leaves as before', async () => {
    const s = await sent()
    const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
    await setting(s, await exportJWK(publicKey))
    expect((await s.as(partner)('DELETE /v1/partner-encryption-key')).body).toMatchObject({ status: 'removed' })
    expect((await s.step(partner, s.referralId, 'acceptance')).body).toHaveProperty('snapshot')
  })

  test('a private part is refused by its name, a point beside the curve as not usable, and other kinds as such', async () => {
    const s = await sent()
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
    const leaked = await exportJWK(privateKey)
    const refused = await setting(s, leaked)
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('/key/d')])
    expect(JSON.stringify(refused.body)).not.toContain(leaked.d)
    const { x = '', ...rest } = await exportJWK(publicKey)
    expect(codesOf(await setting(s, { ...rest, x: `${x.startsWith('A') ? 'B' : 'A'}${x.slice(1)}` }))).toContain('key-not-usable')
    const rsa = await exportJWK((await generateKeyPair('RSA-OAEP-256', { extractable: true })).publicKey)
    expect((await setting(s, rsa)).status).toBe(400)
  })
})
