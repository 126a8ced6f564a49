import { downloadLinks, findIndex, httpHandler, rateLimit, repository, serviceEnvironment } from '@wontanara/aws'
import * as z from 'zod'
import { agendas } from './agenda.ts'
import { api } from './api.ts'
import { routes } from './app.ts'
import { applications } from './application.ts'
import { appointments } from './appointment.ts'
import { cases } from './case.ts'
import { caseExports, exportDesks } from './export.ts'
import { manifests } from './manifest.ts'
import { manifestParts } from './manifest-part.ts'
import { catalogue } from './refusals.ts'
import { transfers } from './transfer.ts'

const { FILES_BUCKET } = z.object({ FILES_BUCKET: z.string().min(1) }).parse(process.env)

const ports = {
  cases: repository(cases),
  transfers: repository(transfers),
  manifests: repository(manifests),
  parts: repository(manifestParts),
  applications: repository(applications),
  appointments: repository(appointments),
  agendas: repository(agendas),
  caseExports: repository(caseExports),
  exportDesks: repository(exportDesks),
  linkTo: downloadLinks(FILES_BUCKET),
}
const { table, vault } = serviceEnvironment()

export const handler = httpHandler(api, routes({ ...ports, index: findIndex('case', table, vault) }), {
  refusals: catalogue,
  recordAccess: (record) => ports.cases.store.recordAccess(record),
  limit: rateLimit(api.service, table, vault),
})
