import { createHash } from 'node:crypto'
import type { HttpClient, TestResponse } from '@wontanara/testing'
import * as z from 'zod'
import { type ExamplePerson, people, somebodyLike } from './people.ts'
import { expectStatus, type Programme } from './programme.ts'
import { eventually } from './steps.ts'

/** A row of an arrival manifest under French headers, as a mission's spreadsheet holds it. */
export type ManifestRow = Readonly<Record<(typeof headers)[number], string>>

const headers = [
  'N° de dossier',
  'Prénoms',
  'Nom',
  'Sexe',
  'Date de naissance',
  'Nationalité',
  'Région',
  'Langues',
  'Téléphone',
  'Document',
  'N° du document',
  'Tuteur',
  'Lien du tuteur',
  "Accord de l'enfant",
] as const

const regions = ['Kankan', 'Labé', "N'Zérékoré", 'Boké', 'Faranah', 'Mamou', 'Kindia', 'Conakry']
const likes = [people.mechanic, people.seamstress, people.teacher, people.hairdresser, people.undecided]

/** The birth date in one of the ways in which people write it, by day first. */
function written(date: string, way: number): string {
  const [year = '', month = '01', day = '15'] = date.split('-')
  switch (way % 4) {
    case 0:
      return `${day}/${month}/${year}`
    case 1:
      return `${year}-${month}-${day}`
    case 2:
      return `${month}/${year}`
    default:
      return year
  }
}

/**
 * Synthetic people of a charter: nobody real, and nobody whom the programme would take for another.
 * @param key tells charters apart
 */
export function peopleOfCharter(key: string, count: number): readonly ManifestRow[] {
  return Array.from({ length: count }, (_, n) => {
    const hash = createHash('sha256').update(`${key} ${n}`).digest()
    const person: ExamplePerson = somebodyLike(likes[n % likes.length] ?? people.teacher, `${key} ${n}`)
    const child = n % 12 === 11
    const year = (child ? 2012 : 1975) + ((hash[0] ?? 0) % (child ? 5 : 30))
    const birth = `${year}-${String(1 + ((hash[1] ?? 0) % 12)).padStart(2, '0')}-${String(1 + ((hash[2] ?? 0) % 28)).padStart(2, '0')}`
    return {
      'N° de dossier': `EX-${key}-${String(n + 1).padStart(4, '0')}`,
      Prénoms: person.name.given,
      Nom: person.name.family ?? 'Exemple',
      Sexe: person.sex === 'female' ? 'F' : n % 2 === 0 ? 'M' : 'H',
      'Date de naissance': written(birth, child ? 0 : n),
      Nationalité: n % 3 === 0 ? 'guinéenne' : 'Guinée',
      Région: regions[n % regions.length] ?? 'Conakry',
      Langues: n % 2 === 0 ? 'Pular/Français' : 'Maninka',
      Téléphone: person.phone.replace(/^\+227(\d{2})(\d{2})(\d{2})(\d{2})$/, n % 2 === 0 ? '+227 $1 $2 $3 $4' : '$1$2$3$4'),
      Document: n % 2 === 0 ? 'Laissez-passer' : '',
      'N° du document': n % 2 === 0 ? `EX${key}${1000 + n}` : '',
      Tuteur: child ? 'Fictive Tutrice-Exemple' : '',
      'Lien du tuteur': child ? 'Mère' : '',
      "Accord de l'enfant": child ? 'oui' : '',
    }
  })
}

/** As a French spreadsheet writes it: with a byte order mark, semicolons and CRLF. */
export const manifestFile = (rows: readonly ManifestRow[]): string =>
  `\uFEFF${[headers, ...rows.map((row) => headers.map((header) => row[header]))].map((cells) => `${cells.map(quoted).join(';')}\r\n`).join('')}`
const quoted = (cell: string): string => (/[;"\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** What is wrong on purpose with the example manifest, by the number of the row. */
export const mistakes: Readonly<Record<number, Partial<ManifestRow>>> = {
  // No birth date; a day that does not exist; a telephone short of digits; a place that is none.
  18: { 'Date de naissance': '' },
  44: { 'Date de naissance': '31/02/1990' },
  71: { Téléphone: '90 12' },
  97: { Région: 'au bord du fleuve' },
  // A child without a guardian.
  133: { 'Date de naissance': '02/03/2014', Tuteur: '', 'Lien du tuteur': '', "Accord de l'enfant": '' },
}

/** `examples/arrival-manifest.csv`: a charter of 180 people, five rows that are wrong, and one person who stands in it twice. */
export function exampleManifest(): readonly ManifestRow[] {
  const rows = peopleOfCharter('NIM14', 180).map((row, i) => ({ ...row, ...mistakes[i + 2] }))
  const twice = rows[30]
  return rows.map((row, i) =>
    i === 150 && twice !== undefined ? { ...twice, 'N° de dossier': row['N° de dossier'], 'N° du document': '' } : row,
  )
}

const Manifest = z.looseObject({
  manifestId: z.string(),
  status: z.string(),
  rows: z.number(),
  parts: z.number(),
  processed: z.number(),
  counts: z.record(z.string(), z.number()),
})
export type SentManifest = z.output<typeof Manifest>

/** What a mission states for everybody of a charter. */
export const statement = {
  nationalities: ['GN'],
  languages: ['fra'],
  processing: { basis: 'consent', language: 'fra', noticeVersion: '2026.1', taken: 'signed-on-paper', signatory: { kind: 'self' } },
}

/** Sends a manifest. @param bytes the file as it is */
export async function sendManifest(
  programme: Programme,
  charter: string,
  bytes: Uint8Array,
  { dryRun = false, key }: { readonly dryRun?: boolean; readonly key?: string } = {},
): Promise<SentManifest> {
  const body = {
    office: programme.office,
    mission: 'niger',
    charter,
    arrivalOn: new Date(programme.now()).toISOString().slice(0, 10),
    dryRun,
    presentIn: 'NE',
    everybody: statement,
    file: Buffer.from(bytes).toString('base64'),
  }
  const options = { body, ...(key === undefined ? {} : { key }) }
  return expectStatus('send the manifest', 201, await programme.staff('intake-officer').post('/v1/manifests', options), Manifest)
}

/** Waits until every row has come to its end. */
export async function awaitManifest(programme: Programme, manifestId: string): Promise<SentManifest> {
  const officer = programme.staff('intake-officer')
  return eventually(
    'the manifest',
    async () => {
      const response = await officer.get(`/v1/manifests/${manifestId}`, { headers: { 'cache-control': 'no-cache' } })
      const manifest = expectStatus('read the manifest', 200, response, Manifest)
      return manifest.status === 'done' ? manifest : undefined
    },
    90,
  )
}

const Rows = z.object({
  items: z.array(
    z.looseObject({
      row: z.number(),
      outcome: z.string(),
      caseId: z.string().optional(),
      candidates: z.number().optional(),
      alike: z.array(z.number()).optional(),
      reasons: z.array(z.looseObject({ code: z.string(), column: z.string().optional() })).optional(),
    }),
  ),
})
export type ManifestResult = z.output<typeof Rows>['items'][number]

/** What became of each row. */
export async function manifestRows(programme: Programme, { manifestId, parts }: SentManifest): Promise<readonly ManifestResult[]> {
  const officer: HttpClient = programme.staff('intake-officer')
  const pages = await Promise.all(
    Array.from({ length: parts }, (_, i): Promise<TestResponse> => officer.get(`/v1/manifests/${manifestId}/rows?part=${i + 1}`)),
  )
  return pages.flatMap((page) => expectStatus('read the rows', 200, page, Rows).items)
}
