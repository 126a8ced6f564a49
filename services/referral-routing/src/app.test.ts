import { type Call, cloudEvent, memoryStore, type Principal, type RouteDefinition } from '@wontanara/core'
import type { CloudEvent, EventDefinition } from '@wontanara/events'
import { callBy, client, hoursLater, now, partnerOf, serviceNamed, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, httpPorts, routes } from './app.ts'
import { caseFiles } from './case-file.ts'
import { webhookConsumers } from './delivery.ts'
import * as examples from './examples.ts'
import { organisations } from './organisation.ts'
import { memoryFeed } from './partner-feed.ts'
import type { DeliveryReport, Ports } from './ports.ts'
import { referrals } from './referral.ts'
import { services } from './service.ts'
import { subscriptions, webhookSubscriptions } from './subscriptions.ts'
import { webhooks } from './webhook.ts'

const { caseId, consentId, organisationId, serviceId } = examples
const coordinator = staff('referral-coordinator')
const partner = partnerOf(organisationId)
const otherPartner = partnerOf('org-autre-association')
const byId = '/v1/referrals/{referralId}'

const View = z.looseObject({ referralId: z.string(), status: z.string() })
const codesOf = (body: unknown): readonly string[] =>
  z
    .object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).default([]) })
    .transform(({ code, errors }) => [code, ...errors.map((error) => error.code)])
    .parse(body)

/** Any consumer's function, written as a method: each was checked against its own event. */
interface AnyConsumer {
  run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly { readonly ok: boolean }[]>
}
type Table = Readonly<Record<string, AnyConsumer['run']>>

/** The service on an empty store, with the bus in the test's hands. */
function service() {
  const ports: Ports = {
    referrals: { aggregate: referrals, store: memoryStore(referrals) },
    caseFiles: { aggregate: caseFiles, store: memoryStore(caseFiles) },
    organisations: { aggregate: organisations, store: memoryStore(organisations) },
    services: { aggregate: services, store: memoryStore(services) },
    webhooks: { aggregate: webhooks, store: memoryStore(webhooks) },
    feed: memoryFeed(),
    local: false,
  }
  const posted: { url: string; headers: Readonly<Record<string, string>>; body: string }[] = []
  const reports: DeliveryReport[] = []
  let answer = 204
  const deliveryPorts = {
    ...ports,
    post: async (url: string, headers: Readonly<Record<string, string>>, body: string) => {
      posted.push({ url, headers, body })
      return answer
    },
    report: (report: DeliveryReport) => void reports.push(report),
  }
  const onEvents: Table = consumers(ports)
  const onWebhooks: Table = webhookConsumers(deliveryPorts)
  const { as } = client(api, routes(ports), httpPorts(ports))
  const dispatch = async (table: Table, { events }: { events: readonly EventDefinition[] }, raw: CloudEvent, at: string) => {
    const definition = events.find((known) => known.type === raw.type)
    const run = table[raw.type]
    if (definition === undefined || run === undefined) throw new Error(`not subscribed: ${raw.type}`)
    return run(definition.parse(raw), (action) => callBy(serviceNamed('referral-routing'), action, { key: raw.id, content: raw.id, at }))
  }
  let sequence = 0
  const caseEvent = (type: string, data: object = {}, time = now): CloudEvent =>
    cloudEvent(
      caseId,
      ++sequence,
      0,
      { at: time, by: 'somebody', as: 'case-manager', offices: ['conakry'], action: 'x' },
      { type: `case-intake.${type}.v1`, data: { caseId, ...data } },
    )
  /** The published events of a referral so far. */
  const published = async (referralId: string): Promise<readonly CloudEvent[]> =>
    (await ports.referrals.store.history(referralId)).flatMap(({ version, trail, events }) =>
      events.flatMap((event, i) => (event.type.includes('.') ? [cloudEvent(referralId, version, i, trail, event)] : [])),
    )
  const given = (data: object = {}): CloudEvent =>
    caseEvent('consent-given', {
      consentId,
      purpose: 'referral',
      recipient: organisationId,
      scopes: ['name', 'contact', 'needs'],
      validFrom: now,
      ...data,
    })
  const change = async (principal: Principal, referralId: string, step: string, request: TestRequest = {}) => {
    const stored = await ports.referrals.store.load(referralId)
    return as(principal)(`POST ${byId}/${step}`, { referralId }, { ifMatch: stored?.version ?? 0, ...request })
  }
  return {
    ports,
    as,
    posted,
    reports,
    answerWith: (status: number) => {
      answer = status
    },
    caseEvent,
    given,
    withdrawn: (time = hoursLater(1)) =>
      caseEvent('consent-withdrawn', { consentId, purpose: 'referral', recipient: organisationId }, time),
    deliver: (raw: CloudEvent, at = now) => dispatch(onEvents, subscriptions, raw, at),
    tell: (raw: CloudEvent, at = now) => dispatch(onWebhooks, webhookSubscriptions, raw, at),
    published,
    change,
    register: async (changes: object = {}) => {
      const organisation = { organisationId, ...examples.organisation }
      expect((await as(coordinator)('POST /v1/organisations', {}, { body: organisation })).status).toBe(201)
      const body = { serviceId, organisationId, ...examples.service, ...changes }
      expect((await as(coordinator)('POST /v1/services', {}, { body })).status).toBe(201)
    },
    draft: async (changes: object = {}) => {
      const { status, body } = await as(coordinator)('POST /v1/referrals', {}, { body: { ...examples.draft, ...changes } })
      expect(status).toBe(201)
      return View.parse(body).referralId
    },
    read: async (principal: Principal, referralId: string, at = now) => {
      const { status, body } = await as(principal)(`GET ${byId}`, { referralId }, { at })
      return { status, body: z.record(z.string(), z.unknown()).parse(body) }
    },
  }
}

/** The same, with a referral that was sent; its event was not delivered yet. */
async function sent(changes: object = {}) {
  const s = service()
  await s.register()
  await s.deliver(s.given())
  const referralId = await s.draft(changes)
  const { status, body } = await s.change(coordinator, referralId, 'sending')
  expect([status, body]).toMatchObject([200, { status: 'sent' }])
  return { ...s, referralId }
}

test('the examples of the reference are valid', () => {
  for (const { body, query, response, example } of Object.values<RouteDefinition>(api.routes)) {
    expect(body?.strict().safeParse(example.body).error).toBeUndefined()
    expect(query?.strict().safeParse(example.query).error).toBeUndefined()
    expect(response.safeParse(example.response).error).toBeUndefined()
  }
})

test('a referral is drafted, sent, received, accepted, started and completed', async () => {
  const s = await sent()
  const { referralId } = s
  for (const [step, status, body] of [
    ['receipt', 'received'],
    ['acceptance', 'accepted'],
    ['start', 'in-progress'],
    ['hold', 'on-hold'],
    ['start', 'in-progress'],
    ['completion', 'completed', { outcome: 'fully-served', feedback: 'Synthetic feedback.' }],
  ] as const) {
    const response = await s.change(partner, referralId, step, body === undefined ? {} : { body })
    expect([response.status, response.body]).toMatchObject([200, { status }])
  }
  expect((await s.published(referralId)).map(({ type }) => type.replace(/^referral-routing\.referral-|\.v1$/g, ''))).toEqual([
    'sent',
    'received',
    'accepted',
    'started',
    'held',
    'started',
    'completed',
  ])
})
