import fc from 'fast-check'
import { type ClassificationFacts, classifyChild, isLower, isTreatedAsChild, needsChildGates } from './child-classification.ts'
import { type Accompaniment, accompaniments, type ChildClass } from './codes.ts'

const on = '2026-03-02'
const facts = (differs: Partial<ClassificationFacts> = {}): ClassificationFacts => ({
  birthDates: ['2012-05-01'],
  ageInDoubt: false,
  nationalities: ['GN'],
  presentIn: 'NE',
  accompaniment: 'nobody',
  ...differs,
})

test.each<[string, Partial<ClassificationFacts>, ChildClass, readonly string[]]>([
  ['under 18, abroad, alone', {}, 'unaccompanied-child', ['under-18', 'outside-country-of-nationality', 'without-responsible-adult']],
  [
    'an unrelated adult is nobody by law or custom',
    { accompaniment: 'unrelated-adult' },
    'unaccompanied-child',
    ['under-18', 'outside-country-of-nationality', 'without-responsible-adult'],
  ],
  [
    'what is not known protects',
    { accompaniment: 'not-known', nationalities: [] },
    'unaccompanied-child',
    ['under-18', 'nationality-not-known', 'without-responsible-adult'],
  ],
  [
    'with an aunt',
    { accompaniment: 'other-relative' },
    'separated-child',
    ['under-18', 'outside-country-of-nationality', 'with-other-relative'],
  ],
  [
    'with a parent',
    { accompaniment: 'parent' },
    'accompanied-child',
    ['under-18', 'outside-country-of-nationality', 'with-responsible-adult'],
  ],
  [
    'with a guardian by custom',
    { accompaniment: 'responsible-adult' },
    'accompanied-child',
    ['under-18', 'outside-country-of-nationality', 'with-responsible-adult'],
  ],
  [
    'alone at home',
    { presentIn: 'GN' },
    'child-alone-in-own-country',
    ['under-18', 'in-country-of-nationality', 'without-responsible-adult'],
  ],
  [
    'one of two nationalities is that of the country',
    { nationalities: ['GN', 'NE'] },
    'child-alone-in-own-country',
    ['under-18', 'in-country-of-nationality', 'without-responsible-adult'],
  ],
  ['18 today', { birthDates: ['2008-03-02'] }, 'adult', ['of-age']],
  [
    '18 tomorrow',
    { birthDates: ['2008-03-03'] },
    'unaccompanied-child',
    ['under-18', 'outside-country-of-nationality', 'without-responsible-adult'],
  ],
  [
    'only the year is known',
    { birthDates: ['2008'] },
    'unaccompanied-child',
    ['possibly-under-18', 'outside-country-of-nationality', 'without-responsible-adult'],
  ],
  [
    'two birth dates: the younger counts',
    { birthDates: ['2000-01-01', '2009-01-01'] },
    'unaccompanied-child',
    ['under-18', 'outside-country-of-nationality', 'without-responsible-adult'],
  ],
  [
    'the officer doubts that he is 22',
    { birthDates: ['2004'], ageInDoubt: true, accompaniment: 'parent' },
    'accompanied-child',
    ['age-in-doubt', 'outside-country-of-nationality', 'with-responsible-adult'],
  ],
])('%s', (_, differs, classification, expected) => {
  expect(classifyChild(facts(differs), on)).toEqual({ classification, facts: expected })
})

test.each<[ChildClass, boolean]>([
  ['adult', false],
  ['accompanied-child', false],
  ['separated-child', true],
  ['child-alone-in-own-country', true],
  ['unaccompanied-child', true],
])('the gates of an unaccompanied child apply to %s: %s', (classification, expected) => {
  expect(needsChildGates(classification)).toBe(expected)
})

const pad = (n: number, width: number): string => String(n).padStart(width, '0')
const day = (after: string, before: string): fc.Arbitrary<string> =>
  fc.date({ min: new Date(after), max: new Date(before), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))
const birth = fc.oneof(
  day('1990-01-01', '2026-01-01'),
  fc.integer({ min: 1990, max: 2025 }).map(String),
  fc.tuple(fc.integer({ min: 1990, max: 2025 }), fc.integer({ min: 1, max: 12 })).map(([year, month]) => `${year}-${pad(month, 2)}`),
)
const person: fc.Arbitrary<ClassificationFacts> = fc.record({
  birthDates: fc.tuple(birth),
  ageInDoubt: fc.boolean(),
  nationalities: fc.subarray(['GN', 'ML', 'SN']),
  presentIn: fc.constantFrom('GN', 'NE', 'ML'),
  accompaniment: fc.constantFrom(...accompaniments.codes),
})

describe('never less protection for a weaker position', () => {
  const protectedLess = (weaker: ClassificationFacts, stronger: ClassificationFacts): boolean =>
    isLower(classifyChild(weaker, on).classification, classifyChild(stronger, on).classification)

  test('with fewer responsible people around', () => {
    const responsible: readonly Accompaniment[] = ['parent', 'other-relative', 'nobody']
    fc.assert(
      fc.property(person, fc.nat(1), (someone, i) => {
        const [with_, without] = [responsible[i] ?? 'parent', responsible[i + 1] ?? 'nobody']
        expect(protectedLess({ ...someone, accompaniment: without }, { ...someone, accompaniment: with_ })).toBe(false)
      }),
    )
  })
  test('when another birth date turns up', () => {
    fc.assert(
      fc.property(person, birth, (someone, another) => {
        expect(protectedLess({ ...someone, birthDates: [...someone.birthDates, another] }, someone)).toBe(false)
      }),
    )
  })
  test('when the age is in doubt', () => {
    fc.assert(fc.property(person, (someone) => expect(protectedLess({ ...someone, ageInDoubt: true }, someone)).toBe(false)))
  })
  test('when the nationality is not known', () => {
    fc.assert(fc.property(person, (someone) => expect(protectedLess({ ...someone, nationalities: [] }, someone)).toBe(false)))
  })
  test('on an earlier day', () => {
    fc.assert(
      fc.property(person, day('2020-01-01', '2040-01-01'), day('2020-01-01', '2040-01-01'), (someone, one, other) => {
        const [earlier = one, later = other] = [one, other].sort()
        expect(isLower(classifyChild(someone, earlier).classification, classifyChild(someone, later).classification)).toBe(false)
      }),
    )
  })
})

test('a child and an adult are told apart, and every answer says why', () => {
  fc.assert(
    fc.property(person, (someone) => {
      const { classification, facts: why } = classifyChild(someone, on)
      expect(classification === 'adult').toBe(!isTreatedAsChild(someone, on))
      expect(why).toHaveLength(classification === 'adult' ? 1 : 3)
    }),
  )
})
