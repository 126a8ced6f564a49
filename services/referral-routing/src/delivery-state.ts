import { Instant, operational } from '@wontanara/events'
import * as z from 'zod'

/*
 * How far an endpoint is: a cursor into its partner's feed, as any reader of the feed has one, and what could not be delivered yet.
 *
 * Pure: the worker (delivery.ts) asks what is due, tries it, and says how it went.
 */

/** What the partner asked to be told besides: see `Replay`. `after`: how far it is. */
const Asked = z.strictObject({
  replayId: z.string(),
  kind: z.enum(['test', 'events']),
  after: z.int(),
  upTo: z.int(),
  from: Instant.optional(),
  to: Instant.optional(),
})
export type Asked = z.output<typeof Asked>

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
    asked: z.array(Asked),
    /** The latest replays that were taken in: a call for one may come twice. */
    known: z.array(z.string()),
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
  asked: [],
  known: [],
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

const mostAsked = 10
const mostKnown = 50

/** Takes in what the partner asked for, once. @returns undefined when there is no room */
export function ask(state: Delivery, asked: Asked): Delivery | undefined {
  if (state.known.includes(asked.replayId)) return state
  if (state.asked.length >= mostAsked) return undefined
  return { ...state, asked: [...state.asked, asked], known: [...state.known, asked.replayId].slice(-mostKnown) }
}

/** What was asked for is told up to a number of the feed; to its end it is done. */
export function advanced(state: Delivery, { replayId }: Asked, after: number): Delivery {
  return {
    ...state,
    asked: state.asked.flatMap((asked) => {
      if (asked.replayId !== replayId) return [asked]
      return after >= asked.upTo ? [] : [{ ...asked, after }]
    }),
  }
}

/** The endpoint took something. */
export function works({ down: _, ...state }: Delivery, at: string): Delivery {
  return { ...state, inARow: 0, okAt: at }
}

/** The endpoint as a whole did not take something that waits nowhere in this state. */
export function fails(state: Delivery, { askedSeconds }: Failure, at: string, random: number): Delivery {
  const attempts = (state.down?.attempts ?? 0) + 1
  const since = state.down?.since ?? at
  return { ...state, inARow: state.inARow + 1, down: { since, attempts, nextAt: retryAt(attempts, at, random, askedSeconds) } }
}

const isOld = (since: string, at: string): boolean => Date.parse(at) - Date.parse(since) >= patience

/** Whether an endpoint that fails once more is given up. */
export const isUnreachable = ({ down }: Delivery, at: string): boolean => down !== undefined && isOld(down.since, at)

/** Whether an answer, or none, speaks of the endpoint as a whole, not of what was sent. */
export const isOfEndpoint = ({ status }: Failure): boolean => status === undefined || ofTheEndpoint.has(status)

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
  return works(without(state, notice, at), at)
}

/** @returns the state after a failed attempt; `gaveUp`: that this event is not tried any more, though others are; `unreachable`: that the endpoint is given up */
export function failed(
  state: Delivery,
  notice: Notice,
  failure: Failure,
  at: string,
  random: number,
): { readonly state: Delivery; readonly gaveUp: boolean; readonly unreachable: boolean } {
  const inARow = state.inARow + 1
  const { askedSeconds } = failure
  const { down } = state
  const entry = behind(state, notice.referralId)
  if (down !== undefined || isOfEndpoint(failure))
    return { state: fails(state, failure, at, random), gaveUp: false, unreachable: isUnreachable(state, at) }
  // Refused all the time: the event is given up if the endpoint took others meanwhile, else the endpoint is.
  const isRefusedForGood = entry !== undefined && entry.attempts > 0 && isOld(entry.since, at)
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
