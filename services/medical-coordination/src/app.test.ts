import { type Call, cloudEvent, memoryStore, type Principal } from '@wontanara/core'
import type { ConsentGiven, ConsentWithdrawn, EventDefinition } from '@wontanara/events'
import { callBy, client, hoursLater, now, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { airTravelRules } from './air-travel.ts'
import { api } from './api.ts'
import { consumers, httpPorts, type Ports, routes } from './app.ts'
import { fitness } from './fitness.ts'
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
const pregnant = {
  ...clinical,
  pregnancy: { status: 'pregnant', age: { weeks: 30, days: 0 }, measuredOn: '2026-03-02', expecting: 'single' },
}

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
  const deliver = async (type: string, version: number, data: object): Promise<readonly { readonly ok: boolean }[]> => {
    const trail = { at: now, by: 'somebody', as: 'case-manager', offices: ['conakry'], action: 'case:counsel' }
    const raw = cloudEvent(caseId, version, 0, trail, { type: `case-intake.${type}.v1`, data: { caseId, ...data } })
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
