import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { HsdsView, hsdsOf } from './hsds.ts'
import { directory, Organisation } from './organisation.ts'
import { Service } from './service.ts'

const { organisationId, serviceId } = examples
const organisation = Organisation.parse({ organisationId, ...examples.organisation })
const service = Service.parse({ serviceId, organisationId, ...examples.service })
const example = hsdsOf(organisation, [service])

const text = () => directory(z.string())
/** What became of one organisation or service of a file. */
const ImportedItem = z.strictObject({
  kind: directory(z.enum(['organisation', 'service'])),
  /** Absent when the file gives none that could be read. */
  id: text().optional(),
  /** Where it stands in the request. */
  pointer: text(),
  /** `held-back`: nothing is wrong with it, but with something that it is taken over together with. */
  outcome: directory(z.enum(['added', 'changed', 'unchanged', 'refused', 'held-back'])),
  reasons: z.array(z.strictObject({ pointer: text(), code: text(), en: text(), fr: text() })),
  /** Fields that HSDS has and the directory does not keep, such as contacts. */
  notKept: directory(z.array(z.string())),
  /** Fields that HSDS does not have. */
  unknown: directory(z.array(z.string())),
})

/** The directory in HSDS. */
export const hsdsRoutes = {
  importDirectory: {
    route: 'POST /v1/directory/imports',
    summary:
      'Takes over organisations and their services from HSDS 3 JSON, at most 50 and 200. Each says what became of it, and which of its fields are not kept. What is not in the file stays as it is. The same file again changes nothing.',
    permit: 'directory:edit',
    unversioned: true,
    bodyLimit: 1024 * 1024,
    body: z.object({
      /** `all`: nothing is taken over unless everything can be; `organisation`: each organisation with its services, or nothing of it. */
      together: z.enum(['all', 'organisation']),
      /** Only say what would become of it. */
      dryRun: z.boolean().default(false),
      /** What terms of other taxonomies stand for here, by their code or name. */
      meanings: z
        .array(z.object({ term: z.string().min(1).max(120), type: serviceTypes.schema }))
        .max(200)
        .default([]),
      organizations: z.array(z.record(z.string(), z.unknown())).min(1).max(50),
    }),
    response: z.strictObject({ applied: directory(z.boolean()), items: z.array(ImportedItem) }),
    refusals: ['too-many-services'],
    example: {
      body: { together: 'all', organizations: [example] },
      response: {
        applied: true,
        items: [
          {
            kind: 'organisation',
            id: organisationId,
            pointer: '/organizations/0',
            outcome: 'unchanged',
            reasons: [],
            notKept: [],
            unknown: [],
          },
          {
            kind: 'service',
            id: serviceId,
            pointer: '/organizations/0/services/0',
            outcome: 'changed',
            reasons: [],
            notKept: [],
            unknown: [],
          },
        ],
      },
    },
  },
  exportDirectory: {
    route: 'GET /v1/directory/hsds',
    summary:
      'The directory in HSDS 3.1 JSON: organisations by their id, each with its services. What HSDS has no field for is in attributes.',
    permit: 'directory:read',
    query: z.object({ ...pageQuery, limit: z.coerce.number().int().min(1).max(25).default(10) }),
    response: pageOf(HsdsView, directory),
    example: { query: { limit: '10' }, response: { items: [example] } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
