import type { FindIndex, Store } from '@wontanara/core'
import { type Candidate, mostCandidates } from './duplicates.ts'
import type { CaseEvent } from './events.ts'
import type { Person } from './registration.ts'
import { lookupTerms, resemblance } from './same-person.ts'
import type { CaseState } from './state.ts'

/** A term that more people share than this tells nothing by itself: who also shares another is met there. */
const mostPerTerm = 25
/** Of those who share a term, as many as share most of them are compared. */
const mostCompared = 40

/**
 * Cases on file, of whatever office, that may be of this person, the likeliest first. What it reads does not grow with the number of cases.
 * @param self the person's own case, which is left out
 * @param fresh whether whoever was placed before must be met
 */
export async function suspectsOf(
  store: Pick<Store<CaseState, CaseEvent>, 'load'>,
  index: FindIndex,
  person: Person,
  self: string,
  fresh: boolean,
): Promise<readonly Candidate[]> {
  const pages = await Promise.all(lookupTerms(person).map((term) => index.find(term, { limit: mostPerTerm, fresh })))
  const shared = new Map<string, number>()
  for (const { id } of pages.flatMap(({ found }) => found)) shared.set(id, (shared.get(id) ?? 0) + 1)
  shared.delete(self)
  const nearest = [...shared].sort(([, a], [, b]) => b - a).slice(0, mostCompared)
  const others = await Promise.all(nearest.map(([id]) => store.load(id)))
  return others
    .flatMap((other): Candidate[] => {
      if (other === undefined) return []
      const { suspected, score, reasons } = resemblance(person, other.state.registration.person)
      return suspected ? [{ caseId: other.id, score, reasons: [...reasons] }] : []
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, mostCandidates)
}
