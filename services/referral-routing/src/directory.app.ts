import {
  type Api,
  create,
  execute,
  issued,
  list,
  type Refusal,
  type Resource,
  type Routes,
  read,
  refused,
  reply,
  replyPage,
} from '@wontanara/core'
import { type directoryRoutes, OrganisationRow, ServiceRow } from './directory.api.ts'
import type { Records } from './ports.ts'
import { type RefusalCode, refuse } from './refusals.ts'

const everywhere: Resource = { offices: [], assignees: [] }
const atField = (code: RefusalCode, pointer: string): Refusal<RefusalCode> => ({ ...refuse(code), reasons: [{ code, pointer }] })

/** What each route of the directory does. */
export const describing = ({ organisations, services }: Pick<Records, 'organisations' | 'services'>) =>
  ({
    addOrganisation: ({ body, call }) =>
      reply(
        create(organisations, body.organisationId, { type: 'add', organisation: body, ...issued(call) }, call),
        ({ state }) => state,
        ({ id }) => `/v1/organisations/${id}`,
      ),
    describeOrganisation: ({ params: { organisationId }, body, call }) =>
      reply(
        execute(organisations, organisationId, { type: 'describe', organisation: { organisationId, ...body }, ...issued(call) }, call),
        ({ state }) => state,
      ),
    readOrganisation: ({ params, call }) => reply(read(organisations, params.organisationId, call), ({ state }) => state),
    listOrganisations: ({ query: { limit, cursor }, call }) => {
      const page = list(organisations.store, call, everywhere, { index: 'gsi1', pk: 'organisations', limit, cursor })
      return replyPage(page, (row) => OrganisationRow.parse(row))
    },
    addService: async ({ body, call }) => {
      if ((await organisations.store.load(body.organisationId)) === undefined)
        return refused(atField('organisation-unknown', '/organisationId'))
      return reply(
        create(services, body.serviceId, { type: 'add', service: body, ...issued(call) }, call),
        ({ state }) => state,
        ({ id }) => `/v1/services/${id}`,
      )
    },
    describeService: ({ params: { serviceId }, body, call }) =>
      reply(
        execute(
          services,
          serviceId,
          async ({ organisationId }) => ({ type: 'describe', service: { serviceId, organisationId, ...body }, ...issued(call) }),
          call,
        ),
        ({ state }) => state,
      ),
    readService: ({ params, call }) => reply(read(services, params.serviceId, call), ({ state }) => state),
    listServices: ({ query: { type, limit, cursor }, call }) => {
      const page = list(services.store, call, everywhere, { index: 'gsi1', pk: `services#${type}`, limit, cursor })
      return replyPage(page, (row) => ServiceRow.parse(row))
    },
    listServicesOf: ({ params: { organisationId }, query: { limit, cursor }, call }) => {
      const page = list(services.store, call, everywhere, { index: 'gsi2', pk: `services-of#${organisationId}`, limit, cursor })
      return replyPage(page, (row) => ServiceRow.parse(row))
    },
  }) satisfies Routes<Api<typeof directoryRoutes>>
