import { callOf, memoryRateLimit, type Principal, type Role, type RouteDefinition, roles } from '@wontanara/core'
import { isOneMission, offices } from '@wontanara/events'
import { client, type TestRequest } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { registrations, routes } from './app.ts'
import { announceAppointments } from './appointment.app.ts'
import { now, searcher } from './builders.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const at = (office: string, ...held: readonly Role[]): Principal => ({
  kind: 'staff',
  id: `${held[0]}-${office}`,
  roles: held,
  offices: [office],
})
const sender = at('niger', 'case-manager')
const receiver = at('kankan', 'supervisor')
const protector: Principal = { ...at('niger', 'protection-officer'), id: 'staff-0007' }
const auditor: Principal = { kind: 'staff', id: 'auditor', roles: ['auditor'], offices: [] }

const Made = z.looseObject({ caseId: z.string() })
const Offered = z.looseObject({ transferId: z.string(), status: z.string() })

function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: ports.cases.store.recordAccess,
    limit: memoryRateLimit(),
  })
  const follow = registrations(ports)
  let told = 0
  /** What the table's stream brings about. */
  const followed = (caseId: string) => {
    const key = `change-${++told}`
    return follow(caseId, (action) => callOf({ principal: searcher, action, at: now, key, content: key }))
  }
  const etag = async (by: Principal, path: 'cases/{caseId}' | 'transfers/{transferId}', params: Readonly<Record<string, string>>) =>
    Number(/\d+/.exec((await as(by)(`GET /v1/${path}`, params)).headers.etag ?? '')?.[0])
  const register = async (office = 'niger', person: object = {}) => {
    const body = { ...bodies.registration, office, person: { ...bodies.registration.person, ...person } }
    return Made.parse((await as(at(office, 'intake-officer'))('POST /v1/cases', {}, { body })).body).caseId
  }
  const change = async (by: Principal, caseId: string, action: string, body: object, method = 'POST') => {
    const ifMatch = await etag(by, 'cases/{caseId}', { caseId })
    const response = await as(by)(`${method} /v1/cases/{caseId}/${action}`, { caseId }, { ifMatch, body })
    if (response.status !== 200) throw new Error(JSON.stringify(response.body))
  }
  const offer = (caseId: string, by = sender, to = 'kankan', more: TestRequest = {}) =>
    as(by)('POST /v1/cases/{caseId}/transfers', { caseId }, { body: { to, reason: 'return', note: 'Sa sœur Exemple l’attend.' }, ...more })
  const offered = async (caseId: string) => Offered.parse((await offer(caseId)).body).transferId
  const answer = async (by: Principal, transferId: string, step: string, body?: object) =>
    as(by)(
      `POST /v1/transfers/{transferId}/${step}`,
      { transferId },
      {
        ifMatch: await etag(by, 'transfers/{transferId}', { transferId }),
        ...(body && { body }),
      },
    )
  const read = (by: Principal, caseId: string) => as(by)('GET /v1/cases/{caseId}', { caseId })
  const readTransfer = (by: Principal, transferId: string) => as(by)('GET /v1/transfers/{transferId}', { transferId })
  const search = (by: Principal, office: string) =>
    as(by)('POST /v1/case-searches', {}, { body: { office, name: bodies.registration.person.name.family } })
  const transfers = (by: Principal, office: string, direction: string, status?: string) =>
    as(by)('GET /v1/transfers', {}, { query: { office, direction, ...(status === undefined ? {} : { status }) } })
  return { ports, as, followed, register, change, offer, offered, answer, read, readTransfer, search, transfers }
}

/** A case that much was written into, led by somebody of Niger, and offered to Kankan. */
async function waiting() {
  const it = service()
  const caseId = await it.register()
  await it.followed(caseId)
  await it.change(at('niger', 'supervisor'), caseId, 'assignment', { lead: sender.id, team: [protector.id] }, 'PUT')
  await it.change(protector, caseId, 'screenings', { ...bodies.screening, accompaniment: 'nobody', trafficking: 'yes' })
  await it.change(sender, caseId, 'needs', { ...bodies.need, detail: 'Détail exemple' })
  return { ...it, caseId, transferId: await it.offered(caseId) }
}

describe('a transfer that waits', () => {
  test('shows the other office what it needs to decide, and nothing of who the person is', async () => {
    const { readTransfer, transferId, caseId } = await waiting()
    const { body, status } = await readTransfer(receiver, transferId)
    expect(status).toBe(200)
    expect(body).toEqual({
      transferId,
      caseId,
      reference: expect.stringMatching(/^[0-9A-Z-]+$/),
      from: 'niger',
      fromMission: 'NE',
      to: 'kankan',
      toMission: 'GN',
      reason: 'return',
      status: 'pending',
      requestedAt: expect.any(String),
      requestedBy: sender.id,
      handover: {
        status: 'screened',
        stage: 'screened',
        since: expect.any(String),
        presentIn: 'NE',
        specificNeeds: true,
        needs: [{ service: 'psychosocial', priority: 'urgent', status: 'open' }],
        urgency: 'urgent',
        travel: { confirmed: false, held: false },
        travellingAlong: 0,
      },
    })
    const { name, contacts } = bodies.registration.person
    for (const told of [name.given, name.family, contacts[0].phone, '1998', 'male', 'Exemple', 'trafficking', protector.id])
      expect(JSON.stringify(body)).not.toContain(told)
  })

  test('opens nothing else: the case, its list and the search stay out of reach', async () => {
    const { read, search, as, caseId, change } = await waiting()
    expect((await read(receiver, caseId)).status).toBe(404)
    expect((await search(receiver, 'niger')).status).toBe(404)
    expect((await search(receiver, 'kankan')).body).toEqual({ items: [] })
    expect((await as(receiver)('GET /v1/cases', {}, { query: { office: 'niger' } })).status).toBe(404)
    await change(sender, caseId, 'needs', { service: 'food', priority: 'emergency' })
    expect((await read(sender, caseId)).body).toMatchObject({ transfer: { to: 'kankan' }, needs: [{}, { service: 'food' }] })
  })

  test('is there once: a second offer is refused until the first has its answer', async () => {
    const { offer, caseId, answer, transferId, read } = await waiting()
    expect((await offer(caseId, sender, 'labe')).body).toMatchObject({ status: 409, code: 'transfer-pending' })
    expect((await answer(receiver, transferId, 'decline', { reason: 'no-capacity' })).body).toMatchObject({
      status: 'declined',
      declineReason: 'no-capacity',
    })
    expect((await read(sender, caseId)).body).not.toHaveProperty('transfer')
    expect((await offer(caseId, sender, 'labe')).status).toBe(201)
  })

  test.each([
    ['acceptance', undefined, sender],
    ['decline', { reason: 'no-capacity' }, sender],
    ['recall', { reason: 'person-stays' }, receiver],
  ] as const)('%s is for the other side', async (step, body, by) => {
    const { answer, transferId } = await waiting()
    expect((await answer(by, transferId, step, body)).body).toMatchObject({ status: 403, code: 'other-side-decides' })
  })

  test('is recalled by the sender, and then nobody accepts it', async () => {
    const { as, transferId, answer, read, caseId } = await waiting()
    const recalled = await as(sender)('POST /v1/transfers/{transferId}/recall', { transferId }, { body: { reason: 'person-stays' } })
    expect(recalled.body).toMatchObject({ status: 'recalled', recallReason: 'person-stays' })
    expect((await answer(receiver, transferId, 'acceptance')).body).toMatchObject({ code: 'transfer-ended' })
    expect((await read(sender, caseId)).status).toBe(200)
  })

  test('is listed by both, each from its side', async () => {
    const { transfers, transferId, caseId } = await waiting()
    const row = { transferId, caseId, from: 'niger', to: 'kankan', reason: 'return', status: 'pending', requestedAt: expect.any(String) }
    expect((await transfers(receiver, 'kankan', 'incoming', 'pending')).body).toEqual({ items: [row] })
    expect((await transfers(sender, 'niger', 'outgoing')).body).toEqual({ items: [row] })
    expect((await transfers(receiver, 'kankan', 'outgoing')).body).toEqual({ items: [] })
    expect((await transfers(sender, 'niger', 'incoming')).body).toEqual({ items: [] })
    expect((await transfers(receiver, 'kankan', 'incoming', 'accepted')).body).toEqual({ items: [] })
    expect((await transfers(receiver, 'niger', 'outgoing')).status).toBe(404)
  })

  test('of a case out of reach, or of none, is refused alike, whatever is asked', async () => {
    const { offer, caseId } = await waiting()
    for (const to of ['kankan', 'niger', 'labe'])
      for (const by of [receiver, at('labe', 'supervisor'), at('algeria', 'case-manager')]) {
        const [there, nowhere] = [await offer(caseId, by, to), await offer('case-7tm2r26k4qx9', by, to)]
        expect(there.status).toBe(404)
        expect({ ...(there.body as object), traceId: '' }).toEqual({ ...(nowhere.body as object), traceId: '' })
      }
    expect((await offer(caseId, sender, 'niger')).body).toMatchObject({ code: 'transfer-to-itself' })
  })
})

describe('a transfer that was accepted', () => {
  async function accepted() {
    const it = await waiting()
    const response = await it.answer(receiver, it.transferId, 'acceptance')
    await it.followed(it.caseId)
    return { ...it, response }
  }

  test('moves the case: its office, nobody assigned, found and listed there and no more here', async () => {
    const { response, read, search, as, caseId } = await accepted()
    expect(response.body).toMatchObject({ status: 'accepted', endedBy: receiver.id, note: expect.stringContaining('Sa sœur') })
    const { body } = await read(receiver, caseId)
    expect(body).toMatchObject({ office: 'kankan', team: [], heldSince: expect.any(String), registration: { person: { name: {} } } })
    expect(body).not.toHaveProperty('lead')
    expect(body).not.toHaveProperty('transfer')
    expect(body).not.toHaveProperty('screening')
    expect((await search(receiver, 'kankan')).body).toMatchObject({ items: [{ caseId }] })
    expect((await as(receiver)('GET /v1/cases', {}, { query: { office: 'kankan' } })).body).toMatchObject({ items: [{ caseId }] })
    expect((await search(sender, 'niger')).body).toEqual({ items: [] })
    expect((await as(sender)('GET /v1/cases', {}, { query: { office: 'niger' } })).body).toEqual({ items: [] })
  })

  test('leaves the other office the record of it and its own account, and nothing of the person', async () => {
    const { readTransfer, read, as, caseId, transferId, transfers, change } = await accepted()
    const old = at('niger', 'supervisor', 'case-manager', 'intake-officer')
    for (const by of [old, sender, protector]) {
      expect((await read(by, caseId)).status).toBe(404)
      for (const path of ['timeline', 'consents', 'next-steps', 'household', 'screenings'])
        expect([403, 404]).toContain((await as(by)(`GET /v1/cases/{caseId}/${path}`, { caseId })).status)
    }
    const { body } = await readTransfer(old, transferId)
    expect(Object.keys(body as object).sort()).toEqual(
      ['transferId', 'caseId', 'reference', 'from', 'fromMission', 'to', 'toMission', 'reason', 'status', 'requestedAt', 'requestedBy']
        .concat('endedAt', 'endedBy')
        .sort(),
    )
    expect((await transfers(old, 'niger', 'outgoing', 'accepted')).body).toMatchObject({ items: [{ transferId }] })
    await change(receiver, caseId, 'needs', { service: 'food', priority: 'normal' })
    const account = await as(old)('GET /v1/transfers/{transferId}/history', { transferId })
    const { items } = z.object({ items: z.array(z.looseObject({ action: z.string(), offices: z.array(z.string()) })) }).parse(account.body)
    expect(items.map(({ action }) => action)).toEqual(['case:register', 'case:assign', 'case:screen', 'case:record-need', 'case:transfer'])
    expect(items.every(({ offices: held }) => held.includes('niger'))).toBe(true)
    for (const { given, family } of [bodies.registration.person.name]) {
      expect(JSON.stringify([body, account.body])).not.toContain(given)
      expect(JSON.stringify([body, account.body])).not.toContain(family)
    }
    expect((await as(receiver)('GET /v1/transfers/{transferId}/history', { transferId })).status).toBe(404)
    expect((await as(auditor)('GET /v1/transfers/{transferId}/history', { transferId })).status).toBe(200)
  })

  test('is told to the other services by ids and codes', async () => {
    const { ports, caseId } = await accepted()
    const events = (await ports.cases.store.history(caseId)).flatMap((commit) => commit.events)
    expect(events.filter(({ type }) => type === 'case-intake.case-transferred.v1')).toEqual([
      { type: 'case-intake.case-transferred.v1', data: { caseId, from: 'niger', to: 'kankan' } },
    ])
  })

  test('by two officers at once is accepted by one', async () => {
    const { answer, transferId, ports, caseId } = await waiting()
    const another = at('kankan', 'case-manager')
    const answers = await Promise.all([receiver, another].map((by) => answer(by, transferId, 'acceptance')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, expect.any(Number)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const events = (await ports.cases.store.history(caseId)).flatMap((commit) => commit.events)
    expect(events.filter(({ type }) => type === 'handed-over')).toHaveLength(1)
  })

  test('and accepted again by a repeat of the same request, is answered as the first time', async () => {
    const { as, transferId } = await waiting()
    const request = { ifMatch: 1, key: 'the-very-same-key' }
    const [first, again] = [
      await as(receiver)('POST /v1/transfers/{transferId}/acceptance', { transferId }, request),
      await as(receiver)('POST /v1/transfers/{transferId}/acceptance', { transferId }, request),
    ]
    expect(first.status).toBe(200)
    expect(again).toEqual(first)
  })

  test('is refused when the case was closed meanwhile, and can then be recalled', async () => {
    const { ports, caseId, transferId, answer, as } = await waiting()
    const current = await ports.cases.store.load(caseId)
    if (current === undefined) throw new Error('no case')
    const trail = { at: now, by: 'test', as: 'test', offices: [], action: 'test' }
    const state = { ...current.state, status: 'closed' as const }
    await ports.cases.store.append({ id: caseId, from: current, state, events: [], trail, mark: 'x'.repeat(16) })
    expect((await answer(receiver, transferId, 'acceptance')).body).toMatchObject({ code: 'case-ended' })
    const recalled = await as(sender)('POST /v1/transfers/{transferId}/recall', { transferId }, { body: { reason: 'sent-in-error' } })
    expect(recalled.status).toBe(200)
  })
})

test('whatever is offered, accepted, declined and recalled by whom, one office has the case, and one offer at most waits', async () => {
  const places = ['niger', 'kankan', 'labe'] as const
  const step = fc.record({
    by: fc.constantFrom(...places),
    to: fc.constantFrom(...places),
    ask: fc.constantFrom('offer', 'acceptance', 'decline', 'recall'),
    which: fc.nat(3),
  })
  const bodyOf = { acceptance: undefined, decline: { reason: 'no-capacity' }, recall: { reason: 'no-answer' } } as const
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const it = service()
      const caseId = await it.register()
      const known: { readonly transferId: string; readonly to: string }[] = []
      let holder: string = 'niger'
      for (const { by, to, ask, which } of steps) {
        const officer = at(by, 'supervisor')
        const transfer = known.at(-1 - which) ?? known.at(-1)
        if (ask === 'offer') {
          const { status, body } = await it.offer(caseId, officer, to)
          if (status === 201) known.push({ transferId: Offered.parse(body).transferId, to })
        } else if (transfer !== undefined) {
          const { status } = await it.answer(officer, transfer.transferId, ask, bodyOf[ask])
          if (status === 200 && ask === 'acceptance') holder = transfer.to
        }
        const seen = await Promise.all(places.map(async (place) => (await it.read(at(place, 'supervisor'), caseId)).status))
        expect(seen).toEqual(places.map((place) => (place === holder ? 200 : 404)))
        const states = await Promise.all(known.map(async ({ transferId }) => (await it.ports.transfers.store.load(transferId))?.state))
        const waiting = states.filter((state) => state?.status === 'pending').map((state) => state?.transferId)
        const file = await it.ports.cases.store.load(caseId)
        expect(waiting).toEqual(file?.state.transfer === undefined ? [] : [file.state.transfer.transferId])
      }
    }),
    { numRuns: 60 },
  )
})

describe('what lies beside a case', () => {
  const old = at('niger', 'supervisor', 'case-manager', 'intake-officer')
  const there = at('kankan', 'supervisor', 'case-manager', 'intake-officer')
  const handOver = async (it: ReturnType<typeof service>, caseId: string) => {
    const transferId = await it.offered(caseId)
    expect((await it.answer(receiver, transferId, 'acceptance')).status).toBe(200)
  }

  test('what the person wrote who applied goes along', async () => {
    const it = service()
    const key = '00000000-0000-4000-8000-000000000001'
    expect((await it.as(undefined)('POST /v1/self-applications', {}, { key, body: bodies.application })).status).toBe(201)
    const page = await it.as(old)('GET /v1/self-applications', {}, { query: { office: 'niger' } })
    const [{ applicationId } = { applicationId: '' }] = z
      .object({ items: z.array(z.looseObject({ applicationId: z.string() })) })
      .parse(page.body).items
    const read = async (by: Principal) => (await it.as(by)('GET /v1/self-applications/{applicationId}', { applicationId })).status
    const made = await it.as(old)('POST /v1/self-applications/{applicationId}/acceptance', { applicationId }, { body: {} })
    expect(await read(old)).toBe(200)
    await handOver(it, Made.parse(made.body).caseId)
    expect([await read(old), await read(there)]).toEqual([404, 200])
  })

  test('a case that was merged into it goes along, and is nothing to the office that had it', async () => {
    const it = service()
    const caseId = await it.register()
    await it.followed(caseId)
    // The same person again: noticed, decided, merged.
    const twin = await it.register()
    const decision = { outcome: 'same-person', comparedWith: [caseId] }
    await it.change(old, twin, 'duplicate-check', decision, 'PUT')
    await it.change(old, caseId, 'duplicate-check', { outcome: 'same-person', comparedWith: [twin] }, 'PUT')
    await it.change(old, twin, 'merge', { into: caseId })
    await handOver(it, caseId)
    await it.followed(twin)
    for (const id of [caseId, twin]) {
      expect((await it.read(old, id)).status).toBe(404)
      expect((await it.read(there, id)).body).toMatchObject({ office: 'kankan' })
    }
    const told = (await it.ports.cases.store.history(twin)).flatMap(({ events }) => events)
    expect(told).toContainEqual({ type: 'case-intake.case-transferred.v1', data: { caseId: twin, from: 'niger', to: 'kankan' } })
  })

  test('the place of an appointment is nothing to the office that kept it any more, and nobody is reminded there', async () => {
    const it = service()
    const caseId = await it.register()
    const booked = await it.as(old)(
      'POST /v1/cases/{caseId}/appointments',
      { caseId },
      { body: { ...bodies.appointment, place: 'Ruelle Exemple' } },
    )
    expect(booked.body).toMatchObject({ place: 'Ruelle Exemple' })
    const { appointmentId, at: time } = z.looseObject({ appointmentId: z.string(), at: z.string() }).parse(booked.body)
    const read = async () => JSON.stringify((await it.as(old)('GET /v1/appointments/{appointmentId}', { appointmentId })).body)
    expect(await read()).toContain('Ruelle Exemple')
    await handOver(it, caseId)
    expect(await read()).not.toContain('Ruelle Exemple')
    const call = callOf({ principal: searcher, action: 'appointment:announce', at: time, key: 'day', content: 'day' })
    await announceAppointments(it.ports, `${time.slice(0, 10)}T00:05:00.000Z`, call)
    const told = (await it.ports.appointments.store.history(appointmentId)).flatMap(({ events }) => events)
    expect(told.map(({ type }) => type)).toEqual(['appointment-booked'])
  })
})

describe('missions are tenants', () => {
  /** Oversight of the whole programme; no other role reaches beyond its offices. */
  const programmeWide: readonly Role[] = ['data-protection-officer', 'auditor']
  const outsiders = fc
    .record({
      roles: fc.subarray(
        roles.filter((role) => !programmeWide.includes(role)),
        { minLength: 1 },
      ),
      offices: fc.uniqueArray(fc.constantFrom(...offices.codes.filter((office) => office !== 'niger' && office !== 'kankan'))),
      // Even whoever is named in the case.
      id: fc.constantFrom('somebody', sender.id, protector.id),
    })
    .map((someone): Principal => ({ kind: 'staff', ...someone }))

  test('no role of another office reaches a case, a list, a search, a household, a transfer or what resembles a case', async () => {
    const it = await waiting()
    const twin = await it.register('kankan', { name: { given: 'Camara', family: 'Fodeba Exemple' } })
    const ids = { caseId: it.caseId, transferId: it.transferId }
    type Attempt = readonly [string, Readonly<Record<string, string>>, TestRequest]
    const routesOfCase = Object.values<RouteDefinition>(api.routes).filter(({ route }) =>
      /^\w+ \/v1\/(cases\/\{caseId\}|transfers\/\{transferId\})/.test(route),
    )
    const attempts: readonly Attempt[] = [
      ...routesOfCase.map(({ route, example }): Attempt => {
        const others = [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, `${name.replace('Id', '')}-26k47qx9tm2r`])
        const { body } = z.object({ body: z.unknown() }).parse({ body: undefined, ...example })
        return [route, { ...Object.fromEntries(others), ...ids }, { ifMatch: 1, ...(body === undefined ? {} : { body }) }]
      }),
      ['GET /v1/cases/{caseId}', { caseId: twin }, {}],
      ['GET /v1/cases', {}, { query: { office: 'niger' } }],
      ['POST /v1/case-searches', {}, { body: { office: 'niger', name: 'Exemple' } }],
      ['GET /v1/transfers', {}, { query: { office: 'niger', direction: 'outgoing' } }],
      ['GET /v1/transfers', {}, { query: { office: 'kankan', direction: 'incoming' } }],
    ]
    expect(attempts.length).toBeGreaterThan(35)
    await fc.assert(
      fc.asyncProperty(outsiders, fc.constantFrom(...attempts), async (outsider, [route, params, request]) => {
        const { status, body } = await it.as(outsider)(route, params, request)
        expect([400, 403, 404]).toContain(status)
        expect(JSON.stringify(body)).not.toMatch(/Exemple|niger|kankan/)
      }),
      { numRuns: 800 },
    )
  })

  test('nobody is assigned across missions: the name of a stranger in a team opens nothing', async () => {
    const { change, read, caseId } = await waiting()
    const stranger = at('algeria', 'protection-officer')
    const colleague = { ...at('niger', 'protection-officer'), id: 'staff-0077' }
    await change(at('niger', 'supervisor'), caseId, 'assignment', { lead: stranger.id, team: [colleague.id] }, 'PUT')
    expect((await read(stranger, caseId)).status).toBe(404)
    expect((await read(colleague, caseId)).status).toBe(200)
  })

  test('every office has its mission, and the offices of Guinea are one', () => {
    for (const one of offices.codes) for (const other of offices.codes) expect(isOneMission(one, other)).toBe(isOneMission(other, one))
    expect(offices.codes.filter((office) => isOneMission(office, 'kankan'))).toEqual(offices.codes.slice(0, 8))
    expect(isOneMission('nowhere', 'nowhere')).toBe(false)
  })
})
