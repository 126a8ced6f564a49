import { defineSubscriptions } from '@wontanara/core'
import {
  DayBegan,
  ExportContinued,
  ExportRequested,
  ManifestPartReceived,
  ReferralCompleted,
  ReferralDeclined,
  ReferralExpired,
  ReferralFailed,
  ReferralRecalled,
  ReferralSent,
} from '@wontanara/events'

/** What becomes of a referral says what becomes of the need behind it; a day that begins, that appointments are due. */
export const subscriptions = defineSubscriptions('case-intake', [
  ReferralSent,
  ReferralDeclined,
  ReferralCompleted,
  ReferralFailed,
  ReferralRecalled,
  ReferralExpired,
  DayBegan,
])

/** What is received of a manifest is processed part by part. */
export const manifestSubscriptions = defineSubscriptions('case-intake', [ManifestPartReceived])

/** An export is written in turns, each begun by an event. */
export const exportSubscriptions = defineSubscriptions('case-intake', [ExportRequested, ExportContinued])
