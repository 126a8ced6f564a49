import { country, pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { Instant, identity, languages, offices, open, operational } from '@wontanara/events'
import * as z from 'zod'
import { Grounds } from './consent.ts'
import { Counts, ManifestState, ManifestTerms, manifestStatuses } from './manifest.ts'
import { columnNames } from './manifest-columns.ts'
import { mostRows } from './manifest-file.ts'
import { RowReason, RowResult } from './manifest-part.ts'

const [consent, , legalObligation] = Grounds.options

/** What the mission states once, for everybody who has nothing else in the row. */
const Everybody = z.strictObject({
  nationalities: identity(z.array(country()).max(3)).optional(),
  languages: identity(z.array(languages.schema).min(1).max(6)).optional(),
  /** A vital interest is that of one person, and never stated for many. */
  processing: z.discriminatedUnion('basis', [consent, legalObligation]).optional(),
})

const Cells = z.strictObject(Object.fromEntries(columnNames.map((name) => [name, z.string().max(400).optional()]))) satisfies z.ZodObject

const ManifestBody = z
  .object({
    ...ManifestTerms,
    /** Country that the people are in, ISO 3166-1. Telephones without a country code are of there. */
    presentIn: operational(country()),
    everybody: Everybody.optional(),
    /** The file as the spreadsheet wrote it, in base64: any encoding, any separator. */
    file: identity(
      z
        .string()
        .regex(/^[A-Za-z0-9+/]+={0,2}$/)
        .meta({ contentEncoding: 'base64' }),
    ).optional(),
    rows: identity(z.array(Cells).min(1).max(mostRows)).optional(),
  })
  .refine(({ file, rows }) => (file === undefined) !== (rows === undefined), { path: ['file'], params: { code: 'file-or-rows' } })

const status = operational(manifestStatuses.schema)

/** A manifest as it now is. */
export const ManifestView = z.strictObject({
  ...ManifestState.omit({ done: true, officer: true }).shape,
  status,
  /** Rows whose end is known. */
  processed: operational(z.int().min(0)),
  counts: operational(Counts),
})
export const ManifestLine = z.strictObject({
  ...ManifestState.pick({ manifestId: true, office: true, mission: true, charter: true, arrivalOn: true, dryRun: true, rows: true }).shape,
  receivedAt: Instant,
  status,
})

/** What became of each row of one part. */
export const ManifestRowsView = z.strictObject({
  part: operational(z.int().min(1)),
  parts: operational(z.int().min(1)),
  items: z.array(
    operational(
      RowResult.omit({ reasons: true }).extend({
        reference: z.string().optional(),
        reasons: z.array(RowReason.omit({ params: true }).extend({ text: z.string() })).optional(),
      }),
    ),
  ),
})

const body = {
  office: 'niger',
  mission: 'niger',
  charter: 'NIM-2026-014',
  arrivalOn: '2026-03-03',
  dryRun: true,
  presentIn: 'NE',
  everybody: {
    nationalities: ['GN'],
    languages: ['fra'],
    processing: { basis: 'consent', language: 'fra', noticeVersion: '2026.1', taken: 'signed-on-paper', signatory: { kind: 'self' } },
  },
  rows: [
    { fileNumber: 'EX-0001', givenName: 'Fodéba', familyName: 'Exemple-Camara', sex: 'M', birthDate: '17/04/1998', phone: '90 00 00 00' },
  ],
} as const
const view = {
  manifestId: 'manifest-26k47qx9tm2r',
  office: 'niger',
  mission: 'niger',
  charter: 'NIM-2026-014',
  arrivalOn: '2026-03-03',
  dryRun: true,
  receivedAt: '2026-03-02T09:00:00.000Z',
  rows: 1,
  parts: 1,
  ignoredColumns: [],
  status: 'done',
  processed: 1,
  counts: { created: 1, matched: 0, updated: 0, 'needs-decision': 0, refused: 0 },
} as const

/** Arrival manifests: many people at once, from the list of a host mission. */
export const manifestRoutes = {
  importManifest: {
    route: 'POST /v1/manifests',
    summary: `Send an arrival manifest, up to ${mostRows} rows, as a file or as rows. It is answered at once and processed afterwards; a dry run tells what would become of each row and changes nothing. Sent again with some rows edited, it changes those rows only.`,
    permit: 'manifest:import',
    body: ManifestBody,
    bodyLimit: 2_000_000,
    response: ManifestView,
    creates: true,
    refusals: ['file-or-rows', 'columns-missing', 'column-twice', 'manifest-empty', 'manifest-too-long', 'manifest-too-large'],
    example: { body, response: { ...view, status: 'received', processed: 0, counts: { ...view.counts, created: 0 } } },
  },
  listManifests: {
    route: 'GET /v1/manifests',
    summary: 'List the manifests of an office, newest first.',
    permit: 'manifest:read',
    query: z.object({ office: operational(offices.schema), ...pageQuery }),
    response: pageOf(ManifestLine, operational),
    example: {
      query: { office: 'niger' },
      response: {
        items: [
          {
            manifestId: view.manifestId,
            office: 'niger',
            mission: 'niger',
            charter: view.charter,
            arrivalOn: view.arrivalOn,
            dryRun: true,
            receivedAt: view.receivedAt,
            rows: 1,
            status: 'done',
          },
        ],
      },
    },
  },
  readManifest: {
    route: 'GET /v1/manifests/{manifestId}',
    summary: 'Read how far a manifest is, and how many rows came to which end.',
    permit: 'manifest:read',
    response: ManifestView,
    example: { response: view },
  },
  listManifestRows: {
    route: 'GET /v1/manifests/{manifestId}/rows',
    summary: 'Read what became of the rows of one part of a manifest, and why. A part that is not processed yet has none.',
    permit: 'manifest:read',
    query: z.object({ part: operational(z.coerce.number().int().min(1).max(mostRows)).default(1) }),
    response: ManifestRowsView,
    refusals: ['manifest-erased'],
    example: {
      query: {},
      response: {
        part: 1,
        parts: 1,
        items: [{ row: 1, outcome: 'created', caseId: 'case-26k47qx9tm2r', reference: '26K4-7QX9-TM2R-V' }],
      },
    },
  },
  readManifestResult: {
    route: 'GET /v1/manifests/{manifestId}/result',
    summary: 'Download what became of each row as a CSV file for spreadsheets, in the language of the caller.',
    permit: 'manifest:read',
    response: z.strictObject({ content: identity(z.string()) }),
    file: { mediaType: 'text/csv', name: 'manifest-result.csv' },
    refusals: ['manifest-erased'],
    example: { response: { content: 'Row,File number,Outcome\r\n2,EX-0001,Registered\r\n' } },
  },
  readManifestTemplate: {
    route: 'GET /v1/manifest-template',
    summary: 'Download an empty manifest with all columns, in the language of the caller.',
    permit: 'manifest:import',
    response: z.strictObject({ content: open(z.string()) }),
    file: { mediaType: 'text/csv', name: 'manifest.csv' },
    example: { response: { content: 'File number,Given names,Family name,Sex,Birth date\r\n' } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
