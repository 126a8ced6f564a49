// What the loop of one referral costs, from the draft to the end, at the wire of the unmodified bundles.
import { assign, consent, draftReferral, people, recordNeed, register, sendReferral, somebodyLike } from '@wontanara/examples'
import { between, quantityOf, type Usage, usdOfUsage } from '@wontanara/local-cloud'
import { warmedUp } from './every-route.ts'
import { type Bill, type Footprint, meteredCloud } from './metered-cloud.ts'
import { done, startEndpoints } from './partners.ts'
import { table } from './statistics.ts'

/** One way through the loop. */
export interface Loop {
  readonly footprints: readonly Footprint[]
  readonly usage: Usage
}

const recipient = 'org-sante-solidaire'
const steps: readonly (readonly [string, object?])[] = [['receipt'], ['acceptance'], ['start'], ['completion', { outcome: 'fully-served' }]]

/** Plays the loop twice: told by the feed alone, then also by webhook. */
export async function measureLoops(): Promise<{ readonly feed: Loop; readonly webhook: Loop }> {
  const endpoints = await startEndpoints(() => undefined)
  const metered = await meteredCloud()
  const { cloud, programme, footprints } = metered
  try {
    await warmedUp(programme)
    const partner = programme.partner(recipient)
    async function loop(key: string): Promise<Loop> {
      const person = somebodyLike(people.hairdresser, key)
      const caseId = await register(programme, person)
      await assign(programme, caseId)
      const needId = await recordNeed(programme, caseId, 'psychosocial')
      await consent(programme, caseId, { purpose: 'referral', recipient, scopes: ['name', 'contact', 'needs'] })
      await cloud.settled({ timeout: 60_000 })
      const [first, before] = [footprints.length, cloud.usage()]
      const referralId = await draftReferral(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', person })
      await sendReferral(programme, referralId)
      for (const [step, body] of steps) done(await partner.post(`/v1/referrals/${referralId}/${step}`, body === undefined ? {} : { body }))
      return { footprints: footprints.slice(first), usage: between(before, cloud.usage()) }
    }
    await loop('loop, cold')
    const feed = await loop('loop, feed')
    done(await partner.put('/v1/partner-webhook', { body: { url: endpoints.url('partner') } }))
    await loop('loop, cold webhook')
    return { feed, webhook: await loop('loop, webhook') }
  } finally {
    await metered.stop()
    await endpoints.stop()
  }
}

const added = (bills: readonly Bill[]): Bill => ({
  calls: bills.reduce((sum, { calls }) => sum + calls, 0),
  writeUnits: bills.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
  readUnits: bills.reduce((sum, { readUnits }) => sum + readUnits, 0),
  indexWriteUnits: bills.reduce((sum, { indexWriteUnits }) => sum + indexWriteUnits, 0),
})
const written = ({ calls, writeUnits, readUnits, indexWriteUnits }: Bill): string =>
  `${calls} / ${writeUnits} + ${indexWriteUnits} / ${readUnits}`

/** What each function did about some requests. */
function byFunction(footprints: readonly Footprint[]): ReadonlyMap<string, Bill & { readonly invocations: number }> {
  const all = footprints.flatMap(({ after }) => [...after])
  return new Map(
    [...Map.groupBy(all, ([name]) => name)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bills]) => [
        name,
        { ...added(bills.map(([, bill]) => bill)), invocations: bills.reduce((sum, [, { invocations }]) => sum + invocations, 0) },
      ]),
  )
}

const rowOf = ({ route, fresh, request, after }: Footprint): readonly string[] => {
  const others = [...after.values()]
  return [
    fresh ? `${route}, fresh` : route,
    written(request),
    written(added(others)),
    String(others.reduce((n, { invocations }) => n + invocations, 0)),
  ]
}
const totalOf = ({ footprints }: Loop): readonly string[] => [
  'together',
  written(added(footprints.map(({ request }) => request))),
  written(added(footprints.flatMap(({ after }) => [...after.values()]))),
  String(footprints.reduce((sum, { after }) => sum + [...after.values()].reduce((n, { invocations }) => n + invocations, 0), 0)),
]

function told(title: string, loop: Loop): string {
  const { footprints, usage } = loop
  const head = ['', 'request: calls / WRU + index / RRU', 'what follows: calls / WRU + index / RRU', 'invocations that follow']
  return [
    `### ${title}`,
    '',
    table(head, [...footprints.map(rowOf), totalOf(loop)]),
    '',
    table(
      ['of what follows', 'invocations', 'calls / WRU + index / RRU'],
      [...byFunction(footprints)].map(([name, bill]) => [name, String(bill.invocations), written(bill)]),
    ),
    '',
    `${quantityOf(usage, 'eventbridge.events')} events, ${quantityOf(usage, 'sqs.requests').toFixed(1)} requests to queues; ${(1000 * usdOfUsage(usage)).toFixed(4)} USD for 1,000 (warm, logs included, without free tiers).`,
  ].join('\n')
}

export async function loop(): Promise<string> {
  const { feed, webhook } = await measureLoops()
  return [
    'loop: one referral, from its draft to its completion',
    '',
    told('Told by the feed alone', feed),
    '',
    told('Also by webhook', webhook),
  ].join('\n')
}
