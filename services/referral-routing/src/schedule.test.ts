import { opensIn, type Schedule } from './schedule.ts'

const weekdays: Schedule = { weekdays: ['MO', 'TU', 'WE', 'TH', 'FR'], opens: '08:00', closes: '16:30' }

/** 2 March 2026 is a Monday. */
test.each<[string, readonly Schedule[], string, number | undefined]>([
  ['open', [weekdays], '2026-03-02T09:00:00.000Z', 0],
  ['the minute it opens', [weekdays], '2026-03-02T08:00:00.000Z', 0],
  ['the minute it closes', [weekdays], '2026-03-02T16:30:00.000Z', 15.5],
  ['before it opens', [weekdays], '2026-03-02T06:30:00.000Z', 1.5],
  ['Friday evening', [weekdays], '2026-03-06T20:00:00.000Z', 60],
  [
    'the sooner of two',
    [
      { ...weekdays, weekdays: ['TH'] },
      { ...weekdays, weekdays: ['TU'] },
    ],
    '2026-03-02T08:00:00.000Z',
    24,
  ],
  ['round the clock', [{ ...weekdays, opens: '00:00', closes: '24:00' }], '2026-03-02T23:59:00.000Z', 0],
  ['from a day on', [{ ...weekdays, validFrom: '2026-03-04' }], '2026-03-02T08:00:00.000Z', 48],
  ['on its last day', [{ ...weekdays, validTo: '2026-03-02' }], '2026-03-02T08:00:00.000Z', 0],
  ['after its last day', [{ ...weekdays, validTo: '2026-03-02' }], '2026-03-02T17:00:00.000Z', undefined],
  ['from so late that it does not matter', [{ ...weekdays, validFrom: '2026-06-01' }], '2026-03-02T08:00:00.000Z', undefined],
  ['no hours', [], '2026-03-02T08:00:00.000Z', undefined],
])('%s', (_, schedules, at, hours) => {
  expect(opensIn(schedules, at)).toBe(hours)
})
