import {
  accept,
  aggregate,
  type Decided,
  definePrivateEvent,
  type EventOf,
  type Issued,
  line,
  note,
  type Reason,
  refused,
} from '@wontanara/core'
import {
  CalendarDate,
  CaseId,
  ConsentId,
  FitnessCancelled,
  FitnessClearanceLapsed,
  FitnessCleared,
  FitnessDecided,
  FitnessId,
  FitnessRequested,
  FitnessRevoked,
  fitnessDecisions,
  Instant,
  medical,
  offices,
  operational,
  StaffId,
} from '@wontanara/events'
import * as z from 'zod'
import { type AirTravelFinding, type AirTravelRules, airTravelFindings, boardingWindow, limitsOf } from './air-travel.ts'
import {
  type boardingOutcomes,
  consentOverrides,
  fitnessStatuses,
  type requestReasons,
  revocationReasons,
  travelConditions,
} from './code-lists.ts'
import { refusals, refuse, refuseAll } from './refusals.ts'

/** How a case stands with regard to the return, as its latest event said. */
const standings = ['open', 'return-confirmed', 'suspended', 'return-withdrawn', 'closed'] as const
export type Standing = (typeof standings)[number]

const Office = operational(offices.schema)
const CaseVersion = operational(z.int().min(0))
const Consent = z.object({
  consentId: ConsentId,
  withdrawn: operational(z.boolean()),
  validFrom: Instant.optional(),
  validUntil: Instant.optional(),
})

/** IATA airline designator. */
export const Carrier = operational(z.string().regex(/^[A-Z0-9]{2}$/))
export const Travel = z.object({ date: CalendarDate, departureAt: Instant.optional(), carrier: Carrier.optional() })
export const Appointment = z.object({ appointmentAt: Instant, place: operational(line(120)), officer: StaffId })

const age = z.strictObject({ weeks: z.int().min(0).max(43), days: z.int().min(0).max(6) })
const letter = z.strictObject({ issuedOn: z.iso.date(), dueDate: z.iso.date() })
/** What a doctor found. Everything here is of class C3-medical. */
export const Clinical = z.object({
  findings: medical(note(2000)),
  diagnoses: medical(
    z
      .array(
        z.strictObject({
          code: z
            .string()
            .regex(/^[A-Z0-9][A-Z0-9./&-]{1,19}$/)
            .optional(),
          name: line(120),
        }),
      )
      .max(20),
  ),
  medications: medical(z.array(z.strictObject({ name: line(120), dose: line(80).optional() })).max(20)),
  /** Always answered: that nobody asked must not look like a no. */
  pregnancy: medical(
    z.discriminatedUnion('status', [
      z.strictObject({ status: z.literal('not-pregnant') }),
      z.strictObject({ status: z.literal('not-applicable') }),
      z.strictObject({
        status: z.literal('pregnant'),
        age,
        measuredOn: z.iso.date(),
        expecting: z.enum(['single', 'multiple']),
        letter: letter.optional(),
      }),
    ]),
  ),
  newborn: medical(z.strictObject({ bornAt: z.iso.datetime() })).optional(),
})
export const Override = z.object({ basis: operational(consentOverrides.schema), justification: medical(note(500).min(20)) })
const examination = { examinedAt: Instant, by: StaffId, override: Override.optional() }
const Examination = Clinical.extend(examination)

const decision = {
  decision: operational(fitnessDecisions.schema),
  conditions: operational(z.array(travelConditions.schema).max(12)),
  validUntil: CalendarDate.optional(),
}
export const Decision = z.object(decision)
const Verdict = z.object({ ...decision, decidedAt: Instant, by: StaffId })
const Findings = medical(note(2000))
const Clearance = z.object({ checkedAt: Instant, by: StaffId, departureAt: Instant, findings: Findings.optional() })
const causes = [...revocationReasons.codes, 'travel-changed', 'check-not-confirmed'] as const

export const FitnessSchema = z.object({
  fitnessId: FitnessId,
  caseId: CaseId,
  office: Office.optional(),
  standing: operational(z.enum(standings)),
  /**
   * Versions of the case, because its events may arrive in any order: where the standing comes from, the latest confirmation and the latest
   * stop of the return, and what was known when the assessment was opened.
   */
  caseVersion: CaseVersion,
  confirmedVersion: CaseVersion,
  stoppedVersion: CaseVersion,
  openedVersion: CaseVersion,
  consents: z.array(Consent),
  status: operational(fitnessStatuses.schema),
  requestedAt: Instant.optional(),
  officer: StaffId.optional(),
  travel: Travel.optional(),
  appointment: z.object({ appointmentAt: Instant, place: operational(line(120)) }).optional(),
  examination: Examination.optional(),
  decision: Verdict.optional(),
  clearance: Clearance.optional(),
  /** Why the last decision was taken back, until the next one: that a condition is new is itself medical. */
  revocation: medical(z.object({ reason: z.enum(causes), findings: z.string().optional() })).optional(),
  /** Whether there is anything medical to heed; all that protection officers learn. */
  medicalFlag: operational(z.boolean()),
})
export type Fitness = z.output<typeof FitnessSchema>

const CaseFollowed = definePrivateEvent(
  'case-followed',
  z.object({ caseId: CaseId, office: Office, standing: operational(z.enum(standings)), caseVersion: CaseVersion }),
)
const ConsentNoted = definePrivateEvent('consent-noted', Consent.extend({ caseId: CaseId }))
const AssessmentOpened = definePrivateEvent('assessment-opened', z.object({ requestedAt: Instant, caseVersion: CaseVersion }))
const TravelSet = definePrivateEvent('travel-set', Travel)
const AppointmentSet = definePrivateEvent('appointment-set', Appointment)
const ExaminationRecorded = definePrivateEvent('examination-recorded', Examination)
const DecisionRecorded = definePrivateEvent('decision-recorded', Verdict)
const BoardingChecked = definePrivateEvent('boarding-checked', Clearance)
const RevocationNoted = definePrivateEvent(
  'revocation-noted',
  z.object({ reason: operational(z.enum(causes)), findings: Findings.optional() }),
)

const events = [
  CaseFollowed,
  ConsentNoted,
  AssessmentOpened,
  TravelSet,
  AppointmentSet,
  ExaminationRecorded,
  DecisionRecorded,
  BoardingChecked,
  RevocationNoted,
  FitnessRequested,
  FitnessDecided,
  FitnessCleared,
  FitnessClearanceLapsed,
  FitnessRevoked,
  FitnessCancelled,
] as const
export type FitnessEvent = EventOf<(typeof events)[number]>

type Code<L extends { readonly codes: readonly string[] }> = L['codes'][number]
/** `rules` are the limits of air travel in force, which are data. */
interface Ruled {
  readonly rules: AirTravelRules
}
export type FitnessCommand = Issued & { readonly reason?: string | undefined } & (
    | ({ readonly type: 'follow-case'; readonly intendedTravelDate?: string | undefined } & z.output<typeof CaseFollowed.data>)
    | ({ readonly type: 'note-consent' } & z.output<typeof ConsentNoted.data>)
    | { readonly type: 'request-assessment'; readonly reason: Code<typeof requestReasons> }
    | ({ readonly type: 'set-travel' } & z.output<typeof Travel> & Ruled)
    | ({ readonly type: 'set-appointment' } & z.output<typeof Appointment>)
    | {
        readonly type: 'record-examination'
        readonly clinical: z.output<typeof Clinical>
        readonly override?: z.output<typeof Override> | undefined
      }
    | ({ readonly type: 'decide-fitness' } & z.output<typeof Decision> & Ruled)
    | ({
        readonly type: 'check-before-boarding'
        readonly outcome: Code<typeof boardingOutcomes>
        readonly findings?: string | undefined
      } & Ruled)
    | { readonly type: 'revoke-decision'; readonly reason: Code<typeof revocationReasons>; readonly findings?: string | undefined }
  )
type Ordered<T extends FitnessCommand['type']> = Extract<FitnessCommand, { readonly type: T }>

export type FitnessRefusal = keyof typeof refusals
type Outcome = Decided<FitnessEvent, FitnessRefusal>
type Reasons = readonly Reason<FitnessRefusal>[]

/** The assessment of a case has the case's own characters: whoever knows the case knows the assessment, and there is one. */
export const fitnessIdOf = (caseId: string): string => caseId.replace(/^case-/, 'fit-')
export const caseIdOf = (fitnessId: string): string => fitnessId.replace(/^fit-/, 'case-')

/** A case of which nothing is known yet but its id. */
const blank = (caseId: string): Fitness => ({
  fitnessId: fitnessIdOf(caseId),
  caseId,
  standing: 'open',
  caseVersion: 0,
  confirmedVersion: 0,
  stoppedVersion: 0,
  openedVersion: 0,
  consents: [],
  status: 'not-requested',
  medicalFlag: false,
})

const underWay = ({ status }: Fitness): boolean => !['not-requested', 'revoked', 'cancelled'].includes(status)
const decidedFit = ({ decision }: Fitness): boolean => decision?.decision === 'fit' || decision?.decision === 'fit-with-conditions'

/** Whether the validity of the decision has passed: it then holds no more, and anybody who may ask for an assessment may do so again. */
const lapsed = ({ decision }: Fitness, at: string): boolean => decision?.validUntil !== undefined && decision.validUntil < today(at)

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

const failed = (...checks: readonly (false | undefined | Reason<FitnessRefusal>)[]): Reasons =>
  checks.filter((check) => check !== false && check !== undefined)

/** What stands in the way of a step now. The rules of air travel are apart (`travelFindings`): they tell of the person's health. */
export function guardsOf(step: Step, state: Fitness, at: string): Reasons {
  const standing = failed(
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
const journeyGuards = ({ travel }: Fitness, at: string): Reasons =>
  failed(
    travel === undefined && { code: 'travel-date-missing' },
    travel !== undefined && travel.date < today(at) && { code: 'travel-date-passed', params: { date: travel.date } },
  )

const validity = (validUntil: string | undefined, travel: Fitness['travel']): Reasons =>
  validUntil === undefined || travel === undefined || travel.date <= validUntil
    ? []
    : [{ code: 'validity-ends-before-travel', params: { validUntil, date: travel.date } }]

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
  examination === undefined || travel === undefined ? [] : airTravelFindings(examination, travel, limitsOf(rules, travel.carrier))

const bars = (state: Fitness, rules: AirTravelRules): Reasons => travelFindings(state, rules).filter(({ weight }) => weight === 'bar')

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
const today = (at: string): string => at.slice(0, 10)
/** The latest calendar day that it is anywhere: a date up to it is not in the future. */
const latestToday = (at: string): string => new Date(Date.parse(at) + 14 * 3_600_000).toISOString().slice(0, 10)

const refuseContent = (reasons: Reasons): Outcome => refused({ ...refuse('contradictory-content'), reasons })

type Facts = { readonly fitnessId: string; readonly caseId: string; readonly office: NonNullable<Fitness['office']> }

const opening = (facts: Facts, requestedAt: string, caseVersion: number): readonly FitnessEvent[] => [
  { type: 'assessment-opened', data: { requestedAt, caseVersion } },
  { type: 'medical-coordination.fitness-requested.v1', data: facts },
]
const revoking = (facts: Facts, data: z.output<typeof RevocationNoted.data>): readonly FitnessEvent[] => [
  { type: 'revocation-noted', data },
  { type: 'medical-coordination.fitness-revoked.v1', data: facts },
]

/** Of two standings that one change of a case announced together, the one that stops more counts. */
const gravity: Readonly<Record<Standing, number>> = { open: 0, 'return-confirmed': 1, suspended: 2, 'return-withdrawn': 3, closed: 4 }
const isLater = (known: Fitness, { caseVersion, standing }: Pick<Fitness, 'caseVersion' | 'standing'>): boolean =>
  caseVersion > known.caseVersion || (caseVersion === known.caseVersion && gravity[standing] > gravity[known.standing])
const isStop = (standing: Standing): boolean => standing === 'return-withdrawn' || standing === 'closed'

/** What a message about the case means here, whichever came before: a confirmation opens unless a later stop is known, and the reverse. */
function follow(state: Fitness | undefined, command: Ordered<'follow-case'>): Outcome {
  const { at, intendedTravelDate, caseId, office, standing, caseVersion } = command
  const known = state ?? blank(caseId)
  const confirms = standing === 'return-confirmed' && caseVersion > Math.max(known.confirmedVersion, known.stoppedVersion)
  const stops = isStop(standing) && caseVersion > known.stoppedVersion
  if (!confirms && !stops && !isLater(known, command)) return accept()
  const facts = { fitnessId: known.fitnessId, caseId, office }
  const happened: FitnessEvent[] = [{ type: 'case-followed', data: { caseId, office, standing, caseVersion } }]
  if (confirms && !underWay(known)) happened.push(...opening(facts, at, caseVersion))
  if (confirms && intendedTravelDate !== undefined && known.travel === undefined)
    happened.push({ type: 'travel-set', data: { date: intendedTravelDate } })
  const outlived = caseVersion <= Math.max(known.openedVersion, known.confirmedVersion)
  if (stops && !outlived && (underWay(known) || known.status === 'revoked'))
    happened.push({ type: 'medical-coordination.fitness-cancelled.v1', data: facts })
  return accept(...happened)
}

function setTravel(state: Fitness, facts: Facts, { at, rules, date, departureAt, carrier }: Ordered<'set-travel'>): Outcome {
  const hoursOff = departureAt === undefined ? 0 : Math.abs(Date.parse(departureAt) - Date.parse(`${date}T12:00:00Z`)) / 3_600_000
  const faults = failed(
    date < today(at) && { code: 'in-the-past', pointer: '/date' },
    // Noon of the day, half a day, and the farthest time zone: any instant beyond is another calendar day everywhere.
    hoursOff > 26 && { code: 'departure-on-another-day', pointer: '/departureAt' },
  )
  if (faults.length > 0) return refuseContent(faults)
  const guards = guardsOf('schedule', state, at)
  if (guards.length > 0) return refused(refuseAll(guards))
  const travel = { date, ...(departureAt === undefined ? {} : { departureAt }), ...(carrier === undefined ? {} : { carrier }) }
  const before = state.travel
  if (before?.date === date && before.departureAt === departureAt && before.carrier === carrier) return accept()
  const set: FitnessEvent = { type: 'travel-set', data: travel }
  if (!decidedFit(state)) return accept(set)
  const holds = validity(state.decision?.validUntil, travel).length === 0 && bars({ ...state, travel }, rules).length === 0
  if (!holds) return accept(set, ...revoking(facts, { reason: 'travel-changed' }), ...opening(facts, at, state.caseVersion))
  return state.status === 'cleared'
    ? accept<FitnessEvent>(set, { type: 'medical-coordination.fitness-clearance-lapsed.v1', data: facts })
    : accept(set)
}

function examine(state: Fitness, { at, by, clinical, override }: Ordered<'record-examination'>): Outcome {
  const { pregnancy, newborn } = clinical
  const pregnant = pregnancy.status === 'pregnant' ? pregnancy : undefined
  const faults = failed(
    pregnant !== undefined && pregnant.measuredOn > latestToday(at) && { code: 'in-the-future', pointer: '/pregnancy/measuredOn' },
    pregnant?.letter !== undefined &&
      pregnant.letter.issuedOn > latestToday(at) && { code: 'in-the-future', pointer: '/pregnancy/letter/issuedOn' },
    newborn !== undefined && Date.parse(newborn.bornAt) > Date.parse(at) && { code: 'in-the-future', pointer: '/newborn/bornAt' },
  )
  if (faults.length > 0) return refuseContent(faults)
  const guards = guardsOf('examine', state, at).filter(({ code }) => code !== 'consent-missing' || override === undefined)
  if (guards.length > 0) return refused(refuseAll(guards))
  return accept({
    type: 'examination-recorded',
    data: { ...clinical, examinedAt: at, by: by.id, ...(override === undefined ? {} : { override }) },
  })
}

function decideFitness(state: Fitness, facts: Facts, command: Ordered<'decide-fitness'>): Outcome {
  const { at, by, rules, decision, conditions, validUntil } = command
  const faults = failed(
    decision === 'fit-with-conditions' && conditions.length === 0 && { code: 'conditions-required', pointer: '/conditions' },
    decision !== 'fit-with-conditions' && conditions.length > 0 && { code: 'conditions-not-allowed', pointer: '/conditions' },
    decision !== 'unfit' && validUntil === undefined && { code: 'valid-until-required', pointer: '/validUntil' },
    decision === 'unfit' && validUntil !== undefined && { code: 'valid-until-not-allowed', pointer: '/validUntil' },
    validUntil !== undefined && validUntil < today(at) && { code: 'in-the-past', pointer: '/validUntil' },
  )
  if (faults.length > 0) return refuseContent(faults)
  const fit = decision === 'fit' || decision === 'fit-with-conditions'
  const guards = [
    ...guardsOf('decide', state, at),
    ...(fit ? [...journeyGuards(state, at), ...validity(validUntil, state.travel), ...bars(state, rules)] : []),
  ]
  if (guards.length > 0) return refused(refuseAll(guards))
  const until = validUntil === undefined ? {} : { validUntil }
  return accept(
    { type: 'decision-recorded', data: { decision, conditions, ...until, decidedAt: at, by: by.id } },
    { type: 'medical-coordination.fitness-decided.v1', data: { ...facts, decision, ...until } },
  )
}

function checkBeforeBoarding(state: Fitness, facts: Facts, command: Ordered<'check-before-boarding'>): Outcome {
  const { at, by, rules, outcome, findings } = command
  const noted = findings === undefined ? {} : { findings }
  if (outcome === 'not-confirmed') {
    // A finding that stops a journey is taken at any time.
    return decidedFit(state)
      ? accept(...revoking(facts, { reason: 'check-not-confirmed', ...noted }))
      : refused(refuseAll([{ code: 'not-decided-fit' }]))
  }
  const guards = [...guardsOf('clear', state, at), ...bars(state, rules)]
  const { travel } = state
  if (guards.length > 0 || travel?.departureAt === undefined) return refused(refuseAll(guards))
  return accept(
    { type: 'boarding-checked', data: { checkedAt: at, by: by.id, departureAt: travel.departureAt, ...noted } },
    { type: 'medical-coordination.fitness-cleared.v1', data: { ...facts, travelDate: travel.date } },
  )
}

function revoke(state: Fitness, facts: Facts, { at, reason, findings }: Ordered<'revoke-decision'>): Outcome {
  const guards = failed(
    state.decision === undefined && { code: 'not-decided' },
    reason === 'validity-passed' && !lapsed(state, at) && { code: 'still-valid' },
  )
  if (guards.length > 0) return refused(refuseAll(guards))
  const revoked = revoking(facts, { reason, ...(findings === undefined ? {} : { findings }) })
  return reason === 'decision-in-error' ? accept(...revoked) : accept(...revoked, ...opening(facts, at, state.caseVersion))
}

/** Needs medical attention: something was found, or the decision is not a plain `fit`. */
const needsCare = ({ pregnancy, newborn, diagnoses, medications }: z.output<typeof Clinical>): boolean =>
  pregnancy.status === 'pregnant' || newborn !== undefined || diagnoses.length > 0 || medications.length > 0

/** A case that moved to another office is out of its doctor's hands: the new office assigns its own. */
function unassigned({ officer, appointment, ...rest }: Fitness): Fitness {
  return { ...rest, status: rest.status === 'scheduled' ? 'requested' : rest.status }
}

/** Fitness to travel of one case: state machine 2d. */
export const fitness = aggregate<Fitness, FitnessCommand, FitnessEvent, FitnessRefusal>({
  name: 'fitness',
  state: FitnessSchema,
  events,
  refusals,
  cold: ['examination', 'revocation'],
  resource: ({ office, officer }) => ({
    offices: office === undefined ? [] : [office],
    assignees: officer === undefined ? [] : [officer],
  }),
  index: (state) => {
    const { fitnessId, status, office, officer, travel, appointment, decision } = state
    const sk = sortKey(state)
    return {
      ...(office === undefined || sk === undefined ? {} : { gsi1: { pk: statusKey(office, status), sk } }),
      ...(office === undefined || officer === undefined || appointment === undefined
        ? {}
        : { gsi2: { pk: officerKey(office, officer), sk: appointment.appointmentAt } }),
      row: {
        fitnessId,
        status,
        decision: decision?.decision,
        validUntil: decision?.validUntil,
        travelDate: travel?.date,
        appointmentAt: appointment?.appointmentAt,
      },
    }
  },
  decide: (state, command) => {
    if (command.type === 'follow-case') return follow(state, command)
    if (command.type === 'note-consent') {
      const { consentId, withdrawn, caseId, validFrom, validUntil } = command
      const known = state?.consents.find((consent) => consent.consentId === consentId)
      // A withdrawal stays, whichever of the two messages comes first.
      if (known?.withdrawn === true || (known !== undefined && !withdrawn)) return accept()
      return accept({ type: 'consent-noted', data: { consentId, withdrawn, caseId, validFrom, validUntil } })
    }
    if (state?.office === undefined) return refused(refuse('not-found'))
    const facts = { fitnessId: state.fitnessId, caseId: state.caseId, office: state.office }
    switch (command.type) {
      case 'request-assessment': {
        const guards = guardsOf('request', state, command.at)
        if (guards.length > 0) return refused(refuseAll(guards))
        const revoked = decidedFit(state) ? revoking(facts, { reason: 'validity-passed' }) : []
        return accept(...revoked, ...opening(facts, command.at, state.caseVersion))
      }
      case 'set-travel':
        return setTravel(state, facts, command)
      case 'set-appointment': {
        const guards = guardsOf('schedule', state, command.at)
        const { appointmentAt, place, officer } = command
        return guards.length > 0 ? refused(refuseAll(guards)) : accept({ type: 'appointment-set', data: { appointmentAt, place, officer } })
      }
      case 'record-examination':
        return examine(state, command)
      case 'decide-fitness':
        return decideFitness(state, facts, command)
      case 'check-before-boarding':
        return checkBeforeBoarding(state, facts, command)
      case 'revoke-decision':
        return revoke(state, facts, command)
    }
  },
  evolve: (before, event) => {
    const state = before ?? blank('caseId' in event.data ? event.data.caseId : '')
    switch (event.type) {
      case 'case-followed': {
        const { office, standing, caseVersion } = event.data
        const counted = {
          ...state,
          confirmedVersion: standing === 'return-confirmed' ? Math.max(state.confirmedVersion, caseVersion) : state.confirmedVersion,
          stoppedVersion: isStop(standing) ? Math.max(state.stoppedVersion, caseVersion) : state.stoppedVersion,
        }
        if (!isLater(state, event.data)) return counted
        const followed = { ...counted, office, standing, caseVersion }
        return state.office === undefined || state.office === office ? followed : unassigned(followed)
      }
      case 'consent-noted': {
        const { consentId, withdrawn, validFrom, validUntil } = event.data
        const others = state.consents.filter((consent) => consent.consentId !== consentId)
        return { ...state, consents: [...others, { consentId, withdrawn, validFrom, validUntil }] }
      }
      case 'assessment-opened': {
        const { decision, clearance, appointment, ...rest } = state
        const { requestedAt, caseVersion } = event.data
        return { ...rest, status: 'requested', requestedAt, openedVersion: caseVersion }
      }
      case 'travel-set':
        return { ...state, travel: event.data }
      case 'appointment-set': {
        const { officer, ...appointment } = event.data
        return { ...state, status: state.status === 'requested' ? 'scheduled' : state.status, officer, appointment }
      }
      case 'examination-recorded': {
        const { appointment, ...rest } = state
        return { ...rest, status: 'examined', examination: event.data, medicalFlag: needsCare(event.data) }
      }
      case 'decision-recorded': {
        const { revocation, ...rest } = state
        return { ...rest, status: 'decided', decision: event.data, medicalFlag: state.medicalFlag || event.data.decision !== 'fit' }
      }
      case 'boarding-checked': {
        const { appointment, ...rest } = state
        return { ...rest, status: 'cleared', clearance: event.data }
      }
      case 'medical-coordination.fitness-clearance-lapsed.v1': {
        const { clearance, ...rest } = state
        return { ...rest, status: 'decided' }
      }
      case 'medical-coordination.fitness-revoked.v1': {
        const { decision, clearance, ...rest } = state
        return { ...rest, status: 'revoked' }
      }
      case 'medical-coordination.fitness-cancelled.v1': {
        const { decision, clearance, appointment, officer, travel, ...rest } = state
        return { ...rest, status: 'cancelled' }
      }
      case 'revocation-noted':
        return {
          ...state,
          revocation: event.data,
          medicalFlag: state.medicalFlag || event.data.findings !== undefined || event.data.reason === 'new-condition',
        }
      case 'medical-coordination.fitness-requested.v1':
      case 'medical-coordination.fitness-decided.v1':
      case 'medical-coordination.fitness-cleared.v1':
        return state
    }
  },
})

/** Statuses by which an office lists its assessments; the others are in no list. */
export const listedStatuses = ['requested', 'scheduled', 'examined', 'decided', 'cleared', 'revoked'] as const

/** Key of an office's assessments in one status, and of a doctor's appointments at an office. */
export const statusKey = (office: string, status: string): string => `${office}#${status}`
export const officerKey = (office: string, officer: string): string => `${office}#officer#${officer}`

/** The order in which people work: longest waiting, next appointment, first to lapse, first to depart. Undefined: in no list. */
function sortKey({ status, requestedAt, appointment, examination, decision, clearance }: Fitness): string | undefined {
  switch (status) {
    case 'not-requested':
    case 'cancelled':
      return undefined
    case 'requested':
    case 'revoked':
      return requestedAt
    case 'scheduled':
      return appointment?.appointmentAt
    case 'examined':
      return examination?.examinedAt
    case 'decided':
      return decision?.validUntil ?? '~'
    case 'cleared':
      return clearance?.departureAt
  }
}
