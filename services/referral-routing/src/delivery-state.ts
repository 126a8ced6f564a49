import { Instant, operational } from '@wontanara/events'
import * as z from 'zod'

/*
 * How far an endpoint is: a cursor into its partner's feed, as any reader of the feed has one, and what could not be delivered yet.
 *
 * Pure: the worker (delivery.ts) asks what is due, tries it, and says how it went.
 */

/** A referral one of whose events the endpoint refused: its later events wait behind it, so that their order is kept; other referrals go on. */
const Parked = z.strictObject({
  referralId: z.string(),
  /** Numbers of the feed, in order; the first is the one that was refused. */
  sequences: z.array(z.int()).min(1),
  attempts: z.int(),
  since: Instant,
  nextAt: Instant,
})

export const Delivery = operational(
  z.strictObject({
    /** Up to this number of the feed everything is delivered, not to be told, or parked. */
    cursor: z.int().min(0),
    parked: z.array(Parked),
    /** Attempts that failed since the last that did not. */
    inARow: z.int(),
    /** The last attempt that did not fail. */
    okAt: Instant.optional(),
    /** Which life of the endpoint this is about (its `setAt`): set anew, it is tried at once. */
    life: Instant,
    /** The endpoint as a whole does not work: one attempt at a time, until one succeeds. */
    down: z.strictObject({ since: Instant, attempts: z.int(), nextAt: Instant }).optional(),
    /** Whose turn it is: one works on an endpoint at a time. */
    lease: z.strictObject({ by: z.string(), until: Instant }).optional(),
    /** The message that comes back when something is due. */
    timer: z.strictObject({ message: z.string(), until: Instant }).optional(),
    /** How often somebody called while it was another's turn. */
    wakes: z.int(),
  }),
)
export type Delivery = z.output<typeof Delivery>

/** What is tried: an event of the feed. */
export interface Notice {
  readonly sequence: number
  readonly referralId: string
}

/** How an attempt failed: the HTTP status, or none when there was no answer; and what `Retry-After` asks for, in seconds. */
export interface Failure {
  readonly status?: number | undefined
  readonly askedSeconds?: number | undefined
}

/**
 * Seconds between attempts: the example schedule of Standard Webhooks, 75:35:05 in all.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
 */
export const pauses = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const
const longestPause = 86_400
/** What fails for so long is given up, in milliseconds. */
export const patience = 75 * 3_600_000
/** So many failures one after the other while as many referrals are parked, and the endpoint as a whole is taken to be down. */
const downAfter = 3
/** So many referrals wait apart at most, and so many events of one: beyond that the endpoint as a whole waits. */
export const mostParked = 20
export const mostBehind = 50
/** Answers that speak of the endpoint, not of what was sent: too many requests, bad gateway, unavailable, gateway timeout. */
const ofTheEndpoint: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Of an endpoint that has been told nothing yet. */
export const beginning = ({ startsAfter, setAt }: { readonly startsAfter: number; readonly setAt: string }): Delivery => ({
  cursor: startsAfter,
  parked: [],
  inARow: 0,
  life: setAt,
  wakes: 0,
})

/** The endpoint was set anew or switched on again: what waited is due at once. */
export function revived({ down: _, timer: _timer, ...state }: Delivery, setAt: string, at: string): Delivery {
  return { ...state, life: setAt, inARow: 0, parked: state.parked.map((entry) => ({ ...entry, attempts: 0, since: at, nextAt: at })) }
}

const later = (at: string, seconds: number): string => new Date(Date.parse(at) + Math.ceil(seconds * 1000)).toISOString()

/**
 * When to try again.
 * @param attempts made so far, from 1
 * @param random 0 to 1: up to a fifth more, so that what failed together does not come back together
 */
export function retryAt(attempts: number, at: string, random: number, askedSeconds = 0): string {
  const planned = pauses[attempts - 1] ?? longestPause
  return later(at, Math.max(planned * (1 + random / 5), Math.min(askedSeconds, longestPause)))
}

/** What is to be done at an instant. `probe`: one attempt at whatever is next, to see whether the endpoint works again. */
export type Due =
  | { readonly kind: 'parked'; readonly referralId: string; readonly sequence: number }
  | { readonly kind: 'next' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'wait'; readonly until: string }

const bySoonest = (a: { readonly nextAt: string }, b: { readonly nextAt: string }): number =>
  a.nextAt < b.nextAt ? -1 : a.nextAt > b.nextAt ? 1 : 0

/** The parked referral that is tried next. */
export const firstParked = ({ parked }: Delivery) => parked.toSorted(bySoonest)[0]

export function dueAt(state: Delivery, at: string): Due {
  if (state.down !== undefined) return at < state.down.nextAt ? { kind: 'wait', until: state.down.nextAt } : { kind: 'probe' }
  const first = firstParked(state)
  if (first === undefined) return { kind: 'next' }
  const { referralId, sequences, nextAt } = first
  if (nextAt <= at) return { kind: 'parked', referralId, sequence: sequences[0] ?? 0 }
  return state.parked.length >= mostParked ? { kind: 'wait', until: nextAt } : { kind: 'next' }
}

const behind = (state: Delivery, referralId: string) => state.parked.find((entry) => entry.referralId === referralId)

/** Whether an event of the feed waits behind an earlier one of its referral. */
export const waitsBehind = (state: Delivery, { referralId }: Notice): 'no' | 'yes' | 'no-room' => {
  const entry = behind(state, referralId)
  if (entry === undefined) return 'no'
  return entry.sequences.length < mostBehind ? 'yes' : 'no-room'
}

/** Puts an event behind the earlier ones of its referral. */
export const putBehind = (state: Delivery, { referralId, sequence }: Notice): Delivery => ({
  ...state,
  cursor: sequence,
  parked: state.parked.map((entry) => (entry.referralId === referralId ? { ...entry, sequences: [...entry.sequences, sequence] } : entry)),
})

/** What an event leaves when it is dealt with: the next of its referral is due at once. */
function without(state: Delivery, { referralId, sequence }: Notice, at: string): Delivery {
  const entry = behind(state, referralId)
  if (entry?.sequences[0] !== sequence) return { ...state, cursor: Math.max(state.cursor, sequence) }
  const sequences = entry.sequences.slice(1)
  const others = state.parked.filter((other) => other !== entry)
  return sequences.length === 0
    ? { ...state, parked: others }
    : { ...state, parked: [...others, { referralId, sequences, attempts: 0, since: at, nextAt: at }] }
}

/** It is not told: not asked for, or not allowed any more. */
export const skipped = without

/** The endpoint took it, and works. */
export function delivered(state: Delivery, notice: Notice, at: string): Delivery {
  const { down: _, ...rest } = without(state, notice, at)
  return { ...rest, inARow: 0, okAt: at }
}

/** @returns the state after a failed attempt; `gaveUp`: that this event is not tried any more, though others are; `unreachable`: that the endpoint is given up */
export function failed(
  state: Delivery,
  notice: Notice,
  { status, askedSeconds }: Failure,
  at: string,
  random: number,
): { readonly state: Delivery; readonly gaveUp: boolean; readonly unreachable: boolean } {
  const inARow = state.inARow + 1
  const { down } = state
  const entry = behind(state, notice.referralId)
  const isOld = (since: string): boolean => Date.parse(at) - Date.parse(since) >= patience
  if (down !== undefined || status === undefined || ofTheEndpoint.has(status)) {
    const since = down?.since ?? at
    const attempts = (down?.attempts ?? 0) + 1
    return {
      state: { ...state, inARow, down: { since, attempts, nextAt: retryAt(attempts, at, random, askedSeconds) } },
      gaveUp: false,
      unreachable: isOld(since),
    }
  }
  // Refused all the time: the event is given up if the endpoint took others meanwhile, else the endpoint is.
  const isRefusedForGood = entry !== undefined && entry.attempts > 0 && isOld(entry.since)
  if (isRefusedForGood && state.okAt !== undefined && state.okAt > entry.since)
    return { state: { ...without(state, notice, at), inARow }, gaveUp: true, unreachable: false }
  const attempts = (entry?.attempts ?? 0) + 1
  const nextAt = retryAt(attempts, at, random, askedSeconds)
  const refused = {
    referralId: notice.referralId,
    sequences: entry?.sequences ?? [notice.sequence],
    attempts,
    since: entry?.since ?? at,
    nextAt,
  }
  const parked = [...state.parked.filter((other) => other !== entry), refused]
  return {
    state: {
      ...state,
      cursor: Math.max(state.cursor, notice.sequence),
      parked,
      inARow,
      ...(inARow >= downAfter && parked.length >= downAfter
        ? { down: { since: at, attempts: 1, nextAt: retryAt(1, at, random, askedSeconds) } }
        : {}),
    },
    gaveUp: false,
    unreachable: isRefusedForGood,
  }
}
