import { CaseId, ConsentId, dataScopes, Instant, identity, operational, recallReasons } from '@wontanara/events'
import * as z from 'zod'
import { unallowed } from './ground.ts'
import { type Circumstances, isDisclosed, isOpen, officeOf, Referral } from './referral.ts'
import { Snapshot, scopesOf } from './snapshot.ts'

const stored = Referral.shape
const facts = stored.facts.shape

/** Days after the end of a referral within which the partner deletes what it received, unless a law of its own makes it keep it. */
const keptAfterEnd = 90

/** What the partner undertakes with the data. It travels with each copy of it. */
const Obligations = z.strictObject({
  /** For this service to this person, and nothing else. */
  purpose: facts.service,
  /** Whom else the person needs, the programme refers to. */
  onwardSharing: operational(z.literal('not-allowed')),
  /** Delete within so many days of the end of the referral. */
  deleteAfterEndDays: operational(z.int()),
  /** When the referral is taken back or consent is withdrawn: at once. */
  onWithdrawal: operational(z.literal('stop-and-delete')),
})

/** A reason why a draft cannot be sent yet. */
export const Missing = z.strictObject({ code: operational(z.string()), en: operational(z.string()), fr: operational(z.string()) })
export type Missing = z.output<typeof Missing>

/** A referral as it is shown. What a field's absence means: not known, not yet, or not for this reader. */
export const ReferralView = z.strictObject({
  referralId: stored.referralId,
  status: stored.status,
  /** The partner stops and deletes what it received. */
  obligation: operational(z.literal('stop-and-delete')).optional(),
  organisationId: facts.organisationId.optional(),
  serviceId: facts.serviceId.optional(),
  service: facts.service.optional(),
  priority: facts.priority.optional(),
  place: facts.place.optional(),
  sentAt: Instant.optional(),
  dueAt: Instant.optional(),
  answerDueAt: stored.answerDueAt,
  disclosedAt: Instant.optional(),
  declineReason: stored.declineReason,
  outcome: stored.outcome,
  hold: stored.hold,
  appointment: stored.appointment,
  /** In the answer to a draft: what sending it now would be refused for. */
  missing: z.array(Missing).optional(),
  snapshot: Snapshot.optional(),
  /** In place of `snapshot`, for a partner that has set a key: a JWE (RFC 7516) of `{ referralId, obligations, snapshot }`. */
  encrypted: identity(z.string()).optional(),
  obligations: Obligations.optional(),
  caseId: CaseId.optional(),
  needId: facts.needId.optional(),
  office: facts.office.optional(),
  forReturn: facts.forReturn.optional(),
  follows: facts.follows,
  /** The referral that takes the place of this one, which ended without the service. */
  nextReferralId: stored.nextReferralId,
  escalated: stored.escalated,
  settled: stored.settled,
  draftedBy: facts.draftedBy.optional(),
  draftedAt: Instant.optional(),
  scopes: operational(z.array(dataScopes.schema)).optional(),
  consents: operational(z.array(ConsentId)).optional(),
  recallReason: operational(recallReasons.schema).optional(),
  consentWithdrawn: stored.consentWithdrawn,
  feedback: stored.feedback,
  chosenBy: facts.chosenBy,
  age: facts.age,
  sex: facts.sex,
  languages: facts.languages.optional(),
})
export type ReferralView = z.output<typeof ReferralView>

/** What a disclosure rests on besides the referral itself. */
export type Disclosing = Pick<Circumstances, 'file' | 'organisation'>

/** What members of staff see; the classes of their roles decide on the rest. */
export const forStaff = (state: Referral): ReferralView => {
  const { facts, holder: _, ...rest } = state
  return { ...rest, ...facts, office: officeOf(state), scopes: [...scopesOf(facts.snapshot)] }
}

/**
 * What the partner it was sent to sees. Before acceptance: codes, place and urgency. From acceptance to the end the data as well. All of it
 * only while the organisation is active and consents, or an exception, allow every scope: else ids alone, and while it has the referral
 * before it, or was told to delete, that it must stop and delete.
 * @param reading whether the data is asked for
 */
export function forPartner(
  state: Referral,
  { file, organisation }: Disclosing,
  at: string,
  reading: 'codes' | 'data' = 'data',
): ReferralView {
  const { referralId, status, sentAt, dueAt, disclosedAt, declineReason, outcome, consentWithdrawn } = state
  if (status === 'recalled' || status === 'entered-in-error') return { referralId, status: 'recalled', obligation: 'stop-and-delete' }
  if (consentWithdrawn === true) return { referralId, status, obligation: 'stop-and-delete' }
  if (organisation?.status !== 'active' || unallowed(state, file, at).length > 0)
    return { referralId, status, ...(isOpen(state) ? { obligation: 'stop-and-delete' } : {}) }
  const { organisationId, serviceId, service, priority, place, snapshot } = state.facts
  const { answerDueAt, hold, appointment } = state
  const own = { sentAt, dueAt, answerDueAt, declineReason, outcome, hold, appointment }
  const minimum = { referralId, status, organisationId, serviceId, service, priority, place, ...own }
  return reading === 'data' && isDisclosed(state) ? { ...minimum, disclosedAt, snapshot, obligations: obligationsOf(state) } : minimum
}

const obligationsOf = ({ facts: { service } }: Referral): z.output<typeof Obligations> => ({
  purpose: service,
  onwardSharing: 'not-allowed',
  deleteAfterEndDays: keptAfterEnd,
  onWithdrawal: 'stop-and-delete',
})

/** What leaves with a partner's view. */
export const kindOf = ({ obligation, snapshot, encrypted }: ReferralView): 'codes' | 'data' | 'notice' =>
  obligation !== undefined ? 'notice' : snapshot === undefined && encrypted === undefined ? 'codes' : 'data'
