import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { ApplicationId, CaseId, Instant, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { ApplicationState } from './application.ts'
import { applicationRefusals, applicationStatuses } from './codes.ts'
import { Grounds } from './consent.ts'
import { applicationExample, applicationRowExample, caseExample } from './examples.ts'
import { CaseView } from './views.ts'

/** An application as its readers see it: fields that they may not see are absent. */
const ApplicationView = z.strictObject({
  ...ApplicationState.shape,
  /** As the person dictates it, `A-26K4-7QX9-TM2R-H`. */
  reference: operational(z.string()),
})

/** A line of a list as the index holds it. No personal data. */
export const ApplicationRow = z.strictObject({
  applicationId: ApplicationId,
  status: operational(applicationStatuses.schema),
  receivedAt: Instant,
  attention: ApplicationState.shape.attention,
  takenBy: StaffId.optional(),
})
const ApplicationLine = ApplicationRow.extend({ reference: operational(z.string()), office: operational(offices.schema) })

const changed = { response: ApplicationView } as const
const example = (body: unknown) => ({ body, response: applicationExample })

/** What staff do with applications of people who come without our help. */
export const applicationRoutes = {
  listApplications: {
    route: 'GET /v1/self-applications',
    summary: 'List the applications to an office, all or of one status, or those that wait for a protection officer there; oldest first.',
    permit: 'application:list',
    query: z
      .object({
        office: operational(offices.schema),
        status: operational(applicationStatuses.schema).optional(),
        attention: operational(z.literal('protection-officer')).optional(),
        ...pageQuery,
      })
      .refine(({ status, attention }) => status === undefined || attention === undefined, {
        path: ['status'],
        params: { code: 'status-or-attention' },
      }),
    response: pageOf(ApplicationLine, operational),
    refusals: ['status-or-attention'],
    example: { query: { office: 'niger', status: 'open' }, response: { items: [applicationRowExample] } },
  },
  readApplication: {
    route: 'GET /v1/self-applications/{applicationId}',
    summary: 'Read an application.',
    permit: 'application:read',
    response: ApplicationView,
    example: { response: applicationExample },
  },
  readApplicationByReference: {
    route: 'GET /v1/self-application-references/{reference}',
    summary: 'Read an application by the reference that a person dictates.',
    permit: 'application:read',
    response: ApplicationView,
    refusals: ['mistyped-reference'],
    example: { response: applicationExample },
  },
  takeApplication: {
    route: 'PUT /v1/self-applications/{applicationId}/assignment',
    summary: 'Take an application as a protection officer: who took it may read it.',
    permit: 'application:take',
    ...changed,
    unversioned: true,
    refusals: ['application-decided'],
    example: { response: applicationExample },
  },
  moveApplication: {
    route: 'PUT /v1/self-applications/{applicationId}/office',
    summary: 'Give an application to another office.',
    permit: 'application:move',
    body: z.object({ office: operational(offices.schema) }),
    ...changed,
    refusals: ['application-decided'],
    example: example({ office: 'niger' }),
  },
  acceptApplication: {
    route: 'POST /v1/self-applications/{applicationId}/acceptance',
    summary:
      'Register the person who applied and open a case, once. The processing rests on the consent that came with the application, unless another ground is given: for a child there must be one.',
    permit: 'application:accept',
    body: z.object({ processing: Grounds.optional() }),
    response: CaseView,
    creates: true,
    refusals: ['application-decided', 'guardian-must-sign', 'person-must-sign', 'second-person-needed', 'protection-officer-needed'],
    example: { body: {}, response: caseExample },
  },
  declineApplication: {
    route: 'POST /v1/self-applications/{applicationId}/refusal',
    summary: 'Decline an application.',
    permit: 'application:decide',
    body: z.object({ reason: operational(applicationRefusals.schema) }),
    ...changed,
    refusals: ['application-decided'],
    example: example({ reason: 'information-given' }),
  },
  markApplicationKnown: {
    route: 'POST /v1/self-applications/{applicationId}/known-case',
    summary: 'Say that the person who applied has a case already, which must be within reach of the caller.',
    permit: 'application:decide',
    body: z.object({ caseId: CaseId }),
    ...changed,
    refusals: ['application-decided', 'case-not-found'],
    example: example({ caseId: 'case-7tm2r26k4qx9' }),
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
