import { httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import { apiOf } from './api-of.ts'
import { httpPorts, referring } from './app.ts'
import { caseFiles } from './case-file.ts'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { encryptionKeys } from './encryption-key.ts'
import { exceptions } from './exception.ts'
import { organisations } from './organisation.ts'
import { referralRoutes } from './referral.api.ts'
import { referrals } from './referral.ts'
import { routingRules } from './routing-rule.ts'
import { services } from './service.ts'
import { dynamoTallies } from './tally.dynamo.ts'

const { table } = serviceEnvironment()
const ports = {
  referrals: repository(referrals),
  caseFiles: repository(caseFiles),
  encryptionKeys: repository(encryptionKeys),
  exceptions: repository(exceptions),
  organisations: repository(organisations),
  services: repository(services),
  routingRules: repository(routingRules),
  disclosures: dynamoDisclosures(table),
  tallies: dynamoTallies(table),
}

export const handler = httpHandler(apiOf(referralRoutes), referring(ports), httpPorts(ports))
