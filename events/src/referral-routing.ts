import * as z from 'zod'
import { declineReasons, offices, priorities, recallReasons, referralOutcomes, serviceTypes } from './codes.ts'
import { defineEvent } from './define-event.ts'
import { CaseId, Instant, NeedId, OrganisationId, ReferralId, ServiceId } from './ids.ts'
import { operational } from './label.ts'

const referral = {
  referralId: ReferralId,
  caseId: CaseId,
  needId: NeedId,
  office: operational(offices.schema),
  organisationId: OrganisationId,
  serviceId: ServiceId,
}

export const ReferralSent = defineEvent('referral-routing.referral-sent.v1', {
  summary: 'A referral was sent to a partner organisation, which acknowledges it before `dueAt`.',
  data: z.object({
    ...referral,
    service: operational(serviceTypes.schema),
    priority: operational(priorities.schema),
    dueAt: Instant,
  }),
})

export const ReferralReceived = defineEvent('referral-routing.referral-received.v1', {
  summary: 'The partner acknowledged that it has received the referral.',
  data: z.object(referral),
})

export const ReferralAccepted = defineEvent('referral-routing.referral-accepted.v1', {
  summary: 'The partner accepted the referral; from now on it may read the data consented to.',
  data: z.object(referral),
})

export const ReferralDeclined = defineEvent('referral-routing.referral-declined.v1', {
  summary: 'The partner declined the referral; the need waits for another answer.',
  data: z.object({ ...referral, reason: operational(declineReasons.schema) }),
})

export const ReferralStarted = defineEvent('referral-routing.referral-started.v1', {
  summary: 'The partner began, or resumed, the service.',
  data: z.object(referral),
})

export const ReferralHeld = defineEvent('referral-routing.referral-held.v1', {
  summary: 'The partner put the service on hold.',
  data: z.object(referral),
})

export const ReferralCompleted = defineEvent('referral-routing.referral-completed.v1', {
  summary: 'The partner completed the service: the need is met.',
  data: z.object({ ...referral, outcome: operational(referralOutcomes.schema) }),
})

export const ReferralFailed = defineEvent('referral-routing.referral-failed.v1', {
  summary: 'The service could not be given; the need waits for another answer.',
  data: z.object({ ...referral, outcome: operational(referralOutcomes.schema) }),
})

export const ReferralRecalled = defineEvent('referral-routing.referral-recalled.v1', {
  summary: 'A sent referral was taken back: the partner stops and deletes what it received.',
  data: z.object({ ...referral, reason: operational(recallReasons.schema) }),
})

export const ReferralConsentWithdrawn = defineEvent('referral-routing.referral-consent-withdrawn.v1', {
  summary:
    'After a referral had ended, the consent it rested on was withdrawn: it stays as it is, and the partner deletes what it keeps on that basis.',
  data: z.object({ ...referral, status: operational(z.enum(['completed', 'failed'])) }),
})
