import { defineSubscriptions } from '@wontanara/core'
import { ReferralCompleted, ReferralDeclined, ReferralFailed, ReferralRecalled, ReferralSent } from '@wontanara/events'

/** What becomes of a referral says what becomes of the need behind it. */
export const subscriptions = defineSubscriptions('case-intake', [
  ReferralSent,
  ReferralDeclined,
  ReferralCompleted,
  ReferralFailed,
  ReferralRecalled,
])
