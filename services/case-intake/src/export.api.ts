import type { RouteDefinition } from '@wontanara/core'
import { dataClasses, ExportId, Instant, operational } from '@wontanara/events'
import * as z from 'zod'
import { ExportTerms, exportFailures, exportStatuses } from './export.ts'

const { office, status, ...written } = ExportTerms

/** How far an export is and, for whoever asked for it, where the file is. */
export const ExportView = z.strictObject({
  exportId: ExportId,
  /** The list that is written: `GET /v1/cases` at the moment of the request. */
  list: z.strictObject({ office, status }),
  ...written,
  requestedAt: Instant,
  status: operational(exportStatuses.schema),
  /** Cases on the list; known soon after the request. */
  cases: operational(z.int().min(0)).optional(),
  /** Lines written so far. */
  rows: operational(z.int().min(0)),
  classes: operational(z.array(z.enum(dataClasses))).optional(),
  endedAt: Instant.optional(),
  failure: operational(exportFailures.schema).optional(),
  /** When the file is deleted. */
  keptUntil: Instant.optional(),
  /** For a few minutes, for whoever has it. Read the export again for another one. */
  link: z.strictObject({ url: operational(z.url()), until: Instant }).optional(),
})

const exportId = 'export-7x4q9tm2r26k'
const asked = {
  office: 'niger',
  status: 'registered',
  format: 'csv',
  columns: ['reference', 'familyName', 'givenName', 'birthDate'],
  language: 'en',
} as const
const requestedAt = '2026-03-02T09:00:00.000Z'
const view = {
  exportId,
  list: { office: asked.office, status: asked.status },
  format: asked.format,
  columns: [...asked.columns],
  language: 'en',
  requestedAt,
  status: 'requested',
  rows: 0,
} as const
const ready = {
  ...view,
  status: 'ready',
  cases: 180,
  rows: 180,
  classes: ['C0', 'C1', 'C2'],
  endedAt: '2026-03-02T09:00:04.000Z',
  keptUntil: '2026-03-03T09:00:04.000Z',
  link: {
    url: `https://files.example/exports/${exportId}.csv?X-Amz-Expires=300`,
    until: '2026-03-02T09:06:00.000Z',
  },
} as const

/** Lists as files. */
export const exportRoutes = {
  requestExport: {
    route: 'POST /v1/exports',
    summary:
      "Have an office's list of cases written to a file, with what the caller may see but nothing special-category. It is written in the background, one export of a person at a time, and each is recorded.",
    permit: 'case:export',
    body: z.object(ExportTerms),
    response: ExportView,
    creates: true,
    refusals: ['export-running'],
    example: { body: asked, response: view },
  },
  readExport: {
    route: 'GET /v1/exports/{exportId}',
    summary: 'Read how far an export of the caller is and, when it is ready, a link that holds for five minutes. Each link is recorded.',
    permit: 'export:follow',
    response: ExportView,
    example: { response: ready },
  },
  cancelExport: {
    route: 'POST /v1/exports/{exportId}/cancellation',
    summary: 'Cancel an export of the caller: no more of it is written, and no more links to it are given.',
    permit: 'export:follow',
    response: ExportView,
    unversioned: true,
    refusals: ['export-ended'],
    example: { response: { ...view, status: 'cancelled', endedAt: '2026-03-02T09:00:02.000Z' } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
