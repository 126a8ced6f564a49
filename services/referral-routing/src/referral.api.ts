import { note, pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import {
  CaseId,
  declineReasons,
  identity,
  offices,
  operational,
  ReferralId,
  recallReasons,
  referralOutcomes,
  serviceTypes,
} from '@wontanara/events'
import * as z from 'zod'
import { disclosureRoutes } from './disclosure.api.ts'
import * as examples from './examples.ts'
import { exceptionRoutes } from './exception.api.ts'
import { fhirRoutes } from './fhir.api.ts'
import { loopRoutes } from './loop.api.ts'
import { applicantFields, draftFields, ReferralRow, statuses } from './referral.ts'
import { Snapshot } from './snapshot.ts'
import { Missing, ReferralView } from './views.ts'

/** What is asked to be disclosed. Health is named here only to be refused with a reason. */
const RequestedSnapshot = Snapshot.extend({
  health: z
    .unknown()
    .refine((value) => value === undefined, { params: { code: 'health-not-carried' } })
    .optional(),
})
  .refine((snapshot) => Object.values(snapshot).some((value) => value !== undefined), { params: { code: 'nothing-to-disclose' } })
  .transform(({ health: _, ...snapshot }): Snapshot => snapshot)

/** A step of the partner: guarded by the state of the referral, not by a version, so that it may follow a webhook without a read. */
const partnerStep = { response: ReferralView, unversioned: true } as const
const endings = ['not-sent', 'recalled', 'expired', 'already-ended'] as const

/** What staff and partners do with a referral: the routes of one function. */
export const referralRoutes = {
  ...disclosureRoutes,
  ...exceptionRoutes,
  ...fhirRoutes,
  draftReferral: {
    route: 'POST /v1/referrals',
    summary:
      'Drafts a referral: the need, the service, and a copy of the data that the partner will receive if it accepts. Without a service the best one is taken and, where a rule of the office says so, the referral is sent at once.',
    permit: 'referral:draft',
    creates: true,
    body: z
      .object({
        ...draftFields,
        ...applicantFields,
        /** A service, or the type of which the best one is taken that the person consented to. */
        serviceId: draftFields.serviceId.optional(),
        service: operational(serviceTypes.schema).optional(),
        snapshot: RequestedSnapshot,
      })
      .refine(({ serviceId, service }) => (serviceId === undefined) !== (service === undefined), {
        path: ['serviceId'],
        params: { code: 'service-or-type' },
      }),
    response: ReferralView,
    refusals: [
      'service-or-type',
      'service-unknown',
      'no-service-fits',
      'follows-not-possible',
      'health-not-carried',
      'nothing-to-disclose',
    ],
    example: { body: examples.draft, response: examples.drafted },
  },
  readReferral: {
    route: 'GET /v1/referrals/{referralId}',
    summary:
      'Reads a referral. A partner sees codes, place and urgency; from acceptance to the end the data consented to; after a recall nothing more.',
    permit: 'referral:read',
    response: ReferralView,
    example: { response: examples.disclosed },
  },
  listReferrals: {
    route: 'GET /v1/referrals',
    summary: 'Lists referrals: for staff by office and status or by case, for a partner those that are before it, the most urgent first.',
    permit: 'referral:list',
    query: z.object({
      office: offices.schema.optional(),
      status: statuses.schema.optional(),
      caseId: CaseId.optional(),
      ...pageQuery,
    }),
    response: pageOf(ReferralRow, operational),
    refusals: ['choose-a-list', 'not-a-partner-filter'],
    example: { query: { office: 'conakry', status: 'sent' }, response: { items: [examples.row] } },
  },
  readSending: {
    route: 'GET /v1/referrals/{referralId}/sending',
    summary: 'What is missing before this draft can be sent: the reasons that sending it now would be refused for.',
    permit: 'referral:send',
    response: z.strictObject({
      referralId: ReferralId,
      missing: z.array(Missing),
    }),
    example: {
      response: {
        referralId: examples.referralId,
        missing: [{ code: 'no-capacity', en: 'The service has no free place.', fr: "Le service n'a pas de place libre." }],
      },
    },
  },
  sendReferral: {
    route: 'POST /v1/referrals/{referralId}/sending',
    summary:
      'Sends a draft, if consent covers every scope of the data and the service is open to the person. Each reason against it is listed.',
    permit: 'referral:send',
    response: ReferralView,
    refusals: [
      'not-draft',
      'need-unknown',
      'consent-missing',
      'case-closed',
      'case-interrupted',
      'return-withdrawn',
      'partner-inactive',
      'service-not-open',
      'service-closed',
      'no-capacity',
      'out-of-area',
      'no-common-language',
      'sex-not-served',
      'sex-unknown',
      'too-young',
      'too-old',
      'age-unknown',
    ],
    example: { response: examples.sent },
  },
  acknowledgeReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/receipt',
    summary: 'The partner has received the referral: 24 hours, 72 hours or 14 days are given by the priority.',
    permit: 'referral:answer',
    refusals: endings,
    example: { response: examples.addressed },
  },
  acceptReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/acceptance',
    summary: 'The partner accepts. Consent is checked once more, and the data is disclosed. Of two who accept at once, one is refused.',
    permit: 'referral:answer',
    refusals: [...endings, 'already-accepted', 'consent-missing', 'partner-inactive'],
    example: { response: examples.disclosed },
  },
  declineReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/decline',
    summary: 'The partner declines, with a reason.',
    permit: 'referral:answer',
    body: z.object({ reason: operational(declineReasons.schema), note: identity(note(1000)).optional() }),
    refusals: [...endings, 'already-accepted'],
    example: {
      body: { reason: 'no-capacity' },
      response: { ...examples.addressed, status: 'declined', declineReason: 'no-capacity' },
    },
  },
  startReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/start',
    summary: 'The partner begins the service, or resumes it.',
    permit: 'referral:progress',
    refusals: [...endings, 'not-accepted'],
    example: { response: { ...examples.addressed, status: 'in-progress' } },
  },
  holdReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/hold',
    summary: 'The partner puts the service on hold.',
    permit: 'referral:progress',
    refusals: [...endings, 'not-accepted'],
    example: { response: { ...examples.addressed, status: 'on-hold' } },
  },
  completeReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/completion',
    summary: 'The partner has given the service. From here on it no longer reads the data.',
    permit: 'referral:progress',
    body: z.object({
      outcome: operational(referralOutcomes.schema.extract(['fully-served', 'partly-served'])),
      feedback: identity(note(1000)).optional(),
    }),
    refusals: [...endings, 'not-accepted', 'not-started'],
    example: {
      body: { outcome: 'fully-served' },
      response: { ...examples.addressed, status: 'completed', outcome: 'fully-served' },
    },
  },
  failReferral: {
    ...partnerStep,
    route: 'POST /v1/referrals/{referralId}/failure',
    summary: 'The service could not be given.',
    permit: 'referral:progress',
    body: z.object({
      outcome: operational(referralOutcomes.schema.exclude(['fully-served', 'partly-served'])),
      feedback: identity(note(1000)).optional(),
    }),
    refusals: [...endings, 'not-accepted'],
    example: {
      body: { outcome: 'person-not-reached' },
      response: { ...examples.addressed, status: 'failed', outcome: 'person-not-reached' },
    },
  },
  recallReferral: {
    route: 'POST /v1/referrals/{referralId}/recall',
    summary: 'Takes a sent referral back: the partner stops and deletes. It must never be held up by what the partner did meanwhile.',
    permit: 'referral:recall',
    unversioned: true,
    body: z.object({ reason: operational(recallReasons.schema) }),
    response: ReferralView,
    refusals: ['not-sent', 'expired', 'already-ended'],
    example: {
      body: { reason: 'no-longer-needed' },
      response: { ...examples.sent, status: 'recalled', recallReason: 'no-longer-needed' },
    },
  },
  enterInError: {
    route: 'POST /v1/referrals/{referralId}/error',
    summary: 'Marks a referral as entered in error; one that was ever sent is taken back, so that the partner deletes what it received.',
    permit: 'referral:correct',
    response: ReferralView,
    example: { response: { ...examples.drafted, status: 'entered-in-error' } },
  },

  ...loopRoutes,
} as const satisfies Readonly<Record<string, RouteDefinition>>
