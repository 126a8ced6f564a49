import {
  accept,
  aggregate,
  type Command,
  country,
  type Decided,
  definePrivateEvent,
  type EventOf,
  idOfReference,
  line,
  note,
  referenceOf,
  refused,
} from '@wontanara/core'
import { ApplicationId, CaseId, contact, Instant, identity, languages, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { isTreatedAsChild } from './child-classification.ts'
import { applicationRefusals, applicationStatuses, applicationWishes } from './codes.ts'
import { dayOf, type Grounds, isAhead } from './consent.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'
import { Person, type Registration } from './registration.ts'
import { applicationDays, keptSince } from './retention.ts'

/** What a person says who applies without our help: the least that tells who it is, and how to answer without putting anybody in danger. */
export const Applicant = Person.pick({
  name: true,
  sex: true,
  birthDate: true,
  nationalities: true,
  origin: true,
  languages: true,
  contacts: true,
})
export const ApplicationTerms = {
  person: Applicant,
  /** Where the person is now, ISO 3166-1. */
  presentIn: identity(country()),
  /** A safe way to be reached that is no telephone: through whom, where, when. */
  reachedBy: contact(line(200)).optional(),
  wishes: identity(z.array(applicationWishes.schema).min(1).max(5)),
  message: identity(note(1000)).optional(),
}
/** What a person allows who applies: that we keep this, and answer. */
export const OwnConsent = z.strictObject({
  language: operational(languages.schema),
  /** Version of the information notice that was shown. */
  noticeVersion: operational(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,19}$/)),
})

const Written = z.strictObject({ ...ApplicationTerms, consent: OwnConsent })
const Ending = {
  at: Instant,
  by: StaffId,
}
/** An application, from the moment it arrived until somebody took it up or declined. */
export const ApplicationState = z.strictObject({
  applicationId: ApplicationId,
  office: operational(offices.schema),
  status: operational(applicationStatuses.schema),
  receivedAt: Instant,
  /** Who looks at it first: a child applied, or somebody who asks for protection. It says no more than that. */
  attention: operational(z.literal('protection-officer')).optional(),
  /** The protection officer who took it. */
  takenBy: StaffId.optional(),
  /** What became of it: the case that was opened or exists, or why it was declined. */
  outcome: z.strictObject({ ...Ending, caseId: CaseId.optional(), reason: operational(applicationRefusals.schema).optional() }).optional(),
  /** Gone once it was erased. */
  application: Written.optional(),
})
export type ApplicationState = z.output<typeof ApplicationState>
type Terms = NonNullable<ApplicationState['application']>

const facts = {
  received: definePrivateEvent(
    'application-received',
    ApplicationState.omit({ status: true, takenBy: true, outcome: true }).extend({ application: Written }),
  ),
  taken: definePrivateEvent('application-taken', z.object({ by: StaffId })),
  moved: definePrivateEvent('application-moved', z.object({ office: operational(offices.schema) })),
  accepted: definePrivateEvent('application-accepted', z.object({ ...Ending, caseId: CaseId })),
  declined: definePrivateEvent('application-declined', z.object({ ...Ending, reason: operational(applicationRefusals.schema) })),
  known: definePrivateEvent('application-found-known', z.object({ ...Ending, caseId: CaseId })),
  erased: definePrivateEvent('application-erased', z.object({ at: Instant }), { erases: true }),
} as const
const events = [facts.received, facts.taken, facts.moved, facts.accepted, facts.declined, facts.known, facts.erased] as const
export type ApplicationEvent = EventOf<(typeof events)[number]>

/** What may be asked of an application. */
export type ApplicationCommand = Command &
  (
    | { readonly type: 'submit'; readonly applicationId: string; readonly terms: Terms }
    | { readonly type: 'take' }
    | { readonly type: 'move'; readonly office: ApplicationState['office'] }
    | { readonly type: 'accept'; readonly caseId: string }
    /** The case that it became was handed over to another office. */
    | { readonly type: 'follow-case'; readonly office: ApplicationState['office'] }
    | { readonly type: 'decline'; readonly reason: z.output<(typeof applicationRefusals)['schema']> }
    | { readonly type: 'mark-known'; readonly caseId: string }
    | { readonly type: 'erase' }
  )

/** Who answers, by where the person is: the mission there, or else the head office. The programme may set it otherwise. */
const missions: Readonly<Record<string, ApplicationState['office']>> = {
  NE: 'niger',
  DZ: 'algeria',
  TN: 'tunisia',
  LY: 'libya',
  MA: 'morocco',
  ML: 'mali',
  SN: 'senegal',
  BE: 'belgium',
}
export const officeFor = (presentIn: string): ApplicationState['office'] => missions[presentIn] ?? 'conakry'

/** The reference that a person keeps: `A-26K4-7QX9-TM2R-H`. The case that is opened for it has the same one, without the `A`. */
export const applicationReference = (applicationId: string): string => `A-${referenceOf(applicationId)}`

/** Reads such a reference as people write it, with or without the `A`. @returns undefined when its check character does not fit */
export function idOfApplicationReference(written: string): string | undefined {
  const plain = written.replace(/[\s.\p{Pd}]/gu, '')
  // The twelve characters may begin with an A themselves.
  return idOfReference('application', plain.length === 14 && /^a/i.test(plain) ? plain.slice(1) : plain)
}

/** The case that an application becomes: derived, so that it becomes one only, whoever accepts it and however often. */
export const caseIdFor = (applicationId: string): string => applicationId.replace(/^application-/, 'case-')
/** The application that a case may have been. */
export const applicationIdFor = (caseId: string): string => caseId.replace(/^case-/, 'application-')

/** What is registered of a person who applied. @param processing on what the processing rests, where it is not the person's own consent */
export const registrationOf = ({ person, presentIn, consent }: Terms, processing: Grounds | undefined): Registration => ({
  channel: 'self-application',
  presentIn,
  person: { ...person, ageBasis: 'declared' },
  processing: processing ?? { basis: 'consent', ...consent, taken: 'online', signatory: { kind: 'self' } },
})

/** The partitions of the lists: of an office by status and date, and what waits there for a protection officer. */
export const applicationPartition = (office: string): string => `applications#${office}`
export const attentionPartition = (office: string): string => `applications-attention#${office}`

type Outcome = Decided<ApplicationEvent, CaseRefusal>

/** Whether nobody took an application up within its period. */
export const isForgotten = (
  { status, takenBy, receivedAt }: Pick<ApplicationState, 'status' | 'takenBy' | 'receivedAt'>,
  at: string,
): boolean => status === 'open' && takenBy === undefined && receivedAt < keptSince(applicationDays, at)

function submit({ applicationId, terms, at }: Extract<ApplicationCommand, { type: 'submit' }>): Outcome {
  const { person, wishes, presentIn, reachedBy } = terms
  if (isAhead(person.birthDate, at)) return refused(refuse('date-in-future'))
  if (reachedBy === undefined && (person.contacts ?? []).length === 0) return refused(refuse('no-way-to-answer'))
  const isChild = isTreatedAsChild({ birthDates: [person.birthDate], ageInDoubt: false }, dayOf(at))
  return accept({
    type: 'application-received',
    data: {
      applicationId,
      office: officeFor(presentIn),
      receivedAt: at,
      ...(isChild || wishes.includes('protection') ? { attention: 'protection-officer' } : {}),
      application: terms,
    },
  })
}

/** The application of somebody who is not known to us and comes without our help (channel `self-application`, activity A1). */
export const applications = aggregate<ApplicationState, ApplicationCommand, ApplicationEvent, CaseRefusal>({
  name: 'application',
  state: ApplicationState,
  events,
  refusals: catalogue,
  cold: ['application'],
  resource: ({ office, takenBy }) => ({ offices: [office], assignees: takenBy === undefined ? [] : [takenBy] }),
  index: ({ applicationId, office, status, receivedAt, attention, takenBy }) => ({
    gsi1: { pk: applicationPartition(office), sk: `${status}#${receivedAt}` },
    ...(attention === undefined || status !== 'open' ? {} : { gsi2: { pk: attentionPartition(office), sk: receivedAt } }),
    row: {
      applicationId,
      status,
      receivedAt,
      ...(attention === undefined ? {} : { attention }),
      ...(takenBy === undefined ? {} : { takenBy }),
    },
  }),
  decide(state, command) {
    if (command.type === 'submit') return state === undefined ? submit(command) : refused(refuse('already-exists'))
    if (state === undefined) return refused(refuse('not-found'))
    if (command.type === 'follow-case')
      return state.office === command.office ? accept() : accept({ type: 'application-moved', data: { office: command.office } })
    if (command.type === 'erase')
      return isForgotten(state, command.at) ? accept({ type: 'application-erased', data: { at: command.at } }) : accept()
    if (state.status !== 'open') return refused(refuse('application-decided', { status: state.status }))
    const ending = { at: command.at, by: command.by.id }
    switch (command.type) {
      case 'take':
        return state.takenBy === command.by.id ? accept() : accept({ type: 'application-taken', data: { by: command.by.id } })
      case 'move':
        return state.office === command.office ? accept() : accept({ type: 'application-moved', data: { office: command.office } })
      case 'accept':
        return accept({ type: 'application-accepted', data: { ...ending, caseId: command.caseId } })
      case 'decline':
        return accept({ type: 'application-declined', data: { ...ending, reason: command.reason } })
      case 'mark-known':
        return accept({ type: 'application-found-known', data: { ...ending, caseId: command.caseId } })
    }
  },
  evolve(before, event) {
    const state = before ?? blank
    switch (event.type) {
      case 'application-received':
        return { ...event.data, status: 'open' }
      case 'application-taken':
        return { ...state, takenBy: event.data.by }
      case 'application-moved': {
        // Who took it is at the office that it leaves.
        const { takenBy: _, ...rest } = state
        return { ...rest, office: event.data.office }
      }
      case 'application-accepted':
        return { ...state, status: 'accepted', outcome: event.data }
      case 'application-declined':
        return { ...state, status: 'declined', outcome: event.data }
      case 'application-found-known':
        return { ...state, status: 'known', outcome: event.data }
      case 'application-erased': {
        const { application: _, ...rest } = state
        return { ...rest, status: 'erased' }
      }
    }
  },
})

/** What an event out of the blue is folded into, so that `evolve` is total. */
const blank: ApplicationState = {
  applicationId: '',
  office: 'conakry',
  status: 'open',
  receivedAt: '',
  application: {
    person: { name: {}, sex: 'not-stated', birthDate: '1900', nationalities: [], languages: [] },
    presentIn: 'GN',
    wishes: [],
    consent: { language: 'fra', noticeVersion: '' },
  },
}
