import { note, pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { exceptionBases, exceptionOutcomes, identity, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { Exception, ExceptionRow, Reason } from './exception.ts'

const { referralId, caseId, organisationId } = examples
const asked = {
  referralId,
  caseId,
  office: 'conakry',
  recipient: organisationId,
  scopes: ['name', 'contact', 'needs'],
  basis: 'vital-interest',
  reason: 'Unconscious since this morning; only the shelter can take her in tonight.',
  status: 'asked',
  askedBy: '5f0c2a8e-staff',
  askedAt: '2026-03-02T09:05:00.000Z',
  askedAsProtector: false,
  second: '7d1b4c9f-staff',
} as const
const confirmed = {
  ...asked,
  status: 'confirmed',
  confirmedAt: '2026-03-02T09:20:00.000Z',
  until: '2026-03-05T09:20:00.000Z',
  reviewDueAt: '2026-03-05T09:20:00.000Z',
} as const
const { basis, reason, second } = asked
const step = { response: Exception, unversioned: true } as const

/** Exceptions from consent. */
export const exceptionRoutes = {
  askException: {
    ...step,
    route: 'POST /v1/referrals/{referralId}/exception',
    summary:
      'Asks to share one referral without consent, with a reason, and names the second person. It opens nothing before that person confirms it.',
    permit: 'exception:ask',
    body: z.object({ basis: operational(exceptionBases.schema), reason: Reason, second: StaffId }),
    refusals: [
      'exception-not-possible',
      'exception-not-needed',
      'exception-not-reviewed',
      'exception-rejected',
      'not-a-child',
      'two-persons-needed',
    ],
    example: { body: { basis, reason, second }, response: asked },
  },
  confirmException: {
    ...step,
    route: 'POST /v1/referrals/{referralId}/exception/confirmation',
    summary:
      'The second person confirms, in a request of their own: the referral may be shared for 72 hours, and a third person reviews within that time.',
    permit: 'exception:confirm',
    refusals: ['two-persons-needed', 'exception-lapsed', 'protection-officer-needed'],
    example: { response: confirmed },
  },
  reviewException: {
    ...step,
    route: 'POST /v1/referrals/{referralId}/exception/review',
    summary: 'A third person reviews: what is rejected opens nothing from this moment, and the partner is told to stop and delete.',
    permit: 'exception:review',
    body: z.object({ outcome: operational(exceptionOutcomes.schema), finding: identity(note(1000)).optional() }),
    refusals: ['exception-not-confirmed', 'third-person-needed', 'exception-reviewed'],
    example: {
      body: { outcome: 'upheld' },
      response: { ...confirmed, status: 'upheld', reviewedBy: '2c8e6a10-staff', reviewedAt: '2026-03-03T08:00:00.000Z' },
    },
  },
  readException: {
    route: 'GET /v1/referrals/{referralId}/exception',
    summary: 'Reads the exception of a referral, the latest.',
    permit: 'exception:read',
    response: Exception,
    example: { response: confirmed },
  },
  listExceptions: {
    route: 'GET /v1/exceptions',
    summary:
      'Lists the exceptions that wait for their second person or their review, the longest due first: of an office, or, for who answers for data protection, all that wait for their review.',
    permit: 'exception:list',
    query: z.object({ office: offices.schema.optional(), ...pageQuery }),
    response: pageOf(ExceptionRow, operational),
    example: {
      query: { office: 'conakry' },
      response: {
        items: [
          {
            referralId,
            office: 'conakry',
            recipient: organisationId,
            basis,
            status: 'confirmed',
            askedAt: confirmed.askedAt,
            reviewDueAt: confirmed.reviewDueAt,
          },
        ],
      },
    },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
