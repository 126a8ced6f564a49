import {
  type Api,
  also,
  type Call,
  type Consumers,
  create,
  execute,
  idOfReference,
  issued,
  list,
  ok,
  type Routes,
  read,
  refused,
  reply,
  replyPage,
} from '@wontanara/core'
import {
  DayBegan,
  ReferralCompleted,
  ReferralDeclined,
  ReferralExpired,
  ReferralFailed,
  ReferralRecalled,
  ReferralSent,
} from '@wontanara/events'
import { deciding } from './application.app.ts'
import { applying } from './apply.app.ts'
import { announceAppointments, visiting } from './appointment.app.ts'
import type { caseRoutes } from './case.api.ts'
import { leadPartition, mergedPartition, officePartition } from './case.ts'
import type { CaseCommand } from './commands.ts'
import { dayOf, instantOf } from './consent.ts'
import { isOpen } from './duplicates.ts'
import { eraseDue } from './erasing.app.ts'
import { linking } from './links.app.ts'
import { listing } from './lists.app.ts'
import { merging } from './merge.app.ts'
import { peopleOf } from './merging.ts'
import type { ReferralLink } from './needs.ts'
import type { AppointmentPorts, ErasurePorts, Ports } from './ports.ts'
import { refuse } from './refusals.ts'
import { placesOf } from './search.ts'
import type { subscriptions } from './subscriptions.ts'
import { suspectsOf } from './suspects.ts'
import { transferring } from './transfers.app.ts'
import { CaseRow, caseView, consentsView, nextStepsView, timelineView } from './views.ts'

type Asked = CaseCommand extends infer C ? (C extends unknown ? Omit<C, 'at' | 'by'> : never) : never

/** What the routes of single cases do. */
export const handling = (ports: Omit<Ports, 'manifests' | 'parts' | 'caseExports' | 'exportDesks' | 'linkTo'>) => {
  const { cases, index } = ports
  /** Asks something of a case and answers with the case as it then is. */
  const change = ({ params: { caseId }, call }: { readonly params: { readonly caseId: string }; readonly call: Call }, asked: Asked) =>
    reply(execute(cases, caseId, { ...asked, ...issued(call) }, call), caseView)

  return {
    registerCase: async ({ body: { office, duplicates, ...registration }, call }) => {
      const caseId = call.newId('case')
      const found = await suspectsOf(cases.store, index, registration.person, caseId, false)
      return reply(
        create(cases, caseId, { type: 'register', ...issued(call), caseId, office, duplicates, registration, found }, call),
        caseView,
        ({ id }) => `/v1/cases/${id}`,
      )
    },
    listCases: ({ query: { office, status, lead, limit, cursor }, call }) => {
      const near = { offices: [office], assignees: lead === undefined ? [] : [lead] }
      const page = list(cases.store, call, near, {
        ...(lead === undefined
          ? { index: 'gsi1', pk: status === 'merged' ? mergedPartition(office) : officePartition(office) }
          : { index: 'gsi2', pk: leadPartition(office, lead) }),
        ...(status === undefined || lead !== undefined ? {} : { prefix: `${status}#` }),
        limit,
        cursor,
      })
      return replyPage(page, (row) => ({ ...CaseRow.parse(row), office }))
    },
    ...merging({ cases }),
    ...linking(ports),
    ...transferring(ports),
    ...deciding(ports),
    ...visiting(ports),
    readCase: ({ params, call }) => reply(read(cases, params.caseId, call), caseView),
    readCaseByReference: async ({ params, call }) => {
      const caseId = idOfReference('case', params.reference)
      return caseId === undefined ? refused(refuse('mistyped-reference')) : reply(read(cases, caseId, call), caseView)
    },
    readNextSteps: ({ params, call }) => reply(read(cases, params.caseId, call), nextStepsView(call.principal, cases.aggregate.resource)),
    readTimeline: async ({ params, call }) => {
      const seen = await read(cases, params.caseId, call)
      if (!seen.ok) return seen
      const { id, version, classes } = seen.value
      return ok({ body: timelineView(await cases.store.history(id, version)), version, classes })
    },
    listScreenings: async ({ params, call }) => {
      const seen = await read(cases, params.caseId, call)
      if (!seen.ok) return seen
      const { id, version, classes } = seen.value
      const items = (await cases.store.history(id, version)).flatMap(({ trail, events }) =>
        events.flatMap((event) => (event.type === 'screening-recorded' ? [{ ...event.data.screening, by: trail.by }] : [])),
      )
      return ok({ body: { items }, version, classes })
    },
    listConsents: ({ params, query, call }) =>
      reply(read(cases, params.caseId, call), consentsView(query.at === undefined ? call.at : instantOf(query.at))),

    correctPerson: (input) => {
      const { reason, ...facts } = input.body
      return change(input, { type: 'correct', reason, facts })
    },
    decideDuplicates: async ({ params: { caseId }, body, call }) => {
      const candidates = (await cases.store.load(caseId, { fresh: true }))?.state.candidates ?? []
      const { outcome, comparedWith = candidates.filter(isOpen).map((candidate) => candidate.caseId) } = body
      // What is suspected may lie in an office that the caller cannot see into; a case that the caller names must be in reach.
      const along =
        outcome === 'none-found'
          ? []
          : comparedWith
              .filter((other) => other !== caseId)
              .map((other) =>
                also(
                  cases,
                  other,
                  { type: 'settle-candidate', ...issued(call), other: caseId, outcome },
                  candidates.some((candidate) => candidate.caseId === other) ? 'nothing' : 'access',
                ),
              )
      const command = { type: 'decide-duplicates', ...issued(call), reason: outcome, duplicates: body } as const
      return reply(execute(cases, caseId, command, call, along), caseView)
    },
    assignCase: (input) => change(input, { type: 'assign', ...input.body }),
    screenPerson: (input) => change(input, { type: 'screen', reason: input.body.occasion, findings: input.body }),
    recordSafeguard: (input) => change(input, { type: 'record-safeguard', terms: input.body.safeguard }),
    recordCounselling: (input) => change(input, { type: 'record-session', terms: input.body }),
    recordNeed: (input) => change(input, { type: 'record-need', needId: input.call.newId('need'), terms: input.body }),
    recordService: (input) =>
      change(input, { type: 'answer-need', needId: input.params.needId, answer: { kind: 'service', ...input.body } }),
    recordRefusal: (input) =>
      change(input, {
        type: 'answer-need',
        reason: input.body.reason,
        needId: input.params.needId,
        answer: { kind: 'refusal', ...input.body },
      }),
    giveConsent: (input) => change(input, { type: 'give-consent', consentId: input.call.newId('consent'), terms: input.body }),
    withdrawConsent: (input) =>
      change(input, {
        type: 'withdraw-consent',
        reason: input.body.by,
        consentId: input.params.consentId,
        withdrawnBy: input.body.by,
      }),
    declareVoluntariness: (input) => change(input, { type: 'declare', terms: input.body }),
    withdrawReturn: (input) => change(input, { type: 'withdraw', reason: input.body.by, withdrawnBy: input.body.by }),
    interruptCase: (input) =>
      change(input, { type: 'interrupt', reason: input.body.interruption.status, interruption: input.body.interruption }),
    resumeCase: (input) => change(input, { type: 'resume' }),
    requestClosure: (input) => change(input, { type: 'request-closure', reason: input.body.reason }),
    decideClosure: (input) => change(input, { type: 'decide-closure', reason: input.body.decision, decision: input.body.decision }),
    reopenCase: (input) => change(input, { type: 'reopen', reason: input.body.reason }),
  } satisfies Routes<Api<typeof caseRoutes>>
}

/** What each route does, of all functions together. */
export const routes = (ports: Ports) => ({ ...handling(ports), ...listing(ports), ...applying(ports) })

type Subscribed = Consumers<typeof subscriptions>
type Receive = (
  event: { readonly sequence: string; readonly data: { readonly caseId: string; readonly needId: string; readonly referralId: string } },
  call: (action: Call['action']) => Call,
) => ReturnType<Subscribed[keyof Subscribed]>

/** What each event does here: news of a referral goes into the needs register, of a day's appointments the bus is told, and what was kept long enough is erased. */
export const consumers = (ports: AppointmentPorts & ErasurePorts) => {
  const { cases } = ports
  const whereaboutsOf = async (caseId: string) => {
    const state = (await cases.store.load(caseId, { fresh: true }))?.state
    return { mergedInto: state?.registration.mergedInto, parted: state?.parted }
  }
  const noted =
    (state: ReferralLink['state']): Receive =>
    async ({ sequence, data: { caseId, needId, referralId } }, callFor) => {
      const call = callFor('case:record-need')
      const link = { referralId, sequence: Number(sequence), state }
      const note = (id: string) => execute(cases, id, { type: 'note-referral', ...issued(call), needId, link }, call)
      const outcome = await note(caseId)
      if (outcome.ok) return [outcome]
      // The need may have gone to another case with a merge, or back with the end of one.
      const { mergedInto, parted = [] } = await whereaboutsOf(caseId)
      const elsewhere = outcome.refusal.code === 'case-merged' && mergedInto !== undefined ? [mergedInto] : parted
      if (outcome.refusal.code !== 'case-merged' && outcome.refusal.code !== 'need-not-found') return [outcome]
      for (const id of elsewhere) {
        const found = await note(id)
        if (found.ok) return [found]
      }
      return [outcome]
    }
  return {
    [ReferralSent.type]: noted('sent'),
    [ReferralDeclined.type]: noted('declined'),
    [ReferralCompleted.type]: noted('completed'),
    [ReferralFailed.type]: noted('failed'),
    [ReferralRecalled.type]: noted('recalled'),
    [ReferralExpired.type]: noted('expired'),
    [DayBegan.type]: async ({ time }, callFor) => {
      // One must not keep the other from being done: the message comes again for what failed, and finds the rest done.
      const call = callFor('appointment:announce')
      // What is due on a day is all that was due before: a day that comes when the next has begun is left to that.
      const isOvertaken = dayOf(time) < dayOf(call.at)
      const done = await Promise.allSettled([announceAppointments(ports, time, call), isOvertaken ? [] : eraseDue(ports, callFor)])
      return done.flatMap((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
    },
  } satisfies Subscribed
}

/**
 * What follows when something else is registered of a person. The case is found by what is now on file; then others are looked for that may
 * be of the same person. In this order: of two that are registered at the same time, at least the later one meets the other.
 */
export const registrations =
  ({ cases, index }: Pick<Ports, 'cases' | 'index'>) =>
  async (caseId: string, callFor: (action: Call['action']) => Call): Promise<void> => {
    const stored = await cases.store.load(caseId, { fresh: true })
    if (stored === undefined) return
    const { office, registration, candidates = [] } = stored.state
    await index.place(caseId, office, placesOf(registration))
    if (registration.mergedInto !== undefined) return
    const [person, ...formerly] = peopleOf(registration)
    const found = await suspectsOf(cases.store, index, person, caseId, true, formerly, candidates.filter(isOpen))
    const call = callFor('case:note-candidates')
    const outcome = await execute(cases, caseId, { type: 'note-candidates', ...issued(call), found }, call)
    if (!outcome.ok) throw new Error(`candidates not noted: ${outcome.refusal.code}`)
  }
