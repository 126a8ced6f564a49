import fc from 'fast-check'
import { airTravelFindings, airTravelRules, boardingWindow, gestationalAgeOn, limitsOf, type Pregnancy } from './air-travel.ts'

const { standard } = airTravelRules
const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10)
const letter = { issuedOn: '2026-03-02', dueDate: '2026-06-01' }
const pregnant = (weeks: number, days: number, expecting: 'single' | 'multiple', withLetter: boolean): Pregnancy => ({
  status: 'pregnant',
  age: { weeks, days },
  measuredOn: '2026-03-20',
  expecting,
  ...(withLetter ? { letter } : {}),
})
const codes = (...args: Parameters<typeof airTravelFindings>): readonly string[] =>
  airTravelFindings(...args).map(({ code, weight }) => `${weight} ${code}`)

describe('gestational age on a day', () => {
  test.each([
    ['2026-03-02', { weeks: 27, days: 6 }, '2026-03-02', { weeks: 27, days: 6 }],
    ['2026-03-02', { weeks: 27, days: 6 }, '2026-03-03', { weeks: 28, days: 0 }],
    ['2026-03-02', { weeks: 12, days: 0 }, '2026-03-30', { weeks: 16, days: 0 }],
    ['2027-02-28', { weeks: 36, days: 5 }, '2027-03-01', { weeks: 36, days: 6 }],
    ['2028-02-28', { weeks: 36, days: 5 }, '2028-02-29', { weeks: 36, days: 6 }],
    ['2028-02-28', { weeks: 36, days: 5 }, '2028-03-01', { weeks: 37, days: 0 }],
    ['2026-12-31', { weeks: 30, days: 6 }, '2027-01-01', { weeks: 31, days: 0 }],
    ['2026-03-20', { weeks: 30, days: 0 }, '2026-03-19', { weeks: 29, days: 6 }],
  ])('measured on %s at %j, on %s it is %j', (measuredOn, age, on, expected) => {
    expect(gestationalAgeOn({ age, measuredOn }, on)).toEqual(expected)
  })

  test('grows by a day each day, across months and leap years', () => {
    const integer = (max: number) => fc.integer({ min: 0, max })
    fc.assert(
      fc.property(integer(40), integer(6), integer(4000), integer(300), (weeks, days, from, later) => {
        const age = gestationalAgeOn({ age: { weeks, days }, measuredOn: day(from) }, day(from + later))
        expect(age.days).toBeLessThan(7)
        expect(age.weeks * 7 + age.days).toBe(weeks * 7 + days + later)
      }),
    )
  })
})

describe('pregnancy on the day of travel', () => {
  const on = { date: '2026-03-20' }
  test.each<[number, number, 'single' | 'multiple', boolean, string[]]>([
    [27, 6, 'single', false, []],
    [28, 0, 'single', false, ['bar pregnancy-letter-missing']],
    [28, 0, 'single', true, []],
    [28, 0, 'multiple', false, ['bar pregnancy-letter-missing']],
    [32, 6, 'single', true, []],
    [33, 0, 'single', true, []],
    [32, 6, 'multiple', true, []],
    [33, 0, 'multiple', true, ['bar pregnancy-multiple-too-late']],
    [33, 0, 'multiple', false, ['bar pregnancy-letter-missing', 'bar pregnancy-multiple-too-late']],
    [36, 6, 'single', true, []],
    [36, 6, 'single', false, ['bar pregnancy-letter-missing']],
    [37, 0, 'single', true, ['bar pregnancy-single-too-late']],
    [37, 0, 'single', false, ['bar pregnancy-letter-missing', 'bar pregnancy-single-too-late']],
    [41, 3, 'multiple', true, ['bar pregnancy-multiple-too-late']],
  ])('%i weeks + %i days, %s, letter %s: %j', (weeks, days, expecting, withLetter, expected) => {
    expect(codes({ pregnancy: pregnant(weeks, days, expecting, withLetter) }, on, standard)).toEqual(expected)
  })

  test.each<[string, string[]]>([
    ['2026-04-11', []],
    ['2026-04-10', ['bar pregnancy-single-too-late']],
  ])('where measurement and letter contradict, the later pregnancy counts: due on %s: %j', (dueDate, expected) => {
    const pregnancy: Pregnancy = {
      status: 'pregnant',
      age: { weeks: 30, days: 0 },
      measuredOn: '2026-03-20',
      expecting: 'single',
      letter: { issuedOn: '2026-03-02', dueDate },
    }
    expect(codes({ pregnancy }, on, standard)).toEqual(expected)
  })

  test.each([['not-pregnant'], ['not-applicable']] as const)('%s: nothing', (status) => {
    expect(codes({ pregnancy: { status } }, on, standard)).toEqual([])
  })

  test('names the week that was computed', () => {
    const [finding] = airTravelFindings({ pregnancy: pregnant(35, 4, 'single', true) }, { date: '2026-03-31' }, standard)
    expect(finding?.params).toEqual({ weeks: 37, days: 1, date: '2026-03-31', lastWeeks: 36, lastDays: 6 })
  })

  test('what bars a journey bars every later one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 42 }),
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom('single' as const, 'multiple' as const),
        fc.boolean(),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 100 }),
        (weeks, days, expecting, withLetter, first, later) => {
          const pregnancy = { ...pregnant(weeks, days, expecting, withLetter), measuredOn: day(0) }
          const [before, after] = [day(first), day(first + later)].map((date) => codes({ pregnancy }, { date }, standard))
          expect(after).toEqual(expect.arrayContaining([...(before ?? [])]))
        },
      ),
    )
  })

  test('a carrier may ask for more or for less, rule by rule', () => {
    const rules = { standard, carriers: { XX: { lastDaySingle: { weeks: 34, days: 0 } } } }
    const traveller = { pregnancy: pregnant(34, 1, 'single', false) }
    expect(codes(traveller, on, limitsOf(rules, 'XX'))).toEqual(['bar pregnancy-letter-missing', 'bar pregnancy-single-too-late'])
    expect(codes(traveller, on, limitsOf(rules, 'YY'))).toEqual(['bar pregnancy-letter-missing'])
    expect(codes(traveller, on, limitsOf(rules, undefined))).toEqual(['bar pregnancy-letter-missing'])
  })
})

describe('a newborn at departure', () => {
  const bornAt = '2026-03-18T11:30:00.000Z'
  test.each<[string, string[]]>([
    ['2026-03-20T11:29:59.999Z', ['bar newborn-too-young']],
    ['2026-03-20T11:30:00.000Z', ['advice newborn-young']],
    ['2026-03-25T11:29:59.999Z', ['advice newborn-young']],
    ['2026-03-25T11:30:00.000Z', []],
  ])('departing at %s: %j', (departureAt, expected) => {
    expect(codes({ newborn: { bornAt } }, { date: departureAt.slice(0, 10), departureAt }, standard)).toEqual(expected)
  })

  test.each<[string, string[]]>([
    ['2026-03-20', ['bar newborn-too-young']],
    ['2026-03-21', ['advice newborn-young']],
    ['2026-03-25', ['advice newborn-young']],
    ['2026-03-26', []],
  ])('without a time of departure, on %s: %j', (date, expected) => {
    expect(codes({ newborn: { bornAt } }, { date }, standard)).toEqual(expected)
  })

  test('born on 27 February of a leap year', () => {
    const newborn = { bornAt: '2028-02-27T12:00:00Z' }
    expect(codes({ newborn }, { date: '2028-02-29', departureAt: '2028-02-29T12:00:00Z' }, standard)).toEqual(['advice newborn-young'])
    expect(codes({ newborn }, { date: '2028-03-05', departureAt: '2028-03-05T12:00:00Z' }, standard)).toEqual([])
  })
})

test('the check before boarding opens 72 hours and closes 24 hours before departure', () => {
  expect(boardingWindow('2028-03-01T06:00:00Z')).toEqual({ opensAt: '2028-02-27T06:00:00.000Z', closesAt: '2028-02-29T06:00:00.000Z' })
})
