import type { Principal } from '@wontanara/core'
import { callBy, client, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, routes } from './app.ts'
import { type AppointmentCommand, type AppointmentState, appointments, Terms } from './appointment.ts'
import { intake, manager, now, protector, supervisor } from './builders.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const terms = Terms.parse(bodies.appointment)
const { counsellor } = terms
const Booked = z.looseObject({ appointmentId: z.string(), status: z.string() })
const Problem = z.object({ code: z.string() })
const Page = z.object({ items: z.array(z.looseObject({ appointmentId: z.string() })) })

async function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: ports.cases.store.recordAccess,
  })
  const registered = await as(intake)('POST /v1/cases', {}, { body: bodies.registration })
  const { caseId } = z.looseObject({ caseId: z.string() }).parse(registered.body)
  const book = (differs: object = {}, request: TestRequest = {}, by: Principal = manager) =>
    as(by)('POST /v1/cases/{caseId}/appointments', { caseId }, { body: { ...bodies.appointment, ...differs }, ...request })
  const booked = async (differs: object = {}) => Booked.parse((await book(differs)).body).appointmentId
  const change = (appointmentId: string, route: string, body: object, request: TestRequest = {}) =>
    as(manager)(
      `${route.split(' ')[0]} /v1/appointments/{appointmentId}/${route.split(' ')[1]}`,
      { appointmentId },
      { body, ifMatch: 1, ...request },
    )
  const listed = async (query: Readonly<Record<string, string>>) =>
    Page.parse((await as(intake)('GET /v1/appointments', {}, { query })).body).items
  /** A day that begins. @returns what the bus is told, each event once */
  const dayBegins = async (day: string) => {
    const time = `${day}T00:05:00.000Z`
    const { 'platform.day-began.v1': began } = consumers(ports)
    const message = { time } as Parameters<typeof began>[0]
    const call = callBy(serviceNamed('case-intake'), 'appointment:announce', { key: `day ${day}`, at: time })
    await began(message, () => call)
  }
  const told = async (appointmentId: string) =>
    (await ports.appointments.store.history(appointmentId))
      .flatMap(({ events }) => events)
      .flatMap((event) => (event.type === 'case-intake.appointment-due.v1' ? [event.data.at] : []))
  return { ports, as, caseId, book, booked, change, listed, dayBegins, told }
}
const codeOf = ({ body }: { readonly body: unknown }): string => Problem.parse(body).code

/** A time of the day of the example, 2026-03-09. */
const at = (clock: string): string => `2026-03-09T${clock}:00.000Z`

describe('booking', () => {
  test('gives an appointment of the case’s office, once for each request', async () => {
    const { book, caseId } = await service()
    const first = await book({}, { key: 'book-once-1' })
    expect(first).toMatchObject({
      status: 201,
      headers: { location: expect.stringMatching(/^\/v1\/appointments\/appointment-/) },
      body: { caseId, office: 'niger', status: 'booked', at: terms.at, place: terms.place },
    })
    expect((await book({}, { key: 'book-once-1' })).body).toEqual(first.body)
  })

  // The counsellor has 10:00 to 10:45.
  test.each([
    ['10:00', 30, counsellor, 409],
    ['09:30', 31, counsellor, 409],
    ['09:30', 30, counsellor, 201],
    ['10:44', 15, counsellor, 409],
    ['10:45', 15, counsellor, 201],
    ['09:00', 180, counsellor, 409],
    ['10:00', 30, 'staff-0012', 201],
  ])('at %s for %i minutes with %s is %i', async (clock, minutes, other, status) => {
    const { book } = await service()
    expect((await book()).status).toBe(201)
    expect((await book({ at: at(clock), minutes, counsellor: other })).status).toBe(status)
  })

  test('two people who book the same time at the same moment: one of them gets it', async () => {
    const { book } = await service()
    const both = await Promise.all([book({}, {}, manager), book({}, {}, intake)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
  })

  test('whatever is booked, nobody counsels two people at one time', async () => {
    const asked = fc.array(
      fc.record({
        hour: fc.integer({ min: 8, max: 12 }),
        minute: fc.constantFrom(0, 15, 30, 45),
        minutes: fc.integer({ min: 5, max: 120 }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(asked, async (wishes) => {
        const { book, listed } = await service()
        for (const { hour, minute, minutes } of wishes)
          await book({ at: at(`${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`), minutes })
        const slots = (await listed({ office: 'niger', counsellor, limit: '100' })).map((item) =>
          z.looseObject({ at: z.string(), minutes: z.number() }).parse(item),
        )
        const ends = slots.map((slot) => Date.parse(slot.at) + slot.minutes * 60_000)
        for (const [i, slot] of slots.entries()) if (i > 0) expect(Date.parse(slot.at)).toBeGreaterThanOrEqual(ends[i - 1] ?? 0)
        expect(slots.length).toBeGreaterThanOrEqual(Math.min(1, wishes.length))
      }),
      { numRuns: 25 },
    )
  })

  test.each([
    ['appointment-in-past', { at: '2026-03-01T10:00:00.000Z' }],
    ['appointment-over-midnight', { at: at('23:30'), minutes: 45 }],
  ])('is refused with %s', async (code, differs) => {
    const { book } = await service()
    expect(codeOf(await book(differs))).toBe(code)
  })

  test('for a case out of reach is not found, and for one that has ended refused', async () => {
    const { as, caseId, book } = await service()
    expect((await book({}, {}, staff('case-manager', { office: 'labe' }))).status).toBe(404)
    await as(supervisor)(
      'POST /v1/cases/{caseId}/interruption',
      { caseId },
      {
        ifMatch: 1,
        body: { interruption: { status: 'deceased', on: '2026-03-01', source: 'Exemple' } },
      },
    )
    expect(codeOf(await book())).toBe('case-ended')
  })
})

describe('an appointment', () => {
  test('is moved with a reason: the old time is free, the new one taken, on another day and with another counsellor too', async () => {
    const { book, booked, change } = await service()
    const id = await booked()
    expect((await change(id, 'PUT time', { ...bodies.appointment, reason: 'person-asked', at: at('14:00') })).body).toMatchObject({
      status: 'booked',
      at: at('14:00'),
    })
    expect((await book()).status).toBe(201)
    expect((await book({ at: at('14:00') })).status).toBe(409)
    const elsewhere = { ...bodies.appointment, at: '2026-03-10T14:00:00.000Z', counsellor: 'staff-0012', reason: 'person-asked' }
    expect((await change(id, 'PUT time', elsewhere, { ifMatch: 2 })).status).toBe(200)
    expect((await book({ at: at('14:00') })).status).toBe(201)
    expect((await book({ at: elsewhere.at, counsellor: 'staff-0012' })).status).toBe(409)
  })

  test('that would be moved onto another stays where it is', async () => {
    const { booked, change, as } = await service()
    const id = await booked()
    await booked({ at: at('14:00') })
    const refused = await change(id, 'PUT time', { ...bodies.appointment, at: at('14:15'), reason: 'person-asked' })
    expect(codeOf(refused)).toBe('counsellor-busy')
    expect((await as(manager)('GET /v1/appointments/{appointmentId}', { appointmentId: id })).body).toMatchObject({ at: terms.at })
  })

  test('that is cancelled frees its time, is in no list, and is moved no more', async () => {
    const { book, booked, change, listed } = await service()
    const id = await booked()
    expect((await change(id, 'POST cancellation', { reason: 'not-safe' })).body).toMatchObject({ status: 'cancelled' })
    expect(await listed({ office: 'niger' })).toEqual([])
    expect((await book()).status).toBe(201)
    const late = await change(id, 'PUT time', { ...bodies.appointment, at: at('15:00'), reason: 'person-asked' }, { ifMatch: 2 })
    expect(codeOf(late)).toBe('appointment-over')
  })

  test.each([
    ['attended', '2026-03-08T23:59:00.000Z', 409],
    ['attended', at('09:40'), 200],
    ['missed', at('09:59'), 409],
    ['missed', at('10:00'), 200],
    ['attended', '2026-03-12T09:00:00.000Z', 200],
  ])('of 10:00 is noted as %s at %s: %i', async (outcome, when, status) => {
    const { booked, change } = await service()
    expect((await change(await booked(), 'POST attendance', { outcome }, { at: when })).status).toBe(status)
  })

  test('is listed by day for the office and for the counsellor, without its place', async () => {
    const { booked, listed } = await service()
    const [first, other] = [await booked(), await booked({ counsellor: 'staff-0012', at: at('09:00') })]
    await booked({ at: '2026-03-10T09:00:00.000Z' })
    const day = await listed({ office: 'niger', day: '2026-03-09' })
    expect(day.map(({ appointmentId }) => appointmentId)).toEqual([other, first])
    expect(JSON.stringify(day)).not.toContain(terms.place)
    expect((await listed({ office: 'niger', counsellor, day: '2026-03-09' })).map(({ appointmentId }) => appointmentId)).toEqual([first])
  })

  test('shows its place to a protection officer only who keeps it', async () => {
    const { booked, as } = await service()
    const [others, own] = [await booked(), await booked({ counsellor: protector.id })]
    const read = async (appointmentId: string) => (await as(protector)('GET /v1/appointments/{appointmentId}', { appointmentId })).body
    expect(await read(others)).not.toHaveProperty('place')
    expect(await read(own)).toHaveProperty('place', terms.place)
  })
})

describe('a day that begins', () => {
  test.each([
    ['two days before', ['2026-03-07'], 0],
    ['the day before', ['2026-03-08'], 1],
    ['the day before, twice', ['2026-03-08', '2026-03-08'], 1],
    ['the day before and the day itself', ['2026-03-08', '2026-03-09'], 1],
    ['the day itself, for a day that was lost', ['2026-03-09'], 1],
    ['the day after', ['2026-03-10'], 0],
  ])('tells of an appointment %s so often', async (_, days, times) => {
    const { booked, dayBegins, told } = await service()
    const id = await booked()
    for (const day of days) await dayBegins(day)
    expect(await told(id)).toEqual(Array.from({ length: times }, () => terms.at))
  })

  test('tells nothing of one that is cancelled, and of one that is moved after it was told the new time', async () => {
    const { booked, change, dayBegins, told } = await service()
    const [cancelled, moved] = [await booked(), await booked({ at: at('14:00') })]
    await change(cancelled, 'POST cancellation', { reason: 'person-asked' })
    await dayBegins('2026-03-08')
    const later = '2026-03-12T09:00:00.000Z'
    await change(
      moved,
      'PUT time',
      { ...bodies.appointment, at: later, reason: 'office-closed' },
      { ifMatch: 2, at: '2026-03-08T09:00:00.000Z' },
    )
    for (const day of ['2026-03-09', '2026-03-11']) await dayBegins(day)
    expect([await told(cancelled), await told(moved)]).toEqual([[], [at('14:00'), later]])
  })

  test('throws when one could not be told of, after all others were', async () => {
    const { booked, dayBegins, told, ports } = await service()
    const [first, second] = [await booked(), await booked({ at: at('14:00') })]
    const { load } = ports.appointments.store
    let broken = true
    const store = {
      ...ports.appointments.store,
      load: (...asked: Parameters<typeof load>) => {
        if (broken && asked[0] === first) throw new TypeError('as asked')
        return load(...asked)
      },
    }
    Object.assign(ports, { appointments: { ...ports.appointments, store } })
    await expect(dayBegins('2026-03-08')).rejects.toThrow('1 of 2 appointments were not told of: TypeError')
    broken = false
    await dayBegins('2026-03-08')
    expect([await told(first), await told(second)]).toEqual([[at('10:00')], [at('14:00')]])
  })

  test('reminds nobody who has died', async () => {
    const { booked, dayBegins, told, as, caseId } = await service()
    const id = await booked()
    await as(supervisor)(
      'POST /v1/cases/{caseId}/interruption',
      { caseId },
      {
        ifMatch: 1,
        body: { interruption: { status: 'deceased', on: '2026-03-01', source: 'Exemple' } },
      },
    )
    await dayBegins('2026-03-08')
    expect(await told(id)).toEqual([])
  })

  test('tells of more than fit a page', async () => {
    const { booked, dayBegins, told } = await service()
    const ids: string[] = []
    for (let n = 0; n < 30; n++) ids.push(await booked({ counsellor: `staff-1${n}` }))
    await dayBegins('2026-03-08')
    expect((await Promise.all(ids.map(told))).every((times) => times.length === 1)).toBe(true)
  })
})

test('a command in any order leaves an appointment that can be stored, and never an ended one that is booked again', () => {
  const command = fc.oneof<fc.Arbitrary<AppointmentCommand>[]>(
    fc.constant({ type: 'move', terms: { ...terms, at: at('16:00') }, reason: 'person-asked', by: manager, at: now }),
    fc.constant({ type: 'cancel', reason: 'person-asked', by: manager, at: now }),
    fc.constantFrom('attended', 'missed').map((outcome) => ({ type: 'note-outcome', outcome, by: manager, at: at('18:00') }) as const),
    fc
      .constantFrom('2026-03-07', '2026-03-08')
      .map((day) => ({ type: 'announce', by: serviceNamed('case-intake'), at: `${day}T00:05:00.000Z` }) as const),
  )
  fc.assert(
    fc.property(fc.array(command), (commands) => {
      const id = 'appointment-26k47qx9tm2r'
      const book: AppointmentCommand = {
        type: 'book',
        appointmentId: id,
        caseId: 'case-26k47qx9tm2r',
        office: 'niger',
        terms,
        by: manager,
        at: now,
      }
      let state: AppointmentState | undefined
      let ended = false
      for (const next of [book, ...commands]) {
        const decided = appointments.decide(state, next)
        if (!decided.ok) continue
        state = decided.value.reduce<AppointmentState | undefined>((before, event) => appointments.evolve(before, event), state)
        appointments.state.parse(state)
        if (ended) expect(state?.status).not.toBe('booked')
        ended ||= state?.status !== 'booked'
      }
    }),
  )
})
