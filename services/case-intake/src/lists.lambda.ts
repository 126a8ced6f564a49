import { downloadLinks, findIndex, httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import * as z from 'zod'
import { apiOf } from './api-of.ts'
import { cases } from './case.ts'
import { caseExports, exportDesks } from './export.ts'
import { listRoutes } from './lists.api.ts'
import { listing } from './lists.app.ts'
import { manifests } from './manifest.ts'
import { manifestParts } from './manifest-part.ts'
import { catalogue } from './refusals.ts'

const { FILES_BUCKET } = z.object({ FILES_BUCKET: z.string().min(1) }).parse(process.env)
const { table, vault } = serviceEnvironment()
const ports = {
  cases: repository(cases),
  index: findIndex('case', table, vault),
  manifests: repository(manifests),
  parts: repository(manifestParts),
  caseExports: repository(caseExports),
  exportDesks: repository(exportDesks),
  linkTo: downloadLinks(FILES_BUCKET),
}

export const handler = httpHandler(apiOf(listRoutes), listing(ports), {
  refusals: catalogue,
  recordAccess: (record) => ports.cases.store.recordAccess(record),
})
