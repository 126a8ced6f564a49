import fc from 'fast-check'
import { referralStates } from './codes.ts'
import { type Need, type NeedStatus, needStatus, type ReferralLink, withReferral } from './needs.ts'

const need: Need = { needId: 'need-9q4r8t3m2k7x', service: 'health', priority: 'urgent', recordedAt: '2026-03-02T09:00:00.000Z' }
const news = (state: ReferralLink['state'], sequence: number, referral = 'a'): ReferralLink => ({
  referralId: `ref-00000000000${referral}`,
  sequence,
  state,
})
const service = { kind: 'service', provider: 'programme', on: '2026-03-02', recordedBy: 'staff-0003' } as const
const refusal = { kind: 'refusal', reason: 'no-funds', recordedBy: 'staff-0003' } as const

test.each<[string, readonly ReferralLink[], Need['answer'], NeedStatus]>([
  ['nothing happened', [], undefined, 'open'],
  ['sent', [news('sent', 3)], undefined, 'referred'],
  ['sent, declined', [news('sent', 3), news('declined', 4)], undefined, 'open'],
  ['declined, and the sending arrives late', [news('declined', 4), news('sent', 3)], undefined, 'open'],
  ['declined, then sent to another', [news('declined', 4), news('sent', 3, 'b')], undefined, 'referred'],
  ['completed', [news('completed', 7)], undefined, 'met'],
  ['completed, and the sending arrives late', [news('completed', 7), news('sent', 3)], undefined, 'met'],
  ['completed by one, recalled from another', [news('completed', 7), news('recalled', 9, 'b')], undefined, 'met'],
  ['failed', [news('sent', 3), news('failed', 6)], undefined, 'open'],
  ['recalled', [news('sent', 3), news('recalled', 4)], undefined, 'open'],
  ['expired', [news('sent', 3), news('expired', 4)], undefined, 'open'],
  ['expired, and sent on to the next partner', [news('sent', 3), news('sent', 1, 'b'), news('expired', 4)], undefined, 'referred'],
  ['expired with one, completed by the next', [news('expired', 4), news('completed', 6, 'b')], undefined, 'met'],
  ['a service given meanwhile', [news('sent', 3)], service, 'met'],
  ['refused', [], refusal, 'declined'],
  ['refused, then sent after all', [news('sent', 3)], refusal, 'referred'],
  ['refused, but completed', [news('completed', 7)], refusal, 'met'],
])('%s', (_, links, answer, expected) => {
  expect(needStatus(links.reduce(withReferral, { ...need, answer }))).toBe(expected)
})

const link = fc.record({
  referralId: fc.constantFrom('ref-00000000000a', 'ref-00000000000b'),
  sequence: fc.nat(6),
  state: fc.constantFrom(...referralStates.codes),
})
/** One referral says one thing at one version. */
const links = fc.uniqueArray(link, { maxLength: 8, selector: ({ referralId, sequence }) => `${referralId} ${sequence}` })
const sorted = ({ referrals = [] }: Need) => referrals.toSorted((a, b) => (a.referralId < b.referralId ? -1 : 1))

test('whatever the order of the news, and however often they come, the need ends the same', () => {
  fc.assert(
    fc.property(
      links.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray([...some, ...some], { minLength: some.length * 2 }))),
      ([once, again]) => {
        const expected = once.toSorted((a, b) => a.sequence - b.sequence).reduce(withReferral, need)
        const actual = again.reduce(withReferral, need)
        expect(sorted(actual)).toEqual(sorted(expected))
        expect(needStatus(actual)).toBe(needStatus(expected))
      },
    ),
  )
})

test('of all that is told of referrals, only a completion that still stands meets a need', () => {
  fc.assert(
    fc.property(links, (told) => {
      const latest = new Map<string, ReferralLink>()
      for (const one of told.toSorted((a, b) => a.sequence - b.sequence)) latest.set(one.referralId, one)
      const completed = [...latest.values()].some(({ state }) => state === 'completed')
      expect(needStatus(told.reduce(withReferral, need)) === 'met').toBe(completed)
    }),
  )
})
