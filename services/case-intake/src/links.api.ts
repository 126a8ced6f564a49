import type { RouteDefinition } from '@wontanara/core'
import * as z from 'zod'
import { caseExample, householdExample, linkExamples } from './examples.ts'
import { HouseholdView } from './household.ts'
import { EndTerms, LinkTerms } from './links.ts'
import { CaseView } from './views.ts'

/** Who belongs to whom. */
export const linkRoutes = {
  linkCase: {
    route: 'POST /v1/cases/{caseId}/links',
    summary:
      'Say what the person of another case is to this one: it stands in both from then on. Guardianship and separation are recorded by protection officers.',
    permit: 'case:link',
    body: z.object(LinkTerms),
    response: CaseView,
    refusals: [
      'linked-to-itself',
      'linked-already',
      'link-contradicts',
      'protection-step-open',
      'protection-officer-links',
      'register-full',
      'processing-not-allowed',
      'date-in-future',
      'case-ended',
    ],
    example: { body: linkExamples.link, response: caseExample },
  },
  endLink: {
    route: 'POST /v1/cases/{caseId}/links/{linkId}/end',
    summary: 'End a link between two cases, in both.',
    permit: 'case:link',
    body: z.object(EndTerms),
    response: CaseView,
    refusals: ['link-not-found'],
    example: { body: linkExamples.end, response: caseExample },
  },
  readHousehold: {
    route: 'GET /v1/cases/{caseId}/household',
    summary:
      'Read who travels together with a person, directly or through others, and how they are related. Whom the caller may not see is counted only.',
    permit: 'case:read-household',
    response: HouseholdView,
    example: { response: householdExample },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
