import * as z from 'zod'
import { expectStatus, type Programme } from './programme.ts'
import { eventually } from './steps.ts'

/** How far an export is. */
const View = z.object({
  exportId: z.string(),
  status: z.string(),
  cases: z.int().optional(),
  rows: z.int(),
  link: z.object({ url: z.string(), until: z.string() }).optional(),
})
export type ExportView = z.output<typeof View>

/** The supervisor asks for the list of the office as a file. @param terms `format`, and what else is to be otherwise than usual */
export async function requestExport(programme: Programme, terms: object): Promise<string> {
  const response = await programme.staff('supervisor').post('/v1/exports', { body: { office: programme.office, ...terms } })
  return expectStatus('request an export', 201, response, View).exportId
}

export const readExport = async (programme: Programme, exportId: string): Promise<ExportView> =>
  expectStatus('read the export', 200, await programme.staff('supervisor').get(`/v1/exports/${exportId}`), View)

/** The export has been written. @returns it, with a link to its file */
export const awaitExport = (programme: Programme, exportId: string): Promise<ExportView & { readonly link: { readonly url: string } }> =>
  eventually('the export', async () => {
    const view = await readExport(programme, exportId)
    return view.status === 'ready' && view.link !== undefined ? { ...view, link: view.link } : undefined
  })
