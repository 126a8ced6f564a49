import { type Commit, cloudEvent } from '@wontanara/core'
import { type CloudEvent, Instant, operational, ReferralId, ServiceId } from '@wontanara/events'
import * as z from 'zod'
import { type ReferralEvent, type Status, statuses } from './referral.ts'

/** What a partner is told of an event: which referral, and its new status. No case, no person, no reason: those are read, not sent. */
export const PartnerEvent = z.strictObject({
  /** The same on the feed and as `webhook-id`, however often it comes: keep it to recognise a repeat. */
  id: operational(z.string()),
  type: operational(z.string().regex(/^referral\.[a-z]+$/)),
  timestamp: Instant,
  data: z.strictObject({
    referralId: ReferralId,
    serviceId: ServiceId,
    status: operational(statuses.schema),
    /** Version of the referral: of two events the one with the higher version is the later. */
    version: operational(z.int().min(1)),
  }),
})
export type PartnerEvent = z.output<typeof PartnerEvent>

/** The published events of a referral, by type: the name a partner knows and the status it leads to. */
export const partnerTypes = {
  'referral-routing.referral-sent.v1': ['referral.sent', 'sent'],
  'referral-routing.referral-received.v1': ['referral.received', 'received'],
  'referral-routing.referral-accepted.v1': ['referral.accepted', 'accepted'],
  'referral-routing.referral-declined.v1': ['referral.declined', 'declined'],
  'referral-routing.referral-started.v1': ['referral.started', 'in-progress'],
  'referral-routing.referral-held.v1': ['referral.held', 'on-hold'],
  // They lead nowhere: the event itself carries the status.
  'referral-routing.referral-appointment-set.v1': ['referral.appointment', 'accepted'],
  'referral-routing.referral-attendance-recorded.v1': ['referral.attendance', 'accepted'],
  'referral-routing.referral-completed.v1': ['referral.completed', 'completed'],
  'referral-routing.referral-failed.v1': ['referral.failed', 'failed'],
  'referral-routing.referral-recalled.v1': ['referral.recalled', 'recalled'],
  'referral-routing.referral-expired.v1': ['referral.expired', 'expired'],
  // It leads nowhere: the event itself carries the status in which the referral ended.
  'referral-routing.referral-consent-withdrawn.v1': ['referral.withdrawn', 'completed'],
} as const satisfies Readonly<Record<string, readonly [string, Status]>>

/** What a partner may be told of, by the names it knows. */
export const partnerEventTypes: readonly string[] = Object.values(partnerTypes).map(([name]) => name)

/** An event of a referral as it comes from the bus. */
export type ReferralNews = CloudEvent<
  keyof typeof partnerTypes,
  {
    readonly referralId: string
    readonly caseId: string
    readonly organisationId: string
    readonly serviceId: string
    readonly status?: Status
  }
>

const isNews = (event: ReferralEvent): event is Extract<ReferralEvent, { readonly type: keyof typeof partnerTypes }> =>
  event.type in partnerTypes

/** What a history tells the partner, oldest first. */
export const partnerEventsIn = (referralId: string, history: readonly Commit<ReferralEvent>[]): readonly PartnerEvent[] =>
  history.flatMap(({ version, trail, events }) =>
    events.flatMap((event, index) => {
      if (!isNews(event)) return []
      const { id, time, sequence } = cloudEvent(referralId, version, index, trail, event)
      return [partnerEventOf({ id, time, sequence, type: event.type, data: event.data })]
    }),
  )

/** What the partner is told of it. The id holds no full stop: Standard Webhooks joins id, time and body with them. */
export const partnerEventOf = ({
  id,
  type,
  time,
  sequence,
  data,
}: Pick<ReferralNews, 'id' | 'type' | 'time' | 'sequence' | 'data'>): PartnerEvent => ({
  id: id.replaceAll('.', '_'),
  type: partnerTypes[type][0],
  timestamp: time,
  data: {
    referralId: data.referralId,
    serviceId: data.serviceId,
    status: data.status ?? partnerTypes[type][1],
    version: Number(sequence),
  },
})
