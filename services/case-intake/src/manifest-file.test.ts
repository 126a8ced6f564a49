import fc from 'fast-check'
import { writeCsv } from './csv.ts'
import { columnNames, columnOf, columns } from './manifest-columns.ts'
import { readFile } from './manifest-file.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const utf16 = (text: string, bigEndian = false): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), !bigEndian)
  return bytes
}
/** Windows-1252 of the few signs that these tests need of it. */
const windows1252 = (text: string): Uint8Array =>
  Uint8Array.from([...text], (sign) => ({ '’': 0x92, œ: 0x9c, '€': 0x80 })[sign] ?? sign.charCodeAt(0))

const header = 'N° de dossier;Prénoms;Nom;Date de naissance'
const lines = `${header}\r\nEX-1;Hélène;N’Diaye-Cœur;1998\r\n`
const person = { fileNumber: 'EX-1', givenName: 'Hélène', familyName: 'N’Diaye-Cœur', birthDate: '1998' }

const read = (bytes: Uint8Array) => {
  const result = readFile(bytes)
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}

test.each([
  ['UTF-8', utf8(lines)],
  ['UTF-8 with its mark', utf8(`\uFEFF${lines}`)],
  ['UTF-16 of Excel', utf16(`\uFEFF${lines}`)],
  ['UTF-16 the other way round', utf16(`\uFEFF${lines}`, true)],
  ['UTF-16 without a mark', utf16(lines)],
  ['Windows-1252', windows1252(lines)],
] as const)('reads %s', (_, bytes) => {
  expect(read(bytes)).toEqual({ rows: [{ row: 2, cells: person }], ignored: [] })
})

test.each([
  ['commas', header.replaceAll(';', ','), ','],
  ['semicolons', header, ';'],
  ['tabs', header.replaceAll(';', '\t'), '\t'],
  ['bars', header.replaceAll(';', '|'), '|'],
])('reads %s, also where others stand in cells', (_, heads, by) => {
  const row = ['EX-1', 'Hélène', '"Diallo, ou Jallow; ""Bah"" | x"', '1998'].join(by)
  expect(read(utf8(`${heads}\n${row}`)).rows).toEqual([
    { row: 2, cells: { fileNumber: 'EX-1', givenName: 'Hélène', familyName: 'Diallo, ou Jallow; "Bah" | x', birthDate: '1998' } },
  ])
})

test.each([
  ['the line that says the separator, which a spreadsheet does not show', `sep=;\r\n${lines}`, 2],
  ['a title and an empty row above the headers', `MANIFESTE DU VOL;;;\r\n;;;\r\n${lines}`, 4],
  ['empty rows between and below', `${header}\r\n;;;\r\n\r\nEX-1;Hélène;N’Diaye-Cœur;1998\r\n;;;\r\n\r\n`, 4],
  ['old line ends', lines.replaceAll('\r\n', '\r'), 2],
  ['spaces, no-break spaces and the apostrophe that says text', lines.replace('EX-1', ' \u00a0EX-1 ').replace(';1998', ";'1998"), 2],
])('reads %s, and counts rows as a spreadsheet does', (_, text, row) => {
  expect(read(utf8(text)).rows).toEqual([{ row, cells: person }])
})

test('columns are known by their headers in both languages, in any case, with and without accents, and in any order', () => {
  for (const text of ['Date of birth', 'DATE DE NAISSANCE', 'date_de_naissance', 'Né(e) le', 'birthDate', ' Birth  date '])
    expect(columnOf(text)).toBe('birthDate')
  for (const text of ['N° de dossier', 'NUMERO DE DOSSIER', 'File No.', 'fileNumber']) expect(columnOf(text)).toBe('fileNumber')
  expect(columnOf('Nom')).toBe('familyName')
  expect(columnOf('Nom et prénom(s)')).toBe('fullName')
  expect(columnOf('')).toBeUndefined()
})

test('no header stands for two columns', () => {
  for (const name of columnNames) {
    const { header: own, also } = columns[name]
    for (const text of [name, own.en, own.fr, ...also]) expect([text, columnOf(text)]).toEqual([text, name])
  }
})

test('columns that say nothing to us are named by their place, not by their header', () => {
  expect(read(utf8('Nom,Salaire,Date de naissance,\nDiallo,7,1998,\n')).ignored).toEqual([2])
})

test.each([
  ['no headers at all', 'Diallo;Mamadou;1998\n', 'columns-missing'],
  ['no birth date', 'Nom;Prénom\nDiallo;Mamadou\n', 'columns-missing'],
  ['an empty file', '', 'columns-missing'],
  ['a picture', '\u0000\u0001\u0002', 'columns-missing'],
  ['two columns of the same', 'Nom;Date de naissance;Surname\nDiallo;1998;Bah\n', 'column-twice'],
])('refuses %s', (_, text, code) => {
  expect(readFile(utf8(text))).toMatchObject({ ok: false, refusal: { code } })
})

test('the template is read as it was written, with whatever is filled in', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'É', ' ', '"', ';', ',', '1', '=', '\n'), minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(
      fc.constantFrom('en', 'fr'),
      fc.array(fc.record({ familyName: text, birthDate: text, address: text }), { minLength: 1, maxLength: 5 }),
      (language, rows) => {
        const file = writeCsv(
          [
            columnNames.map((name) => columns[name].header[language]),
            ...rows.map((row) => columnNames.map((name) => row[name as keyof typeof row] ?? '')),
          ],
          language === 'fr' ? ';' : ',',
        )
        const cleaned = (cell: string): string => cell.replace(/\s+/g, ' ').trim()
        const expected = rows.map((row) =>
          Object.fromEntries(
            Object.entries(row)
              .map(([name, cell]) => [name, cleaned(cell)])
              .filter(([, cell]) => cell !== ''),
          ),
        )
        expect(read(utf8(file)).rows.map(({ cells }) => cells)).toEqual(expected.filter((cells) => Object.keys(cells).length > 0))
      },
    ),
  )
})
