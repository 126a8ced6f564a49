import type { FindIndex, Store } from '@wontanara/core'
import { type Candidate, mostCandidates } from './duplicates.ts'
import type { CaseEvent } from './events.ts'
import { peopleOf } from './merging.ts'
import type { Person } from './registration.ts'
import { lookupTerms, resemblance } from './same-person.ts'
import type { CaseState } from './state.ts'

/** A term that more people share than this tells nothing by itself: who also shares another is met there. */
const mostPerTerm = 25
/** Of those who share a term, as many as share most of them are compared. */
const mostCompared = 40

/**
 * Cases on file, of whatever office, that may be of this person, the likeliest first. What it reads does not grow with the number of cases.
 * @param own the person's own case, or all those of a file that are compared with each other already: they are left out
 * @param fresh whether whoever was placed before must be met
 * @param formerly whom the person was registered as in cases that were merged into the own one
 * @param noted cases that are suspected already, such as those of other rows of a manifest: they are compared even if the index lacks them, and
 * stay suspected as long as they are not there
 */
export async function suspectsOf(
  store: Pick<Store<CaseState, CaseEvent>, 'load'>,
  index: FindIndex,
  person: Person,
  own: string | ReadonlySet<string>,
  fresh: boolean,
  formerly: readonly Person[] = [],
  noted: readonly Candidate[] = [],
): Promise<readonly Candidate[]> {
  const people = [person, ...formerly]
  const pages = await Promise.all(
    [...new Map(people.flatMap(lookupTerms).map((term) => [`${term.kind} ${term.value}`, term])).values()].map((term) =>
      index.find(term, { limit: mostPerTerm, fresh }),
    ),
  )
  const shared = new Map<string, number>()
  for (const { id } of pages.flatMap(({ found }) => found)) shared.set(id, (shared.get(id) ?? 0) + 1)
  for (const id of typeof own === 'string' ? [own] : [...shared.keys()].filter((id) => own.has(id))) shared.delete(id)
  const nearest = [...shared].sort(([, a], [, b]) => b - a).slice(0, mostCompared)
  const compared = new Set([...nearest.map(([id]) => id), ...noted.map(({ caseId }) => caseId)])
  const others = await Promise.all([...compared].map(async (id) => [id, await store.load(id)] as const))
  return others
    .flatMap(([id, other]): readonly Candidate[] => {
      if (other === undefined) return noted.filter(({ caseId }) => caseId === id)
      // The index follows later: what was merged meanwhile is met in the case that goes on.
      if (other.state.status === 'merged') return []
      const nearest = people.flatMap((one) => peopleOf(other.state.registration).map((two) => resemblance(one, two)))
      const [likest] = nearest.toSorted((a, b) => b.score - a.score)
      return likest?.suspected === true ? [{ caseId: other.id, score: likest.score, reasons: [...likest.reasons] }] : []
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, mostCandidates)
}
