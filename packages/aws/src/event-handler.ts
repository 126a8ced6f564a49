import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import middy from '@middy/core'
import { type Call, type Consumers, callOf, NotYet, type Refusal, type Result, type Subscriptions } from '@wontanara/core'
import type { EventDefinition } from '@wontanara/events'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { count, errorFields, logger, observed } from './observability.ts'
import { traceIdOf, traceparentOf } from './trace.ts'

/** What an EventBridge rule puts into the queue: its own envelope around ours. */
const BusMessage = z.object({
  'detail-type': z.string(),
  source: z.string(),
  detail: z.object({ id: z.string(), type: z.string(), traceparent: z.string().optional() }).loose(),
})

/** Kept of the function's time to say which messages failed. In milliseconds. */
const reserve = 4000

/** A message that does not end must not take the others of its batch along when the function's time is over. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not done in time')), milliseconds)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Any consumer's function, its event unknown: written as a method because each was checked against its own event by `Consumers`. */
interface AnyConsumer {
  run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly Result<unknown, Refusal>[]>
}

interface QueueOptions {
  /** What else happens to a message that failed, for example `putOff`. */
  readonly onFailure?: (record: SQSRecord, error: unknown) => Promise<void>
}

/**
 * The Lambda handler of a queue whose messages are not events: each is consumed beside the others of its batch, and fails alone. `NotYet` is
 * no failure to be counted: the message waits.
 * @param consume is told how much time is left to it, in milliseconds
 */
export function queueHandler(consume: (message: SQSRecord, timeLeft: () => number) => Promise<void>, { onFailure }: QueueOptions = {}) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(observed())
    .handler(async (event, context) => {
      const processor = new BatchProcessor(EventType.SQS)
      const timeLeft = (): number => context.getRemainingTimeInMillis() - reserve
      const record = async (message: SQSRecord): Promise<void> => {
        try {
          await inTime(consume(message, timeLeft), timeLeft())
        } catch (error) {
          if (error instanceof NotYet) logger.info('message waits', { messageId: message.messageId, seconds: error.afterSeconds })
          else {
            logger.error('event failed', { messageId: message.messageId, ...errorFields(error) })
            count('EventFailed')
          }
          await onFailure?.(message, error)
          throw error
        }
      }
      const response = await processPartialResponse(event, record, processor, { context, throwOnFullBatchFailure: false })
      logger.info('events', { received: event.Records.length, failed: response.batchItemFailures.length })
      return response
    })
}

/**
 * The Lambda handler of a queue: parse the envelope, look up by type, run. A refusal is final: it is logged, counted and acknowledged.
 * An invalid envelope or a fault fails that message alone: it comes again, and in the end goes to the dead-letter queue, with an alarm.
 */
export function eventHandler<S extends Subscriptions>(subscriptions: S, consumers: Consumers<S>, options: QueueOptions = {}) {
  const functions: Readonly<Record<string, AnyConsumer['run']>> = consumers
  const definitions = new Map<string, EventDefinition>(subscriptions.events.map((definition) => [definition.type, definition]))

  async function consume({ body }: SQSRecord): Promise<void> {
    const message = BusMessage.parse(JSON.parse(body))
    const type = message['detail-type']
    const definition = definitions.get(type)
    const run = functions[type]
    if (definition === undefined || run === undefined || message.source !== definition.source) throw new Error(`no consumer for ${type}`)
    const event = definition.parse(message.detail)
    const traceparent = traceparentOf(event.traceparent)
    const calls = new Map<Call['action'], Call>()
    // One call for each action: what it creates gets ids of its own, the same ones when the message comes again.
    const call = (action: Call['action']): Call => {
      const known = calls.get(action)
      if (known !== undefined) return known
      const made = callOf({
        principal: { kind: 'service', id: subscriptions.service },
        action,
        at: new Date().toISOString(),
        key: `${event.source} ${event.id} ${action}`,
        content: event.id,
        traceparent,
      })
      calls.set(action, made)
      return made
    }
    const results = await run(event, call)
    for (const result of results) {
      if (result.ok) continue
      logger.warn('event refused', {
        type,
        event: event.id,
        refusal: result.refusal.code,
        reasons: result.refusal.reasons.map(({ code }) => code),
        traceId: traceIdOf(traceparent),
      })
      count('EventRefused')
    }
  }

  return queueHandler(consume, options)
}
