import { line } from '@wontanara/core'
import { CaseId, Instant, identity, NeedId, operational, priorities, ReferralId, StaffId, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { needRefusalReasons, type needStatuses, providers, referralStates } from './codes.ts'

/** What became of one referral of a need. `sequence`: version of the referral that said so; a lower one that arrives later says nothing new. */
export const ReferralLink = z.strictObject({
  referralId: ReferralId,
  sequence: operational(z.int().min(0)),
  state: operational(referralStates.schema),
})
export type ReferralLink = z.output<typeof ReferralLink>

export const ServiceTerms = { provider: operational(providers.schema), on: operational(z.iso.date()) }
export const RefusalTerms = { reason: operational(needRefusalReasons.schema) }

/** How a need was answered without a referral: a service was given, or its refusal is documented (activity B13). */
export const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: operational(z.literal('service')), ...ServiceTerms, recordedBy: StaffId }),
  z.strictObject({ kind: operational(z.literal('refusal')), ...RefusalTerms, recordedBy: StaffId }),
])
export type Answer = z.output<typeof Answer>

export const NeedTerms = {
  service: operational(serviceTypes.schema),
  priority: operational(priorities.schema),
  detail: identity(line(120)).optional(),
}

/** A need of the register. */
export const Need = z.strictObject({
  needId: NeedId,
  ...NeedTerms,
  recordedAt: Instant,
  referrals: z.array(ReferralLink).optional(),
  answer: Answer.optional(),
  /** The merged case that brought it. */
  from: CaseId.optional(),
})
export type Need = z.output<typeof Need>
export type NeedStatus = (typeof needStatuses.codes)[number]

/**
 * Where a need stands: a fold of all that is known, so that the order in which events arrive does not matter. Met only by a completed
 * referral or a recorded service; declined only by a documented refusal; referred while a partner has it.
 */
export function needStatus({ answer, referrals = [] }: Pick<Need, 'answer' | 'referrals'>): NeedStatus {
  if (answer?.kind === 'service' || referrals.some(({ state }) => state === 'completed')) return 'met'
  if (referrals.some(({ state }) => state === 'sent')) return 'referred'
  return answer === undefined ? 'open' : 'declined'
}

/** Whether news of a referral says anything that is not known yet. */
export const isNews = ({ referrals = [] }: Need, link: ReferralLink): boolean =>
  !referrals.some(({ referralId, sequence }) => referralId === link.referralId && sequence >= link.sequence)

/** The need with the latest news of one of its referrals. */
export const withReferral = (need: Need, link: ReferralLink): Need =>
  isNews(need, link)
    ? { ...need, referrals: [...(need.referrals ?? []).filter(({ referralId }) => referralId !== link.referralId), link] }
    : need
