import {
  accept,
  aggregate,
  type Command,
  type Decided,
  definePrivateEvent,
  type EventOf,
  guineaPlace,
  note,
  type Reason,
  type Resource,
} from '@wontanara/core'
import {
  attendances,
  CalendarDate,
  CaseId,
  ConsentId,
  codeList,
  dataScopes,
  declineReasons,
  escalationReasons,
  holdReasons,
  Instant,
  identity,
  languages,
  NeedId,
  OrganisationId,
  offices,
  operational,
  priorities,
  ReferralAccepted,
  ReferralAppointmentSet,
  ReferralAttendanceRecorded,
  ReferralCompleted,
  ReferralConsentWithdrawn,
  ReferralDeclined,
  ReferralEscalated,
  ReferralExpired,
  ReferralFailed,
  ReferralHeld,
  ReferralId,
  ReferralRecalled,
  ReferralReceived,
  ReferralRerouted,
  ReferralSent,
  ReferralStarted,
  recallReasons,
  referralOutcomes,
  ServiceId,
  StaffId,
  serviceTypes,
} from '@wontanara/events'
import * as z from 'zod'
import { type CaseFile, Holder } from './case-file.ts'
import { Ground } from './disclosure.ts'
import { groundOf, isRejected, unallowed } from './ground.ts'
import type { Organisation } from './organisation.ts'
import { catalogue, type GuardCode, type RefusalCode, refuse, refuseAll } from './refusals.ts'
import { obstacles, type Service, sexes } from './service.ts'
import { Snapshot, scopesOf } from './snapshot.ts'

/** The states of a referral: FHIR Task statuses under the names of state machine 2c. Consent is checked within the step to `sent`. */
export const statuses = codeList('referral-status', {
  draft: { en: 'Draft', fr: 'Brouillon' },
  sent: { en: 'Sent', fr: 'Envoyée' },
  received: { en: 'Received', fr: 'Reçue' },
  accepted: { en: 'Accepted', fr: 'Acceptée' },
  declined: { en: 'Declined', fr: 'Refusée' },
  'in-progress': { en: 'In progress', fr: 'En cours' },
  'on-hold': { en: 'On hold', fr: 'En attente' },
  completed: { en: 'Completed', fr: 'Réalisée' },
  failed: { en: 'Failed', fr: 'Non réalisée' },
  recalled: { en: 'Recalled', fr: 'Retirée' },
  expired: { en: 'Expired', fr: 'Expirée' },
  'entered-in-error': { en: 'Entered in error', fr: 'Saisie erronée' },
})
export type Status = (typeof statuses.codes)[number]

/** The status of the FHIR R4 Task that a referral in each state is (state machine 2c). */
export const taskStatuses = {
  draft: 'draft',
  sent: 'requested',
  received: 'received',
  accepted: 'accepted',
  declined: 'rejected',
  'in-progress': 'in-progress',
  'on-hold': 'on-hold',
  completed: 'completed',
  failed: 'failed',
  recalled: 'cancelled',
  expired: 'cancelled',
  'entered-in-error': 'entered-in-error',
} as const satisfies Readonly<Record<Status, string>>

/** What the referrer decides when drafting. */
export const draftFields = {
  caseId: CaseId,
  needId: NeedId,
  office: operational(offices.schema),
  serviceId: ServiceId,
  priority: operational(priorities.schema),
  /** Where the service is needed, ISO 3166-2:GN. */
  place: operational(guineaPlace()),
  /** It serves the return, and is taken back with it. */
  forReturn: operational(z.boolean()),
  /** The referral that ended without the service, at another partner, and whose place this one takes. */
  follows: ReferralId.optional(),
}
/** What decides on eligibility and is not itself disclosed. */
export const applicantFields = {
  age: identity(z.int().min(0).max(120)).optional(),
  sex: identity(sexes).optional(),
  languages: identity(z.array(languages.schema).max(14)),
}

/** What was laid down when drafting and never changes: kept in an item of its own, so that a step does not write it again. */
const Facts = z.strictObject({
  ...draftFields,
  ...applicantFields,
  organisationId: OrganisationId,
  service: operational(serviceTypes.schema),
  /** Who chose the service, when it was not the officer: the ranking, or the ranking under a rule that sent it at once. */
  chosenBy: operational(z.enum(['ranking', 'rule'])).optional(),
  draftedBy: StaffId,
  draftedAt: Instant,
  snapshot: Snapshot,
})

export const Referral = z.strictObject({
  referralId: ReferralId,
  facts: Facts,
  status: operational(statuses.schema),
  /** The office that holds the case since it was handed over. */
  holder: Holder.optional(),
  sentAt: Instant.optional(),
  /** When the partner must have acknowledged receipt. */
  dueAt: Instant.optional(),
  /** When the partner, having received it, must have answered: the same time once more. */
  answerDueAt: Instant.optional(),
  /** Nobody acted in time: the coordinator of the office was asked to look. Over with the next step. */
  escalated: operational(escalationReasons.schema).optional(),
  hold: z.strictObject({ reason: operational(holdReasons.schema), until: CalendarDate.optional() }).optional(),
  appointment: z.strictObject({ at: Instant, attendance: operational(attendances.schema).optional() }).optional(),
  /** The referral that takes the place of this one, which ended without the service. */
  nextReferralId: ReferralId.optional(),
  /** It expired, and somebody saw to the need in another way. */
  settled: operational(z.literal(true)).optional(),
  /** The consents on which it was sent, and since acceptance those on which data was disclosed. */
  consents: operational(z.array(ConsentId)),
  disclosedAt: Instant.optional(),
  declineReason: operational(declineReasons.schema).optional(),
  outcome: operational(referralOutcomes.schema).optional(),
  recallReason: operational(recallReasons.schema).optional(),
  /** After the end, the consent it rested on was withdrawn: the partner was told to delete. */
  consentWithdrawn: operational(z.literal(true)).optional(),
  /** What the partner wrote back. It may name the person. */
  feedback: identity(note(1000)).optional(),
})
export type Referral = z.output<typeof Referral>

const events = [
  definePrivateEvent('referral-drafted', z.object({ referralId: ReferralId, facts: Facts })),
  /** At which step sharing was checked, and what it rested on. */
  definePrivateEvent(
    'consent-checked',
    z.object({
      step: operational(z.enum(['sending', 'acceptance'])),
      at: Instant,
      recipient: OrganisationId,
      scopes: operational(z.array(dataScopes.schema)),
      ...Ground,
    }),
  ),
  definePrivateEvent('feedback-given', z.object({ feedback: identity(note(1000)) })),
  definePrivateEvent('referral-moved', z.object({ holder: Holder })),
  definePrivateEvent('entered-in-error', z.object({ referralId: ReferralId })),
  definePrivateEvent('expiry-settled', z.object({ referralId: ReferralId })),
  ReferralSent,
  ReferralReceived,
  ReferralAccepted,
  ReferralDeclined,
  ReferralStarted,
  ReferralHeld,
  ReferralAppointmentSet,
  ReferralAttendanceRecorded,
  ReferralCompleted,
  ReferralFailed,
  ReferralRecalled,
  ReferralConsentWithdrawn,
  ReferralExpired,
  ReferralEscalated,
  ReferralRerouted,
] as const
export type ReferralEvent = EventOf<(typeof events)[number]>

type Draft = Omit<Referral['facts'], 'draftedBy' | 'draftedAt'>
/** The current state of everything that sending rests on, as the server reads it. No field of a request stands for any of it. */
export interface Circumstances {
  readonly file: CaseFile | undefined
  readonly service: Service | undefined
  readonly organisation: Organisation | undefined
}
export type ReferralCommand = Command &
  (
    | { readonly type: 'draft'; readonly referralId: string; readonly draft: Draft }
    | ({ readonly type: 'send' } & Circumstances)
    | { readonly type: 'receive' }
    | ({ readonly type: 'accept' } & Pick<Circumstances, 'file' | 'organisation'>)
    | { readonly type: 'decline'; readonly why: (typeof declineReasons.codes)[number]; readonly feedback?: string | undefined }
    | { readonly type: 'start' }
    /** Without a reason it is left as it was said. */
    | { readonly type: 'hold'; readonly hold?: NonNullable<Referral['hold']> | undefined }
    | { readonly type: 'set-appointment'; readonly appointmentAt: string }
    | { readonly type: 'record-attendance'; readonly attendance: (typeof attendances.codes)[number] }
    | {
        readonly type: 'complete' | 'fail'
        readonly outcome: (typeof referralOutcomes.codes)[number]
        readonly feedback?: string | undefined
      }
    | { readonly type: 'recall'; readonly why: (typeof recallReasons.codes)[number] }
    /** Whether the case still allows it; recalls it when not, and tells the partner to delete when it has ended. */
    | { readonly type: 'review'; readonly file: CaseFile | undefined }
    | { readonly type: 'enter-in-error' }
    /** Whether a deadline has passed at an instant: what was not acknowledged expires, what is not answered or resumed is escalated. */
    | { readonly type: 'keep-time'; readonly upTo: string }
    /** No other partner may receive what has expired: a human decides. */
    | { readonly type: 'escalate' }
    | { readonly type: 'settle' }
    /** Another referral, sent for the same need, takes its place. */
    | { readonly type: 'take-up'; readonly nextReferralId: string }
    /** Draft and sending in one: for what another partner let expire, and where a rule of the office sends. */
    | ({ readonly type: 'draft-and-send'; readonly referralId: string; readonly draft: Draft; readonly draftedBy: string } & Circumstances)
  )
type Step<T extends ReferralCommand['type']> = Extract<ReferralCommand, { readonly type: T }>

type Decision = Decided<ReferralEvent, RefusalCode>
const no = (code: RefusalCode, status?: Status): Decision => ({
  ok: false,
  refusal: refuse(code, status === undefined ? undefined : { status }),
})

/** Hours within which receipt must be acknowledged (Inter-Agency Referral Form): 24, 72, two weeks. */
export const clocks = { emergency: 24, urgent: 72, normal: 336 } as const satisfies Readonly<Record<Referral['facts']['priority'], number>>

/** Sent, and not ended: the partner has it before it. */
export const isOpen = ({ status }: Pick<Referral, 'status'>): boolean =>
  ['sent', 'received', 'accepted', 'in-progress', 'on-hold'].includes(status)
/** The partner may read the consented data: from acceptance to the end, no longer. */
export const isDisclosed = ({ status }: Pick<Referral, 'status'>): boolean => ['accepted', 'in-progress', 'on-hold'].includes(status)
/** The partner serves the person, or is about to. */
const underWay = ({ status }: Pick<Referral, 'status'>) =>
  status === 'accepted' || status === 'in-progress' || status === 'on-hold' ? status : undefined
/** It ended without the service: the need waits for another answer. */
export const isUnserved = ({ status }: Pick<Referral, 'status'>): boolean => ['declined', 'failed', 'recalled', 'expired'].includes(status)

const day = 86_400_000
const hoursAfter = (at: string, hours: number): string => new Date(Date.parse(at) + hours * 3_600_000).toISOString()

/** When the partner must have taken its next step; undefined when no deadline is set. */
export function deadlineOf({
  status,
  dueAt,
  answerDueAt,
  hold,
}: Pick<Referral, 'status' | 'dueAt' | 'answerDueAt' | 'hold'>): string | undefined {
  if (status === 'sent') return dueAt
  // What was received before answers had a deadline keeps that of the receipt.
  if (status === 'received') return answerDueAt ?? dueAt
  // The last day of the wait is part of it. Guinea is at UTC.
  return status === 'on-hold' && hold?.until !== undefined ? new Date(Date.parse(hold.until) + day).toISOString() : undefined
}

/** The office whose referral it is: it goes where the case goes. */
export const officeOf = ({ holder, facts }: Referral): Referral['facts']['office'] => holder?.office ?? facts.office
const isTakenBack = ({ status }: Referral): boolean => status === 'recalled' || status === 'entered-in-error'

function unconsented(referral: Referral, file: CaseFile | undefined, at: string): readonly Reason<GuardCode>[] {
  const lacking = unallowed(referral, file, at)
  return lacking.length === 0 ? [] : [{ code: 'consent-missing', params: { scopes: lacking.join(', ') } }]
}

/** Whether the case stands still: for what serves the return, or altogether, because the person died. */
function isInterrupted(file: CaseFile | undefined, forReturn: boolean): boolean {
  switch (file?.course?.now) {
    case 'deceased':
      return true
    case 'suspended':
    case 'lost-contact':
    case 'ineligible':
      return forReturn
    case 'open':
    case 'closed':
    case undefined:
      return false
  }
}

/** Why a draft cannot be sent at an instant; none when it can. */
export function missing(referral: Referral, { file, service, organisation }: Circumstances, at: string): readonly Reason<GuardCode>[] {
  const { needId, place, forReturn, age, snapshot } = referral.facts
  const { birthDate, sex = referral.facts.sex } = snapshot
  const languages = referral.facts.languages.length > 0 ? referral.facts.languages : (snapshot.languages ?? [])
  // The referrer names case, need and office; that they belong together is case-intake's to say.
  const isKnown = file?.needs.some((need) => need.needId === needId && (file.holder?.office ?? need.office) === officeOf(referral))
  return [
    ...(isKnown === true ? [] : [{ code: 'need-unknown' } as const]),
    ...unconsented(referral, file, at),
    ...(file?.course?.now === 'closed' ? [{ code: 'case-closed' } as const] : []),
    ...(isInterrupted(file, forReturn) ? [{ code: 'case-interrupted' } as const] : []),
    ...(forReturn && file?.returnWithdrawn?.holds === true ? [{ code: 'return-withdrawn' } as const] : []),
    ...obstacles(service, organisation, { place, birthDate, age, sex, languages }, at.slice(0, 10)),
  ]
}

/** What every published event of a referral names. */
const subject = (referral: Referral) => {
  const { referralId, facts } = referral
  const { caseId, needId, organisationId, serviceId } = facts
  return {
    referralId,
    caseId,
    needId,
    office: officeOf(referral),
    organisationId,
    serviceId,
  }
}

function checked(referral: Referral, step: 'sending' | 'acceptance', file: CaseFile | undefined, at: string): ReferralEvent {
  const { organisationId: recipient, snapshot } = referral.facts
  return { type: 'consent-checked', data: { step, at, recipient, scopes: [...scopesOf(snapshot)], ...groundOf(referral, file, at) } }
}

function send(state: Referral, command: Step<'send'>): Decision {
  if (state.status !== 'draft') return no('not-draft')
  const { at } = command
  const reasons = missing(state, command, at)
  if (reasons.length > 0) return { ok: false, refusal: refuseAll(reasons) }
  const dueAt = hoursAfter(at, clocks[state.facts.priority])
  return accept(checked(state, 'sending', command.file, at), {
    type: ReferralSent.type,
    data: { ...subject(state), service: state.facts.service, priority: state.facts.priority, dueAt },
  })
}

/** The refusal of a partner's step that does not fit the state. */
function unfit(state: Referral, otherwise: RefusalCode): Decision {
  switch (state.status) {
    case 'draft':
      return no('not-sent')
    case 'recalled':
    case 'entered-in-error':
      return no('recalled')
    case 'declined':
    case 'completed':
    case 'failed':
      return no('already-ended', state.status)
    case 'expired':
      return no('expired')
    case 'sent':
    case 'received':
    case 'accepted':
    case 'in-progress':
    case 'on-hold':
      return no(otherwise)
  }
}

function receive(state: Referral, { at }: Step<'receive'>): Decision {
  if (state.status === 'sent') {
    const answerDueAt = hoursAfter(at, clocks[state.facts.priority])
    return accept({ type: ReferralReceived.type, data: { ...subject(state), answerDueAt } })
  }
  return isOpen(state) ? accept() : unfit(state, 'not-sent')
}

function acceptReferral(state: Referral, { file, organisation, at }: Step<'accept'>): Decision {
  if (state.status !== 'sent' && state.status !== 'received') return unfit(state, 'already-accepted')
  const reasons: readonly Reason<GuardCode>[] = [
    ...unconsented(state, file, at),
    ...(organisation?.status === 'active' ? [] : [{ code: 'partner-inactive' } as const]),
  ]
  if (reasons.length > 0) return { ok: false, refusal: refuseAll(reasons) }
  return accept(
    ...(state.status === 'sent' ? [{ type: ReferralReceived.type, data: subject(state) } as const] : []),
    checked(state, 'acceptance', file, at),
    { type: ReferralAccepted.type, data: subject(state) },
  )
}

const withFeedback = (feedback: string | undefined): readonly ReferralEvent[] =>
  feedback === undefined ? [] : [{ type: 'feedback-given', data: { feedback } }]

function decline(state: Referral, { why, feedback }: Step<'decline'>): Decision {
  if (state.status === 'declined' && state.declineReason === why && state.feedback === feedback) return accept()
  if (state.status !== 'sent' && state.status !== 'received') return unfit(state, 'already-accepted')
  return accept(...withFeedback(feedback), { type: ReferralDeclined.type, data: { ...subject(state), reason: why } })
}

function end(state: Referral, { type, outcome, feedback }: Step<'complete' | 'fail'>): Decision {
  const ended = type === 'complete' ? 'completed' : 'failed'
  if (state.status === ended && state.outcome === outcome && state.feedback === feedback) return accept()
  if (!isDisclosed(state)) return unfit(state, 'not-accepted')
  if (type === 'complete' && state.status === 'accepted') return no('not-started')
  const data = { ...subject(state), outcome }
  return accept(
    ...withFeedback(feedback),
    type === 'complete' ? { type: ReferralCompleted.type, data } : { type: ReferralFailed.type, data },
  )
}

const recalled = (state: Referral, reason: Step<'recall'>['why']): ReferralEvent => ({
  type: ReferralRecalled.type,
  data: { ...subject(state), reason },
})

function recall(state: Referral, { why }: Step<'recall'>): Decision {
  if (isOpen(state)) return accept(recalled(state, why))
  return isTakenBack(state) ? accept() : unfit(state, 'not-sent')
}

/** What took away the ground it rested on, if anything did. */
function lossOf(state: Referral, file: CaseFile | undefined, at: string): 'consent-withdrawn' | 'exception-rejected' | undefined {
  if (isWithdrawn(state, file, at)) return 'consent-withdrawn'
  return isRejected(state, file) && unconsented(state, file, at).length > 0 ? 'exception-rejected' : undefined
}

/** Whether what it rested on was withdrawn: a consent that was checked, or one for this recipient that carried it since another expired. */
function isWithdrawn(state: Referral, file: CaseFile | undefined, at: string): boolean {
  const { consents, sentAt = '', facts } = state
  const withdrawn = file?.consents.some(
    ({ consentId, given, withdrawnAt }) =>
      withdrawnAt !== undefined && (consents.includes(consentId) || (given?.recipient === facts.organisationId && withdrawnAt >= sentAt)),
  )
  // Another consent that covers the same may have replaced the withdrawn one.
  return withdrawn === true && unconsented(state, file, at).length > 0
}

/** The case as it now is may forbid what it allowed: then the referral is taken back, whoever noticed. What has ended stays as it is. */
function review(before: Referral, { file, at }: Step<'review'>): Decision {
  const moved = moving(before, file)
  const state = moved.reduce(evolve, before)
  const outcome = judge(state, file, at)
  return outcome.ok ? accept(...moved, ...outcome.value) : outcome
}

/** It goes where the case goes: whoever held the case and wrote the referral has it no more. */
function moving(state: Referral, file: CaseFile | undefined): readonly ReferralEvent[] {
  // The file is read after the referral, and knows the latest: what it says is never older than what the referral has followed.
  const holder = file?.holder
  return holder !== undefined && holder.office !== officeOf(state) ? [{ type: 'referral-moved', data: { holder } }] : []
}

function judge(state: Referral, file: CaseFile | undefined, at: string): Decision {
  const { status, consentWithdrawn } = state
  const lost = lossOf(state, file, at)
  if ((status === 'completed' || status === 'failed') && consentWithdrawn === undefined && lost !== undefined)
    return accept({ type: ReferralConsentWithdrawn.type, data: { ...subject(state), status } })
  const over = overWith(state, file)
  // Nobody need look for another partner any more.
  if (isStranded(state) && over !== undefined) return accept({ type: 'expiry-settled', data: { referralId: state.referralId } })
  const reason = lost ?? over
  return isOpen(state) && reason !== undefined ? accept(recalled(state, reason)) : accept()
}

/** Why the case, as it now is, asks for no service any more; undefined while it does. */
function overWith({ facts: { forReturn } }: Referral, file: CaseFile | undefined): Step<'recall'>['why'] | undefined {
  if (forReturn && file?.returnWithdrawn?.holds === true) return 'return-withdrawn'
  const course = file?.course?.now
  if (course === 'deceased' || (course === 'ineligible' && forReturn)) return 'case-interrupted'
  return course === 'closed' ? 'case-closed' : undefined
}

function enterInError(state: Referral): Decision {
  if (state.status === 'entered-in-error') return accept()
  const { referralId } = state
  // Ended or not: the partner deletes what it should never have received, and the need that it seemed to meet is open again.
  const isWithPartner = state.status !== 'draft' && state.status !== 'recalled'
  return accept(...(isWithPartner ? [recalled(state, 'sent-in-error')] : []), { type: 'entered-in-error', data: { referralId } })
}

function hold(state: Referral, { hold: wanted, at }: Step<'hold'>): Decision {
  const known = state.hold
  if (state.status === 'on-hold' && (wanted === undefined || (wanted.reason === known?.reason && wanted.until === known.until)))
    return accept()
  if (!isDisclosed(state)) return unfit(state, 'not-accepted')
  if (wanted?.until !== undefined && wanted.until < at.slice(0, 10)) return no('date-passed')
  return accept({ type: ReferralHeld.type, data: { ...subject(state), ...wanted } })
}

function setAppointment(state: Referral, { appointmentAt, at }: Step<'set-appointment'>): Decision {
  const status = underWay(state)
  if (status === undefined) return unfit(state, 'not-accepted')
  if (state.appointment?.at === appointmentAt && state.appointment.attendance === undefined) return accept()
  if (appointmentAt.slice(0, 10) < at.slice(0, 10)) return no('date-passed')
  return accept({ type: ReferralAppointmentSet.type, data: { ...subject(state), status, appointmentAt } })
}

/** Who has come is being served: the service begins, or goes on, with it. */
function recordAttendance(state: Referral, { attendance, at }: Step<'record-attendance'>): Decision {
  const status = underWay(state)
  if (status === undefined) return unfit(state, 'not-accepted')
  const { appointment } = state
  if (appointment === undefined) return no('no-appointment')
  if (appointment.attendance === attendance) return accept()
  if (attendance !== 'cancelled' && at.slice(0, 10) < appointment.at.slice(0, 10)) return no('appointment-ahead')
  return accept<ReferralEvent>(
    { type: ReferralAttendanceRecorded.type, data: { ...subject(state), status, appointmentAt: appointment.at, attendance } },
    ...(attendance === 'attended' && status !== 'in-progress' ? [{ type: ReferralStarted.type, data: subject(state) } as const] : []),
  )
}

const escalated = (state: Referral, reason: NonNullable<Referral['escalated']>): ReferralEvent => ({
  type: ReferralEscalated.type,
  data: { ...subject(state), reason },
})

/** Expired, and nobody has seen to the need since. */
const isStranded = ({ status, nextReferralId, settled }: Referral): boolean =>
  status === 'expired' && nextReferralId === undefined && settled === undefined

function keepTime(state: Referral, { upTo }: Step<'keep-time'>): Decision {
  const { status, escalated: known } = state
  const deadline = deadlineOf(state)
  if (deadline === undefined || deadline > upTo) return accept()
  if (status === 'sent') return accept({ type: ReferralExpired.type, data: { ...subject(state), dueAt: deadline } })
  return known === undefined ? accept(escalated(state, status === 'received' ? 'not-answered' : 'hold-over')) : accept()
}

/** One referral takes the place of another: the chain has no branches. That it has no cycles follows: a referral follows one that was there before. */
function takeUp(state: Referral, { nextReferralId }: Step<'take-up'>): Decision {
  if (state.nextReferralId === nextReferralId) return accept()
  if (state.nextReferralId !== undefined || !isUnserved(state)) return no('follows-not-possible')
  return accept({ type: ReferralRerouted.type, data: { ...subject(state), nextReferralId } })
}

function draftAndSend(command: Step<'draft-and-send'>): Decision {
  const { referralId, draft, draftedBy, at } = command
  const drafted: ReferralEvent = { type: 'referral-drafted', data: { referralId, facts: { ...draft, draftedBy, draftedAt: at } } }
  const sent = send(evolve(undefined, drafted), { ...command, type: 'send' })
  return sent.ok ? accept(drafted, ...sent.value) : sent
}

/** The record that a history began. @throws when it did not begin with a draft: a damaged history must not look like a referral */
function begun(state: Referral | undefined): Referral {
  if (state === undefined) throw new Error('a referral without its draft')
  return state
}

/** A row of a list: codes, and no case, because partners list the same rows. */
export const ReferralRow = z.strictObject({
  referralId: ReferralId,
  organisationId: OrganisationId,
  serviceId: ServiceId,
  status: operational(statuses.schema),
  priority: operational(priorities.schema),
  place: operational(guineaPlace()),
  /** Of what waits for the partner's next step: when it must be taken. */
  dueAt: Instant.optional(),
  escalated: operational(escalationReasons.schema).optional(),
})

/** The row of a referral. */
export function rowOf(state: Referral): z.output<typeof ReferralRow> {
  const { referralId, facts, status, escalated } = state
  const { organisationId, serviceId, priority, place } = facts
  const dueAt = deadlineOf(state) ?? (status === 'on-hold' ? undefined : state.dueAt)
  return {
    referralId,
    organisationId,
    serviceId,
    status,
    priority,
    place,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(escalated === undefined ? {} : { escalated }),
  }
}

/** Partition of an office's referrals in one status. */
export const officePartition = (office: string, status: Status): string => `office#${office}#${status}`
/** Partition of what expired at an office and was not seen to since. */
export const strandedPartition = (office: string): string => `stranded#${office}`

export const referrals = aggregate<Referral, ReferralCommand, ReferralEvent, RefusalCode>({
  name: 'referral',
  state: Referral,
  events,
  refusals: catalogue,
  cold: ['facts'],
  resource: (state): Resource => {
    const { draftedBy, organisationId } = state.facts
    return {
      offices: [officeOf(state)],
      assignees: state.holder === undefined ? [draftedBy] : [],
      addressedTo: state.sentAt === undefined ? [] : [organisationId],
      disclosedTo: isDisclosed(state) ? [organisationId] : [],
    }
  },
  index: (state) => {
    const { facts, dueAt, status } = state
    const office = officeOf(state)
    const sk = `${dueAt ?? facts.draftedAt}#${state.referralId}`
    // An office's lists begin with what has waited beyond its deadline; a hold without an end waits behind all others.
    const deadline = deadlineOf(state) ?? (status === 'on-hold' ? '9999' : undefined)
    return {
      gsi1: { pk: officePartition(office, status), sk: deadline === undefined ? sk : `${deadline}#${state.referralId}` },
      // What is before the partner; what has ended leaves its list.
      ...(isOpen(state) ? { gsi2: { pk: `addressed#${facts.organisationId}`, sk } } : {}),
      ...(isStranded(state) ? { gsi2: { pk: strandedPartition(office), sk } } : {}),
      row: rowOf(state),
    }
  },
  decide(state, command): Decision {
    if (command.type === 'draft') {
      if (state !== undefined) return no('already-exists')
      const { referralId, draft, by, at } = command
      return accept({ type: 'referral-drafted', data: { referralId, facts: { ...draft, draftedBy: by.id, draftedAt: at } } })
    }
    if (command.type === 'draft-and-send' && state === undefined) return draftAndSend(command)
    if (state === undefined) return no('not-found')
    switch (command.type) {
      case 'send':
        return send(state, command)
      case 'receive':
        return receive(state, command)
      case 'accept':
        return acceptReferral(state, command)
      case 'decline':
        return decline(state, command)
      case 'start':
        if (state.status === 'in-progress') return accept()
        return isDisclosed(state) ? accept({ type: ReferralStarted.type, data: subject(state) }) : unfit(state, 'not-accepted')
      case 'hold':
        return hold(state, command)
      case 'set-appointment':
        return setAppointment(state, command)
      case 'record-attendance':
        return recordAttendance(state, command)
      case 'complete':
      case 'fail':
        return end(state, command)
      case 'recall':
        return recall(state, command)
      case 'review':
        return review(state, command)
      case 'enter-in-error':
        return enterInError(state)
      case 'keep-time':
        return keepTime(state, command)
      case 'escalate':
        return isStranded(state) && state.escalated === undefined ? accept(escalated(state, 'no-next-partner')) : accept()
      case 'settle':
        if (isStranded(state)) return accept({ type: 'expiry-settled', data: { referralId: state.referralId } })
        return state.settled === true || state.nextReferralId !== undefined ? accept() : no('not-expired')
      case 'take-up':
        return takeUp(state, command)
      case 'draft-and-send':
        return no('already-exists')
    }
  },
  evolve,
})

/** In another state: what was said of the one before is over with it. */
function into({ escalated: _, hold: __, ...state }: Referral, status: Status): Referral {
  return { ...state, status }
}

function evolve(current: Referral | undefined, event: ReferralEvent): Referral {
  if (event.type === 'referral-drafted') return { ...event.data, status: 'draft', consents: [] }
  const state = begun(current)
  switch (event.type) {
    case 'consent-checked': {
      const { step, at, consents } = event.data
      return { ...state, consents, ...(step === 'sending' ? { sentAt: at } : { disclosedAt: at }) }
    }
    case 'feedback-given':
      return { ...state, feedback: event.data.feedback }
    case 'referral-moved':
      return { ...state, holder: event.data.holder }
    case 'entered-in-error':
      return { ...state, status: 'entered-in-error' }
    case 'referral-routing.referral-sent.v1':
      return { ...state, status: 'sent', dueAt: event.data.dueAt }
    case 'referral-routing.referral-received.v1': {
      const { answerDueAt } = event.data
      return { ...into(state, 'received'), ...(answerDueAt === undefined ? {} : { answerDueAt }) }
    }
    case 'referral-routing.referral-accepted.v1':
      return into(state, 'accepted')
    case 'referral-routing.referral-declined.v1':
      return { ...into(state, 'declined'), declineReason: event.data.reason }
    case 'referral-routing.referral-started.v1':
      return into(state, 'in-progress')
    case 'referral-routing.referral-held.v1': {
      const { reason, until } = event.data
      const held = into(state, 'on-hold')
      return reason === undefined ? held : { ...held, hold: { reason, ...(until === undefined ? {} : { until }) } }
    }
    case 'referral-routing.referral-appointment-set.v1':
      return { ...state, appointment: { at: event.data.appointmentAt } }
    case 'referral-routing.referral-attendance-recorded.v1':
      return { ...state, appointment: { at: event.data.appointmentAt, attendance: event.data.attendance } }
    case 'referral-routing.referral-completed.v1':
      return { ...into(state, 'completed'), outcome: event.data.outcome }
    case 'referral-routing.referral-failed.v1':
      return { ...into(state, 'failed'), outcome: event.data.outcome }
    case 'referral-routing.referral-recalled.v1':
      return { ...into(state, 'recalled'), recallReason: event.data.reason }
    case 'referral-routing.referral-expired.v1':
      return into(state, 'expired')
    case 'referral-routing.referral-escalated.v1':
      return { ...state, escalated: event.data.reason }
    case 'referral-routing.referral-rerouted.v1':
      return { ...state, nextReferralId: event.data.nextReferralId }
    case 'expiry-settled':
      return { ...state, settled: true }
    case 'referral-routing.referral-consent-withdrawn.v1':
      return { ...state, consentWithdrawn: true }
  }
}
