import { hoursLater, now } from '@wontanara/testing'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import * as fc from 'fast-check'
import { dynamoTallies } from './tally.dynamo.ts'
import { acknowledgementHours, counts, medianHours, memoryTallies, type Sent, type Tallies, tally, total } from './tally.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
  await dynoxide.createTable('tally', { stream: false })
})
afterAll(() => dynoxide.stop())

type Step = 'sent' | 'received' | 'accepted' | 'declined' | 'started' | 'completed' | 'failed' | 'recalled' | 'expired' | 'escalated'
interface Happened {
  readonly step: Step
  readonly hours: number
  readonly reason?: string
}
const month = now.slice(0, 7)
const referral: Sent = { sentAt: now, facts: { priority: 'urgent' } }
let services = 0
const newService = (): string => `svc-${++services}`
/** Counts what happened to a referral of priority "urgent", so many hours after it was sent. */
const note = (
  tallies: Tallies,
  serviceId: string,
  referralId: string,
  { step, hours, reason }: Happened,
  sent = referral,
): Promise<void> => {
  const type = `referral-routing.referral-${step}.v1`
  return tally(tallies, { type, time: hoursLater(hours), data: { referralId, serviceId, ...(reason && { reason }) } }, async () => sent)
}
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

const kinds: readonly (readonly [string, () => Tallies])[] = [
  ['memory', memoryTallies],
  ['DynamoDB', () => dynamoTallies({ name: 'tally', client: dynoxide.client })],
]

describe.each(kinds)('tallies in %s', (_, make) => {
  let tallies: Tallies
  let service: string
  beforeEach(() => {
    tallies = make()
    service = newService()
  })
  const all = async () => total(await tallies.read(service, '0000-01', '9999-12')).counts

  test('count each referral once under each name, in the month that it was sent in', async () => {
    for (const n of [1, 2, 2]) await note(tallies, service, `ref-${n}`, { step: 'sent', hours: 0 })
    for (const hours of [20, 20]) await note(tallies, service, 'ref-1', { step: 'accepted', hours })
    await note(tallies, service, 'ref-1', { step: 'started', hours: 800 })
    await note(tallies, service, 'ref-1', { step: 'completed', hours: 24 * 60 })
    const [march, ...others] = await tallies.read(service, '0000-01', '9999-12')
    expect(others).toEqual([])
    expect(march).toMatchObject({ month, minutes: 20 * 60 })
    expect(march?.counts).toMatchObject({ sent: 2, acknowledged: 1, overdue: 0, accepted: 1, declined: 0, completed: 1, failed: 0 })
  })

  test('are read by months, of one service', async () => {
    for (const [n, sentAt] of ['2026-01-31T23:59:59.000Z', '2026-02-01T00:00:00.000Z', now].entries())
      await note(tallies, service, `ref-${n}`, { step: 'sent', hours: 0 }, { ...referral, sentAt })
    await note(tallies, newService(), 'ref-9', { step: 'sent', hours: 0 })
    expect((await tallies.read(service, '2026-01', '2026-02')).map((found) => found.month)).toEqual(['2026-01', '2026-02'])
    expect(await all()).toMatchObject({ sent: 3 })
  })

  test('lose none of what many report of one service at once', async () => {
    await Promise.all(numbers(40).map((n) => note(tallies, service, `ref-${n % 20}`, { step: n < 20 ? 'sent' : 'received', hours: 1 })))
    expect(await all()).toMatchObject({ sent: 20, acknowledged: 20 })
  })

  test('leave out what was entered in error, from the beginning', async () => {
    await note(tallies, service, 'ref-1', { step: 'sent', hours: 0 })
    await note(tallies, service, 'ref-1', { step: 'received', hours: 100 })
    await note(tallies, service, 'ref-1', { step: 'recalled', hours: 101, reason: 'sent-in-error' })
    expect(Object.values(await all())).toEqual(counts.map(() => 0))
    expect(medianHours(total(await tallies.read(service, month, month)))).toBeUndefined()
  })
})

test.each<[string, readonly Happened[], object]>([
  ['acknowledged in time', [{ step: 'received', hours: 72 }], { acknowledged: 1, overdue: 0 }],
  ['acknowledged too late', [{ step: 'received', hours: 72.1 }], { acknowledged: 1, overdue: 1 }],
  ['accepted unacknowledged', [{ step: 'accepted', hours: 3 }], { acknowledged: 1, overdue: 0, accepted: 1 }],
  ['declined unacknowledged', [{ step: 'declined', hours: 3, reason: 'no-capacity' }], { acknowledged: 1, declined: 1 }],
  ['expired', [{ step: 'expired', hours: 73 }], { acknowledged: 0, overdue: 1, expired: 1 }],
  [
    'escalated, once late and once more',
    [
      { step: 'received', hours: 73 },
      { step: 'escalated', hours: 150, reason: 'not-answered' },
      { step: 'escalated', hours: 300, reason: 'not-answered' },
    ],
    { acknowledged: 1, overdue: 1 },
  ],
  [
    'on hold for too long',
    [
      { step: 'accepted', hours: 2 },
      { step: 'escalated', hours: 900, reason: 'hold-over' },
    ],
    { overdue: 0 },
  ],
  ['recalled for another reason', [{ step: 'recalled', hours: 1, reason: 'consent-withdrawn' }], { sent: 1, recalled: 1 }],
])('a referral that was %s', async (_, happened, expected) => {
  const tallies = memoryTallies()
  for (const one of [{ step: 'sent', hours: 0 } as const, ...happened]) await note(tallies, 'svc-1', 'ref-1', one)
  expect(total(await tallies.read('svc-1', month, month)).counts).toMatchObject(expected)
})

test('order and repetition of events do not matter', async () => {
  const happened = fc.record({
    referralId: fc.constantFrom('ref-1', 'ref-2', 'ref-3'),
    step: fc.constantFrom<Step>('sent', 'received', 'accepted', 'declined', 'completed', 'failed', 'recalled', 'expired', 'escalated'),
    hours: fc.nat(400),
    reason: fc.constantFrom('sent-in-error', 'no-longer-needed', 'not-answered'),
  })
  const tallied = async (events: readonly (Happened & { readonly referralId: string })[]) => {
    const tallies = memoryTallies()
    for (const event of events) await note(tallies, 'svc-1', event.referralId, event)
    return tallies.read('svc-1', month, month)
  }
  const shuffled = fc.array(happened, { minLength: 1, maxLength: 20 }).chain((events) =>
    fc.record({
      events: fc.constant(events),
      otherwise: fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(shuffled, async ({ events, otherwise }) => {
      expect(await tallied(otherwise)).toEqual(await tallied(events))
    }),
  )
})

describe('how long a service usually takes', () => {
  const acknowledged = async (tallies: Tallies, hours: readonly number[]): Promise<void> => {
    for (const [n, each] of hours.entries()) await note(tallies, 'svc-1', `ref-${n}`, { step: 'received', hours: each })
  }

  test('is not told of fewer than eleven', async () => {
    const tallies = memoryTallies()
    expect(await acknowledgementHours(tallies, 'svc-1', now)).toBeUndefined()
    await acknowledged(tallies, numbers(10))
    expect(await acknowledgementHours(tallies, 'svc-1', now)).toBeUndefined()
    await acknowledged(tallies, numbers(11))
    expect(await acknowledgementHours(tallies, 'svc-1', now)).toBeGreaterThan(0)
  })

  test('forgets what was sent more than five months before this one', async () => {
    const tallies = memoryTallies()
    await acknowledged(tallies, numbers(11))
    expect(await acknowledgementHours(tallies, 'svc-1', '2026-08-31T23:00:00.000Z')).toBeGreaterThan(0)
    expect(await acknowledgementHours(tallies, 'svc-1', '2026-09-01T00:00:00.000Z')).toBeUndefined()
  })

  test('lies in the class of the true median, also when there are few or very many hours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(336), { minLength: 1, maxLength: 30 }), async (hours) => {
        const tallies = memoryTallies()
        await acknowledged(tallies, hours)
        const median = medianHours(total(await tallies.read('svc-1', month, month))) ?? Number.NaN
        const middle = hours.toSorted((a, b) => a - b)[Math.ceil(hours.length / 2) - 1] ?? Number.NaN
        const bounds = [0, 1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 240, 336]
        const upper = bounds.find((bound) => middle <= bound && bound > 0) ?? Number.NaN
        expect(median).toBeLessThanOrEqual(upper)
        expect(median).toBeGreaterThanOrEqual(bounds[bounds.indexOf(upper) - 1] ?? Number.NaN)
      }),
    )
  })
})
