import {
  type Api,
  also,
  alsoCreating,
  type Call,
  type Consumers,
  create,
  decide,
  execute,
  httpTexts,
  issued,
  list,
  ok,
  type Principal,
  type Refusal,
  type Result,
  type Routes,
  read,
  referenceOf,
  refused,
  reply,
  replyPage,
  textOf,
  trailOf,
} from '@wontanara/core'
import { type Language, ManifestPartReceived } from '@wontanara/events'
import * as z from 'zod'
import { cases } from './case.ts'
import { writeCsv } from './csv.ts'
import { type ManifestState, manifestsOf, noCounts, statusOf, summed } from './manifest.ts'
import { columnNames, columns } from './manifest-columns.ts'
import { clean, mostRows, readFile, type WrittenManifest } from './manifest-file.ts'
import { importRows } from './manifest-import.ts'
import { type ManifestRow, partIdOf, type RowReason, type RowResult, rowOutcomes, rowsInPart, rowsOf } from './manifest-part.ts'
import { planned } from './manifest-plan.ts'
import type { manifestRoutes } from './manifests.api.ts'
import { ManifestLine } from './manifests.api.ts'
import type { ManifestPorts, Ports } from './ports.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'
import type { manifestSubscriptions } from './subscriptions.ts'

const manifestView = ({ done, officer: _, erased, ...state }: ManifestState) => ({
  ...state,
  status: statusOf({ done, parts: state.parts, erased }),
  processed: Object.values(state.counts).reduce((sum, count) => sum + count, 0),
})

/** Spreadsheets split at the semicolon where the comma is the decimal sign. */
const separatorOf: Readonly<Record<Language, string>> = { en: ',', fr: ';' }

const texts = { ...httpTexts, ...catalogue }
const textOfReason = ({ code, params }: RowReason, language: Language): string => textOf(texts, code, language, params)

const parted = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / rowsInPart) }, (_, i) => items.slice(i * rowsInPart, (i + 1) * rowsInPart))

function written(body: {
  readonly file?: string | undefined
  readonly rows?: readonly Readonly<Record<string, string | undefined>>[] | undefined
}): Result<WrittenManifest, Refusal<CaseRefusal>> {
  if (body.file !== undefined) return readFile(Buffer.from(body.file, 'base64'))
  const rows = (body.rows ?? []).map((row, i) => {
    const cells = columnNames.flatMap((name) => {
      const cell = clean(row[name] ?? '')
      return cell === '' ? [] : [[name, cell]]
    })
    return { row: i + 1, cells: Object.fromEntries(cells) }
  })
  return ok({ rows, ignored: [] })
}

/** A transaction of DynamoDB holds 4 MB, with what is around the rows. */
const mostBytes = 2_500_000

const officerOf = (principal: Principal): ManifestState['officer'] =>
  principal.kind === 'staff'
    ? { id: principal.id, roles: [...principal.roles], offices: [...principal.offices] }
    : { id: principal.id, roles: [], offices: [] }

/** What the routes of arrival manifests do. */
export const importing = ({ manifests, parts, index }: Pick<Ports, 'manifests' | 'parts' | 'index'>) => {
  /** What became of a part, and the rows it was of. */
  async function partOf(
    manifestId: string,
    part: number,
  ): Promise<{ readonly rows: readonly ManifestRow[]; readonly results: readonly RowResult[] }> {
    const partId = partIdOf(manifestId, part)
    const history = await parts.store.history(partId)
    const results = history.flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'manifest-part-settled' ? event.data.results : [])),
    )
    return { rows: rowsOf(history), results }
  }

  return {
    importManifest: async ({ body, call }) => {
      const { presentIn, everybody, file, rows, ...terms } = body
      const sent = written({ file, rows })
      if (!sent.ok) return sent
      if (sent.value.rows.length === 0) return refused(refuse('manifest-empty'))
      if (sent.value.rows.length > mostRows) return refused(refuse('manifest-too-long', { limit: mostRows }))
      const read = await planned(sent.value.rows, {
        charter: terms,
        everybody: { presentIn, ...everybody, year: Number(terms.arrivalOn.slice(0, 4)) },
        digest: index.digest,
        refusal: (registration) => {
          const decided = cases.decide(undefined, { type: 'register', ...issued(call), caseId: '', office: terms.office, registration })
          return decided.ok ? undefined : decided.refusal.code
        },
      })
      if (Buffer.byteLength(JSON.stringify(read)) > mostBytes) return refused(refuse('manifest-too-large'))
      const manifestId = call.newId('manifest')
      const inParts = parted(read)
      const entered = inParts.map((some, i) => {
        const partId = partIdOf(manifestId, i + 1)
        const data = { partId, manifestId, office: terms.office, part: i + 1, rows: [...some] }
        return alsoCreating(parts, partId, { type: 'enter', ...issued(call), entered: data })
      })
      const manifest = {
        manifestId,
        ...terms,
        receivedAt: call.at,
        officer: officerOf(call.principal),
        rows: read.length,
        parts: inParts.length,
        ignoredColumns: [...sent.value.ignored],
        caseIds: read.flatMap(({ caseId }) => (caseId === undefined ? [] : [caseId])),
      }
      return reply(
        create(manifests, manifestId, { type: 'receive', ...issued(call), manifest }, call, entered),
        ({ state }) => manifestView(state),
        ({ id }) => `/v1/manifests/${id}`,
      )
    },
    listManifests: ({ query: { office, limit, cursor }, call }) =>
      replyPage(
        list(
          manifests.store,
          call,
          { offices: [office], assignees: [] },
          { index: 'gsi1', pk: manifestsOf(office), limit, cursor, descending: true },
        ),
        (row) => ManifestLine.parse({ ...z.looseObject({}).parse(row), office }),
      ),
    readManifest: ({ params, call }) => reply(read(manifests, params.manifestId, call), ({ state }) => manifestView(state)),
    listManifestRows: async ({ params: { manifestId }, query: { part }, call, language }) => {
      const seen = await read(manifests, manifestId, call)
      if (!seen.ok) return seen
      if (seen.value.state.erased === true) return refused(refuse('manifest-erased'))
      const { results } = await partOf(manifestId, part)
      const items = results.map(({ reasons, ...result }) => ({
        ...result,
        ...(result.caseId && { reference: referenceOf(result.caseId) }),
        ...(reasons && {
          reasons: reasons.map(({ params: _, ...reason }, i) => ({ ...reason, text: textOfReason(reasons[i] ?? reason, language) })),
        }),
      }))
      return ok({ body: { part, parts: seen.value.state.parts, items }, classes: seen.value.classes })
    },
    readManifestResult: async ({ params: { manifestId }, call, language }) => {
      const seen = await read(manifests, manifestId, call)
      if (!seen.ok) return seen
      if (seen.value.state.erased === true) return refused(refuse('manifest-erased'))
      // A list of people leaves the programme's hands: who took it is on record before.
      const access = decide(call.principal, call.action, manifests.aggregate.resource(seen.value.state))
      const trail = trailOf(call, access.allow ? access.as : call.principal.kind)
      await manifests.store.recordAccess({ id: manifestId, trail, decision: 'allowed', classes: ['C2'] })
      const all = await Promise.all(Array.from({ length: seen.value.state.parts }, (_, i) => partOf(manifestId, i + 1)))
      const records = all.flatMap(({ rows, results }) =>
        rows.map((row) =>
          recordOf(
            row,
            results.find((result) => result.row === row.row),
            language,
          ),
        ),
      )
      return ok({ body: { content: writeCsv([resultHeaders[language], ...records], separatorOf[language]) }, classes: seen.value.classes })
    },
    readManifestTemplate: async ({ language }) =>
      ok({
        body: { content: writeCsv([columnNames.map((name) => columns[name].header[language])], separatorOf[language]) },
        classes: new Set(['C0'] as const),
      }),
  } satisfies Routes<Api<typeof manifestRoutes>>
}

const resultHeaders: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'Row',
    'File number',
    'Given names',
    'Family name',
    'Outcome',
    'Case',
    'Cases that may be of the same person',
    'Rows that may be of the same person',
    'Reasons',
  ],
  fr: [
    'Ligne',
    'Numéro de dossier',
    'Prénoms',
    'Nom',
    'Résultat',
    'Dossier',
    'Dossiers peut-être de la même personne',
    'Lignes peut-être de la même personne',
    'Raisons',
  ],
}
const colon: Readonly<Record<Language, string>> = { en: ': ', fr: ' : ' }
const pending: Readonly<Record<Language, string>> = { en: 'Not processed yet', fr: 'Pas encore traité' }

function recordOf({ row, fileNumber, registration }: ManifestRow, result: RowResult | undefined, language: Language): readonly string[] {
  const { given = '', family = '' } = registration?.person.name ?? {}
  const reasons = result?.reasons?.map((reason) => {
    const text = textOfReason(reason, language)
    return reason.column === undefined ? text : columns[reason.column].header[language] + colon[language] + text
  })
  return [
    String(row),
    fileNumber ?? '',
    given,
    family,
    result === undefined ? pending[language] : rowOutcomes.label(result.outcome, language),
    result?.caseId === undefined ? '' : referenceOf(result.caseId),
    String(result?.candidates ?? ''),
    (result?.alike ?? []).join(' '),
    (reasons ?? []).join(' '),
  ]
}

/** What the queue of received parts brings about: each row comes to its end, and the manifest knows. */
export const manifestConsumers = (ports: ManifestPorts) =>
  ({
    [ManifestPartReceived.type]: async ({ data: { manifestId, partId }, traceparent }, callFor) => {
      const call: Call = callFor('manifest:process')
      const [manifest, part, received, entered] = await Promise.all([
        ports.manifests.store.load(manifestId, { fresh: true }),
        ports.parts.store.load(partId, { fresh: true }),
        ports.manifests.store.history(manifestId, 1),
        ports.parts.store.history(partId, 1),
      ])
      if (manifest === undefined || part === undefined) throw new Error('a part of a manifest that is not there')
      if (part.state.results !== undefined || part.state.erased === true) return []
      const ofFile = received.flatMap(({ events }) =>
        events.flatMap((event) => (event.type === 'manifest-received' ? event.data.caseIds : [])),
      )
      const { part: number } = part.state
      const results = await importRows(rowsOf(entered), {
        ports,
        manifest: manifest.state,
        part: number,
        ofFile: new Set(ofFile),
        at: call.at,
        traceparent,
      })
      const counts = results.reduce((sum, { outcome }) => summed(sum, { ...noCounts, [outcome]: 1 }), noCounts)
      return [
        await execute(ports.parts, partId, { type: 'settle', ...issued(call), results }, call, [
          also(ports.manifests, manifestId, { type: 'note-part', ...issued(call), part: number, counts }),
        ]),
      ]
    },
  }) satisfies Consumers<typeof manifestSubscriptions>
