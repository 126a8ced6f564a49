import { country, guineaPlace, line, type Term } from '@wontanara/core'
import { CaseId, Instant, identity, offices, operational } from '@wontanara/events'
import * as z from 'zod'
import { channels, sexes, statuses } from './codes.ts'
import { peopleOf } from './merging.ts'
import { isAlike, isCommon, nameKey, skeleton, wordsOf } from './names.ts'
import { Person } from './registration.ts'
import { comparableTerms, documentNumber, documentTerm, phoneTerm } from './same-person.ts'
import type { CaseState } from './state.ts'

/*
 * Finding a case again. A question is answered from one place of the blind index, the narrowest that it names, within one office; what else
 * it asks for is compared on the records that lie there. What is read grows with the page.
 */

const { shape } = Person

/** What is asked. Personal data: it travels in the body of a request, never in an address. */
export const Question = z
  .object({
    office: operational(offices.schema),
    /** As a person dictates it; a slip of the tongue is told at once. */
    reference: identity(line(40)).optional(),
    document: z.object({ number: identity(line(40)), issuedBy: identity(country()) }).optional(),
    /** In any usual way of writing; without a country it is one of Guinea. */
    phone: identity(line(40)).optional(),
    /** One name or more, in any order and spelling. */
    name: identity(line(120)).optional(),
    birthYear: identity(z.int().min(1900).max(2100)).optional(),
    origin: identity(guineaPlace()).optional(),
    sex: identity(sexes.schema).optional(),
    status: operational(statuses.schema).optional(),
    /** How the person came to the programme. */
    channel: operational(channels.schema).optional(),
    limit: operational(z.int().min(1).max(50)).default(25),
    cursor: operational(z.string().max(400)).optional(),
  })
  .refine(
    ({ reference, document, phone, name, birthYear, origin }) =>
      [reference, document, phone, name, birthYear, origin].some((part) => part !== undefined),
    {
      params: { code: 'nothing-asked' },
    },
  )
export type Question = z.output<typeof Question>

/** A case that was found: enough to tell the person from another. */
export const FoundCase = z.strictObject({
  caseId: CaseId,
  reference: operational(z.string()),
  office: operational(offices.schema),
  status: operational(statuses.schema),
  since: Instant,
  name: shape.name,
  aliases: shape.aliases,
  sex: shape.sex,
  birthDate: shape.birthDate,
  origin: shape.origin,
  suspectedDuplicate: operational(z.literal(true)).optional(),
  /** The case that goes on instead of this one. */
  mergedInto: CaseId.optional(),
})

const keysOf = (name: string): readonly string[] => [...new Set(wordsOf(name).map(nameKey))]

/** Every word by which a person is called. */
const wordsOfPerson = ({ name, aliases = [] }: Person): readonly string[] =>
  keysOf([name.given, name.family, ...aliases].filter((part) => part !== undefined).join(' '))

const wordTerm = (word: string): Term => ({ kind: 'word', value: skeleton(word) })
const pairTerm = (one: string, other: string): Term => ({ kind: 'name', value: [skeleton(one), skeleton(other)].toSorted().join(' ') })
const yearTerm = (year: number): Term => ({ kind: 'born', value: String(year) })
const originTerm = (origin: string): Term => ({ kind: 'origin', value: origin })

/** More words than this are not paired: each pair is a place in the index. */
const mostPaired = 4

/** Where a case is placed, to be found again and to be compared with: that of a case that goes on leads there from all that was merged into it. */
export function placesOf(registration: Pick<CaseState['registration'], 'person' | 'formerly' | 'mergedInto'>): readonly Term[] {
  if (registration.mergedInto !== undefined) return []
  const terms = peopleOf(registration).flatMap(placesOfPerson)
  return [...new Map(terms.map((term) => [`${term.kind} ${term.value}`, term])).values()]
}

function placesOfPerson(person: Person): readonly Term[] {
  const words = wordsOfPerson(person)
  const paired = words.slice(0, mostPaired)
  return [
    ...comparableTerms(person),
    ...words.map(wordTerm),
    ...paired.flatMap((one, i) => paired.slice(i + 1).map((other) => pairTerm(one, other))),
    yearTerm(Number(person.birthDate.slice(0, 4))),
    ...(person.origin === undefined ? [] : [originTerm(person.origin)]),
  ]
}

/** The narrowest place that a question names; undefined when it asks by reference only. @param phone the telephone asked for, in E.164 */
export function placeAsked({ document, name, birthYear, origin }: Question, phone: string | undefined): Term | undefined {
  if (document !== undefined) return documentTerm(document.issuedBy, document.number)
  if (phone !== undefined) return phoneTerm(phone)
  // Rare names first: an initial or a name that everybody bears leads to many.
  const [one, other] = keysOf(name ?? '')
    .filter((word) => word.length > 1)
    .toSorted((a, b) => Number(isCommon(a)) - Number(isCommon(b)))
  if (one !== undefined && other !== undefined) return pairTerm(one, other)
  if (one !== undefined) return wordTerm(one)
  if (origin !== undefined) return originTerm(origin)
  return birthYear === undefined ? undefined : yearTerm(birthYear)
}

const isNamed = (asked: readonly string[], words: readonly string[]): boolean =>
  asked.every((word) => words.some((other) => isAlike(word, other) || (word.length === 1 && other.startsWith(word))))

/** Whether a case is what a question asks for. */
export function answers({ office, status, registration }: CaseState, question: Question, phone: string | undefined): boolean {
  const { channel } = registration
  const people = peopleOf(registration)
  const { document, name, birthYear, origin, sex, reference } = question
  return (
    office === question.office &&
    // A merged case is found by its own reference only: what else is known of the person leads to the case that goes on.
    (registration.mergedInto === undefined || reference !== undefined) &&
    (document === undefined ||
      people.some(({ documents = [] }) =>
        documents.some(
          ({ issuedBy, number }) => issuedBy === document.issuedBy && documentNumber(number) === documentNumber(document.number),
        ),
      )) &&
    (phone === undefined || people.some(({ contacts = [] }) => contacts.some((contact) => contact.phone === phone))) &&
    (name === undefined || people.some((person) => isNamed(keysOf(name), wordsOfPerson(person)))) &&
    (birthYear === undefined || people.some(({ birthDate }) => birthDate.startsWith(String(birthYear)))) &&
    (origin === undefined || people.some((person) => person.origin === origin)) &&
    (sex === undefined || people.some((person) => person.sex === sex)) &&
    (question.status === undefined || status === question.status) &&
    (question.channel === undefined || channel === question.channel)
  )
}
