import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import middy from '@middy/core'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import * as z from 'zod'
import { count, logger, observed } from './observability.ts'
import { relay } from './relay.ts'

const { EVENT_BUS_NAME } = z.object({ EVENT_BUS_NAME: z.string().min(1) }).parse(process.env)
const client = new EventBridgeClient({ maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 } })

/** Carries the events of committed changes from the table's stream to the bus. The same function for every service. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
  .use(observed())
  .handler(async ({ Records }) => {
    const response = await relay(Records, EVENT_BUS_NAME, client, (entries) => count('PublishRetried', entries))
    logger.info('relayed', { records: Records.length, failed: response.batchItemFailures.length })
    return response
  })
