/*
 * Comma-separated values (RFC 4180) as spreadsheets really read and write them. A library would weigh more than all that stands here
 * (csv-parse 31 KB, papaparse 22 KB of the bundle, and of each cold start).
 */

/**
 * Reads a text into records of cells. Every line is a record, empty ones too, so that the place of a record is the number of its row in a
 * spreadsheet. Quotes hold separators, line ends and doubled quotes; a quote inside of an unquoted cell is a character like others.
 */
export function readCsv(text: string, separator: string): readonly (readonly string[])[] {
  const records: string[][] = []
  let record: string[] = []
  let at = 0
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      // From quote to quote: what stands between two of them in a row is one quote.
      for (let end = text.indexOf('"', ++at); ; end = text.indexOf('"', at)) {
        const stop = end === -1 ? text.length : end
        cell += text.slice(at, stop)
        at = stop + 1
        if (text[at] !== '"') break
        cell += '"'
        at++
      }
    }
    const rest = new RegExp(`[^\\r\\n\\${separator}]*`, 'y')
    rest.lastIndex = at
    const [unquoted = ''] = rest.exec(text) ?? []
    record.push(cell + unquoted)
    at += unquoted.length
    if (text[at] === separator) {
      at++
      if (at < text.length) continue
      record.push('')
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    records.push(record)
    record = []
  }
  return records
}

/** A spreadsheet takes a cell that begins so for a formula, and runs it (OWASP, CSV injection): an apostrophe before it says that it is text. */
const asText = (cell: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell)

/** Lines of a file that is written piece by piece: CRLF, and no cell that a spreadsheet would run. */
export function csvRecords(records: readonly (readonly string[])[], separator: string): string {
  const write = (cell: string): string => {
    const text = asText(cell)
    return /["\r\n]/.test(text) || text.includes(separator) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
  }
  return records.map((record) => `${record.map(write).join(separator)}\r\n`).join('')
}

/** A file that spreadsheets open as it is meant: as above, with a byte order mark. */
export const writeCsv = (records: readonly (readonly string[])[], separator: string): string => `\uFEFF${csvRecords(records, separator)}`
