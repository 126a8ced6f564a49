import {
  type Also,
  type Api,
  also,
  type Call,
  common,
  create,
  decide,
  execute,
  issued,
  list,
  ok,
  type Principal,
  type Routes,
  read,
  referenceOf,
  refused,
  reply,
  replyPage,
  type Seen,
} from '@wontanara/core'
import { missionOf } from '@wontanara/events'
import type * as z from 'zod'
import { applicationIdFor } from './application.ts'
import { handoverOf } from './handover.ts'
import type { Ports } from './ports.ts'
import { type CaseRefusal, refuse } from './refusals.ts'
import type { CaseState } from './state.ts'
import { incoming, isAt, outgoing, type Transfer, type TransferCommand, TransferRow } from './transfer.ts'
import type { TransferView, transferRoutes } from './transfers.api.ts'
import { timelineView } from './views.ts'

/**
 * A transfer for a reader. The sender's words may name the person: they are the sender's while the transfer waits, and the receiver's once
 * the case is its own.
 */
const viewFor =
  (reader: Principal, file?: CaseState) =>
  ({ state, at }: Pick<Seen<Transfer>, 'state' | 'at'>): z.output<typeof TransferView> => {
    const { note, ...rest } = state
    const { caseId, transferId, from, to, status } = state
    const isReaders = (status === 'pending' && isAt(reader, from)) || (status === 'accepted' && isAt(reader, to))
    return {
      ...rest,
      ...(note !== undefined && isReaders ? { note } : {}),
      reference: referenceOf(caseId),
      fromMission: missionOf(from),
      toMission: missionOf(to),
      ...(status === 'pending' && file?.transfer?.transferId === transferId ? { handover: handoverOf(file, at) } : {}),
    }
  }

/** What the routes of transfers do. */
export const transferring = ({ cases, transfers, applications }: Pick<Ports, 'cases' | 'transfers' | 'applications'>) => {
  /**
   * What changes its office with a case: the cases that were merged into it, and what a person wrote who applied. No case joins another that
   * waits for a transfer; one that was parted from it meanwhile is for itself again, and stays.
   */
  async function accompanying(caseId: string, { transferId, to }: Transfer, call: Call): Promise<readonly Also<CaseRefusal>[]> {
    const file = await cases.store.load(caseId, { fresh: true })
    const joined = (file?.state.joined?.cases ?? []).map((merged) => merged.caseId)
    const applied = file?.state.registration.channel === 'self-application' ? [caseId, ...joined] : joined
    const written = await Promise.all(applied.map((id) => applications.store.load(applicationIdFor(id))))
    return [
      ...joined.map((id) => also(cases, id, { type: 'move-along', ...issued(call), transferId, to }, 'nothing')),
      ...written
        .filter((application) => application !== undefined)
        .map(({ id }) => also(applications, id, { type: 'follow-case', ...issued(call), office: to }, 'nothing')),
    ]
  }

  /** Ends a transfer, and in the same transaction the waiting of its case. The transfer gives the right to it: the receiver has no other yet. */
  async function end(transferId: string, command: Exclude<TransferCommand, { type: 'request' }>, effect: 'hand-over' | 'keep', call: Call) {
    const waiting = await transfers.store.load(transferId, { fresh: true })
    if (waiting === undefined) return refused(common.refuse('not-found'))
    const { caseId } = waiting.state
    const along: readonly Also<CaseRefusal>[] = [
      also(cases, caseId, { type: effect, ...issued(call), transferId }, 'nothing'),
      ...(effect === 'hand-over' ? await accompanying(caseId, waiting.state, call) : []),
    ]
    return reply(execute(transfers, transferId, command, call, along), viewFor(call.principal))
  }

  return {
    requestTransfer: async ({ params: { caseId }, body: terms, call }) => {
      const file = await cases.store.load(caseId, { fresh: true })
      if (file === undefined) return refused(common.refuse('not-found'))
      const transferId = call.newId('transfer')
      const { office: from } = file.state
      const command = { type: 'request', ...issued(call), reason: terms.reason, transferId, caseId, from, terms } as const
      const offer = { type: 'offer-transfer', ...issued(call), reason: terms.reason, transferId, from, to: terms.to } as const
      return reply(
        create(transfers, transferId, command, call, [also(cases, caseId, offer)]),
        viewFor(call.principal),
        ({ id }) => `/v1/transfers/${id}`,
      )
    },
    listTransfers: ({ query: { office, direction, status, limit, cursor }, call }) => {
      const page = list(
        transfers.store,
        call,
        { offices: [office], assignees: [] },
        {
          ...(direction === 'incoming' ? { index: 'gsi1', pk: incoming(office) } : { index: 'gsi2', pk: outgoing(office) }),
          ...(status === undefined ? {} : { prefix: `${status}#` }),
          limit,
          cursor,
        },
      )
      return replyPage(page, (row) => TransferRow.parse(row))
    },
    readTransfer: async ({ params: { transferId }, call }) => {
      const seen = await read(transfers, transferId, call)
      if (!seen.ok) return seen
      const { state, version, classes } = seen.value
      const file = state.status === 'pending' ? await cases.store.load(state.caseId, { fresh: call.fresh ?? false }) : undefined
      return ok({ body: viewFor(call.principal, file?.state)(seen.value), version, classes })
    },
    acceptTransfer: ({ params, call }) => end(params.transferId, { type: 'accept', ...issued(call) }, 'hand-over', call),
    declineTransfer: ({ params, body: { reason }, call }) =>
      end(params.transferId, { type: 'decline', ...issued(call), reason }, 'keep', call),
    recallTransfer: ({ params, body: { reason }, call }) =>
      end(params.transferId, { type: 'recall', ...issued(call), reason }, 'keep', call),
    readTransferHistory: async ({ params: { transferId }, call }) => {
      const seen = await read(transfers, transferId, call)
      if (!seen.ok) return seen
      const { state, version, classes } = seen.value
      const { from, caseId } = state
      // The account is the losing side's own: the other has the case.
      const access = decide(call.principal, call.action, { offices: [from], assignees: [] })
      if (state.status !== 'accepted' || !access.allow) return refused(refuse('not-found'))
      const history = await cases.store.history(caseId)
      const last = history.findIndex(({ events }) =>
        events.some((event) => event.type === 'handed-over' && event.data.transferId === transferId),
      )
      const own = history.slice(0, last + 1).filter(({ trail }) => trail.offices.includes(from))
      return ok({ body: timelineView(own), version, classes })
    },
  } satisfies Routes<Api<typeof transferRoutes>>
}
