import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { Instant, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { applicationRoutes } from './application.api.ts'
import { appointmentRoutes } from './appointment.api.ts'
import { closureDecisions, closureReasons, correctionReasons, reopeningReasons, statuses, withdrawers } from './codes.ts'
import { ConsentTerms } from './consent.ts'
import { SessionTerms } from './counselling.ts'
import { DeclarationTerms } from './declaration.ts'
import { DuplicateCheck } from './duplicates.ts'
import { bodies, caseExample, consentsExample, nextStepsExample, rowExample, screeningsExample, timelineExample } from './examples.ts'
import { linkRoutes } from './links.api.ts'
import { mergeRoutes } from './merge.api.ts'
import { NeedTerms, RefusalTerms, ServiceTerms } from './needs.ts'
import { Registration } from './registration.ts'
import { SafeguardTerms } from './safeguards.ts'
import { Findings } from './screening.ts'
import { Interruption } from './state.ts'
import { transferRoutes } from './transfers.api.ts'
import { CaseLine, CaseView, ConsentsView, NextStepsView, ScreeningsView, TimelineView } from './views.ts'

const changed = { response: CaseView } as const
const example = (body: unknown) => ({ body, response: caseExample })

/** Cases, one by one, and all that is attached to them. Every change answers with the case as it then is, and its ETag. */
export const caseRoutes = {
  registerCase: {
    route: 'POST /v1/cases',
    summary: 'Register a person and open a case.',
    permit: 'case:register',
    body: Registration.extend({ office: operational(offices.schema), duplicates: DuplicateCheck.optional() }),
    ...changed,
    creates: true,
    refusals: ['date-in-future', 'guardian-must-sign', 'person-must-sign', 'second-person-needed', 'protection-officer-needed'],
    example: example(bodies.registration),
  },
  listCases: {
    route: 'GET /v1/cases',
    summary:
      'List the cases of an office, all that were not merged into others or those of one status, or those that one member of staff leads there and that have not ended.',
    permit: 'case:list',
    query: z
      .object({
        office: operational(offices.schema),
        status: operational(statuses.schema).optional(),
        lead: StaffId.optional(),
        ...pageQuery,
      })
      .refine(({ status, lead }) => status === undefined || lead === undefined, { path: ['status'], params: { code: 'status-or-lead' } }),
    response: pageOf(CaseLine, operational),
    refusals: ['status-or-lead'],
    example: { query: { office: 'niger', status: 'registered' }, response: { items: [rowExample] } },
  },
  ...mergeRoutes,
  ...linkRoutes,
  ...transferRoutes,
  ...applicationRoutes,
  ...appointmentRoutes,
  readCase: {
    route: 'GET /v1/cases/{caseId}',
    summary: 'Read a case.',
    permit: 'case:read',
    response: CaseView,
    example: { response: caseExample },
  },
  readCaseByReference: {
    route: 'GET /v1/case-references/{reference}',
    summary: 'Read a case by the reference that a person dictates.',
    permit: 'case:read',
    response: CaseView,
    refusals: ['mistyped-reference'],
    example: { response: caseExample },
  },
  readNextSteps: {
    route: 'GET /v1/cases/{caseId}/next-steps',
    summary: 'Read what is missing before each next step: the reasons with which the step would be refused.',
    permit: 'case:read',
    response: NextStepsView,
    example: { response: nextStepsExample },
  },
  readTimeline: {
    route: 'GET /v1/cases/{caseId}/timeline',
    summary: 'Read who did what to a case and when, oldest first.',
    permit: 'case:history',
    response: TimelineView,
    example: { response: timelineExample },
  },
  correctPerson: {
    route: 'PUT /v1/cases/{caseId}/person',
    summary: 'Correct what was registered of a person. What it was before stays in the history.',
    permit: 'case:correct',
    body: Registration.omit({ channel: true, processing: true }).extend({ reason: operational(correctionReasons.schema) }),
    ...changed,
    refusals: ['date-in-future', 'case-ended'],
    example: example(bodies.correction),
  },
  decideDuplicates: {
    route: 'PUT /v1/cases/{caseId}/duplicate-check',
    summary: 'Decide whether the suspected cases, or others that are named, are of the same person. It is decided for both sides.',
    permit: 'case:decide-duplicates',
    body: DuplicateCheck,
    ...changed,
    refusals: ['case-ended', 'candidates-open'],
    example: example(bodies.duplicates),
  },
  assignCase: {
    route: 'PUT /v1/cases/{caseId}/assignment',
    summary: 'Say who leads a case and who else works on it: they may know what it holds, as far as their role allows.',
    permit: 'case:assign',
    body: z.object({ lead: StaffId, team: z.array(StaffId).max(8) }),
    ...changed,
    example: example(bodies.assignment),
  },
  screenPerson: {
    route: 'POST /v1/cases/{caseId}/screenings',
    summary: 'Record a screening. It never finds less need of protection than the one before without saying why.',
    permit: 'case:screen',
    body: Findings,
    ...changed,
    refusals: ['processing-not-allowed', 'lowers-protection', 'override-against-age', 'date-in-future', 'case-ended'],
    example: example(bodies.screening),
  },
  listScreenings: {
    route: 'GET /v1/cases/{caseId}/screenings',
    summary: 'Read every screening of a case, oldest first.',
    permit: 'case:screen',
    response: ScreeningsView,
    example: { response: screeningsExample },
  },
  recordSafeguard: {
    route: 'POST /v1/cases/{caseId}/safeguards',
    summary: 'Record a safeguard of a child or a survivor from the paper of the authority behind it.',
    permit: 'case:screen',
    body: z.object({ safeguard: SafeguardTerms }),
    ...changed,
    refusals: ['register-full', 'solution-not-compared', 'date-in-future', 'case-ended'],
    example: example(bodies.safeguard),
  },
  recordCounselling: {
    route: 'POST /v1/cases/{caseId}/counselling-sessions',
    summary: 'Record a counselling session; the caller is the counsellor.',
    permit: 'case:counsel',
    body: z.object(SessionTerms),
    ...changed,
    refusals: ['register-full', 'processing-not-allowed', 'date-in-future', 'case-ended'],
    example: example(bodies.session),
  },
  recordNeed: {
    route: 'POST /v1/cases/{caseId}/needs',
    summary: 'Enter a need in the register.',
    permit: 'case:record-need',
    body: z.object(NeedTerms),
    ...changed,
    refusals: ['register-full', 'processing-not-allowed', 'case-ended'],
    example: example(bodies.need),
  },
  recordService: {
    route: 'POST /v1/cases/{caseId}/needs/{needId}/service',
    summary: 'Record that a need was met by a service given without a referral.',
    permit: 'case:record-need',
    body: z.object(ServiceTerms),
    ...changed,
    refusals: ['need-not-found', 'need-answered', 'date-in-future', 'case-ended'],
    example: example(bodies.service),
  },
  recordRefusal: {
    route: 'POST /v1/cases/{caseId}/needs/{needId}/refusal',
    summary: 'Document why a need is not answered.',
    permit: 'case:record-need',
    body: z.object(RefusalTerms),
    ...changed,
    refusals: ['need-not-found', 'need-answered', 'need-with-partner', 'case-ended'],
    example: example(bodies.refusal),
  },
  giveConsent: {
    route: 'POST /v1/cases/{caseId}/consents',
    summary: 'Record a consent, or another ground for the use of data, in the ledger.',
    permit: 'case:record-consent',
    body: z.object(ConsentTerms),
    ...changed,
    refusals: [
      'register-full',
      'guardian-must-sign',
      'person-must-sign',
      'second-person-needed',
      'protection-officer-needed',
      'recipient-needed',
      'guards-failed',
      'date-in-future',
      'ends-before-it-begins',
      'case-ended',
    ],
    example: example(bodies.consent),
  },
  listConsents: {
    route: 'GET /v1/cases/{caseId}/consents',
    summary: 'Read the consent ledger and what of it holds at an instant: now, or the one asked for.',
    permit: 'case:read',
    query: z.object({ at: Instant.optional() }),
    response: ConsentsView,
    example: { query: { at: '2026-03-02T09:00:00.000Z' }, response: consentsExample },
  },
  withdrawConsent: {
    route: 'POST /v1/cases/{caseId}/consents/{consentId}/withdrawal',
    summary: 'Withdraw a consent. It holds from this instant on, whatever else has changed, and needs no If-Match.',
    permit: 'case:record-consent',
    body: z.object({ by: operational(withdrawers.schema) }),
    ...changed,
    unversioned: true,
    refusals: ['consent-not-found'],
    example: example(bodies.withdrawal),
  },
  declareVoluntariness: {
    route: 'POST /v1/cases/{caseId}/voluntariness-declarations',
    summary: 'Record the declaration of voluntary return. Refused with every guard that fails, on the case and on the declaration.',
    permit: 'case:declare-voluntariness',
    body: z.object(DeclarationTerms),
    ...changed,
    refusals: ['guards-failed'],
    example: example(bodies.declaration),
  },
  withdrawReturn: {
    route: 'POST /v1/cases/{caseId}/withdrawal',
    summary: 'Record that the person, or the guardian, no longer wishes to return. It holds at any time and needs no If-Match.',
    permit: 'case:withdraw',
    body: z.object({ by: operational(withdrawers.schema) }),
    ...changed,
    unversioned: true,
    refusals: ['person-must-withdraw', 'case-ended'],
    example: example(bodies.withdrawal),
  },
  interruptCase: {
    route: 'POST /v1/cases/{caseId}/interruption',
    summary: 'Put a case aside: suspended, contact lost, not eligible, or the person died.',
    permit: 'case:suspend',
    body: z.object({ interruption: Interruption }),
    ...changed,
    refusals: ['date-in-future', 'case-ended'],
    example: example(bodies.interruption),
  },
  resumeCase: {
    route: 'POST /v1/cases/{caseId}/resumption',
    summary: 'Take up a suspended or lost case where it stood.',
    permit: 'case:suspend',
    ...changed,
    refusals: ['not-interrupted'],
    example: { response: caseExample },
  },
  requestClosure: {
    route: 'POST /v1/cases/{caseId}/closure-request',
    summary: 'Request the closure of a case. Refused while a need is open or with a partner.',
    permit: 'case:request-closure',
    body: z.object({ reason: operational(closureReasons.schema) }),
    ...changed,
    refusals: ['guards-failed'],
    example: example(bodies.closureRequest),
  },
  decideClosure: {
    route: 'POST /v1/cases/{caseId}/closure',
    summary: 'Approve the closure of a case, or return it. Never by the person who requested it.',
    permit: 'case:approve-closure',
    body: z.object({ decision: operational(closureDecisions.schema) }),
    ...changed,
    refusals: ['guards-failed', 'same-person-approves'],
    example: example(bodies.closureDecision),
  },
  reopenCase: {
    route: 'POST /v1/cases/{caseId}/reopening',
    summary: 'Reopen a case that has ended. It goes on before the declaration, which has to be made anew.',
    permit: 'case:reopen',
    body: z.object({ reason: operational(reopeningReasons.schema) }),
    ...changed,
    refusals: ['not-ended'],
    example: example(bodies.reopening),
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
