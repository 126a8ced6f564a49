import * as z from 'zod'
import { codeList } from './code-list.ts'
import { labelOf, operational } from './label.ts'

const colours = codeList('colour', { red: { en: 'Red', fr: 'Rouge' }, blue: { en: 'Blue', fr: 'Bleu' } })

test('codes keep the order in which they were written', () => {
  expect(colours.codes).toEqual(['red', 'blue'])
})

test('a code is read, anything else is not', () => {
  expect(colours.schema.parse('blue')).toBe('blue')
  for (const wrong of ['green', 'Red', '', undefined, 'toString']) expect(colours.schema.safeParse(wrong).success).toBe(false)
})

test('each code has its label in each language', () => {
  expect(colours.codes.map((code) => [colours.label(code, 'en'), colours.label(code, 'fr')])).toEqual([
    ['Red', 'Rouge'],
    ['Blue', 'Bleu'],
  ])
})

test('a list without codes is refused', () => {
  expect(() => codeList('none', {})).toThrow('at least one code')
})

test('the name of the list is published, and a data label does not displace it', () => {
  expect(z.toJSONSchema(operational(colours.schema))).toMatchObject({ enum: ['red', 'blue'], 'x-code-list': 'colour', class: 'C1' })
  expect(labelOf(colours.schema)).toBeUndefined()
  expect(labelOf(operational(colours.schema))).toMatchObject({ class: 'C1' })
})
