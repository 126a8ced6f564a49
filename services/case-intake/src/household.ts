import { decide, type Principal, type Resource, referenceOf, type Store } from '@wontanara/core'
import { CaseId, caseRelations, identity, offices, operational, protection } from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import type { CaseEvent } from './events.ts'
import { companionsOf, isProtective, linksOf } from './links.ts'
import { standsFor } from './merging.ts'
import type { CaseState } from './state.ts'

/** Those who travel together with a person. */
export const HouseholdView = z.strictObject({
  caseId: CaseId,
  members: z.array(
    z.strictObject({
      caseId: CaseId,
      reference: operational(z.string()),
      office: operational(offices.schema),
      status: operational(statuses.schema),
      /** What they are to the person asked about; none when they are so to somebody between. */
      relations: identity(z.array(caseRelations.schema)),
      guardianship: protection(z.array(caseRelations.schema)).optional(),
    }),
  ),
  /** Others who travel along and whose cases the caller may not see. */
  others: operational(z.int().min(0)),
  /** There are more than are listed. */
  more: operational(z.literal(true)).optional(),
})

/** As many as travel on one document; whoever travels with more is a charter and no household. */
const mostMembers = 20

/**
 * The household of a case as a reader may see it. It is followed from case to case only through those that the reader may see: of the others
 * no more is told than the links of the visible ones say, which is that they are there.
 */
export async function householdOf(
  { load }: Pick<Store<CaseState, CaseEvent>, 'load'>,
  resource: (state: CaseState) => Resource,
  self: CaseState,
  reader: Principal,
): Promise<z.output<typeof HouseholdView>> {
  const own = linksOf(self)
  /** The case that a link names, or the one that goes on instead of it. */
  const goingOn = async (id: string): Promise<CaseState | undefined> => {
    const state = (await load(id))?.state
    const into = state?.registration.mergedInto
    return into === undefined ? state : (await load(into))?.state
  }
  const met = new Set(standsFor(self))
  const visible: CaseState[] = []
  let members = 1
  let others = 0
  let more = false
  let waiting: readonly CaseState[] = [self]
  while (waiting.length > 0 && !more) {
    const next = new Set(waiting.flatMap(companionsOf).filter((id) => !met.has(id)))
    const loaded = await Promise.all([...next].map(goingOn))
    const found = new Map(loaded.flatMap((state) => (state === undefined || met.has(state.caseId) ? [] : [[state.caseId, state]])))
    more = members + found.size > mostMembers
    if (more) break
    members += found.size
    waiting = [...found.values()].filter((state) => decide(reader, 'case:read-household', resource(state)).allow)
    others += found.size - waiting.length
    visible.push(...waiting)
    for (const id of [...next, ...found.keys()]) met.add(id)
  }
  const listed = visible.map((state) => {
    const { caseId, office, status } = state
    const known = standsFor(state)
    const between = [...new Set(own.filter(({ other }) => known.includes(other)).map(({ relation }) => relation))]
    const guardianship = between.filter(isProtective)
    return {
      caseId,
      reference: referenceOf(caseId),
      office,
      status,
      relations: between.filter((relation) => !isProtective(relation)),
      ...(guardianship.length > 0 ? { guardianship } : {}),
    }
  })
  return { caseId: self.caseId, members: listed, others, ...(more ? { more } : {}) }
}
