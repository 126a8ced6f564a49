import * as z from 'zod'
import { fitnessDecisions, offices } from './codes.ts'
import { defineEvent } from './define-event.ts'
import { CalendarDate, CaseId, FitnessId } from './ids.ts'
import { operational } from './label.ts'

const assessment = { fitnessId: FitnessId, caseId: CaseId, office: operational(offices.schema) }

export const FitnessRequested = defineEvent('medical-coordination.fitness-requested.v1', {
  summary: 'An assessment of fitness to travel was opened for a person.',
  data: z.object(assessment),
})

export const FitnessDecided = defineEvent('medical-coordination.fitness-decided.v1', {
  summary: 'A doctor decided on fitness to travel. The conditions, if any, are read from the medical service by those who may.',
  data: z.object({ ...assessment, decision: operational(fitnessDecisions.schema), validUntil: CalendarDate.optional() }),
})

export const FitnessCleared = defineEvent('medical-coordination.fitness-cleared.v1', {
  summary: 'The check before boarding, 24 to 72 hours before departure, confirmed fitness to travel.',
  data: z.object({ ...assessment, travelDate: CalendarDate }),
})

export const FitnessClearanceLapsed = defineEvent('medical-coordination.fitness-clearance-lapsed.v1', {
  summary: 'The departure changed after the check before boarding: the decision holds, the check is made again.',
  data: z.object(assessment),
})

export const FitnessRevoked = defineEvent('medical-coordination.fitness-revoked.v1', {
  summary: 'A decision on fitness to travel no longer holds: a booking that rests on it is suspended.',
  data: z.object(assessment),
})

export const FitnessCancelled = defineEvent('medical-coordination.fitness-cancelled.v1', {
  summary: 'An assessment of fitness to travel was stopped because its reason fell away.',
  data: z.object(assessment),
})
