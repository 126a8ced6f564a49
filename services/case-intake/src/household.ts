import { decide, type Principal, type Resource, referenceOf, type Store } from '@wontanara/core'
import { CaseId, caseRelations, identity, offices, operational, protection } from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import type { CaseEvent } from './events.ts'
import { companionsOf, isProtective, linksOf } from './links.ts'
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
  const met = new Set([self.caseId])
  const visible: CaseState[] = []
  let others = 0
  let more = false
  let waiting: readonly CaseState[] = [self]
  while (waiting.length > 0 && !more) {
    const next = new Set(waiting.flatMap(companionsOf).filter((id) => !met.has(id)))
    more = met.size + next.size > mostMembers
    if (more) break
    const found = (await Promise.all([...next].map((id) => load(id)))).flatMap((stored) => (stored === undefined ? [] : [stored.state]))
    waiting = found.filter((state) => decide(reader, 'case:read-household', resource(state)).allow)
    others += next.size - waiting.length
    visible.push(...waiting)
    for (const id of next) met.add(id)
  }
  const members = visible.map(({ caseId, office, status }) => {
    const between = own.filter(({ other }) => other === caseId).map(({ relation }) => relation)
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
  return { caseId: self.caseId, members, others, ...(more ? { more } : {}) }
}
