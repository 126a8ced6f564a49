// What a dead endpoint costs the others: fifty partners that all have something to be told, one of them dead.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openProgramme } from '@wontanara/examples'
import { startLocalCloud } from '@wontanara/local-cloud'
import * as z from 'zod'
import { beginReferrals, done, each, nobodysUrl, openPartners, type Partner, startEndpoints } from './partners.ts'
import { busyness, median, pairedRatio, spread, table } from './statistics.ts'

const organisations = 50
/** Events on each feed that are told when the endpoint is switched on. Half of them hold, half go on. */
const backlog = 10
const patience = 180_000

/** How the fiftieth behaves. The others answer at once. */
const variants = ['answers', 'refuses connections', 'never answers'] as const
type Variant = (typeof variants)[number]

const Page = z.object({ items: z.array(z.object({ id: z.string() })), next: z.int() })

/** @param rounds of each variant, in turn */
export async function deliveries(rounds = 3): Promise<string> {
  const arrivals = new Map<string, number>()
  const repeats = { count: 0 }
  const endpoints = await startEndpoints(({ id, at }) => {
    if (arrivals.has(id)) repeats.count++
    else arrivals.set(id, at)
  })
  const nobody = await nobodysUrl()
  const cloud = await startLocalCloud({ assembly: join(import.meta.dirname, '../../cdk.out/assembly-local'), log: () => undefined })
  try {
    const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), [])
    const partners = await openPartners(cloud, programme, organisations)
    const last = partners.at(-1)
    const referralIds = await beginReferrals(programme, partners)
    await cloud.settled({ timeout: patience })

    const switchOn = async (partner: Partner, variant: Variant): Promise<void> => {
      const { organisationId, client } = partner
      if (partner === last && variant === 'never answers') endpoints.silent.add(organisationId)
      else endpoints.silent.delete(organisationId)
      const url = partner === last && variant === 'refuses connections' ? nobody : endpoints.url(organisationId)
      done(await client.put('/v1/partner-webhook', { body: { url } }))
    }
    const switchOff = async ({ client }: Partner): Promise<unknown> => done(await client.delete('/v1/partner-webhook'))
    const end = async ({ client }: Partner): Promise<number> => {
      for (let after = 0; ; ) {
        const { items, next } = Page.parse(done(await client.get(`/v1/partner-events?after=${after}&limit=100`)))
        if (items.length === 0) return after
        after = next
      }
    }

    /** @returns deliveries a second to the forty-nine, and seconds until all of half of them had everything */
    async function measure(variant: Variant): Promise<{ readonly perSecond: number; readonly half: number }> {
      const ends = await Promise.all(partners.map(end))
      await each(partners, async ({ client }, i) => {
        for (let n = 0; n < backlog; n++) done(await client.post(`/v1/referrals/${referralIds[i]}/${n % 2 === 0 ? 'hold' : 'start'}`))
      })
      // Of each partner, the ids that it must be told.
      const wanted: string[][] = []
      await each(partners, async ({ client }, i) => {
        for (const begun = performance.now(); ; await sleep(50)) {
          const { items } = Page.parse(done(await client.get(`/v1/partner-events?after=${ends[i]}&limit=100`)))
          wanted[i] = items.map(({ id }) => id)
          if (items.length >= backlog) return
          if (performance.now() - begun > patience) throw new Error('the feed is not complete')
        }
      })
      const others = wanted.slice(0, -1)
      const started = performance.now()
      // The dead one first: it is in the way of everybody else.
      await each(partners.toReversed(), (partner) => switchOn(partner, variant), 16)
      while (!others.flat().every((id) => arrivals.has(id))) {
        if (performance.now() - started > patience) throw new Error('not everything was delivered')
        await sleep(20)
      }
      const times = others.map((ids) => Math.max(...ids.map((id) => arrivals.get(id) ?? Number.NaN)) - started)
      await each(partners, switchOff)
      return { perSecond: (1000 * others.flat().length) / Math.max(...times), half: median(times) / 1000 }
    }

    // An endpoint is told of what happens since it was first set. The first measure finds cold functions.
    await each(partners, (partner) => switchOn(partner, 'answers'))
    await each(partners, switchOff)
    await measure('answers')
    const measured = new Map<Variant, { perSecond: number; half: number }[]>(variants.map((variant) => [variant, []]))
    for (let round = 0; round < rounds; round++) for (const variant of variants) measured.get(variant)?.push(await measure(variant))
    const rates = (variant: Variant): readonly number[] => (measured.get(variant) ?? []).map(({ perSecond }) => perSecond)
    return [
      `deliveries: ${organisations} partners, ${backlog} events each; what reaches the ${organisations - 1}, from the first switched on to the last delivery; ${rounds} rounds in turn`,
      table(
        ['the fiftieth', 'deliveries/s', 'ratio', 'half of the partners have everything after s'],
        variants.map((variant) => [
          variant,
          spread(rates(variant), 1),
          pairedRatio(rates(variant), rates('answers')).toFixed(2),
          spread(
            (measured.get(variant) ?? []).map(({ half }) => half),
            1,
          ),
        ]),
      ),
      `Told twice: ${repeats.count} of ${arrivals.size}.`,
      busyness(),
    ].join('\n')
  } finally {
    await cloud.stop()
    await endpoints.stop()
  }
}
