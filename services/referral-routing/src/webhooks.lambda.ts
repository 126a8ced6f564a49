import { count, eventSender, logger, putOff, queueHandler, queueSender, serviceEnvironment } from '@wontanara/aws'
import * as z from 'zod'
import { dynamoDeliveries } from './deliveries.dynamo.ts'
import { deliveries } from './delivery.ts'
import type { DeliveryReport } from './ports.ts'
import { records } from './records.dynamo.ts'
import { Wake } from './wake.ts'
import { webhookPost } from './webhook.http.ts'

const { PARTNER_BUS } = z.object({ PARTNER_BUS: z.string().min(1) }).parse(process.env)
const ports = records()
const deliver = deliveries({
  ...ports,
  deliveries: dynamoDeliveries(serviceEnvironment().table),
  wake: queueSender(),
  post: webhookPost(ports.local),
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
