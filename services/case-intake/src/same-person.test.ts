import fc from 'fast-check'
import { resemblances } from './codes.ts'
import type { Person } from './registration.ts'
import { comparableTerms, lookupTerms, resemblance } from './same-person.ts'

const person = (given: string, family: string | undefined, more: Partial<Person> = {}): Person => ({
  name: { given, ...(family === undefined ? {} : { family }) },
  sex: 'male',
  birthDate: '1998-04-17',
  ageBasis: 'declared',
  nationalities: ['GN'],
  origin: 'GN-LA',
  languages: ['fuf'],
  ...more,
})
const mine = (phone: string): Partial<Person> => ({ contacts: [{ phone, owner: 'self', safe: true }] })
const passport = (number: string): Partial<Person> => ({ documents: [{ type: 'passport', number, issuedBy: 'GN' }] })
const parents = { parents: { father: 'Alpha Diallo', mother: 'Mariama Barry' } }
const base = person('Mamadou Saliou', 'Diallo')
const codes = (a: Person, b: Person): readonly string[] => resemblance(a, b).reasons.map(({ code }) => code)

describe('one person', () => {
  test.each<[string, Person, Person]>([
    ['name inverted', base, person('Diallo', 'Mamadou Saliou')],
    ['name in one field', base, person('Diallo Mamadou Saliou', undefined)],
    ['spelled in English', base, person('Mohammed Saliu', 'Jalloh')],
    ['second name left out', base, person('Saliou', 'Diallo')],
    ['an initial', base, person('M. Saliou', 'Diallo')],
    ['a slip of the pen', base, person('Mamadou Saliou', 'Dialo')],
    ['a title', base, person('El Hadj Mamadou Saliou', 'Diallo')],
    ['another name it goes by', base, person('Petit', 'Modou', { aliases: ['Saliou Diallo'] })],
    ['year only', base, person('Mamadou Saliou', 'Diallo', { birthDate: '1998' })],
    ['first of January for want of more', base, person('Mamadou Saliou', 'Diallo', { birthDate: '1998-01-01' })],
    ['day and month exchanged', person('Issa', 'Bah', { birthDate: '1998-04-07' }), person('Issa', 'Bah', { birthDate: '1998-07-04' })],
    ['one document, whatever else', person('Issa', 'Bah', passport('R 123-456')), person('Moussa', 'Sow', passport('r123456'))],
    ['a single name', person('Exemplaire', undefined, mine('+224620000001')), person('EXEMPLAIRE', undefined, mine('+224620000001'))],
  ])('%s: somebody must look', (_, a, b) => {
    expect(resemblance(a, b).suspected).toBe(true)
  })
})

describe('two people', () => {
  const shared = { ...parents, ...mine('+224620000001') }
  test.each<[string, Person, Person]>([
    ['twins', person('Alhassane', 'Diallo', shared), person('Alhousseine', 'Diallo', shared)],
    ['twins of two names', person('Mamadou Saliou', 'Diallo', shared), person('Mamadou Aliou', 'Diallo', shared)],
    ['twins, one with the name inverted', person('Adama', 'Diallo', shared), person('Diallo', 'Hawa', shared)],
    ['brothers', person('Issa', 'Diallo', shared), person('Moussa', 'Diallo', { ...shared, birthDate: '2001' })],
    [
      'father and son',
      person('Mamadou', 'Diallo', mine('+224620000001')),
      person('Mamadou', 'Diallo', { birthDate: '1970', ...mine('+224620000001') }),
    ],
    [
      'namesakes of other places',
      person('Mamadou', 'Diallo', { birthDate: '1998' }),
      person('Mamadou', 'Diallo', { birthDate: '1998', origin: 'GN-NZ' }),
    ],
    [
      'a shared telephone alone',
      person('Issa', 'Bah', mine('+224620000001')),
      person('Mariama', 'Sow', { sex: 'female', ...mine('+224620000001') }),
    ],
    ['Condé and Conté', person('Sékou', 'Condé'), person('Sékou', 'Conté', { birthDate: '1990' })],
  ])('%s: nobody need look', (_, a, b) => {
    expect(resemblance(a, b).suspected).toBe(false)
  })

  test('twins with one document are looked at: somebody travels on the papers of the other', () => {
    const twins = [
      person('Adama', 'Diallo', { ...shared, ...passport('R1') }),
      person('Hawa', 'Diallo', { ...shared, ...passport('R1') }),
    ] as const
    expect(resemblance(...twins).suspected).toBe(true)
  })
})

test('the reasons say what was found, the weightiest first, and add up to the score', () => {
  const { score, reasons } = resemblance(
    { ...base, ...mine('+224620000001'), ...passport('R1') },
    { ...base, ...mine('+224620000001'), ...passport('R1'), origin: 'GN-KA' },
  )
  expect(reasons.map(({ code }) => code)).toEqual(['same-document', 'same-name', 'same-birth-date', 'same-phone', 'other-origin'])
  expect(score).toBeCloseTo(reasons.reduce((sum, { points }) => sum + points, 0))
  expect(codes(person('Alhassane', 'Diallo', parents), person('Alhousseine', 'Diallo', parents))).toContain('siblings')
})

const word = fc.constantFrom(
  'Mamadou',
  'Mohamed',
  'Saliou',
  'Aliou',
  'Adama',
  'Fatou',
  'Diallo',
  'Jallow',
  'Bah',
  'Condé',
  'Conté',
  'M.',
  'El Hadj',
)
const anyone: fc.Arbitrary<Person> = fc
  .record(
    {
      name: fc.record({ given: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')), family: word }),
      sex: fc.constantFrom('male' as const, 'female' as const, 'not-stated' as const),
      birthDate: fc.constantFrom('1998', '1998-04', '1998-04-17', '1999', '1998-01-01', '1970-12-31'),
      ageBasis: fc.constantFrom('declared' as const, 'estimated' as const),
      origin: fc.constantFrom('GN-LA', 'GN-KA'),
      documents: fc.constantFrom([], passport('R1').documents ?? [], passport('R2').documents ?? []),
      contacts: fc.constantFrom([], mine('+224620000001').contacts ?? []),
      aliases: fc.array(word, { maxLength: 2 }),
    },
    { requiredKeys: ['name', 'sex', 'birthDate', 'ageBasis'] },
  )
  .map((facts) => ({ nationalities: ['GN'], languages: ['fuf'], ...facts }) as Person)

test('the comparison is symmetric, and of declared codes', () => {
  fc.assert(
    fc.property(anyone, anyone, (a, b) => {
      const [one, other] = [resemblance(a, b), resemblance(b, a)]
      expect(one.score).toBeCloseTo(other.score)
      for (const { code } of one.reasons) expect(resemblances.codes).toContain(code)
    }),
  )
})

test('whoever is registered twice in the same words is looked at, and found where he was placed', () => {
  fc.assert(
    fc.property(anyone, (a) => {
      const placed = new Set(comparableTerms(a).map(({ kind, value }) => `${kind} ${value}`))
      const looked = lookupTerms(a).map(({ kind, value }) => `${kind} ${value}`)
      expect([...placed].every((term) => looked.includes(term))).toBe(true)
      expect(placed.size).toBeLessThanOrEqual(40)
    }),
  )
})

test('a year told differently by one, estimated by two, is looked up', () => {
  const years = (ageBasis: Person['ageBasis']) =>
    new Set(lookupTerms({ ...base, ageBasis }).flatMap(({ kind, value }) => (kind === 'name-year' ? [value.slice(-4)] : [])))
  expect([...years('declared')]).toEqual(['1997', '1998', '1999'])
  expect([...years('estimated')]).toEqual(['1996', '1997', '1998', '1999', '2000'])
})
