import { httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import { apiOf } from './api-of.ts'
import { httpPorts } from './app.ts'
import { caseFiles } from './case-file.ts'
import { offerRoutes } from './offers.api.ts'
import { offering } from './offers.app.ts'
import { organisations } from './organisation.ts'
import { referrals } from './referral.ts'
import { routingRules } from './routing-rule.ts'
import { services } from './service.ts'
import { dynamoTallies } from './tally.dynamo.ts'

const ports = {
  referrals: repository(referrals),
  caseFiles: repository(caseFiles),
  organisations: repository(organisations),
  services: repository(services),
  routingRules: repository(routingRules),
  tallies: dynamoTallies(serviceEnvironment().table),
}

export const handler = httpHandler(apiOf(offerRoutes), offering(ports), httpPorts(ports))
