import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb'

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors */
const throttles = ['ThrottlingError', 'ProvisionedThroughputExceeded']
const passing = [...throttles, 'TransactionConflict']

/** Whether nothing was written for a reason that passes: too much at once, or a single item that a transaction holds at this moment. */
function passes(error: unknown): error is Error {
  if (error instanceof Error && error.name === 'TransactionConflictException') return true
  if (!(error instanceof TransactionCanceledException)) return false
  const reasons = (error.CancellationReasons ?? []).flatMap(({ Code = 'None' }) => (Code === 'None' ? [] : [Code]))
  return reasons.some((reason) => throttles.includes(reason)) && reasons.every((reason) => passing.includes(reason))
}

/**
 * Has the SDK send again what DynamoDB cancelled for want of throughput, as it does with any throttled call. By itself it does not: it goes
 * by names, and all cancelled transactions have the same. A conflict alone is left to the caller, who loads and decides anew.
 */
export function retryCancelled(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        throw passes(error) ? Object.assign(error, { $retryable: { throttling: true } }) : error
      }
    },
    { name: 'retryCancelled', step: 'deserialize', priority: 'high' },
  )
  return client
}
