import fc from 'fast-check'
import { millisecondsOf } from './duration.ts'

test.each([
  ['72h', 259_200_000],
  ['PT72H', 259_200_000],
  ['3d', 259_200_000],
  ['P3D', 259_200_000],
  ['P1DT12H30M', 131_400_000],
  ['P2W', 1_209_600_000],
  ['90m', 5_400_000],
  ['1.5h', 5_400_000],
  ['PT0.5S', 500],
  ['250ms', 250],
  [1000, 1000],
  ['0s', 0],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(millisecondsOf(text)).toBe(milliseconds)
})

test.each(['', 'P', 'PT', 'P1DT', '72', 'h', '-1h', '1 h', '72H', 'P1M', 'P1Y', '1h30m', '1e3s', -1, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is no length of time',
  (text) => {
    expect(millisecondsOf(text)).toBeUndefined()
  },
)

test('however a length of time is written, it is the same', () => {
  const count = fc.nat(1000)
  fc.assert(
    fc.property(count, count, count, count, (d, h, m, s) => {
      const sum = [`${d}d`, `${h}h`, `${m}m`, `${s}s`].reduce((total, part) => total + (millisecondsOf(part) ?? Number.NaN), 0)
      expect(millisecondsOf(`P${d}DT${h}H${m}M${s}S`)).toBe(sum)
      expect(millisecondsOf(`PT${((d * 24 + h) * 60 + m) * 60 + s}S`)).toBe(sum)
    }),
  )
})

test('no text makes it throw, or passes backwards', () => {
  fc.assert(fc.property(fc.string(), (text) => millisecondsOf(text) === undefined || (millisecondsOf(text) ?? -1) >= 0))
})
