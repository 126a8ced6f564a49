import type { Term } from '@wontanara/core'
import type { resemblances } from './codes.ts'
import { isAlike, isCommon, nameKey, skeleton, wordsOf } from './names.ts'
import type { Person } from './registration.ts'

/*
 * Whether two registrations are those of one person. Each thing that two people share, or differ in, gives points: the logarithm of how much
 * more often it is seen among registrations of one person than among those of two (Fellegi and Sunter, A Theory for Record Linkage, JASA 64,
 * 1969). The points were set by hand and tuned on synthetic pairs; `pnpm bench matcher` measures them on others.
 */

/** What speaks for (points above zero) or against. */
export interface Reason {
  readonly code: (typeof resemblances.codes)[number]
  readonly points: number
}

/** `suspected`: a person must decide; `different`: nobody need look. What looks the same is never decided by itself. */
export interface Resemblance {
  readonly score: number
  readonly suspected: boolean
  /** The weightiest first. */
  readonly reasons: readonly Reason[]
}

/** From so many points on, somebody has to look. */
export const threshold = 5.5

/** The names of a person: as registered, and every alias. */
interface Names {
  readonly given: readonly string[]
  readonly family: readonly string[]
}

const keysOf = (name: string | undefined): readonly string[] => (name === undefined ? [] : wordsOf(name).map(nameKey))

function namesOf({ name, aliases = [] }: Person): readonly Names[] {
  const own = { given: keysOf(name.given), family: keysOf(name.family) }
  return [own, ...aliases.map((alias) => ({ given: keysOf(alias), family: [] }))]
}

/** One word of a name found in another name. */
interface Pair {
  readonly a: string
  readonly b: string
  readonly how: 'same' | 'alike' | 'initial'
}

const isInitial = (a: string, b: string): boolean => (a.length === 1 || b.length === 1) && a[0] === b[0]

/** Pairs words off, the best first, each once. What is left on either side was not found on the other. */
function pairOff(as: readonly string[], bs: readonly string[]) {
  const left = { a: [...as], b: [...bs] }
  const pairs: Pair[] = []
  const take = (how: Pair['how'], fits: (a: string, b: string) => boolean): void => {
    for (const a of [...left.a]) {
      const at = left.b.findIndex((b) => fits(a, b))
      const b = left.b[at]
      if (b === undefined) continue
      left.a.splice(left.a.indexOf(a), 1)
      left.b.splice(at, 1)
      pairs.push({ a, b, how })
    }
  }
  take('same', (a, b) => a === b)
  take('alike', isAlike)
  take('initial', isInitial)
  return { pairs, left }
}

const worth = ({ a, how }: Pair): number => (how === 'initial' ? 0.3 : (isCommon(a) ? 1.8 : 3.6) * (how === 'alike' ? 0.8 : 1))

const mostNamePoints = 6

/** Words of a name as given and family name: of an alias, and of somebody who has one name only, nobody can tell which is which. */
const isWhole = ({ given, family }: Names): boolean => given.length > 0 && family.length > 0

interface NameResult {
  readonly reasons: readonly Reason[]
  /** Whether the given names are at odds, which tells brothers and sisters apart. */
  readonly otherGiven: boolean
}

const asText = ({ given, family }: Names): string => `${given} ${family}`

function compareNames(one: Names, two: Names): NameResult {
  // Words are paired off in the order they come: always the same of the two first.
  const [a, b] = asText(one) <= asText(two) ? [one, two] : [two, one]
  const [wordsA, wordsB] = [
    [...a.given, ...a.family],
    [...b.given, ...b.family],
  ]
  const { pairs, left } = pairOff(wordsA, wordsB)
  // Rare names of a family go together: more than two words of a name add nothing.
  const points = Math.min(
    mostNamePoints,
    pairs.reduce((sum, pair) => sum + worth(pair), 0),
  )
  const exact = pairs.length > 0 && pairs.every(({ how }) => how === 'same')
  const found: Reason[] = points > 0 ? [{ code: exact && left.a.length + left.b.length === 0 ? 'same-name' : 'similar-name', points }] : []
  // One side only says more: a second name left out says nothing. Words left on both sides contradict each other.
  const odds = left.a.length > 0 && left.b.length > 0
  if (!odds) return { reasons: found, otherGiven: false }
  // Which of two fields holds the family name differs between offices: where the words that are shared lie crosswise, so do the others.
  const crossed = pairs.filter((pair) => a.family.includes(pair.a) !== b.family.includes(pair.b)).length
  const other = isWhole(a) && isWhole(b) && crossed * 2 > pairs.length ? { given: b.family, family: b.given } : b
  const isGiven = (names: Names, word: string): boolean => !isWhole(names) || names.given.includes(word)
  const otherGiven = left.a.some((word) => isGiven(a, word)) && left.b.some((word) => isGiven(other, word))
  const otherFamily = left.a.some((word) => a.family.includes(word)) && left.b.some((word) => other.family.includes(word))
  return {
    otherGiven,
    reasons: [
      ...found,
      ...(otherGiven ? [{ code: 'other-given-name' as const, points: -5 }] : []),
      ...(otherFamily ? [{ code: 'other-family-name' as const, points: -3.5 }] : []),
      ...(!otherGiven && !otherFamily ? [{ code: 'other-given-name' as const, points: -2 }] : []),
    ],
  }
}

const total = (reasons: readonly Reason[]): number => reasons.reduce((sum, { points }) => sum + points, 0)

/** The best of all pairs of names that two people go by. */
function bestNames(a: Person, b: Person): NameResult {
  const results = namesOf(a).flatMap((one) => namesOf(b).map((other) => compareNames(one, other)))
  return results.reduce((best, result) => (total(result.reasons) > total(best.reasons) ? result : best))
}

/** January 1st is what offices write when they know the year only. */
const dateParts = (date: string): { readonly year: number; readonly month?: number; readonly day?: number } => {
  const [year, month, day] = (date.endsWith('-01-01') ? date.slice(0, 4) : date).split('-').map(Number)
  return { year: year ?? 0, ...(month === undefined ? {} : { month }), ...(day === undefined ? {} : { day }) }
}

function compareBirth(a: Person, b: Person): readonly Reason[] {
  const [one, other] = [dateParts(a.birthDate), dateParts(b.birthDate)]
  const years = Math.abs(one.year - other.year)
  const vague = [a, b].some(({ ageBasis }) => ageBasis === 'estimated' || ageBasis === 'assessed')
  const sameMonth = one.month !== undefined && one.month === other.month
  const bothDays = one.day !== undefined && other.day !== undefined
  const sameDay = bothDays && one.day === other.day
  if (years === 0 && sameMonth && sameDay) return [{ code: 'same-birth-date', points: 5 }]
  // Day and month exchanged, as between French and American forms.
  if (years === 0 && bothDays && one.day === other.month && one.month === other.day) return [{ code: 'near-birth-date', points: 4 }]
  if (years === 0 && sameMonth) return [{ code: bothDays ? 'near-birth-date' : 'same-birth-date', points: bothDays ? 1.5 : 3.5 }]
  if (years === 0 && (one.month === undefined || other.month === undefined)) return [{ code: 'near-birth-date', points: 2 }]
  if (years === 0) return [{ code: 'near-birth-date', points: sameDay ? 1 : -3 }]
  if (sameMonth && sameDay) return [{ code: 'near-birth-date', points: years === 1 || years === 10 ? 2.5 : 1 }]
  if (years <= (vague ? 3 : 1)) return [{ code: 'near-birth-date', points: vague ? 0.3 : -0.7 }]
  return [{ code: 'other-birth-date', points: years > 12 ? -10 : -Math.min(6, 1.5 * years) }]
}

function compareParents(a: Person, b: Person): readonly Reason[] {
  const results = (['father', 'mother'] as const).flatMap((parent): readonly ('same' | 'other')[] => {
    const [one, other] = [keysOf(a.parents?.[parent]), keysOf(b.parents?.[parent])]
    if (one.length === 0 || other.length === 0) return []
    const { pairs, left } = pairOff(one, other)
    if (left.a.length > 0 && left.b.length > 0) return ['other']
    return pairs.some(({ how }) => how !== 'initial') ? ['same'] : []
  })
  const same = results.filter((result) => result === 'same').length
  const other = results.length - same
  return [
    ...(same > 0 ? [{ code: 'same-parents' as const, points: 2.3 * same }] : []),
    ...(other > 0 ? [{ code: 'other-parents' as const, points: -1.8 * other }] : []),
  ]
}

/** Letters and digits only, in capitals: how the number of a document is compared, however it was written. */
export const documentNumber = (text: string): string =>
  text
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')

function compareDocuments({ documents: as = [] }: Person, { documents: bs = [] }: Person): readonly Reason[] {
  const same = as.some((a) => bs.some((b) => a.issuedBy === b.issuedBy && documentNumber(a.number) === documentNumber(b.number)))
  if (same) return [{ code: 'same-document', points: 10 }]
  // Documents are renewed and lost: another number says little.
  return as.some((a) => bs.some((b) => a.type === b.type && a.issuedBy === b.issuedBy)) ? [{ code: 'other-document', points: -0.8 }] : []
}

function comparePhones({ contacts: as = [] }: Person, { contacts: bs = [] }: Person): readonly Reason[] {
  const shared = as.flatMap((a) => bs.filter(({ phone }) => phone === a.phone).map((b) => [a, b] as const))
  if (shared.length === 0) return []
  // The telephone of a relative is that of brothers and sisters too.
  const own = shared.some(([a, b]) => a.owner === 'self' && b.owner === 'self')
  return [{ code: 'same-phone', points: own ? 4 : 2 }]
}

function compareOrigin({ origin: a }: Person, { origin: b }: Person): readonly Reason[] {
  if (a === undefined || b === undefined) return []
  return a === b ? [{ code: 'same-origin', points: 1.9 }] : [{ code: 'other-origin', points: -2.2 }]
}

const isStated = ({ sex }: Person): boolean => sex === 'female' || sex === 'male'

/** Compares two registrations. Symmetric; depends on nothing but the two. */
export function resemblance(a: Person, b: Person): Resemblance {
  const names = bestNames(a, b)
  const document = compareDocuments(a, b)
  const sameDocument = document.some(({ code }) => code === 'same-document')
  const otherSex = isStated(a) && isStated(b) && a.sex !== b.sex
  const found: readonly Reason[] = [
    ...names.reasons,
    ...compareBirth(a, b),
    ...(otherSex ? [{ code: 'other-sex' as const, points: -5 }] : []),
    ...compareParents(a, b),
    ...document,
    ...comparePhones(a, b),
    ...compareOrigin(a, b),
  ]
  // Twins, brothers and sisters share all but the given name. Only a document of one person speaks against that.
  const siblings = names.otherGiven && !sameDocument
  const reasons =
    siblings && total(found) >= threshold ? [...found, { code: 'siblings' as const, points: threshold - 0.5 - total(found) }] : found
  const score = Math.round(10 * total(reasons)) / 10
  return { score, suspected: score >= threshold, reasons: reasons.toSorted((x, y) => Math.abs(y.points) - Math.abs(x.points)) }
}

/** As many words of a name as its terms are made of. More are rare, and each costs places in the index. */
const mostWords = 4

/** Every pair of words of one name, in no order: `Mamadou Diallo` is found as `Diallo Mamadou`. One word stands alone. */
function pairsOf({ given, family }: Names): readonly string[] {
  const words = [...new Set([...family, ...given])].slice(0, mostWords).map(skeleton).toSorted()
  if (words.length < 2) return words
  return words.flatMap((word, i) => words.slice(i + 1).map((other) => `${word} ${other}`))
}

export const documentTerm = (issuedBy: string, number: string): Term => ({
  kind: 'document',
  value: `${issuedBy} ${documentNumber(number)}`,
})
export const phoneTerm = (phone: string): Term => ({ kind: 'phone', value: phone })

const termsWith = (person: Person, years: readonly number[]): readonly Term[] => {
  const pairs = [...new Set(namesOf(person).flatMap(pairsOf))]
  return [
    ...(person.documents ?? []).map(({ issuedBy, number }) => documentTerm(issuedBy, number)),
    ...(person.contacts ?? []).map(({ phone }) => phoneTerm(phone)),
    ...pairs.flatMap((pair) => years.map((year): Term => ({ kind: 'name-year', value: `${pair} ${year}` }))),
    ...(person.origin === undefined ? [] : pairs.map((pair): Term => ({ kind: 'name-origin', value: `${pair} ${person.origin}` }))),
  ]
}

const yearOf = ({ birthDate }: Person): number => Number(birthDate.slice(0, 4))

/** Where a person is placed, for others to be compared with. */
export const comparableTerms = (person: Person): readonly Term[] => termsWith(person, [yearOf(person)])

/** Where those lie who may be the same person: a year that was told may be wrong by one, one that was estimated by two. */
export function lookupTerms(person: Person): readonly Term[] {
  const slack = person.ageBasis === 'estimated' || person.ageBasis === 'assessed' ? 2 : 1
  return termsWith(
    person,
    Array.from({ length: 2 * slack + 1 }, (_, i) => yearOf(person) - slack + i),
  )
}
