import { line } from '@wontanara/core'
import * as z from 'zod'
import { authorities, childViews, durableSolutions, safeReturnOutcomes } from './codes.ts'

const paper = { date: z.iso.date(), reference: line(60) }
/** Who may appoint a guardian, and who may weigh the best interests: never the officer alone (state machine 2b). */
const courts = authorities.schema.extract(['juvenile-judge', 'child-protection-directorate'])
const panels = authorities.schema.extract(['best-interests-panel', 'juvenile-judge', 'child-protection-directorate'])

/** A safeguard as a protection officer records it from the paper of the authority behind it (state machine 2b, activity D13). */
export const SafeguardTerms = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('guardian-named'), authority: courts, ...paper, guardian: line(120) }),
  z.strictObject({ kind: z.literal('guardianship-ended'), authority: courts, ...paper }),
  z.strictObject({ kind: z.literal('child-views'), authority: authorities.schema, ...paper, outcome: childViews.schema }),
  z.strictObject({
    kind: z.literal('best-interests-determination'),
    authority: panels,
    ...paper,
    /** At least two solutions are compared (EMM). */
    compared: z.array(durableSolutions.schema).min(2).max(3),
    outcome: durableSolutions.schema,
  }),
  z.strictObject({
    kind: z.literal('safe-return-assessment'),
    authority: authorities.schema,
    ...paper,
    outcome: safeReturnOutcomes.schema,
  }),
])
export type SafeguardTerms = z.output<typeof SafeguardTerms>

/** A safeguard of the file; the last of its kind counts. `from`: the merged case that brought it. */
export const Safeguard = z.strictObject({
  terms: SafeguardTerms,
  recordedBy: z.string(),
  at: z.iso.datetime(),
  from: z.string().optional(),
})
export type Safeguard = z.output<typeof Safeguard>

/** The last word of one kind. */
export const latest = <K extends SafeguardTerms['kind']>(
  safeguards: readonly Safeguard[],
  kind: K,
): Extract<SafeguardTerms, { kind: K }> | undefined => {
  const isKind = (terms: SafeguardTerms): terms is Extract<SafeguardTerms, { kind: K }> => terms.kind === kind
  return safeguards.map(({ terms }) => terms).findLast(isKind)
}

/** The name of the guardian in office: the last word on guardianship names one. */
export function guardianInOffice(safeguards: readonly Safeguard[]): string | undefined {
  const last = safeguards.findLast(({ terms: { kind } }) => kind === 'guardian-named' || kind === 'guardianship-ended')?.terms
  return last?.kind === 'guardian-named' ? last.guardian : undefined
}

/** A name without what people write in different ways: case, accents, hyphens, order. */
const bare = (name: string): string =>
  (
    name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
    .toSorted()
    .join(' ')
export const isSameName = (one: string, other: string): boolean => bare(one) === bare(other)
