import type { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DossierMoved, DossierOpened } from '@wontanara/core/store-contract'
import type { DynamoDBRecord } from 'aws-lambda'
import fc from 'fast-check'
import { relay } from './relay.ts'

const trail = { at: '2026-03-02T09:00:00.000Z', by: 'officer-1', as: 'case-manager', offices: ['conakry'], action: 'case:correct' }
/** The stream record of commit `version`, with `events` published events. */
function recordOf(version: number, { events = 1, text }: { events?: number; text?: string } = {}): DynamoDBRecord {
  const list = Array.from({ length: events }, (_, i) => ({ type: DossierMoved.type, data: { office: `office-${i}` } }))
  const c = text ?? JSON.stringify({ version, trail: { ...trail, traceparent: '00-trace' }, events: [{ type: 'private' }, ...list] })
  const out = list.map((_, i) => i + 1).join(',')
  return {
    dynamodb: {
      SequenceNumber: `seq-${version}`,
      NewImage: { pk: { S: 'dossier#dossier-1' }, c: { S: c }, ...(out === '' ? {} : { out: { S: out } }) },
    },
  }
}
type Entries = NonNullable<PutEventsCommand['input']['Entries']>
type Answer = (entries: Entries, call: number) => { FailedEntryCount?: number; Entries?: { EventId?: string; ErrorCode?: string }[] }

/** A bus that takes what `answer` lets it take; `calls` are the ids it was sent each time, `taken` those it took, in order. */
function busOf(answer: Answer) {
  const calls: string[][] = []
  const taken: string[] = []
  const send = async ({ input: { Entries = [] } }: PutEventsCommand) => {
    const ids = Entries.map(({ Detail }) => JSON.parse(Detail ?? '').id as string)
    calls.push(ids)
    const result = answer(Entries, calls.length)
    ids.forEach((id, i) => {
      if (result.FailedEntryCount === 0 || result.Entries?.[i]?.EventId !== undefined) taken.push(id)
    })
    return result
  }
  return { client: { send } as unknown as EventBridgeClient, calls, taken }
}
const all: Answer = (entries) => ({ FailedEntryCount: 0, Entries: entries.map((_, i) => ({ EventId: String(i) })) })
const allBut =
  (fails: (index: number) => boolean): Answer =>
  (entries) => {
    const answers = entries.map((_, i) => (fails(i) ? { ErrorCode: 'ThrottlingException' } : { EventId: String(i) }))
    return { FailedEntryCount: answers.filter(({ EventId }) => EventId === undefined).length, Entries: answers }
  }
const idOf = (version: number, index = 1) => `dossier-1.${version}.${index}`
const quiet = () => undefined

test('each published event becomes one CloudEvent that its definition accepts', async () => {
  let entry: Entries[number] | undefined
  const bus = busOf((entries, call) => {
    entry = entries[0]
    return all(entries, call)
  })
  expect(await relay([recordOf(7)], 'the-bus', bus.client, quiet)).toEqual({ batchItemFailures: [] })
  expect(entry).toMatchObject({
    EventBusName: 'the-bus',
    Source: DossierMoved.source,
    DetailType: DossierMoved.type,
    Time: new Date(trail.at),
  })
  expect(DossierMoved.parse(JSON.parse(entry?.Detail ?? ''))).toMatchObject({
    id: 'dossier-1.7.1',
    subject: 'dossier-1',
    sequence: '7',
    time: trail.at,
    traceparent: '00-trace',
    data: { office: 'office-0' },
  })
  expect(() => DossierOpened.parse(JSON.parse(entry?.Detail ?? ''))).toThrow()
  expect(entry?.Detail).not.toContain('officer-1')
})

test('records without a published event are passed over', async () => {
  const bus = busOf(all)
  const removed: DynamoDBRecord = { eventName: 'REMOVE', dynamodb: { SequenceNumber: 'seq-0' } }
  expect(await relay([removed, recordOf(1, { events: 0 })], 'bus', bus.client, quiet)).toEqual({ batchItemFailures: [] })
  expect(bus.calls).toEqual([])
})

test('ten at a time, in order', async () => {
  const bus = busOf(all)
  await relay(
    Array.from({ length: 8 }, (_, i) => recordOf(i + 1, { events: 3 })),
    'bus',
    bus.client,
    quiet,
  )
  expect(bus.calls.map(({ length }) => length)).toEqual([10, 10, 4])
  expect(bus.taken).toEqual(Array.from({ length: 8 }, (_, i) => [1, 2, 3].map((place) => idOf(i + 1, place))).flat())
})

test('only the entries that failed are sent again', async () => {
  const reports: unknown[] = []
  const bus = busOf((entries, call) => (call === 1 ? allBut((i) => i === 1 || i === 3)(entries, call) : all(entries, call)))
  const records = [1, 2, 3, 4, 5].map((version) => recordOf(version))
  expect(await relay(records, 'bus', bus.client, (...report) => reports.push(report))).toEqual({ batchItemFailures: [] })
  expect(bus.calls).toEqual([records.map((_, i) => idOf(i + 1)), [idOf(2), idOf(4)]])
  expect(reports).toEqual([[2, ['ThrottlingException']]])
})

test('an entry that never goes through is reported, and the stream brings it and what follows again', async () => {
  const bus = busOf((entries, call) => allBut((i) => JSON.parse(entries[i]?.Detail ?? '').id === idOf(12))(entries, call))
  const records = Array.from({ length: 25 }, (_, i) => recordOf(i + 1))
  expect(await relay(records, 'bus', bus.client, quiet)).toEqual({ batchItemFailures: [{ itemIdentifier: 'seq-12' }] })
  expect(bus.calls.flat().includes(idOf(21))).toBe(false)
})

test('a call that fails as a whole is tried again, then all of it reported', async () => {
  const once = busOf((entries, call) => {
    if (call === 1) throw new Error('socket hang up')
    return all(entries, call)
  })
  expect(await relay([recordOf(1), recordOf(2)], 'bus', once.client, quiet)).toEqual({ batchItemFailures: [] })
  expect(once.taken).toEqual([idOf(1), idOf(2)])
  const never = busOf(() => {
    throw new Error('denied')
  })
  expect(await relay([recordOf(1), recordOf(2)], 'bus', never.client, quiet)).toEqual({ batchItemFailures: [{ itemIdentifier: 'seq-1' }] })
})

test.each([
  ['not JSON', { text: 'Planted' }],
  ['another shape', { text: '{}' }],
  ['a place that is not there', { text: JSON.stringify({ version: 2, trail, events: [] }) }],
])('an unreadable record (%s) is reported after what came before it was published', async (_, poison) => {
  const bus = busOf(all)
  const reports: unknown[] = []
  const records = [recordOf(1), recordOf(2, poison), recordOf(3)]
  expect(await relay(records, 'bus', bus.client, (...report) => reports.push(report))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'seq-2' }],
  })
  expect(bus.taken).toEqual([idOf(1)])
  expect(JSON.stringify(reports)).not.toMatch(/Planted/)
})

test('an unreadable record that is not alone fails its batch, so that the stream splits it and gives up the record alone', async () => {
  const poison = recordOf(1, { text: '{}' })
  await expect(relay([poison, recordOf(2)], 'bus', busOf(all).client, quiet)).rejects.toThrow('cannot be read')
  expect(await relay([poison], 'bus', busOf(all).client, quiet)).toEqual({ batchItemFailures: [{ itemIdentifier: 'seq-1' }] })
})

test('what failed before an unreadable record is reported, not the record', async () => {
  const bus = busOf(allBut((i) => i === 0))
  const records = [recordOf(1), recordOf(2), recordOf(3, { text: '{}' })]
  expect(await relay(records, 'bus', bus.client, quiet)).toEqual({ batchItemFailures: [{ itemIdentifier: 'seq-1' }] })
})

test('whatever fails, and however often the stream brings it again, nothing is skipped', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (length, luck) => {
      const bus = busOf((entries, call) => {
        const mood = luck.next().value
        if (mood === 0) throw new Error('down')
        return mood < 4 ? allBut((i) => (i + mood) % 3 === 0)(entries, call) : all(entries, call)
      })
      let records = Array.from({ length }, (_, i) => recordOf(i + 1))
      for (let again = 0; again < 50 && records.length > 0; again++) {
        const { batchItemFailures } = await relay(records, 'bus', bus.client, quiet)
        const from = records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === batchItemFailures[0]?.itemIdentifier)
        records = from === -1 ? [] : records.slice(from)
      }
      expect([...new Set(bus.taken)].sort()).toEqual(Array.from({ length }, (_, i) => idOf(i + 1)).sort())
    }),
    { numRuns: 15 },
  )
})
