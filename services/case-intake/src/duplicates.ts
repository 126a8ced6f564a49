import { CaseId, Instant, identity, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { duplicateOutcomes, resemblances } from './codes.ts'

/** What somebody states about an earlier registration of the person. `comparedWith`: the cases it is about; all that are suspected unless told. */
export const DuplicateCheck = z.strictObject({
  outcome: operational(duplicateOutcomes.schema),
  comparedWith: z.array(CaseId).max(5).optional(),
})
export type DuplicateCheck = z.output<typeof DuplicateCheck>

/** Another case that may be of the same person, why, and what was decided about it. */
export const Candidate = z.strictObject({
  caseId: identity(CaseId),
  /** Points for and against; none when a person, not the comparison, named the case. */
  score: identity(z.number()),
  reasons: identity(z.array(z.strictObject({ code: resemblances.schema, points: z.number() }))),
  decision: z.strictObject({ outcome: operational(duplicateOutcomes.schema.exclude(['none-found'])), by: StaffId, at: Instant }).optional(),
})
export type Candidate = z.output<typeof Candidate>
export type Decision = NonNullable<Candidate['decision']>

/** As many as a person can look through; the likeliest are kept. */
export const mostCandidates = 10

export const isOpen = ({ decision }: Candidate): boolean => decision === undefined

/** Whether two findings say the same. */
export const isSame = (one: readonly Candidate[], other: readonly Candidate[]): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What was found now, beside what was decided before: a decision stands, whatever else is found. */
export function noted(before: readonly Candidate[], found: readonly Candidate[]): readonly Candidate[] {
  const decided = before.filter((candidate) => !isOpen(candidate))
  const isDecided = ({ caseId }: Candidate): boolean => decided.some((candidate) => candidate.caseId === caseId)
  return [...decided, ...found.filter((candidate) => !isDecided(candidate)).slice(0, mostCandidates)]
}

/** What is decided about some cases; one that nobody suspected is entered with its decision. */
export function decided(before: readonly Candidate[], caseIds: readonly string[], decision: Decision): readonly Candidate[] {
  const known = new Set(before.map(({ caseId }) => caseId))
  const added = caseIds.filter((caseId) => !known.has(caseId)).map((caseId): Candidate => ({ caseId, score: 0, reasons: [], decision }))
  return [...before.map((candidate) => (caseIds.includes(candidate.caseId) ? { ...candidate, decision } : candidate)), ...added]
}
