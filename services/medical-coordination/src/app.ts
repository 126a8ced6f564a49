import {
  type Consumers,
  createOrExecute,
  execute,
  type HttpPorts,
  issued,
  list,
  ok,
  type Repository,
  type Routes,
  read,
  reply,
  type Seen,
  textOf,
} from '@wontanara/core'
import type { CloudEvent } from '@wontanara/events'
import type * as z from 'zod'
import type { AirTravelRules } from './air-travel.ts'
import { type api, FitnessRow } from './api.ts'
import {
  caseIdOf,
  consentHolds,
  type Fitness,
  type FitnessCommand,
  type FitnessEvent,
  type FitnessRefusal,
  fitnessIdOf,
  missing,
  officerKey,
  type Standing,
  statusKey,
  travelFindings,
} from './fitness.ts'
import { refusals } from './refusals.ts'
import type { subscriptions } from './subscriptions.ts'

export type Assessments = Repository<Fitness, FitnessCommand, FitnessEvent, FitnessRefusal>
export interface Ports {
  readonly assessments: Assessments
  /** Limits of air travel in force. */
  readonly rules: AirTravelRules
}

const texts = (code: FitnessRefusal, params?: Parameters<typeof textOf>[3]) => ({
  en: textOf(refusals, code, 'en', params),
  fr: textOf(refusals, code, 'fr', params),
})

const viewOf =
  (rules: AirTravelRules, at: string) =>
  ({ state }: Seen<Fitness>) => {
    const { standing, caseVersion, confirmedVersion, stoppedVersion, openedVersion, consents, medicalFlag, ...shown } = state
    return {
      ...shown,
      consent: consentHolds(state, at),
      missing: missing(state, at).map(({ step, code, params }) => ({ step, code, ...texts(code, params) })),
      travelRules: travelFindings(state, rules).map(({ code, weight, params }) => ({ code, weight, ...texts(code, params) })),
    }
  }

const Stored = FitnessRow.omit({ caseId: true })
const rowOf = (row: unknown): z.output<typeof FitnessRow> => {
  const stored = Stored.parse(row)
  return { ...stored, caseId: caseIdOf(stored.fitnessId) }
}

/** What each route does. */
export function routes({ assessments, rules }: Ports) {
  return {
    requestFitness: ({ body: { caseId, reason }, call }) =>
      reply(
        execute(assessments, fitnessIdOf(caseId), { type: 'request-assessment', reason, ...issued(call) }, call),
        viewOf(rules, call.at),
        ({ id }) => `/v1/fitness-assessments/${id}`,
      ),
    readFitness: ({ params, call }) => reply(read(assessments, params.fitnessId, call), viewOf(rules, call.at)),
    readMedicalFlag: ({ params, call }) =>
      reply(read(assessments, params.fitnessId, call), ({ state: { fitnessId, medicalFlag } }) => ({ fitnessId, medicalFlag })),
    listFitness: async ({ query: { office, status, limit, cursor }, call }) => {
      const page = await list(
        assessments.store,
        call,
        { offices: [office], assignees: [] },
        { index: 'gsi1', pk: statusKey(office, status), limit, cursor },
      )
      return page.ok ? ok(pageReply(page.value)) : page
    },
    listAppointments: async ({ query: { office, officer, day, limit, cursor }, call }) => {
      const page = await list(
        assessments.store,
        call,
        { offices: [office], assignees: [officer] },
        { index: 'gsi2', pk: officerKey(office, officer), limit, cursor, ...(day === undefined ? {} : { prefix: day }) },
      )
      return page.ok ? ok(pageReply(page.value)) : page
    },
    setTravelDate: ({ params, body, call }) =>
      reply(execute(assessments, params.fitnessId, { type: 'set-travel', ...body, rules, ...issued(call) }, call), viewOf(rules, call.at)),
    setAppointment: ({ params, body, call }) =>
      reply(execute(assessments, params.fitnessId, { type: 'set-appointment', ...body, ...issued(call) }, call), viewOf(rules, call.at)),
    recordExamination: ({ params, body: { override, ...clinical }, call }) =>
      reply(
        execute(
          assessments,
          params.fitnessId,
          { type: 'record-examination', clinical, override, reason: override?.basis, ...issued(call) },
          call,
        ),
        viewOf(rules, call.at),
      ),
    decideFitness: ({ params, body, call }) =>
      reply(
        execute(assessments, params.fitnessId, { type: 'decide-fitness', ...body, rules, ...issued(call) }, call),
        viewOf(rules, call.at),
      ),
    checkBeforeBoarding: ({ params, body, call }) =>
      reply(
        execute(assessments, params.fitnessId, { type: 'check-before-boarding', ...body, rules, ...issued(call) }, call),
        viewOf(rules, call.at),
      ),
    revokeFitness: ({ params, body, call }) =>
      reply(execute(assessments, params.fitnessId, { type: 'revoke-decision', ...body, ...issued(call) }, call), viewOf(rules, call.at)),
  } satisfies Routes<typeof api>
}

type Page = Extract<Awaited<ReturnType<typeof list>>, { ok: true }>['value']
const pageReply = ({ rows, cursor, classes }: Page) => ({
  body: { items: rows.map(rowOf), ...(cursor === undefined ? {} : { next: cursor }) },
  classes,
})

/** What the HTTP layer needs besides the routes. */
export const httpPorts = ({ assessments }: Pick<Ports, 'assessments'>): HttpPorts => ({
  refusals,
  recordAccess: (record) => assessments.store.recordAccess(record),
})

/** What each event of a case means here. */
export function consumers({ assessments }: Pick<Ports, 'assessments'>) {
  const follow =
    (standing: Standing) =>
    async (
      {
        data,
        sequence,
      }: CloudEvent<
        string,
        { readonly caseId: string; readonly office: NonNullable<Fitness['office']>; readonly intendedTravelDate?: string | undefined }
      >,
      call: ConsumerCall,
    ) => {
      const made = call('fitness:follow-case')
      const { caseId, office, intendedTravelDate } = data
      const command = {
        type: 'follow-case',
        caseId,
        office,
        standing,
        caseVersion: Number(sequence),
        intendedTravelDate,
        ...issued(made),
      } as const
      return [await createOrExecute(assessments, fitnessIdOf(caseId), command, made)]
    }
  const note = async (
    consent: Omit<Extract<FitnessCommand, { type: 'note-consent' }>, 'type' | 'at' | 'by'>,
    purpose: string,
    call: ConsumerCall,
  ) => {
    if (purpose !== 'medical-examination') return []
    const made = call('fitness:follow-case')
    return [await createOrExecute(assessments, fitnessIdOf(consent.caseId), { type: 'note-consent', ...consent, ...issued(made) }, made)]
  }
  return {
    'case-intake.case-registered.v1': follow('open'),
    'case-intake.case-reopened.v1': follow('open'),
    'case-intake.voluntary-return-confirmed.v1': follow('return-confirmed'),
    // A suspension may be medical: only boarding waits for its end. What cannot go on is stopped.
    'case-intake.case-interrupted.v1': (event, call) => {
      const { status } = event.data
      return follow(status === 'suspended' || status === 'lost-contact' ? 'suspended' : 'closed')(event, call)
    },
    'case-intake.case-resumed.v1': follow('open'),
    'case-intake.return-withdrawn.v1': follow('return-withdrawn'),
    'case-intake.case-closed.v1': follow('closed'),
    'case-intake.consent-given.v1': ({ data: { caseId, consentId, purpose, validFrom, validUntil } }, call) =>
      note({ caseId, consentId, withdrawn: false, validFrom, validUntil }, purpose, call),
    'case-intake.consent-withdrawn.v1': ({ data: { caseId, consentId, purpose } }, call) =>
      note({ caseId, consentId, withdrawn: true }, purpose, call),
  } satisfies Consumers<typeof subscriptions>
}
type ConsumerCall = Parameters<Consumers<typeof subscriptions>['case-intake.consent-given.v1']>[1]
