import { readFileSync } from 'node:fs'
import {
  applicationOf,
  apply as applyAs,
  book,
  type ExamplePerson,
  eventually,
  findApplication,
  type Programme,
  people,
  takeUp,
} from '@wontanara/examples'
import type { LocalCloud } from '@wontanara/local-cloud'
import { type Send, sendOnce } from '@wontanara/testing'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const path = '/v1/self-applications'
const Reference = z.strictObject({ reference: z.string().regex(/^A-([0-9A-Z]{4}-){3}[0-9A-Z]$/) })
const Application = z.looseObject({ applicationId: z.string(), status: z.string() })
const Appointment = z.looseObject({ appointmentId: z.string(), status: z.string(), at: z.string() })
const Page = z.object({ items: z.array(z.looseObject({})) })
const Published = z.object({ Entries: z.array(z.object({ DetailType: z.string(), Detail: z.string() })) })
const Due = z.object({
  id: z.string(),
  data: z.strictObject({ caseId: z.string(), appointmentId: z.string(), office: z.string(), at: z.string() }),
})

const secret = 'Exemple très confidentiel'
const written = (person: ExamplePerson) => ({ ...applicationOf(person), message: secret })

/** Applies as anybody can: without a token. */
const apply = (apiUrl: string, body: unknown, key: string = crypto.randomUUID()) =>
  sendOnce(`${apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, 'accept-language': 'fr' },
    body: JSON.stringify(body),
  })

const readBack = async ({ staff }: Programme, reference: string) =>
  Application.parse((await staff('intake-officer').get(`/v1/self-application-references/${reference}`)).body)

/** What functions send to AWS: each call in clear, as it is written. */
function overheard(cloud: LocalCloud) {
  const calls: { readonly action: string; readonly input: unknown }[] = []
  cloud.observe((observation) => {
    if (observation.kind === 'call') calls.push({ action: observation.action, input: observation.input() })
  })
  return {
    text: () => JSON.stringify(calls.map(({ input }) => input)),
    /** Appointments that were told to be due, each event once: the bus may be given the same one twice. */
    due: () => {
      const details = calls
        .filter(({ action }) => action === 'PutEvents')
        .flatMap(({ input }) => Published.parse(input).Entries)
        .filter(({ DetailType }) => DetailType === 'case-intake.appointment-due.v1')
        .map(({ Detail }) => Due.parse(JSON.parse(Detail)))
      return [...new Map(details.map((event) => [event.id, event.data])).values()]
    },
  }
}

test('who has no login applies, an officer takes it up, and the appointment is told the day before, once', async () => {
  const stage = await openLocalStage()
  try {
    const { cloud, apiUrl } = stage
    cloud.faults.delivery({ copies: 2 })
    const heard = overheard(cloud)
    const programme = await stage.programme()
    const key = crypto.randomUUID()
    const first = await apply(apiUrl, written(people.mechanic), key)
    expect(first.status).toBe(201)
    const { reference } = Reference.parse(first.body)
    expect((await apply(apiUrl, written(people.mechanic), key)).body).toEqual(first.body)
    expect((await sendOnce(`${apiUrl}/v1/self-application-references/${reference}`, { method: 'GET' })).status).toBe(401)

    const { applicationId } = await readBack(programme, reference)
    const manager = programme.staff('case-manager')
    const accepted = await manager.post(`${path}/${applicationId}/acceptance`, { body: {} })
    expect(accepted).toMatchObject({ status: 201, body: { registration: { channel: 'self-application', presentIn: 'CI' } } })
    const { caseId } = z.looseObject({ caseId: z.string() }).parse(accepted.body)
    // An earlier registration is looked for as after every registration.
    await eventually('the search', async () => {
      const { body } = await manager.get(`/v1/cases/${caseId}/next-steps`)
      return JSON.stringify(body).includes('duplicates-pending') ? undefined : true
    })
    expect(await readBack(programme, reference)).toMatchObject({ status: 'accepted', outcome: { caseId } })

    const at = (days: number, hour: string) => `${new Date(cloud.now() + days * 86_400_000).toISOString().slice(0, 10)}T${hour}:00.000Z`
    const terms = { mode: 'in-person', place: 'Bureau Exemple', counsellor: programme.idOf('case-manager'), language: 'fuf' }
    const book = async (when: string) => {
      const booked = await manager.post(`/v1/cases/${caseId}/appointments`, { body: { ...terms, at: when } })
      return { status: booked.status, etag: booked.headers.etag, ...Appointment.partial().parse(booked.body) }
    }
    const kept = await book(at(2, '09:00'))
    const cancelled = await book(at(2, '10:00'))
    const moved = await book(at(2, '11:00'))
    expect([kept, cancelled, moved].map(({ status }) => status)).toEqual(['booked', 'booked', 'booked'])
    expect((await manager.post(`/v1/cases/${caseId}/appointments`, { body: { ...terms, at: at(2, '09:30') } })).status).toBe(409)
    const of = ({ appointmentId = '' }: typeof kept) => `/v1/appointments/${appointmentId}`
    expect(
      (await manager.post(`${of(cancelled)}/cancellation`, { ifMatch: cancelled.etag, body: { reason: 'person-asked' } })).status,
    ).toBe(200)
    const later = { ...terms, at: at(4, '11:00'), reason: 'interpreter-unavailable' }
    expect((await manager.put(`${of(moved)}/time`, { ifMatch: moved.etag, body: later })).status).toBe(200)
    expect(heard.due()).toEqual([])

    await cloud.advance('1d')
    await cloud.settled()
    const told = { caseId, office: programme.office }
    expect(heard.due()).toEqual([{ ...told, appointmentId: kept.appointmentId, at: kept.at }])
    await cloud.advance('2d')
    await cloud.settled()
    expect(heard.due()).toEqual([
      { ...told, appointmentId: kept.appointmentId, at: kept.at },
      { ...told, appointmentId: moved.appointmentId, at: later.at },
    ])
    expect((await manager.post(`${of(kept)}/attendance`, { ifMatch: '"2"', body: { outcome: 'missed' } })).body).toMatchObject({
      status: 'missed',
    })
    const day = await manager.get(`/v1/appointments?office=${programme.office}&day=${kept.at?.slice(0, 10)}`)
    expect(Page.parse(day.body).items).toMatchObject([{ appointmentId: kept.appointmentId, status: 'missed' }])
    expect(await cloud.deadLetters()).toEqual([])

    const log = readFileSync(cloud.logFile ?? '', 'utf8')
    const { name, phone, birthDate } = people.mechanic
    for (const personal of [...Object.values(name), phone.slice(1), birthDate, secret, terms.place]) {
      expect(log).not.toContain(personal)
      expect(heard.text()).not.toContain(personal)
    }
    for (const address of ['127.0.0.1', '127.0.0.0']) expect(heard.text()).not.toContain(address)
  } finally {
    await stage.close()
  }
})

test('what comes without a login is strict, small and not for ever: a flood is put off, and the next hour is another', async () => {
  const stage = await openLocalStage()
  try {
    const { apiUrl, cloud } = stage
    for (const more of [{ status: 'accepted' }, { office: 'labe' }]) {
      const refused = await apply(apiUrl, { ...written(people.teacher), ...more })
      expect(refused).toMatchObject({ status: 400, body: { code: 'invalid-request', errors: [{ code: 'unknown-field' }] } })
    }
    expect((await apply(apiUrl, { ...written(people.teacher), message: 'x'.repeat(9000) })).status).toBe(413)
    const answers: Awaited<ReturnType<typeof apply>>[] = []
    for (let n = 0; n < 40 && answers.at(-1)?.status !== 429; n++) answers.push(await apply(apiUrl, written(people.teacher)))
    const late = answers.at(-1)
    expect(late).toMatchObject({ status: 429, body: { code: 'rate-limited', title: expect.stringContaining('Trop de requêtes') } })
    expect(Number(late?.headers['retry-after'])).toBeGreaterThan(0)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(20)
    await cloud.advance('1h')
    expect((await apply(apiUrl, written(people.teacher))).status).toBe(201)
    // Whoever sends faster than the gateway lets through is told so by the gateway.
    const burst = await Promise.all(Array.from({ length: 60 }, () => apply(apiUrl, { ...written(people.teacher), office: 'labe' })))
    expect(burst.some(({ body }) => JSON.stringify(body) === '{"message":"Too Many Requests"}')).toBe(true)
  } finally {
    await stage.close()
  }
})

test('the answer of each commit is lost once: one application, one case, one appointment and one agenda', async () => {
  const stage = await openLocalStage()
  try {
    const { faults } = stage.cloud
    let lost = 0
    const losing: Send = async (url, init) => {
      if (init.method === 'GET') return sendOnce(url, init)
      const answering = url.endsWith('/v1/self-applications') ? 'Service/apply' : 'Service/api'
      const fault = faults.inject({ function: answering, at: 'DynamoDB.TransactWriteItems', how: 'lose-answer' })
      const response = await sendOnce(url, init)
      lost += fault.hits
      faults.clear()
      return response
    }
    const programme = await stage.programme(losing)
    const manager = programme.staff('case-manager')
    const application = await findApplication(programme, await applyAs(programme, people.teacher))
    const caseId = await takeUp(programme, application)
    const [kept, other] = [await book(programme, caseId, 48), await book(programme, caseId, 72)]
    const cancelled = await manager.post(`${other}/cancellation`, { ifMatch: '"1"', body: { reason: 'person-asked' } })
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect(lost).toBe(5)

    const items = async (path: string) => Page.parse((await manager.get(`${path}?office=${programme.office}`)).body).items
    expect(await items(path)).toMatchObject([{ status: 'accepted' }])
    expect(await items('/v1/cases')).toMatchObject([{ caseId }])
    expect((await items('/v1/appointments')).map(({ appointmentId }) => `/v1/appointments/${appointmentId}`)).toEqual([kept])
    // The time that was given back is free, and the one that is kept is not.
    expect(await book(programme, caseId, 72)).not.toBe(other)
    await expect(book(programme, caseId, 48)).rejects.toThrow('counsellor-busy')
  } finally {
    await stage.close()
  }
})
