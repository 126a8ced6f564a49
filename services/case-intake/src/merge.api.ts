import type { RouteDefinition } from '@wontanara/core'
import { CaseId, ConsentId, NeedId, open, operational } from '@wontanara/events'
import * as z from 'zod'
import { unmergeReasons } from './codes.ts'
import { mergedExample, mergeExample } from './examples.ts'
import { CaseView } from './views.ts'

/** What stands in the way of a merge, in the words of the refusal that it would meet. */
const MergeView = z.strictObject({
  into: CaseId,
  missing: z.array(z.strictObject({ code: operational(z.string()), en: open(z.string()), fr: open(z.string()) })),
})

/** Two cases of one person: one goes under. */
export const mergeRoutes = {
  readMerge: {
    route: 'GET /v1/cases/{caseId}/merge',
    summary: 'Read what stands against merging a case into another: the reasons with which it would be refused.',
    permit: 'case:merge',
    query: z.object({ into: CaseId }),
    response: MergeView,
    example: { query: { into: mergeExample.into }, response: { into: mergeExample.into, missing: [] } },
  },
  mergeCase: {
    route: 'POST /v1/cases/{caseId}/merge',
    summary:
      'Merge a case into another of the same person, which goes on with everything attached to both. Refused with every reason. It can be undone.',
    permit: 'case:merge',
    body: z.object({ into: CaseId }),
    response: CaseView,
    refusals: ['guards-failed'],
    example: { body: mergeExample, response: mergedExample },
  },
  unmergeCase: {
    route: 'POST /v1/cases/{caseId}/unmerge',
    summary:
      'Undo a merge. What the case brought goes back to it, with what became of it; what was added since stays with the other, unless it is named.',
    permit: 'case:merge',
    body: z.object({
      reason: operational(unmergeReasons.schema),
      /** Needs and consents that were added to the other case since, and go along. */
      move: z
        .array(z.union([NeedId, ConsentId]))
        .max(100)
        .optional(),
    }),
    response: CaseView,
    refusals: ['not-merged', 'not-to-be-moved'],
    example: { body: { reason: 'another-person', move: ['need-9q4r8t3m2k7x'] }, response: { ...mergedExample, status: 'registered' } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
