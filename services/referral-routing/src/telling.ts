import type { Attempt } from './attempts.ts'
import { type CaseFile, fileOf } from './case-file.ts'
import { type Endpoint, keysAt } from './endpoint.ts'
import { groundOf, unallowed } from './ground.ts'
import type { PartnerEvent } from './partner-event.ts'
import type { FeedItem } from './partner-feed.ts'
import type { DeliveryPorts } from './ports.ts'
import type { Referral } from './referral.ts'
import { endpointFault, signedHeaders } from './standard-webhook.ts'

const mustDelete = ({ type }: Pick<PartnerEvent, 'type'>): boolean => type === 'referral.recalled' || type === 'referral.withdrawn'

/** Why an event may not be told to the partner any more; undefined when it may. That the partner must delete is always told. */
export function obstacleToTelling(
  event: Pick<PartnerEvent, 'type'>,
  referral: Referral | undefined,
  file: CaseFile | undefined,
  at: string,
): 'taken-back' | 'no-consent' | undefined {
  if (mustDelete(event)) return undefined
  if (referral === undefined || referral.status === 'recalled' || referral.status === 'entered-in-error') return 'taken-back'
  return unallowed(referral, file, at).length > 0 ? 'no-consent' : undefined
}

/** What came of one attempt. `retryAfter`: that header of the answer, as written. */
export type Told = Pick<Attempt, 'status' | 'duration'> & {
  readonly outcome: Exclude<Attempt['outcome'], 'given-up'>
  readonly retryAfter?: string | undefined
}

type Sent =
  | FeedItem
  | { readonly id: string; readonly type: string; readonly timestamp: string; readonly data: { readonly endpointId: string } }

/** `Source` of events on the bus of partners. */
const busSource = 'wontanara.partners'

/** One attempt to tell an endpoint of something. Everything is read anew at that moment, whenever the event happened. */
export function telling({ referrals, caseFiles, disclosures, withBus, local, now, post, publish }: DeliveryPorts) {
  /** On the bus of partners, whose rules lead to each one's own. What becomes of it there nobody tells us. */
  async function published(event: Sent, organisationId: string, detail: string): Promise<Told> {
    if (!withBus.has(organisationId)) return { outcome: 'no-answer' }
    const isTaken = await publish({ source: busSource, type: event.type, detail, time: event.timestamp }).catch(() => false)
    return { outcome: isTaken ? 'delivered' : 'no-answer' }
  }

  async function posted({ url = '', ...endpoint }: Endpoint, { id }: Sent, body: string): Promise<Told> {
    if (endpointFault(url, local) !== undefined) return { outcome: 'no-answer' }
    const at = now()
    const secrets = keysAt(endpoint, at).map(({ secret }) => secret)
    const headers = await signedHeaders(secrets, id, Math.floor(Date.parse(at) / 1000), body)
    const begun = performance.now()
    const answer = await post(url, headers, body).catch(() => undefined)
    const duration = Math.round(performance.now() - begun)
    if (answer === undefined) return { outcome: 'no-answer', duration }
    const { status, retryAfter } = answer
    if (status >= 200 && status < 300) return { outcome: 'delivered', status, duration }
    return { outcome: status === 410 ? 'gone' : 'refused', status, duration, retryAfter }
  }

  /** The exact text that leaves: on the bus, where the rules look for it, it also says for whom. */
  const textOf = ({ kind }: Endpoint, event: Sent, organisationId: string): string =>
    JSON.stringify(kind === 'event-bridge' ? { organisationId, ...event } : event)

  const sent = (endpoint: Endpoint, event: Sent, organisationId: string): Promise<Told> => {
    const text = textOf(endpoint, event, organisationId)
    return endpoint.kind === 'event-bridge' ? published(event, organisationId, text) : posted(endpoint, event, text)
  }

  return {
    /** Sends what the feed holds, unless it may not be told. @throws when it cannot be written down that it leaves: then it does not */
    event: async (endpoint: Endpoint, item: FeedItem, recipient: string): Promise<Told> => {
      const referral = (await referrals.store.load(item.data.referralId, { fresh: true }))?.state
      const file = referral === undefined ? undefined : await fileOf(caseFiles.store, referral.facts.caseId)
      const at = now()
      const outcome = obstacleToTelling(item, referral, file, at)
      if (outcome !== undefined) return { outcome }
      if (referral === undefined) throw new Error('an event of a referral that is not there')
      const { referralId, facts } = referral
      const body = textOf(endpoint, item, recipient)
      const what = mustDelete(item) ? 'notice' : 'codes'
      const leaving = { caseId: facts.caseId, at, referralId, recipient, what, channel: endpoint.kind, format: 'json', body } as const
      await disclosures.record({ ...leaving, ...groundOf(referral, file, at) })
      return sent(endpoint, item, recipient)
    },
    /** Sends an event that tells nothing. */
    test: (endpoint: Endpoint, id: string, recipient: string): Promise<Told> =>
      sent(endpoint, { id, type: testType, timestamp: now(), data: { endpointId: endpoint.endpointId } }, recipient),
  }
}

/** Type of the event of a test. It is not on the feed, and has no number. */
export const testType = 'endpoint.test'
