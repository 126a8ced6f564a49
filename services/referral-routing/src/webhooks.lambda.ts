import { eventHandler, logger, retryLater } from '@wontanara/aws'
import { webhookConsumers } from './delivery.ts'
import { records } from './records.dynamo.ts'
import { webhookSubscriptions } from './subscriptions.ts'
import { webhookPost } from './webhook.http.ts'

/** Seconds between attempts, after the example schedule of Standard Webhooks: in all about two and a half days. */
const schedule = [5, 300, 1800, 7200, 18_000, 36_000, 43_200]

const ports = records()
const deliveryPorts = {
  ...ports,
  post: webhookPost(ports.local),
  report: (report: object) => logger.info('webhook', { ...report }),
}

export const handler = eventHandler(webhookSubscriptions, webhookConsumers(deliveryPorts), { onFailure: retryLater(schedule) })
