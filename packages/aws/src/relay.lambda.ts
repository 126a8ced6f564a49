import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import middy from '@middy/core'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'
import { count, logger, observed } from './observability.ts'
import { relay } from './relay.ts'

const { EVENT_BUS_NAME } = z.object({ EVENT_BUS_NAME: z.string().min(1) }).parse(process.env)
const client = new EventBridgeClient(clientOptions)

/** Carries the events of committed changes from the table's stream to the bus. The same function for every service. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
  .use(observed())
  .handler(async ({ Records }) => {
    const response = await relay(Records, EVENT_BUS_NAME, client, (entries, reasons) => {
      logger.warn('not published', { entries, reasons })
      count('PublishRetried', entries)
    })
    logger.info('relayed', { records: Records.length, failed: response.batchItemFailures.length })
    return response
  })
