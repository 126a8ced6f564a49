import { accept, aggregate, type Decided, refused } from '@wontanara/core'
import type * as z from 'zod'
import {
  bars,
  consentHolds,
  decidedFit,
  failed,
  guardsOf,
  isMerged,
  journeyGuards,
  lapsed,
  latestToday,
  type Reasons,
  today,
  underWay,
  validity,
} from './guards.ts'
import { refusals, refuse, refuseAll } from './refusals.ts'
import {
  blank,
  type Clinical,
  type Fitness,
  type FitnessCommand,
  type FitnessEvent,
  type FitnessRefusal,
  FitnessSchema,
  fitnessEvents,
  type Ordered,
  type RevocationNoted,
  type Standing,
} from './state.ts'

type Outcome = Decided<FitnessEvent, FitnessRefusal>
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

/** A first assessment, or another when the validity of the last has passed: who was not fit has no booking to suspend. */
const askingAgain = (state: Fitness, facts: Facts, at: string): readonly FitnessEvent[] => [
  ...(decidedFit(state) ? revoking(facts, { reason: 'validity-passed' }) : []),
  ...opening(facts, at, state.caseVersion),
]

/** Of two standings that one change of a case announced together, the one that stops more counts. */
const gravity: Readonly<Record<Standing, number>> = { open: 0, 'return-confirmed': 1, suspended: 2, 'return-withdrawn': 3, closed: 4 }
const isLater = (known: Fitness, { caseVersion, standing }: Pick<Fitness, 'caseVersion' | 'standing'>): boolean =>
  caseVersion > known.caseVersion || (caseVersion === known.caseVersion && gravity[standing] > gravity[known.standing])
const isStop = (standing: Standing): boolean => standing === 'return-withdrawn' || standing === 'closed'

/** Which office holds the case, after a message of a version of it: one from before it moved does not know where. */
const officeAfter = (known: Fitness, { office, caseVersion }: Pick<Ordered<'follow-case'>, 'office' | 'caseVersion'>) =>
  known.office !== undefined && caseVersion < (known.officeVersion ?? 0) ? known.office : office

/** What a message about the case means here, whichever came before: a confirmation opens unless a later stop is known, and the reverse. */
function follow(state: Fitness | undefined, command: Ordered<'follow-case'>): Outcome {
  const { at, intendedTravelDate, caseId, standing, caseVersion } = command
  const known = state ?? blank(caseId)
  const confirms = standing === 'return-confirmed' && caseVersion > Math.max(known.confirmedVersion, known.stoppedVersion)
  const stops = isStop(standing) && caseVersion > known.stoppedVersion
  if (!confirms && !stops && !isLater(known, command)) return accept()
  const office = officeAfter(known, command)
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
    // Who consented may withdraw before the decision: an override beside the consent would outlive it.
    override !== undefined && consentHolds(state, at) && { code: 'override-not-needed', pointer: '/override' },
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

/** Takes note of the assessment of a case that was merged into this one, and goes on with it: the doctor here examines the person. */
function join(state: Fitness | undefined, command: Ordered<'join'>): Outcome {
  const { caseId, fitnessId, holds, version, medicalFlag, at } = command
  const known = state ?? blank(caseId)
  const told = known.joined?.find((other) => other.fitnessId === fitnessId)
  if (told !== undefined && told.version >= version) return accept()
  const noted: FitnessEvent = { type: 'assessment-joined', data: { caseId, fitnessId, holds, version, medicalFlag } }
  const goesOn = holds && command.underWay && !underWay(known) && known.office !== undefined && !isStop(known.standing)
  return known.office !== undefined && goesOn
    ? accept(noted, ...opening({ fitnessId: known.fitnessId, caseId, office: known.office }, at, known.caseVersion))
    : accept(noted)
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
  events: fitnessEvents,
  refusals,
  cold: ['examination', 'revocation'],
  resource: ({ office, officer }) => ({
    offices: office === undefined ? [] : [office],
    assignees: officer === undefined ? [] : [officer],
  }),
  index: (state) => {
    const { fitnessId, status, office, officer, travel, appointment, decision } = state
    const sk = isMerged(state) ? undefined : sortKey(state)
    return {
      ...(office === undefined || sk === undefined ? {} : { gsi1: { pk: statusKey(office, status), sk } }),
      ...(office === undefined || officer === undefined || appointment === undefined || isMerged(state)
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
    if (command.type === 'follow-office') {
      const { caseId, office, caseVersion } = command
      const isKnown = caseVersion <= Math.max(state?.officeVersion ?? 0, state?.caseVersion ?? 0)
      return isKnown ? accept() : accept({ type: 'case-moved', data: { caseId, office, caseVersion } })
    }
    if (command.type === 'note-merge') {
      const { caseId, into, holds, version, office } = command
      if (version <= (state?.merge?.version ?? 0)) return accept()
      const isElsewhere = state?.office !== undefined && state.office !== office && version > (state.officeVersion ?? 0)
      return accept<FitnessEvent>(
        { type: 'merge-noted', data: { caseId, into, holds, version } },
        ...(isElsewhere ? [{ type: 'case-moved', data: { caseId, office, caseVersion: version } } as const] : []),
      )
    }
    if (command.type === 'join') return join(state, command)
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
        return accept(...askingAgain(state, facts, command.at))
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
      case 'lapse-decision':
        // Who is cleared has left: the check asks for a validity that covers the journey, and a departure put off is judged by `set-travel`.
        return state.status === 'decided' && lapsed(state, command.day) ? accept(...askingAgain(state, facts, command.at)) : accept()
    }
  },
  evolve: (before, event) => {
    const state = before ?? blank('caseId' in event.data ? event.data.caseId : '')
    switch (event.type) {
      case 'case-followed': {
        const { standing, caseVersion } = event.data
        const office = officeAfter(state, event.data)
        const counted = {
          ...state,
          confirmedVersion: standing === 'return-confirmed' ? Math.max(state.confirmedVersion, caseVersion) : state.confirmedVersion,
          stoppedVersion: isStop(standing) ? Math.max(state.stoppedVersion, caseVersion) : state.stoppedVersion,
        }
        if (!isLater(state, event.data)) return counted
        const followed = { ...counted, office, standing, caseVersion }
        return state.office === undefined || state.office === office ? followed : unassigned(followed)
      }
      case 'case-moved': {
        const { office, caseVersion } = event.data
        const moved = { ...state, office, officeVersion: caseVersion }
        return state.office === undefined || state.office === office ? moved : unassigned(moved)
      }
      case 'consent-noted': {
        const { consentId, withdrawn, validFrom, validUntil } = event.data
        const others = state.consents.filter((consent) => consent.consentId !== consentId)
        return { ...state, consents: [...others, { consentId, withdrawn, validFrom, validUntil }] }
      }
      case 'merge-noted': {
        const { caseId: _, ...merge } = event.data
        return { ...state, merge }
      }
      case 'assessment-joined': {
        const { caseId: _, ...joined } = event.data
        return { ...state, joined: [...(state.joined ?? []).filter(({ fitnessId }) => fitnessId !== joined.fitnessId), joined] }
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
