import { httpHandler, rateLimit, repository, serviceEnvironment } from '@wontanara/aws'
import { apiOf } from './api-of.ts'
import { applications } from './application.ts'
import { applyRoutes } from './apply.api.ts'
import { applying } from './apply.app.ts'
import { catalogue } from './refusals.ts'

const { table, vault } = serviceEnvironment()
const ports = { applications: repository(applications) }
const api = apiOf(applyRoutes)

export const handler = httpHandler(api, applying(ports), {
  refusals: catalogue,
  recordAccess: (record) => ports.applications.store.recordAccess(record),
  limit: rateLimit(api.service, table, vault),
})
