import fc from 'fast-check'
import { readCsv, writeCsv } from './csv.ts'

const separator = fc.constantFrom(',', ';', '\t', '|')
/** Texts with everything that needs care. */
const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '"', ',', ';', '|', '\t', '\n', '\r\n', "'", '0', '=') })
const harmless = cell.filter((text) => !/^[=+\-@\t\r\n]/.test(text))

test('what is written is read again, whatever stands in the cells', () => {
  fc.assert(
    fc.property(fc.array(fc.array(harmless, { minLength: 2, maxLength: 5 }), { minLength: 1 }), separator, (records, by) => {
      expect(readCsv(writeCsv(records, by).slice(1), by)).toEqual(records)
    }),
  )
})

test('no cell of a file is run by a spreadsheet', () => {
  fc.assert(
    fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '＝', '＠'), cell, separator, (start, rest, by) => {
      const [record] = readCsv(writeCsv([[start + rest, 'x']], by).slice(1), by)
      expect(record?.[0]).toBe(`'${start}${rest}`)
    }),
  )
})

test.each([
  ['quotes, separators and line ends within', 'a,"b, ""c""\r\nd",e\r\n', ',', [['a', 'b, "c"\r\nd', 'e']]],
  [
    'line ends of Unix and of old Macs',
    'a;b\nc;d\re;f',
    ';',
    [
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ],
  ],
  [
    'an empty last cell, with and without a line end',
    'a,\nb,',
    ',',
    [
      ['a', ''],
      ['b', ''],
    ],
  ],
  ['empty lines, which are rows too', 'a\n\nb\n', ',', [['a'], [''], ['b']]],
  ['a quote inside of a cell', 'taille 5" 2,b', ',', [['taille 5" 2', 'b']]],
  ['text after a closing quote', '"a"b,c', ',', [['ab', 'c']]],
  ['a quote that never closes', 'a,"b\nc', ',', [['a', 'b\nc']]],
  ['nothing', '', ',', []],
] as const)('reads %s', (_, text, by, records) => {
  expect(readCsv(text, by)).toEqual(records)
})
