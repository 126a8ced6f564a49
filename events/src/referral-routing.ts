import * as z from 'zod'
import {
  attendances,
  declineReasons,
  endpointStops,
  escalationReasons,
  exceptionBases,
  exceptionOutcomes,
  holdReasons,
  offices,
  priorities,
  recallReasons,
  referralOutcomes,
  serviceTypes,
} from './codes.ts'
import { defineEvent } from './define-event.ts'
import { CalendarDate, CaseId, EndpointId, Instant, NeedId, OrganisationId, ReferralId, ReplayId, ServiceId } from './ids.ts'
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
  summary: 'The partner acknowledged that it has received the referral, and answers before `answerDueAt`.',
  data: z.object({ ...referral, answerDueAt: Instant.optional() }),
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
  summary: 'The partner put the service on hold, or said anew why and until when.',
  data: z.object({ ...referral, reason: operational(holdReasons.schema).optional(), until: CalendarDate.optional() }),
})

/** Where a referral that stays as it is stands: what partners are told of it. */
const underWay = operational(z.enum(['accepted', 'in-progress', 'on-hold']))

export const ReferralAppointmentSet = defineEvent('referral-routing.referral-appointment-set.v1', {
  summary: 'The partner has made, or moved, an appointment with the person.',
  data: z.object({ ...referral, status: underWay, appointmentAt: Instant }),
})

export const ReferralAttendanceRecorded = defineEvent('referral-routing.referral-attendance-recorded.v1', {
  summary: 'Whether the person came to the appointment.',
  data: z.object({ ...referral, status: underWay, appointmentAt: Instant, attendance: operational(attendances.schema) }),
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

export const EndpointEnabled = defineEvent('referral-routing.endpoint-enabled.v1', {
  summary: 'An endpoint of a partner was set or switched on: it is told what is on the feed after what it has.',
  data: z.object({ organisationId: OrganisationId, endpointId: EndpointId, at: Instant }),
})

export const EndpointDisabled = defineEvent('referral-routing.endpoint-disabled.v1', {
  summary: 'Nothing more is sent to an endpoint of a partner, which may have to be told: its events remain on the feed.',
  data: z.object({ organisationId: OrganisationId, endpointId: EndpointId, reason: operational(endpointStops.schema) }),
})

export const ReferralExpired = defineEvent('referral-routing.referral-expired.v1', {
  summary:
    'The partner did not acknowledge the referral by `dueAt`: it is no longer its to take, and goes to the next partner that may receive it.',
  data: z.object({ ...referral, dueAt: Instant }),
})

export const ReferralEscalated = defineEvent('referral-routing.referral-escalated.v1', {
  summary: 'Nobody acts on a referral any more: the coordinator of the office must look at it.',
  data: z.object({ ...referral, reason: operational(escalationReasons.schema) }),
})

export const ReferralRerouted = defineEvent('referral-routing.referral-rerouted.v1', {
  summary:
    'Another referral, which was sent for the same need, takes the place of one that ended without the service: the chain goes on there.',
  data: z.object({ ...referral, nextReferralId: ReferralId }),
})

const exception = { referralId: ReferralId, caseId: CaseId, office: operational(offices.schema) }

export const ExceptionConfirmed = defineEvent('referral-routing.exception-confirmed.v1', {
  summary:
    'Two named persons opened a referral without consent, until `until`: supervisor and data-protection officer are told, and a third person reviews it before `reviewDueAt`.',
  data: z.object({
    ...exception,
    basis: operational(exceptionBases.schema),
    confirmedAt: Instant,
    until: Instant,
    reviewDueAt: Instant,
  }),
})

export const ExceptionReviewed = defineEvent('referral-routing.exception-reviewed.v1', {
  summary: 'A third person reviewed the exception from consent of a referral. Rejected, it opens nothing any more.',
  data: z.object({ ...exception, outcome: operational(exceptionOutcomes.schema) }),
})

export const ExceptionReviewOverdue = defineEvent('referral-routing.exception-review-overdue.v1', {
  summary: 'The review of an exception from consent is overdue; told every day until it is reviewed.',
  data: z.object({ ...exception, reviewDueAt: Instant, day: CalendarDate }),
})

export const ReplayRequested = defineEvent('referral-routing.replay-requested.v1', {
  summary: 'A partner asked for a test, or to be told once more of what is on its feed.',
  data: z.object({ organisationId: OrganisationId, endpointId: EndpointId, replayId: ReplayId }),
})
