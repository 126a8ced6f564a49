import { type Call, type Consumers, execute, issued, NotYet, type Refusal, type Result } from '@wontanara/core'
import { type CaseFile, fileOf, uncovered } from './case-file.ts'
import { type PartnerEvent, partnerEventOf, type ReferralNews } from './partner-event.ts'
import type { DeliveryPorts, DeliveryReport } from './ports.ts'
import type { Referral } from './referral.ts'
import { scopesOf } from './snapshot.ts'
import { endpointFault, secondsUntil, signedHeaders } from './standard-webhook.ts'
import type { webhookSubscriptions } from './subscriptions.ts'
import { secretsAt } from './webhook.ts'

/** Why an event may not be told to the partner any more; undefined when it may. That the partner must delete is always told. */
export function obstacleToTelling(
  event: PartnerEvent,
  referral: Referral | undefined,
  file: CaseFile | undefined,
  at: string,
): 'taken-back' | 'no-consent' | undefined {
  if (event.type === 'referral.recalled' || event.type === 'referral.withdrawn') return undefined
  if (referral === undefined || referral.status === 'recalled' || referral.status === 'entered-in-error') return 'taken-back'
  return uncovered(file, referral.facts.organisationId, scopesOf(referral.facts.snapshot), at).length > 0 ? 'no-consent' : undefined
}

/** Tells a partner of an event by webhook: everything is read anew at the moment of sending, whenever the event was queued. */
export function webhookConsumers({ referrals, caseFiles, webhooks, local, post, report }: DeliveryPorts) {
  async function tell(news: ReferralNews, call: (action: Call['action']) => Call): Promise<readonly Result<unknown, Refusal>[]> {
    const { referralId, caseId, organisationId } = news.data
    const made = call('directory:set-webhook')
    const event = partnerEventOf(news)
    const done = (outcome: DeliveryReport['outcome'], status?: number): readonly [] => {
      report({ event: event.id, organisation: organisationId, outcome, ...(status === undefined ? {} : { status }) })
      return []
    }
    const [webhook, referral, file] = await Promise.all([
      webhooks.store.load(organisationId, { fresh: true }),
      referrals.store.load(referralId, { fresh: true }),
      fileOf(caseFiles.store, caseId),
    ])
    if (webhook?.state.status !== 'enabled' || endpointFault(webhook.state.url, local) !== undefined) return done('no-endpoint')
    const obstacle = obstacleToTelling(event, referral?.state, file, made.at)
    if (obstacle !== undefined) return done(obstacle)
    const { url, setAt } = webhook.state
    const body = JSON.stringify(event)
    const headers = await signedHeaders(secretsAt(webhook.state, made.at), event.id, Math.floor(Date.parse(made.at) / 1000), body)
    const { status, retryAfter } = (await post(url, headers, body).catch(() => undefined)) ?? {}
    if (status !== undefined && status >= 200 && status < 300) return done('delivered', status)
    if (status === 410) {
      const disabled = await execute(webhooks, organisationId, { type: 'disable', setAt, ...issued(made) }, made)
      done('gone', status)
      return [disabled]
    }
    done('failed', status)
    if (status === undefined) throw new NotYet('the endpoint did not answer')
    throw new NotYet(`the endpoint answered ${status}`, secondsUntil(retryAfter, made.at))
  }
  return {
    'referral-routing.referral-sent.v1': tell,
    'referral-routing.referral-received.v1': tell,
    'referral-routing.referral-accepted.v1': tell,
    'referral-routing.referral-declined.v1': tell,
    'referral-routing.referral-started.v1': tell,
    'referral-routing.referral-held.v1': tell,
    'referral-routing.referral-completed.v1': tell,
    'referral-routing.referral-failed.v1': tell,
    'referral-routing.referral-recalled.v1': tell,
    'referral-routing.referral-consent-withdrawn.v1': tell,
  } satisfies Consumers<typeof webhookSubscriptions>
}
