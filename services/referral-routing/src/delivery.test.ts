import { create, createOrExecute, defineApi, memoryStore, NotYet } from '@wontanara/core'
import { callBy, client, hoursLater, now, partnerOf, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { httpPorts } from './app.ts'
import { Attempt, memoryAttempts } from './attempts.ts'
import { type CaseFileCommand, caseFiles } from './case-file.ts'
import { type Deliveries, memoryDeliveries } from './deliveries.ts'
import { deliveries } from './delivery.ts'
import { memoryDisclosures, sha256Of } from './disclosure.ts'
import { endpointRoutes } from './endpoint.api.ts'
import { endpointing } from './endpoint.app.ts'
import { defaultEndpointOf, endpoints } from './endpoint.ts'
import * as examples from './examples.ts'
import { memoryFeed } from './partner-feed.ts'
import type { Answer, DeliveryPorts, DeliveryReport, Ports } from './ports.ts'
import { Referral, referrals } from './referral.ts'
import { replays } from './replay.ts'
import type { Wake } from './wake.ts'
import { wakeAll, wakeFor } from './waking.ts'

const { organisationId, serviceId, caseId, consentId } = examples
const partner = partnerOf(organisationId)
const url = 'https://partner.example/hook'
const self = serviceNamed('referral-routing')
const everyRoute = defineApi('endpoints', { en: 'Endpoints.', fr: 'Points de réception.' }, endpointRoutes)

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const Created = z.object({ endpointId: z.string(), secret: z.string().optional(), publicKey: z.string().optional() })
const Asked = z.object({ replayId: z.string() })
const Log = z.object({ items: z.array(Attempt), next: z.string().optional() })
const Body = z.strictObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  sequence: z.int().optional(),
  data: z.union([
    z.strictObject({ referralId: z.string(), serviceId: z.string(), status: z.string(), version: z.int() }),
    z.strictObject({ endpointId: z.string() }),
  ]),
})
interface Posted {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly notice: z.output<typeof Body>
}

const hosts: Readonly<Record<string, readonly string[]>> = {
  'inside.example': ['10.1.2.3'],
  'half.example': ['93.184.215.14', '169.254.169.254'],
  'six.example': ['fd00:ec2::254'],
  'nobody.example': [],
}

type Published = Parameters<DeliveryPorts['publish']>[0]

/** The answer to one of the saves gets lost: sent again by the SDK, it is in conflict with itself. */
function losing(store: Deliveries, lost: number): Deliveries {
  let saves = 0
  return { ...store, save: async (...save) => (await store.save(...save)) && ++saves !== lost }
}

/** A partner with endpoints, referrals that were sent to it with consent, and the queue of deliveries in the test's hands. */
function network({ lost = 0 }: { readonly lost?: number } = {}) {
  let clock = now
  let answers: (posted: Posted) => Answer | undefined | Promise<Answer | undefined> = () => ({ status: 204 })
  const posted: Posted[] = []
  const reports: DeliveryReport[] = []
  const published: Published[] = []
  let busTakes = true
  const queue: Wake[] = []
  const wake = async (wakes: readonly Wake[]): Promise<void> => void queue.push(...wakes)
  const ports = {
    referrals: { aggregate: referrals, store: memoryStore(referrals) },
    caseFiles: { aggregate: caseFiles, store: memoryStore(caseFiles) },
    endpoints: { aggregate: endpoints, store: memoryStore(endpoints) },
    replays: { aggregate: replays, store: memoryStore(replays) },
    feed: memoryFeed(),
    disclosures: memoryDisclosures(),
    attempts: memoryAttempts(),
    deliveries: losing(memoryDeliveries(), lost),
    local: false,
    withBus: new Set([organisationId]),
    addressesOf: async (host: string) => hosts[host] ?? ['93.184.215.14'],
    wake,
    post: async (to: string, headers: Readonly<Record<string, string>>, body: string) => {
      const request = { url: to, headers, notice: Body.parse(JSON.parse(body)) }
      posted.push(request)
      const answer = await answers(request)
      if (answer === undefined) throw new Error('no answer')
      return answer
    },
    publish: async (event: Published) => {
      published.push(event)
      return busTakes
    },
    report: (report: DeliveryReport) => void reports.push(report),
    now: () => clock,
    random: () => 0,
  } satisfies DeliveryPorts & Pick<Ports, 'addressesOf'>
  const deliver = deliveries(ports)
  const { as } = client(everyRoute, endpointing(ports), httpPorts(ports))
  const inFile = (command: DistributiveOmit<CaseFileCommand, 'caseId' | 'at' | 'by'>) =>
    createOrExecute(ports.caseFiles, caseId, { ...command, caseId, at: clock, by: self }, callBy(self, 'referral:record-consent'))
  const given = { purpose: 'referral', recipient: organisationId, validFrom: now } as const
  let drafted = 0
  /** A referral that was sent, with consent. */
  async function referral(): Promise<string> {
    await inFile({ type: 'record-consent', consentId, given: { ...given, scopes: ['name', 'contact', 'needs'] } })
    const referralId = `ref-26k47qx9tm${String(++drafted).padStart(2, '0')}`
    const by = staff('referral-coordinator')
    const draft = Referral.shape.facts.parse({
      ...examples.draft,
      organisationId,
      service: 'legal-assistance',
      draftedBy: by.id,
      draftedAt: clock,
    })
    await create(ports.referrals, referralId, { type: 'draft', referralId, draft, at: clock, by }, callBy(by, 'referral:draft'))
    return referralId
  }
  /** Puts an event of a referral on the feed, and calls the endpoints. */
  async function happens(referralId: string, type = 'referral.sent'): Promise<string> {
    const version = (await ports.feed.head(organisationId)) + 1
    const id = `${referralId}_${version}_0`
    await ports.feed.append(organisationId, { id, type, timestamp: clock, data: { referralId, serviceId, status: 'sent', version } })
    await wakeFor(ports, organisationId, type)
    return id
  }
  interface Waiting {
    readonly id: string
    readonly wake: Wake
    readonly receives: number
    readonly from: string
  }
  let waiting: readonly Waiting[] = []
  let messages = 0
  /** What the queue does: every message that may be seen comes, and comes again when it asks for it. */
  async function work(): Promise<void> {
    for (;;) {
      waiting = [...waiting, ...queue.splice(0).map((call) => ({ id: `m-${++messages}`, wake: call, receives: 0, from: clock }))]
      const message = waiting.find(({ from }) => from <= clock)
      if (message === undefined) return
      waiting = waiting.filter((other) => other !== message)
      const receives = message.receives + 1
      await deliver(message.wake, { id: message.id, receives }, () => 26_000).catch((error: unknown) => {
        if (!(error instanceof NotYet)) throw error
        waiting = [...waiting, { ...message, receives, from: new Date(Date.parse(clock) + error.afterSeconds * 1000).toISOString() }]
      })
    }
  }
  return {
    ports,
    as,
    deliver,
    posted,
    published,
    bus: (takes: boolean) => {
      busTakes = takes
    },
    reports,
    queue,
    work,
    referral,
    happens,
    withdraw: () => inFile({ type: 'record-withdrawal', consentId, withdrawnAt: clock }),
    answer: (next: typeof answers) => {
      answers = next
    },
    waiting: () => waiting,
    at: (time: string) => {
      clock = time
    },
    /** Lets time pass until the next message that waits, as often as there is one; at most so many hours. */
    until: async (end: string) => {
      for (;;) {
        await work()
        const next = waiting.map(({ from }) => from).toSorted()[0]
        if (next === undefined || next > end) break
        clock = next
      }
      clock = end
    },
    types: () => posted.map(({ notice }) => notice.type),
    ids: () => posted.map(({ notice }) => notice.id),
    outcomes: () => ports.attempts.all.map(({ outcome }) => outcome),
    set: async (request: TestRequest = {}) => as(partner)('PUT /v1/partner-webhook', {}, { body: { url }, at: clock, ...request }),
    add: async (body: object = {}, request: TestRequest = {}) => {
      const answer = await as(partner)('POST /v1/partner-endpoints', {}, { body: { kind: 'webhook', url, ...body }, at: clock, ...request })
      expect(answer.status).toBe(201)
      return Created.parse(answer.body)
    },
    /** A request about one endpoint; of what it asks for, the endpoint is called as the consumer of the event calls it. */
    ask: async (endpointId: string, what: 'replays' | 'tests' | 'rotation', body?: object, request: TestRequest = {}) => {
      const route = `POST /v1/partner-endpoints/{endpointId}/${what}`
      const answer = await as(partner)(route, { endpointId }, { ...(body && { body }), at: clock, ...request })
      if (answer.status === 201) await wake([{ organisationId, endpointId, ...Asked.parse(answer.body) }])
      return answer
    },
    log: async (endpointId: string, query: Readonly<Record<string, string>> = {}) =>
      Log.parse((await as(partner)('GET /v1/partner-endpoints/{endpointId}/attempts', { endpointId }, { query })).body),
    state: async (endpointId = defaultEndpointOf(organisationId)) => (await ports.deliveries.load(endpointId))?.state,
    endpoint: async (endpointId = defaultEndpointOf(organisationId)) =>
      (await ports.endpoints.store.load(organisationId))?.state.endpoints.find((endpoint) => endpoint.endpointId === endpointId),
  }
}

test('an event is told as it stands on the feed, signed and small, once, and written to both logs', async () => {
  const s = network()
  await s.set()
  const referralId = await s.referral()
  const id = await s.happens(referralId)
  await s.work()
  await s.happens(referralId, 'referral.received')
  await s.work()
  expect(s.types()).toEqual(['referral.sent', 'referral.received'])
  const [first] = s.posted
  expect(first).toMatchObject({
    url,
    headers: { 'webhook-id': id, 'webhook-timestamp': String(Date.parse(now) / 1000) },
    notice: { id, type: 'referral.sent', sequence: 1, data: { referralId, version: 1 } },
  })
  expect(JSON.stringify(first?.notice).length).toBeLessThan(20_000)
  expect(JSON.stringify(first)).not.toContain('case-')
  expect(s.ports.attempts.all).toMatchObject([
    { eventId: id, outcome: 'delivered', status: 204, sequence: 1 },
    { outcome: 'delivered', sequence: 2 },
  ])
  const { items } = await s.ports.disclosures.read(caseId, 10)
  expect(items).toMatchObject([
    { referralId, recipient: organisationId, channel: 'webhook', what: 'codes' },
    { referralId, channel: 'webhook' },
  ])
  expect(s.waiting()).toEqual([])
})

test('a withdrawn consent holds back what was queued; only the notice to delete goes out', async () => {
  const s = network()
  await s.set()
  s.answer(() => ({ status: 503 }))
  const referralId = await s.referral()
  await s.happens(referralId)
  await s.work()
  expect(s.types()).toEqual(['referral.sent'])
  await s.withdraw()
  s.answer(() => ({ status: 204 }))
  await s.happens(referralId, 'referral.received')
  await s.happens(referralId, 'referral.recalled')
  await s.until(hoursLater(1))
  expect(s.types()).toEqual(['referral.sent', 'referral.recalled'])
  expect(s.outcomes()).toEqual(['refused', 'no-consent', 'no-consent', 'delivered'])
  expect((await s.ports.disclosures.read(caseId, 10)).items.map(({ what }) => what).toSorted()).toEqual(['codes', 'notice'])
})

test('nothing leaves when the disclosure cannot be written down', async () => {
  const s = network()
  await s.set()
  const deliver = deliveries({ ...s.ports, disclosures: { ...s.ports.disclosures, record: () => Promise.reject(new Error('no table')) } })
  await s.happens(await s.referral())
  const [wake] = s.queue
  await expect(deliver(wake!, { id: 'm-0', receives: 1 }, () => 26_000)).rejects.toThrow('no table')
  expect(s.posted).toEqual([])
  await s.work()
  expect(s.types()).toEqual(['referral.sent'])
})

describe('an endpoint that does not take it', () => {
  test('is tried again by the schedule of the standard, and after 75 hours is given up; switched on again it is told of everything', async () => {
    const s = network()
    await s.set()
    s.answer(() => undefined)
    const [one, two] = [await s.referral(), await s.referral()]
    const told = [await s.happens(one), await s.happens(two), await s.happens(one, 'referral.received')]
    await s.until(hoursLater(200))
    const times = s.ports.attempts.all.map(({ at }) => (Date.parse(at) - Date.parse(now)) / 1000)
    expect(times).toEqual([0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105])
    expect(new Set(s.ids())).toEqual(new Set([told[0]]))
    expect(await s.endpoint()).toMatchObject({ status: 'disabled', why: 'unreachable' })
    expect(s.reports.map(({ outcome }) => outcome).filter((outcome) => outcome === 'unreachable')).toHaveLength(1)
    expect(s.waiting()).toEqual([])

    s.posted.length = 0
    s.answer(() => ({ status: 200 }))
    await s.set()
    await s.ports.wake([{ organisationId, endpointId: defaultEndpointOf(organisationId) }])
    await s.work()
    expect(s.ids()).toEqual(told)
  })

  test('costs one attempt at a time, however much is waiting, and brings one message', async () => {
    const s = network()
    await s.set()
    s.answer(() => ({ status: 503 }))
    const made = [await s.referral(), await s.referral(), await s.referral()]
    for (let n = 0; n < 30; n++) await s.happens(made[n % 3]!)
    await s.until(hoursLater(2))
    expect(s.posted).toHaveLength(4)
    expect(s.waiting()).toHaveLength(1)
  })

  test.each([199, 301, 400, 404, 500])('%i refuses one referral: its events wait in order, others go on', async (status) => {
    const s = network()
    await s.set()
    const [one, two] = [await s.referral(), await s.referral()]
    s.answer(({ notice }) => ('referralId' in notice.data && notice.data.referralId === one ? { status } : { status: 204 }))
    const first = await s.happens(one)
    const second = await s.happens(two)
    const third = await s.happens(one, 'referral.recalled')
    await s.work()
    expect(s.ids()).toEqual([first, second])
    s.answer(() => ({ status: 204 }))
    await s.until(hoursLater(1))
    expect(s.ids()).toEqual([first, second, first, third])
    expect(s.waiting()).toEqual([])
  })

  test('that refuses one referral for good is told of others; the event is given up after 75 hours, and the next of its referral is told', async () => {
    const s = network()
    await s.set()
    const [one, two] = [await s.referral(), await s.referral()]
    const bad = await s.happens(one)
    const next = await s.happens(one, 'referral.recalled')
    s.answer(({ notice }) => (notice.id === bad ? { status: 500 } : { status: 204 }))
    await s.until(hoursLater(40))
    await s.happens(two)
    await s.until(hoursLater(200))
    expect(s.ids().filter((id) => id !== bad)).toHaveLength(2)
    expect(s.ids().at(-1)).toBe(next)
    expect(s.outcomes().filter((outcome) => outcome === 'given-up')).toHaveLength(1)
    expect(await s.endpoint()).toMatchObject({ status: 'enabled' })
  })

  test('asks for time, and gets it', async () => {
    const s = network()
    await s.set()
    s.answer(() => ({ status: 429, retryAfter: '900' }))
    await s.happens(await s.referral())
    await s.work()
    expect(s.ports.attempts.all).toMatchObject([{ outcome: 'refused', status: 429, nextAt: hoursLater(0.25) }])
  })

  test('is gone: it is switched off and holds nothing up; set again it is told of what it missed', async () => {
    const s = network()
    await s.set()
    s.answer(() => ({ status: 410 }))
    const id = await s.happens(await s.referral())
    await s.work()
    await s.happens(await s.referral())
    await s.work()
    expect(s.ids()).toEqual([id])
    expect((await s.as(partner)('GET /v1/partner-webhook')).body).toMatchObject({ status: 'disabled' })
    expect(await s.endpoint()).toMatchObject({ why: 'gone' })
    s.answer(() => ({ status: 204 }))
    s.at(hoursLater(1))
    await s.set()
    await s.happens(await s.referral())
    await s.work()
    expect(s.ids().slice(1)).toHaveLength(3)
  })

  test('set anew at the same address it is not switched off by an answer to the one before', async () => {
    const s = network()
    await s.set()
    s.answer(async () => {
      s.at(hoursLater(1))
      await s.set()
      s.answer(() => ({ status: 204 }))
      return { status: 410 }
    })
    await s.happens(await s.referral())
    await s.work()
    expect(await s.endpoint()).toMatchObject({ status: 'enabled' })
    expect(s.outcomes()).toEqual(['gone', 'delivered'])
  })
})

describe('one works on an endpoint at a time', () => {
  test('whoever is called meanwhile leaves it to whoever works, and nothing is missed', async () => {
    const s = network()
    await s.set()
    const referralId = await s.referral()
    const told: string[] = [await s.happens(referralId)]
    let calls = 0
    s.answer(async () => {
      if (calls++ < 3) {
        told.push(await s.happens(referralId, 'referral.received'))
        const [wake] = s.queue.splice(0)
        await s.deliver(wake!, { id: `other-${calls}`, receives: 1 }, () => 26_000)
      }
      return { status: 204 }
    })
    await s.work()
    expect(s.ids()).toEqual(told)
  })

  test('whoever dies at work is succeeded when its time is over', async () => {
    const s = network()
    await s.set()
    const wake = { organisationId, endpointId: defaultEndpointOf(organisationId) }
    await s.happens(await s.referral())
    s.queue.length = 0
    // It claims the turn, and is never heard of again.
    const dead = deliveries({ ...s.ports, feed: { ...s.ports.feed, read: () => new Promise(() => undefined) } })
    void dead(wake, { id: 'dead', receives: 1 }, () => 26_000)
    await new Promise((resolve) => setImmediate(resolve))
    await s.deliver(wake, { id: 'early', receives: 1 }, () => 26_000)
    expect(s.posted).toEqual([])
    s.at(hoursLater(0.1))
    await s.deliver(wake, { id: 'dead', receives: 2 }, () => 26_000)
    expect(s.posted).toHaveLength(1)
  })

  test('a message that was lost holds up an endpoint until the next day at most', async () => {
    const s = network()
    await s.set()
    await s.add({ url: `${url}/off`, types: ['referral.sent'] })
    await s.happens(await s.referral())
    s.queue.length = 0
    await wakeAll(s.ports)
    await s.work()
    expect(s.posted).toHaveLength(2)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'an answer of the table that gets lost, the %ith, loses nothing and stops nothing',
    async (lost) => {
      const s = network({ lost })
      await s.set()
      const [one, two] = [await s.referral(), await s.referral()]
      s.answer(({ notice }) => ('referralId' in notice.data && notice.data.referralId === one ? { status: 500 } : { status: 204 }))
      const ids = [await s.happens(one), await s.happens(two), await s.happens(one, 'referral.recalled')]
      await s.work()
      s.answer(() => undefined)
      ids.push(await s.happens(two, 'referral.recalled'))
      await s.until(hoursLater(0.05))
      s.answer(() => ({ status: 204 }))
      await s.until(hoursLater(3))
      const taken = s.ports.attempts.all.flatMap(({ outcome, eventId }) => (outcome === 'delivered' ? [eventId] : []))
      expect(new Set(taken)).toEqual(new Set(ids))
      expect(await s.state()).toMatchObject({ cursor: 4, parked: [] })
      expect(await s.state()).not.toHaveProperty('lease')
      expect(s.waiting()).toEqual([])
    },
  )

  test('with no time left for another attempt a new message goes on', async () => {
    const s = network()
    await s.set()
    await s.happens(await s.referral())
    const [wake] = s.queue.splice(0)
    await s.deliver(wake!, { id: 'm', receives: 1 }, () => 17_999)
    expect([s.posted, s.queue]).toEqual([[], [wake]])
    await s.work()
    expect(s.posted).toHaveLength(1)
  })
})

describe('a partner', () => {
  test('has several endpoints, each told of what it chose, and always of what must be deleted', async () => {
    const s = network()
    const all = await s.add()
    const some = await s.add({ url: `${url}/answers`, types: ['referral.accepted'] })
    const referralId = await s.referral()
    for (const type of ['referral.sent', 'referral.accepted', 'referral.recalled']) await s.happens(referralId, type)
    await s.work()
    const typesAt = (to: string) => s.posted.filter((posted) => posted.url === to).map(({ notice }) => notice.type)
    expect(typesAt(url)).toEqual(['referral.sent', 'referral.accepted', 'referral.recalled'])
    expect(typesAt(`${url}/answers`)).toEqual(['referral.accepted', 'referral.recalled'])
    expect(all.endpointId).not.toBe(some.endpointId)
  })

  test('one endpoint that does not answer does not hold up the others', async () => {
    const s = network()
    await s.add({ url: `${url}/dead` })
    await s.add({ url: `${url}/alive` })
    s.answer(({ url: to }) => (to.endsWith('dead') ? undefined : { status: 204 }))
    const ids = [await s.happens(await s.referral()), await s.happens(await s.referral())]
    await s.work()
    expect(s.posted.filter((posted) => posted.url.endsWith('alive')).map(({ notice }) => notice.id)).toEqual(ids)
  })

  test('has five endpoints at most, and may remove one for another', async () => {
    const s = network()
    const made = []
    for (let n = 0; n < 5; n++) made.push(await s.add())
    const refused = await s.as(partner)('POST /v1/partner-endpoints', {}, { body: { kind: 'webhook', url } })
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'too-many-endpoints' }])
    const params = { endpointId: made[0]!.endpointId }
    expect((await s.as(partnerOf('org-autre-association'))('DELETE /v1/partner-endpoints/{endpointId}', params)).status).toBe(404)
    expect((await s.as(partner)('DELETE /v1/partner-endpoints/{endpointId}', params)).status).toBe(200)
    await s.add()
    await s.happens(await s.referral())
    await s.work()
    expect(s.posted).toHaveLength(5)
  })

  test('is told of what happens from then on', async () => {
    const s = network()
    await s.happens(await s.referral())
    await s.add()
    const id = await s.happens(await s.referral())
    await s.work()
    expect(s.ids()).toEqual([id])
  })

  test('switches an endpoint off and on again, and misses nothing of what happened in between', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const put = (status: string, request: TestRequest = {}) =>
      s.as(partner)('PUT /v1/partner-endpoints/{endpointId}', { endpointId }, { body: { url, status }, ...request })
    expect((await put('disabled')).body).toMatchObject({ status: 'disabled', why: 'by-partner' })
    const id = await s.happens(await s.referral())
    await s.work()
    expect(s.posted).toEqual([])
    expect((await put('enabled', { at: hoursLater(1) })).body).not.toHaveProperty('why')
    await s.ports.wake([{ organisationId, endpointId }])
    await s.work()
    expect(s.ids()).toEqual([id])
  })

  test('reads the log of its endpoint, page by page, newest first; nobody else does', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const ids = []
    for (let n = 0; n < 3; n++) ids.push(await s.happens(await s.referral()))
    await s.work()
    const first = await s.log(endpointId, { limit: '2' })
    expect(first.items.map(({ eventId }) => eventId)).toEqual([ids[2], ids[1]])
    const second = await s.log(endpointId, { limit: '2', cursor: first.next ?? '' })
    expect([second.items.map(({ eventId }) => eventId), second.next]).toEqual([[ids[0]], undefined])
    const route = 'GET /v1/partner-endpoints/{endpointId}/attempts'
    expect((await s.as(partnerOf('org-autre-association'))(route, { endpointId })).status).toBe(404)
    expect((await s.as(staff('referral-coordinator'))(route, { endpointId })).status).toBe(403)
    expect((await s.as(partner)(route, { endpointId }, { query: { cursor: '#' } })).status).toBe(400)
  })

  test('has the key renewed: for a day both sign', async () => {
    const s = network()
    const { endpointId, secret } = await s.add()
    const { body } = await s.ask(endpointId, 'rotation')
    expect(Created.parse(body).secret).toMatch(/^whsec_/)
    expect(Created.parse(body).secret).not.toBe(secret)
    const referralId = await s.referral()
    for (const hours of [2, 23.9, 24]) {
      s.at(hoursLater(hours))
      await s.happens(referralId)
      await s.work()
    }
    expect(s.posted.map(({ headers }) => headers['webhook-signature']?.split(' ').length)).toEqual([2, 2, 1])
  })

  test('may have a pair of keys, of which only the public one is ever shown', async () => {
    const s = network()
    const made = await s.add({ signing: 'v1a' })
    expect(made).toEqual({ endpointId: made.endpointId, publicKey: expect.stringMatching(/^whpk_/) })
    const { body } = await s.ask(made.endpointId, 'rotation')
    expect(JSON.stringify(body)).not.toContain('whsk_')
    await s.happens(await s.referral())
    await s.work()
    expect(s.posted[0]?.headers['webhook-signature']?.split(' ').map((part) => part.slice(0, 4))).toEqual(['v1a,', 'v1a,'])
  })

  test('sees a secret in the answer that makes it, and in none after', async () => {
    const s = network()
    const set = (request: TestRequest) => s.set({ key: 'webhook-key-1', ...request })
    const made = z.object({ secret: z.string() }).parse((await set({})).body)
    expect((await set({})).body).toMatchObject(made)
    expect((await set({ at: hoursLater(1) })).body).toEqual({ url, status: 'enabled', setAt: now })
    expect((await s.as(partner)('GET /v1/partner-webhook')).body).toEqual({ url, status: 'enabled', setAt: now })
    expect(JSON.stringify((await s.as(partner)('GET /v1/partner-endpoints')).body)).not.toContain('whsec_')
    expect((await s.as(partnerOf('org-autre-association'))('GET /v1/partner-webhook')).status).toBe(404)
    expect((await s.as(partner)('DELETE /v1/partner-webhook')).body).toEqual({ url, status: 'disabled', setAt: now })
  })

  test.each([
    ['https://169.254.169.254/', 'not-a-public-address'],
    ['http://partner.example/', 'not-https'],
    ['https://inside.example/', 'not-a-public-address'],
    ['https://half.example/', 'not-a-public-address'],
    ['https://six.example/', 'not-a-public-address'],
    ['https://nobody.example/', 'unknown-host'],
  ])('is refused %s', async (address, code) => {
    const s = network()
    const { endpointId } = await s.add()
    for (const answer of [
      await s.as(partner)('PUT /v1/partner-endpoints/{endpointId}', { endpointId }, { body: { url: address, status: 'enabled' } }),
      await s.as(partner)('PUT /v1/partner-webhook', {}, { body: { url: address } }),
      await s.as(partner)('POST /v1/partner-endpoints', {}, { body: { kind: 'webhook', url: address } }),
    ])
      expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ code, pointer: '/url' }] }])
  })
})

describe('told once more', () => {
  test('one event, or what happened in a while, under the same ids and by what holds now', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const referralId = await s.referral()
    const ids: string[] = []
    for (let hour = 0; hour < 5; hour++) {
      s.at(hoursLater(hour))
      ids.push(await s.happens(referralId, hour === 4 ? 'referral.recalled' : 'referral.sent'))
    }
    await s.work()
    s.posted.length = 0
    const one = Asked.parse((await s.ask(endpointId, 'replays', { eventId: ids[3] })).body)
    await s.work()
    expect(s.ids()).toEqual([ids[3]])
    expect((await s.log(endpointId, { limit: '1' })).items).toMatchObject([{ eventId: ids[3], outcome: 'delivered', ...one }])
    await s.ask(endpointId, 'replays', { from: hoursLater(1), to: hoursLater(2) })
    await s.work()
    expect(s.ids().slice(1)).toEqual([ids[1], ids[2]])
    await s.withdraw()
    await s.ask(endpointId, 'replays', { from: now, to: hoursLater(9) })
    await s.work()
    expect(s.ids().slice(3)).toEqual([ids[4]])
    expect(await s.state(endpointId)).toMatchObject({ cursor: 5, asked: [] })
  })

  test('once for each request, however often its message comes', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const eventId = await s.happens(await s.referral())
    await s.work()
    const { body } = await s.ask(endpointId, 'replays', { eventId })
    for (let n = 0; n < 3; n++) await s.ports.wake([{ organisationId, endpointId, ...Asked.parse(body) }])
    await s.work()
    expect(s.ids()).toEqual([eventId, eventId])
  })

  test('when the endpoint works again, if it does not', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const ids = [await s.happens(await s.referral()), await s.happens(await s.referral())]
    await s.work()
    s.posted.length = 0
    let calls = 0
    s.answer(() => (calls++ === 1 ? undefined : { status: 204 }))
    await s.ask(endpointId, 'replays', { from: now, to: now })
    await s.until(hoursLater(1))
    expect(s.ids()).toEqual([ids[0], ids[1], ids[1]])
  })

  test('not what is not on the feed, nor to an endpoint that is off', async () => {
    const s = network()
    const { endpointId } = await s.add()
    const eventId = await s.happens(await s.referral())
    const codeOf = async (body: object, request: TestRequest = {}) => {
      const { status, body: answer } = await s.ask(endpointId, 'replays', body, request)
      return [status, z.object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).default([]) }).parse(answer)]
    }
    expect(await codeOf({ eventId: 'ref-0000000000000_1_0' })).toMatchObject([422, { code: 'event-unknown' }])
    expect(await codeOf({ eventId, from: now })).toMatchObject([400, { errors: [{ code: 'one-or-while' }] }])
    expect(await codeOf({ from: now })).toMatchObject([400, { errors: [{ code: 'one-or-while' }] }])
    await s.as(partner)('PUT /v1/partner-endpoints/{endpointId}', { endpointId }, { body: { url, status: 'disabled' } })
    expect(await codeOf({ eventId })).toMatchObject([409, { code: 'endpoint-off' }])
  })

  test('a test tells nothing of anybody, and shows that an endpoint works again', async () => {
    const s = network()
    const { endpointId } = await s.add()
    s.answer(() => undefined)
    const id = await s.happens(await s.referral())
    await s.work()
    expect((await s.ask(endpointId, 'tests')).status).toBe(201)
    await s.work()
    expect(s.types()).toEqual(['referral.sent', 'endpoint.test'])
    s.answer(() => ({ status: 204 }))
    await s.ask(endpointId, 'tests')
    await s.work()
    expect(s.posted.at(-2)?.notice).toEqual({
      id: expect.stringMatching(/^replay-/),
      type: 'endpoint.test',
      timestamp: now,
      data: { endpointId },
    })
    expect(s.ids().at(-1)).toBe(id)
    expect((await s.log(endpointId)).items.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered', 'no-answer', 'no-answer'])
  })
})

describe("an event bus in the partner's own account", () => {
  const added = async () => {
    const s = network()
    const answer = await s.as(partner)('POST /v1/partner-endpoints', {}, { body: { kind: 'event-bridge' } })
    expect([answer.status, answer.body]).toMatchObject([201, { kind: 'event-bridge', status: 'enabled' }])
    expect(answer.body).not.toHaveProperty('secret')
    return { ...s, endpointId: Created.parse(answer.body).endpointId }
  }

  test('is told of the same, by what holds now; of no case', async () => {
    const s = await added()
    const referralId = await s.referral()
    const id = await s.happens(referralId)
    await s.work()
    expect(s.published).toMatchObject([{ source: 'wontanara.partners', type: 'referral.sent', time: now }])
    expect(JSON.parse(s.published[0]?.detail ?? '')).toMatchObject({
      organisationId,
      id,
      type: 'referral.sent',
      sequence: 1,
      data: { referralId },
    })
    expect(JSON.stringify(s.published)).not.toContain('case-')
    const sha256 = await sha256Of(s.published[0]?.detail ?? '')
    expect((await s.ports.disclosures.read(caseId, 10)).items).toMatchObject([{ channel: 'event-bridge', what: 'codes', sha256 }])
    await s.withdraw()
    await s.happens(referralId, 'referral.received')
    await s.happens(referralId, 'referral.recalled')
    await s.work()
    expect(s.published.map(({ type }) => type)).toEqual(['referral.sent', 'referral.recalled'])
    expect((await s.ask(s.endpointId, 'rotation')).status).toBe(409)
  })

  test('waits when the bus does not take an event', async () => {
    const s = await added()
    s.bus(false)
    await s.happens(await s.referral())
    await s.work()
    s.bus(true)
    await s.until(hoursLater(1))
    expect(s.outcomes()).toEqual(['no-answer', 'delivered'])
  })

  test('is refused where no rule leads to one, and so is one with an address', async () => {
    const s = network()
    const add = (body: object, who = partner) => s.as(who)('POST /v1/partner-endpoints', {}, { body: { kind: 'event-bridge', ...body } })
    expect((await add({}, partnerOf('org-autre-association'))).body).toMatchObject({ code: 'no-event-bus' })
    expect((await add({ url })).body).toMatchObject({ errors: [{ code: 'address-of-webhooks' }] })
    expect((await add({ kind: 'webhook' })).body).toMatchObject({ errors: [{ code: 'address-of-webhooks' }] })
  })
})
