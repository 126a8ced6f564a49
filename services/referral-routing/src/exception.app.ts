import {
  type Api,
  also,
  alsoCreating,
  common,
  createOrExecute,
  decide,
  deny,
  execute,
  issued,
  list,
  type Routes,
  read,
  refused,
  reply,
  replyPage,
} from '@wontanara/core'
import { fileOf } from './case-file.ts'
import type { exceptionRoutes } from './exception.api.ts'
import { type Exception, ExceptionRow, exceptionIdOf, later, pendingPartition, reviewPartition } from './exception.ts'
import { unallowed } from './ground.ts'
import type { Ports } from './ports.ts'
import { isOpen, officeOf } from './referral.ts'

/** Exceptions from consent. What opens a referral is written to the case file in the same transaction: every door reads it there. */
export const excepting = ({ exceptions, caseFiles, referrals }: Pick<Ports, 'exceptions' | 'caseFiles' | 'referrals'>) => {
  const { store } = exceptions
  const current = async (referralId: string): Promise<Exception | undefined> =>
    (await store.load(exceptionIdOf(referralId), { fresh: true }))?.state

  return {
    askException: async ({ params: { referralId }, body: { basis, reason, second }, call }) => {
      const found = await referrals.store.load(referralId, { fresh: true })
      if (found === undefined) return refused(common.refuse('not-found'))
      const access = decide(call.principal, call.action, referrals.aggregate.resource(found.state))
      if (!access.allow) return refused(await deny(store, call, exceptionIdOf(referralId), access))
      const { facts, status } = found.state
      const asked = {
        referralId,
        caseId: facts.caseId,
        office: officeOf(found.state),
        recipient: facts.organisationId,
        snapshot: facts.snapshot,
        age: facts.age,
        isPending: status === 'draft' || isOpen(found.state),
        lacking: unallowed(found.state, await fileOf(caseFiles.store, facts.caseId), call.at),
      }
      const command = { type: 'ask', asked, basis, why: reason, second, reason: basis, ...issued(call) } as const
      return reply(createOrExecute(exceptions, exceptionIdOf(referralId), command, call), ({ state }) => state)
    },
    confirmException: async ({ params: { referralId }, call }) => {
      const exception = await current(referralId)
      if (exception === undefined) return refused(common.refuse('not-found'))
      const { caseId, basis } = exception
      const exceptional = { referralId, basis, confirmedAt: call.at, until: later(call.at) }
      const opened = { type: 'record-exception', caseId, exception: exceptional, ...issued(call) } as const
      return reply(
        execute(exceptions, exceptionIdOf(referralId), { type: 'confirm', ...issued(call) }, call, [
          alsoCreating(caseFiles, caseId, opened),
        ]),
        ({ state }) => state,
      )
    },
    reviewException: async ({ params: { referralId }, body: { outcome, finding }, call }) => {
      const exception = await current(referralId)
      if (exception === undefined) return refused(common.refuse('not-found'))
      const { caseId } = exception
      const command = { type: 'review', outcome, finding, reason: outcome, ...issued(call) } as const
      const closed = also(caseFiles, caseId, { type: 'reject-exception', caseId, referralId, ...issued(call) } as const, 'nothing')
      return reply(
        execute(exceptions, exceptionIdOf(referralId), command, call, outcome === 'rejected' ? [closed] : []),
        ({ state }) => state,
      )
    },
    readException: ({ params, call }) => reply(read(exceptions, exceptionIdOf(params.referralId), call), ({ state }) => state),
    listExceptions: ({ query: { office, limit, cursor }, call }) => {
      const resource = { offices: office === undefined ? [] : [office], assignees: [] }
      const where =
        office === undefined
          ? ({ index: 'gsi2', pk: reviewPartition } as const)
          : ({ index: 'gsi1', pk: pendingPartition(office) } as const)
      return replyPage(list(store, call, resource, { ...where, limit, cursor }), (row) => ExceptionRow.parse(row))
    },
  } satisfies Routes<Api<typeof exceptionRoutes>>
}
