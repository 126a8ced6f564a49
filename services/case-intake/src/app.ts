import {
  type Call,
  type Consumers,
  create,
  execute,
  idOfReference,
  issued,
  list,
  ok,
  type Repository,
  type Routes,
  read,
  refused,
  reply,
} from '@wontanara/core'
import { ReferralCompleted, ReferralDeclined, ReferralFailed, ReferralRecalled, ReferralSent } from '@wontanara/events'
import * as z from 'zod'
import type { api } from './api.ts'
import { type CaseCommand, type CaseEvent, leadPartition, officePartition } from './case.ts'
import type { ReferralLink } from './needs.ts'
import { type CaseRefusal, refuse } from './refusals.ts'
import type { CaseState } from './state.ts'
import type { subscriptions } from './subscriptions.ts'
import { CaseRow, caseView } from './views.ts'

export interface Ports {
  readonly cases: Repository<CaseState, CaseCommand, CaseEvent, CaseRefusal>
}

const rows = z.array(CaseRow)

/** What each route does. */
export const routes = ({ cases }: Ports) =>
  ({
    registerCase: ({ body: { office, ...registration }, call }) => {
      const caseId = call.newId('case')
      return reply(
        create(cases, caseId, { type: 'register', ...issued(call), caseId, office, registration }, call),
        caseView,
        ({ id }) => `/v1/cases/${id}`,
      )
    },
    listCases: async ({ query: { office, status, lead, limit, cursor }, call }) => {
      const page = await list(
        cases.store,
        call,
        { offices: [office], assignees: lead === undefined ? [] : [lead] },
        {
          ...(lead === undefined ? { index: 'gsi1', pk: officePartition(office) } : { index: 'gsi2', pk: leadPartition(office, lead) }),
          ...(status === undefined ? {} : { prefix: `${status}#` }),
          limit,
          cursor,
        },
      )
      if (!page.ok) return page
      const { rows: items, cursor: next, classes } = page.value
      return ok({ body: { items: rows.parse(items), ...(next === undefined ? {} : { next }) }, classes })
    },
    readCase: ({ params, call }) => reply(read(cases, params.caseId, call), caseView),
    readCaseByReference: async ({ params, call }) => {
      const caseId = idOfReference('case', params.reference)
      return caseId === undefined ? refused(refuse('mistyped-reference')) : reply(read(cases, caseId, call), caseView)
    },
    recordNeed: ({ params, body, call }) =>
      reply(
        execute(cases, params.caseId, { type: 'record-need', ...issued(call), needId: call.newId('need'), terms: body }, call),
        caseView,
      ),
  }) satisfies Routes<typeof api>

/** What each event of another service does here. */
export const consumers = ({ cases }: Ports): Consumers<typeof subscriptions> => {
  type Receive = (
    event: { readonly sequence: string; readonly data: { readonly caseId: string; readonly needId: string; readonly referralId: string } },
    call: (action: Call['action']) => Call,
  ) => ReturnType<Consumers<typeof subscriptions>[(typeof subscriptions.events)[number]['type']]>
  const noted =
    (state: ReferralLink['state']): Receive =>
    async ({ sequence, data: { caseId, needId, referralId } }, callFor) => {
      const call = callFor('case:record-need')
      const link = { referralId, sequence: Number(sequence), state }
      return [await execute(cases, caseId, { type: 'note-referral', ...issued(call), needId, link }, call)]
    }
  return {
    [ReferralSent.type]: noted('sent'),
    [ReferralDeclined.type]: noted('declined'),
    [ReferralCompleted.type]: noted('completed'),
    [ReferralFailed.type]: noted('failed'),
    [ReferralRecalled.type]: noted('recalled'),
  }
}
