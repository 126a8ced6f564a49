import { codeList, EndpointId, Instant, operational, ReplayId } from '@wontanara/events'
import * as z from 'zod'

/** What came of an attempt to tell an endpoint of something. */
export const attemptOutcomes = codeList('attempt-outcome', {
  delivered: { en: 'Delivered', fr: 'Livré' },
  refused: { en: 'Not accepted by the endpoint', fr: "Non accepté par l'adresse" },
  'no-answer': { en: 'No answer', fr: 'Pas de réponse' },
  gone: { en: 'The endpoint is gone (410)', fr: "L'adresse n'existe plus (410)" },
  'given-up': { en: 'Refused for 75 hours and given up', fr: 'Refusé pendant 75 heures et abandonné' },
  'taken-back': { en: 'Not sent: the referral was taken back', fr: "Non envoyé : l'orientation a été retirée" },
  'no-consent': { en: 'Not sent: consent no longer holds', fr: "Non envoyé : le consentement n'est plus valable" },
})

/** A line of an endpoint's delivery log. It holds ids and codes; no address, no body. */
export const Attempt = z.strictObject({
  endpointId: EndpointId,
  at: Instant,
  /** `webhook-id`: the same for all attempts at one event. */
  eventId: operational(z.string()),
  type: operational(z.string()),
  /** Its number on the feed. A test has none. */
  sequence: operational(z.int().min(1)).optional(),
  /** The replay or test that it belongs to. */
  replayId: ReplayId.optional(),
  outcome: operational(attemptOutcomes.schema),
  /** The HTTP status that was answered. */
  status: operational(z.int()).optional(),
  /** How long the answer took, in milliseconds. */
  duration: operational(z.int().min(0)).optional(),
  /** When it is tried again. */
  nextAt: Instant.optional(),
})
export type Attempt = z.output<typeof Attempt>

export interface AttemptPage {
  readonly items: readonly Attempt[]
  /** To ask for what comes after the last of them; absent when there is no more. */
  readonly next?: string
}

/** What was tried, and what came of it. */
export interface AttemptLog {
  record(attempt: Attempt): Promise<void>
  /** Newest first. @param after `next` of the page before */
  read(endpointId: string, limit: number, after?: string): Promise<AttemptPage>
}

/** For tests. */
export function memoryAttempts(): AttemptLog & { readonly all: readonly Attempt[] } {
  const all: Attempt[] = []
  return {
    all,
    record: async (attempt) => void all.push(Attempt.parse(attempt)),
    read: async (endpointId, limit, after = '0') => {
      const own = all.filter((attempt) => attempt.endpointId === endpointId).toReversed()
      const end = Number(after) + limit
      return { items: structuredClone(own.slice(Number(after), end)), ...(own.length > end ? { next: String(end) } : {}) }
    },
  }
}
