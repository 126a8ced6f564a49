// Row 9 of the goals: how long an accepted command takes to be applied by its consumer in another service.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openProgramme, people, register, somebodyLike } from '@wontanara/examples'
import { startLocalCloud } from '@wontanara/local-cloud'
import { dynamo } from './dynamo.ts'
import { quantile, spread, table, verdicts } from './statistics.ts'

/** @param commands how many, one a second */
export async function flow(commands = 60): Promise<string> {
  const applied = new Map<string, number>()
  const roundTrips: number[] = []
  const cloud = await startLocalCloud({
    assembly: join(import.meta.dirname, '../../cdk.out/assembly-local'),
    log: () => undefined,
    observe: (seen) => {
      if (seen.kind !== 'call' || seen.action !== 'TransactWriteItems' || !seen.function?.includes('medical-coordination')) return
      const caseId = /case-[0-9a-z]{12}/.exec(JSON.stringify(seen.input()))?.[0]
      if (caseId !== undefined && !applied.has(caseId)) applied.set(caseId, performance.now())
    },
  })
  try {
    const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), [])
    const accepted = new Map<string, number>()
    const answered: number[] = []
    for (let n = -5; n < commands; n++) {
      const started = performance.now()
      const caseId = await register(programme, somebodyLike(people.teacher, randomUUID()))
      // The first ones find cold functions.
      if (n >= 0) {
        accepted.set(caseId, performance.now())
        answered.push(performance.now() - started)
      }
      roundTrips.push(await roundTrip(cloud.endpoint))
      await sleep(Math.max(0, 1000 - (performance.now() - started)))
    }
    await cloud.settled()
    const took = [...accepted].map(([caseId, at]) => (applied.get(caseId) ?? Number.NaN) - at)
    const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)]
    return [
      `flow: ${commands} registrations, one a second: answered -> applied by the consumer in medical-coordination`,
      table(
        ['', 'p50 [p10-p90] ms', 'p99 ms'],
        [
          ['answered -> applied', spread(took, 1), p99.toFixed(1)],
          ['request -> answered', spread(answered, 1), quantile(answered, 0.99).toFixed(1)],
          ['floor: an empty round trip to the emulator', spread(roundTrips, 1), quantile(roundTrips, 0.99).toFixed(1)],
        ],
      ),
      'Sums of public figures on AWS (p50): stream + bus + queue 377 ms, stream alone 213, queue alone 16. Two hops: relay, consumer.',
      verdicts([
        { goal: '9 p50 <= 25 ms', measured: p50.toFixed(1), met: p50 <= 25 },
        { goal: '9 p99 <= 150 ms', measured: p99.toFixed(1), met: p99 <= 150 },
      ]),
    ].join('\n')
  } finally {
    await cloud.stop()
  }
}

async function roundTrip(endpoint: string): Promise<number> {
  const started = performance.now()
  await dynamo(endpoint, 'ListTables', {})
  return performance.now() - started
}
