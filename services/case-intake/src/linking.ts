import { accept, type Decided, type Principal, refused } from '@wontanara/core'
import { CasesLinked, CasesUnlinked } from '@wontanara/events'
import type { CommandOf } from './commands.ts'
import { isAhead, isProtector } from './consent.ts'
import type { CaseEvent } from './events.ts'
import { contradicts, isProtective, type Link, linksOf, mostLinks } from './links.ts'
import { type CaseRefusal, refuse } from './refusals.ts'
import type { CaseState } from './state.ts'

/**
 * What stands against a link. Several spouses are no contradiction: the Civil Code of Guinea (2019, article 281) allows the choice, custom goes
 * further, and the file says what is, not what ought to be.
 */
function faultOf(state: CaseState, { other, relation }: Link, known: readonly string[], by: Principal): CaseRefusal | undefined {
  if (other === state.caseId) return 'linked-to-itself'
  const between = linksOf(state).filter((link) => link.other === other || known.includes(link.other))
  if (between.some((link) => link.relation === relation)) return 'linked-already'
  const against = between.filter((link) => contradicts(link.relation, relation))
  if (against.length === 0) return undefined
  // What only a protection officer may know must not be told by a refusal.
  return isProtector(by) || against.some((link) => !isProtective(link.relation)) ? 'link-contradicts' : 'protection-step-open'
}

/** Enters a link on one side. `leads`: on the side that was asked, which tells the other services. */
export function noteLink(state: CaseState, { link, leads, known = [], by }: CommandOf<'link'>): Decided<CaseEvent, CaseRefusal> {
  const { relation, other } = link
  if (isProtective(relation) && !isProtector(by)) return refused(refuse('protection-officer-links'))
  const fault = faultOf(state, link, known, by)
  if (fault !== undefined) return refused(refuse(fault))
  if (linksOf(state).length >= mostLinks) return refused(refuse('register-full', { limit: mostLinks }))
  if (link.since !== undefined && isAhead(link.since, link.at)) return refused(refuse('date-in-future'))
  if (isProtective(relation)) return accept({ type: 'protection-link-noted', data: { link } })
  const told: readonly CaseEvent[] = leads ? [{ type: CasesLinked.type, data: { caseId: state.caseId, otherCaseId: other, relation } }] : []
  return accept<CaseEvent>({ type: 'family-link-noted', data: { link } }, ...told)
}

/** Takes a link from one side. */
export function endLink(state: CaseState, { linkId, why, leads, by }: CommandOf<'end-link'>): Decided<CaseEvent, CaseRefusal> {
  const link = linksOf(state).find((candidate) => candidate.linkId === linkId)
  if (link === undefined) return refused(refuse('link-not-found'))
  const { relation, other } = link
  const ended: CaseEvent = { type: 'link-ended', data: { linkId, reason: why } }
  if (isProtective(relation)) return isProtector(by) ? accept(ended) : refused(refuse('link-not-found'))
  return leads
    ? accept<CaseEvent>(ended, { type: CasesUnlinked.type, data: { caseId: state.caseId, otherCaseId: other, relation } })
    : accept(ended)
}
