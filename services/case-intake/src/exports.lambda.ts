import { eventHandler, fileStore, repository } from '@wontanara/aws'
import * as z from 'zod'
import { cases } from './case.ts'
import { caseExports, exportDesks } from './export.ts'
import { exportConsumers } from './export-writing.ts'
import { exportSubscriptions } from './subscriptions.ts'

const { FILES_BUCKET } = z.object({ FILES_BUCKET: z.string().min(1) }).parse(process.env)

/** Writes exports. */
export const handler = eventHandler(
  exportSubscriptions,
  exportConsumers({
    cases: repository(cases),
    caseExports: repository(caseExports),
    exportDesks: repository(exportDesks),
    files: fileStore(FILES_BUCKET),
    now: () => new Date().toISOString(),
  }),
)
