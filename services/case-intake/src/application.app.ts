import { type Api, also, create, execute, issued, list, type Routes, read, refused, reply, replyPage, type Seen } from '@wontanara/core'
import { ApplicationRow, type applicationRoutes } from './application.api.ts'
import {
  type ApplicationState,
  applicationPartition,
  applicationReference,
  attentionPartition,
  caseIdFor,
  idOfApplicationReference,
  registrationOf,
} from './application.ts'
import type { Ports } from './ports.ts'
import { inReach } from './reach.ts'
import { refuse } from './refusals.ts'
import { suspectsOf } from './suspects.ts'
import { caseView } from './views.ts'

const applicationView = ({ state }: Seen<ApplicationState>) => ({ ...state, reference: applicationReference(state.applicationId) })

/** What staff do with applications. */
export const deciding = ({ cases, index, applications }: Pick<Ports, 'cases' | 'index' | 'applications'>) =>
  ({
    listApplications: ({ query: { office, status, attention, limit, cursor }, call }) => {
      const page = list(
        applications.store,
        call,
        { offices: [office], assignees: [] },
        {
          ...(attention === undefined
            ? { index: 'gsi1', pk: applicationPartition(office) }
            : { index: 'gsi2', pk: attentionPartition(office) }),
          ...(status === undefined ? {} : { prefix: `${status}#` }),
          limit,
          cursor,
        },
      )
      return replyPage(page, (stored) => {
        const row = ApplicationRow.parse(stored)
        return { ...row, reference: applicationReference(row.applicationId), office }
      })
    },
    readApplication: ({ params, call }) => reply(read(applications, params.applicationId, call), applicationView),
    readApplicationByReference: async ({ params, call }) => {
      const applicationId = idOfApplicationReference(params.reference)
      return applicationId === undefined
        ? refused(refuse('mistyped-reference'))
        : reply(read(applications, applicationId, call), applicationView)
    },
    takeApplication: ({ params, call }) =>
      reply(execute(applications, params.applicationId, { type: 'take', ...issued(call) }, call), applicationView),
    moveApplication: ({ params, body, call }) =>
      reply(execute(applications, params.applicationId, { type: 'move', ...issued(call), office: body.office }, call), applicationView),
    acceptApplication: async ({ params: { applicationId }, body: { processing }, call }) => {
      const seen = await read(applications, applicationId, { ...call, fresh: true })
      if (!seen.ok) return seen
      const { office, application, status } = seen.value.state
      if (application === undefined) return refused(refuse('application-decided', { status }))
      const [caseId, registration] = [caseIdFor(applicationId), registrationOf(application, processing)]
      const found = await suspectsOf(cases.store, index, registration.person, caseId, false)
      const register = { type: 'register', ...issued(call), caseId, office, duplicates: undefined, registration, found } as const
      // The case begins and the application ends together, or neither does.
      const along = also(applications, applicationId, { type: 'accept', ...issued(call), caseId })
      return reply(create(cases, caseId, register, call, [along]), caseView, ({ id }) => `/v1/cases/${id}`)
    },
    declineApplication: ({ params, body: { reason }, call }) =>
      reply(execute(applications, params.applicationId, { type: 'decline', ...issued(call), reason }, call), applicationView),
    markApplicationKnown: async ({ params, body: { caseId }, call }) => {
      const known = await inReach({ cases }, caseId, call)
      if (!known.ok) return refused(refuse('case-not-found'))
      return reply(execute(applications, params.applicationId, { type: 'mark-known', ...issued(call), caseId }, call), applicationView)
    },
  }) satisfies Routes<Api<typeof applicationRoutes>>
