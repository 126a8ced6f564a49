import fc from 'fast-check'
import type { Resource } from './assembly.ts'
import type { DeliveryObservation, Observation } from './observations.ts'
import { observations } from './observations.ts'
import type { Queue } from './sqs.ts'
import { watch } from './window-state.ts'

const resource = (type: string, name: string, properties: Resource['properties'] = {}): Resource => ({
  type,
  path: `shop/${name}`,
  name,
  arn: `arn:${name}`,
  ref: name,
  attributes: {},
  properties,
})
const resources = [
  resource('AWS::SQS::Queue', 'orders'),
  resource('AWS::SQS::Queue', 'dead'),
  resource('AWS::DynamoDB::Table', 'things'),
  resource('AWS::Lambda::EventSourceMapping', 'mapping', { FunctionName: 'packer', EventSourceArn: 'arn:orders' }),
]
const fn = (name: string) => ({ path: `shop/${name}`, name, arn: `arn:${name}`, active: 0, instances: 1 })
const empty = { visible: 0, inFlight: 0, delayed: 0, oldest: null as number | null }

/** A cloud of one bus, one queue with its dead letters, a consumer and a relay, at a time that a test moves. */
function harness() {
  let now = Date.parse('2026-03-01T08:00:00Z')
  const depths = { orders: { ...empty }, dead: { ...empty } }
  const queue = (name: keyof typeof depths) => ({ name, arn: `arn:${name}` }) as Queue
  const queues = [queue('orders'), queue('dead')]
  const { tell, listen } = observations()
  const read = watch({
    resources,
    functions: new Map([fn('packer'), fn('relay')].map((one) => [one.arn, one])),
    queues: {
      queues,
      byArn: (arn) => queues.find((one) => one.arn === arn),
      counts: ({ name }) => depths[name as keyof typeof depths],
    },
    tables: { counts: async () => [{ name: 'things', items: 3 }] },
    deadLetterQueues: () => queues.slice(1),
    schedules: { next: () => [{ name: 'nightly', at: undefined }] },
    faults: { active: () => [] },
    usage: () => [],
    clock: Object.assign(() => now, { offset: 0 }),
    listen,
  })
  const pass = (milliseconds: number): void => {
    now += milliseconds
  }
  return { tell, read, depths, pass, now: () => now }
}

const event = (id: string, queues: readonly string[] = ['orders']): Observation => ({
  kind: 'event',
  bus: 'main',
  id,
  type: 'ordered',
  source: 'shop',
  function: undefined,
  bytes: 1,
  eventBytes: 1,
  queues,
  buses: [],
  archives: [],
})
const delivery = (id: string, outcome: DeliveryObservation['outcome'], attempt = 1): Observation => ({
  kind: 'delivery',
  function: 'shop/packer',
  from: 'orders',
  messageId: `message of ${id}`,
  attempt,
  outcome,
  event: { type: 'ordered', id },
})
const record = (outcome: DeliveryObservation['outcome']): Observation => ({
  kind: 'delivery',
  function: 'shop/relay',
  from: 'things',
  messageId: '7',
  attempt: 1,
  outcome,
  event: undefined,
})

test('an event is news for each consumer until it is done, and what came of it replaces what was hoped', async () => {
  const { tell, read } = harness()
  tell(event('a'))
  tell(event('nobody wants it', []))
  expect((await read()).news).toMatchObject([
    { id: 'nobody wants it', outcome: 'nobody' },
    { id: 'a', type: 'ordered', consumer: 'shop/packer', outcome: 'waiting', attempt: 0 },
  ])
  tell(delivery('a', 'failed'))
  tell(delivery('a', 'done', 2))
  const { news, totals } = await read()
  expect(news).toMatchObject([{ id: 'a', outcome: 'done', attempt: 2, from: 'shop/orders' }, { id: 'nobody wants it' }])
  expect(totals.events).toBe(2)
})

test('a message on its way is no reason to worry; one that stays is; a dead letter is worse', async () => {
  const { read, depths, pass, now } = harness()
  expect((await read()).status).toEqual({ level: 'works', deadLetters: 0, waiting: 0, oldest: 0, stuck: [] })
  depths.orders = { ...empty, inFlight: 2, oldest: now() }
  pass(4_999)
  expect((await read()).status).toMatchObject({ level: 'works', waiting: 2 })
  pass(1)
  expect((await read()).status).toMatchObject({ level: 'waits', waiting: 2, oldest: 5_000 })
  depths.dead = { ...empty, visible: 1, oldest: now() }
  expect((await read()).status).toMatchObject({ level: 'failed', deadLetters: 1, waiting: 2 })
  depths.orders = { ...empty }
  expect((await read()).status).toMatchObject({ level: 'failed', waiting: 0 })
})

test.each(['done', 'given-up'] as const)('a stream whose function keeps failing waits until a record is %s', async (end) => {
  const { tell, read, pass } = harness()
  tell(record('done'))
  expect((await read()).news).toEqual([])
  tell(record('failed'))
  pass(3_000)
  tell(record('failed'))
  pass(2_000)
  const { status, news } = await read()
  expect(status).toMatchObject({ level: 'waits', stuck: ['shop/things'] })
  expect(news).toMatchObject([{ id: '7', from: 'shop/things', consumer: 'shop/relay', outcome: 'failed' }])
  tell(record(end))
  const after = await read()
  expect(after.status).toMatchObject({ level: 'works', stuck: [] })
  expect(after.news).toMatchObject([{ outcome: end }])
})

test('whatever is told, it counts every invocation and keeps no more than the latest hundred news, each once', async () => {
  const told = fc.oneof(
    fc.nat(150).map((id) => event(String(id))),
    fc
      .record({ id: fc.nat(150), outcome: fc.constantFrom('done' as const, 'failed' as const, 'given-up' as const) })
      .map(({ id, outcome }) => delivery(String(id), outcome)),
    fc.record({ cold: fc.boolean(), error: fc.constantFrom(undefined, 'Error') }).map(
      ({ cold, error }): Observation => ({
        kind: 'invocation',
        function: 'shop/packer',
        requestId: 'r',
        by: 'queue',
        cold,
        milliseconds: 2,
        initMilliseconds: 0,
        memory: 512,
        architecture: 'arm64',
        error,
      }),
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(told, { maxLength: 400 }), async (all) => {
      const { tell, read } = harness()
      for (const one of all) tell(one)
      const { functions, news, totals } = await read()
      const invocations = all.filter((one) => one.kind === 'invocation')
      expect(functions[0]).toMatchObject({
        invocations: invocations.length,
        errors: invocations.filter(({ error }) => error !== undefined).length,
        coldStarts: invocations.filter(({ cold }) => cold).length,
      })
      expect(totals.invocations).toBe(invocations.length)
      const ids = all.flatMap((one) => (one.kind === 'event' ? one.id : one.kind === 'delivery' ? (one.event?.id ?? '') : [])).reverse()
      expect(news.map(({ id }) => id)).toEqual([...new Set(ids)].slice(0, 100))
    }),
    { numRuns: 50 },
  )
})
