import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs'
import { NotYet } from '@wontanara/core'
import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'
import { errorFields, logger } from './observability.ts'

/** SQS hides a message for twelve hours at most, counted from its receipt: a minute is left for our own work. */
const longestPause = 12 * 3600 - 60

/** For how many seconds a message is hidden that asks for so many: it comes early, and asks again, when that is more than SQS allows. */
export const pauseOf = (afterSeconds: number): number => Math.min(longestPause, Math.ceil(afterSeconds))

/**
 * For `queueHandler`: a message that failed with `NotYet` comes again after the time that it asks for. Any other failure is our own: the
 * message comes again as soon as the queue shows it. Reads the queue's URL from `QUEUE_URL`.
 */
export function putOff(
  client: Pick<SQSClient, 'send'> = new SQSClient(clientOptions),
): (record: SQSRecord, error: unknown) => Promise<void> {
  const { QUEUE_URL } = z.object({ QUEUE_URL: z.url() }).parse(process.env)
  return async ({ receiptHandle, messageId }, failure) => {
    if (!(failure instanceof NotYet)) return
    const VisibilityTimeout = pauseOf(failure.afterSeconds)
    try {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: receiptHandle, VisibilityTimeout }))
    } catch (error) {
      // The message is not lost: it comes again after the queue's own visibility timeout.
      logger.warn('pause not set', { messageId, ...errorFields(error) })
    }
  }
}
