import { type Call, cloudEvent, type Principal, type RouteDefinition } from '@wontanara/core'
import { type CloudEvent, type EventDefinition, HourBegan, schemaReference } from '@wontanara/events'
import { callBy, client, hoursLater, now, partnerOf, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, httpPorts, routes } from './app.ts'
import * as examples from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import type { Ports } from './ports.ts'
import { subscriptions } from './subscriptions.ts'

const { caseId, consentId, organisationId, serviceId } = examples
const coordinator = staff('referral-coordinator')
const partner = partnerOf(organisationId)
const otherPartner = partnerOf('org-autre-association')
const byId = '/v1/referrals/{referralId}'

const View = z.looseObject({ referralId: z.string(), status: z.string() })
const codesOf = (body: unknown): readonly string[] =>
  z
    .object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).default([]) })
    .transform(({ code, errors }) => [code, ...errors.map((error) => error.code)])
    .parse(body)

/** Any consumer's function, written as a method: each was checked against its own event. */
interface AnyConsumer {
  run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly { readonly ok: boolean }[]>
}
type Table = Readonly<Record<string, AnyConsumer['run']>>

/** The service on an empty store, with the bus in the test's hands. */
function service() {
  const memory = memoryPorts()
  /** Of each load of a referral, whether it was strongly consistent. */
  const loads: boolean[] = []
  const { store } = memory.referrals
  const ports: Ports = {
    ...memory,
    referrals: {
      ...memory.referrals,
      store: {
        ...store,
        load: (id, options = {}) => {
          loads.push(options.fresh ?? false)
          return store.load(id, options)
        },
      },
    },
  }
  const onEvents: Table = consumers({ ...ports, wake: async () => undefined })
  const { as } = client(api, routes(ports), httpPorts(ports))
  const dispatch = async (table: Table, { events }: { events: readonly EventDefinition[] }, raw: CloudEvent, at: string) => {
    const definition = events.find((known) => known.type === raw.type)
    const run = table[raw.type]
    if (definition === undefined || run === undefined) throw new Error(`not subscribed: ${raw.type}`)
    return run(definition.parse(raw), (action) => callBy(serviceNamed('referral-routing'), action, { key: raw.id, content: raw.id, at }))
  }
  let sequence = 0
  const caseEvent = (type: string, data: object = {}, time = now): CloudEvent =>
    cloudEvent(
      caseId,
      ++sequence,
      0,
      { at: time, by: 'somebody', as: 'case-manager', offices: ['conakry'], action: 'x' },
      { type: `case-intake.${type}.v1`, data: { caseId, ...data } },
    )
  /** The published events of a referral so far. */
  const published = async (referralId: string): Promise<readonly CloudEvent[]> =>
    (await ports.referrals.store.history(referralId)).flatMap(({ version, trail, events }) =>
      events.flatMap((event, i) => (event.type.includes('.') ? [cloudEvent(referralId, version, i, trail, event)] : [])),
    )
  const given = (data: object = {}): CloudEvent =>
    caseEvent('consent-given', {
      consentId,
      purpose: 'referral',
      recipient: organisationId,
      scopes: ['name', 'contact', 'needs'],
      validFrom: now,
      ...data,
    })
  const change = async (principal: Principal, referralId: string, step: string, request: TestRequest = {}) => {
    const stored = await ports.referrals.store.load(referralId)
    return as(principal)(`POST ${byId}/${step}`, { referralId }, { ifMatch: stored?.version ?? 0, ...request })
  }
  return {
    ports,
    as,
    loads,
    caseEvent,
    given,
    withdrawn: (time = hoursLater(1)) =>
      caseEvent('consent-withdrawn', { consentId, purpose: 'referral', recipient: organisationId }, time),
    deliver: (raw: CloudEvent, at = now) => dispatch(onEvents, subscriptions, raw, at),
    published,
    change,
    register: async (changes: object = {}) => {
      const need = { needId: examples.needId, office: examples.draft.office, service: 'legal-assistance', priority: 'urgent' }
      await dispatch(onEvents, subscriptions, caseEvent('need-recorded', need), now)
      const organisation = { organisationId, ...examples.organisation }
      expect((await as(coordinator)('POST /v1/organisations', {}, { body: organisation })).status).toBe(201)
      const body = { serviceId, organisationId, ...examples.service, ...changes }
      expect((await as(coordinator)('POST /v1/services', {}, { body })).status).toBe(201)
    },
    draft: async (changes: object = {}) => {
      const { status, body } = await as(coordinator)('POST /v1/referrals', {}, { body: { ...examples.draft, ...changes } })
      expect(status).toBe(201)
      return View.parse(body).referralId
    },
    read: async (principal: Principal, referralId: string, at = now) => {
      const { status, body } = await as(principal)(`GET ${byId}`, { referralId }, { at })
      return { status, body: z.record(z.string(), z.unknown()).parse(body) }
    },
  }
}

/** The same, with a referral that was sent; its event was not delivered yet. */
async function sent(changes: object = {}) {
  const s = service()
  await s.register()
  await s.deliver(s.given())
  const referralId = await s.draft(changes)
  const { status, body } = await s.change(coordinator, referralId, 'sending')
  expect([status, body]).toMatchObject([200, { status: 'sent' }])
  return { ...s, referralId }
}

test('the examples of the reference are valid', () => {
  for (const { body, query, response, example } of Object.values<RouteDefinition>(api.routes)) {
    expect(body?.strict().safeParse(example.body).error).toBeUndefined()
    expect(query?.strict().safeParse(example.query).error).toBeUndefined()
    expect(response.safeParse(example.response).error).toBeUndefined()
  }
})

test('a referral is drafted, sent, received, accepted, started and completed', async () => {
  const s = await sent()
  const { referralId } = s
  for (const [step, status, body] of [
    ['receipt', 'received'],
    ['acceptance', 'accepted'],
    ['start', 'in-progress'],
    ['hold', 'on-hold'],
    ['start', 'in-progress'],
    ['completion', 'completed', { outcome: 'fully-served', feedback: 'Synthetic feedback.' }],
  ] as const) {
    const response = await s.change(partner, referralId, step, body === undefined ? {} : { body })
    expect([response.status, response.body]).toMatchObject([200, { status }])
  }
  expect((await s.published(referralId)).map(({ type }) => type.replace(/^referral-routing\.referral-|\.v1$/g, ''))).toEqual([
    'sent',
    'received',
    'accepted',
    'started',
    'held',
    'started',
    'completed',
  ])
})

describe('what a partner sees', () => {
  const minimum = ['organisationId', 'dueAt', 'place', 'priority', 'referralId', 'sentAt', 'service', 'serviceId', 'status'].toSorted()
  const shown = (body: object) => Object.keys(body).toSorted()

  test('codes, place and urgency before acceptance; the data after; nothing after a recall', async () => {
    const s = await sent()
    const { referralId } = s
    expect(shown((await s.read(partner, referralId)).body)).toEqual(minimum)
    const accepted = await s.change(partner, referralId, 'acceptance')
    expect(accepted.body).toMatchObject({ status: 'accepted', snapshot: examples.snapshot })
    const { body } = await s.read(partner, referralId)
    expect(shown(body)).toEqual([...minimum, 'disclosedAt', 'obligations', 'snapshot'].toSorted())
    expect(body.snapshot).toEqual(examples.snapshot)
    expect((await s.change(coordinator, referralId, 'recall', { body: { reason: 'no-longer-needed' } })).status).toBe(200)
    expect((await s.read(partner, referralId)).body).toEqual({ referralId, status: 'recalled', obligation: 'stop-and-delete' })
  })

  test('a partner never reads from a replica, which may not have heard of a recall', async () => {
    const s = await sent()
    s.loads.length = 0
    await s.read(partner, s.referralId)
    expect(s.loads).toEqual([true])
  })

  test('no data after the end, also not in the answer that ends it', async () => {
    const s = await sent()
    await s.change(partner, s.referralId, 'acceptance')
    await s.change(partner, s.referralId, 'start')
    const ended = await s.change(partner, s.referralId, 'completion', { body: { outcome: 'fully-served' }, key: 'completion-1' })
    const again = await s.change(partner, s.referralId, 'completion', { body: { outcome: 'fully-served' }, key: 'completion-1' })
    for (const { status, body } of [ended, again, await s.read(partner, s.referralId)]) {
      expect(status).toBe(200)
      expect(body).not.toHaveProperty('snapshot')
    }
  })

  test('a repeat of the acceptance discloses nothing once consent was withdrawn, recalled or not', async () => {
    const s = await sent()
    const repeat = { key: 'acceptance-1' }
    expect((await s.change(partner, s.referralId, 'acceptance', repeat)).body).toHaveProperty('snapshot')
    // The file knows of the withdrawal; the referral was not noted in it, so that nothing took it back yet.
    await s.deliver(s.withdrawn())
    expect((await s.read(coordinator, s.referralId)).body.status).toBe('accepted')
    expect((await s.change(partner, s.referralId, 'acceptance', repeat)).body).not.toHaveProperty('snapshot')
    expect((await s.read(partner, s.referralId)).body).toMatchObject({ obligation: 'stop-and-delete' })
    expect((await s.read(partner, s.referralId)).body).not.toHaveProperty('snapshot')
    await s.change(coordinator, s.referralId, 'recall', { body: { reason: 'consent-withdrawn' } })
    expect((await s.change(partner, s.referralId, 'acceptance', repeat)).body).not.toHaveProperty('snapshot')
  })

  test('an organisation that was made inactive reads no data any more', async () => {
    const s = await sent()
    await s.change(partner, s.referralId, 'acceptance')
    const body = { ...examples.organisation, status: 'inactive' }
    const path = 'PUT /v1/organisations/{organisationId}'
    expect((await s.as(coordinator)(path, { organisationId }, { body, ifMatch: 1 })).status).toBe(200)
    expect((await s.read(partner, s.referralId)).body).not.toHaveProperty('snapshot')
  })

  test('another partner finds nothing, and a draft is nobody’s', async () => {
    const s = await sent()
    expect((await s.read(otherPartner, s.referralId)).status).toBe(404)
    expect((await s.change(otherPartner, s.referralId, 'acceptance')).status).toBe(404)
    expect((await s.as(otherPartner)('GET /v1/referrals')).body).toEqual({ items: [] })
    const draft = await s.draft()
    expect((await s.read(partner, draft)).status).toBe(404)
  })

  test('its list: what is before it, in codes', async () => {
    const s = await sent()
    await s.draft()
    const { referralId } = s
    const row = { ...examples.row, referralId, dueAt: hoursLater(72) }
    expect((await s.as(partner)('GET /v1/referrals')).body).toEqual({ items: [row] })
    const foreign = await s.as(partner)('GET /v1/referrals', {}, { query: { office: 'conakry', status: 'sent' } })
    expect([foreign.status, codesOf(foreign.body)]).toEqual([400, ['invalid-request', 'not-a-partner-filter']])
    await s.change(partner, referralId, 'decline', { body: { reason: 'no-capacity' } })
    expect((await s.as(partner)('GET /v1/referrals')).body).toEqual({ items: [] })
  })
})

describe('staff', () => {
  test('see a referral by id, by office and status, and by case', async () => {
    const s = await sent()
    const { referralId } = s
    for (const event of await s.published(referralId)) await s.deliver(event)
    const row = { ...examples.row, referralId, dueAt: hoursLater(72) }
    expect((await s.read(coordinator, referralId)).body).toMatchObject({ caseId, snapshot: examples.snapshot, consents: [consentId] })
    for (const query of [{ office: 'conakry', status: 'sent' }, { caseId }])
      expect((await s.as(coordinator)('GET /v1/referrals', {}, { query })).body).toEqual({ items: [row] })
    expect((await s.as(coordinator)('GET /v1/referrals', {}, { query: { office: 'conakry', status: 'draft' } })).body).toEqual({
      items: [],
    })
    expect((await s.as(coordinator)('GET /v1/referrals', {}, { query: { office: 'conakry' } })).status).toBe(400)
  })

  test('of another office find nothing', async () => {
    const s = await sent()
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const elsewhere = staff('referral-coordinator', { id: 'coordinator-labe', office: 'labe' })
    expect((await s.read(elsewhere, s.referralId)).status).toBe(404)
    expect((await s.as(elsewhere)('GET /v1/referrals', {}, { query: { office: 'conakry', status: 'sent' } })).status).toBe(404)
    expect((await s.as(elsewhere)('GET /v1/referrals', {}, { query: { caseId } })).body).toEqual({ items: [] })
    expect((await s.change(elsewhere, s.referralId, 'recall', { body: { reason: 'no-longer-needed' } })).status).toBe(404)
    expect((await s.as(elsewhere)('POST /v1/referrals', {}, { body: examples.draft })).status).toBe(404)
  })

  test('without a role for referrals are refused', async () => {
    const s = await sent()
    for (const role of ['medical-officer', 'analyst', 'administrator'] as const)
      expect((await s.read(staff(role), s.referralId)).status).toBe(403)
    expect((await s.change(coordinator, s.referralId, 'acceptance')).status).toBe(403)
    expect((await s.change(partner, s.referralId, 'recall', { body: { reason: 'sent-in-error' } })).status).toBe(403)
    expect((await s.as(partner)('POST /v1/organisations', {}, { body: { organisationId, ...examples.organisation } })).status).toBe(403)
  })
})

describe('of a case that was handed over', () => {
  const labe = staff('referral-coordinator', { id: 'coordinator-labe', office: 'labe' })
  const handedOver = { from: 'conakry', to: 'labe' }
  const listed = async (s: Pick<ReturnType<typeof service>, 'as'>, by: Principal, office: string, status: string) =>
    (await s.as(by)('GET /v1/referrals', {}, { query: { office, status } })).body

  test('a referral goes along: out of reach of who wrote it, and the partner goes on', async () => {
    const s = await sent()
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const transferred = s.caseEvent('case-transferred', handedOver)
    await s.deliver(transferred)
    await s.deliver(transferred)
    expect((await s.read(coordinator, s.referralId)).status).toBe(404)
    expect(await listed(s, coordinator, 'conakry', 'sent')).toEqual({ items: [] })
    expect((await s.read(labe, s.referralId)).body).toMatchObject({ office: 'labe', snapshot: examples.snapshot })
    expect(await listed(s, labe, 'labe', 'sent')).toMatchObject({ items: [{ referralId: s.referralId }] })
    expect((await s.change(partner, s.referralId, 'acceptance')).body).toMatchObject({ snapshot: examples.snapshot })
    const [last] = (await s.published(s.referralId)).slice(-1)
    expect(last?.data).toMatchObject({ office: 'labe' })
  })

  test('also when the handover is heard of first', async () => {
    const s = await sent()
    await s.deliver(s.caseEvent('case-transferred', handedOver))
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    expect((await s.read(coordinator, s.referralId)).status).toBe(404)
    expect((await s.read(labe, s.referralId)).status).toBe(200)
  })

  test('what is drafted goes along, and what the new office drafts may be sent', async () => {
    const s = service()
    await s.register()
    await s.deliver(s.given())
    const [drafted, ofAnother] = [await s.draft(), await s.draft({ caseId: 'case-7tm2r26k4qx9' })]
    await s.deliver(s.caseEvent('case-transferred', handedOver))
    expect((await s.read(coordinator, drafted)).status).toBe(404)
    expect((await s.read(coordinator, ofAnother)).status).toBe(200)
    expect((await s.change(labe, drafted, 'sending')).body).toMatchObject({ status: 'sent', office: 'labe' })
    const { body } = await s.as(labe)('POST /v1/referrals', {}, { body: { ...examples.draft, office: 'labe' } })
    expect((await s.change(labe, View.parse(body).referralId, 'sending')).body).toMatchObject({ status: 'sent' })
  })

  test('the latest handover counts, whichever is heard of last', async () => {
    const s = await sent()
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const [first, second] = [s.caseEvent('case-transferred', handedOver), s.caseEvent('case-transferred', { from: 'labe', to: 'boke' })]
    await s.deliver(second)
    await s.deliver(first)
    expect((await s.read(staff('referral-coordinator', { office: 'boke' }), s.referralId)).status).toBe(200)
    expect((await s.read(labe, s.referralId)).status).toBe(404)
  })
})

test('a coordinator of another office sends nothing for a case that is not held there', async () => {
  const s = service()
  await s.register()
  await s.deliver(s.given())
  const elsewhere = staff('referral-coordinator', { id: 'coordinator-labe', office: 'labe' })
  const { status, body } = await s.as(elsewhere)('POST /v1/referrals', {}, { body: { ...examples.draft, office: 'labe' } })
  expect(status).toBe(201)
  const refused = await s.change(elsewhere, View.parse(body).referralId, 'sending')
  expect([refused.status, codesOf(refused.body)]).toEqual([409, ['guards-failed', 'need-unknown']])
})

describe('drafting', () => {
  test('health is refused with a reason, and so is an empty copy', async () => {
    const s = service()
    await s.register()
    const post = (snapshot: object) => s.as(coordinator)('POST /v1/referrals', {}, { body: { ...examples.draft, snapshot } })
    const health = await post({ ...examples.snapshot, health: { diagnosis: 'Synthetic' } })
    expect([health.status, codesOf(health.body)]).toEqual([400, ['invalid-request', 'health-not-carried']])
    expect(JSON.stringify(health.body)).not.toContain('Synthetic')
    expect(codesOf((await post({})).body)).toEqual(['invalid-request', 'nothing-to-disclose'])
  })

  test('a service that is not in the directory', async () => {
    const response = await service().as(coordinator)('POST /v1/referrals', {}, { body: examples.draft })
    expect([response.status, codesOf(response.body)]).toEqual([422, ['service-unknown', 'service-unknown']])
  })

  test('the same request twice drafts one referral', async () => {
    const s = service()
    await s.register()
    const request = { body: examples.draft, key: 'draft-key-1' }
    const [first, second] = [
      await s.as(coordinator)('POST /v1/referrals', {}, request),
      await s.as(coordinator)('POST /v1/referrals', {}, request),
    ]
    expect(second).toEqual(first)
    const { body } = await s.as(coordinator)('GET /v1/referrals', {}, { query: { office: 'conakry', status: 'draft' } })
    expect(z.object({ items: z.array(z.unknown()) }).parse(body).items).toHaveLength(1)
  })

  test('a declined referral is followed by one to a second partner, who learns nothing of the first', async () => {
    const s = await sent()
    const follow = (changes: object = {}) =>
      s.as(coordinator)(
        'POST /v1/referrals',
        {},
        { body: { ...examples.draft, serviceId: 'svc-second', follows: s.referralId, ...changes } },
      )
    const second = { organisationId: 'org-autre-association', ...examples.organisation }
    await s.as(coordinator)('POST /v1/organisations', {}, { body: second })
    const body = { serviceId: 'svc-second', organisationId: second.organisationId, ...examples.service }
    await s.as(coordinator)('POST /v1/services', {}, { body })
    expect([(await follow()).status, codesOf((await follow()).body)]).toEqual([422, ['follows-not-possible', 'follows-not-possible']])
    await s.change(partner, s.referralId, 'decline', { body: { reason: 'no-capacity' } })
    expect((await follow({ needId: 'need-0000000000zz' })).status).toBe(422)
    expect((await follow({ caseId: 'case-0000000000zz' })).status).toBe(422)
    const drafted = await follow()
    expect([drafted.status, drafted.body]).toMatchObject([201, { follows: s.referralId, organisationId: second.organisationId }])
    const { referralId } = View.parse(drafted.body)
    // The first consent names the first partner only.
    expect(codesOf((await s.change(coordinator, referralId, 'sending')).body)).toEqual(['guards-failed', 'consent-missing'])
    await s.deliver(s.given({ consentId: 'consent-0000000000zz', recipient: second.organisationId }))
    expect((await s.change(coordinator, referralId, 'sending')).status).toBe(200)
    expect((await s.change(otherPartner, referralId, 'acceptance')).body).not.toHaveProperty('follows')
  })
})

test('of two who accept at once one wins, and the other is told why', async () => {
  const s = await sent()
  const answers = await Promise.all(
    ['a', 'b'].map((who) => s.as(partner)(`POST ${byId}/acceptance`, { referralId: s.referralId }, { key: `accept-${who}-1` })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
  expect(codesOf(answers.find(({ status }) => status === 409)?.body)).toEqual(['already-accepted'])
  expect(answers.find(({ status }) => status === 409)?.body).not.toHaveProperty('snapshot')
})

test('a refused sending lists every reason, which could be read before, in the language of the reader', async () => {
  const s = service()
  await s.register({ status: 'temporarily-closed', minimumAge: 30 })
  const referralId = await s.draft()
  const codes = ['consent-missing', 'service-not-open', 'too-young']
  const before = await s.as(coordinator)(`GET ${byId}/sending`, { referralId })
  expect(before.body).toMatchObject({ missing: codes.map((code) => ({ code })) })
  const { status, body } = await s.change(coordinator, referralId, 'sending', { headers: { 'accept-language': 'fr' } })
  expect([status, codesOf(body)]).toEqual([409, ['guards-failed', ...codes]])
  expect(JSON.stringify(body)).toContain('Le service accueille à partir de 30 ans.')
})

describe('events, in any order and twice', () => {
  const orders = <T>(items: readonly T[]): readonly (readonly T[])[] =>
    items.length <= 1 ? [items] : items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))

  test('withdrawal of consent takes the referral back, whenever it comes', async () => {
    for (const order of orders(['withdrawn', 'sent', 'accepted'] as const)) {
      const s = await sent()
      await s.change(partner, s.referralId, 'acceptance')
      const news = await s.published(s.referralId)
      const withdrawn = s.withdrawn()
      for (const name of order) {
        const event = name === 'withdrawn' ? withdrawn : news.find(({ type }) => type.includes(`referral-${name}`))!
        await s.deliver(event, hoursLater(2))
        await s.deliver(event, hoursLater(2))
      }
      expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'recalled', recallReason: 'consent-withdrawn' })
      expect((await s.read(partner, s.referralId)).body).toEqual({
        referralId: s.referralId,
        status: 'recalled',
        obligation: 'stop-and-delete',
      })
      expect((await s.published(s.referralId)).filter(({ type }) => type.includes('recalled'))).toHaveLength(1)
    }
  })

  test('a consent withdrawn before it was heard of allows nothing', async () => {
    const s = service()
    await s.register()
    const referralId = await s.draft()
    const [given, withdrawn] = [s.given(), s.withdrawn()]
    for (const event of [withdrawn, given, given, withdrawn]) await s.deliver(event)
    expect(codesOf((await s.change(coordinator, referralId, 'sending')).body)).toEqual(['guards-failed', 'consent-missing'])
  })

  test('the return withdrawn, or the case closed, takes back what it concerns', async () => {
    for (const [forReturn, type, status, data] of [
      [true, 'return-withdrawn', 'recalled'],
      [false, 'return-withdrawn', 'sent'],
      [false, 'case-closed', 'recalled'],
      [true, 'case-interrupted', 'recalled', { status: 'ineligible' }],
      [true, 'case-interrupted', 'sent', { status: 'suspended' }],
      [true, 'case-resumed', 'sent'],
      [true, 'case-reopened', 'sent'],
    ] as const) {
      const s = await sent({ forReturn })
      for (const event of await s.published(s.referralId)) await s.deliver(event)
      await s.deliver(s.caseEvent(type, { office: 'conakry', ...data }))
      expect((await s.read(coordinator, s.referralId)).body.status).toBe(status)
    }
  })

  test('a return withdrawn at an earlier time of a later version is withdrawn: clocks differ, versions do not', async () => {
    const s = await sent({ forReturn: true })
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const confirmed = s.caseEvent('voluntary-return-confirmed', { office: 'conakry' }, hoursLater(0.001))
    const taken = s.caseEvent('return-withdrawn', { office: 'conakry' }, now)
    for (const event of [confirmed, taken]) await s.deliver(event)
    expect((await s.read(coordinator, s.referralId)).body.status).toBe('recalled')
  })

  test('consent withdrawn after the end: the partner learns on the feed that it must delete', async () => {
    const s = await sent()
    for (const step of ['acceptance', 'start']) await s.change(partner, s.referralId, step)
    await s.change(partner, s.referralId, 'completion', { body: { outcome: 'fully-served' } })
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const withdrawn = s.withdrawn()
    await s.deliver(withdrawn)
    await s.deliver(withdrawn)
    const notice = (await s.published(s.referralId)).at(-1)!
    await s.deliver(notice)
    const { body } = await s.as(partner)('GET /v1/partner-events', {}, { query: { after: '5' } })
    expect(body).toMatchObject({
      items: [{ type: 'referral.withdrawn', data: { referralId: s.referralId, serviceId, status: 'completed' } }],
      next: 6,
    })
    expect(JSON.stringify(body)).not.toContain('case-')
    expect((await s.read(partner, s.referralId)).body).toMatchObject({ status: 'completed', obligation: 'stop-and-delete' })
    expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'completed', consentWithdrawn: true })
  })

  test('consent to something else changes nothing', async () => {
    const s = await sent()
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    await s.deliver(s.caseEvent('consent-withdrawn', { consentId: 'consent-0000000000zz', purpose: 'medical-examination' }))
    expect((await s.read(coordinator, s.referralId)).body.status).toBe('sent')
  })
})

describe('the feed of a partner', () => {
  const Feed = z.object({ items: z.array(z.looseObject({ sequence: z.int(), id: z.string(), type: z.string() })), next: z.int() })
  test('each event once, in one order, from any number on; others see nothing of it', async () => {
    const s = await sent()
    await s.change(partner, s.referralId, 'acceptance')
    const news = await s.published(s.referralId)
    for (const event of [...news, ...news]) await s.deliver(event)
    const read = async (principal: Principal, query: Record<string, string> = {}) =>
      Feed.parse((await s.as(principal)('GET /v1/partner-events', {}, { query })).body)
    const all = await read(partner)
    expect(all.items.map(({ sequence, type }) => [sequence, type])).toEqual([
      [1, 'referral.sent'],
      [2, 'referral.received'],
      [3, 'referral.accepted'],
    ])
    expect(all.items[0]).toEqual({
      sequence: 1,
      id: `${s.referralId}_2_1`,
      type: 'referral.sent',
      timestamp: now,
      data: { referralId: s.referralId, serviceId, status: 'sent', version: 2 },
    })
    expect(await read(partner, { after: '1', limit: '1' })).toEqual({ items: [all.items[1]], next: 2 })
    expect(await read(partner, { after: '3' })).toEqual({ items: [], next: 3 })
    expect(await read(otherPartner)).toEqual({ items: [], next: 0 })
    expect((await s.as(coordinator)('GET /v1/partner-events')).status).toBe(403)
    expect(JSON.stringify(all)).not.toContain('case-')
  })
  test('the events of a referral in the order in which they happened, in whatever order the queue brings them', async () => {
    const s = await sent()
    await s.change(partner, s.referralId, 'acceptance')
    await s.change(partner, s.referralId, 'start')
    const news = await s.published(s.referralId)
    for (const event of news.toReversed()) await s.deliver(event)
    const { items } = Feed.parse((await s.as(partner)('GET /v1/partner-events')).body)
    expect(items.map(({ id }) => id)).toEqual(news.map(({ id }) => id.replaceAll('.', '_')))
    expect(items).toHaveLength(4)
  })
})

test('identity is in no event, key, row or feed', async () => {
  const s = await sent()
  await s.change(partner, s.referralId, 'acceptance')
  for (const event of await s.published(s.referralId)) await s.deliver(event)
  const lists = await Promise.all([
    s.as(coordinator)('GET /v1/referrals', {}, { query: { office: 'conakry', status: 'accepted' } }),
    s.as(partner)('GET /v1/partner-events'),
  ])
  const outside = JSON.stringify([await s.published(s.referralId), lists])
  expect(outside).toContain(s.referralId)
  for (const secret of ['Mariama', 'Exemple', '+224620000001', 'Wages']) expect(outside).not.toContain(secret)
})

describe('a case that was merged into another', () => {
  const into = 'case-7tm2r26k4qx9'
  const office = examples.draft.office

  /** A sent referral of a case that was then merged; versions are those of the case. */
  async function merged() {
    const s = await sent()
    for (const event of await s.published(s.referralId)) await s.deliver(event)
    const merge = () => s.deliver(s.caseEvent('case-merged', { into, office }))
    const unmerge = () => s.deliver(s.caseEvent('case-unmerged', { into, office }))
    return { ...s, merge, unmerge }
  }
  const open = { status: 200, body: { status: 'accepted', snapshot: examples.snapshot } }

  test('goes on with its referrals, its needs and its consents', async () => {
    const s = await merged()
    await s.merge()
    expect(await s.change(partner, s.referralId, 'acceptance')).toMatchObject(open)
    const listed = await s.as(coordinator)('GET /v1/referrals', {}, { query: { caseId: into } })
    expect(JSON.stringify(listed.body)).toContain(s.referralId)
    // In the name of the case that goes on as well.
    const next = await s.draft({ caseId: into })
    expect((await s.change(coordinator, next, 'sending')).status).toBe(200)
  })

  test('a consent withdrawn in the name of either recalls', async () => {
    for (const withdrawnFrom of [caseId, into]) {
      const s = await merged()
      await s.merge()
      await s.deliver(
        s.caseEvent('consent-withdrawn', { caseId: withdrawnFrom, consentId, purpose: 'referral', recipient: organisationId }),
      )
      expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'recalled', recallReason: 'consent-withdrawn' })
    }
  })

  test('what stops the case that goes on stops them', async () => {
    const s = await merged()
    await s.merge()
    await s.deliver(s.caseEvent('case-closed', { caseId: into, office }))
    expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'recalled', recallReason: 'case-closed' })
  })

  test('has them back when the two are parted, and the other has them no more', async () => {
    const s = await merged()
    await s.merge()
    const drafted = await s.draft({ caseId: into })
    await s.unmerge()
    await s.deliver(s.caseEvent('case-closed', { caseId: into, office }))
    expect(await s.change(partner, s.referralId, 'acceptance')).toMatchObject(open)
    const refused = await s.change(coordinator, drafted, 'sending')
    expect(codesOf(refused.body)).toEqual(expect.arrayContaining(['need-unknown', 'consent-missing']))
  })

  test('whichever message comes first, and what is sent meanwhile', async () => {
    const s = await merged()
    const [merge, unmerge] = [s.caseEvent('case-merged', { into, office }), s.caseEvent('case-unmerged', { into, office })]
    await s.deliver(unmerge)
    await s.deliver(merge)
    await s.deliver(s.caseEvent('case-closed', { caseId: into, office }))
    expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'sent' })
    await s.deliver(s.caseEvent('case-merged', { into: 'case-9m2r7tk26qx4', office }))
    const late = await s.draft()
    await s.change(coordinator, late, 'sending')
    for (const event of await s.published(late)) await s.deliver(event)
    await s.deliver(s.caseEvent('case-closed', { caseId: 'case-9m2r7tk26qx4', office }))
    expect((await s.read(coordinator, late)).body).toMatchObject({ status: 'recalled' })
  })
})

describe('a draft that names no service', () => {
  const { serviceId: _, ...rest } = examples.draft
  const unnamed = { ...rest, service: 'legal-assistance' }
  const supervisor = staff('supervisor')
  const rule = { ...examples.rule, priority: examples.draft.priority }
  const drafting = (s: ReturnType<typeof service>, request: TestRequest = {}) =>
    s.as(coordinator)('POST /v1/referrals', {}, { body: unnamed, ...request })
  const ready = async () => {
    const s = service()
    await s.register()
    await s.deliver(s.given())
    return s
  }
  const automatic = async (s: ReturnType<typeof service>, on = true) =>
    expect((await s.as(supervisor)('PUT /v1/routing-rules', {}, { body: { ...rule, automatic: on } })).status).toBe(200)

  test('is for the best service, and waits for the officer', async () => {
    const s = await ready()
    const { status, body } = await drafting(s)
    expect([status, body]).toMatchObject([201, { status: 'draft', serviceId, organisationId, chosenBy: 'ranking' }])
  })

  test('is sent at once where a rule of the office says so, until it is switched off', async () => {
    const s = await ready()
    await automatic(s)
    const { body } = await drafting(s)
    expect(body).toMatchObject({ status: 'sent', chosenBy: 'rule', consents: [consentId] })
    const { referralId } = View.parse(body)
    expect((await s.published(referralId)).map(({ type }) => type)).toEqual(['referral-routing.referral-sent.v1'])
    const other = await ready()
    await automatic(other)
    await automatic(other, false)
    expect((await drafting(other)).body).toMatchObject({ status: 'draft', chosenBy: 'ranking' })
  })

  test('the same request again has the same answer, whatever the directory says meanwhile', async () => {
    const s = await ready()
    await automatic(s)
    const request = { key: 'the-same-key' }
    const { body } = await drafting(s, request)
    const closed = { body: { ...examples.service, status: 'inactive' }, ifMatch: 1 }
    expect((await s.as(coordinator)('PUT /v1/services/{serviceId}', { serviceId }, closed)).status).toBe(200)
    expect(await drafting(s, request)).toMatchObject({ status: 201, body })
    expect(await drafting(s)).toMatchObject({ status: 409, body: { code: 'no-service-fits' } })
  })

  test('a second one for the same need is not sent: no organisation is chosen twice', async () => {
    const s = await ready()
    await automatic(s)
    const { referralId } = View.parse((await drafting(s)).body)
    for (const event of await s.published(referralId)) await s.deliver(event)
    expect(await drafting(s)).toMatchObject({ status: 409, body: { code: 'no-service-fits' } })
  })

  test('of two requests at once, which know nothing of each other, one is sent', async () => {
    const s = await ready()
    await automatic(s)
    const answers = await Promise.all([drafting(s), drafting(s), drafting(s)])
    const statuses = answers.map(({ status, body }) => (status === 201 ? View.parse(body).status : 'none'))
    expect(statuses.filter((status) => status === 'sent')).toHaveLength(1)
  })

  test('a second one for another organisation waits for the officer while the first is under way', async () => {
    const s = await ready()
    await automatic(s)
    const { referralId } = View.parse((await drafting(s)).body)
    for (const event of await s.published(referralId)) await s.deliver(event)
    const second = { organisationId: 'org-autre-association', serviceId: 'svc-autre' }
    const organisation = { ...examples.organisation, organisationId: second.organisationId }
    await s.as(coordinator)('POST /v1/organisations', {}, { body: organisation })
    await s.as(coordinator)('POST /v1/services', {}, { body: { ...examples.service, ...second } })
    await s.deliver(s.given({ consentId: 'consent-9j3n5d2w9q7z', recipient: second.organisationId }))
    expect((await drafting(s)).body).toMatchObject({ ...second, status: 'draft', chosenBy: 'ranking' })
  })

  test('without consent there is no service to choose, with a rule or without', async () => {
    const s = service()
    await s.register()
    expect(await drafting(s)).toMatchObject({ status: 409, body: { code: 'no-service-fits' } })
    await automatic(s)
    await s.deliver(s.given({ scopes: ['name'] }))
    expect(await drafting(s)).toMatchObject({ status: 409, body: { code: 'no-service-fits' } })
  })

  test('what a rule may not send stays a draft', async () => {
    const s = await ready()
    await automatic(s)
    const needId = 'need-9h2m9c4x1v6b'
    const { body } = await drafting(s, { body: { ...unnamed, needId } })
    expect(body).toMatchObject({ status: 'draft', chosenBy: 'rule' })
    const sending = await s.as(coordinator)(`GET ${byId}/sending`, { referralId: View.parse(body).referralId })
    expect(sending.body).toMatchObject({ missing: [{ code: 'need-unknown' }] })
  })

  test('is not for another office than that of the case', async () => {
    const s = await ready()
    const elsewhere = staff('referral-coordinator', { office: 'kankan' })
    const body = { ...unnamed, office: 'kankan' }
    expect((await s.as(elsewhere)('POST /v1/referrals', {}, { body })).status).toBe(409)
    expect((await s.as(elsewhere)('POST /v1/referrals', {}, { body: unnamed })).status).toBe(404)
  })

  test('names a service or a type, not both, not neither', async () => {
    const s = await ready()
    for (const body of [rest, { ...unnamed, serviceId }]) {
      const response = await drafting(s, { body })
      expect([response.status, codesOf(response.body)]).toEqual([400, ['invalid-request', 'service-or-type']])
    }
  })

  test('a rule is for the supervisor of the office', async () => {
    const s = service()
    const set = async (who: Principal) => (await s.as(who)('PUT /v1/routing-rules', {}, { body: rule })).status
    expect(await set(coordinator)).toBe(403)
    expect(await set(staff('supervisor', { office: 'kankan' }))).toBe(404)
    expect(await set(supervisor)).toBe(200)
    const { body } = await s.as(coordinator)('GET /v1/routing-rules', {}, { query: { office: 'conakry' } })
    expect(body).toMatchObject({ items: [{ ...rule, setBy: 'supervisor-1' }] })
  })
})

describe('time that passes', () => {
  const next = { organisationId: 'org-droit-pour-tous', serviceId: 'svc-legal-aid-droit' }
  const hourBegan = (time: string): CloudEvent => ({
    specversion: '1.0',
    id: `${time}.1.0`,
    source: HourBegan.source,
    type: HourBegan.type,
    subject: time,
    time,
    datacontenttype: 'application/json',
    dataschema: schemaReference(HourBegan.type),
    sequence: '1',
    data: {},
  })
  /** The hour begins, and what comes of it for one referral is told, each twice. */
  async function pass(s: Awaited<ReturnType<typeof sent>>, hours: number): Promise<void> {
    const at = hoursLater(hours)
    for (let told = 0; told < 2; told++) {
      await s.deliver(hourBegan(at), at)
      // Nobody here listens to what a chain tells.
      for (const event of await s.published(s.referralId)) if (!event.type.includes('rerouted')) await s.deliver(event, at)
    }
  }
  /** Another partner that gives the same service, and that the person allows to know of it. */
  async function withAnother(s: Awaited<ReturnType<typeof sent>>): Promise<void> {
    const body = { ...examples.organisation, organisationId: next.organisationId }
    expect((await s.as(coordinator)('POST /v1/organisations', {}, { body })).status).toBe(201)
    expect((await s.as(coordinator)('POST /v1/services', {}, { body: { ...examples.service, ...next } })).status).toBe(201)
    await s.deliver(s.given({ consentId: 'consent-000000000002', recipient: next.organisationId }))
  }
  const overdueOf = async (
    s: Awaited<ReturnType<typeof sent>>,
    by: Principal,
    hours: number,
    query: Readonly<Record<string, string>> = {},
  ) => s.as(by)('GET /v1/referrals/overdue', {}, { query: { office: 'conakry', ...query }, at: hoursLater(hours) })

  test('what one partner lets expire, the next receives, once; each hears of its own alone', async () => {
    const s = await sent()
    await withAnother(s)
    await pass(s, 72)
    const { body } = await s.read(coordinator, s.referralId)
    expect(body).toMatchObject({ status: 'expired', nextReferralId: expect.any(String) })
    const nextId = String(body.nextReferralId)
    for (const event of await s.published(nextId)) await s.deliver(event, hoursLater(72))
    expect((await s.read(coordinator, nextId)).body).toMatchObject({
      status: 'sent',
      follows: s.referralId,
      ...next,
      dueAt: hoursLater(144),
    })
    const told = async (organisation: string) =>
      (await s.ports.feed.read(organisation, 0, 50)).map(({ type, data }) => [type, data.referralId])
    expect(await told(organisationId)).toEqual([
      ['referral.sent', s.referralId],
      ['referral.expired', s.referralId],
    ])
    expect(await told(next.organisationId)).toEqual([['referral.sent', nextId]])
    const late = await s.change(partner, s.referralId, 'acceptance')
    expect([late.status, codesOf(late.body)]).toEqual([409, ['expired']])
    expect((await s.read(partner, s.referralId)).body).not.toHaveProperty('nextReferralId')
  })

  test('without consent to another partner nothing is sent on, and the coordinator of the office sees it', async () => {
    const s = await sent()
    await withAnother(s)
    await s.deliver(
      s.caseEvent('consent-withdrawn', { consentId: 'consent-000000000002', purpose: 'referral', recipient: next.organisationId }),
    )
    await pass(s, 72)
    const escalated = { referralId: s.referralId, status: 'expired', escalated: 'no-next-partner' }
    expect((await overdueOf(s, coordinator, 73)).body).toMatchObject({ items: [escalated], more: false })
    for (const by of [staff('referral-coordinator', { id: 'coordinator-labe', office: 'labe' }), staff('supervisor', { office: 'labe' })])
      expect((await overdueOf(s, by, 73)).status).toBe(404)
    for (const by of [partner, staff('medical-officer'), staff('analyst')]) expect((await overdueOf(s, by, 73)).status).toBe(403)
    expect((await s.change(partner, s.referralId, 'settlement')).status).toBe(403)
    expect((await s.change(coordinator, s.referralId, 'settlement')).body).toMatchObject({ settled: true })
    expect((await overdueOf(s, coordinator, 73)).body).toEqual({ items: [], more: false })
  })

  test('a list that is longer than was asked for says so', async () => {
    const s = await sent()
    await s.change(coordinator, await s.draft(), 'sending')
    expect((await overdueOf(s, coordinator, 71)).body).toEqual({ items: [], more: false })
    expect((await overdueOf(s, coordinator, 72, { limit: '1' })).body).toMatchObject({ items: [{ status: 'sent' }], more: true })
    expect((await overdueOf(s, coordinator, 72, { limit: '2' })).body).toMatchObject({ more: false })
  })

  test('the place of a referral is taken once: a second draft that follows it is not sent', async () => {
    const s = await sent()
    await s.change(partner, s.referralId, 'decline', { body: { reason: 'no-capacity' } })
    const [one, two] = [await s.draft({ follows: s.referralId }), await s.draft({ follows: s.referralId })]
    expect((await s.change(coordinator, one, 'sending')).body).toMatchObject({ status: 'sent' })
    const second = await s.change(coordinator, two, 'sending')
    expect([second.status, codesOf(second.body)]).toEqual([422, ['follows-not-possible']])
    expect((await s.read(coordinator, s.referralId)).body).toMatchObject({ status: 'declined', nextReferralId: one })
    expect((await s.read(coordinator, two)).body).toMatchObject({ status: 'draft' })
  })
})
