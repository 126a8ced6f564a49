import type { RouteDefinition } from '@wontanara/core'
import { attendances, CalendarDate, holdReasons, Instant, offices, operational } from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { ReferralRow } from './referral.ts'
import { ReferralView } from './views.ts'

const appointment = { at: '2026-03-09T10:00:00.000Z' }
const { row } = examples

/** What of a referral has a date: appointments and holds of the partner, and what the coordinator finds overdue. */
export const loopRoutes = {
  putOnHold: {
    route: 'PUT /v1/referrals/{referralId}/hold',
    summary: 'The partner puts the service on hold, with the reason and, if it is known, the last day of the wait.',
    permit: 'referral:progress',
    unversioned: true,
    body: z.object({ reason: operational(holdReasons.schema), until: CalendarDate.optional() }),
    response: ReferralView,
    refusals: ['not-sent', 'recalled', 'expired', 'already-ended', 'not-accepted', 'date-passed'],
    example: {
      body: { reason: 'documents-awaited', until: '2026-03-20' },
      response: { ...examples.addressed, status: 'on-hold', hold: { reason: 'documents-awaited', until: '2026-03-20' } },
    },
  },
  setReferralAppointment: {
    route: 'PUT /v1/referrals/{referralId}/appointment',
    summary: 'The partner has made an appointment with the person, or moved it.',
    permit: 'referral:progress',
    unversioned: true,
    body: z.object({ at: Instant }),
    response: ReferralView,
    refusals: ['not-sent', 'recalled', 'expired', 'already-ended', 'not-accepted', 'date-passed'],
    example: { body: appointment, response: { ...examples.addressed, status: 'accepted', appointment } },
  },
  recordReferralAttendance: {
    route: 'POST /v1/referrals/{referralId}/attendance',
    summary: 'Whether the person came to the appointment. The service begins, or goes on, when they did.',
    permit: 'referral:progress',
    unversioned: true,
    body: z.object({ attendance: operational(attendances.schema) }),
    response: ReferralView,
    refusals: ['not-sent', 'recalled', 'expired', 'already-ended', 'not-accepted', 'no-appointment', 'appointment-ahead'],
    example: {
      body: { attendance: 'attended' },
      response: { ...examples.addressed, status: 'in-progress', appointment: { ...appointment, attendance: 'attended' } },
    },
  },
  listOverdue: {
    route: 'GET /v1/referrals/overdue',
    summary:
      'What waits at an office beyond its time, the longest first: not acknowledged, not answered, on hold too long, or expired and not seen to since. A referral leaves this list when somebody acts on it.',
    permit: 'referral:list-overdue',
    query: z.object({ office: offices.schema, limit: z.coerce.number().int().min(1).max(100).default(25) }),
    response: z.strictObject({
      items: z.array(ReferralRow),
      /** There are more than these. */
      more: operational(z.boolean()),
    }),
    example: {
      query: { office: 'conakry' },
      response: {
        items: [
          { ...row, status: 'received', escalated: 'not-answered' },
          { ...row, referralId: 'ref-5h2m9c4x1v6b', status: 'expired', escalated: 'no-next-partner' },
        ],
        more: false,
      },
    },
  },
  settleExpiry: {
    route: 'POST /v1/referrals/{referralId}/settlement',
    summary: 'The need behind an expired referral was seen to in another way: it leaves the list of what is overdue.',
    permit: 'referral:settle',
    unversioned: true,
    response: ReferralView,
    refusals: ['not-expired'],
    example: { response: { ...examples.sent, status: 'expired', escalated: 'no-next-partner', settled: true } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
