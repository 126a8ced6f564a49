import {
  count,
  environmentList,
  eventSender,
  logger,
  putOff,
  queueHandler,
  queueSender,
  repository,
  serviceEnvironment,
} from '@wontanara/aws'
import * as z from 'zod'
import { dynamoAttempts } from './attempts.dynamo.ts'
import { caseFiles } from './case-file.ts'
import { dynamoDeliveries } from './deliveries.dynamo.ts'
import { deliveries } from './delivery.ts'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { endpoints } from './endpoint.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import type { DeliveryReport } from './ports.ts'
import { referrals } from './referral.ts'
import { replays } from './replay.ts'
import { Wake } from './wake.ts'
import { webhookPost } from './webhook.http.ts'

const { PARTNER_BUS } = z.object({ PARTNER_BUS: z.string().min(1) }).parse(process.env)
const { stage, table } = serviceEnvironment()
const local = stage === 'local'
const deliver = deliveries({
  referrals: repository(referrals),
  caseFiles: repository(caseFiles),
  endpoints: repository(endpoints),
  replays: repository(replays),
  feed: dynamoFeed(table),
  attempts: dynamoAttempts(table),
  disclosures: dynamoDisclosures(table),
  deliveries: dynamoDeliveries(table),
  withBus: new Set(environmentList('PARTNERS_WITH_BUS')),
  local,
  wake: queueSender(),
  post: webhookPost(local),
  publish: eventSender(PARTNER_BUS),
  report,
  now: () => new Date().toISOString(),
  random: Math.random,
})

function report(told: DeliveryReport): void {
  logger.info('webhook', { ...told })
  if (told.outcome === 'gone' || told.outcome === 'unreachable') count('EndpointDisabled')
  if (told.outcome === 'given-up') count('NoticeGivenUp')
}

/** Tells partners what is on their feeds. */
export const handler = queueHandler(
  ({ messageId, body, attributes }, timeLeft) => {
    const wake = Wake.parse(JSON.parse(body))
    return deliver(wake, { id: messageId, receives: Number(attributes.ApproximateReceiveCount) }, timeLeft)
  },
  { onFailure: putOff() },
)
