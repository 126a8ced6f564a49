// `pnpm run permissions`: what the roles of the local stage grant and nothing uses, after every route was taken and a day has passed.
import { fillDirectory, openProgramme, organisations } from '@wontanara/examples'
import { startLocalCloud, type UnusedGrant } from '@wontanara/local-cloud'
import { assemblyOf, synthesize } from '@wontanara/tools/synth'
import { everyRoute } from './every-route.ts'

type Pair = UnusedGrant['used'][number]

/** `dynamodb:Query  arn:…/index/gsi1, arn:…/index/gsi2` */
function lines(pairs: readonly Pair[]): readonly string[] {
  const byAction = Map.groupBy(pairs, ({ action }) => action)
  return [...byAction].map(([action, of]) => `      ${action.padEnd(28)}${of.map(({ resource }) => resource).join(', ')}`)
}

/** What a person reads: function by function, each statement of which something was never used. */
function report(grants: readonly UnusedGrant[]): string {
  if (grants.length === 0) return 'Every grant was used.'
  return [...Map.groupBy(grants, (grant) => grant.function)]
    .flatMap(([path, of]) => [
      '',
      path,
      ...of.flatMap(({ policy, statement, unused, used }) => [
        `  ${policy}, ${statement}`,
        '    never used',
        ...lines(unused),
        ...(used.length === 0 ? [] : ['    used', ...lines(used)]),
      ]),
    ])
    .join('\n')
}

synthesize()
const cloud = await startLocalCloud({ assembly: assemblyOf('local') })
try {
  const partners = organisations.map(({ organisationId }) => organisationId)
  const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), partners, { now: cloud.now })
  await fillDirectory(programme)
  const pass = async (time: string): Promise<void> => {
    await cloud.settled()
    await cloud.advance(time)
    await cloud.settled()
  }
  await everyRoute(programme, pass)
  await pass('24h')
  console.log(report(cloud.unusedGrants()))
} finally {
  await cloud.stop()
}
