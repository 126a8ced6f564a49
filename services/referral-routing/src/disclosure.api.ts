import { pageQuery, type RouteDefinition } from '@wontanara/core'
import { accountability, CaseId } from '@wontanara/events'
import * as z from 'zod'
import { Disclosure } from './disclosure.ts'
import * as examples from './examples.ts'

const example = {
  disclosureId: 'disclosure-01kjr4m2q07h2m9c4x1v6b8j3n',
  at: '2026-03-02T11:00:00.000Z',
  referralId: examples.referralId,
  recipient: examples.organisationId,
  what: 'data',
  channel: 'api',
  format: 'json',
  consents: [examples.consentId],
  fields: ['/referralId', '/status', '/snapshot/name/given', '/snapshot/name/family'],
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
} as const

/** What left about a person. */
export const disclosureRoutes = {
  listDisclosures: {
    route: 'GET /v1/cases/{caseId}/disclosures',
    summary:
      'What left about a person, the latest first: to whom, when, by which way, on which consents or exception, which fields, and the hash of the body; never a value of it.',
    permit: 'disclosure:read',
    query: z.object(pageQuery),
    response: z.strictObject({
      items: z.array(Disclosure),
      next: accountability(z.string()).optional(),
      /** Cases of the same person, merged into this one or holding it: what left in their name is in their own logs. */
      others: z.array(CaseId).optional(),
    }),
    example: { query: { limit: '25' }, response: { items: [example] } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
