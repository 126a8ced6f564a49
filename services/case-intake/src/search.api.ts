import { pageOf, type RouteDefinition } from '@wontanara/core'
import { operational } from '@wontanara/events'
import { foundExample, searchExample } from './examples.ts'
import { FoundCase, Question } from './search.ts'

/** Finding cases again. */
export const searchRoutes = {
  searchCases: {
    route: 'POST /v1/case-searches',
    summary:
      'Find cases of an office by reference, document, telephone, name, birth year or origin. A page may hold fewer cases than asked for, and the next one more. Each search is recorded.',
    permit: 'case:search',
    asks: true,
    body: Question,
    response: pageOf(FoundCase, operational),
    refusals: ['mistyped-reference', 'not-a-telephone', 'nothing-asked'],
    example: { body: searchExample, response: { items: [foundExample] } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
