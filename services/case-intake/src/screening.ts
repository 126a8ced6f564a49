import { note, type PartialDate, partialDate } from '@wontanara/core'
import * as z from 'zod'
import { type Classification, classifyChild, isLower } from './child-classification.ts'
import {
  accompaniments,
  ageBases,
  asylumClaims,
  childClassifications,
  communityFactors,
  eligibilityCategories,
  householdFactors,
  individualFactors,
  screeningOccasions,
  structuralFactors,
  traffickingPresumptions,
} from './codes.ts'
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
type Found = Findings & Pick<Screening, 'registeredBirthDate'>

/** Every birth date on file, among them the one that the screening went by. */
export const birthDates = (registration: Registration, found?: Found): readonly [PartialDate, ...PartialDate[]] => [
  registration.person.birthDate,
  ...[found?.birthDate, found?.registeredBirthDate].filter((date) => date !== undefined),
]

/** The classification on a day, with what led to it; an officer's override counts until the person is certainly of age. */
export function classificationOf(registration: Registration, findings: Found, on: string): Classification {
  const { accompaniment, ageInDoubt, override } = findings
  const { presentIn, person } = registration
  const computed = classifyChild(
    { birthDates: birthDates(registration, findings), ageInDoubt, nationalities: person.nationalities, presentIn, accompaniment },
    on,
  )
  return override === undefined || computed.classification === 'adult'
    ? computed
    : { classification: override.classification, facts: [...computed.facts, 'overridden'] }
}

/** Whether any finding calls for specific attention. The general file shows this and no more (activity A6). */
export const hasSpecificNeeds = (findings: Findings, classification: Classification): boolean =>
  findings.trafficking === 'yes' ||
  Object.values(findings.factors).some((list) => list.length > 0) ||
  classification.classification !== 'adult'

/** Whether the next screening finds less need of protection than the one before: a factor gone, a presumption dropped, a child less exposed. */
export function lowers(registration: Registration, before: Found, next: Findings, on: string): boolean {
  const listed = ({ factors }: Findings): readonly string[] => Object.values(factors).flat()
  return (
    listed(before).some((factor) => !listed(next).includes(factor)) ||
    (before.trafficking === 'yes' && next.trafficking !== 'yes') ||
    (before.trafficking === 'no' && next.trafficking === 'not-asked') ||
    (before.asylumClaim === 'pending' && next.asylumClaim === 'none') ||
    isLower(classificationOf(registration, next, on).classification, classificationOf(registration, before, on).classification)
  )
}
