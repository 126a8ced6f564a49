import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { dynamoAttempts } from './attempts.dynamo.ts'
import { type Attempt, type AttemptLog, memoryAttempts } from './attempts.ts'
import { dynamoDeliveries } from './deliveries.dynamo.ts'
import { type Deliveries, memoryDeliveries } from './deliveries.ts'
import { ask, beginning, failed } from './delivery-state.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
  await dynoxide.createTable('delivery', { stream: false })
})
afterAll(() => dynoxide.stop())

const now = '2026-03-02T09:00:00.000Z'
const stores: readonly (readonly [string, () => { readonly deliveries: Deliveries; readonly attempts: AttemptLog }])[] = [
  ['memory', () => ({ deliveries: memoryDeliveries(), attempts: memoryAttempts() })],
  [
    'DynamoDB',
    () => {
      const table = { name: 'delivery', client: dynoxide.client }
      return { deliveries: dynamoDeliveries(table), attempts: dynamoAttempts(table) }
    },
  ],
]

describe.each(stores)('in %s', (_, make) => {
  test('of two who save what they read, one is told to read again; what was saved is read as it was', async () => {
    const { deliveries } = make()
    const id = 'endpoint-26k47qx9tm2r'
    expect(await deliveries.load(id)).toBeUndefined()
    const first = beginning({ startsAfter: 3, setAt: now })
    expect(await deliveries.save(id, 0, first)).toBe(true)
    expect(await deliveries.save(id, 0, first)).toBe(false)
    const refused = failed(first, { referralId: 'ref-a', sequence: 4 }, { status: 500 }, now, 0).state
    const asked = ask(refused, { replayId: 'replay-1', kind: 'events', after: 0, upTo: 4, from: now, to: now })
    const state = { ...(asked ?? refused), lease: { by: 'turn-1', until: now }, timer: { message: 'm', until: now } }
    expect(await Promise.all([deliveries.save(id, 1, state), deliveries.save(id, 1, state)])).toEqual(expect.arrayContaining([true, false]))
    expect(await deliveries.load(id)).toEqual({ version: 2, state })
    expect(await deliveries.load('endpoint-another')).toBeUndefined()
  })

  test('a log is read newest first, page by page, and is of one endpoint', async () => {
    const { attempts } = make()
    const attempt = (second: number, endpointId = 'endpoint-26k47qx9tm2r'): Attempt => ({
      endpointId,
      at: `2026-03-02T09:00:0${second}.000Z`,
      eventId: `ref-26k47qx9tm2r_${second}_0`,
      type: 'referral.sent',
      outcome: 'refused',
      status: 503,
      nextAt: now,
    })
    for (const second of [1, 2, 3]) await attempts.record(attempt(second))
    await attempts.record(attempt(4, 'endpoint-9tm2r26k47qx'))
    const page = await attempts.read('endpoint-26k47qx9tm2r', 2)
    expect(page.items).toEqual([attempt(3), attempt(2)])
    expect(page.next).toMatch(/^[a-z0-9-]{1,60}$/)
    expect(await attempts.read('endpoint-26k47qx9tm2r', 2, page.next)).toEqual({ items: [attempt(1)] })
    expect(await attempts.read('endpoint-nothing0000', 2)).toEqual({ items: [] })
  })
})
