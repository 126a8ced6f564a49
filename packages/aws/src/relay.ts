import { setTimeout as sleep } from 'node:timers/promises'
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { cloudEvent } from '@wontanara/core'
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import * as z from 'zod'
import { CommitText } from './commit-text.ts'
import { text } from './table.ts'

/** PutEvents takes ten entries at a time. */
const batchSize = 10
const maxAttempts = 4

const Image = z.object({ pk: text, c: text, out: text })

type OnRetry = (entries: number, reasons: readonly string[]) => void

interface Outgoing {
  readonly sequenceNumber: string
  readonly entry: PutEventsRequestEntry
}

function outgoing(record: DynamoDBRecord, bus: string): Outgoing[] {
  const sequenceNumber = record.dynamodb?.SequenceNumber
  if (sequenceNumber === undefined) throw new Error('a stream record without a sequence number')
  // Nothing to publish: not a commit, or one of private events only. The event source's filter leaves these out already.
  if (record.dynamodb?.NewImage?.out === undefined) return []
  const { pk, c, out } = Image.parse(record.dynamodb.NewImage)
  const { version, trail, events } = CommitText.parse(JSON.parse(c))
  const subject = pk.slice(pk.indexOf('#') + 1)
  return out.split(',').map((place) => {
    const index = Number(place)
    const event = events[index]
    if (event === undefined) throw new Error('a commit names an event that it does not hold')
    const envelope = cloudEvent(subject, version, index, trail, event)
    return {
      sequenceNumber,
      entry: {
        EventBusName: bus,
        Source: envelope.source,
        DetailType: envelope.type,
        Detail: JSON.stringify(envelope),
        Time: new Date(envelope.time),
      },
    }
  })
}

/**
 * Publishes the events of committed changes, in order. Only entries that failed are sent again; what still fails is reported by
 * sequence number, and the stream brings it again, with everything after it. Consumers recognise what they have seen.
 * @param onRetry called each time some entries were not taken, with their number and the kinds of error
 * @throws when the first of several records cannot be read. Reported, it would be given up in the end with all that came after it; so the
 * stream halves the batch until it is alone.
 */
export async function relay(
  records: readonly DynamoDBRecord[],
  bus: string,
  client: Pick<EventBridgeClient, 'send'>,
  onRetry: OnRetry,
): Promise<DynamoDBBatchResponse> {
  const waiting: Outgoing[] = []
  for (const record of records) {
    try {
      waiting.push(...outgoing(record, bus))
    } catch (error) {
      // Publish what came before; this record and all after it come again, and end in the failure queue if it is truly unreadable.
      onRetry(1, [error instanceof Error ? error.name : typeof error])
      if (record === records[0] && records.length > 1) throw new Error('a record cannot be read, and is not alone in its batch')
      const failed = await publish(waiting, client, onRetry)
      return { batchItemFailures: [{ itemIdentifier: failed ?? record.dynamodb?.SequenceNumber ?? '' }] }
    }
  }
  const failed = await publish(waiting, client, onRetry)
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] }
}

/** @returns the sequence number of the first record that could not be published; undefined when all were */
async function publish(all: readonly Outgoing[], client: Pick<EventBridgeClient, 'send'>, onRetry: OnRetry): Promise<string | undefined> {
  for (let start = 0; start < all.length; start += batchSize) {
    let batch: readonly Outgoing[] = all.slice(start, start + batchSize)
    for (let attempt = 1; batch.length > 0; attempt++) {
      const { failed, reasons } = await put(batch, client)
      batch = failed
      if (batch.length === 0) break
      onRetry(batch.length, reasons)
      if (attempt === maxAttempts) return batch[0]?.sequenceNumber
      await sleep(Math.random() * 50 * 2 ** attempt)
    }
  }
  return undefined
}

interface Taken {
  readonly failed: readonly Outgoing[]
  readonly reasons: readonly string[]
}

/** `PutEvents` resolves even when the bus took only some entries, or none: each says for itself. */
async function put(batch: readonly Outgoing[], client: Pick<EventBridgeClient, 'send'>): Promise<Taken> {
  try {
    const { FailedEntryCount = 0, Entries = [] } = await client.send(new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }))
    if (FailedEntryCount === 0) return { failed: [], reasons: [] }
    const reasons = Entries.flatMap(({ ErrorCode }) => (ErrorCode === undefined ? [] : [ErrorCode]))
    return { failed: batch.filter((_, i) => Entries[i]?.EventId === undefined), reasons: [...new Set(reasons)] }
  } catch (error) {
    return { failed: batch, reasons: [error instanceof Error ? error.name : typeof error] }
  }
}
