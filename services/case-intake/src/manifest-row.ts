import { country, partialDate } from '@wontanara/core'
import { type CodeList, languages } from '@wontanara/events'
import type * as z from 'zod'
import { ageBases, contactOwners, documentTypes, guardianRelations, householdRoles, sexes, takings } from './codes.ts'
import type { Grounds } from './consent.ts'
import { otherNames, prefectures, regions } from './guinea-places.ts'
import { bare, type ColumnName, longestCell } from './manifest-columns.ts'
import type { WrittenRow } from './manifest-file.ts'
import { phoneOf } from './phones.ts'
import { Registration } from './registration.ts'

/** What is said once for everybody of a manifest. */
export interface ForEverybody {
  readonly presentIn: string
  readonly nationalities?: readonly string[] | undefined
  readonly languages?: readonly (typeof languages.codes)[number][] | undefined
  readonly processing?: Grounds | undefined
  /** The year after which nobody of the manifest can be born. */
  readonly year: number
}

/** Why a row is refused: what is wrong, and in which column. */
export interface Fault {
  readonly code: string
  readonly column?: ColumnName
  readonly params?: Readonly<Record<string, string | number>>
}

/** A reading of a cell: undefined when it says nothing to us. */
type Reader<T> = (text: string) => T | undefined

const lookup = <T>(entries: Iterable<readonly [string, T]>): Reader<T> => {
  const found = new Map([...entries].map(([text, value]) => [bare(text), value]))
  return (text) => found.get(bare(text))
}

/** A code by itself, by its label in either language, or by another word that people write. */
const codeReader = <C extends string>(list: CodeList<C>, others: Readonly<Record<string, NoInfer<C>>> = {}): Reader<C> =>
  lookup([
    ...Object.entries(others),
    ...list.codes.flatMap((code): (readonly [string, C])[] => [
      [code, code],
      [list.label(code, 'en'), code],
      [list.label(code, 'fr'), code],
    ]),
  ])

const sexOf = codeReader(sexes, {
  f: 'female',
  femme: 'female',
  fille: 'female',
  woman: 'female',
  girl: 'female',
  feminine: 'female',
  m: 'male',
  h: 'male',
  homme: 'male',
  garçon: 'male',
  man: 'male',
  boy: 'male',
  masculine: 'male',
  autres: 'other',
  nd: 'not-stated',
  'non déclaré': 'not-stated',
  unknown: 'not-stated',
  inconnu: 'not-stated',
})
const ageBasisOf = codeReader(ageBases, { déclaré: 'declared', évalué: 'assessed', estimé: 'estimated', documenté: 'document' })
const languageOf = codeReader(languages, {
  peul: 'fuf',
  poular: 'fuf',
  pulaar: 'fuf',
  fula: 'fuf',
  malinké: 'emk',
  mandingue: 'emk',
  maninka: 'emk',
  susu: 'sus',
  sosso: 'sus',
  kpelle: 'gkp',
  guerzé: 'gkp',
})
const documentTypeOf = codeReader(documentTypes, {
  cni: 'identity-card',
  'carte nationale': 'identity-card',
  "carte nationale d'identité": 'identity-card',
  'national id': 'identity-card',
  'extrait de naissance': 'birth-certificate',
  lp: 'laissez-passer',
  tdv: 'laissez-passer',
  sauf_conduit: 'laissez-passer',
})
const householdRoleOf = codeReader(householdRoles, {
  chef: 'head',
  'chef de famille': 'head',
  principal: 'head',
  épouse: 'spouse',
  époux: 'spouse',
  conjointe: 'spouse',
  fils: 'child',
  fille: 'child',
  son: 'child',
  daughter: 'child',
  seul: 'alone',
  seule: 'alone',
  single: 'alone',
})
const takingOf = codeReader(takings, {
  signed: 'signed-on-paper',
  signé: 'signed-on-paper',
  signature: 'signed-on-paper',
  empreinte: 'thumbprint',
  oral: 'spoken-before-witness',
  verbal: 'spoken-before-witness',
  téléphone: 'by-telephone',
})
const relationOf = codeReader(guardianRelations, { tuteur: 'appointed-guardian' })
const yesOrNo = lookup<boolean>([
  ['yes', true],
  ['oui', true],
  ['y', true],
  ['o', true],
  ['x', true],
  ['1', true],
  ['true', true],
  ['no', false],
  ['non', false],
  ['n', false],
  ['0', false],
  ['false', false],
])
const placeOf = lookup([
  ...Object.entries(prefectures).flatMap(([code, name]): [string, string][] => [
    [name, code],
    [code, code],
    [`préfecture de ${name}`, code],
    [`${name} prefecture`, code],
  ]),
  ...Object.entries(otherNames),
  // A name that a region and a prefecture share stands for the region: that is true in both cases.
  ...Object.entries(regions).flatMap(([code, name]): [string, string][] => [
    [name, code],
    [code, code],
    [`région de ${name}`, code],
    [`${name} region`, code],
  ]),
])

/** How citizens of the countries around are called, and the codes of three letters that passports bear. */
const citizens: Readonly<Record<string, string>> = {
  GN: 'GIN guinéen guinéenne guinean',
  ML: 'MLI malien malienne malian',
  SN: 'SEN sénégalais sénégalaise senegalese',
  CI: 'CIV ivoirien ivoirienne ivorian',
  SL: 'SLE sierra-léonais sierra-léonaise',
  LR: 'LBR libérien libérienne liberian',
  GW: 'GNB bissau-guinéen bissau-guinéenne',
  GM: 'GMB gambien gambienne gambian',
  BF: 'BFA burkinabè burkinabe',
  NE: 'NER nigérien nigérienne',
  NG: 'NGA nigérian nigériane nigerian',
  BJ: 'BEN béninois béninoise beninese',
  TG: 'TGO togolais togolaise togolese',
  GH: 'GHA ghanéen ghanéenne ghanaian',
  CM: 'CMR camerounais camerounaise cameroonian',
  TD: 'TCD tchadien tchadienne chadian',
  MR: 'MRT mauritanien mauritanienne mauritanian',
}
let countries: Reader<string> | undefined
/** Country names of both languages: made when a manifest is read, and not at each cold start. */
const countryOf: Reader<string> = (text) => {
  countries ??= lookup(
    Array.from({ length: 26 * 26 }, (_, i) => String.fromCharCode(65 + Math.floor(i / 26), 65 + (i % 26)))
      .filter((code) => country().safeParse(code).success)
      .flatMap((code): [string, string][] => [
        [code, code],
        ...['en', 'fr'].map((language): [string, string] => [new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code, code]),
        ...(citizens[code] ?? code).split(' ').map((word): [string, string] => [word, code]),
      ]),
  )
  return countries(text)
}

const months: Readonly<Record<string, number>> = Object.fromEntries(
  [
    'jan janv january janvier',
    'feb fev fevr february fevrier',
    'mar mars march',
    'apr avr april avril',
    'may mai',
    'jun june juin',
    'jul juil july juillet',
    'aug aout august',
    'sep sept september septembre',
    'oct october octobre',
    'nov november novembre',
    'dec december decembre',
  ].flatMap((names, i) => names.split(' ').map((name) => [name, i + 1])),
)

/**
 * A birth date as spreadsheets and people write it, day before month.
 * @param latest a year of two digits is one of the hundred that end with it
 */
export function birthDateOf(text: string, latest: number): string | undefined {
  const written = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ t]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?z?$/, '')
  const parts = written.split(/[\s/.,-]+/).filter((part) => part !== '')
  const first = parts[0] ?? ''
  const ordered = /^\d{4}$/.test(first) ? parts : parts.toReversed()
  if (ordered.length === 0 || ordered.length > 3) return undefined
  const numbers = ordered.map((part, i) =>
    /^\d{1,4}$/.test(part) ? Number(part) : i === 1 ? months[part.replace(/[^a-z]/g, '')] : undefined,
  )
  const [shortYear, month = 0, day = 0] = numbers
  if (shortYear === undefined || numbers.includes(undefined)) return undefined
  const twoDigits = /^\d{2}$/.test(ordered[0] ?? '')
  if (twoDigits && ordered.length < 3) return undefined
  const year = twoDigits ? shortYear + 100 * Math.floor((latest - shortYear) / 100) : shortYear
  const pad = (n: number): string => String(n).padStart(2, '0')
  // Forms are filled with zeros where nobody knows.
  const date = [String(year), ...(month === 0 ? [] : [pad(month), ...(day === 0 ? [] : [pad(day)])])].join('-')
  const known = month > 0 || day === 0
  return known && partialDate().safeParse(date).success ? date : undefined
}

const nobody: ReadonlySet<string> = new Set(['stateless', 'apatride', 'notknown', 'unknown', 'inconnue', 'inconnu'])

const several =
  <T>(read: Reader<T>): Reader<T[]> =>
  (text) => {
    const values = text
      .split(/[/;,+|]| et | and /)
      .map((part) => part.trim())
      .filter((part) => part !== '')
    const known = values.map(read).filter((value) => value !== undefined)
    return known.length === values.length ? [...new Set(known)] : undefined
  }

/** A row read: what is registered of the person, or everything that is wrong with it. */
export type ReadRow =
  | { readonly registration: Registration; readonly faults?: never }
  | { readonly registration?: never; readonly faults: readonly Fault[] }

/** Reads a row. Nothing is guessed: a cell that is not understood refuses the row, in words of its column. */
export function readRow({ cells }: WrittenRow, everybody: ForEverybody): ReadRow {
  const faults: Fault[] = []
  const fail = (code: string, column: ColumnName, params?: Fault['params']): undefined => {
    faults.push({ code, column, ...(params && { params }) })
    return undefined
  }
  const text = (column: ColumnName): string | undefined => {
    const cell = cells[column]
    return cell !== undefined && cell.length > longestCell ? fail('too-long', column, { maximum: longestCell }) : cell
  }
  const coded = <T>(column: ColumnName, read: Reader<T>, otherwise = 'cell-not-understood'): T | undefined => {
    const cell = text(column)
    if (cell === undefined) return undefined
    const value = read(cell)
    return value === undefined ? fail(otherwise, column) : value
  }
  const needed = <T>(column: ColumnName, value: T | undefined): T | undefined =>
    value !== undefined || cells[column] !== undefined ? value : fail('required', column)

  const given = text('givenName') ?? text('fullName')
  const family = text('familyName')
  if (cells.givenName === undefined && cells.familyName === undefined && cells.fullName === undefined) fail('name-needed', 'familyName')
  const sex = needed('sex', coded('sex', sexOf))
  const birthDate = needed(
    'birthDate',
    coded('birthDate', (cell) => birthDateOf(cell, everybody.year), 'date-not-understood'),
  )
  const ageBasis = coded('ageBasis', ageBasisOf) ?? 'declared'
  const nationalities = needed(
    'nationality',
    coded('nationality', (cell) => (nobody.has(bare(cell)) ? [] : several(countryOf)(cell))) ?? everybody.nationalities,
  )
  const origin = coded('origin', placeOf)
  const spoken = needed('languages', coded('languages', several(languageOf)) ?? everybody.languages)

  const safe = coded('phoneSafe', yesOrNo) ?? false
  const own =
    coded(
      'phone',
      several((cell) => phoneOf(cell, everybody.presentIn) ?? phoneOf(cell)),
      'not-a-telephone',
    ) ?? []
  const relatives =
    coded(
      'familyPhone',
      several((cell) => phoneOf(cell)),
      'not-a-telephone',
    ) ?? []
  const owners = contactOwners.schema.enum
  const contacts = [
    ...own.map((phone) => ({ phone, owner: owners.self, safe })),
    ...relatives.filter((phone) => !own.includes(phone)).map((phone) => ({ phone, owner: owners.relative, safe })),
  ]
  const number = text('documentNumber')
  const type = coded('documentType', documentTypeOf) ?? 'other'
  const issuedBy = coded('documentCountry', countryOf) ?? nationalities?.[0]
  if (number !== undefined && issuedBy === undefined && cells.documentCountry === undefined) fail('required', 'documentCountry')
  const [father, mother] = [text('fatherName'), text('motherName')]
  const role = coded('householdRole', householdRoleOf)
  const address = text('address')
  const processing = groundsOf(cells, everybody.processing, { text, coded, fail })

  if (faults.length > 0) return { faults }
  const parsed = Registration.safeParse({
    channel: 'manifest',
    presentIn: everybody.presentIn,
    person: {
      name: { ...(given && { given }), ...(family && { family }) },
      sex,
      birthDate,
      ageBasis,
      nationalities,
      languages: spoken,
      ...(father === undefined && mother === undefined ? {} : { parents: { ...(father && { father }), ...(mother && { mother }) } }),
      ...(origin && { origin }),
      ...(contacts.length > 0 && { contacts }),
      ...(address && { address }),
      ...(number && { documents: [{ type, number, issuedBy }] }),
    },
    ...(role && { household: { role } }),
    processing,
  })
  return parsed.success ? { registration: parsed.data } : { faults: faultsIn(parsed.error) }
}

interface Cells {
  text(column: ColumnName): string | undefined
  coded<T>(column: ColumnName, read: Reader<T>): T | undefined
  fail(code: string, column: ColumnName): undefined
}

/** On what the use of a person's data rests: the row says, or what is said for everybody holds; nothing else does. */
function groundsOf(cells: WrittenRow['cells'], forAll: Grounds | undefined, { text, coded, fail }: Cells): unknown {
  const legalReference = text('legalReference')
  if (legalReference !== undefined) return { basis: 'legal-obligation', legalReference }
  const consent = forAll?.basis === 'consent' ? forAll : undefined
  const own = (['consentLanguage', 'noticeVersion', 'consentTaken', 'guardianName'] as const).some((column) => cells[column] !== undefined)
  if (forAll !== undefined && (!own || consent === undefined)) return forAll
  if (!own) return fail('ground-missing', 'legalReference')
  const language = coded('consentLanguage', languageOf) ?? consent?.language
  const noticeVersion = text('noticeVersion') ?? consent?.noticeVersion
  const taken = coded('consentTaken', takingOf) ?? consent?.taken
  if (language === undefined && cells.consentLanguage === undefined) fail('required', 'consentLanguage')
  if (noticeVersion === undefined) fail('required', 'noticeVersion')
  if (taken === undefined && cells.consentTaken === undefined) fail('required', 'consentTaken')
  const name = text('guardianName')
  if (name === undefined) return { basis: 'consent', language, noticeVersion, taken, signatory: consent?.signatory ?? { kind: 'self' } }
  const relation = coded('guardianRelation', relationOf)
  const childAssents = coded('childAssents', yesOrNo)
  if (relation === undefined && cells.guardianRelation === undefined) fail('required', 'guardianRelation')
  if (childAssents === undefined && cells.childAssents === undefined) fail('required', 'childAssents')
  return { basis: 'consent', language, noticeVersion, taken, signatory: { kind: 'guardian', name, relation, childAssents } }
}

/** Where in a row a field of the registration comes from. */
const sources: readonly (readonly [RegExp, ColumnName])[] = [
  [/^person\.name\.given/, 'givenName'],
  [/^person\.name/, 'familyName'],
  [/^person\.birthDate/, 'birthDate'],
  [/^person\.nationalities/, 'nationality'],
  [/^person\.languages/, 'languages'],
  [/^person\.contacts/, 'phone'],
  [/^person\.address/, 'address'],
  [/^person\.documents/, 'documentNumber'],
  [/^person\.parents\.father/, 'fatherName'],
  [/^person\.parents/, 'motherName'],
  [/^processing\.noticeVersion/, 'noticeVersion'],
  [/^processing\.signatory/, 'guardianName'],
  [/^processing/, 'legalReference'],
]
function faultsIn(error: z.core.$ZodError): readonly Fault[] {
  const faults = error.issues.map((issue): Fault => {
    const path = issue.path.join('.')
    const column = sources.find(([pattern]) => pattern.test(path))?.[1]
    const at = column === undefined ? {} : { column }
    return issue.code === 'too_big'
      ? { code: 'too-long', ...at, params: { maximum: Number(issue.maximum) } }
      : { code: 'cell-not-understood', ...at }
  })
  return [...new Map(faults.map((fault) => [`${fault.code} ${fault.column}`, fault])).values()]
}

/** The column that a refusal of the rules is about. */
export const columnOfRefusal: Readonly<Partial<Record<string, ColumnName>>> = {
  'date-in-future': 'birthDate',
  'guardian-must-sign': 'guardianName',
  'person-must-sign': 'guardianName',
}

/** The column that tells a change of a field of the registration. */
export const columnOfField = (path: string): ColumnName | undefined => {
  const own: Readonly<Record<string, ColumnName>> = {
    'person.sex': 'sex',
    'person.ageBasis': 'ageBasis',
    'person.origin': 'origin',
    household: 'householdRole',
  }
  return own[path] ?? sources.find(([pattern]) => pattern.test(path))?.[1]
}
