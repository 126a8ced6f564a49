import * as z from 'zod'
import { clocks, type Referral } from './referral.ts'

/*
 * How partners answer, counted by service and by the month in which a referral was sent. The tally of a month is the sum over lines, one for
 * each referral. What happens to a referral only ever adds to its line, and adding twice adds nothing: the tally is the same in whatever order
 * events come, and however often.
 */

/** What can be said of a referral once and for all. `in-error`: it should never have been sent, and is not counted at all. */
const marks = ['sent', 'accepted', 'declined', 'expired', 'overdue', 'recalled', 'completed', 'failed', 'in-error'] as const
type Mark = (typeof marks)[number]

/** What is counted of one referral. Minutes are from its sending. */
export const Line = z.strictObject({
  marks: z.array(z.enum(marks)),
  /** When receipt was due, by the priority. */
  due: z.number(),
  /** When the partner first showed that it had the referral, by acknowledging or by answering. */
  acknowledged: z.number().optional(),
})
export type Line = z.output<typeof Line>

/** `overdue`: not acknowledged, or not answered, within the time that its priority gives; whatever came later. */
export const counts = ['sent', 'acknowledged', 'overdue', 'accepted', 'declined', 'expired', 'recalled', 'completed', 'failed'] as const
export type Counts = Readonly<Record<(typeof counts)[number], number>>

/** Upper bounds, in hours, of the classes that times to acknowledgement fall into; the last class is open. The clocks 24, 72 and 336 are among them. */
export const hourBounds = [1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 240, 336] as const

const whole = z.int().min(0)
export const Tally = z.strictObject({
  counts: z.strictObject({
    sent: whole,
    acknowledged: whole,
    overdue: whole,
    accepted: whole,
    declined: whole,
    expired: whole,
    recalled: whole,
    completed: whole,
    failed: whole,
  } satisfies Record<keyof Counts, z.ZodType>),
  /** Minutes to acknowledgement, of all together. */
  minutes: z.number().min(0),
  /** How many were acknowledged within each class of `hourBounds`. */
  hours: z.array(whole).length(hourBounds.length + 1),
})
export type Tally = z.output<typeof Tally>
/** A tally of the referrals that were sent in one month, `2026-03`. */
export interface MonthTally extends Tally {
  readonly month: string
}

/** Where a line is counted. */
export interface TallyPlace {
  readonly serviceId: string
  readonly month: string
}

/** The tallies of all services, and the lines they are the sums of. */
export interface Tallies {
  /** Changes a referral's line, and the tally with it, in one transaction. A line that stays as it is writes nothing. */
  note(place: TallyPlace, referralId: string, change: (line: Line | undefined) => Line): Promise<void>
  /** The tallies of the months from `from` to `to` in which anything was sent, oldest first. */
  read(serviceId: string, from: string, to: string): Promise<readonly MonthTally[]>
}

export const emptyTally: Tally = {
  counts: { sent: 0, acknowledged: 0, overdue: 0, accepted: 0, declined: 0, expired: 0, recalled: 0, completed: 0, failed: 0 },
  minutes: 0,
  hours: [...hourBounds, 0].map(() => 0),
}

/** What one referral adds to the tally. */
function tallyOf({ marks, due, acknowledged }: Line): Tally {
  if (marks.includes('in-error')) return emptyTally
  const is = (mark: Mark): number => (marks.includes(mark) ? 1 : 0)
  const known = acknowledged !== undefined
  const bound = known ? hourBounds.findIndex((hours) => acknowledged <= hours * 60) : -1
  const late = marks.includes('overdue') || marks.includes('expired') || (known && acknowledged > due)
  return {
    counts: {
      sent: is('sent'),
      acknowledged: known ? 1 : 0,
      overdue: late ? 1 : 0,
      accepted: is('accepted'),
      declined: is('declined'),
      expired: is('expired'),
      recalled: is('recalled'),
      completed: is('completed'),
      failed: is('failed'),
    },
    minutes: acknowledged ?? 0,
    hours: emptyTally.hours.map((_, i) => (known && i === (bound === -1 ? hourBounds.length : bound) ? 1 : 0)),
  }
}

function combined(one: Tally, other: Tally, sign: 1 | -1): Tally {
  const count = (name: keyof Counts): number => one.counts[name] + sign * other.counts[name]
  return {
    counts: {
      sent: count('sent'),
      acknowledged: count('acknowledged'),
      overdue: count('overdue'),
      accepted: count('accepted'),
      declined: count('declined'),
      expired: count('expired'),
      recalled: count('recalled'),
      completed: count('completed'),
      failed: count('failed'),
    },
    minutes: one.minutes + sign * other.minutes,
    hours: one.hours.map((n, i) => n + sign * (other.hours[i] ?? 0)),
  }
}

/** Several tallies as one. */
export const total = (tallies: readonly Tally[]): Tally => tallies.reduce((sum, tally) => combined(sum, tally, 1), emptyTally)

/** A tally after one of its lines has changed. */
export const recounted = (tally: Tally, before: Line | undefined, after: Line): Tally =>
  combined(before === undefined ? tally : combined(tally, tallyOf(before), -1), tallyOf(after), 1)

type Meaning = Mark | 'acknowledged'
/** What an event of a referral says of it. What is not here, such as the start of a service, is not counted. */
const meanings: Readonly<Record<string, Meaning>> = {
  'referral-routing.referral-sent.v1': 'sent',
  'referral-routing.referral-received.v1': 'acknowledged',
  'referral-routing.referral-accepted.v1': 'accepted',
  'referral-routing.referral-declined.v1': 'declined',
  'referral-routing.referral-expired.v1': 'expired',
  'referral-routing.referral-completed.v1': 'completed',
  'referral-routing.referral-failed.v1': 'failed',
  'referral-routing.referral-recalled.v1': 'recalled',
}
function meaningOf({ type, data: { reason } }: News): Meaning | undefined {
  if (type === 'referral-routing.referral-recalled.v1' && reason === 'sent-in-error') return 'in-error'
  // A hold that lasts longer than was said is not the partner's silence, nor is the lack of another partner.
  if (type === 'referral-routing.referral-escalated.v1') return reason === 'not-answered' ? 'overdue' : undefined
  return meanings[type]
}

/** What is needed of a published event of a referral. */
interface News {
  readonly type: string
  readonly time: string
  readonly data: { readonly referralId: string; readonly serviceId: string; readonly reason?: string }
}

/** Adds to a referral's line what an event says. @param minutes from the sending of the referral to the event */
function lineAfter(line: Line | undefined, news: News, minutes: number, due: number): Line {
  const mark = meaningOf(news)
  const { marks: known = [], acknowledged } = line ?? {}
  const marks = mark === undefined || mark === 'acknowledged' || known.includes(mark) ? known : [...known, mark].toSorted()
  // Whoever answers has received it.
  const shows = mark === 'acknowledged' || mark === 'accepted' || mark === 'declined'
  const first = shows ? Math.min(minutes, acknowledged ?? minutes) : acknowledged
  return { marks, due, ...(first === undefined ? {} : { acknowledged: first }) }
}

/** What is needed of the referral itself. */
export interface Sent extends Pick<Referral, 'sentAt'> {
  readonly facts: Pick<Referral['facts'], 'priority'>
}

/**
 * Counts an event of a referral, under the month in which that was sent.
 * @param load reads the referral; it is not read for what is not counted
 * @throws when the referral was not sent
 */
export async function tally(tallies: Tallies, news: News, load: () => Promise<Sent | undefined>): Promise<void> {
  if (meaningOf(news) === undefined) return
  const referral = await load()
  if (referral?.sentAt === undefined) throw new Error(`${news.type}: of a referral that was not sent`)
  const { sentAt, facts } = referral
  const minutes = Math.max(0, Math.round((Date.parse(news.time) - Date.parse(sentAt)) / 60_000))
  const { referralId, serviceId } = news.data
  await tallies.note({ serviceId, month: sentAt.slice(0, 7) }, referralId, (line) =>
    lineAfter(line, news, minutes, clocks[facts.priority] * 60),
  )
}

/** Hours to acknowledgement that half of the referrals stayed below, interpolated within a class; undefined when none was acknowledged. */
export function medianHours({ hours }: Pick<Tally, 'hours'>): number | undefined {
  const all = hours.reduce((sum, n) => sum + n, 0)
  if (all === 0) return undefined
  let below = 0
  for (const [i, n] of hours.entries()) {
    if (n > 0 && below + n >= all / 2) {
      const [from, to] = [hourBounds[i - 1] ?? 0, hourBounds[i] ?? hourBounds.at(-1) ?? 0]
      return from + ((all / 2 - below) / n) * (to - from)
    }
    below += n
  }
  return undefined
}

/** Fewer are not told: who they were could be guessed (programme rule: k = 11). */
export const smallest = 11

/** The month some months before that of an instant. */
const monthsBefore = (at: string, months: number): string =>
  new Date(Date.UTC(Number(at.slice(0, 4)), Number(at.slice(5, 7)) - 1 - months, 1)).toISOString().slice(0, 7)

/**
 * In how many hours a service usually acknowledges a referral: the median over those sent in this month and the five before.
 * Undefined where too few were acknowledged to tell.
 */
export async function acknowledgementHours(tallies: Pick<Tallies, 'read'>, serviceId: string, at: string): Promise<number | undefined> {
  const recent = total(await tallies.read(serviceId, monthsBefore(at, 5), at.slice(0, 7)))
  return recent.counts.acknowledged < smallest ? undefined : medianHours(recent)
}

/** Tallies for tests. */
export function memoryTallies(): Tallies {
  const months = new Map<string, Map<string, Tally>>()
  const lines = new Map<string, Line>()
  return {
    note: async ({ serviceId, month }, referralId, change) => {
      const key = `${serviceId} ${referralId}`
      const before = lines.get(key)
      const after = change(before)
      const own = months.get(serviceId) ?? new Map<string, Tally>()
      own.set(month, recounted(own.get(month) ?? emptyTally, before, after))
      months.set(serviceId, own)
      lines.set(key, after)
    },
    read: async (serviceId, from, to) =>
      [...(months.get(serviceId) ?? [])]
        .filter(([month]) => from <= month && month <= to)
        .map(([month, tally]) => ({ month, ...tally }))
        .toSorted((a, b) => (a.month < b.month ? -1 : 1)),
  }
}
