import type { Params } from '@wontanara/core'

/** A gestational age: completed weeks and days, 0 to 6. */
export interface GestationalAge {
  readonly weeks: number
  readonly days: number
}

/** The limits of one carrier, or of all. */
export interface AirTravelLimits {
  /** From this age on, a letter with the due date is carried. */
  readonly letterFrom: GestationalAge
  /** The last day on which a woman expecting one child, or more than one, may fly. */
  readonly lastDaySingle: GestationalAge
  readonly lastDayMultiple: GestationalAge
  /** Hours after birth before which a newborn does not fly, and before which it had better not. */
  readonly newbornHours: number
  readonly newbornAdvisedHours: number
}

/** Limits as data: what holds in general, and what single carriers (IATA code) ask otherwise. */
export interface AirTravelRules {
  readonly standard: AirTravelLimits
  readonly carriers: Readonly<Record<string, Partial<AirTravelLimits>>>
}

/**
 * WHO, International travel and health: a letter after week 28; one child to the end of week 36, more to the end of week 32; newborns from 48 hours,
 * better 7 days. Weeks are completed weeks, so that week 36 ends with 36 weeks + 6 days, as RCOG has it (before 37 weeks). Where the texts can be
 * read in two ways for the letter, the earlier day is taken: a letter too many hurts nobody.
 */
export const airTravelRules: AirTravelRules = {
  standard: {
    letterFrom: { weeks: 28, days: 0 },
    lastDaySingle: { weeks: 36, days: 6 },
    lastDayMultiple: { weeks: 32, days: 6 },
    newbornHours: 48,
    newbornAdvisedHours: 7 * 24,
  },
  carriers: {},
}

export const limitsOf = ({ standard, carriers }: AirTravelRules, carrier: string | undefined): AirTravelLimits =>
  carrier === undefined ? standard : { ...standard, ...carriers[carrier] }

/** What the rules look at. */
export interface Traveller {
  readonly pregnancy?: Pregnancy | undefined
  readonly newborn?: { readonly bornAt: string } | undefined
}
export type Pregnancy = { readonly status: 'not-pregnant' | 'not-applicable' } | Pregnant
interface Pregnant {
  readonly status: 'pregnant'
  readonly age: GestationalAge
  /** Day on which the age was measured, YYYY-MM-DD. */
  readonly measuredOn: string
  readonly expecting: 'single' | 'multiple'
  readonly letter?: { readonly issuedOn: string; readonly dueDate: string } | undefined
}
export interface Journey {
  /** Day of travel at the place of departure, YYYY-MM-DD. */
  readonly date: string
  /** Instant of departure, once known. */
  readonly departureAt?: string | undefined
}

export type AirTravelCode =
  | 'pregnancy-letter-missing'
  | 'pregnancy-single-too-late'
  | 'pregnancy-multiple-too-late'
  | 'newborn-too-young'
  | 'newborn-young'

/** A rule that speaks against the journey. `bar`: nobody decides against it; `advice`: for the doctor to weigh. */
export interface AirTravelFinding {
  readonly code: AirTravelCode
  readonly weight: 'bar' | 'advice'
  readonly params: Params
}

const dayLength = 86_400_000
const hourLength = 3_600_000
const inDays = ({ weeks, days }: GestationalAge): number => weeks * 7 + days
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / dayLength)

const inWeeks = (days: number): GestationalAge => ({ weeks: Math.floor(days / 7), days: days - Math.floor(days / 7) * 7 })

/** Days from the start of a pregnancy to the date on which it is due: 40 weeks (Naegele's rule). */
const term = 280

/** Gestational age on a day (YYYY-MM-DD). Where the measurement and the due date of the letter contradict, the later pregnancy counts. */
export const gestationalAgeOn = ({ age, measuredOn, letter }: Omit<Pregnant, 'status' | 'expecting'>, on: string): GestationalAge =>
  inWeeks(Math.max(inDays(age) + daysBetween(measuredOn, on), ...(letter === undefined ? [] : [term - daysBetween(on, letter.dueDate)])))

/**
 * What speaks against a journey by air on its day. Without an instant of departure a newborn's age is that at 00:00 UTC of the day of travel,
 * the youngest it can be; the check before boarding looks again, with the instant.
 */
export function airTravelFindings(
  { pregnancy, newborn }: Traveller,
  { date, departureAt }: Journey,
  limits: AirTravelLimits,
): readonly AirTravelFinding[] {
  const findings: AirTravelFinding[] = []
  if (pregnancy?.status === 'pregnant') {
    const age = gestationalAgeOn(pregnancy, date)
    const single = pregnancy.expecting === 'single'
    const last = single ? limits.lastDaySingle : limits.lastDayMultiple
    const params = { weeks: age.weeks, days: age.days, date }
    if (inDays(age) >= inDays(limits.letterFrom) && pregnancy.letter === undefined)
      findings.push({ code: 'pregnancy-letter-missing', weight: 'bar', params: { ...params, fromWeeks: limits.letterFrom.weeks } })
    if (inDays(age) > inDays(last)) {
      const code = single ? 'pregnancy-single-too-late' : 'pregnancy-multiple-too-late'
      findings.push({ code, weight: 'bar', params: { ...params, lastWeeks: last.weeks, lastDays: last.days } })
    }
  }
  if (newborn !== undefined) {
    const age = (Date.parse(departureAt ?? `${date}T00:00:00Z`) - Date.parse(newborn.bornAt)) / hourLength
    const params = { hours: Math.max(0, Math.floor(age)), date }
    if (age < limits.newbornHours)
      findings.push({ code: 'newborn-too-young', weight: 'bar', params: { ...params, fromHours: limits.newbornHours } })
    else if (age < limits.newbornAdvisedHours)
      findings.push({ code: 'newborn-young', weight: 'advice', params: { ...params, fromHours: limits.newbornAdvisedHours } })
  }
  return findings
}

/** The check before boarding is made 24 to 72 hours before departure, both included. */
export const boardingWindow = (departureAt: string): { readonly opensAt: string; readonly closesAt: string } => {
  const departure = Date.parse(departureAt)
  return { opensAt: new Date(departure - 72 * hourLength).toISOString(), closesAt: new Date(departure - 24 * hourLength).toISOString() }
}
