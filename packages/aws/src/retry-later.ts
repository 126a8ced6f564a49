import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'
import { errorFields, logger } from './observability.ts'

/** SQS hides a message for twelve hours at most, counted from its receipt: a minute is left for our own work. */
const longestPause = 12 * 3600 - 60

/** How long a message waits before it comes again. @param receiveCount how often it was received, from 1 @param random 0 to 1 */
export function pauseOf(schedule: readonly number[], receiveCount: number, random: number): number {
  const seconds = schedule[Math.min(receiveCount, schedule.length) - 1] ?? 0
  // Up to a fifth more, so that what failed together does not come back together.
  return Math.min(longestPause, Math.round(seconds * (1 + random / 5)))
}

/**
 * For `eventHandler`: a failed message comes again after a pause that grows with each attempt. Reads the queue's URL from `QUEUE_URL`.
 * @param schedule seconds after the first, second, … failure; the last one holds from then on
 */
export function retryLater(schedule: readonly number[]): (record: SQSRecord) => Promise<void> {
  const { QUEUE_URL } = z.object({ QUEUE_URL: z.url() }).parse(process.env)
  const client = new SQSClient(clientOptions)
  return async ({ receiptHandle, messageId, attributes }) => {
    const pause = pauseOf(schedule, Number(attributes.ApproximateReceiveCount), Math.random())
    try {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: receiptHandle, VisibilityTimeout: pause }))
    } catch (error) {
      // The message is not lost: it comes again after the queue's own visibility timeout.
      logger.warn('pause not set', { messageId, ...errorFields(error) })
    }
  }
}
