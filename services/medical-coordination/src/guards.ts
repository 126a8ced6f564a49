import type { Reason } from '@wontanara/core'
import { type AirTravelFinding, type AirTravelRules, airTravelFindings, boardingWindow, limitsOf } from './air-travel.ts'
import type { Fitness, FitnessRefusal } from './state.ts'

export type Reasons = readonly Reason<FitnessRefusal>[]

export const underWay = ({ status }: Fitness): boolean => !['not-requested', 'revoked', 'cancelled'].includes(status)
/** Whether the case is merged into another: its assessment stays as it is, and the other one goes on. */
export const isMerged = ({ merge }: Fitness): boolean => merge?.holds === true

export const decidedFit = ({ decision }: Fitness): boolean => decision?.decision === 'fit' || decision?.decision === 'fit-with-conditions'

/** Whether the validity of the decision has passed: it then holds no more, and anybody who may ask for an assessment may do so again. */
export const lapsed = ({ decision }: Fitness, at: string): boolean => decision?.validUntil !== undefined && decision.validUntil < today(at)

/** Whether a consent to a medical examination is in force. */
export const consentHolds = ({ consents }: Fitness, at: string): boolean =>
  consents.some(
    ({ withdrawn, validFrom, validUntil }) =>
      !withdrawn &&
      validFrom !== undefined &&
      Date.parse(validFrom) <= Date.parse(at) &&
      (validUntil === undefined || Date.parse(at) < Date.parse(validUntil)),
  )

/** The steps that lead forward, in their order. */
export const steps = ['request', 'schedule', 'examine', 'decide', 'clear'] as const
export type Step = (typeof steps)[number]

export const failed = (...checks: readonly (false | undefined | Reason<FitnessRefusal>)[]): Reasons =>
  checks.filter((check) => check !== false && check !== undefined)

/** What stands in the way of a step now. The rules of air travel are apart (`travelFindings`): they tell of the person's health. */
export function guardsOf(step: Step, state: Fitness, at: string): Reasons {
  const standing = failed(
    isMerged(state) && { code: 'case-merged', params: { assessment: state.merge?.into ?? '' } },
    state.standing === 'closed' && { code: 'case-closed' },
    state.standing === 'return-withdrawn' && { code: 'return-withdrawn' },
  )
  const noConsent = !consentHolds(state, at) && ({ code: 'consent-missing' } as const)
  switch (step) {
    case 'request': {
      const again = state.status === 'decided' && (!decidedFit(state) || lapsed(state, at))
      return [...standing, ...failed(underWay(state) && !again && { code: 'already-open' })]
    }
    case 'schedule':
      return [...standing, ...failed(!underWay(state) && { code: 'not-requested' })]
    case 'examine':
      return [...standing, ...failed(!['scheduled', 'examined'].includes(state.status) && { code: 'not-scheduled' }, noConsent)]
    case 'decide':
      return [
        ...standing,
        ...failed(state.status !== 'examined' && { code: 'not-examined' }, state.examination?.override === undefined && noConsent),
      ]
    case 'clear':
      return [
        ...standing,
        ...failed(
          state.standing === 'suspended' && { code: 'case-suspended' },
          state.status === 'cleared' && { code: 'already-cleared' },
          !decidedFit(state) && { code: 'not-decided-fit' },
          // The check is another examination: an override taken for the first does not cover it.
          noConsent,
          lapsed(state, at) && { code: 'validity-passed', params: { validUntil: state.decision?.validUntil ?? '' } },
          ...validity(state.decision?.validUntil, state.travel),
        ),
        ...window(state.travel, at),
      ]
  }
}

/** What a decision that the person is fit needs to know of the journey. */
export const journeyGuards = ({ travel }: Fitness, at: string): Reasons =>
  failed(
    travel === undefined && { code: 'travel-date-missing' },
    travel !== undefined && travel.date < today(at) && { code: 'travel-date-passed', params: { date: travel.date } },
  )

/** The last calendar day on which the journey may begin: a departure far to the west is the next day already in UTC, and is judged by that. */
const dayOfTravel = ({ date, departureAt = '' }: NonNullable<Fitness['travel']>): string =>
  today(departureAt) > date ? today(departureAt) : date

export const validity = (validUntil: string | undefined, travel: Fitness['travel']): Reasons =>
  validUntil === undefined || travel === undefined || dayOfTravel(travel) <= validUntil
    ? []
    : [{ code: 'validity-ends-before-travel', params: { validUntil, date: dayOfTravel(travel) } }]

/** 6h: the check is made 24 to 72 hours before departure (BMJ ADC predeparture table). */
function window(travel: Fitness['travel'], at: string): Reasons {
  if (travel?.departureAt === undefined) return [{ code: 'departure-unknown' }]
  const { opensAt, closesAt } = boardingWindow(travel.departureAt)
  const now = Date.parse(at)
  return failed(
    now < Date.parse(opensAt) && { code: 'too-early-before-departure', params: { opensAt } },
    now > Date.parse(closesAt) && { code: 'too-late-before-departure', params: { closesAt } },
  )
}

/** What the rules of air travel say of the person examined, on the day of travel. Class C3-medical. */
export const travelFindings = ({ examination, travel }: Fitness, rules: AirTravelRules): readonly AirTravelFinding[] =>
  examination === undefined || travel === undefined
    ? []
    : airTravelFindings(examination, { ...travel, date: dayOfTravel(travel) }, limitsOf(rules, travel.carrier))

export const bars = (state: Fitness, rules: AirTravelRules): Reasons =>
  travelFindings(state, rules).filter(({ weight }) => weight === 'bar')

/** What is missing before each step that lies ahead: the same list with which the step would be refused now. */
export function missing(state: Fitness, at: string): readonly (Reason<FitnessRefusal> & { readonly step: Step })[] {
  return stepsAhead(state, at).flatMap((step) => {
    const reasons = step === 'decide' ? [...guardsOf(step, state, at), ...journeyGuards(state, at)] : guardsOf(step, state, at)
    return reasons.map((reason) => ({ ...reason, step }))
  })
}

function stepsAhead(state: Fitness, at: string): readonly Step[] {
  switch (state.status) {
    case 'not-requested':
    case 'revoked':
    case 'cancelled':
      return ['request']
    case 'requested':
      return ['schedule', 'examine', 'decide', 'clear']
    case 'scheduled':
      return ['examine', 'decide', 'clear']
    case 'examined':
      return ['decide', 'clear']
    case 'decided':
      return decidedFit(state) && !lapsed(state, at) ? ['clear'] : ['request']
    case 'cleared':
      return []
  }
}

/** The calendar day in UTC, which is the time of Guinea. */
export const today = (at: string): string => at.slice(0, 10)
/** The latest calendar day that it is anywhere: a date up to it is not in the future. */
export const latestToday = (at: string): string => new Date(Date.parse(at) + 14 * 3_600_000).toISOString().slice(0, 10)
