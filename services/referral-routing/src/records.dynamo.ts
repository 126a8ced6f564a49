import { repository, serviceEnvironment } from '@wontanara/aws'
import { caseFiles } from './case-file.ts'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { organisations } from './organisation.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import type { Ports } from './ports.ts'
import { referrals } from './referral.ts'
import { routingRules } from './routing-rule.ts'
import { services } from './service.ts'
import { dynamoTallies } from './tally.dynamo.ts'
import { webhooks } from './webhook.ts'

/** The records of this service in its table. */
export function records(): Ports {
  const { stage, table } = serviceEnvironment()
  return {
    referrals: repository(referrals),
    caseFiles: repository(caseFiles),
    organisations: repository(organisations),
    services: repository(services),
    routingRules: repository(routingRules),
    webhooks: repository(webhooks),
    feed: dynamoFeed(table),
    disclosures: dynamoDisclosures(table),
    tallies: dynamoTallies(table),
    local: stage === 'local',
  }
}
