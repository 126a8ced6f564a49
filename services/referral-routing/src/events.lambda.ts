import { eventHandler, queueSender, repository, serviceEnvironment } from '@wontanara/aws'
import { consumers } from './app.ts'
import { caseFiles } from './case-file.ts'
import { endpoints } from './endpoint.ts'
import { exceptions } from './exception.ts'
import { organisations } from './organisation.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import { referrals } from './referral.ts'
import { services } from './service.ts'
import { subscriptions } from './subscriptions.ts'
import { dynamoTallies } from './tally.dynamo.ts'

const { table } = serviceEnvironment()

export const handler = eventHandler(
  subscriptions,
  consumers({
    referrals: repository(referrals),
    caseFiles: repository(caseFiles),
    exceptions: repository(exceptions),
    services: repository(services),
    organisations: repository(organisations),
    endpoints: repository(endpoints),
    feed: dynamoFeed(table),
    tallies: dynamoTallies(table),
    wake: queueSender(),
  }),
)
