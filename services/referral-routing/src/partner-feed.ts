import { operational } from '@wontanara/events'
import * as z from 'zod'
import { PartnerEvent } from './partner-event.ts'

/** An event at its place in an organisation's feed. */
export const FeedItem = PartnerEvent.extend({ sequence: operational(z.int().min(1)) })
export type FeedItem = z.output<typeof FeedItem>

/**
 * Every organisation's events in one order, numbered 1, 2, 3 … without a gap. What a reader has seen never changes, and nothing is ever
 * put in before it: whoever asks for what comes after its last number misses nothing.
 */
export interface PartnerFeed {
  /** Adds an event at the end; once, however often it is called with the same event id. */
  append(organisationId: string, event: PartnerEvent): Promise<void>
  /** The events after a number, oldest first. @param after 0 for the beginning */
  read(organisationId: string, after: number, limit: number): Promise<readonly FeedItem[]>
  /** The number of an event; undefined when it is not there. */
  find(organisationId: string, eventId: string): Promise<number | undefined>
  /** The number of the last event; 0 when there is none. */
  head(organisationId: string): Promise<number>
}

/** A feed for tests. */
export function memoryFeed(): PartnerFeed {
  const feeds = new Map<string, FeedItem[]>()
  return {
    append: async (organisationId, event) => {
      const items = feeds.get(organisationId) ?? []
      if (items.some(({ id }) => id === event.id)) return
      feeds.set(organisationId, [...items, structuredClone({ ...event, sequence: items.length + 1 })])
    },
    read: async (organisationId, after, limit) => structuredClone((feeds.get(organisationId) ?? []).slice(after, after + limit)),
    find: async (organisationId, eventId) => feeds.get(organisationId)?.find(({ id }) => id === eventId)?.sequence,
    head: async (organisationId) => feeds.get(organisationId)?.length ?? 0,
  }
}
