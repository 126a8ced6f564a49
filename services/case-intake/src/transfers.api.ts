import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { offices, operational } from '@wontanara/events'
import * as z from 'zod'
import { transferDeclineReasons, transferDirections, transferRecallReasons, transferStatuses } from './codes.ts'
import { timelineExample, transferExamples } from './examples.ts'
import { Handover, Mission } from './handover.ts'
import { Transfer, TransferRow, TransferTerms } from './transfer.ts'
import { TimelineView } from './views.ts'

/** A transfer as either side sees it. */
export const TransferView = Transfer.extend({
  /** The reference of the case, as it is dictated. */
  reference: operational(z.string()),
  fromMission: Mission,
  toMission: Mission,
  /** While the transfer waits: what the case is like, for who decides. */
  handover: Handover.optional(),
})

const changed = { response: TransferView } as const

/** Cases that go from one office to another. */
export const transferRoutes = {
  requestTransfer: {
    route: 'POST /v1/cases/{caseId}/transfers',
    summary: 'Offer a case to another office, of the same mission or of another. Until that office accepts, the case goes on where it is.',
    permit: 'case:transfer',
    body: z.object(TransferTerms),
    ...changed,
    creates: true,
    refusals: ['transfer-to-itself', 'transfer-pending', 'case-ended'],
    example: { body: transferExamples.request, response: transferExamples.pending },
  },
  listTransfers: {
    route: 'GET /v1/transfers',
    summary: 'List the transfers that an office is offered or offers, all or of one status.',
    permit: 'transfer:read',
    query: z.object({
      office: operational(offices.schema),
      direction: operational(transferDirections.schema),
      status: operational(transferStatuses.schema).optional(),
      ...pageQuery,
    }),
    response: pageOf(TransferRow, operational),
    example: { query: { office: 'kankan', direction: 'incoming', status: 'pending' }, response: { items: [transferExamples.row] } },
  },
  readTransfer: {
    route: 'GET /v1/transfers/{transferId}',
    summary: 'Read a transfer, and while it waits the handover pack: what the case is like, and nothing of who the person is.',
    permit: 'transfer:read',
    ...changed,
    example: { response: transferExamples.pending },
  },
  acceptTransfer: {
    route: 'POST /v1/transfers/{transferId}/acceptance',
    summary: 'Accept a transfer: the case is the office’s own from then on, and out of reach of the one that offered it.',
    permit: 'transfer:answer',
    ...changed,
    refusals: ['other-side-decides', 'transfer-ended', 'case-ended'],
    example: { response: transferExamples.accepted },
  },
  declineTransfer: {
    route: 'POST /v1/transfers/{transferId}/decline',
    summary: 'Decline a transfer with a reason: the case stays where it is.',
    permit: 'transfer:answer',
    body: z.object({ reason: operational(transferDeclineReasons.schema) }),
    ...changed,
    refusals: ['other-side-decides', 'transfer-ended'],
    example: { body: transferExamples.decline, response: transferExamples.declined },
  },
  recallTransfer: {
    route: 'POST /v1/transfers/{transferId}/recall',
    summary: 'Take back a transfer that waits. It needs no If-Match.',
    permit: 'case:transfer',
    body: z.object({ reason: operational(transferRecallReasons.schema) }),
    ...changed,
    unversioned: true,
    refusals: ['other-side-decides', 'transfer-ended'],
    example: { body: transferExamples.recall, response: transferExamples.recalled },
  },
  readTransferHistory: {
    route: 'GET /v1/transfers/{transferId}/history',
    summary: 'Read what the office that handed a case over had done to it until then: its own account, without the case.',
    permit: 'transfer:history',
    response: TimelineView,
    example: { response: timelineExample },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
