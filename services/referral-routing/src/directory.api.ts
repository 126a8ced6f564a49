import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { directory, Organisation } from './organisation.ts'
import { Service } from './service.ts'

export const OrganisationRow = Organisation.pick({ organisationId: true, name: true, type: true, status: true })
export const ServiceRow = Service.pick({
  serviceId: true,
  organisationId: true,
  name: true,
  type: true,
  status: true,
  serviceAreas: true,
  reviewBy: true,
}).extend({ available: directory(z.int().min(0)).optional() })

const { organisationId, serviceId } = examples
const organisation = { organisationId, ...examples.organisation }
const service = { serviceId, organisationId, ...examples.service }
const { name, type, status, serviceAreas, reviewBy, capacity } = examples.service
const serviceRow = { serviceId, organisationId, name, type, status, serviceAreas, reviewBy, available: capacity.available }

const contradictory = ['ages-reversed', 'hours-reversed', 'dates-reversed', 'shelter-location'] as const

/** The directory of organisations and their services. */
export const directoryRoutes = {
  addOrganisation: {
    route: 'POST /v1/organisations',
    summary: 'Adds a partner organisation to the directory.',
    permit: 'directory:edit',
    creates: true,
    body: Organisation,
    response: Organisation,
    example: { body: organisation, response: organisation },
  },
  describeOrganisation: {
    route: 'PUT /v1/organisations/{organisationId}',
    summary: 'Describes an organisation anew, as a whole.',
    permit: 'directory:edit',
    body: Organisation.omit({ organisationId: true }),
    response: Organisation,
    example: { body: examples.organisation, response: organisation },
  },
  readOrganisation: {
    route: 'GET /v1/organisations/{organisationId}',
    summary: 'Reads an organisation.',
    permit: 'directory:read',
    response: Organisation,
    example: { response: organisation },
  },
  listOrganisations: {
    route: 'GET /v1/organisations',
    summary: 'Lists the organisations by their id.',
    permit: 'directory:read',
    query: z.object(pageQuery),
    response: pageOf(OrganisationRow, directory),
    example: {
      query: { limit: '25' },
      response: {
        items: [{ organisationId, name: organisation.name, type: organisation.type, status: organisation.status }],
      },
    },
  },
  addService: {
    route: 'POST /v1/services',
    summary: 'Adds a service of an organisation to the directory.',
    permit: 'directory:edit',
    creates: true,
    body: Service,
    response: Service,
    refusals: ['organisation-unknown', ...contradictory],
    example: { body: service, response: service },
  },
  describeService: {
    route: 'PUT /v1/services/{serviceId}',
    summary: 'Describes a service anew, as a whole: status, areas, languages, ages, free places.',
    permit: 'directory:edit',
    body: Service.omit({ serviceId: true, organisationId: true }),
    response: Service,
    refusals: contradictory,
    example: { body: examples.service, response: service },
  },
  readService: {
    route: 'GET /v1/services/{serviceId}',
    summary: 'Reads a service.',
    permit: 'directory:read',
    response: Service,
    example: { response: service },
  },
  listServices: {
    route: 'GET /v1/services',
    summary: 'Lists the services of one type.',
    permit: 'directory:read',
    query: z.object({ type: serviceTypes.schema, ...pageQuery }),
    response: pageOf(ServiceRow, directory),
    example: { query: { type: 'legal-assistance' }, response: { items: [serviceRow] } },
  },
  listServicesOf: {
    route: 'GET /v1/organisations/{organisationId}/services',
    summary: 'Lists the services of one organisation.',
    permit: 'directory:read',
    query: z.object(pageQuery),
    response: pageOf(ServiceRow, directory),
    example: { query: { limit: '25' }, response: { items: [serviceRow] } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
