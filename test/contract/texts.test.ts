import { commonRefusals, httpTexts, type RefusalCatalogue } from '@wontanara/core'
import { type Declarations, declarations } from '@wontanara/tools/declarations'

let declared: Declarations
let catalogues: readonly (readonly [string, RefusalCatalogue])[]
beforeAll(async () => {
  declared = await declarations()
  catalogues = [
    ['http', { ...httpTexts, ...commonRefusals }],
    ...declared.services.map(({ name, refusals }): [string, RefusalCatalogue] => [name, refusals]),
  ]
})

interface Text {
  readonly where: string
  readonly en: string
  readonly fr: string
}
const labels = (): readonly (Text & { readonly code: string })[] =>
  declared.codeLists.flatMap((list) =>
    list.codes.map((code) => ({ where: `${list.name}/${code}`, code, en: list.label(code, 'en'), fr: list.label(code, 'fr') })),
  )
const refusals = (): readonly Text[] =>
  catalogues.flatMap(([name, catalogue]) => Object.entries(catalogue).map(([code, { en, fr }]) => ({ where: `${name}/${code}`, en, fr })))

const parameters = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()

test('there are lists and refusals to look at', () => {
  expect(labels().length).toBeGreaterThan(100)
  expect(refusals().length).toBeGreaterThan(20)
})

test('every code has a label in both languages that says more than the code', () => {
  const poor = labels().filter(({ code, en, fr }) =>
    [en, fr].some((label) => label.trim() === '' || label === code || label !== label.trim()),
  )
  expect(poor.map(({ where }) => where)).toEqual([])
})

test('a code list has one name, and its name no other list', () => {
  const names = declared.codeLists.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  expect(names.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))).toEqual([])
})

test('two codes of a list never read the same', () => {
  const twins = declared.codeLists.flatMap((list) =>
    (['en', 'fr'] as const).flatMap((language) => {
      const read = list.codes.map((code) => list.label(code, language))
      return read.filter((label, i) => read.indexOf(label) !== i).map((label) => `${list.name}: ${label}`)
    }),
  )
  expect(twins).toEqual([])
})

test('the two texts of a refusal name the same parameters', () => {
  expect(
    refusals()
      .filter(({ en, fr }) => parameters(en).join() !== parameters(fr).join())
      .map(({ where }) => where),
  ).toEqual([])
})

test('no text is empty, and none is the same in both languages', () => {
  expect(
    refusals()
      .filter(({ en, fr }) => en.trim() === '' || fr.trim() === '' || en === fr)
      .map(({ where }) => where),
  ).toEqual([])
})

// One kind, so that a search finds both halves of the texts; the plain one, because every keyboard has it.
test('French is written with the plain apostrophe', () => {
  expect([...labels(), ...refusals()].filter(({ fr }) => /[\u2018\u2019\u02bc]/.test(fr)).map(({ where }) => where)).toEqual([])
})

test('French sets a space before : ; ? !', () => {
  expect([...labels(), ...refusals()].filter(({ fr }) => /[^\s\u00a0\u202f][:;?!](\s|$)/.test(fr)).map(({ where }) => where)).toEqual([])
})
