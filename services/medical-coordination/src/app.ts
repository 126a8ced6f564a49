import {
  type Call,
  type Consumers,
  createOrExecute,
  execute,
  type HttpPorts,
  issued,
  list,
  outcomes,
  type Refusal,
  type Repository,
  type Result,
  type Routes,
  read,
  reply,
  replyPage,
  type Seen,
  textOf,
} from '@wontanara/core'
import { type CaseMerged, type CloudEvent, offices } from '@wontanara/events'
import type * as z from 'zod'
import type { AirTravelRules } from './air-travel.ts'
import { type api, FitnessRow } from './api.ts'
import { officerKey, statusKey } from './fitness.ts'
import { consentHolds, isMerged, missing, today, travelFindings, underWay } from './guards.ts'
import { refusals } from './refusals.ts'
import {
  caseIdOf,
  type Fitness,
  type FitnessCommand,
  type FitnessEvent,
  type FitnessOrder,
  type FitnessRefusal,
  fitnessIdOf,
  type Standing,
} from './state.ts'
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
  (rules: AirTravelRules) =>
  ({ state, at }: Seen<Fitness>) => {
    const {
      standing,
      officeVersion,
      caseVersion,
      confirmedVersion,
      stoppedVersion,
      openedVersion,
      consents,
      medicalFlag,
      merge,
      joined = [],
      ...shown
    } = state
    const formerly = joined.flatMap((other) => (other.holds ? [other.fitnessId] : []))
    return {
      ...shown,
      ...(isMerged(state) && merge ? { mergedInto: merge.into } : {}),
      ...(formerly.length > 0 ? { formerly } : {}),
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
  const change = (fitnessId: string, order: FitnessOrder, call: Call, location?: (seen: Seen<Fitness>) => string) =>
    reply(execute(assessments, fitnessId, { ...order, ...issued(call) }, call), viewOf(rules), location)
  return {
    requestFitness: ({ body: { caseId, reason }, call }) =>
      change(fitnessIdOf(caseId), { type: 'request-assessment', reason }, call, ({ id }) => `/v1/fitness-assessments/${id}`),
    readFitness: ({ params, call }) => reply(read(assessments, params.fitnessId, call), viewOf(rules)),
    readMedicalFlag: ({ params, call }) =>
      reply(read(assessments, params.fitnessId, call), ({ state }) => ({
        fitnessId: state.fitnessId,
        medicalFlag: state.medicalFlag || (state.joined ?? []).some(({ holds, medicalFlag }) => holds && medicalFlag),
      })),
    listFitness: ({ query: { office, status, limit, cursor }, call }) => {
      const query = { index: 'gsi1', pk: statusKey(office, status), limit, cursor } as const
      return replyPage(list(assessments.store, call, { offices: [office], assignees: [] }, query), rowOf)
    },
    listAppointments: ({ query: { office, officer, day, limit, cursor }, call }) => {
      const query = {
        index: 'gsi2',
        pk: officerKey(office, officer),
        limit,
        cursor,
        ...(day === undefined ? {} : { prefix: day }),
      } as const
      return replyPage(list(assessments.store, call, { offices: [office], assignees: [officer] }, query), rowOf)
    },
    setTravelDate: ({ params, body, call }) => change(params.fitnessId, { type: 'set-travel', ...body, rules }, call),
    setAppointment: ({ params, body, call }) => change(params.fitnessId, { type: 'set-appointment', ...body }, call),
    recordExamination: ({ params, body: { override, ...clinical }, call }) =>
      change(params.fitnessId, { type: 'record-examination', clinical, override, reason: override?.basis }, call),
    decideFitness: ({ params, body, call }) => change(params.fitnessId, { type: 'decide-fitness', ...body, rules }, call),
    checkBeforeBoarding: ({ params, body, call }) => change(params.fitnessId, { type: 'check-before-boarding', ...body, rules }, call),
    revokeFitness: ({ params, body, call }) => change(params.fitnessId, { type: 'revoke-decision', ...body }, call),
  } satisfies Routes<typeof api>
}

/** What the HTTP layer needs besides the routes. */
export const httpPorts = ({ assessments }: Pick<Ports, 'assessments'>): HttpPorts => ({
  refusals,
  recordAccess: (record) => assessments.store.recordAccess(record),
})

/** What the events of a case that move it have in common. */
type CaseEvent = CloudEvent<
  string,
  { readonly caseId: string; readonly office: NonNullable<Fitness['office']>; readonly intendedTravelDate?: string | undefined }
>
type ToCall = Parameters<Consumers<typeof subscriptions>['case-intake.consent-given.v1']>[1]

/** Assessments read, and changed, at a time. */
const pageSize = 25

/**
 * Every decision whose validity has passed before a day lapses, each by its own command under the key of the day's event: the message may
 * come again, at any point. An office's decided assessments lie in the order of their validity, so reading ends at the first that holds.
 * @throws when some did not lapse, after all others have: one record that cannot be changed keeps nobody else's decision alive
 */
async function lapse(assessments: Assessments, day: string, call: Call): Promise<readonly Result<unknown, Refusal>[]> {
  const { settle, all } = outcomes()
  const lapseIn = async (office: (typeof offices.codes)[number]): Promise<Result<unknown, Refusal> | undefined> => {
    let cursor: string | undefined
    do {
      const query = { index: 'gsi1', pk: statusKey(office, 'decided'), limit: pageSize, cursor } as const
      const page = await list(assessments.store, call, { offices: [office], assignees: [] }, query)
      if (!page.ok) return page
      const due = page.value.rows.map(rowOf).filter(({ validUntil }) => validUntil !== undefined && validUntil < day)
      const order = { type: 'lapse-decision', day, reason: 'validity-passed', ...issued(call) } as const
      await settle(due.map(({ fitnessId }) => execute(assessments, fitnessId, order, call)))
      cursor = due.length === page.value.rows.length ? page.value.cursor : undefined
    } while (cursor !== undefined)
    return undefined
  }
  // Office by office: most have nothing due, and days that come together must not ask for all of it at once.
  for (const office of offices.codes) await settle([lapseIn(office)])
  return all('decisions did not lapse')
}

/** What each event means here. */
export function consumers({ assessments }: Pick<Ports, 'assessments'>) {
  const apply = async (order: Extract<FitnessOrder, { readonly caseId: string }>, toCall: ToCall) => {
    const call = toCall('fitness:follow-case')
    return [await createOrExecute(assessments, fitnessIdOf(order.caseId), { ...order, ...issued(call) }, call)]
  }
  const follow =
    (standing: Standing) =>
    ({ data: { caseId, office, intendedTravelDate }, sequence }: CaseEvent, toCall: ToCall) =>
      apply({ type: 'follow-case', caseId, office, standing, caseVersion: Number(sequence), intendedTravelDate }, toCall)
  /** The assessment of a case that goes under stays as it is, out of the lists; the one of the other knows of it, and goes on with it. */
  const followMerge =
    (holds: boolean) =>
    async ({ data: { caseId, into, office }, sequence }: CloudEvent<string, z.output<(typeof CaseMerged)['data']>>, toCall: ToCall) => {
      const version = Number(sequence)
      const call = toCall('fitness:follow-case')
      const order = { type: 'note-merge', caseId, into: fitnessIdOf(into), holds, version, office, ...issued(call) } as const
      const noted = await createOrExecute(assessments, fitnessIdOf(caseId), order, call)
      if (!noted.ok) return [noted]
      const { fitnessId, medicalFlag } = noted.value.state
      const join = { type: 'join', caseId: into, fitnessId, holds, version, medicalFlag, underWay: underWay(noted.value.state) } as const
      return [noted, await createOrExecute(assessments, fitnessIdOf(into), { ...join, ...issued(call) }, call)]
    }
  return {
    'case-intake.case-registered.v1': follow('open'),
    'case-intake.case-reopened.v1': follow('open'),
    'case-intake.case-resumed.v1': follow('open'),
    'case-intake.voluntary-return-confirmed.v1': follow('return-confirmed'),
    // A suspension may be medical: only boarding waits for its end. What cannot go on is stopped.
    'case-intake.case-interrupted.v1': (event, toCall) => {
      const { status } = event.data
      return follow(status === 'suspended' || status === 'lost-contact' ? 'suspended' : 'closed')(event, toCall)
    },
    // Something came to light that stands against the return: boarding waits for it alike.
    'case-intake.return-held.v1': follow('suspended'),
    'case-intake.return-released.v1': follow('open'),
    'case-intake.return-withdrawn.v1': follow('return-withdrawn'),
    'case-intake.case-merged.v1': followMerge(true),
    'case-intake.case-unmerged.v1': followMerge(false),
    'case-intake.case-transferred.v1': ({ data: { caseId, to }, sequence }, toCall) =>
      apply({ type: 'follow-office', caseId, office: to, caseVersion: Number(sequence) }, toCall),
    'case-intake.case-closed.v1': follow('closed'),
    // A law or a vital interest is no consent to be examined: for those the doctor answers, with a reason.
    'case-intake.consent-given.v1': async ({ data: { caseId, consentId, purpose, basis = 'consent', validFrom, validUntil } }, toCall) =>
      purpose === 'medical-examination' && basis === 'consent'
        ? apply({ type: 'note-consent', caseId, consentId, withdrawn: false, validFrom, validUntil }, toCall)
        : [],
    'case-intake.consent-withdrawn.v1': async ({ data: { caseId, consentId, purpose } }, toCall) =>
      purpose === 'medical-examination' ? apply({ type: 'note-consent', caseId, consentId, withdrawn: true }, toCall) : [],
    'platform.day-began.v1': async ({ time }, toCall) => lapse(assessments, today(time), toCall('fitness:lapse')),
  } satisfies Consumers<typeof subscriptions>
}
