import {
  accept,
  aggregate,
  type Command,
  type Decided,
  definePrivateEvent,
  type EventOf,
  isChild,
  type Principal,
  refused,
} from '@wontanara/core'
import { CaseId, CaseRegistered, Instant, NeedId, NeedRecorded, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { dayOf } from './consent.ts'
import { isNews, Need, ReferralLink, withReferral } from './needs.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'
import { Registration } from './registration.ts'
import { blank, CaseState, coldFields } from './state.ts'

const RegistrationRecorded = definePrivateEvent(
  'registration-recorded',
  z.object({
    caseId: CaseId,
    office: operational(offices.schema),
    at: Instant,
    team: z.array(StaffId),
    registration: Registration,
  }),
)

const NeedEntered = definePrivateEvent('need-entered', z.object({ need: Need }))
const NeedReferralNoted = definePrivateEvent('need-referral-noted', z.object({ needId: NeedId, link: ReferralLink }))

const events = [RegistrationRecorded, CaseRegistered, NeedEntered, NeedRecorded, NeedReferralNoted] as const
export type CaseEvent = EventOf<(typeof events)[number]>

export type CaseCommand = Command &
  (
    | {
        readonly type: 'register'
        readonly caseId: string
        readonly office: CaseState['office']
        readonly registration: Registration
      }
    | { readonly type: 'record-need'; readonly needId: string; readonly terms: Pick<Need, 'service' | 'priority' | 'detail'> }
    | { readonly type: 'note-referral'; readonly needId: string; readonly link: ReferralLink }
  )

/** A protection officer who registers somebody, alone at a border post, goes on with the case at once. */
const firstTeam = (by: Principal): string[] =>
  by.kind === 'staff' && by.roles.some((role) => role === 'protection-officer' || role === 'child-protection-officer') ? [by.id] : []

/** The partitions of the lists: all cases of an office by status and date, and those that a member of staff leads there. */
export const officePartition = (office: string): string => `office#${office}`
export const leadPartition = (office: string, lead: string): string => `lead#${office}#${lead}`

function register({ caseId, office, registration, at, by }: Extract<CaseCommand, { type: 'register' }>): Decided<CaseEvent, CaseRefusal> {
  const { birthDate } = registration.person
  if (birthDate > dayOf(at)) return refused(refuse('birth-date-in-future'))
  const { processing } = registration
  if (processing.basis === 'consent' && processing.signatory.kind === 'self' && isChild(birthDate, dayOf(at)))
    return refused(refuse('guardian-must-sign'))
  return accept(
    { type: RegistrationRecorded.type, data: { caseId, office, at, team: firstTeam(by), registration } },
    { type: CaseRegistered.type, data: { caseId, office } },
  )
}

/** The case of one person on the way to a voluntary return (state machine 2a). */
export const cases = aggregate<CaseState, CaseCommand, CaseEvent, CaseRefusal>({
  name: 'case',
  state: CaseState,
  events,
  refusals: catalogue,
  cold: coldFields,
  resource: ({ office, lead, team }) => ({ offices: [office], assignees: lead === undefined ? team : [lead, ...team] }),
  index: ({ caseId, office, status, since, lead }) => ({
    gsi1: { pk: officePartition(office), sk: `${status}#${since}` },
    ...(lead === undefined ? {} : { gsi2: { pk: leadPartition(office, lead), sk: `${status}#${since}` } }),
    row: { caseId, office, status, since, ...(lead === undefined ? {} : { lead }) },
  }),
  decide(state, command) {
    if (command.type === 'register') return state === undefined ? register(command) : refused(refuse('already-exists'))
    if (state === undefined) return refused(refuse('not-found'))
    switch (command.type) {
      case 'record-need': {
        const { caseId, office } = state
        const { needId, terms, at } = command
        return accept(
          { type: NeedEntered.type, data: { need: { needId, ...terms, recordedAt: at } } },
          { type: NeedRecorded.type, data: { caseId, needId, office, service: terms.service, priority: terms.priority } },
        )
      }
      case 'note-referral': {
        const { needId, link } = command
        const need = state.needs?.find((candidate) => candidate.needId === needId)
        if (need === undefined) return refused(refuse('need-not-found'))
        return isNews(need, link) ? accept({ type: NeedReferralNoted.type, data: { needId, link } }) : accept()
      }
    }
  },
  evolve(before, event) {
    const state = before ?? blank
    switch (event.type) {
      case 'registration-recorded': {
        const { at, ...facts } = event.data
        return { ...state, ...facts, since: at, registeredAt: at }
      }
      case 'need-entered':
        return { ...state, needs: [...(state.needs ?? []), event.data.need] }
      case 'need-referral-noted': {
        const { needId, link } = event.data
        return { ...state, needs: (state.needs ?? []).map((need) => (need.needId === needId ? withReferral(need, link) : need)) }
      }
      case CaseRegistered.type:
      case NeedRecorded.type:
        return state
    }
  },
})
