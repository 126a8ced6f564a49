import fc from 'fast-check'
import { isWithin, kilometres, pointOf } from './places.ts'

const point = (place: string) => {
  const found = pointOf(place)
  if (found === undefined) throw new Error(place)
  return found
}

/** Straight lines between chief towns. */
test.each([
  ['GN-C', 'GN-KD', 97],
  ['GN-LA', 'GN-PI', 26],
  ['GN-KA', 'GN-NZ', 294],
  ['GN-K', 'GN-KA', 0],
])('%s and %s are about %s km apart', (from, to, km) => {
  expect(Math.abs(kilometres(point(from), point(to)) - km)).toBeLessThan(15)
})

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const known = ['', ...letters]
  .flatMap((first) => letters.map((second) => `GN-${first}${second}`))
  .filter((code) => pointOf(code) !== undefined)
const isRegion = (code: string): boolean => code.length === 4

/** ISO 3166-2:GN: seven regions, the governorate of Conakry, 33 prefectures. */
test('every place of Guinea lies somewhere in it, and every prefecture in one region', () => {
  expect([known.length, known.filter(isRegion).length]).toEqual([41, 8])
  for (const place of known) {
    const { latitude, longitude } = point(place)
    expect(latitude > 7.1 && latitude < 12.7 && longitude > -15.1 && longitude < -7.6).toBe(true)
    if (!isRegion(place)) expect(known.filter((area) => isRegion(area) && isWithin(place, area))).toHaveLength(1)
  }
})

test('a code that does not exist lies nowhere', () => {
  expect(pointOf('GN-XX')).toBeUndefined()
})

test('a distance is the same both ways, and at most half of the way round', () => {
  const anywhere = fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  })
  fc.assert(
    fc.property(anywhere, anywhere, (a, b) => {
      expect(kilometres(a, b)).toBeCloseTo(kilometres(b, a), 6)
      expect(kilometres(a, b)).toBeLessThanOrEqual(6371 * Math.PI + 1e-6)
      expect(kilometres(a, a)).toBe(0)
    }),
  )
})

test.each([
  ['GN-YO', 'GN-N', true],
  ['GN-N', 'GN-YO', false],
  ['GN-YO', 'GN', true],
  ['GN-PI', 'GN-N', false],
  ['GN-C', 'GN-C', true],
])('%s within %s: %s', (place, area, within) => {
  expect(isWithin(place, area)).toBe(within)
})
