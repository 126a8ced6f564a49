import type { Bilingual, Language } from '@wontanara/events'
import { csvRecords } from './csv.ts'
import { type ColumnName, columns, type Line } from './export-columns.ts'

export const formats = ['csv', 'json-lines'] as const
export type Format = (typeof formats)[number]

/** What an export is known by, and what its file says of it: whoever finds the file knows where it came from. */
export interface Watermark {
  readonly exportId: string
  /** Pseudonym of who asked for it. */
  readonly requestedBy: string
  readonly requestedAt: string
  readonly office: string
  readonly status?: string | undefined
}

/** How a format is written: what stands at the top, and each line. Every piece ends with the end of a line. */
interface Writer {
  readonly type: string
  readonly extension: string
  top(mark: Watermark, columns: readonly ColumnName[], language: Language): string
  line(line: Line, columns: readonly ColumnName[], language: Language): string
}

const confidential: Bilingual = {
  en: 'Confidential personal data. Delete the file when it is no longer needed. Export',
  fr: "Données personnelles confidentielles. Supprimez le fichier dès qu'il n'est plus utile. Export",
}
const separatorOf = (language: Language): string => (language === 'fr' ? ';' : ',')
const cellOf = (value: string | readonly string[] | true | undefined): string => {
  if (value === undefined) return ''
  if (value === true) return 'x'
  return typeof value === 'string' ? value : value.join(' / ')
}

export const writers: Readonly<Record<Format, Writer>> = {
  csv: {
    type: 'text/csv; charset=utf-8',
    extension: 'csv',
    top: ({ exportId, requestedBy, requestedAt, office, status }, names, language) => {
      // Without a separator, so that it stays one cell and needs no quotes.
      const mark = `# ${[`${confidential[language]} ${exportId}`, requestedBy, requestedAt, office, ...(status === undefined ? [] : [status])].join(' | ')}`
      const separator = separatorOf(language)
      return `\uFEFF${csvRecords([[mark], names.map((name) => columns[name][language])], separator)}`
    },
    line: (line, names, language) => csvRecords([names.map((name) => cellOf(line.get(name)))], separatorOf(language)),
  },
  'json-lines': {
    type: 'application/jsonl; charset=utf-8',
    extension: 'jsonl',
    top: (mark, names, language) => `${JSON.stringify({ export: { ...mark, columns: names, notice: confidential[language] } })}\n`,
    line: (line) => `${JSON.stringify(Object.fromEntries(line))}\n`,
  },
}

/** Where the file of an export lies: its id says nothing about anybody. */
export const keyOf = (exportId: string, format: Format): string => `exports/${exportId}.${writers[format].extension}`

/** Where the ids of the cases lie that stood on the list, as a turn found them. */
export const planKeyOf = (exportId: string, turn: number): string => `exports/${exportId}.${turn}.ids`

/** Under which name it is saved: office, day and id. */
export const fileNameOf = ({ exportId, office, requestedAt }: Watermark, format: Format): string =>
  `wontanara-${office}-${requestedAt.slice(0, 10)}-${exportId}.${writers[format].extension}`
