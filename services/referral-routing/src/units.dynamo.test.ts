import { dynamoStore, keyVault } from '@wontanara/aws'
import { type Aggregate, type Command, cloudEvent, type DomainEvent, type Repository } from '@wontanara/core'
import { ConsentGiven, ReferralSent } from '@wontanara/events'
import { callBy, client, now, partnerOf, serviceNamed, staff } from '@wontanara/testing'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import * as z from 'zod'
import { api } from './api.ts'
import { consumers, httpPorts, routes } from './app.ts'
import { caseFiles } from './case-file.ts'
import * as examples from './examples.ts'
import { organisations } from './organisation.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import type { Ports } from './ports.ts'
import { referrals } from './referral.ts'
import { services } from './service.ts'
import { webhooks } from './webhook.ts'

const { caseId, consentId, organisationId, serviceId } = examples
const tableName = 'referral-routing'
let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
  await dynoxide.createTable(tableName, { stream: false })
})
afterAll(() => dynoxide.stop())

const Capacity = z.array(
  z.object({
    Table: z.object({ CapacityUnits: z.number() }).optional(),
    GlobalSecondaryIndexes: z.record(z.string(), z.object({ CapacityUnits: z.number() })).optional(),
  }),
)
interface Bill {
  calls: number
  read: number
  written: number
  index: number
}

const nothing: Bill = { calls: 0, read: 0, written: 0, index: 0 }

/** At most: calls of DynamoDB, read units, write units, write units of the indexes. The state of sending and disclosing is read from four and three records. */
const limits: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'add an organisation': [1, 0, 4, 1],
  'add a service': [2, 0.5, 4, 2],
  'hear of a consent': [2, 1, 4, 0],
  draft: [2, 0.5, 8, 1],
  send: [5, 4, 4, 3],
  'hear of the sending': [6, 4, 10, 0],
  'read before acceptance': [1, 1, 0, 0],
  acknowledge: [2, 1, 4, 3],
  accept: [4, 3, 4, 3],
  'read after acceptance': [3, 3, 0, 0],
  'read by staff': [1, 0.5, 0, 0],
  start: [2, 1, 4, 3],
  complete: [2, 1, 4, 3],
  'list of an office': [1, 0.5, 0, 0],
  'list of a partner': [1, 0.5, 0, 0],
  feed: [1, 1, 0, 0],
}

/** The service on a real table, with a bill for each step. */
function metered() {
  const table = { name: tableName, client: dynoxide.client }
  const arn = 'arn:aws:kms:eu-west-1:000000000000:key/'
  const { client: kms } = fakeKms()
  const vault = keyVault({ stage: 'test', service: 'referral-routing', table, kms, keys: { C2: `${arn}c2`, C4: `${arn}c4` } })
  const kept = <S, C extends Command, E extends DomainEvent, R extends string>(
    aggregate: Aggregate<S, C, E, R>,
  ): Repository<S, C, E, R> => ({ aggregate, store: dynamoStore(aggregate, table, vault) })
  const ports: Ports = {
    referrals: kept(referrals),
    caseFiles: kept(caseFiles),
    organisations: kept(organisations),
    services: kept(services),
    webhooks: kept(webhooks),
    feed: dynamoFeed(table),
    local: false,
  }
  let bill: Bill = { ...nothing }
  dynoxide.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' })
        const result = await next(args)
        const { ConsumedCapacity } = z.object({ ConsumedCapacity: z.unknown() }).parse(result.output)
        const reads = /^(Get|Query)/.test(commandName)
        bill.calls++
        for (const { Table, GlobalSecondaryIndexes = {} } of Capacity.parse(
          [ConsumedCapacity].flat().filter((part) => part !== undefined),
        )) {
          const index = Object.values(GlobalSecondaryIndexes).reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0)
          if (reads) bill.read += (Table?.CapacityUnits ?? 0) + index
          else {
            bill.written += Table?.CapacityUnits ?? 0
            bill.index += index
          }
        }
        return result
      },
    { step: 'initialize', name: 'meter' },
  )
  const { as } = client(api, routes(ports), httpPorts(ports))
  return {
    ports,
    as,
    vault,
    /** What a step costs. */
    cost: async (step: () => Promise<unknown>): Promise<Bill> => {
      bill = { ...nothing }
      await step()
      const counted = bill
      bill = { ...nothing }
      return counted
    },
  }
}

test('no step costs more than its limit', async () => {
  const s = metered()
  await s.vault.warm()
  const [coordinator, partner] = [staff('referral-coordinator', { id: '5f0c2a8e-0000-4000-8000-000000000001' }), partnerOf(organisationId)]
  const on = consumers(s.ports)
  const bills: Record<string, Bill> = {}
  let referralId = ''
  let version = 0
  const step = async (name: string, who: typeof partner, route: string, request: object = {}) => {
    bills[name] = await s.cost(async () => {
      const response = await s.as(who)(route, route.includes('{') ? { referralId } : {}, { ifMatch: version, ...request })
      if (response.status > 201) throw new Error(`${name}: ${JSON.stringify(response.body)}`)
      version = Number(response.headers.etag?.replaceAll('"', ''))
      referralId = z.object({ referralId: z.string().default(referralId) }).parse(response.body).referralId
    })
  }
  const envelope = (type: string, data: object, v: number) =>
    cloudEvent(caseId, v, 0, { at: now, by: 'x', as: 'service', offices: [], action: 'x' }, { type, data })
  const callFor = (id: string) => (action: Parameters<typeof callBy>[1]) => callBy(serviceNamed('referral-routing'), action, { key: id })
  const path = 'POST /v1/referrals/{referralId}'
  await step('add an organisation', coordinator, 'POST /v1/organisations', { body: { organisationId, ...examples.organisation } })
  await step('add a service', coordinator, 'POST /v1/services', { body: { serviceId, organisationId, ...examples.service } })
  bills['hear of a consent'] = await s.cost(() =>
    on['case-intake.consent-given.v1'](
      ConsentGiven.parse(
        envelope(
          ConsentGiven.type,
          { caseId, consentId, purpose: 'referral', recipient: organisationId, scopes: ['name', 'contact', 'needs'], validFrom: now },
          4,
        ),
      ),
      callFor('a'),
    ),
  )
  await step('draft', coordinator, 'POST /v1/referrals', { body: examples.draft })
  await step('send', coordinator, `${path}/sending`)
  const [last] = (await s.ports.referrals.store.history(referralId)).slice(-1)
  const event = ReferralSent.parse(
    cloudEvent(
      referralId,
      2,
      1,
      { at: now, by: 'x', as: 'x', offices: [], action: 'x' },
      last!.events.find(({ type }) => type === ReferralSent.type)!,
    ),
  )
  bills['hear of the sending'] = await s.cost(() => on['referral-routing.referral-sent.v1'](event, callFor('b')))
  await step('read before acceptance', partner, 'GET /v1/referrals/{referralId}')
  await step('acknowledge', partner, `${path}/receipt`)
  await step('accept', partner, `${path}/acceptance`)
  await step('read after acceptance', partner, 'GET /v1/referrals/{referralId}')
  await step('read by staff', coordinator, 'GET /v1/referrals/{referralId}')
  await step('start', partner, `${path}/start`)
  await step('complete', partner, `${path}/completion`, { body: { outcome: 'fully-served' } })
  await step('list of an office', coordinator, 'GET /v1/referrals', { query: { office: 'conakry', status: 'completed' } })
  await step('list of a partner', partner, 'GET /v1/referrals')
  await step('feed', partner, 'GET /v1/partner-events')
  const over = Object.entries(bills).flatMap(([name, { calls, read, written, index }]) => {
    const limit = limits[name]
    const within = limit !== undefined && [calls, read, written, index].every((units, i) => units <= limit[i]!)
    return within ? [] : [{ name, limit, calls, read, written, index }]
  })
  expect(over).toEqual([])
  // Half of it would be a read from a replica, which may not have heard of a recall.
  expect(bills['read before acceptance']).toMatchObject({ read: 1 })
  expect(Object.keys(bills).toSorted()).toEqual(Object.keys(limits).toSorted())
})
