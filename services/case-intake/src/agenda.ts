import { accept, aggregate, type Command, definePrivateEvent, type EventOf, refused } from '@wontanara/core'
import { AppointmentId, Instant, operational } from '@wontanara/events'
import * as z from 'zod'
import { dayOf } from './consent.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'

const Slot = z.strictObject({ appointmentId: AppointmentId, from: Instant, minutes: operational(z.int()) })
type Slot = z.output<typeof Slot>

/** What a counsellor has on one day. It is in nobody's reach by itself: it changes with the appointments only. */
export const AgendaState = z.strictObject({ slots: z.array(Slot) })
export type AgendaState = z.output<typeof AgendaState>

const facts = {
  taken: definePrivateEvent('slot-taken', Slot),
  freed: definePrivateEvent('slot-freed', z.object({ appointmentId: AppointmentId })),
} as const
const events = [facts.taken, facts.freed] as const
export type AgendaEvent = EventOf<(typeof events)[number]>

export type AgendaCommand = Command &
  (({ readonly type: 'take-slot' } & Slot) | { readonly type: 'free-slot'; readonly appointmentId: string })

/** The agenda that an appointment lies in. */
export const agendaIdOf = ({ counsellor, at }: { readonly counsellor: string; readonly at: string }): string => `${counsellor}.${dayOf(at)}`

const end = ({ from, minutes }: Slot): number => Date.parse(from) + minutes * 60_000
const overlap = (one: Slot, other: Slot): boolean => Date.parse(one.from) < end(other) && Date.parse(other.from) < end(one)

/** Nobody counsels two people at one time: two bookings of one counsellor and day meet in this record, and one of them is refused. */
export const agendas = aggregate<AgendaState, AgendaCommand, AgendaEvent, CaseRefusal>({
  name: 'agenda',
  state: AgendaState,
  events,
  refusals: catalogue,
  resource: () => ({ offices: [], assignees: [] }),
  decide(state, command) {
    const slots = (state?.slots ?? []).filter(({ appointmentId }) => appointmentId !== command.appointmentId)
    if (command.type === 'free-slot')
      return slots.length === state?.slots.length
        ? accept()
        : accept({ type: 'slot-freed', data: { appointmentId: command.appointmentId } })
    const { appointmentId, from, minutes } = command
    const wanted = { appointmentId, from, minutes }
    return slots.some((slot) => overlap(slot, wanted)) ? refused(refuse('counsellor-busy')) : accept({ type: 'slot-taken', data: wanted })
  },
  evolve(state, event) {
    const others = (state?.slots ?? []).filter(({ appointmentId }) => appointmentId !== event.data.appointmentId)
    return { slots: event.type === 'slot-taken' ? [...others, event.data] : others }
  },
})
