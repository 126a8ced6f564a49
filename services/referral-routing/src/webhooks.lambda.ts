import { eventHandler, logger, retryLater } from '@wontanara/aws'
import { webhookConsumers } from './delivery.ts'
import { records } from './records.dynamo.ts'
import { webhookPauses, webhookSubscriptions } from './subscriptions.ts'
import { webhookPost } from './webhook.http.ts'

const ports = records()
const deliveryPorts = {
  ...ports,
  post: webhookPost(ports.local),
  report: (report: object) => logger.info('webhook', { ...report }),
}

export const handler = eventHandler(webhookSubscriptions, webhookConsumers(deliveryPorts), { onFailure: retryLater(webhookPauses) })
