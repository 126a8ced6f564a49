import type { Principal } from '@wontanara/core'
import { CaseId, ConsentId, dataScopes, Instant, operational, recallReasons } from '@wontanara/events'
import * as z from 'zod'
import { type CaseFile, uncovered } from './case-file.ts'
import { isDisclosed, Referral } from './referral.ts'
import { Snapshot } from './snapshot.ts'

const stored = Referral.shape

/** A referral as it is shown. What a field's absence means: not known, not yet, or not for this reader. */
export const ReferralView = z.strictObject({
  referralId: stored.referralId,
  status: stored.status,
  /** The partner stops and deletes what it received. */
  obligation: operational(z.literal('stop-and-delete')).optional(),
  organisationId: stored.organisationId.optional(),
  serviceId: stored.serviceId.optional(),
  service: stored.service.optional(),
  priority: stored.priority.optional(),
  place: stored.place.optional(),
  sentAt: Instant.optional(),
  dueAt: Instant.optional(),
  disclosedAt: Instant.optional(),
  declineReason: stored.declineReason,
  outcome: stored.outcome,
  snapshot: Snapshot.optional(),
  caseId: CaseId.optional(),
  needId: stored.needId.optional(),
  office: stored.office.optional(),
  forReturn: stored.forReturn.optional(),
  follows: stored.follows,
  draftedBy: stored.draftedBy.optional(),
  draftedAt: Instant.optional(),
  scopes: operational(z.array(dataScopes.schema)).optional(),
  consents: operational(z.array(ConsentId)).optional(),
  recallReason: operational(recallReasons.schema).optional(),
  feedback: stored.feedback,
  age: stored.content.shape.age,
  languages: stored.content.shape.languages.optional(),
})
export type ReferralView = z.output<typeof ReferralView>

/** What members of staff see; the classes of their roles decide on the rest. */
function forStaff({ content: { snapshot, age, languages }, ...rest }: Referral): ReferralView {
  return { ...rest, snapshot, age, languages }
}

/**
 * What the partner it was sent to sees. Before acceptance: codes, place and urgency. From acceptance to the end, and only while consents
 * cover every scope: the data. After it was taken back: that it was, and that what was received must be deleted.
 */
export function forPartner(state: Referral, file: CaseFile | undefined, at: string): ReferralView {
  const { referralId, organisationId, serviceId, service, priority, place, sentAt, dueAt, disclosedAt, declineReason, outcome } = state
  if (state.status === 'recalled' || state.status === 'entered-in-error')
    return { referralId, status: 'recalled', obligation: 'stop-and-delete' }
  const minimum = {
    referralId,
    status: state.status,
    organisationId,
    serviceId,
    service,
    priority,
    place,
    sentAt,
    dueAt,
    declineReason,
    outcome,
  }
  if (!isDisclosed(state)) return minimum
  if (uncovered(file, organisationId, state.scopes, at).length > 0) return { ...minimum, obligation: 'stop-and-delete' }
  return { ...minimum, disclosedAt, snapshot: state.content.snapshot }
}

/** A referral for a reader. */
export const viewFor = (reader: Principal, state: Referral, file: CaseFile | undefined, at: string): ReferralView =>
  reader.kind === 'partner' ? forPartner(state, file, at) : forStaff(state)

/** A row of a list: what the index holds. */
export const ReferralRow = z.strictObject({
  referralId: stored.referralId,
  organisationId: stored.organisationId,
  serviceId: stored.serviceId,
  status: stored.status,
  priority: stored.priority,
  place: stored.place,
  dueAt: Instant.optional(),
})
