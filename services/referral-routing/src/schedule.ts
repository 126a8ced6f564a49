import * as z from 'zod'
import { directory } from './organisation.ts'

/** Days of the week as iCalendar (RFC 5545) and HSDS write them, in the order of `Date.getUTCDay`. */
export const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const

const time = () => directory(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/))

/** When a service is open in a week, in the terms of HSDS 3 (`schedule`), in the time of Conakry. What lasts over midnight is written as two. */
export const Schedule = z.strictObject({
  weekdays: directory(z.array(z.enum(weekdays)).min(1).max(7)),
  opens: time(),
  /** After `opens`; `24:00` is the end of the day. */
  closes: directory(z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)),
  validFrom: directory(z.iso.date()).optional(),
  /** The last day on which it holds. */
  validTo: directory(z.iso.date()).optional(),
})
export type Schedule = z.output<typeof Schedule>

const hour = 3_600_000
const millisecondsOf = (text: string): number => (Number(text.slice(0, 2)) + Number(text.slice(3)) / 60) * hour
const horizonDays = 21

/**
 * In how many hours a service is open next; 0 while it is open, undefined when it is not within three weeks.
 * Guinea keeps UTC all year (Africa/Conakry), so an instant's UTC day and time are those of the place.
 */
export function opensIn(schedules: readonly Schedule[], at: string): number | undefined {
  const now = Date.parse(at)
  const today = Date.parse(at.slice(0, 10))
  const waits = Array.from({ length: horizonDays }, (_, n) => today + n * 24 * hour).flatMap((day) => {
    const date = new Date(day).toISOString().slice(0, 10)
    const weekday = weekdays[new Date(day).getUTCDay()]
    return schedules
      .filter(
        ({ weekdays: days, validFrom = date, validTo = date }) =>
          weekday !== undefined && days.includes(weekday) && validFrom <= date && date <= validTo,
      )
      .filter(({ closes }) => day + millisecondsOf(closes) > now)
      .map(({ opens }) => Math.max(0, (day + millisecondsOf(opens) - now) / hour))
  })
  return waits.length === 0 ? undefined : Math.min(...waits)
}
