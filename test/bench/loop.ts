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
  `${calls} / ${writeUnits}${indexWriteUnits === 0 ? '' : ` + ${indexWriteUnits}`} / ${readUnits}`

type After = Footprint['after']
/** What followed, of all functions together. */
const followed = (afters: readonly After[]): string => {
  const bills = afters.flatMap((after) => [...after.values()])
  return `${bills.reduce((sum, { invocations }) => sum + invocations, 0)}: ${written(added(bills))}`
}
const ofFunction = (afters: readonly After[], name: string): readonly After[] =>
  afters.map((after) => new Map([...after].filter(([known]) => known === name)))

function price({ usage }: Loop): string {
  const [events, requests] = [quantityOf(usage, 'eventbridge.events'), quantityOf(usage, 'sqs.requests')]
  return `${events} events, ${requests.toFixed(0)} requests to queues, ${(1000 * usdOfUsage(usage)).toFixed(3)} USD for 1,000`
}

export async function loop(): Promise<string> {
  const { feed, webhook } = await measureLoops()
  const aftersOf = ({ footprints }: Loop): readonly After[] => footprints.map(({ after }) => after)
  const [withoutHook, withHook] = [aftersOf(feed), aftersOf(webhook)]
  const rows = feed.footprints.map(({ route, fresh, request }, i) => [
    fresh ? `${route}, fresh` : route,
    written(request),
    followed(withoutHook.slice(i, i + 1)),
    followed(withHook.slice(i, i + 1)),
  ])
  const functions = [...new Set([...withoutHook, ...withHook].flatMap((after) => [...after.keys()]))].toSorted()
  return [
    'loop: one referral, from its draft to its completion. Calls / WRU + those of indexes / RRU; what follows: invocations before them',
    table(
      ['', 'request', 'follows: feed alone', 'follows: feed and webhook'],
      [
        ...rows,
        ['together', written(added(feed.footprints.map(({ request }) => request))), followed(withoutHook), followed(withHook)],
        ...functions.map((name) => [`of it ${name}`, '', followed(ofFunction(withoutHook, name)), followed(ofFunction(withHook, name))]),
      ],
    ),
    `Feed alone: ${price(feed)}; and webhook: ${price(webhook)} (warm, logs included, without free tiers).`,
  ].join('\n')
}
