// How long a partner waits to hear of a referral that was sent to it.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openProgramme } from '@wontanara/examples'
import { startLocalCloud } from '@wontanara/local-cloud'
import { dynamo } from './dynamo.ts'
import { done, draftReferrals, openPartners, startEndpoints } from './partners.ts'
import { busyness, quantile, spread, table } from './statistics.ts'

/** Those that find cold functions and empty caches. */
const first = 5

/** @param count referrals, one a second */
export async function notify(count = 60): Promise<string> {
  const arrived = new Map<string, number>()
  const endpoints = await startEndpoints(({ type, referralId, at }) => {
    if (type === 'referral.sent' && !arrived.has(referralId)) arrived.set(referralId, at)
  })
  const cloud = await startLocalCloud({ assembly: join(import.meta.dirname, '../../cdk.out/assembly-local'), log: () => undefined })
  try {
    const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), [])
    const [partner] = await openPartners(cloud, programme, 1)
    if (partner === undefined) throw new Error('no partner')
    const url = endpoints.url('partner')
    done(await partner.client.put('/v1/partner-webhook', { body: { url } }))
    const referralIds = await draftReferrals(
      programme,
      Array.from({ length: first + count }, () => partner),
    )
    await cloud.settled({ timeout: 120_000 })
    const coordinator = programme.staff('referral-coordinator')
    const sent = new Map<string, { readonly begun: number; readonly answered: number }>()
    const floor: number[] = []
    for (const [n, referralId] of referralIds.entries()) {
      const record = `/v1/referrals/${referralId}`
      const ifMatch = (await coordinator.get(record)).headers.etag
      const begun = performance.now()
      done(await coordinator.post(`${record}/sending`, { ifMatch }))
      const answered = performance.now()
      if (n >= first) sent.set(referralId, { begun, answered })
      await sleep(Math.max(0, 900 - (performance.now() - begun)))
      floor.push(await emptyWay(cloud.endpoint, url))
    }
    await cloud.settled({ timeout: 120_000 })
    const took = (from: 'begun' | 'answered'): readonly number[] =>
      [...sent].map(([referralId, times]) => (arrived.get(referralId) ?? Number.NaN) - times[from])
    const row = (name: string, times: readonly number[]) => [name, spread(times, 1), quantile(times, 0.99).toFixed(1)]
    return [
      `notify: ${count} referrals, one a second, to a partner with a webhook; ${arrived.size - first} arrived`,
      table(
        ['', 'p50 [p10-p90] ms', 'p99 ms'],
        [
          row('request to send -> at the partner', took('begun')),
          row('answered -> at the partner', took('answered')),
          row('floor: an empty round trip to the emulator, and an empty request to the partner', floor),
        ],
      ),
      'Sums of public figures on AWS (p50): stream 213 + bus and queue 148 + 16 + queue of deliveries 16 = 393 ms, and the partner.',
      busyness(),
    ].join('\n')
  } finally {
    await cloud.stop()
    await endpoints.stop()
  }
}

async function emptyWay(endpoint: string, url: string): Promise<number> {
  const started = performance.now()
  await dynamo(endpoint, 'ListTables', {})
  await fetch(url, { method: 'POST' })
  return performance.now() - started
}
