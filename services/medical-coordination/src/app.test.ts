import { type Call, cloudEvent, fold, memoryStore, type Principal, type RouteDefinition, split } from '@wontanara/core'
import { type ConsentGiven, type ConsentWithdrawn, DayBegan, type EventDefinition, offices, schemaReference } from '@wontanara/events'
import { callBy, client, hoursLater, now, partnerOf, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { airTravelRules } from './air-travel.ts'
import { api } from './api.ts'
import { consumers, httpPorts, type Ports, routes } from './app.ts'
import { fitness } from './fitness.ts'
import type { FitnessEvent } from './state.ts'
import { subscriptions } from './subscriptions.ts'

const caseId = 'case-26k47qx9tm2r'
const fitnessId = 'fit-26k47qx9tm2r'
const path = '/v1/fitness-assessments/{fitnessId}'
const doctor = staff('medical-officer', { id: 'doctor-1' })
const otherDoctor = staff('medical-officer', { id: 'doctor-2' })
const returnOfficer = staff('return-officer')
const protectionOfficer = staff('protection-officer')

const appointment = { appointmentAt: hoursLater(1), place: 'Health centre, Matam', officer: doctor.id }
const clinical = {
  findings: 'Synthetic finding.',
  diagnoses: [{ name: 'Synthetic diagnosis' }],
  medications: [],
  pregnancy: { status: 'not-pregnant' },
}
const pregnancy = { status: 'pregnant', age: { weeks: 30, days: 0 }, measuredOn: '2026-03-02', expecting: 'single' }
const pregnantWithLetter = { ...clinical, pregnancy: { ...pregnancy, letter: { issuedOn: '2026-03-02', dueDate: '2026-05-11' } } }

const View = z.looseObject({
  status: z.string().optional(),
  missing: z.array(z.looseObject({ step: z.string(), code: z.string() })).optional(),
})
const codesOf = (body: unknown): readonly string[] =>
  z
    .object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).default([]) })
    .transform(({ code, errors }) => [code, ...errors.map((error) => error.code)])
    .parse(body)
const versionOf = (headers: Readonly<Record<string, string>>): number => Number(headers.etag?.replaceAll('"', ''))

/** The service on an empty store, and what a test does with it. */
function service(rules = airTravelRules) {
  const ports: Ports = { assessments: { aggregate: fitness, store: memoryStore(fitness) }, rules }
  const { as } = client(api, routes(ports), httpPorts(ports))
  const table: Readonly<
    Record<string, { run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly { readonly ok: boolean }[]> }['run']>
  > = consumers(ports)
  /** An event of the case at one of its versions, as the bus delivers it. */
  const deliver = async (type: string, version: number, data: object, index = 0): Promise<readonly { readonly ok: boolean }[]> => {
    const trail = { at: now, by: 'somebody', as: 'case-manager', offices: ['conakry'], action: 'case:counsel' }
    const raw = cloudEvent(caseId, version, index, trail, { type: `case-intake.${type}.v1`, data: { caseId, ...data } })
    const definition: EventDefinition | undefined = subscriptions.events.find((known) => known.type === raw.type)
    const run = table[raw.type]
    if (definition === undefined || run === undefined) throw new Error(`not subscribed: ${type}`)
    return run(definition.parse(raw), (action) => callBy(serviceNamed('medical-coordination'), action, { key: raw.id, content: raw.id }))
  }
  const office = 'conakry'
  return {
    ports,
    as,
    deliver,
    registered: () => deliver('case-registered', 1, { office }),
    confirmed: (version = 5, data: object = {}) => deliver('voluntary-return-confirmed', version, { office, ...data }),
    consent: (version = 3, data: Partial<z.output<typeof ConsentGiven.data>> = {}) =>
      deliver('consent-given', version, {
        consentId: 'consent-26k47qx9tm2r',
        purpose: 'medical-examination',
        scopes: [],
        validFrom: now,
        ...data,
      }),
    consentWithdrawn: (version = 4, data: Partial<z.output<typeof ConsentWithdrawn.data>> = {}) =>
      deliver('consent-withdrawn', version, { consentId: 'consent-26k47qx9tm2r', purpose: 'medical-examination', ...data }),
    read: async (principal: Principal = returnOfficer) => {
      const { status, body, headers } = await as(principal)(`GET ${path}`, { fitnessId })
      return { status, body: View.parse(body), version: versionOf(headers) }
    },
    /** A change made by somebody who has just read the record. */
    change: async (principal: Principal, method: 'PUT' | 'POST', step: string, request: TestRequest = {}) => {
      const stored = await ports.assessments.store.load(fitnessId)
      return as(principal)(`${method} ${path}/${step}`, { fitnessId }, { ifMatch: stored?.version ?? 0, ...request })
    },
    published: async () =>
      (await ports.assessments.store.history(fitnessId)).flatMap(({ events }) =>
        events.flatMap(({ type }) => (type.includes('.') ? [type.replace(/^medical-coordination\.|\.v1$/g, '')] : [])),
      ),
  }
}

/** The same, as far as an examined person who is to travel on 20 March. */
async function examined(examination: object = clinical, rules = airTravelRules) {
  const s = service(rules)
  await s.registered()
  await s.consent()
  await s.confirmed(5, { intendedTravelDate: '2026-03-20' })
  await s.change(doctor, 'PUT', 'appointment', { body: appointment })
  const recorded = await s.change(doctor, 'POST', 'examinations', { body: examination })
  expect(recorded.status).toBe(200)
  return s
}

test('the assessment of a case that was handed over is out of reach of the office that had it, and in reach of the new one', async () => {
  const s = await examined()
  const labe = staff('medical-officer', { id: 'doctor-labe', office: 'labe' })
  const statusFor = async (by: Principal) => (await s.as(by)(`GET ${path}`, { fitnessId })).status
  expect(await statusFor(labe)).toBe(404)
  await s.deliver('case-transferred', 9, { from: 'conakry', to: 'labe' })
  for (const by of [doctor, returnOfficer, staff('supervisor')]) expect(await statusFor(by)).toBe(404)
  expect((await s.read(labe)).body).toMatchObject({ office: 'labe', status: 'examined' })
  expect(await s.published()).toEqual(['fitness-requested'])
})

test('a person is examined, decided fit and cleared before boarding', async () => {
  const s = await examined()
  const decided = await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })
  expect(decided.status).toBe(200)
  const departureAt = '2026-03-20T11:30:00Z'
  expect((await s.change(returnOfficer, 'PUT', 'travel-date', { body: { date: '2026-03-20', departureAt } })).status).toBe(200)
  const check = { body: { outcome: 'confirmed' }, at: hoursLater(-48, departureAt) }
  const cleared = await s.change(doctor, 'POST', 'pre-embarkation-check', check)
  expect(cleared.body).toMatchObject({ status: 'cleared', clearance: { departureAt }, missing: [] })
  expect(await s.published()).toEqual(['fitness-requested', 'fitness-decided', 'fitness-cleared'])
})

test('the examples of the reference are valid', () => {
  for (const { body, query, response, example } of Object.values<RouteDefinition>(api.routes)) {
    expect(body?.strict().safeParse(example.body).error).toBeUndefined()
    expect(query?.strict().safeParse(example.query).error).toBeUndefined()
    expect(response.safeParse(example.response).error).toBeUndefined()
  }
})

describe('need-to-know', () => {
  const clinicalFields = ['findings', 'diagnoses', 'medications', 'pregnancy']
  const decided = async () => {
    const s = await examined(pregnantWithLetter)
    const body = { decision: 'fit-with-conditions', conditions: ['aisle-seat'], validUntil: '2026-03-31' }
    expect((await s.change(doctor, 'POST', 'decision', { body })).status).toBe(200)
    return s
  }
  const Shown = z.looseObject({
    examination: z.record(z.string(), z.unknown()),
    decision: z.looseObject({ conditions: z.array(z.string()) }),
  })

  test('the assigned medical officer reads the clinical content, and the reading is on record before', async () => {
    const s = await decided()
    const { body } = await s.as(doctor)(`GET ${path}`, { fitnessId })
    expect(Object.keys(Shown.parse(body).examination)).toEqual(expect.arrayContaining(clinicalFields))
    expect(body).toHaveProperty('travelRules')
    expect(await s.ports.assessments.store.accesses(fitnessId)).toMatchObject([
      { decision: 'allowed', classes: ['C3-medical'], trail: { by: 'doctor-1', action: 'fitness:read' } },
    ])
  })

  test('why a decision was taken back is for the medical officer, until there is another', async () => {
    const s = await decided()
    const revocation = { reason: 'new-condition', findings: 'Synthetic note.' }
    expect((await s.change(doctor, 'POST', 'revocation', { body: revocation })).body).toMatchObject({ status: 'requested', revocation })
    expect((await s.read(returnOfficer)).body).not.toHaveProperty('revocation')
    await s.change(doctor, 'PUT', 'appointment', { body: appointment })
    await s.change(doctor, 'POST', 'examinations', { body: clinical })
    expect((await s.read(doctor)).body).toMatchObject({ revocation })
    await s.change(doctor, 'POST', 'decision', { body: { decision: 'unfit' } })
    expect((await s.read(doctor)).body).not.toHaveProperty('revocation')
  })

  test.each([['return-officer'], ['case-manager'], ['supervisor'], ['medical-officer']] as const)(
    'another %s of the office reads decision, validity and conditions, and nothing clinical',
    async (role) => {
      const s = await decided()
      const { status, body } = await s.as(staff(role))(`GET ${path}`, { fitnessId })
      expect(status).toBe(200)
      expect(Object.keys(Shown.parse(body).examination).sort()).toEqual(['by', 'examinedAt'])
      expect(body).toMatchObject({ decision: { decision: 'fit-with-conditions', conditions: ['aisle-seat'], validUntil: '2026-03-31' } })
      expect(body).not.toHaveProperty('travelRules')
      expect(JSON.stringify(body)).not.toMatch(/pregnan|Synthetic|grossesse/i)
      expect(await s.ports.assessments.store.accesses(fitnessId)).toEqual([])
    },
  )

  test.each([['protection-officer'], ['child-protection-officer']] as const)(
    'a %s learns the flag, yes or no, and nothing else',
    async (role) => {
      const s = await decided()
      expect((await s.as(staff(role))(`GET ${path}`, { fitnessId })).status).toBe(403)
      const flag = await s.as(staff(role))(`GET ${path}/medical-flag`, { fitnessId })
      expect(flag).toMatchObject({ status: 200, body: { fitnessId, medicalFlag: true } })
      const healthy = await examined({ ...clinical, diagnoses: [] })
      await healthy.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })
      expect((await healthy.as(staff(role))(`GET ${path}/medical-flag`, { fitnessId })).body).toEqual({ fitnessId, medicalFlag: false })
    },
  )

  test.each<[Principal, number]>([
    [staff('medical-officer', { office: 'labe' }), 404],
    [staff('case-manager', { office: 'labe' }), 404],
    [staff('intake-officer'), 403],
    [staff('grants-officer'), 403],
    [staff('grants-approver'), 403],
    [staff('campaign-editor'), 403],
    [staff('analyst'), 403],
    [staff('data-protection-officer'), 403],
    [staff('auditor'), 403],
    [staff('administrator'), 403],
    [partnerOf('org-example'), 403],
  ])('%j is turned away, and the attempt is on record', async (principal, status) => {
    const s = await decided()
    expect((await s.as(principal)(`GET ${path}`, { fitnessId })).status).toBe(status)
    expect(await s.ports.assessments.store.accesses(fitnessId)).toMatchObject([{ decision: 'denied', trail: { by: principal.id } }])
  })

  test('only the assigned medical officer examines, decides, checks and revokes', async () => {
    const s = await examined()
    const bodies = {
      examinations: clinical,
      decision: { decision: 'unfit' },
      'pre-embarkation-check': { outcome: 'confirmed' },
      revocation: { reason: 'new-condition' },
    }
    for (const [step, body] of Object.entries(bodies)) {
      expect((await s.change(otherDoctor, 'POST', step, { body })).status).toBe(404)
      expect((await s.change(returnOfficer, 'POST', step, { body })).status).toBe(403)
    }
    await s.change(otherDoctor, 'PUT', 'appointment', { body: { ...appointment, officer: otherDoctor.id } })
    expect((await s.change(doctor, 'POST', 'decision', { body: bodies.decision })).status).toBe(404)
    expect((await s.change(otherDoctor, 'POST', 'decision', { body: bodies.decision })).status).toBe(200)
  })

  test('nothing clinical lies in the open: not in events, not in list rows, not in the unsealed part of the record', async () => {
    const s = await decided()
    await s.change(doctor, 'POST', 'revocation', { body: { reason: 'new-condition', findings: 'Synthetic note.' } })
    const stored = await s.ports.assessments.store.load(fitnessId)
    if (stored === undefined) throw new Error('not stored')
    const history = await s.ports.assessments.store.history(fitnessId)
    const open = history.flatMap(({ events }) =>
      events.map(({ type, data }) => {
        const definition = fitness.events.find((event) => event.type === type)
        return definition === undefined ? data : split(definition.data, data).open
      }),
    )
    const texts = JSON.stringify([open, split(fitness.state, stored.state).open, fitness.index?.(stored.state)])
    expect(texts).not.toMatch(/synthetic|pregnan|weeks|letter"/i)
    expect(JSON.stringify(history)).toMatch(/Synthetic finding/)
  })
})

describe('events of the case', () => {
  test('delivered twice, the confirmation of a return opens one assessment', async () => {
    const s = service()
    await s.registered()
    expect(await s.confirmed()).toMatchObject([{ ok: true }])
    const { version } = await s.read()
    expect(await s.confirmed()).toMatchObject([{ ok: true }])
    expect((await s.read()).version).toBe(version)
    expect(await s.published()).toEqual(['fitness-requested'])
  })

  test('a confirmation that arrives before the registration opens it too', async () => {
    const s = service()
    await s.confirmed()
    await s.registered()
    expect((await s.read()).body.status).toBe('requested')
  })

  test('a case of which nothing was heard cannot be assessed', async () => {
    const s = service()
    const ask = () => s.as(returnOfficer)('POST /v1/fitness-assessments', {}, { body: { caseId, reason: 'health-need' } })
    expect((await ask()).status).toBe(404)
    await s.consent()
    expect((await ask()).status).toBe(404)
    await s.registered()
    expect((await ask()).status).toBe(201)
  })

  test.each([
    ['return-withdrawn', {}],
    ['case-closed', {}],
    ['case-interrupted', { status: 'deceased' }],
    ['case-interrupted', { status: 'ineligible' }],
  ])('%s %j stops what is under way', async (type, data) => {
    const s = await examined()
    await s.deliver(type, 6, { office: 'conakry', ...data })
    expect((await s.read()).body.status).toBe('cancelled')
    expect(await s.published()).toEqual(['fitness-requested', 'fitness-cancelled'])
    const refusedStep = await s.as(doctor)(`POST ${path}/decision`, { fitnessId }, { ifMatch: 99, body: { decision: 'unfit' } })
    // Nobody is assigned any more.
    expect(refusedStep.status).toBe(404)
  })

  test.each(['suspended', 'lost-contact'])('a case %s holds back boarding until it is resumed', async (status) => {
    const s = await examined()
    const waiting = async () => (await s.read()).body.missing?.some(({ code }) => code === 'case-suspended')
    await s.deliver('case-interrupted', 6, { office: 'conakry', status })
    expect([(await s.read()).body.status, await waiting()]).toEqual(['examined', true])
    await s.deliver('case-resumed', 7, { office: 'conakry' })
    expect(await waiting()).toBe(false)
  })

  test('a reopened case may be assessed when somebody asks', async () => {
    const s = await examined()
    await s.deliver('case-closed', 6, { office: 'conakry' })
    await s.deliver('case-reopened', 7, { office: 'conakry' })
    const asked = await s.as(returnOfficer)('POST /v1/fitness-assessments', {}, { body: { caseId, reason: 're-examination' } })
    expect(asked).toMatchObject({ status: 201, body: { status: 'requested' } })
  })

  test('nobody boards while the return is held, whichever of two messages of one change comes first', async () => {
    for (const order of [
      ['case-resumed', 'return-held'],
      ['return-held', 'case-resumed'],
    ]) {
      const s = await examined()
      for (const [index, type] of order.entries()) await s.deliver(type, 9, { office: 'conakry' }, index)
      const reasons = (await s.read()).body.missing?.filter(({ step }) => step === 'clear').map(({ code }) => code)
      expect(reasons).toContain('case-suspended')
      await s.deliver('return-released', 10, { office: 'conakry' })
      expect(JSON.stringify((await s.read()).body.missing)).not.toContain('case-suspended')
    }
  })

  test('consents for other purposes are none to be examined', async () => {
    const s = service()
    await s.registered()
    expect(await s.consent(3, { purpose: 'referral' })).toEqual([])
    expect((await s.read()).body.consent).toBe(false)
    // Another ground for the use of data is no consent to be examined: the doctor answers for that, with a reason.
    await s.consent(3, { basis: 'legal-obligation' })
    await s.consent(3, { basis: 'vital-interest' })
    expect((await s.read()).body.consent).toBe(false)
    await s.consent(4)
    expect((await s.read()).body.consent).toBe(true)
    await s.consentWithdrawn(5, { purpose: 'referral' })
    expect((await s.read()).body.consent).toBe(true)
    await s.consentWithdrawn(6)
    expect((await s.read()).body.consent).toBe(false)
  })
})

describe('a day that begins', () => {
  const lastDay = '2026-03-31'
  const day = '2026-04-01'
  type Store = Ports['assessments']['store']
  type Office = (typeof offices.codes)[number]
  type Decided = { readonly office: Office; readonly decision: 'fit' | 'unfit' | 'temporarily-unfit'; readonly validUntil?: string }

  const idOf = (n: number): string => `fit-${String(n).padStart(12, '0')}`
  /** What led to a decision, without its clinical part. */
  const historyOf = (n: number, { office, ...decision }: Decided): readonly FitnessEvent[] => [
    { type: 'case-followed', data: { caseId: idOf(n).replace('fit', 'case'), office, standing: 'return-confirmed', caseVersion: 1 } },
    { type: 'assessment-opened', data: { requestedAt: now, caseVersion: 1 } },
    { type: 'decision-recorded', data: { ...decision, conditions: [], decidedAt: now, by: doctor.id } },
  ]
  const fitUntil = (validUntil: string, office: Office = 'conakry'): Decided => ({ office, decision: 'fit', validUntil })

  /** A store of decided assessments, and the day's event on it, through `around` when a store in between is wanted. */
  async function decided(list: readonly Decided[], around: (store: Store) => Store = (store) => store) {
    const store = memoryStore(fitness)
    const trail = { at: now, by: doctor.id, as: 'medical-officer', offices: ['conakry'], action: 'fitness:decide' }
    for (const [n, each] of list.entries()) {
      const events = historyOf(n, each)
      const state = fold(fitness, undefined, events)
      if (state === undefined) throw new Error('no state')
      await store.append({ id: idOf(n), from: undefined, state, events, trail, mark: `mark-${n}` })
    }
    const table = consumers({ assessments: { aggregate: fitness, store: around(store) } })
    const begin = async (which = day) => {
      const time = `${which}T00:05:00Z`
      const event = DayBegan.parse({
        specversion: '1.0',
        id: `${time}.1.0`,
        source: DayBegan.source,
        type: DayBegan.type,
        subject: time,
        time,
        datacontenttype: 'application/json',
        dataschema: schemaReference(DayBegan.type),
        sequence: '1',
        data: {},
      })
      return table['platform.day-began.v1'](event, (action) =>
        callBy(serviceNamed('medical-coordination'), action, { key: event.id, content: event.id }),
      )
    }
    /** Status of each, and how often its decision was taken back. */
    const outcomes = async () =>
      Promise.all(
        list.map(async (_, n) => {
          const history = await store.history(idOf(n))
          const revoked = history.flatMap(({ events }) => events).filter(({ type }) => type === 'medical-coordination.fitness-revoked.v1')
          return [(await store.load(idOf(n)))?.state.status, revoked.length] as const
        }),
      )
    return { store, begin, outcomes }
  }
  const standing = ['decided', 0] as const
  const lapsed = ['requested', 1] as const

  test('lapses every decision whose validity has passed, in every office, and reads no other assessment', async () => {
    const due = [
      ...Array.from({ length: 60 }, (_, n) => fitUntil(n % 2 === 0 ? lastDay : '2026-03-05')),
      ...offices.codes.map((office) => fitUntil(lastDay, office)),
    ]
    const others: readonly Decided[] = [
      ...Array.from({ length: 60 }, (_, n) => fitUntil(n % 2 === 0 ? day : '2026-06-30')),
      { office: 'conakry', decision: 'unfit' },
    ]
    const asked: number[] = []
    const loaded: string[] = []
    const s = await decided([...others, ...due], (store) => ({
      ...store,
      load: (id) => {
        loaded.push(id)
        return store.load(id)
      },
      list: async (query) => {
        const page = await store.list(query)
        asked.push(page.rows.length)
        return page
      },
    }))
    const results = await s.begin()
    expect(results.filter(({ ok }) => ok)).toHaveLength(due.length)
    expect(await s.outcomes()).toEqual([...others.map(() => standing), ...due.map(() => lapsed)])
    expect(loaded.sort()).toEqual(due.map((_, n) => idOf(others.length + n)).sort())
    // A page begun is read to its end, and that is all that is read too much.
    expect(asked.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(due.length + 25)
    expect(asked).toHaveLength(offices.codes.length + 2)
  })

  test('asks again about who was unfit until the day before', async () => {
    const s = await decided([
      { office: 'conakry', decision: 'temporarily-unfit', validUntil: lastDay },
      { office: 'conakry', decision: 'temporarily-unfit', validUntil: day },
    ])
    await s.begin()
    expect(await s.outcomes()).toEqual([['requested', 0], standing])
  })

  test('is on record as the work of the service, with its reason', async () => {
    const s = await decided([fitUntil(lastDay)])
    await s.begin()
    expect((await s.store.history(idOf(0))).at(-1)?.trail).toMatchObject({
      by: 'medical-coordination',
      as: 'service',
      offices: [],
      action: 'fitness:lapse',
      reason: 'validity-passed',
    })
  })

  test('announced again, or with the days before and after at the same time, changes nothing more', async () => {
    const s = await decided([fitUntil(lastDay), fitUntil('2026-03-30'), fitUntil(day)])
    await Promise.all([s.begin(), s.begin(), s.begin(lastDay)])
    await s.begin()
    expect(await s.outcomes()).toEqual([lapsed, lapsed, standing])
    await s.begin('2026-04-02')
    expect(await s.outcomes()).toEqual([lapsed, lapsed, lapsed])
    expect((await s.store.load(idOf(0)))?.version).toBe(2)
  })

  test('that broke off in the middle is finished when its message comes again', async () => {
    let left = 30
    const s = await decided(
      Array.from({ length: 70 }, () => fitUntil(lastDay)),
      (store) => ({
        ...store,
        append: (change) => (left-- > 0 ? store.append(change) : Promise.reject(new Error('the machine is gone'))),
      }),
    )
    await expect(s.begin()).rejects.toThrow('40 of 70 decisions did not lapse: Error')
    left = Number.POSITIVE_INFINITY
    await s.begin()
    expect(await s.outcomes()).toEqual(Array.from({ length: 70 }, () => lapsed))
  })

  test('one record that cannot be read keeps no other decision alive, and the message comes again', async () => {
    const s = await decided(
      Array.from({ length: 70 }, () => fitUntil(lastDay)),
      (store) => ({
        ...store,
        load: (id) => (id === idOf(0) ? Promise.reject(new TypeError('broken')) : store.load(id)),
      }),
    )
    await expect(s.begin()).rejects.toThrow('1 of 70 decisions did not lapse: TypeError')
    expect(await s.outcomes()).toEqual([standing, ...Array.from({ length: 69 }, () => lapsed)])
  })

  test('a decision taken anew while the list is read stands', async () => {
    const s = await decided([fitUntil(lastDay), fitUntil(lastDay)], (store) => ({
      ...store,
      list: async (query) => {
        const page = await store.list(query)
        const from = await store.load(idOf(0))
        if (page.rows.length === 0 || from === undefined) return page
        const events = historyOf(0, fitUntil('2026-05-31')).slice(-1)
        const state = fold(fitness, from.state, events)
        if (state === undefined) throw new Error('no state')
        const trail = { at: now, by: doctor.id, as: 'medical-officer', offices: ['conakry'], action: 'fitness:decide' }
        await store.append({ id: from.id, from, state, events, trail, mark: 'anew' })
        return page
      },
    }))
    await s.begin()
    expect(await s.outcomes()).toEqual([standing, lapsed])
  })
})

describe('requests', () => {
  test('the same request twice asks once, and another while one is under way is refused', async () => {
    const s = service()
    await s.registered()
    const ask = (key: string) => s.as(returnOfficer)('POST /v1/fitness-assessments', {}, { key, body: { caseId, reason: 'health-need' } })
    const first = await ask('key-number-1')
    expect(first).toMatchObject({ status: 201, headers: { location: `/v1/fitness-assessments/${fitnessId}` } })
    expect(await ask('key-number-1')).toEqual(first)
    const other = await ask('key-number-2')
    expect([other.status, codesOf(other.body)]).toEqual([409, ['guards-failed', 'already-open']])
  })

  test('without consent an examination is refused, and taken in the vital interest with its reason on record', async () => {
    const s = service()
    await s.registered()
    await s.confirmed()
    await s.change(doctor, 'PUT', 'appointment', { body: appointment })
    const without = await s.change(doctor, 'POST', 'examinations', { body: clinical })
    expect([without.status, codesOf(without.body)]).toEqual([409, ['guards-failed', 'consent-missing']])
    const short = await s.change(doctor, 'POST', 'examinations', {
      body: { ...clinical, override: { basis: 'vital-interest', justification: 'ill' } },
    })
    expect(short.status).toBe(400)
    const override = { basis: 'vital-interest', justification: 'Unconscious on arrival, nobody to ask.' }
    expect((await s.change(doctor, 'POST', 'examinations', { body: { ...clinical, override } })).status).toBe(200)
    const history = await s.ports.assessments.store.history(fitnessId)
    expect(history.at(-1)?.trail).toMatchObject({ by: 'doctor-1', as: 'medical-officer', reason: 'vital-interest' })
  })

  test('fit is refused against the rules of air travel, each with the week, as was readable before', async () => {
    const s = await examined({ ...clinical, pregnancy: { ...pregnancy, age: { weeks: 34, days: 3 }, expecting: 'multiple' } })
    const refused = await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })
    expect([refused.status, codesOf(refused.body)]).toEqual([
      409,
      ['guards-failed', 'pregnancy-letter-missing', 'pregnancy-multiple-too-late'],
    ])
    const Rules = z.looseObject({
      travelRules: z.array(z.object({ code: z.string(), weight: z.string(), en: z.string(), fr: z.string() })),
    })
    const { travelRules } = Rules.parse((await s.read(doctor)).body)
    expect(refused.body).toMatchObject({ errors: travelRules.map(({ code, en }) => ({ code, detail: en })) })
    for (const { en, fr } of travelRules) {
      expect(en).toContain('2026-03-20 the pregnancy is at 37 weeks + 0 days')
      expect(fr).toContain('2026-03-20, la grossesse sera de 37 semaines + 0 jours')
      expect(en + fr).not.toContain('{')
    }
  })

  test('a carrier with narrower limits is heeded', async () => {
    const rules = { ...airTravelRules, carriers: { XX: { letterFrom: { weeks: 24, days: 0 } } } }
    const s = await examined({ ...clinical, pregnancy: { ...pregnancy, age: { weeks: 22, days: 0 } } }, rules)
    await s.change(returnOfficer, 'PUT', 'travel-date', { body: { date: '2026-03-20', carrier: 'XX' } })
    const refused = await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })
    expect(codesOf(refused.body)).toEqual(['guards-failed', 'pregnancy-letter-missing'])
    await s.change(returnOfficer, 'PUT', 'travel-date', { body: { date: '2026-03-20', carrier: 'YY' } })
    expect((await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })).status).toBe(200)
  })

  test('a travel date that the decision does not cover takes it back, without a word why to who sets it', async () => {
    const s = await examined(pregnantWithLetter)
    await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-06-30' } })
    const moved = await s.change(returnOfficer, 'PUT', 'travel-date', { body: { date: '2026-05-20' } })
    expect(moved).toMatchObject({ status: 200, body: { status: 'requested', travel: { date: '2026-05-20' } } })
    expect(JSON.stringify(moved.body)).not.toMatch(/pregnan|grossesse|weeks/i)
    expect(await s.published()).toEqual(['fitness-requested', 'fitness-decided', 'fitness-revoked', 'fitness-requested'])
  })

  test('every text of what is missing is in both languages and complete', async () => {
    const s = await examined()
    await s.change(doctor, 'POST', 'decision', { body: { decision: 'fit', validUntil: '2026-03-31' } })
    await s.change(returnOfficer, 'PUT', 'travel-date', { body: { date: '2026-03-20', departureAt: '2026-03-20T11:30:00Z' } })
    expect((await s.read()).body.missing).toEqual([
      {
        step: 'clear',
        code: 'too-early-before-departure',
        en: 'The check is made 24 to 72 hours before departure: from 2026-03-17T11:30:00.000Z on.',
        fr: 'Le contrôle se fait 24 à 72 heures avant le départ : à partir du 2026-03-17T11:30:00.000Z.',
      },
    ])
  })
})

describe('lists', () => {
  const list = 'GET /v1/fitness-assessments'
  test('an office lists its assessments by status', async () => {
    const s = await examined()
    const query = { office: 'conakry', status: 'examined' }
    expect((await s.as(returnOfficer)(list, {}, { query })).body).toEqual({
      items: [{ fitnessId, caseId, status: 'examined', travelDate: '2026-03-20' }],
    })
    expect((await s.as(returnOfficer)(list, {}, { query: { ...query, status: 'requested' } })).body).toEqual({ items: [] })
    expect((await s.as(staff('return-officer', { office: 'labe' }))(list, {}, { query })).status).toBe(404)
    expect((await s.as(protectionOfficer)(list, {}, { query })).status).toBe(403)
  })

  test('a medical officer lists the appointments of a day', async () => {
    const s = service()
    await s.registered()
    await s.confirmed()
    await s.change(otherDoctor, 'PUT', 'appointment', { body: appointment })
    const ask = async (principal: Principal, query: Readonly<Record<string, string>>) =>
      (await s.as(principal)('GET /v1/fitness-appointments', {}, { query: { office: 'conakry', officer: doctor.id, ...query } })).body
    const row = { fitnessId, caseId, status: 'scheduled', appointmentAt: appointment.appointmentAt }
    expect(await ask(doctor, { day: '2026-03-02' })).toEqual({ items: [row] })
    expect(await ask(doctor, {})).toEqual({ items: [row] })
    expect(await ask(doctor, { day: '2026-03-03' })).toEqual({ items: [] })
    expect(await ask(otherDoctor, { officer: otherDoctor.id })).toEqual({ items: [] })
  })
})

describe('a case that was merged into another', () => {
  const into = 'case-7tm2r26k4qx9'
  const survivor = 'fit-7tm2r26k4qx9'
  const office = 'conakry'

  async function merged() {
    const s = await examined({ ...clinical, diagnoses: [{ name: 'Synthetic diagnosis' }] })
    await s.deliver('case-registered', 1, { caseId: into, office })
    const readOther = async (by: Principal = returnOfficer) => (await s.as(by)(`GET ${path}`, { fitnessId: survivor })).body
    const flag = async () => (await s.as(protectionOfficer)(`GET ${path}/medical-flag`, { fitnessId: survivor })).body
    return { ...s, readOther, flag, merge: () => s.deliver('case-merged', 9, { into, office }) }
  }

  test('leaves its assessment as it is, and the other goes on with it', async () => {
    const s = await merged()
    expect(await s.flag()).toMatchObject({ medicalFlag: false })
    await s.merge()
    expect((await s.read()).body).toMatchObject({ status: 'examined', mergedInto: survivor })
    expect(await s.readOther()).toMatchObject({ status: 'requested', formerly: [fitnessId] })
    expect(await s.flag()).toMatchObject({ medicalFlag: true })
    const listed = await s.as(doctor)('GET /v1/fitness-assessments', {}, { query: { office, status: 'examined' } })
    expect(JSON.stringify(listed.body)).not.toContain(fitnessId)
    const decided = await s.change(doctor, 'POST', 'decision', { body: { decision: 'temporarily-unfit', validUntil: '2026-04-01' } })
    expect([decided.status, ...codesOf(decided.body)]).toEqual([409, 'guards-failed', 'case-merged'])
  })

  test('has it back when the two are parted, and the other knows of it no more', async () => {
    const s = await merged()
    await s.merge()
    await s.deliver('case-unmerged', 11, { into, office })
    expect((await s.read()).body).not.toHaveProperty('mergedInto')
    expect(await s.readOther()).not.toHaveProperty('formerly')
    expect(await s.flag()).toMatchObject({ medicalFlag: false })
    const decided = await s.change(doctor, 'POST', 'decision', { body: { decision: 'temporarily-unfit', validUntil: '2026-04-01' } })
    expect(decided.status).toBe(200)
  })

  test('whichever message comes first, and however often', async () => {
    const s = await merged()
    await s.deliver('case-unmerged', 11, { into, office })
    await s.merge()
    await s.merge()
    expect((await s.read()).body).not.toHaveProperty('mergedInto')
    expect(await s.readOther()).not.toHaveProperty('formerly')
  })

  test('lies at the office of the other, and at its own again', async () => {
    const s = await merged()
    const kankan = staff('medical-officer', { id: 'doctor-kankan', office: 'kankan' })
    await s.deliver('case-merged', 9, { into, office: 'kankan' })
    const statusFor = async (by: Principal) => (await s.as(by)(`GET ${path}`, { fitnessId })).status
    expect([await statusFor(kankan), await statusFor(returnOfficer)]).toEqual([200, 404])
    await s.deliver('case-unmerged', 11, { into, office })
    expect([await statusFor(kankan), await statusFor(returnOfficer)]).toEqual([404, 200])
  })
})
