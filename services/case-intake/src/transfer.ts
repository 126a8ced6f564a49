import {
  accept,
  aggregate,
  type Command,
  type Decided,
  definePrivateEvent,
  type EventOf,
  note,
  type Principal,
  refused,
} from '@wontanara/core'
import { CaseId, Instant, identity, offices, operational, StaffId, TransferId } from '@wontanara/events'
import * as z from 'zod'
import { type TransferStatus, transferDeclineReasons, transferReasons, transferRecallReasons, transferStatuses } from './codes.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'

/** What the sender says. */
export const TransferTerms = {
  to: operational(offices.schema),
  reason: operational(transferReasons.schema),
  /** It may name the person: the other office reads it once the case is its own. */
  note: identity(note(600)).optional(),
}

const offered = {
  transferId: TransferId,
  caseId: CaseId,
  from: operational(offices.schema),
  ...TransferTerms,
  requestedAt: Instant,
  requestedBy: StaffId,
}
const answered = { at: Instant, by: StaffId }

export const Transfer = z.strictObject({
  ...offered,
  status: operational(transferStatuses.schema),
  endedAt: Instant.optional(),
  endedBy: StaffId.optional(),
  declineReason: operational(transferDeclineReasons.schema).optional(),
  recallReason: operational(transferRecallReasons.schema).optional(),
})
export type Transfer = z.output<typeof Transfer>

const events = [
  definePrivateEvent('transfer-requested', z.object(offered)),
  definePrivateEvent('transfer-accepted', z.object(answered)),
  definePrivateEvent('transfer-declined', z.object({ ...answered, reason: operational(transferDeclineReasons.schema) })),
  definePrivateEvent('transfer-recalled', z.object({ ...answered, reason: operational(transferRecallReasons.schema) })),
] as const
export type TransferEvent = EventOf<(typeof events)[number]>

type Code<L extends { readonly codes: readonly string[] }> = L['codes'][number]
export type TransferCommand = Command &
  (
    | {
        readonly type: 'request'
        readonly transferId: string
        readonly caseId: string
        readonly from: Transfer['from']
        readonly terms: z.output<z.ZodObject<typeof TransferTerms>>
      }
    | { readonly type: 'accept' }
    | { readonly type: 'decline'; readonly reason: Code<typeof transferDeclineReasons> }
    | { readonly type: 'recall'; readonly reason: Code<typeof transferRecallReasons> }
  )

/** The partitions of the lists: what an office is offered, and what it offers. */
export const incoming = (office: string): string => `transfers-to#${office}`
export const outgoing = (office: string): string => `transfers-from#${office}`

/** A line of a list. No personal data. */
export const TransferRow = Transfer.pick({
  transferId: true,
  caseId: true,
  from: true,
  to: true,
  reason: true,
  status: true,
  requestedAt: true,
})

export const isAt = (by: Principal, office: string): boolean => by.kind === 'staff' && by.offices.includes(office)

/** What ends a transfer, and for which side it is. */
function end(state: Transfer, by: Principal, side: 'from' | 'to', event: TransferEvent): Decided<TransferEvent, CaseRefusal> {
  if (!isAt(by, state[side])) return refused(refuse('other-side-decides'))
  return state.status === 'pending' ? accept(event) : refused(refuse('transfer-ended', { status: state.status }))
}

const ended = (
  { note: _, ...state }: Transfer,
  status: TransferStatus,
  { at, by }: { readonly at: string; readonly by: string },
): Transfer => ({
  ...state,
  status,
  endedAt: at,
  endedBy: by,
})

/**
 * The transfer of a case from one office to another, of the same mission or not: offered by one, accepted or declined by the other. The case
 * changes its office in the transaction of the acceptance. Once it has ended, both sides keep what stands here, and no more.
 */
export const transfers = aggregate<Transfer, TransferCommand, TransferEvent, CaseRefusal>({
  name: 'transfer',
  state: Transfer,
  events,
  refusals: catalogue,
  resource: ({ from, to }) => ({ offices: [from, to], assignees: [] }),
  index: ({ transferId, caseId, from, to, reason, status, requestedAt }) => ({
    gsi1: { pk: incoming(to), sk: `${status}#${requestedAt}` },
    gsi2: { pk: outgoing(from), sk: `${status}#${requestedAt}` },
    row: { transferId, caseId, from, to, reason, status, requestedAt },
  }),
  decide(state, command) {
    const { at, by } = command
    if (command.type === 'request') {
      if (state !== undefined) return refused(refuse('already-exists'))
      const { transferId, caseId, from, terms } = command
      return accept({ type: 'transfer-requested', data: { transferId, caseId, from, ...terms, requestedAt: at, requestedBy: by.id } })
    }
    if (state === undefined) return refused(refuse('not-found'))
    const answer = { at, by: by.id }
    switch (command.type) {
      case 'accept':
        return end(state, by, 'to', { type: 'transfer-accepted', data: answer })
      case 'decline':
        return end(state, by, 'to', { type: 'transfer-declined', data: { ...answer, reason: command.reason } })
      case 'recall':
        return end(state, by, 'from', { type: 'transfer-recalled', data: { ...answer, reason: command.reason } })
    }
  },
  evolve(before, event) {
    if (event.type === 'transfer-requested') return { ...event.data, status: 'pending' }
    if (before === undefined) throw new Error('a transfer without its request')
    switch (event.type) {
      case 'transfer-accepted': {
        const { note } = before
        return { ...ended(before, 'accepted', event.data), ...(note === undefined ? {} : { note }) }
      }
      case 'transfer-declined':
        return { ...ended(before, 'declined', event.data), declineReason: event.data.reason }
      case 'transfer-recalled':
        return { ...ended(before, 'recalled', event.data), recallReason: event.data.reason }
    }
  },
})
