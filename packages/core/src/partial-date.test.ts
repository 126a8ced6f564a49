import fc from 'fast-check'
import { ageRange, bounds, completedYears, isChild, partialDate } from './partial-date.ts'

test.each([
  ['1998', true],
  ['1998-04', true],
  ['1998-04-17', true],
  ['2000-02-29', true],
  ['2024-02-29', true],
  ['1900-02-28', true],
  ['1900-02-29', false],
  ['2023-02-29', false],
  ['2024-02-30', false],
  ['2024-04-31', false],
  ['2024-00', false],
  ['2024-13', false],
  ['2024-01-00', false],
  ['1899', false],
  ['98', false],
  ['1998-4', false],
  ['1998-04-17T00:00', false],
  ['1998-04-17\n', false],
  ['', false],
])('%j is a date: %s', (text, valid) => {
  expect(partialDate().safeParse(text).success).toBe(valid)
})

test.each([
  ['1998', '1998-01-01', '1998-12-31'],
  ['1998-04', '1998-04-01', '1998-04-30'],
  ['2024-02', '2024-02-01', '2024-02-29'],
  ['2023-02', '2023-02-01', '2023-02-28'],
  ['2024-02-29', '2024-02-29', '2024-02-29'],
])('%s lies between %s and %s', (date, first, last) => {
  expect(bounds(date)).toEqual({ first, last })
})

test('what is no date has no bounds: it must not pass for an old one', () => {
  expect(() => bounds('unknown')).toThrow(RangeError)
  expect(() => isChild('', '2026-01-01')).toThrow(RangeError)
})

test.each([
  ['2008-03-02', '2026-03-01', 17],
  ['2008-03-02', '2026-03-02', 18],
  ['2008-02-29', '2026-02-28', 17],
  ['2008-02-29', '2026-03-01', 18],
  ['2008-02-29', '2028-02-28', 19],
  ['2008-02-29', '2028-02-29', 20],
  ['2008-12-31', '2026-01-01', 17],
])('born %s, %s: %i completed years', (birth, on, years) => {
  expect(completedYears(birth, on)).toBe(years)
})

test.each([
  ['2008', '2026-01-01', { youngest: 17, oldest: 18 }, true],
  ['2008', '2026-12-30', { youngest: 17, oldest: 18 }, true],
  ['2008', '2026-12-31', { youngest: 18, oldest: 18 }, false],
  ['2008-03', '2026-03-30', { youngest: 17, oldest: 18 }, true],
  ['2008-03', '2026-03-31', { youngest: 18, oldest: 18 }, false],
  ['2008-02', '2026-02-28', { youngest: 17, oldest: 18 }, true],
  ['2007', '2026-01-01', { youngest: 18, oldest: 19 }, false],
  ['2027', '2026-01-01', { youngest: 0, oldest: 0 }, true],
])('born %s, on %s: between %j, treated as a child: %s', (birth, on, range, child) => {
  expect(ageRange(birth, on)).toEqual(range)
  expect(isChild(birth, on)).toBe(child)
})

test('who is known less precisely is never treated as older', () => {
  const day = fc
    .date({ min: new Date('1950-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
  fc.assert(
    fc.property(day, day, (birth, on) => {
      const exact = ageRange(birth, on)
      expect(exact.youngest).toBe(exact.oldest)
      for (const length of [4, 7]) {
        const vague = ageRange(birth.slice(0, length), on)
        expect(vague.youngest).toBeLessThanOrEqual(exact.youngest)
        expect(vague.oldest).toBeGreaterThanOrEqual(exact.oldest)
        if (isChild(birth, on)) expect(isChild(birth.slice(0, length), on)).toBe(true)
      }
    }),
  )
})
