import { definePrivateEvent, type EventOf, type Issued, line, note } from '@wontanara/core'
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
import type { AirTravelRules } from './air-travel.ts'
import {
  type boardingOutcomes,
  consentOverrides,
  fitnessStatuses,
  type requestReasons,
  revocationReasons,
  travelConditions,
} from './code-lists.ts'
import type { refusals } from './refusals.ts'

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

/** That the case was merged into another, or parted from it again, by the latest version of it that says so. */
const Merge = z.object({ into: FitnessId, holds: operational(z.boolean()), version: CaseVersion })
/** The assessment of a case that was merged into this one; `holds`: and still is. */
const Joined = z.object({
  fitnessId: FitnessId,
  holds: operational(z.boolean()),
  version: CaseVersion,
  medicalFlag: operational(z.boolean()),
})

export const FitnessSchema = z.object({
  fitnessId: FitnessId,
  caseId: CaseId,
  office: Office.optional(),
  /** Version of the case that moved it to this office; absent while it is where it was registered. */
  officeVersion: CaseVersion.optional(),
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
  merge: Merge.optional(),
  joined: z.array(Joined).optional(),
})
export type Fitness = z.output<typeof FitnessSchema>

const CaseFollowed = definePrivateEvent(
  'case-followed',
  z.object({ caseId: CaseId, office: Office, standing: operational(z.enum(standings)), caseVersion: CaseVersion }),
)
const CaseMoved = definePrivateEvent('case-moved', z.object({ caseId: CaseId, office: Office, caseVersion: CaseVersion }))
const ConsentNoted = definePrivateEvent('consent-noted', Consent.extend({ caseId: CaseId }))
const MergeNoted = definePrivateEvent('merge-noted', Merge.extend({ caseId: CaseId }))
const AssessmentJoined = definePrivateEvent('assessment-joined', Joined.extend({ caseId: CaseId }))
const AssessmentOpened = definePrivateEvent('assessment-opened', z.object({ requestedAt: Instant, caseVersion: CaseVersion }))
const TravelSet = definePrivateEvent('travel-set', Travel)
const AppointmentSet = definePrivateEvent('appointment-set', Appointment)
const ExaminationRecorded = definePrivateEvent('examination-recorded', Examination)
const DecisionRecorded = definePrivateEvent('decision-recorded', Verdict)
const BoardingChecked = definePrivateEvent('boarding-checked', Clearance)
export const RevocationNoted = definePrivateEvent(
  'revocation-noted',
  z.object({ reason: operational(z.enum(causes)), findings: Findings.optional() }),
)

export const fitnessEvents = [
  CaseFollowed,
  CaseMoved,
  ConsentNoted,
  MergeNoted,
  AssessmentJoined,
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
export type FitnessEvent = EventOf<(typeof fitnessEvents)[number]>

type Code<L extends { readonly codes: readonly string[] }> = L['codes'][number]
/** `rules` are the limits of air travel in force, which are data. */
interface Ruled {
  readonly rules: AirTravelRules
}
/** What is ordered, without who orders it and when. */
export type FitnessOrder = { readonly reason?: string | undefined } & (
  | ({ readonly type: 'follow-case'; readonly intendedTravelDate?: string | undefined } & z.output<typeof CaseFollowed.data>)
  | ({ readonly type: 'follow-office' } & z.output<typeof CaseMoved.data>)
  | ({ readonly type: 'note-consent' } & z.output<typeof ConsentNoted.data>)
  /** `office`: that of the case that goes on, or its own again. */
  | ({ readonly type: 'note-merge'; readonly office: NonNullable<Fitness['office']> } & z.output<typeof MergeNoted.data>)
  /** `underWay`: somebody waits for the other assessment, which goes on here. */
  | ({ readonly type: 'join'; readonly underWay: boolean } & z.output<typeof AssessmentJoined.data>)
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
  /** A day has begun, `YYYY-MM-DD`. */
  | { readonly type: 'lapse-decision'; readonly day: string }
)
export type FitnessCommand = Issued & FitnessOrder
export type Ordered<T extends FitnessCommand['type']> = Extract<FitnessCommand, { readonly type: T }>

export type FitnessRefusal = keyof typeof refusals

/** The assessment of a case has the case's own characters: whoever knows the case knows the assessment, and there is one. */
export const fitnessIdOf = (caseId: string): string => caseId.replace(/^case-/, 'fit-')
export const caseIdOf = (fitnessId: string): string => fitnessId.replace(/^fit-/, 'case-')

/** A case of which nothing is known yet but its id. */
export const blank = (caseId: string): Fitness => ({
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
