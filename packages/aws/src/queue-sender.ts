import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'

/** As many messages as SQS takes at a time. */
const batchSize = 10

/**
 * Sends messages to the service's own queue, whose URL `QUEUE_URL` is. A message may come twice, as every message of a queue may.
 * @throws when not all of them were taken
 */
export function queueSender(
  client: Pick<SQSClient, 'send'> = new SQSClient(clientOptions),
): (messages: readonly object[]) => Promise<void> {
  const { QUEUE_URL } = z.object({ QUEUE_URL: z.url() }).parse(process.env)
  return async (messages) => {
    for (let start = 0; start < messages.length; start += batchSize) {
      const entries = messages.slice(start, start + batchSize)
      const { Failed = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: QUEUE_URL,
          Entries: entries.map((message, i) => ({ Id: String(i), MessageBody: JSON.stringify(message) })),
        }),
      )
      if (Failed.length > 0) throw new Error(`the queue took ${entries.length - Failed.length} of ${entries.length} messages`)
    }
  }
}
