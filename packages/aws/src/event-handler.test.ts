import { type Call, type Consumers, cloudEvent, common, defineSubscriptions, ok, refused } from '@wontanara/core'
import { DossierMoved, DossierOpened } from '@wontanara/core/store-contract'
import type { Context, SQSRecord } from 'aws-lambda'
import { eventHandler } from './event-handler.ts'

const subscriptions = defineSubscriptions('a-service', [DossierOpened, DossierMoved])
type Table = Consumers<typeof subscriptions>
const trail = { at: '2026-03-02T09:00:00.000Z', by: 'officer-1', as: 'case-manager', offices: [], action: 'case:correct' }
const messageOf = (
  version: number,
  over: { readonly detail?: object; readonly data?: unknown; readonly source?: string; readonly type?: string } = {},
) => {
  const event = { type: over.type ?? DossierMoved.type, data: over.data ?? { office: 'labe' } }
  const detail = { ...cloudEvent('dossier-1', version, 0, trail, event), ...over.detail }
  return JSON.stringify({ version: '0', id: 'bus-id', 'detail-type': event.type, source: over.source ?? DossierMoved.source, detail })
}
async function handle(
  consumers: Partial<Table>,
  bodies: readonly string[],
  onFailure?: (record: SQSRecord, error: unknown) => Promise<void>,
  left = 10_000,
) {
  const none = async () => []
  const handler = eventHandler(
    subscriptions,
    { 'contract.dossier-opened.v1': none, 'contract.dossier-moved.v1': none, ...consumers },
    onFailure === undefined ? {} : { onFailure },
  )
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => left } as unknown as Context
  const Records = bodies.map((body, i) => ({ messageId: `m${i}`, body, eventSource: 'aws:sqs', attributes: {} }) as unknown as SQSRecord)
  const { batchItemFailures } = await handler({ Records }, context)
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

const written: string[] = []
beforeEach(() => {
  written.length = 0
  const take = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(take)
  for (const level of ['log', 'warn'] as const)
    jest.spyOn(console, level).mockImplementation((...args) => void written.push(args.join(' ')))
})
afterEach(() => {
  jest.restoreAllMocks()
  expect(written.join('')).not.toMatch(/Planted/)
})

test('an event reaches its own consumer, parsed, as the service itself', async () => {
  const seen: unknown[] = []
  const failed = await handle(
    {
      'contract.dossier-moved.v1': async (event, call) => {
        const { principal, action, traceparent } = call('case:record-need')
        seen.push(event.data, event.subject, principal, action, traceparent)
        return [ok(undefined)]
      },
      'contract.dossier-opened.v1': async () => Promise.reject(new Error('not mine')),
    },
    [
      messageOf(1, {
        detail: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
        data: { office: 'labe', added: 'later' },
      }),
    ],
  )
  expect(failed).toEqual([])
  expect(seen).toEqual([
    { office: 'labe' },
    'dossier-1',
    { kind: 'service', id: 'a-service' },
    'case:record-need',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])
})

test('a refusal is final: it is told and acknowledged', async () => {
  expect(await handle({ 'contract.dossier-moved.v1': async () => [refused(common.refuse('not-found'))] }, [messageOf(1)])).toEqual([])
  expect(written.join('')).toContain('"EventRefused":1')
})

test('a fault fails its own message only, and tells onFailure', async () => {
  const told: unknown[] = []
  const fault = new Error('the table is gone')
  const failed = await handle(
    {
      'contract.dossier-moved.v1': async ({ sequence }) => {
        if (sequence === '2') throw fault
        return []
      },
    },
    [messageOf(1), messageOf(2), messageOf(3)],
    async ({ messageId }, error) => void told.push(messageId, error),
  )
  expect([failed, told]).toEqual([['m1'], ['m1', fault]])
})

test('a message that never ends fails alone, before the function ends with all of them', async () => {
  const consume: Table['contract.dossier-moved.v1'] = ({ sequence }) =>
    sequence === '2' ? new Promise(() => undefined) : Promise.resolve([])
  const failed = await handle({ 'contract.dossier-moved.v1': consume }, [messageOf(1), messageOf(2), messageOf(3)], undefined, 4_010)
  expect(failed).toEqual(['m1'])
})

test.each([
  ['not JSON', 'Planted'],
  ['no envelope', '{}'],
  ['an event nobody subscribed to', messageOf(2, { type: 'contract.dossier-burned.v1' })],
  ['a source that is not that of the type', messageOf(2, { source: 'wontanara.other' })],
  ['a CloudEvent of another type', messageOf(2, { detail: { type: DossierOpened.type } })],
  ['data that is not as declared', messageOf(2, { data: { office: ['Planted'] } })],
  ['no data', messageOf(2, { detail: { data: undefined } })],
])('%s fails that message alone, to come again and end in the dead-letter queue', async (_, body) => {
  expect(await handle({}, [messageOf(1), body, messageOf(3)])).toEqual(['m1'])
})

test('every message of a batch may fail without failing the function', async () => {
  expect(await handle({}, ['{}', '{}'])).toEqual(['m0', 'm1'])
})

test('a message that comes again makes the same keys and ids; another event, or action, others', async () => {
  const made: { readonly key: string; readonly ids: readonly string[] }[] = []
  const consume = async (_: unknown, call: (action: Call['action']) => Call) => {
    // Asked for twice, because two functions of a consumer may each ask: what they create must not be one thing.
    const ids = [call('case:record-need').newId('need'), call('case:record-need').newId('need')]
    made.push(
      { key: call('case:record-need').key, ids },
      { key: call('fitness:request').key, ids: [call('fitness:request').newId('need')] },
    )
    return []
  }
  const table = { 'contract.dossier-moved.v1': consume }
  await handle(table, [messageOf(1)])
  await handle(table, [messageOf(1)])
  await handle(table, [messageOf(2)])
  expect(made.slice(0, 2)).toEqual(made.slice(2, 4))
  const first = [made[0]!, made[1]!, made[4]!, made[5]!]
  expect(new Set(first.map(({ key }) => key)).size).toBe(4)
  expect(new Set(first.flatMap(({ ids }) => ids)).size).toBe(6)
})
