import { hoursLater, now } from '@wontanara/testing'
import * as fc from 'fast-check'
import {
  ask,
  beginning,
  type Delivery,
  delivered,
  dueAt,
  failed,
  firstParked,
  mostParked,
  type Notice,
  pauses,
  putBehind,
  retryAt,
  revived,
  skipped,
  waitsBehind,
} from './delivery-state.ts'

/** A feed of events of a few referrals, and what the endpoint answers to each attempt in turn: a status, or nothing. */
const feeds = fc.array(fc.constantFrom('ref-a', 'ref-b', 'ref-c', 'ref-d', 'ref-e'), { minLength: 1, maxLength: 40 })
const answers = fc.array(fc.constantFrom(204, 204, 204, 400, 500, 503, undefined), { maxLength: 200 })

interface Run {
  readonly taken: readonly Notice[]
  readonly tried: readonly { readonly notice: Notice; readonly at: string; readonly wasDown: boolean }[]
  readonly gaveUp: readonly Notice[]
  readonly state: Delivery
  readonly unreachable: boolean
}

/** The worker of delivery.ts, without anything outside. After its answers the endpoint takes everything. */
function run(feed: readonly string[], given: readonly (number | undefined)[], random: number): Run {
  const noticeAt = (sequence: number): Notice | undefined => {
    const referralId = feed[sequence - 1]
    return referralId === undefined ? undefined : { referralId, sequence }
  }
  let state = beginning({ startsAfter: 0, setAt: now })
  let at = now
  const taken: Notice[] = []
  const tried: { notice: Notice; at: string; wasDown: boolean }[] = []
  const gaveUp: Notice[] = []
  for (let n = 0; n < 5000; n++) {
    const due = dueAt(state, at)
    if (due.kind === 'wait') {
      at = due.until
      continue
    }
    const parked = firstParked(state)
    const head = noticeAt(due.kind === 'parked' ? due.sequence : state.cursor + 1)
    const notice = head ?? (due.kind === 'probe' && parked !== undefined ? noticeAt(parked.sequences[0] ?? 0) : undefined)
    if (notice === undefined) {
      if (parked === undefined) return { taken, tried, gaveUp, state, unreachable: false }
      at = [parked.nextAt, at].toSorted().at(-1) ?? at
      continue
    }
    if (notice.sequence > state.cursor && waitsBehind(state, notice) !== 'no') {
      if (waitsBehind(state, notice) === 'yes') state = putBehind(state, notice)
      else at = parked?.nextAt ?? at
      continue
    }
    const status = tried.length < given.length ? given[tried.length] : 204
    tried.push({ notice, at, wasDown: state.down !== undefined })
    if (status === 204) {
      taken.push(notice)
      state = delivered(state, notice, at)
    } else {
      const outcome = failed(state, notice, { status }, at, random)
      if (outcome.gaveUp) gaveUp.push(notice)
      if (outcome.unreachable) return { taken, tried, gaveUp, state, unreachable: true }
      state = outcome.state
    }
  }
  throw new Error('no end')
}

const anyRun = fc.record({ feed: feeds, given: answers, random: fc.double({ min: 0, max: 1, noNaN: true }) })

test('whatever an endpoint answers, it is told of everything, once, but for what was given up; else it is unreachable', () => {
  void fc.assert(
    fc.property(anyRun, ({ feed, given, random }) => {
      const { taken, gaveUp, state, unreachable } = run(feed, given, random)
      const dealtWith = [...taken, ...gaveUp].map(({ sequence }) => sequence)
      expect(new Set(dealtWith).size).toBe(dealtWith.length)
      if (unreachable) return
      expect(dealtWith.toSorted((a, b) => a - b)).toEqual(feed.map((_, i) => i + 1))
      expect(state).toMatchObject({ cursor: feed.length, parked: [] })
    }),
  )
})

test('the events of one referral are taken in their order', () => {
  void fc.assert(
    fc.property(anyRun, ({ feed, given, random }) => {
      const { taken } = run(feed, given, random)
      for (const [, own] of Map.groupBy(taken, ({ referralId }) => referralId)) {
        const sequences = own.map(({ sequence }) => sequence)
        expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
      }
    }),
  )
})

test('an endpoint that is down is tried once at a time, and no sooner than the schedule says', () => {
  void fc.assert(
    fc.property(anyRun, ({ feed, given, random }) => {
      const { tried } = run(feed, given, random)
      let since = ''
      for (const [i, { at, wasDown }] of tried.entries()) {
        const before = tried[i - 1]
        if (wasDown && before !== undefined) expect(Date.parse(at) - Date.parse(before.at)).toBeGreaterThanOrEqual(1000 * pauses[0])
        expect(at >= since).toBe(true)
        since = at
      }
    }),
  )
})

test('an endpoint that takes nothing is given up after 75 hours and not before, whatever the jitter', () => {
  void fc.assert(
    fc.property(feeds, fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(undefined, 500, 503), (feed, random, status) => {
      const { tried, unreachable } = run(feed, new Array(2000).fill(status), random)
      const hours = (Date.parse(tried.at(-1)?.at ?? now) - Date.parse(now)) / 3_600_000
      expect(unreachable).toBe(true)
      expect(hours).toBeGreaterThanOrEqual(75)
      expect(hours).toBeLessThan(75 + 24 * 1.2 + 12)
    }),
  )
})

test('no more than so many referrals are parked at once', () => {
  let state = beginning({ startsAfter: 0, setAt: now })
  for (let sequence = 1; dueAt(state, now).kind === 'next'; sequence++) {
    state = failed(state, { referralId: `ref-${sequence}`, sequence }, { status: 400 }, now, 0).state
    // Something else gets through in between: the endpoint as a whole is not down.
    if (dueAt(state, now).kind !== 'wait' || state.parked.length < mostParked)
      state = delivered(state, { referralId: 'ref-other', sequence }, now)
  }
  expect(state.parked).toHaveLength(mostParked)
  expect(dueAt(state, now)).toEqual({ kind: 'wait', until: hoursLater(5 / 3600) })
})

test('each pause is that of the schedule, up to a fifth longer, or what was asked for, up to a day', () => {
  const seconds = (attempts: number, random: number, asked?: number): number =>
    (Date.parse(retryAt(attempts, now, random, asked)) - Date.parse(now)) / 1000
  expect(pauses.reduce((sum: number, pause) => sum + pause, 0)).toBe(75 * 3600 + 35 * 60 + 5)
  expect(pauses.map((_, i) => seconds(i + 1, 0))).toEqual([...pauses])
  expect([seconds(1, 1), seconds(2, 0.5), seconds(99, 0), seconds(1, 0, 600), seconds(1, 0, 1e9)]).toEqual([6, 330, 86_400, 600, 86_400])
})

test('what is set anew is due at once, and what is skipped lets the next of its referral go', () => {
  const notice = { referralId: 'ref-a', sequence: 1 }
  const refused = putBehind(failed(beginning({ startsAfter: 0, setAt: now }), notice, { status: 500 }, now, 0).state, {
    ...notice,
    sequence: 2,
  })
  expect(dueAt(refused, now)).toEqual({ kind: 'next' })
  expect(dueAt(revived(refused, hoursLater(1), now), now)).toEqual({ kind: 'parked', ...notice })
  expect(dueAt(skipped(refused, notice, now), now)).toEqual({ kind: 'parked', referralId: 'ref-a', sequence: 2 })
})

test('what is asked for is taken in once, and ten at most', () => {
  const asked = (n: number) => ({ replayId: `replay-${n}`, kind: 'events', after: 0, upTo: 9 }) as const
  let state: Delivery | undefined = beginning({ startsAfter: 0, setAt: now })
  for (let n = 0; n < 10; n++) state = ask(ask(state!, asked(n))!, asked(n))
  expect(state?.asked).toHaveLength(10)
  expect(ask(state!, asked(10))).toBeUndefined()
})
