import { type Api, idOfReference, type Routes, referenceOf, refused, search } from '@wontanara/core'
import { isOpen } from './duplicates.ts'
import { phoneOf } from './phones.ts'
import type { Ports } from './ports.ts'
import { refuse } from './refusals.ts'
import type { searchRoutes } from './search.api.ts'
import { answers, placeAsked } from './search.ts'
import type { CaseState } from './state.ts'

function found(state: CaseState) {
  const { caseId, office, status, since, candidates = [] } = state
  const { name, aliases, sex, birthDate, origin } = state.registration.person
  return {
    caseId,
    reference: referenceOf(caseId),
    office,
    status,
    since,
    name,
    sex,
    birthDate,
    ...(aliases && { aliases }),
    ...(state.registration.mergedInto && { mergedInto: state.registration.mergedInto }),
    ...(origin && { origin }),
    ...(candidates.some(isOpen) ? { suspectedDuplicate: true as const } : {}),
  }
}

export const searching = ({ cases, index }: Pick<Ports, 'cases' | 'index'>) =>
  ({
    searchCases: async ({ body: question, call }) => {
      const { office, reference, limit, cursor } = question
      const named = reference === undefined ? undefined : idOfReference('case', reference)
      if (reference !== undefined && named === undefined) return refused(refuse('mistyped-reference'))
      const phone = question.phone === undefined ? undefined : phoneOf(question.phone)
      if (question.phone !== undefined && phone === undefined) return refused(refuse('not-a-telephone'))
      return search(cases, index, call, {
        scope: office,
        ids: named === undefined ? undefined : [named],
        term: placeAsked(question, phone),
        limit,
        cursor,
        asked: JSON.stringify({ ...question, cursor: undefined }),
        fits: (state) => answers(state, question, phone),
        view: found,
      })
    },
  }) satisfies Routes<Api<typeof searchRoutes>>
