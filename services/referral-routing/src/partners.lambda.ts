import { environmentList, httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import { apiOf } from './api-of.ts'
import { httpPorts } from './app.ts'
import { dynamoAttempts } from './attempts.dynamo.ts'
import { caseFiles } from './case-file.ts'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { encryptionKeys } from './encryption-key.ts'
import { endpoints } from './endpoint.ts'
import { hostLookup } from './host-lookup.http.ts'
import { organisations } from './organisation.ts'
import { dynamoFeed } from './partner-feed.dynamo.ts'
import { partnerRoutes } from './partners.api.ts'
import { partnering } from './partners.app.ts'
import { referrals } from './referral.ts'
import { replays } from './replay.ts'

const { stage, table } = serviceEnvironment()
const ports = {
  referrals: repository(referrals),
  caseFiles: repository(caseFiles),
  organisations: repository(organisations),
  encryptionKeys: repository(encryptionKeys),
  endpoints: repository(endpoints),
  replays: repository(replays),
  feed: dynamoFeed(table),
  attempts: dynamoAttempts(table),
  disclosures: dynamoDisclosures(table),
  withBus: new Set(environmentList('PARTNERS_WITH_BUS')),
  addressesOf: hostLookup(),
  local: stage === 'local',
}

export const handler = httpHandler(apiOf(partnerRoutes), partnering(ports), httpPorts(ports))
