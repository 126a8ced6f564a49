import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { AppointmentState, AppointmentTerms } from './appointment.ts'
import { appointmentChanges } from './codes.ts'
import { appointmentExample, appointmentRowExample, bodies } from './examples.ts'

const AppointmentView = AppointmentState
/** A line of a list as the index holds it. No personal data, and no place. */
export const AppointmentRow = AppointmentState.omit({ office: true, place: true, announced: true })
const AppointmentLine = AppointmentRow.extend({ office: operational(offices.schema) })

const changed = { permit: 'appointment:keep', response: AppointmentView } as const
const example = (body: unknown) => ({ body, response: appointmentExample })
const reason = operational(appointmentChanges.schema)

/** Appointments for counselling. */
export const appointmentRoutes = {
  bookAppointment: {
    route: 'POST /v1/cases/{caseId}/appointments',
    summary: 'Book an appointment for counselling. A counsellor has one person at a time.',
    ...changed,
    body: z.object(AppointmentTerms),
    creates: true,
    refusals: ['appointment-in-past', 'appointment-over-midnight', 'counsellor-busy', 'case-ended'],
    example: example(bodies.appointment),
  },
  readAppointment: {
    route: 'GET /v1/appointments/{appointmentId}',
    summary: 'Read an appointment.',
    permit: 'appointment:read',
    response: AppointmentView,
    example: { response: appointmentExample },
  },
  listCounsellingAppointments: {
    route: 'GET /v1/appointments',
    summary:
      'List the appointments of an office, or of a counsellor there, earliest first; of one day (UTC) when it is named. What was cancelled is left out.',
    permit: 'appointment:read',
    query: z.object({
      office: operational(offices.schema),
      counsellor: StaffId.optional(),
      day: operational(z.iso.date()).optional(),
      ...pageQuery,
    }),
    response: pageOf(AppointmentLine, operational),
    example: { query: { office: 'niger', day: '2026-03-09' }, response: { items: [appointmentRowExample] } },
  },
  moveAppointment: {
    route: 'PUT /v1/appointments/{appointmentId}/time',
    summary: 'Move an appointment to another time, place, counsellor or mode.',
    ...changed,
    body: z.object({ ...AppointmentTerms, reason }),
    refusals: ['appointment-over', 'appointment-in-past', 'appointment-over-midnight', 'counsellor-busy'],
    example: example({ ...bodies.appointment, reason: 'person-asked' }),
  },
  cancelAppointment: {
    route: 'POST /v1/appointments/{appointmentId}/cancellation',
    summary: 'Cancel an appointment. The counsellor is free again.',
    ...changed,
    body: z.object({ reason }),
    refusals: ['appointment-over'],
    example: example({ reason: 'person-asked' }),
  },
  recordAttendance: {
    route: 'POST /v1/appointments/{appointmentId}/attendance',
    summary: 'Record whether the person came. What was said is a counselling session of the case.',
    ...changed,
    body: z.object({ outcome: operational(z.enum(['attended', 'missed'])) }),
    refusals: ['appointment-over', 'appointment-ahead'],
    example: example({ outcome: 'attended' }),
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
