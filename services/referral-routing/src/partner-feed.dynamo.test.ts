import { TransactWriteItemsCommand } from '@wontanara/aws'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import type { PartnerEvent } from './partner-event.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import { memoryFeed, type PartnerFeed } from './partner-feed.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
  await dynoxide.createTable('feed', { stream: false })
})
afterAll(() => dynoxide.stop())

const event = (n: number): PartnerEvent => ({
  id: `ref-26k47qx9tm2r_${n}_0`,
  type: 'referral.received',
  timestamp: '2026-03-02T09:00:00.000Z',
  data: { referralId: 'ref-26k47qx9tm2r', serviceId: 'svc-legal-aid', status: 'received', version: n },
})
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1)

const feeds: readonly (readonly [string, () => PartnerFeed])[] = [
  ['memory', memoryFeed],
  ['DynamoDB', () => dynamoFeed({ name: 'feed', client: dynoxide.client })],
]
let organisations = 0

describe.each(feeds)('a feed in %s', (_, make) => {
  let feed: PartnerFeed
  let organisation: string
  beforeEach(() => {
    feed = make()
    organisation = `org-${++organisations}`
  })

  test('is empty, and stays so for others', async () => {
    expect(await feed.read(organisation, 0, 10)).toEqual([])
    await feed.append(organisation, event(1))
    expect(await feed.read('org-elsewhere', 0, 10)).toEqual([])
  })

  test('numbers events from 1 and gives what comes after a number, page by page', async () => {
    for (const n of numbers(5)) await feed.append(organisation, event(n))
    expect(await feed.read(organisation, 0, 2)).toEqual([
      { ...event(1), sequence: 1 },
      { ...event(2), sequence: 2 },
    ])
    expect((await feed.read(organisation, 2, 10)).map(({ sequence }) => sequence)).toEqual([3, 4, 5])
    expect(await feed.read(organisation, 5, 10)).toEqual([])
  })

  test('knows its last number, and that of each event', async () => {
    expect([await feed.head(organisation), await feed.find(organisation, event(1).id)]).toEqual([0, undefined])
    for (const n of numbers(3)) await feed.append(organisation, event(n))
    expect([await feed.head(organisation), await feed.find(organisation, event(2).id)]).toEqual([3, 2])
    expect(await feed.find('org-elsewhere', event(2).id)).toBeUndefined()
  })

  test('keeps an event once, however often and however late it comes again', async () => {
    await feed.append(organisation, event(1))
    await feed.append(organisation, event(2))
    await feed.append(organisation, event(1))
    await Promise.all([feed.append(organisation, event(3)), feed.append(organisation, event(3))])
    expect((await feed.read(organisation, 0, 10)).map(({ id }) => id)).toEqual([event(1).id, event(2).id, event(3).id])
  })

  test('shows a reader beside concurrent writers every event once, in an order that never changes', async () => {
    const count = 24
    let writing = true
    const seen: string[] = []
    const read = async (): Promise<void> => {
      for (;;) {
        const last = !writing
        const page = await feed.read(organisation, seen.length, 5)
        expect(page.map(({ sequence }) => sequence)).toEqual(page.map((_item, i) => seen.length + 1 + i))
        seen.push(...page.map(({ id }) => id))
        if (last && page.length === 0) return
      }
    }
    const reader = read()
    const writers = [0, 1, 2].map(async (writer) => {
      for (const n of numbers(count)) if (n % 3 === writer) await feed.append(organisation, event(n))
    })
    await Promise.all(writers)
    writing = false
    await reader
    expect(seen.toSorted()).toEqual(
      numbers(count)
        .map((n) => event(n).id)
        .toSorted(),
    )
    expect((await feed.read(organisation, 0, 100)).map(({ id }) => id)).toEqual(seen)
  })
})

test('takes as many at once as all consumers together can bring, ten functions with ten messages each', async () => {
  const feed = dynamoFeed({ name: 'feed', client: dynoxide.client })
  await Promise.all(numbers(100).map((n) => feed.append('org-busy', event(n))))
  expect((await feed.read('org-busy', 0, 100)).map(({ sequence }) => sequence)).toEqual(numbers(100))
})

test('a page ends before a number that is not there yet, as a reader may see it between two transactions', async () => {
  const feed = dynamoFeed({ name: 'feed', client: dynoxide.client })
  await feed.append('org-gap', event(1))
  const item = (sequence: number) => ({
    pk: { S: 'feed#org-gap' },
    sk: { S: `item#${String(sequence).padStart(10, '0')}` },
    c: { S: JSON.stringify({ ...event(sequence), sequence }) },
  })
  await dynoxide.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'feed', Item: item(3) } }] }))
  expect((await feed.read('org-gap', 0, 10)).map(({ sequence }) => sequence)).toEqual([1])
  expect(await feed.read('org-gap', 1, 10)).toEqual([])
  await dynoxide.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'feed', Item: item(2) } }] }))
  expect((await feed.read('org-gap', 1, 10)).map(({ sequence }) => sequence)).toEqual([2, 3])
})
