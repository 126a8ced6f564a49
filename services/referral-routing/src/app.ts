import {
  type Also,
  type Api,
  type Call,
  type Consumers,
  createOrExecute,
  decide,
  execute,
  type HttpPorts,
  issued,
  type ListPosition,
  list,
  ok,
  type Reason,
  type Refusal,
  type Resource,
  type Result,
  type Routes,
  read,
  refused,
  replyPage,
  textOf,
} from '@wontanara/core'
import type { CaseMerged, Language } from '@wontanara/events'
import type * as z from 'zod'
import { type CaseFile, type CaseFileCommand, fileOf, standInOf } from './case-file.ts'
import { keepTime } from './deadlines.ts'
import { logged } from './disclosure.app.ts'
import { excepting } from './exception.app.ts'
import { exceptionIdOf } from './exception.ts'
import { remindOfReviews } from './exception-reviews.ts'
import { translating } from './fhir.app.ts'
import { looping } from './loop.app.ts'
import { offering } from './offers.app.ts'
import { answering } from './partner-answers.ts'
import { type PartnerEvent, partnerEventOf, partnerEventsIn, type ReferralNews } from './partner-event.ts'
import { partnering } from './partners.app.ts'
import type { ConsumerPorts, Ports, Records } from './ports.ts'
import type { referralRoutes } from './referral.api.ts'
import { isUnserved, missing, officeOf, officePartition, type Referral, type ReferralCommand, ReferralRow, rowOf } from './referral.ts'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'
import { reroute, takingUp } from './reroute.ts'
import { choose, drafted } from './routing.app.ts'
import type { subscriptions } from './subscriptions.ts'
import { tally } from './tally.ts'
import type { Disclosing, Missing } from './views.ts'
import { wakeAll, wakeFor } from './waking.ts'

type Refused = Refusal<RefusalCode>
const atField = (code: RefusalCode, pointer: string): Refused => ({ ...refuse(code), reasons: [{ code, pointer }] })
const invalid = (code: RefusalCode, pointer: string): Refused => ({ ...refuse('invalid-request'), reasons: [{ code, pointer }] })

const everywhere: Resource = { offices: [], assignees: [] }

type ReferringPorts = Omit<Ports, 'endpoints' | 'replays' | 'attempts' | 'feed' | 'withBus' | 'addressesOf' | 'local'>

/** What each route of a referral does. */
export function referring(ports: ReferringPorts) {
  const { referrals, caseFiles } = ports

  const { answer, disclosing, rows } = answering(ports)
  /** What is missing before a draft can be sent, in words: consent before everything else. */
  async function missingOf(state: Referral, at: string): Promise<readonly Missing[]> {
    const reasons: readonly Reason[] =
      state.status === 'draft' ? missing(state, await circumstances(ports, state), at) : [{ code: 'not-draft' }]
    const text = ({ code, params }: Reason, language: Language) => textOf(catalogue, code, language, params)
    return reasons.map((reason) => ({ code: reason.code, en: text(reason, 'en'), fr: text(reason, 'fr') }))
  }
  const step = (referralId: string, command: ReferralCommand, call: Call) => answer(execute(referrals, referralId, command, call), call)

  async function mayFollow(earlierId: string, { caseId, needId }: { caseId: string; needId: string }, call: Call): Promise<boolean> {
    const earlier = await referrals.store.load(earlierId)
    if (earlier === undefined || !decide(call.principal, 'referral:read', referrals.aggregate.resource(earlier.state)).allow) return false
    const { status, facts, nextReferralId } = earlier.state
    return facts.caseId === caseId && facts.needId === needId && isUnserved({ status }) && nextReferralId === undefined
  }

  /** The referrals sent for a case, as far as the caller may see them. */
  async function ofCase(caseId: string, call: Call) {
    const file = await fileOf(caseFiles.store, caseId)
    const found = await Promise.all((file?.referrals ?? []).map((id) => referrals.store.load(id)))
    const seen = found.flatMap((stored) => (stored === undefined ? [] : [stored.state]))
    const items = seen.filter((state) => decide(call.principal, call.action, referrals.aggregate.resource(state)).allow).map(rowOf)
    return ok({ body: { items }, classes: new Set(['C0', 'C1'] as const) })
  }

  return {
    ...logged(ports),
    ...excepting(ports),
    ...translating(ports),

    draftReferral: async ({ body, call }) => {
      const referralId = call.newId('ref')
      const [chosen, follows] = await Promise.all([
        choose(ports, body, referralId, call),
        body.follows === undefined ? true : mayFollow(body.follows, body, call),
      ])
      if (!chosen.ok) return chosen
      if (!follows) return refused(atField('follows-not-possible', '/follows'))
      const { service, chosenBy, sending } = chosen.value
      const { serviceId, organisationId, type } = service
      const draft = { ...body, serviceId, organisationId, service: type, ...(chosenBy && { chosenBy }) }
      const seen = await drafted(ports, { referralId, draft, sending }, call)
      if (!seen.ok) return seen
      const missing = seen.value.state.status === 'draft' ? { missing: [...(await missingOf(seen.value.state, call.at))] } : {}
      const outcome = await answer(Promise.resolve(seen), call)
      return outcome.ok
        ? ok({ ...outcome.value, body: { ...outcome.value.body, ...missing }, location: `/v1/referrals/${referralId}` })
        : outcome
    },
    // A partner never reads from a replica that has not heard of a recall.
    readReferral: ({ params, call }) =>
      answer(read(referrals, params.referralId, call.principal.kind === 'partner' ? { ...call, fresh: true } : call), call, 'data'),
    listReferrals: async ({ query: { office, status, caseId, limit, cursor }, call }) => {
      const { principal } = call
      if (principal.kind === 'partner') {
        if (office !== undefined || caseId !== undefined || status !== undefined) return refused(invalid('not-a-partner-filter', '/query'))
        const { organisation } = principal
        const page = await list(
          referrals.store,
          call,
          { ...everywhere, addressedTo: [organisation] },
          { index: 'gsi2', pk: `addressed#${organisation}`, limit, cursor },
        )
        if (!page.ok) return page
        const { cursor: next, classes } = page.value
        const shown = await rows(
          page.value.rows.map((row) => ReferralRow.parse(row)),
          call.at,
        )
        return ok({ body: { items: shown.items, ...(next === undefined ? {} : { next }) }, classes, leaving: shown.leaving })
      }
      if (caseId !== undefined && office === undefined && status === undefined) return ofCase(caseId, call)
      if (office === undefined || status === undefined || caseId !== undefined) return refused(invalid('choose-a-list', '/query'))
      const page = list(
        referrals.store,
        call,
        { offices: [office], assignees: [] },
        { index: 'gsi1', pk: officePartition(office, status), limit, cursor },
      )
      return replyPage(page, (row) => ReferralRow.parse(row))
    },
    sendReferral: ({ params: { referralId }, call }) => {
      let follows: string | undefined
      const command = async (state: Referral): Promise<ReferralCommand> => {
        follows = state.facts.follows
        return { type: 'send', ...(await circumstances(ports, state)), ...issued(call) }
      }
      const takeUp: Also<RefusalCode> = async (made) =>
        follows === undefined ? ok(undefined) : takingUp(referrals, follows, referralId, made)
      return answer(execute(referrals, referralId, command, call, [takeUp]), call)
    },
    readSending: async ({ params, call }) => {
      const result = await read(referrals, params.referralId, call)
      if (!result.ok) return result
      const { state, version, classes } = result.value
      return ok({ body: { referralId: params.referralId, missing: [...(await missingOf(state, call.at))] }, version, classes })
    },
    acknowledgeReferral: ({ params, call }) => step(params.referralId, { type: 'receive', ...issued(call) }, call),
    acceptReferral: ({ params, call }) => {
      let known: Disclosing | undefined
      const command = async (state: Referral): Promise<ReferralCommand> => {
        known = await disclosing(state)
        return { type: 'accept', ...known, ...issued(call) }
      }
      return answer(execute(referrals, params.referralId, command, call), call, 'data', () => known)
    },
    declineReferral: ({ params, body: { reason, note }, call }) =>
      step(params.referralId, { type: 'decline', why: reason, feedback: note, reason, ...issued(call) }, call),
    startReferral: ({ params, call }) => step(params.referralId, { type: 'start', ...issued(call) }, call),
    holdReferral: ({ params, call }) => step(params.referralId, { type: 'hold', ...issued(call) }, call),
    completeReferral: ({ params, body, call }) =>
      step(params.referralId, { type: 'complete', ...body, reason: body.outcome, ...issued(call) }, call),
    failReferral: ({ params, body, call }) =>
      step(params.referralId, { type: 'fail', ...body, reason: body.outcome, ...issued(call) }, call),
    recallReferral: ({ params, body: { reason }, call }) =>
      step(params.referralId, { type: 'recall', why: reason, reason, ...issued(call) }, call),
    enterInError: ({ params, call }) => step(params.referralId, { type: 'enter-in-error', ...issued(call) }, call),

    ...looping(ports),
  } satisfies Routes<Api<typeof referralRoutes>>
}

/** What each route does. */
export const routes = (ports: Ports) => ({ ...referring(ports), ...offering(ports), ...partnering(ports) })

/** Everything that sending rests on, read now. */
async function circumstances(
  { services, organisations, caseFiles }: Pick<Records, 'services' | 'organisations' | 'caseFiles'>,
  { facts: { serviceId, organisationId, caseId } }: Referral,
) {
  const fresh = { fresh: true }
  const [service, organisation, file] = await Promise.all([
    services.store.load(serviceId, fresh),
    organisations.store.load(organisationId, fresh),
    fileOf(caseFiles.store, caseId),
  ])
  return { service: service?.state, organisation: organisation?.state, file }
}

/** What the HTTP layer needs besides the routes. */
export const httpPorts = ({ referrals }: Pick<Ports, 'referrals'>): HttpPorts => ({
  refusals: catalogue,
  recordAccess: (record) => referrals.store.recordAccess(record),
})

type Outcome = Promise<readonly Result<unknown, Refusal>[]>
type CallFor = (action: Call['action']) => Call
type FileNews<T = CaseFileCommand> = T extends CaseFileCommand ? Omit<T, 'at' | 'by'> : never

/** What each event means here. */
export function consumers(ports: ConsumerPorts) {
  const { referrals, caseFiles, exceptions, feed, tallies, wake } = ports
  /** Lets a referral stand or takes it back, by the case as it is now. */
  const review = async (referralId: string, callFor: CallFor): Promise<Result<unknown, Refusal>> => {
    const call = callFor('referral:recall')
    let file: CaseFile | undefined
    const command = async ({ facts }: Referral): Promise<ReferralCommand> => {
      file = await fileOf(caseFiles.store, facts.caseId)
      return { type: 'review', file, ...issued(call) }
    }
    const reviewed = await execute(referrals, referralId, command, call)
    if (!reviewed.ok || file?.exceptions?.some((exception) => exception.referralId === referralId) !== true) return reviewed
    // Whoever holds the case now reviews the exception.
    const moving = callFor('exception:remind')
    return execute(
      exceptions,
      exceptionIdOf(referralId),
      { type: 'move', office: officeOf(reviewed.value.state), ...issued(moving) },
      moving,
    )
  }
  /**
   * Looks again at what an office has drafted for a case: the file knows only of what was sent. What it reads grows with the drafts of that
   * office, which are few, and transfers are rare.
   */
  async function reviewDrafts(office: string, caseId: string, callFor: CallFor): Outcome {
    const results: Result<unknown, Refusal>[] = []
    let after: ListPosition | undefined
    do {
      const page = await referrals.store.list({
        index: 'gsi1',
        pk: officePartition(office, 'draft'),
        limit: 25,
        ...(after === undefined ? {} : { after }),
      })
      const drafts = await Promise.all(page.rows.map((row) => referrals.store.load(ReferralRow.parse(row).referralId)))
      const own = drafts.flatMap((draft) => (draft?.state.facts.caseId === caseId ? [draft.id] : []))
      results.push(...(await Promise.all(own.map((id) => review(id, callFor)))))
      after = page.next
    } while (after !== undefined)
    return results
  }
  /** Writes down what is new about a case, then looks again at every referral sent for it. */
  async function learn(news: FileNews, callFor: CallFor): Outcome {
    const call = callFor('referral:record-consent')
    const learnt = await createOrExecute(caseFiles, news.caseId, { ...news, ...issued(call) }, call)
    if (!learnt.ok) return [learnt]
    return [learnt, ...(await Promise.all(learnt.value.state.referrals.map((id) => review(id, callFor))))]
  }
  const follow = (
    { sequence, data: { caseId } }: { readonly sequence: string; readonly data: { readonly caseId: string } },
    course: NonNullable<CaseFile['course']>['now'],
    call: CallFor,
  ): Outcome => learn({ type: 'record-course', caseId, course, version: Number(sequence) }, call)
  /** What was sent for a case that goes under is judged by the file of the one that goes on; by its own again when they are parted. */
  async function followMerge(
    { sequence, data }: { readonly sequence: string; readonly data: z.output<(typeof CaseMerged)['data']> },
    holds: boolean,
    callFor: CallFor,
  ): Outcome {
    const { caseId, into, office } = data
    const call = callFor('referral:record-consent')
    const order = { type: 'record-merge', caseId, into, holds, office, version: Number(sequence), ...issued(call) } as const
    const recorded = await createOrExecute(caseFiles, caseId, order, call)
    if (!recorded.ok) return [recorded]
    const { referrals: referralIds } = recorded.value.state
    const results: Result<unknown, Refusal>[] = [recorded]
    // The other file knows of them, so that they are looked at again with every news of the case that goes on.
    if (holds)
      results.push(
        await createOrExecute(caseFiles, into, { type: 'take-in', caseId: into, other: caseId, referralIds, ...issued(call) }, call),
      )
    return [...results, ...(await Promise.all(referralIds.map((id) => review(id, callFor))))]
  }
  const count = async (news: Parameters<typeof tally>[1]): Promise<void> =>
    tally(tallies, news, async () => (await referrals.store.load(news.data.referralId, { fresh: true }))?.state)
  /**
   * What the history holds before an event and the feed does not have yet, oldest first. A queue brings events in any order; the feed keeps
   * that of each referral: whatever is on it has everything before it, so the search goes back no further than that.
   */
  async function notYetTold({ referralId, organisationId }: ReferralNews['data'], event: PartnerEvent): Promise<readonly PartnerEvent[]> {
    if (event.type === 'referral.sent') return []
    const told = partnerEventsIn(referralId, await referrals.store.history(referralId, event.data.version))
    const before = told.filter((_, i) => !told.slice(0, i + 1).some(({ id }) => id === event.id)).toReversed()
    const waiting: PartnerEvent[] = []
    for (const earlier of before) {
      if ((await feed.find(organisationId, earlier.id)) !== undefined) break
      waiting.unshift(earlier)
    }
    return waiting
  }
  /** The last work on each partner's feed in this process: side by side they would only take its next number from one another. */
  const lastOf = new Map<string, Outcome>()
  function append(news: ReferralNews): Outcome {
    const { organisationId } = news.data
    const work = (): Outcome => appendNow(news)
    const mine = (lastOf.get(organisationId) ?? Promise.resolve([])).then(work, work)
    lastOf.set(organisationId, mine)
    return mine
  }
  async function appendNow(news: ReferralNews): Outcome {
    const { organisationId } = news.data
    const event = partnerEventOf(news)
    for (const next of [...(await notYetTold(news.data, event)), event]) await feed.append(organisationId, next)
    await wakeFor(ports, organisationId, event.type)
    await count(news)
    return []
  }
  return {
    'case-intake.need-recorded.v1': async ({ data: { caseId, needId, office } }, callFor) => {
      const call = callFor('referral:record-consent')
      return [await createOrExecute(caseFiles, caseId, { type: 'note-need', caseId, needId, office, ...issued(call) }, call)]
    },
    // Field by field: what the event gains later is not ours to keep.
    'case-intake.consent-given.v1': ({ data: { caseId, consentId, purpose, basis, recipient, scopes, validFrom, validUntil } }, call) =>
      purpose === 'referral'
        ? learn({ type: 'record-consent', caseId, consentId, given: { purpose, basis, recipient, scopes, validFrom, validUntil } }, call)
        : Promise.resolve([]),
    'case-intake.consent-withdrawn.v1': ({ data: { caseId, consentId, purpose }, time }, call) =>
      purpose === 'referral' ? learn({ type: 'record-withdrawal', caseId, consentId, withdrawnAt: time }, call) : Promise.resolve([]),
    'case-intake.voluntary-return-confirmed.v1': ({ data: { caseId }, sequence }, call) =>
      learn({ type: 'record-return-decision', caseId, withdrawn: false, version: Number(sequence) }, call),
    'case-intake.return-withdrawn.v1': ({ data: { caseId }, sequence }, call) =>
      learn({ type: 'record-return-decision', caseId, withdrawn: true, version: Number(sequence) }, call),
    'case-intake.case-closed.v1': (event, call) => follow(event, 'closed', call),
    'case-intake.case-reopened.v1': (event, call) => follow(event, 'open', call),
    'case-intake.case-interrupted.v1': (event, call) => follow(event, event.data.status, call),
    'case-intake.case-resumed.v1': (event, call) => follow(event, 'open', call),
    'case-intake.case-merged.v1': (event, call) => followMerge(event, true, call),
    'case-intake.case-unmerged.v1': (event, call) => followMerge(event, false, call),
    'case-intake.case-transferred.v1': async ({ data: { caseId, from, to }, sequence }, call) => {
      const results = await learn({ type: 'record-holder', caseId, office: to, version: Number(sequence) }, call)
      return [...results, ...(await reviewDrafts(from, caseId, call))]
    },
    // A consent may have been withdrawn while the referral was being sent. The file now knows of the referral and the referral is looked
    // at again: whichever of withdrawal and sending comes second finds the other.
    'referral-routing.referral-sent.v1': async (event, call) => {
      const { caseId, referralId } = event.data
      const results = await learn({ type: 'note-referral', caseId, referralId }, call)
      const standIn = standInOf(caseId, (await caseFiles.store.load(caseId, { fresh: true }))?.state)
      if (standIn !== caseId) await learn({ type: 'note-referral', caseId: standIn, referralId }, call)
      return [...results, ...(await append(event))]
    },
    'referral-routing.referral-received.v1': append,
    'referral-routing.referral-accepted.v1': append,
    'referral-routing.referral-declined.v1': append,
    'referral-routing.referral-started.v1': append,
    'referral-routing.referral-held.v1': append,
    'referral-routing.referral-appointment-set.v1': append,
    'referral-routing.referral-attendance-recorded.v1': append,
    'referral-routing.referral-completed.v1': append,
    'referral-routing.referral-failed.v1': append,
    'referral-routing.referral-recalled.v1': append,
    'referral-routing.referral-expired.v1': async (event, call) => {
      const results = await reroute(ports, event.data.referralId, call('referral:keep-time'))
      return [...results, ...(await append(event))]
    },
    'referral-routing.referral-escalated.v1': async (event) => {
      await count(event)
      return []
    },
    'referral-routing.exception-reviewed.v1': async ({ data: { referralId } }, call) => [await review(referralId, call)],
    'platform.day-began.v1': async (_, call) => {
      await wakeAll(ports)
      return remindOfReviews(ports, call('exception:remind'))
    },
    'platform.hour-began.v1': ({ time }, call) => keepTime(referrals, time, call('referral:keep-time')),
    'referral-routing.referral-consent-withdrawn.v1': append,
    'referral-routing.endpoint-enabled.v1': async ({ data: { organisationId, endpointId } }) => {
      await wake([{ organisationId, endpointId }])
      return []
    },
    'referral-routing.replay-requested.v1': async ({ data: { organisationId, endpointId, replayId } }) => {
      await wake([{ organisationId, endpointId, replayId }])
      return []
    },
  } satisfies Consumers<typeof subscriptions>
}
