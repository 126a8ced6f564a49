import { ageRange, majority, type PartialDate } from '@wontanara/core'
import type { Accompaniment, ChildClass, ClassificationFact } from './codes.ts'

/** What is known of a person that bears on the classification. */
export interface ClassificationFacts {
  /** Every birth date on file: the one that makes the person youngest counts. */
  readonly birthDates: readonly [PartialDate, ...PartialDate[]]
  /** The officer doubts the stated age. */
  readonly ageInDoubt: boolean
  /** ISO 3166-1; none when stateless or not known. */
  readonly nationalities: readonly string[]
  readonly presentIn: string
  readonly accompaniment: Accompaniment
}
export interface Classification {
  readonly classification: ChildClass
  /** What led to it, in the order of the rule. */
  readonly facts: readonly ClassificationFact[]
}

/** How much protection a classification calls for. */
const protectiveness: Readonly<Record<ChildClass, number>> = {
  adult: 0,
  'accompanied-child': 1,
  'separated-child': 2,
  'child-alone-in-own-country': 3,
  'unaccompanied-child': 3,
}
/** Whether `next` calls for less protection than `before`. */
export const isLower = (next: ChildClass, before: ChildClass): boolean => protectiveness[next] < protectiveness[before]

/** Whether the gates of state machine 2b apply: a child without parent, legal representative or responsible adult. */
export const needsChildGates = (classification: ChildClass): boolean => protectiveness[classification] >= protectiveness['separated-child']

/** What the birth dates say of majority on a day (YYYY-MM-DD). */
export function ageFact(
  { birthDates, ageInDoubt }: Pick<ClassificationFacts, 'birthDates' | 'ageInDoubt'>,
  on: string,
): ClassificationFact {
  const ranges = birthDates.map((date) => ageRange(date, on))
  if (ranges.some(({ oldest }) => oldest < majority)) return 'under-18'
  if (ranges.some(({ youngest }) => youngest < majority)) return 'possibly-under-18'
  return ageInDoubt ? 'age-in-doubt' : 'of-age'
}

/** Whether the person is to be treated as a child on a day: the benefit of the doubt goes to childhood (UNODC Toolkit, tool 7.10). */
export const isTreatedAsChild = (facts: Pick<ClassificationFacts, 'birthDates' | 'ageInDoubt'>, on: string): boolean =>
  ageFact(facts, on) !== 'of-age'

/**
 * The rule of note 1 (activity B16), as in HTCDS: unaccompanied is who is under 18, outside the country of nationality, and without legal
 * representative, family member or adult responsible by law or custom; separated is who is with another relative.
 * A child alone in the own country is not "unaccompanied" by that rule and is protected alike.
 * @param on day of the question, YYYY-MM-DD
 */
export function classifyChild(facts: ClassificationFacts, on: string): Classification {
  const age = ageFact(facts, on)
  if (age === 'of-age') return { classification: 'adult', facts: [age] }
  const { nationalities, presentIn, accompaniment } = facts
  const place: ClassificationFact =
    nationalities.length === 0
      ? 'nationality-not-known'
      : nationalities.includes(presentIn)
        ? 'in-country-of-nationality'
        : 'outside-country-of-nationality'
  switch (accompaniment) {
    case 'parent':
    case 'legal-representative':
    case 'responsible-adult':
      return { classification: 'accompanied-child', facts: [age, place, 'with-responsible-adult'] }
    case 'other-relative':
      return { classification: 'separated-child', facts: [age, place, 'with-other-relative'] }
    case 'unrelated-adult':
    case 'nobody':
    case 'not-known':
      return {
        classification: place === 'in-country-of-nationality' ? 'child-alone-in-own-country' : 'unaccompanied-child',
        facts: [age, place, 'without-responsible-adult'],
      }
  }
}
