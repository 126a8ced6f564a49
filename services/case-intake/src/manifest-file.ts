import { ok, type Reason, type Refusal, type Result, refused } from '@wontanara/core'
import { readCsv } from './csv.ts'
import { type ColumnName, columnOf, longestCell } from './manifest-columns.ts'
import { type CaseRefusal, refuse } from './refusals.ts'

/** A row of a manifest, as it is written. */
export interface WrittenRow {
  /** As a spreadsheet counts, where 1 is the row of the headers; in JSON, the place in the list, from 1. */
  readonly row: number
  readonly cells: Readonly<Partial<Record<ColumnName, string>>>
}
export interface WrittenManifest {
  readonly rows: readonly WrittenRow[]
  /** Columns, from 1, whose headers say nothing to us: nothing of them is read. */
  readonly ignored: readonly number[]
}

/** A manifest is for people who travel together: what is longer is not one. */
export const mostRows = 1000
/** Above the headers stand a title or a logo at most. */
const mostAbove = 20

const isEmpty = (record: readonly string[]): boolean => record.every((cell) => cell.trim() === '')

/**
 * The text of a file in whichever encoding a spreadsheet wrote it: UTF-8 and UTF-16 with their marks, UTF-16 without, UTF-8, and what is not
 * even that is Windows-1252, the old encoding of Western Europe.
 */
export function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  const read = (encoding: string): string => new TextDecoder(encoding).decode(bytes)
  if (first === 0xff && second === 0xfe) return read('utf-16le')
  if (first === 0xfe && second === 0xff) return read('utf-16be')
  // Headers are Latin letters: in UTF-16 every other byte of theirs is zero.
  if (second === 0 && first !== 0) return read('utf-16le')
  if (first === 0 && second !== 0) return read('utf-16be')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return read('windows-1252')
  }
}

const separators = [';', ',', '\t', '|'] as const

/** Which record holds the headers, if any: it has what no manifest can do without. */
function headersOf(records: readonly (readonly string[])[]) {
  for (const [at, record] of records.slice(0, mostAbove).entries()) {
    const names = record.map(columnOf)
    const named = names.some((name) => name === 'givenName' || name === 'familyName' || name === 'fullName')
    if (named && names.includes('birthDate')) return { at, names, known: names.filter((name) => name !== undefined).length }
  }
  return undefined
}

/** Reads a file. What is wrong with the whole of it refuses it; what is wrong with a row is for that row to say. */
export function readFile(bytes: Uint8Array): Result<WrittenManifest, Refusal<CaseRefusal>> {
  // Excel writes and obeys this line, and shows it to nobody.
  const [declared = '', separator] = /^sep=(.)\r?\n/.exec(textOf(bytes)) ?? []
  const text = textOf(bytes).slice(declared.length)
  const tried = (separator === undefined ? separators : [separator]).map((candidate) => {
    const records = readCsv(text, candidate)
    return { records, headers: headersOf(records) }
  })
  // The right separator is the one that makes most of the headers.
  const [best] = tried.toSorted((a, b) => (b.headers?.known ?? 0) - (a.headers?.known ?? 0))
  if (best?.headers === undefined) return refused(refuse('columns-missing'))
  const { at, names } = best.headers
  const twice = names.filter((name, i) => name !== undefined && names.indexOf(name) < i)
  if (twice.length > 0)
    return refused({
      ...refuse('column-twice'),
      reasons: twice.map((name): Reason<CaseRefusal> => ({ code: 'column-twice', pointer: `/file/${name}` })),
    })
  const rows = best.records.flatMap((record, i): readonly WrittenRow[] => {
    if (i <= at || isEmpty(record)) return []
    const cells = Object.fromEntries(
      names.flatMap((name, column) => {
        const cell = clean(record[column] ?? '')
        return name === undefined || cell === '' ? [] : [[name, cell]]
      }),
    )
    return [{ row: i + 1, cells }]
  })
  const ignored = names.flatMap((name, column) =>
    name === undefined && best.records.some((record, i) => i > at && (record[column] ?? '').trim() !== '') ? [column + 1] : [],
  )
  return ok({ rows, ignored: ignored.slice(0, 100) })
}

/** A cell without what spreadsheets put around and between: no-break spaces, line ends, the apostrophe that says "text". */
export const clean = (cell: string): string =>
  cell
    .normalize('NFC')
    .replace(/^\s*'(?=[=+\-@\t\r\n＝＋－＠\d])/, '')
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, longestCell + 1)
