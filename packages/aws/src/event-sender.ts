import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { clientOptions } from './client-options.ts'

/** What is put on a bus as one event. */
export interface OutgoingEvent {
  readonly source: string
  readonly type: string
  /** JSON object. */
  readonly detail: string
  /** ISO 8601 UTC. */
  readonly time: string
}

/** Puts events on a bus. @returns whether the bus took the event: a call may succeed, and the event in it fail */
export function eventSender(EventBusName: string, client: Pick<EventBridgeClient, 'send'> = new EventBridgeClient(clientOptions)) {
  return async ({ source, type, detail, time }: OutgoingEvent): Promise<boolean> => {
    const entry = { EventBusName, Source: source, DetailType: type, Detail: detail, Time: new Date(time) }
    const { FailedEntryCount = 0 } = await client.send(new PutEventsCommand({ Entries: [entry] }))
    return FailedEntryCount === 0
  }
}
