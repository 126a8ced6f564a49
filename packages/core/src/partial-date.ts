import * as z from 'zod'

/** A date that may be known only to the month or the year: `1998`, `1998-04`, `1998-04-17`. */
export type PartialDate = string

const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
const pad = (n: number, width: number): string => String(n).padStart(width, '0')

function parts(text: string): { readonly year: number; readonly month?: number; readonly day?: number } | undefined {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), match[2], match[3]]
  if (year < 1900) return undefined
  if (month === undefined) return { year }
  const m = Number(month)
  if (m < 1 || m > 12) return undefined
  if (day === undefined) return { year, month: m }
  const d = Number(day)
  return d < 1 || d > lastDay(year, m) ? undefined : { year, month: m, day: d }
}

/** Schema of a partial date: a real calendar date, month or year from 1900 on. */
export const partialDate = (): z.ZodString =>
  z
    .string()
    .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/)
    .refine((text) => parts(text) !== undefined, { params: { code: 'no-such-date' } })

/** First and last calendar day that a partial date may stand for. @throws RangeError when it is none: a guess could make an adult of a child */
export function bounds(date: PartialDate): { readonly first: string; readonly last: string } {
  const known = parts(date)
  if (known === undefined) throw new RangeError('not a partial date')
  const { year, month, day } = known
  const [firstMonth, lastMonth] = [month ?? 1, month ?? 12]
  return {
    first: `${pad(year, 4)}-${pad(firstMonth, 2)}-${pad(day ?? 1, 2)}`,
    last: `${pad(year, 4)}-${pad(lastMonth, 2)}-${pad(day ?? lastDay(year, lastMonth), 2)}`,
  }
}

/** Completed years on `on` (YYYY-MM-DD). Someone born on 29 February completes a year on 1 March of a common year. */
export function completedYears(birth: string, on: string): number {
  const years = Number(on.slice(0, 4)) - Number(birth.slice(0, 4))
  return on.slice(5) < birth.slice(5) ? years - 1 : years
}

/** The ages, in completed years, that a person with this birth date may have on a day (YYYY-MM-DD). */
export function ageRange(birth: PartialDate, on: string): { readonly youngest: number; readonly oldest: number } {
  const { first, last } = bounds(birth)
  return { youngest: Math.max(0, completedYears(last, on)), oldest: Math.max(0, completedYears(first, on)) }
}

/** Age of majority: Code de l'enfant L/2019/0059/AN, art. 1. */
export const majority = 18

/** Whether a person is to be treated as a child: the benefit of the doubt goes to childhood (UNODC Toolkit, tool 7.10). */
export const isChild = (birth: PartialDate, on: string): boolean => ageRange(birth, on).youngest < majority
