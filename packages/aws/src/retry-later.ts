import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs'
import { NotYet } from '@wontanara/core'
import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'
import { errorFields, logger } from './observability.ts'

/** SQS hides a message for twelve hours at most, counted from its receipt: a minute is left for our own work. */
const longestPause = 12 * 3600 - 60

/**
 * How long a message waits before it comes again; undefined when the schedule is over.
 * @param receiveCount how often it was received, from 1
 * @param random 0 to 1
 * @param asked seconds that the other side asked for
 */
export function pauseOf(schedule: readonly number[], receiveCount: number, random: number, asked = 0): number | undefined {
  const planned = schedule[receiveCount - 1]
  if (planned === undefined) return undefined
  const seconds = Math.max(planned, asked)
  // Up to a fifth more, so that what failed together does not come back together.
  return Math.min(longestPause, Math.round(seconds * (1 + random / 5)))
}

/**
 * For `eventHandler`: a message that failed with `NotYet` comes again after a pause that grows with each attempt. Any other failure is our
 * own: it comes again as soon as the queue shows it, and ends in the dead-letter queue, with an alarm, within the hour instead of days later.
 * Reads the queue's URL from `QUEUE_URL`.
 * @param schedule seconds after the first, second, … failure. The queue's `maxReceiveCount` is one more than there are.
 */
export function retryLater(schedule: readonly number[]): (record: SQSRecord, error: unknown) => Promise<void> {
  const { QUEUE_URL } = z.object({ QUEUE_URL: z.url() }).parse(process.env)
  const client = new SQSClient(clientOptions)
  return async ({ receiptHandle, messageId, attributes }, failure) => {
    if (!(failure instanceof NotYet)) return
    const pause = pauseOf(schedule, Number(attributes.ApproximateReceiveCount), Math.random(), failure.afterSeconds)
    if (pause === undefined) return
    try {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: receiptHandle, VisibilityTimeout: pause }))
    } catch (error) {
      // The message is not lost: it comes again after the queue's own visibility timeout.
      logger.warn('pause not set', { messageId, ...errorFields(error) })
    }
  }
}
