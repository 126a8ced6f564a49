import { note, type PartialDate, partialDate } from '@wontanara/core'
import * as z from 'zod'
import { type Classification, classifyChild, isLower, needsChildGates } from './child-classification.ts'
import {
  accompaniments,
  ageBases,
  asylumClaims,
  type ClassificationFact,
  childClassifications,
  communityFactors,
  eligibilityCategories,
  householdFactors,
  individualFactors,
  screeningOccasions,
  structuralFactors,
  traffickingPresumptions,
} from './codes.ts'
import { companyOf, type Linked } from './links.ts'
import type { Registration } from './registration.ts'

/** Where something is written down and since when. */
const Evidence = z.strictObject({ reference: z.string().trim().min(1).max(60), date: z.iso.date() })
const Why = note(300).min(20)

/** What a protection officer finds out. Each screening is complete in itself; all four levels of vulnerability are looked at. */
export const Findings = z.strictObject({
  occasion: screeningOccasions.schema,
  /** Absent while it is open. */
  eligibility: eligibilityCategories.schema.optional(),
  asylumClaim: asylumClaims.schema,
  /** Proof that the claim was withdrawn (activity A4). */
  claimWithdrawal: Evidence.optional(),
  /** The decision that the person is not in need of international protection (activity A5). */
  claimDecision: Evidence.optional(),
  factors: z.strictObject({
    individual: z.array(individualFactors.schema).max(7),
    household: z.array(householdFactors.schema).max(6),
    community: z.array(communityFactors.schema).max(5),
    structural: z.array(structuralFactors.schema).max(6),
  }),
  trafficking: traffickingPresumptions.schema,
  accompaniment: accompaniments.schema,
  ageInDoubt: z.boolean(),
  /** Where the officer learnt of another birth date than the one registered. */
  birthDate: partialDate().optional(),
  ageBasis: ageBases.schema.optional(),
  override: z.strictObject({ classification: childClassifications.schema, reason: Why }).optional(),
  /** Why this screening finds less need of protection than the one before. Without it, it may not (activity B6). */
  loweredBecause: Why.optional(),
  notes: note(600).optional(),
})
export type Findings = z.output<typeof Findings>

/** A screening of the file: the findings, which one it is and when. By whom is said by its commit. */
export const Screening = Findings.extend({
  version: z.int().min(1),
  at: z.iso.datetime(),
  /** The birth date registered at the time: a correction of it alone does not undo what the screening found. */
  registeredBirthDate: partialDate().optional(),
})
export type Screening = z.output<typeof Screening>
/** Findings, whether they are being recorded or on file. */
type Found = Findings & Pick<Screening, 'registeredBirthDate'> & { readonly at?: string }

/** A registration, with whom the person was registered as in cases that were merged into this one. */
export type Registered = Registration & { readonly formerly?: readonly { readonly person: Registration['person'] }[] | undefined }

/** Every birth date on file, among them the one that the screening went by. */
export const birthDates = (registration: Registered, found?: Found): readonly [PartialDate, ...PartialDate[]] => [
  registration.person.birthDate,
  ...(registration.formerly ?? []).map(({ person }) => person.birthDate),
  ...[found?.birthDate, found?.registeredBirthDate].filter((date) => date !== undefined),
]

/**
 * The classification on a day, with what led to it; an officer's override counts until the person is certainly of age. A link that was
 * recorded since the screening and separates a child from whoever was responsible raises it at once, an override too. One that tells of a
 * parent or guardian lowers nothing: it is a hint for the next screening (B16, state machine 2b).
 */
export function classificationOf(registration: Registered, findings: Found, on: string, linked: Linked = {}): Classification {
  const { ageInDoubt, override, at } = findings
  const { presentIn, person } = registration
  const { separated, adultAlong } = companyOf(linked, at)
  const accompaniment = separated ? 'not-known' : findings.accompaniment
  const computed = classifyChild(
    { birthDates: birthDates(registration, findings), ageInDoubt, nationalities: person.nationalities, presentIn, accompaniment },
    on,
  )
  if (computed.classification === 'adult') return computed
  const facts: readonly ClassificationFact[] = [
    ...computed.facts,
    ...(separated ? (['separated-since-screening'] as const) : []),
    ...(adultAlong && needsChildGates(computed.classification) ? (['linked-adult-along'] as const) : []),
  ]
  if (override === undefined || (separated && isLower(override.classification, computed.classification)))
    return { classification: computed.classification, facts }
  return { classification: override.classification, facts: [...facts, 'overridden'] }
}

/** Whether any finding calls for specific attention. The general file shows this and no more (activity A6). */
export const hasSpecificNeeds = (findings: Findings, classification: Classification): boolean =>
  findings.trafficking === 'yes' ||
  Object.values(findings.factors).some((list) => list.length > 0) ||
  classification.classification !== 'adult'

/** Whether the next screening finds less need of protection than the one before: a factor gone, a presumption dropped, a child less exposed. */
export function lowers(registration: Registered, before: Found, next: Findings, on: string, linked: Linked = {}): boolean {
  const listed = ({ factors }: Findings): readonly string[] => Object.values(factors).flat()
  return (
    listed(before).some((factor) => !listed(next).includes(factor)) ||
    (before.trafficking === 'yes' && next.trafficking !== 'yes') ||
    (before.trafficking === 'no' && next.trafficking === 'not-asked') ||
    (before.asylumClaim === 'pending' && next.asylumClaim === 'none') ||
    isLower(classificationOf(registration, next, on).classification, classificationOf(registration, before, on, linked).classification)
  )
}
