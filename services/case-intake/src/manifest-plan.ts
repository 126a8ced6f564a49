import { derivedId, type Term } from '@wontanara/core'
import { bare } from './manifest-columns.ts'
import type { WrittenRow } from './manifest-file.ts'
import type { ManifestRow, RowReason } from './manifest-part.ts'
import { columnOfRefusal, type ForEverybody, readRow } from './manifest-row.ts'
import type { Registration } from './registration.ts'
import { comparableTerms, documentNumber, lookupTerms, resemblance } from './same-person.ts'

/** What makes rows of a manifest known again. */
export interface Charter {
  readonly office: string
  readonly mission: string
  readonly charter: string
}

export interface Planning {
  readonly charter: Charter
  readonly everybody: ForEverybody
  /** A digest that nobody can guess a name from. */
  digest(text: string): Promise<string>
  /** Why the rules refuse the registration, if they do. */
  refusal(registration: Registration): string | undefined
}

/** As many other rows as are noted with a row, the likest: a list of namesakes must still fit one transaction. */
const mostAlike = 5

/** Of those who share a term as many are looked at, and of all who share one as many compared: a thousand namesakes take a second, not ten. */
const [mostPerTerm, mostCompared] = [50, 20]

interface Person {
  readonly row: number
  readonly fileNumber: string | undefined
  readonly registration: Registration
}

/**
 * What a row is known by: the file number of the mission; else the number of the document; else name and birth date. A document that a family
 * shares, and a name and date that two people share, tell nobody apart: then it is all that the row says. So what is said of one person is
 * never written into the case of another, in whatever order the rows come; the price is that such a row, once edited, is somebody new, and flagged.
 */
function keysOf(people: readonly Person[]): ReadonlyMap<Person, string> {
  const documentOf = ({ registration: { person } }: Person): string | undefined => {
    const [document] = person.documents ?? []
    return document && `document ${document.issuedBy} ${documentNumber(document.number)}`
  }
  const nameOf = ({ registration: { person } }: Person): string =>
    `person ${bare(person.name.given ?? '')} ${bare(person.name.family ?? '')} ${person.birthDate}`
  const unnumbered = people.filter(({ fileNumber }) => fileNumber === undefined)
  const documents = Map.groupBy(unnumbered, documentOf)
  const names = Map.groupBy(unnumbered, nameOf)
  const isAlone = (groups: ReadonlyMap<string | undefined, readonly Person[]>, key: string): boolean => groups.get(key)?.length === 1
  const seen = new Map<string, number>()
  return new Map(
    people.map((one) => {
      const [document, name] = [documentOf(one), nameOf(one)]
      if (one.fileNumber !== undefined) return [one, `file ${bare(one.fileNumber)}`]
      if (document !== undefined && isAlone(documents, document)) return [one, document]
      if (isAlone(names, name)) return [one, name]
      const all = JSON.stringify(one.registration.person)
      const times = (seen.get(all) ?? 0) + 1
      seen.set(all, times)
      return [one, `${all} ${times}`]
    }),
  )
}

/** Who may be the same person as whom: those who share most terms are compared, each pair once. */
function alikeOf(people: readonly Person[], caseIds: ReadonlyMap<Person, string>): ReadonlyMap<Person, NonNullable<ManifestRow['alike']>> {
  const textOf = ({ kind, value }: Term): string => `${kind} ${value}`
  const placed = new Map<string, Person[]>()
  for (const one of people) {
    for (const term of comparableTerms(one.registration.person)) {
      const there = placed.get(textOf(term))
      if (there === undefined) placed.set(textOf(term), [one])
      else there.push(one)
    }
  }
  const order = new Map(people.map((one, i) => [one, i]))
  const alike = new Map<Person, NonNullable<ManifestRow['alike']>>()
  const compared = new Set<string>()
  for (const one of people) {
    const shared = new Map<Person, number>()
    for (const term of lookupTerms(one.registration.person)) {
      for (const other of placed.get(textOf(term))?.slice(0, mostPerTerm) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1)
    }
    shared.delete(one)
    const nearest = [...shared].sort(([, a], [, b]) => b - a).slice(0, mostCompared)
    for (const [other] of nearest) {
      const [a, b] = [order.get(one) ?? 0, order.get(other) ?? 0]
      const pair = `${Math.min(a, b)} ${Math.max(a, b)}`
      if (compared.has(pair)) continue
      compared.add(pair)
      const { suspected, score, reasons } = resemblance(one.registration.person, other.registration.person)
      if (!suspected) continue
      for (const [self, like] of [
        [one, other],
        [other, one],
      ] as const) {
        const caseId = caseIds.get(like) ?? ''
        alike.set(self, [...(alike.get(self) ?? []), { row: like.row, candidate: { caseId, score, reasons: [...reasons] } }])
      }
    }
  }
  return alike
}

const refusedRow = (row: number, fileNumber: string | undefined, reasons: readonly RowReason[]): ManifestRow => ({
  row,
  ...(fileNumber && { fileNumber }),
  reasons: [...reasons],
})

/**
 * Reads the rows of a manifest, and says of each which case it stands for and which other rows may be of the same person. The same rows give
 * the same cases, whenever they are sent.
 */
export async function planned(
  rows: readonly WrittenRow[],
  { charter, everybody, digest, refusal }: Planning,
): Promise<readonly ManifestRow[]> {
  const refusedRows: ManifestRow[] = []
  const people: Person[] = []
  for (const written of rows) {
    const { row } = written
    const { fileNumber: number = '' } = written.cells
    const fileNumber = bare(number) === '' ? undefined : number
    const { registration, faults } = readRow(written, everybody)
    const code = registration && refusal(registration)
    const column = code === undefined ? undefined : columnOfRefusal[code]
    if (registration === undefined) refusedRows.push(refusedRow(row, fileNumber, faults))
    else if (code !== undefined) refusedRows.push(refusedRow(row, fileNumber, [{ code, ...(column && { column }) }]))
    else people.push({ row, fileNumber, registration })
  }
  const keys = keysOf(people)
  const distinct: Person[] = []
  const others: ManifestRow[] = []
  for (const [, [first, ...rest]] of Map.groupBy(people, (one) => keys.get(one))) {
    if (first === undefined) continue
    const isAgain = ({ registration }: Person): boolean => resemblance(first.registration.person, registration.person).suspected
    if (rest.every(isAgain)) {
      distinct.push(first)
      others.push(...rest.map(({ row, fileNumber }) => ({ row, ...(fileNumber && { fileNumber }), repeats: first.row })))
    } else {
      // Who is whom would change with the order of the rows: nobody is registered under such a number.
      const reasons = [{ code: 'number-repeated', column: 'fileNumber' as const }]
      others.push(...[first, ...rest].map(({ row, fileNumber }) => refusedRow(row, fileNumber, reasons)))
    }
  }
  const { office, mission } = charter
  const caseIds = new Map(
    await Promise.all(
      distinct.map(async (one): Promise<[Person, string]> => {
        const text = ['manifest-row', office, mission, bare(charter.charter), keys.get(one)].join('\u0000')
        return [one, derivedId('case', await digest(text))]
      }),
    ),
  )
  const alike = alikeOf(distinct, caseIds)
  const read = distinct.map((one): ManifestRow => {
    const { row, fileNumber, registration } = one
    const like = alike.get(one)
    const nearest = like?.toSorted((a, b) => b.candidate.score - a.candidate.score).slice(0, mostAlike)
    return { row, ...(fileNumber && { fileNumber }), caseId: caseIds.get(one), registration, ...(nearest && { alike: nearest }) }
  })
  return [...refusedRows, ...others, ...read].toSorted((a, b) => a.row - b.row)
}
