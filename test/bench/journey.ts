// Row 10 of the goals, and row 8 under load: whole journeys at once, through the public API, on the local cloud with its streams on.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { caseload, fillDirectory, openProgramme, organisations, somebodyLike } from '@wontanara/examples'
import { between, quantityOf, startLocalCloud } from '@wontanara/local-cloud'
import { sendPatiently } from '@wontanara/testing'
import { quantile, spread, table, verdicts } from './statistics.ts'

const inFlight = 16
/** Requests of the reference journey that the goal speaks of: 6 commands, 8 reads, 3 pages. */
const referenceRequests = 17

/** @param seconds how long new journeys begin */
export async function journey(seconds = 60): Promise<string> {
  const commands: number[] = []
  const reads: number[] = []
  const cloud = await startLocalCloud({ assembly: join(import.meta.dirname, '../../cdk.out/assembly-local') })
  try {
    const programme = await openProgramme(
      cloud.apiUrl,
      (request) => cloud.token(request),
      organisations.map(({ organisationId }) => organisationId),
      {
        send: async (url, init) => {
          const started = performance.now()
          const response = await sendPatiently(url, init)
          ;(init.method === 'GET' ? reads : commands).push(performance.now() - started)
          return response
        },
      },
    )
    await fillDirectory(programme)
    const [first] = caseload
    await first?.play(programme)
    commands.length = 0
    reads.length = 0
    await cloud.settled()
    const before = cloud.usage()

    const started = performance.now()
    const end = started + seconds * 1000
    const faults: string[] = []
    const took: number[] = []
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (performance.now() < end) {
          const begun = performance.now()
          try {
            await first?.play(programme, (person) => somebodyLike(person, randomUUID()))
            took.push(performance.now() - begun)
          } catch (error) {
            faults.push(error instanceof Error ? error.message : String(error))
          }
        }
      }),
    )
    const elapsed = (performance.now() - started) / 1000
    await cloud.settled({ timeout: 60_000 })
    const requests = commands.length + reads.length
    const perJourney = requests / took.length
    const used = between(before, cloud.usage())
    const events = quantityOf(used, 'eventbridge.events')
    const invocations = quantityOf(used, 'lambda.invocations')
    const perSecond = requests / elapsed
    const reference = perSecond / referenceRequests
    const perRequest = invocations / requests
    const p99 = quantile(commands, 0.99)
    return [
      `journey: "${first?.title}", ${inFlight} in flight for ${seconds} s, streams on`,
      table(
        ['journeys', 'journeys/s', 'requests/s', 'a journey ms', 'command p50, p99 ms', 'read p50, p99 ms', 'failed'],
        [
          [
            String(took.length),
            (took.length / elapsed).toFixed(2),
            perSecond.toFixed(0),
            spread(took),
            `${quantile(commands, 0.5).toFixed(1)}, ${p99.toFixed(1)}`,
            `${quantile(reads, 0.5).toFixed(1)}, ${quantile(reads, 0.99).toFixed(1)}`,
            String(faults.length),
          ],
        ],
      ),
      `A journey: ${perJourney.toFixed(1)} requests, ${(events / took.length).toFixed(1)} events, ${(invocations / took.length).toFixed(1)} invocations.`,
      ...new Set(faults),
      'Floor: 42 reference journeys of 17 requests a second with the SDK and no handler work (computed from the emulator alone).',
      verdicts([
        {
          goal: `10 >= 18 reference journeys a second (${18 * referenceRequests} requests/s)`,
          measured: reference.toFixed(1),
          met: reference >= 18,
        },
        { goal: '10 no error', measured: String(faults.length), met: faults.length === 0 },
        { goal: '10 p99 of a command <= 60 ms', measured: p99.toFixed(0), met: p99 <= 60 },
        { goal: '8  invocations <= 21 for 17 requests (1.24 a request)', measured: perRequest.toFixed(2), met: perRequest <= 21 / 17 },
      ]),
    ].join('\n')
  } finally {
    await cloud.stop()
  }
}
