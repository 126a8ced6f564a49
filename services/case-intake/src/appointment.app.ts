import {
  type Also,
  type Api,
  alsoCreating,
  type Call,
  create,
  execute,
  issued,
  list,
  ok,
  outcomes,
  type Refusal,
  type Reply,
  type Result,
  type Routes,
  read,
  referenceOf,
  refused,
  reply,
  replyPage,
  type Seen,
} from '@wontanara/core'
import { offices } from '@wontanara/events'
import type * as z from 'zod'
import { agendaIdOf } from './agenda.ts'
import { AppointmentRow, type appointmentRoutes } from './appointment.api.ts'
import { type AppointmentState, counsellorPartition, dayAfter, type Terms, visitPartition } from './appointment.ts'
import { dayOf, instantOf } from './consent.ts'
import type { AppointmentPorts } from './ports.ts'
import { inReach } from './reach.ts'
import { type CaseRefusal, refuse } from './refusals.ts'

const hasEnded = (status: string): boolean => status === 'closed' || status === 'deceased'

/** What each route of appointments does. */
export const visiting = ({ cases, appointments, agendas }: AppointmentPorts) => {
  const taking = (call: Call, appointmentId: string, { counsellor, at, minutes }: Terms): Also<CaseRefusal> =>
    alsoCreating(agendas, agendaIdOf({ counsellor, at }), { type: 'take-slot', ...issued(call), appointmentId, from: at, minutes })
  const freeing = (call: Call, appointmentId: string, terms: Pick<Terms, 'counsellor' | 'at'>): Also<CaseRefusal> =>
    alsoCreating(agendas, agendaIdOf(terms), { type: 'free-slot', ...issued(call), appointmentId })
  /** Answers with an appointment. Where somebody waits is not for an office any more that has handed the case over. */
  const shown = async <R extends Refusal>(
    outcome: Promise<Result<Seen<AppointmentState>, R>>,
  ): Promise<Result<Reply<AppointmentState>, R>> => {
    const result = await outcome
    if (!result.ok) return result
    const { state, version, classes } = result.value
    const { place: _, ...rest } = state
    const isHere = state.place === undefined || (await cases.store.load(state.caseId, { fresh: true }))?.state.office === state.office
    return ok({ body: isHere ? state : rest, version, classes })
  }

  /** The appointment as it is, to know whose agenda changes with it; `execute` decides on it anew, and on the agenda in the same transaction. */
  const current = (appointmentId: string, call: Call) => read(appointments, appointmentId, { ...call, fresh: true })

  return {
    bookAppointment: async ({ params: { caseId }, body, call }) => {
      const known = await inReach({ cases }, caseId, call)
      if (!known.ok) return known
      const {
        office,
        status,
        registration: { mergedInto },
      } = known.value
      if (mergedInto !== undefined) return refused(refuse('case-merged', { reference: referenceOf(mergedInto) }))
      if (hasEnded(status)) return refused(refuse('case-ended', { status }))
      const appointmentId = call.newId('appointment')
      const terms = { ...body, at: instantOf(body.at) }
      const book = { type: 'book', ...issued(call), appointmentId, caseId, office, terms } as const
      return reply(
        create(appointments, appointmentId, book, call, [taking(call, appointmentId, terms)]),
        ({ state }) => state,
        ({ id }) => `/v1/appointments/${id}`,
      )
    },
    readAppointment: ({ params, call }) => shown(read(appointments, params.appointmentId, call)),
    listCounsellingAppointments: ({ query: { office, counsellor, day, limit, cursor }, call }) => {
      const near = { offices: [office], assignees: counsellor === undefined ? [] : [counsellor] }
      const page = list(appointments.store, call, near, {
        ...(counsellor === undefined
          ? { index: 'gsi1', pk: visitPartition(office) }
          : { index: 'gsi2', pk: counsellorPartition(office, counsellor) }),
        ...(day === undefined ? {} : { prefix: day }),
        limit,
        cursor,
      })
      return replyPage(page, (row) => ({ ...AppointmentRow.parse(row), office }))
    },
    moveAppointment: async ({ params: { appointmentId }, body: { reason, ...body }, call }) => {
      const seen = await current(appointmentId, call)
      if (!seen.ok) return seen
      const terms = { ...body, at: instantOf(body.at) }
      const taken = taking(call, appointmentId, terms)
      const isElsewhere = agendaIdOf(terms) !== agendaIdOf(seen.value.state)
      const along = isElsewhere ? [freeing(call, appointmentId, seen.value.state), taken] : [taken]
      return shown(execute(appointments, appointmentId, { type: 'move', ...issued(call), terms, reason }, call, along))
    },
    cancelAppointment: async ({ params: { appointmentId }, body: { reason }, call }) => {
      const seen = await current(appointmentId, call)
      if (!seen.ok) return seen
      const along = [freeing(call, appointmentId, seen.value.state)]
      return shown(execute(appointments, appointmentId, { type: 'cancel', ...issued(call), reason }, call, along))
    },
    recordAttendance: ({ params: { appointmentId }, body: { outcome }, call }) =>
      shown(execute(appointments, appointmentId, { type: 'note-outcome', ...issued(call), outcome }, call)),
  } satisfies Routes<Api<typeof appointmentRoutes>>
}

/** Appointments read, and told, at a time. */
const pageSize = 25

/**
 * Tells of every appointment of tomorrow, and of today for a day that was not announced, once each: the message may come again, at any point.
 * Nobody is reminded who has died, or whose case was closed or handed over to another office.
 * @throws when some were not told of, after all others were
 */
export async function announceAppointments(
  { cases, appointments }: AppointmentPorts,
  time: string,
  call: Call,
): Promise<readonly Result<unknown, Refusal>[]> {
  // A day that is told so late has nothing ahead any more.
  if (dayAfter(time) < dayOf(call.at)) return []
  const tell = async ({ appointmentId, caseId }: z.output<typeof AppointmentRow>, office: string): Promise<Result<unknown, Refusal>> => {
    const known = await cases.store.load(caseId)
    return known === undefined || hasEnded(known.state.status) || known.state.office !== office
      ? ok(undefined)
      : execute(appointments, appointmentId, { type: 'announce', ...issued(call) }, call)
  }
  const { settle, all } = outcomes()
  const tellDay = async (office: string, day: string): Promise<Result<unknown, Refusal> | undefined> => {
    let cursor: string | undefined
    do {
      const query = { index: 'gsi1', pk: visitPartition(office), prefix: day, limit: pageSize, cursor } as const
      const page = await list(appointments.store, call, { offices: [office], assignees: [] }, query)
      if (!page.ok) return page
      const due = page.value.rows.map((row) => AppointmentRow.parse(row)).filter(({ status, at }) => status === 'booked' && at > call.at)
      await settle(due.map((row) => tell(row, office)))
      cursor = page.value.cursor
    } while (cursor !== undefined)
    return undefined
  }
  const days = [dayOf(time), dayAfter(time)]
  // Office by office: most have nothing to tell, and days that come together must not ask for all of it at once.
  for (const office of offices.codes) await settle(days.map((day) => tellDay(office, day)))
  return all('appointments were not told of')
}
