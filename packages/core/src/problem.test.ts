import { dossierRefusals } from './contract-record.ts'
import { httpTexts, problemOf, statusOf } from './problem.ts'
import { commonRefusals, textOf } from './refusal.ts'

const texts = { ...commonRefusals, ...httpTexts }
const parametersOf = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()

test.each(Object.entries(texts))('%s says the same in both languages', (_, { en, fr, kind }) => {
  expect(parametersOf(fr)).toEqual(parametersOf(en))
  expect(fr).not.toBe(en)
  expect(statusOf[kind]).toBeGreaterThanOrEqual(400)
})

test('a refusal becomes problem details, with every reason', () => {
  const refusal = dossierRefusals.refuseAll([{ code: 'too-early' }, { code: 'not-below-zero', pointer: '/add' }])
  expect(problemOf(refusal, dossierRefusals.catalogue, 'fr', 'trace')).toEqual({
    type: '/problems/guards-failed',
    title: "L'étape n'est pas encore possible : chaque raison est indiquée.",
    status: 409,
    code: 'guards-failed',
    traceId: 'trace',
    errors: [
      { code: 'too-early', detail: 'Pas encore.' },
      { pointer: '/add', code: 'not-below-zero', detail: 'Le compte ne peut pas descendre sous zéro.' },
    ],
  })
})

test('parameters are filled in; one that is not given stays as it is', () => {
  expect(textOf(texts, 'body-too-large', 'en', { limit: 5 })).toBe('The body is larger than 5 bytes.')
  expect(textOf(texts, 'body-too-large', 'en')).toBe('The body is larger than {limit} bytes.')
  expect(textOf(texts, 'of-no-catalogue', 'en')).toBe('of-no-catalogue')
})
