import middy from '@middy/core'
import { type Call, callOf } from '@wontanara/core'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import * as z from 'zod'
import { count, errorFields, logger, observed } from './observability.ts'
import { text } from './table.ts'

/** Records at work at once. They wait for DynamoDB most of the time. */
const atOnce = 10
/** Kept of the function's time to say what is left. In milliseconds. */
const reserve = 5000

const Keys = z.object({ pk: text })

/** What a service does in its own name when a record has changed. The call is the same each time the change is told. */
export type OnChange = (id: string, call: (action: Call['action']) => Call) => Promise<void>

interface Change {
  readonly id: string
  readonly sequenceNumber: string
  readonly key: string
}

/**
 * The Lambda handler of a table's stream for what follows from a change inside the service: which changes, the event source's filter says.
 * A change is told at least once, those of one record in their order. What fails comes again, with everything after it.
 * @param name of the records, as in their keys
 */
export function changeHandler(service: string, name: string, onChange: OnChange) {
  function changeOf({ eventID = '', dynamodb }: DynamoDBRecord): Change {
    const { pk } = Keys.parse(dynamodb?.Keys)
    if (dynamodb?.SequenceNumber === undefined || !pk.startsWith(`${name}#`)) throw new Error(`not a change of a ${name}`)
    return { id: pk.slice(name.length + 1), sequenceNumber: dynamodb.SequenceNumber, key: eventID }
  }

  const callFor = ({ key }: Change, action: Call['action']): Call =>
    callOf({
      principal: { kind: 'service', id: service },
      action,
      at: new Date().toISOString(),
      key: `change ${key} ${action}`,
      content: key,
    })

  return middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
    .use(observed())
    .handler(async ({ Records }, context) => {
      const changes = Records.map(changeOf)
      const failed = new Set<Change>()
      // Only the last change of a record is told: it is looked at as it now is.
      const last = new Map(changes.map((change) => [change.id, change]))
      const waiting = [...last.values()]
      const work = async (): Promise<void> => {
        for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
          const told = change
          try {
            if (context.getRemainingTimeInMillis() < reserve) throw new Error('no time left')
            await onChange(told.id, (action) => callFor(told, action))
          } catch (error) {
            logger.error('change not followed', errorFields(error))
            count('EventFailed')
            failed.add(told)
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
      logger.info('changes', { received: Records.length, failed: failed.size })
      const first = changes.find((change) => failed.has(last.get(change.id) ?? change))
      return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first.sequenceNumber }] }
    })
}
