import { accept, aggregate, type Command, type Decided, definePrivateEvent, type EventOf, line, refused } from '@wontanara/core'
import { AppointmentDue, AppointmentId, CaseId, contact, Instant, languages, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { appointmentChanges, appointmentStatuses, counsellingModes } from './codes.ts'
import { dayOf } from './consent.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'

/** When, how and with whom. The place is sealed: it may be where somebody hides. */
export const AppointmentTerms = {
  at: Instant,
  /** How long it takes the counsellor. */
  minutes: operational(z.int().min(5).max(480)).default(60),
  mode: operational(counsellingModes.schema),
  place: contact(line(160)).optional(),
  counsellor: StaffId,
  language: operational(languages.schema),
  interpreter: StaffId.optional(),
}
export const Terms = z.strictObject(AppointmentTerms)
export type Terms = z.output<typeof Terms>

/** An appointment for counselling (activities A9, A10). */
export const AppointmentState = z.strictObject({
  appointmentId: AppointmentId,
  caseId: CaseId,
  office: operational(offices.schema),
  status: operational(appointmentStatuses.schema),
  ...AppointmentTerms,
  /** The time that was told to be due; another time is told again. */
  announced: Instant.optional(),
})
export type AppointmentState = z.output<typeof AppointmentState>

const facts = {
  booked: definePrivateEvent('appointment-booked', AppointmentState.omit({ status: true, announced: true })),
  moved: definePrivateEvent('appointment-moved', Terms),
  cancelled: definePrivateEvent('appointment-cancelled', z.object({ reason: operational(appointmentChanges.schema) })),
  attended: definePrivateEvent('appointment-attended', z.object({})),
  missed: definePrivateEvent('appointment-missed', z.object({})),
} as const
const events = [facts.booked, facts.moved, facts.cancelled, facts.attended, facts.missed, AppointmentDue] as const
export type AppointmentEvent = EventOf<(typeof events)[number]>
type Reason = z.output<(typeof appointmentChanges)['schema']>

/** What may be asked of an appointment. */
export type AppointmentCommand = Command &
  (
    | {
        readonly type: 'book'
        readonly appointmentId: string
        readonly caseId: string
        readonly office: AppointmentState['office']
        readonly terms: Terms
      }
    | { readonly type: 'move'; readonly terms: Terms; readonly reason: Reason }
    | { readonly type: 'cancel'; readonly reason: Reason }
    | { readonly type: 'note-outcome'; readonly outcome: 'attended' | 'missed' }
    | { readonly type: 'announce' }
  )

/** The partitions of the lists: an office's appointments by time, and a counsellor's there. */
export const visitPartition = (office: string): string => `appointments#${office}`
export const counsellorPartition = (office: string, counsellor: string): string => `appointments#${office}#${counsellor}`

const endOf = ({ at, minutes }: Pick<Terms, 'at' | 'minutes'>): string => new Date(Date.parse(at) + minutes * 60_000).toISOString()

/** What is wrong with a time. Days are those of UTC, which is the time of Guinea; the missions lie at most two hours ahead. */
function timeFault(terms: Terms, now: string): CaseRefusal | undefined {
  if (terms.at <= now) return 'appointment-in-past'
  return dayOf(terms.at) === dayOf(new Date(Date.parse(endOf(terms)) - 1).toISOString()) ? undefined : 'appointment-over-midnight'
}

type Outcome = Decided<AppointmentEvent, CaseRefusal>

/** An appointment of a person with a counsellor. That the counsellor is free is the agenda's to say (`agenda.ts`), in the same transaction. */
export const appointments = aggregate<AppointmentState, AppointmentCommand, AppointmentEvent, CaseRefusal>({
  name: 'appointment',
  state: AppointmentState,
  events,
  refusals: catalogue,
  resource: ({ office, counsellor }) => ({ offices: [office], assignees: [counsellor] }),
  index: ({ appointmentId, caseId, office, status, at, minutes, mode, counsellor, language, interpreter }) => {
    const row = { appointmentId, caseId, status, at, minutes, mode, counsellor, language, ...(interpreter && { interpreter }) }
    // What is cancelled is in no list.
    return status === 'cancelled'
      ? { row }
      : { gsi1: { pk: visitPartition(office), sk: at }, gsi2: { pk: counsellorPartition(office, counsellor), sk: at }, row }
  },
  decide(state, command) {
    const { at: now } = command
    if (command.type === 'book') {
      if (state !== undefined) return refused(refuse('already-exists'))
      const { appointmentId, caseId, office, terms } = command
      const fault = timeFault(terms, now)
      return fault === undefined
        ? accept({ type: 'appointment-booked', data: { appointmentId, caseId, office, ...terms } })
        : refused(refuse(fault))
    }
    if (state === undefined) return refused(refuse('not-found'))
    // The day's message may come again, and late.
    if (command.type === 'announce') return announce(state, now)
    if (state.status !== 'booked') return refused(refuse('appointment-over', { status: state.status }))
    switch (command.type) {
      case 'move': {
        const fault = timeFault(command.terms, now)
        return fault === undefined ? accept({ type: 'appointment-moved', data: command.terms }) : refused(refuse(fault))
      }
      case 'cancel':
        return accept({ type: 'appointment-cancelled', data: { reason: command.reason } })
      case 'note-outcome': {
        // Who comes early is seen early; nobody is late before the time.
        const isAhead = command.outcome === 'missed' ? state.at > now : dayOf(state.at) > dayOf(now)
        if (isAhead) return refused(refuse('appointment-ahead'))
        return accept({ type: `appointment-${command.outcome}`, data: {} })
      }
    }
  },
  evolve(before, event) {
    const state = before ?? blank
    switch (event.type) {
      case 'appointment-booked':
        return { ...event.data, status: 'booked' }
      case 'appointment-moved': {
        const { appointmentId, caseId, office, status, announced } = state
        return { appointmentId, caseId, office, status, ...(announced && { announced }), ...event.data }
      }
      case 'appointment-cancelled':
        return { ...state, status: 'cancelled' }
      case 'appointment-attended':
        return { ...state, status: 'attended' }
      case 'appointment-missed':
        return { ...state, status: 'missed' }
      case 'case-intake.appointment-due.v1':
        return { ...state, announced: event.data.at }
    }
  },
})

function announce({ appointmentId, caseId, office, at, status, announced }: AppointmentState, now: string): Outcome {
  if (status !== 'booked' || announced === at || at <= now || dayOf(at) > dayAfter(now)) return accept()
  return accept({ type: AppointmentDue.type, data: { caseId, appointmentId, office, at } })
}

/** The day after that of an instant. */
export const dayAfter = (instant: string): string => dayOf(new Date(Date.parse(instant) + 86_400_000).toISOString())

/** What an event out of the blue is folded into, so that `evolve` is total. */
const blank: AppointmentState = {
  appointmentId: '',
  caseId: '',
  office: 'conakry',
  status: 'booked',
  at: '',
  minutes: 60,
  mode: 'in-person',
  counsellor: '',
  language: 'fra',
}
