import { environmentList, repository, serviceEnvironment } from '@wontanara/aws'
import { dynamoAttempts } from './attempts.dynamo.ts'
import { caseFiles } from './case-file.ts'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { encryptionKeys } from './encryption-key.ts'
import { endpoints } from './endpoint.ts'
import { exceptions } from './exception.ts'
import { hostLookup } from './host-lookup.http.ts'
import { organisations } from './organisation.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import type { Ports } from './ports.ts'
import { referrals } from './referral.ts'
import { replays } from './replay.ts'
import { routingRules } from './routing-rule.ts'
import { services } from './service.ts'
import { dynamoTallies } from './tally.dynamo.ts'

/** The records of this service in its table. */
export function records(): Ports {
  const { stage, table } = serviceEnvironment()
  return {
    referrals: repository(referrals),
    caseFiles: repository(caseFiles),
    encryptionKeys: repository(encryptionKeys),
    exceptions: repository(exceptions),
    organisations: repository(organisations),
    services: repository(services),
    routingRules: repository(routingRules),
    endpoints: repository(endpoints),
    replays: repository(replays),
    feed: dynamoFeed(table),
    attempts: dynamoAttempts(table),
    disclosures: dynamoDisclosures(table),
    tallies: dynamoTallies(table),
    withBus: new Set(environmentList('PARTNERS_WITH_BUS')),
    addressesOf: hostLookup(),
    local: stage === 'local',
  }
}
