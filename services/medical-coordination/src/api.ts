import { defineApi, note, pageOf, pageQuery } from '@wontanara/core'
import { CalendarDate, CaseId, FitnessId, fitnessDecisions, Instant, medical, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { boardingOutcomes, requestReasons, revocationReasons } from './code-lists.ts'
import {
  appointments,
  caseId,
  cleared,
  clinicalExample,
  decided,
  decisionExample,
  doctor,
  examined,
  fitnessId,
  page,
  requested,
  scheduled,
  travelExample,
} from './examples.ts'
import { listedStatuses } from './fitness.ts'
import { steps } from './guards.ts'
import { Appointment, Clinical, Decision, FitnessSchema, Override, Travel } from './state.ts'

const { office, status, requestedAt, officer, travel, appointment, examination, decision, clearance, revocation } = FitnessSchema.shape

/** What is missing before a step, with the text people read. */
const Missing = z.object({
  step: operational(z.enum(steps)),
  code: operational(z.string()),
  en: operational(z.string()),
  fr: operational(z.string()),
})
/** A rule of air travel that speaks against the journey. It tells of the person's health: C3-medical as a whole. */
const TravelRule = z.object({ code: z.string(), weight: z.enum(['bar', 'advice']), en: z.string(), fr: z.string() })

const FitnessView = z.strictObject({
  fitnessId: FitnessId,
  caseId: CaseId,
  office,
  status,
  requestedAt,
  officer,
  travel,
  appointment,
  examination,
  decision,
  clearance,
  revocation,
  /** The assessment that goes on, when the case was merged into another. */
  mergedInto: FitnessId.optional(),
  /** Assessments of the cases that were merged into this one. */
  formerly: z.array(FitnessId).optional(),
  /** Whether a consent to a medical examination is in force now. */
  consent: operational(z.boolean()),
  missing: z.array(Missing),
  travelRules: medical(z.array(TravelRule)),
})

const FlagView = z.strictObject({ fitnessId: FitnessId, medicalFlag: operational(z.boolean()) })

export const FitnessRow = z.strictObject({
  fitnessId: FitnessId,
  caseId: CaseId,
  status,
  decision: operational(fitnessDecisions.schema).optional(),
  validUntil: CalendarDate.optional(),
  travelDate: CalendarDate.optional(),
  appointmentAt: Instant.optional(),
})

const standing = ['case-merged', 'case-closed', 'return-withdrawn'] as const
const rules = ['pregnancy-letter-missing', 'pregnancy-single-too-late', 'pregnancy-multiple-too-late', 'newborn-too-young'] as const

export const api = defineApi(
  'medical-coordination',
  {
    en: 'Fitness to travel: request, examination, decision, check before boarding.',
    fr: "Aptitude au voyage : demande, examen, décision, contrôle avant l'embarquement.",
  },
  {
    requestFitness: {
      route: 'POST /v1/fitness-assessments',
      summary: 'Asks for an assessment of fitness to travel. A case has one: its id is `fit-` and the characters of the case id.',
      permit: 'fitness:request',
      creates: true,
      body: z.object({ caseId: CaseId, reason: operational(requestReasons.schema) }),
      response: FitnessView,
      refusals: [...standing, 'already-open'],
      example: { body: { caseId, reason: 'health-need' }, response: requested },
    },
    readFitness: {
      route: 'GET /v1/fitness-assessments/{fitnessId}',
      summary: 'An assessment and what is missing before its next steps. Clinical content goes to the assigned medical officer only.',
      permit: 'fitness:read',
      response: FitnessView,
      example: { response: decided },
    },
    readMedicalFlag: {
      route: 'GET /v1/fitness-assessments/{fitnessId}/medical-flag',
      summary: 'Whether there is anything medical to heed: yes or no, for protection officers.',
      permit: 'fitness:read-flag',
      response: FlagView,
      example: { response: { fitnessId, medicalFlag: true } },
    },
    listFitness: {
      route: 'GET /v1/fitness-assessments',
      summary: 'Assessments of an office in one status: longest waiting, first to lapse or first to depart first.',
      permit: 'fitness:list',
      query: z.object({ ...pageQuery, office: offices.schema, status: z.enum(listedStatuses) }),
      response: pageOf(FitnessRow, operational),
      example: { query: { office: 'conakry', status: 'decided', limit: '25' }, response: page },
    },
    listAppointments: {
      route: 'GET /v1/fitness-appointments',
      summary: 'Appointments of a medical officer at an office, earliest first; of one day (UTC) when it is named.',
      permit: 'fitness:list',
      query: z.object({ ...pageQuery, office: offices.schema, officer: StaffId, day: z.iso.date().optional() }),
      response: pageOf(FitnessRow, operational),
      example: { query: { office: 'conakry', officer: doctor, day: '2026-03-02' }, response: appointments },
    },
    setTravelDate: {
      route: 'PUT /v1/fitness-assessments/{fitnessId}/travel-date',
      summary:
        'Sets the day of travel, and the departure and carrier once known. A decision that no longer fits is revoked and asked for again.',
      permit: 'fitness:set-travel-date',
      body: z.object(Travel.shape),
      response: FitnessView,
      refusals: [...standing, 'not-requested', 'contradictory-content', 'in-the-past', 'departure-on-another-day'],
      example: { body: travelExample, response: { ...requested, travel: travelExample } },
    },
    setAppointment: {
      route: 'PUT /v1/fitness-assessments/{fitnessId}/appointment',
      summary: 'Sets the appointment and assigns the medical officer, who alone sees and writes clinical content from now on.',
      permit: 'fitness:schedule',
      body: z.object(Appointment.shape),
      response: FitnessView,
      refusals: [...standing, 'not-requested'],
      example: {
        body: { appointmentAt: '2026-03-02T09:00:00Z', place: 'Health centre, Matam', officer: doctor },
        response: scheduled,
      },
    },
    recordExamination: {
      route: 'POST /v1/fitness-assessments/{fitnessId}/examinations',
      summary:
        'Records what the examination found. Needs consent to a medical examination, or an override in the vital interest of the person.',
      permit: 'fitness:examine',
      body: Clinical.extend({ override: Override.optional() }),
      response: FitnessView,
      refusals: [...standing, 'not-scheduled', 'consent-missing', 'contradictory-content', 'in-the-future', 'override-not-needed'],
      example: { body: clinicalExample, response: examined },
    },
    decideFitness: {
      route: 'POST /v1/fitness-assessments/{fitnessId}/decision',
      summary: 'Decides on fitness to travel. Nobody is decided fit against a rule of air travel on the day of travel.',
      permit: 'fitness:decide',
      body: Decision.extend({ conditions: Decision.shape.conditions.default([]) }),
      response: FitnessView,
      refusals: [
        ...standing,
        'not-examined',
        'consent-missing',
        'travel-date-missing',
        'travel-date-passed',
        'validity-ends-before-travel',
        ...rules,
        'contradictory-content',
        'conditions-required',
        'conditions-not-allowed',
        'valid-until-required',
        'valid-until-not-allowed',
        'in-the-past',
      ],
      example: { body: decisionExample, response: decided },
    },
    checkBeforeBoarding: {
      route: 'POST /v1/fitness-assessments/{fitnessId}/pre-embarkation-check',
      summary: 'The check 24 to 72 hours before departure. Confirmed clears for boarding; not confirmed revokes the decision, at any time.',
      permit: 'fitness:pre-embarkation',
      body: z.object({ outcome: operational(boardingOutcomes.schema), findings: medical(note(2000)).optional() }),
      response: FitnessView,
      refusals: [
        ...standing,
        'case-suspended',
        'already-cleared',
        'not-decided-fit',
        'consent-missing',
        'validity-passed',
        'validity-ends-before-travel',
        'departure-unknown',
        'too-early-before-departure',
        'too-late-before-departure',
        ...rules,
      ],
      example: { body: { outcome: 'confirmed' }, response: cleared },
    },
    revokeFitness: {
      route: 'POST /v1/fitness-assessments/{fitnessId}/revocation',
      summary: 'Takes a decision back. A new condition or a passed validity asks for a new assessment at once.',
      permit: 'fitness:revoke',
      body: z.object({ reason: operational(revocationReasons.schema), findings: medical(note(2000)).optional() }),
      response: FitnessView,
      refusals: ['not-decided', 'still-valid'],
      example: {
        body: { reason: 'new-condition', findings: 'Fever since yesterday, under observation.' },
        response: { ...requested, travel: travelExample, officer: doctor },
      },
    },
  },
)
