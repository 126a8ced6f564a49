import type { Principal } from '@wontanara/core'
import { CaseId, ConsentId, dataScopes, Instant, operational, recallReasons } from '@wontanara/events'
import * as z from 'zod'
import { unallowed } from './ground.ts'
import { type Circumstances, isDisclosed, officeOf, Referral } from './referral.ts'
import { Snapshot, scopesOf } from './snapshot.ts'

const stored = Referral.shape
const facts = stored.facts.shape

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
  disclosedAt: Instant.optional(),
  declineReason: stored.declineReason,
  outcome: stored.outcome,
  snapshot: Snapshot.optional(),
  caseId: CaseId.optional(),
  needId: facts.needId.optional(),
  office: facts.office.optional(),
  forReturn: facts.forReturn.optional(),
  follows: facts.follows,
  draftedBy: facts.draftedBy.optional(),
  draftedAt: Instant.optional(),
  scopes: operational(z.array(dataScopes.schema)).optional(),
  consents: operational(z.array(ConsentId)).optional(),
  recallReason: operational(recallReasons.schema).optional(),
  consentWithdrawn: stored.consentWithdrawn,
  feedback: stored.feedback,
  age: facts.age,
  languages: facts.languages.optional(),
})
export type ReferralView = z.output<typeof ReferralView>

/** What a disclosure rests on besides the referral itself. */
export type Disclosing = Pick<Circumstances, 'file' | 'organisation'>

/** What members of staff see; the classes of their roles decide on the rest. */
const forStaff = (state: Referral): ReferralView => {
  const { facts, holder: _, ...rest } = state
  return { ...rest, ...facts, office: officeOf(state), scopes: [...scopesOf(facts.snapshot)] }
}

/**
 * What the partner it was sent to sees. Before acceptance: codes, place and urgency. From acceptance to the end, and only while it is
 * active and consents cover every scope: the data.
 * After it was taken back: that it was, and that what was received must be deleted. After an end whose consent was withdrawn: codes, and the same.
 */
export function forPartner(state: Referral, disclosing: Disclosing | 'nothing', at: string): ReferralView {
  const { referralId, status, sentAt, dueAt, disclosedAt, declineReason, outcome, consentWithdrawn } = state
  if (status === 'recalled' || status === 'entered-in-error') return { referralId, status: 'recalled', obligation: 'stop-and-delete' }
  const { organisationId, serviceId, service, priority, place, snapshot } = state.facts
  const minimum = { referralId, status, organisationId, serviceId, service, priority, place, sentAt, dueAt, declineReason, outcome }
  if (consentWithdrawn === true) return { ...minimum, obligation: 'stop-and-delete' }
  if (!isDisclosed(state) || disclosing === 'nothing') return minimum
  const { file, organisation } = disclosing
  if (organisation?.status !== 'active' || unallowed(state, file, at).length > 0) return { ...minimum, obligation: 'stop-and-delete' }
  return { ...minimum, disclosedAt, snapshot }
}

/** A referral for a reader. */
export const viewFor = (reader: Principal, state: Referral, disclosing: Disclosing | 'nothing', at: string): ReferralView =>
  reader.kind === 'partner' ? forPartner(state, disclosing, at) : forStaff(state)
