import { defineSubscriptions } from '@wontanara/core'
import {
  CaseClosed,
  CaseInterrupted,
  CaseMerged,
  CaseReopened,
  CaseResumed,
  CaseTransferred,
  CaseUnmerged,
  ConsentGiven,
  ConsentWithdrawn,
  NeedRecorded,
  ReferralAccepted,
  ReferralCompleted,
  ReferralConsentWithdrawn,
  ReferralDeclined,
  ReferralFailed,
  ReferralHeld,
  ReferralRecalled,
  ReferralReceived,
  ReferralSent,
  ReferralStarted,
  ReturnWithdrawn,
  VoluntaryReturnConfirmed,
} from '@wontanara/events'

const referralNews = [
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

/** Queue of `events.lambda.ts`: what this service must know of a case, and its own events for the partners' feed. */
export const subscriptions = defineSubscriptions('referral-routing', [
  NeedRecorded,
  ConsentGiven,
  ConsentWithdrawn,
  VoluntaryReturnConfirmed,
  ReturnWithdrawn,
  CaseClosed,
  CaseReopened,
  CaseInterrupted,
  CaseResumed,
  CaseTransferred,
  CaseMerged,
  CaseUnmerged,
  ...referralNews,
])

/** Queue of `webhooks.lambda.ts`: a queue of its own, because a partner that does not answer must hold up nothing else. */
export const webhookSubscriptions = defineSubscriptions('referral-routing', referralNews)

/**
 * Seconds between the attempts to reach a partner's endpoint: the example schedule of Standard Webhooks (75:35:05 in all), but that a queue
 * hides a message for twelve hours at most.
 */
export const webhookPauses = [5, 300, 1800, 7200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200, 43_200] as const
