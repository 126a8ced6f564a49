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
  CaseId,
  ConsentId,
  codeList,
  dataScopes,
  declineReasons,
  Instant,
  identity,
  languages,
  NeedId,
  OrganisationId,
  offices,
  operational,
  priorities,
  ReferralAccepted,
  ReferralCompleted,
  ReferralConsentWithdrawn,
  ReferralDeclined,
  ReferralFailed,
  ReferralHeld,
  ReferralId,
  ReferralRecalled,
  ReferralReceived,
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
import { obstacles, type Service } from './service.ts'
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
  'entered-in-error': { en: 'Entered in error', fr: 'Saisie erronée' },
})
export type Status = (typeof statuses.codes)[number]

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
  /** The referral that another partner declined or could not serve, and that this one takes up. */
  follows: ReferralId.optional(),
}
/** What decides on eligibility and is not itself disclosed. */
export const applicantFields = {
  age: identity(z.int().min(0).max(120)).optional(),
  languages: identity(z.array(languages.schema).max(14)),
}

/** What was laid down when drafting and never changes: kept in an item of its own, so that a step does not write it again. */
const Facts = z.strictObject({
  ...draftFields,
  ...applicantFields,
  organisationId: OrganisationId,
  service: operational(serviceTypes.schema),
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
  ReferralSent,
  ReferralReceived,
  ReferralAccepted,
  ReferralDeclined,
  ReferralStarted,
  ReferralHeld,
  ReferralCompleted,
  ReferralFailed,
  ReferralRecalled,
  ReferralConsentWithdrawn,
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
    | { readonly type: 'hold' }
    | {
        readonly type: 'complete' | 'fail'
        readonly outcome: (typeof referralOutcomes.codes)[number]
        readonly feedback?: string | undefined
      }
    | { readonly type: 'recall'; readonly why: (typeof recallReasons.codes)[number] }
    /** Whether the case still allows it; recalls it when not, and tells the partner to delete when it has ended. */
    | { readonly type: 'review'; readonly file: CaseFile | undefined }
    | { readonly type: 'enter-in-error' }
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
  const { birthDate } = snapshot
  const languages = referral.facts.languages.length > 0 ? referral.facts.languages : (snapshot.languages ?? [])
  // The referrer names case, need and office; that they belong together is case-intake's to say.
  const isKnown = file?.needs.some((need) => need.needId === needId && (file.holder?.office ?? need.office) === officeOf(referral))
  return [
    ...(isKnown === true ? [] : [{ code: 'need-unknown' } as const]),
    ...unconsented(referral, file, at),
    ...(file?.course?.now === 'closed' ? [{ code: 'case-closed' } as const] : []),
    ...(isInterrupted(file, forReturn) ? [{ code: 'case-interrupted' } as const] : []),
    ...(forReturn && file?.returnWithdrawn?.holds === true ? [{ code: 'return-withdrawn' } as const] : []),
    ...obstacles(service, organisation, { place, birthDate, age, languages }, at.slice(0, 10)),
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
  const dueAt = new Date(Date.parse(at) + clocks[state.facts.priority] * 3_600_000).toISOString()
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
    case 'sent':
    case 'received':
    case 'accepted':
    case 'in-progress':
    case 'on-hold':
      return no(otherwise)
  }
}

function receive(state: Referral): Decision {
  if (state.status === 'sent') return accept({ type: ReferralReceived.type, data: subject(state) })
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
  if (!isOpen(state)) return accept()
  if (lost !== undefined) return accept(recalled(state, lost))
  if (state.facts.forReturn && file?.returnWithdrawn?.holds === true) return accept(recalled(state, 'return-withdrawn'))
  const course = file?.course?.now
  if (course === 'deceased' || (course === 'ineligible' && state.facts.forReturn)) return accept(recalled(state, 'case-interrupted'))
  return course === 'closed' ? accept(recalled(state, 'case-closed')) : accept()
}

function enterInError(state: Referral): Decision {
  if (state.status === 'entered-in-error') return accept()
  const { referralId } = state
  // Ended or not: the partner deletes what it should never have received, and the need that it seemed to meet is open again.
  const isWithPartner = state.status !== 'draft' && state.status !== 'recalled'
  return accept(...(isWithPartner ? [recalled(state, 'sent-in-error')] : []), { type: 'entered-in-error', data: { referralId } })
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
  dueAt: Instant.optional(),
})

/** The row of a referral. */
export function rowOf({ referralId, facts, status, dueAt }: Referral): z.output<typeof ReferralRow> {
  const { organisationId, serviceId, priority, place } = facts
  return { referralId, organisationId, serviceId, status, priority, place, ...(dueAt === undefined ? {} : { dueAt }) }
}

/** Partition of an office's referrals in one status. */
export const officePartition = (office: string, status: Status): string => `office#${office}#${status}`

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
    const sk = `${dueAt ?? facts.draftedAt}#${state.referralId}`
    return {
      gsi1: { pk: officePartition(officeOf(state), status), sk },
      // What is before the partner; what has ended leaves its list.
      ...(isOpen(state) ? { gsi2: { pk: `addressed#${facts.organisationId}`, sk } } : {}),
      row: rowOf(state),
    }
  },
  decide(state, command): Decision {
    if (command.type === 'draft') {
      if (state !== undefined) return no('already-exists')
      const { referralId, draft, by, at } = command
      return accept({ type: 'referral-drafted', data: { referralId, facts: { ...draft, draftedBy: by.id, draftedAt: at } } })
    }
    if (state === undefined) return no('not-found')
    switch (command.type) {
      case 'send':
        return send(state, command)
      case 'receive':
        return receive(state)
      case 'accept':
        return acceptReferral(state, command)
      case 'decline':
        return decline(state, command)
      case 'start':
        if (state.status === 'in-progress') return accept()
        return isDisclosed(state) ? accept({ type: ReferralStarted.type, data: subject(state) }) : unfit(state, 'not-accepted')
      case 'hold':
        if (state.status === 'on-hold') return accept()
        return isDisclosed(state) ? accept({ type: ReferralHeld.type, data: subject(state) }) : unfit(state, 'not-accepted')
      case 'complete':
      case 'fail':
        return end(state, command)
      case 'recall':
        return recall(state, command)
      case 'review':
        return review(state, command)
      case 'enter-in-error':
        return enterInError(state)
    }
  },
  evolve,
})

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
    case 'referral-routing.referral-received.v1':
      return { ...state, status: 'received' }
    case 'referral-routing.referral-accepted.v1':
      return { ...state, status: 'accepted' }
    case 'referral-routing.referral-declined.v1':
      return { ...state, status: 'declined', declineReason: event.data.reason }
    case 'referral-routing.referral-started.v1':
      return { ...state, status: 'in-progress' }
    case 'referral-routing.referral-held.v1':
      return { ...state, status: 'on-hold' }
    case 'referral-routing.referral-completed.v1':
      return { ...state, status: 'completed', outcome: event.data.outcome }
    case 'referral-routing.referral-failed.v1':
      return { ...state, status: 'failed', outcome: event.data.outcome }
    case 'referral-routing.referral-recalled.v1':
      return { ...state, status: 'recalled', recallReason: event.data.reason }
    case 'referral-routing.referral-consent-withdrawn.v1':
      return { ...state, consentWithdrawn: true }
  }
}
