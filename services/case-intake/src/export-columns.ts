import { type Principal, project, referenceOf } from '@wontanara/core'
import { type Bilingual, CaseId, type DataClass, Instant, identity, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { ageBases, channels, householdRoles, sexes, stages, statuses } from './codes.ts'
import { isOpen } from './duplicates.ts'
import type { CaseState } from './state.ts'

const words = identity(z.array(z.string()))

/** A case as a line of an export, before what its reader may not see is taken out. Nothing special-category is ever in it. */
const Row = z.strictObject({
  reference: operational(z.string()),
  caseId: CaseId,
  office: operational(offices.schema),
  status: operational(statuses.schema),
  since: Instant,
  stage: operational(stages.schema),
  registeredAt: Instant,
  lead: StaffId.optional(),
  channel: operational(channels.schema),
  presentIn: operational(z.string()),
  suspectedDuplicate: operational(z.literal(true)).optional(),
  givenName: identity(z.string()).optional(),
  familyName: identity(z.string()).optional(),
  aliases: words.optional(),
  sex: identity(sexes.schema),
  birthDate: identity(z.string()),
  ageBasis: identity(ageBases.schema),
  nationalities: words,
  origin: identity(z.string()).optional(),
  languages: words,
  fatherName: identity(z.string()).optional(),
  motherName: identity(z.string()).optional(),
  householdRole: identity(householdRoles.schema).optional(),
  documents: words.optional(),
  safePhones: words.optional(),
  address: identity(z.string()).optional(),
})
type Row = z.output<typeof Row>
export type ColumnName = keyof Row

/** What each column is headed with, in the order in which they stand. */
export const columns = {
  reference: { en: 'Reference', fr: 'Référence' },
  caseId: { en: 'Case id', fr: 'Identifiant du dossier' },
  office: { en: 'Office', fr: 'Bureau' },
  status: { en: 'Status', fr: 'Statut' },
  since: { en: 'Since', fr: 'Depuis' },
  stage: { en: 'Stage', fr: 'Étape' },
  registeredAt: { en: 'Registered at', fr: 'Enregistré le' },
  lead: { en: 'Led by', fr: 'Responsable' },
  channel: { en: 'Came by', fr: 'Arrivé par' },
  presentIn: { en: 'Present in', fr: 'Présent dans' },
  suspectedDuplicate: { en: 'May be registered twice', fr: 'Peut-être enregistré deux fois' },
  givenName: { en: 'Given names', fr: 'Prénoms' },
  familyName: { en: 'Family name', fr: 'Nom' },
  aliases: { en: 'Other names', fr: 'Autres noms' },
  sex: { en: 'Sex', fr: 'Sexe' },
  birthDate: { en: 'Birth date', fr: 'Date de naissance' },
  ageBasis: { en: 'Birth date rests on', fr: 'Source de la date de naissance' },
  nationalities: { en: 'Nationalities', fr: 'Nationalités' },
  origin: { en: 'Place of origin', fr: "Lieu d'origine" },
  languages: { en: 'Languages', fr: 'Langues' },
  fatherName: { en: "Father's name", fr: 'Nom du père' },
  motherName: { en: "Mother's name", fr: 'Nom de la mère' },
  householdRole: { en: 'Place in the household', fr: 'Place dans le ménage' },
  documents: { en: 'Documents', fr: 'Documents' },
  safePhones: { en: 'Telephones that are safe to call', fr: 'Téléphones sans danger' },
  address: { en: 'Address', fr: 'Adresse' },
} as const satisfies Readonly<Record<ColumnName, Bilingual>>

const isColumn = (name: string): name is ColumnName => Object.hasOwn(columns, name)
export const columnNames: readonly ColumnName[] = Object.keys(columns).filter(isColumn)

/** Classes that leave in bulk, however much else somebody may see of a single case (data-protection design: no special-category data in bulk). */
const inBulk: ReadonlySet<DataClass> = new Set(['C0', 'C1', 'C2'])
export const bulkClasses = (classes: ReadonlySet<DataClass>): ReadonlySet<DataClass> =>
  new Set([...classes].filter((dataClass) => inBulk.has(dataClass)))

/** A telephone that may be answered by whom the person fears has no place in a list that is handed around. */
const safePhones = ({ contacts = [] }: CaseState['registration']['person']): readonly string[] =>
  contacts.filter(({ safe }) => safe).map(({ phone }) => phone)

function whole(state: CaseState): Row {
  const { caseId, office, status, since, stage, lead, candidates = [], registration } = state
  const { person, household } = registration
  const { name, aliases, parents, documents } = person
  return {
    reference: referenceOf(caseId),
    caseId,
    office,
    status,
    since,
    stage,
    registeredAt: registration.at,
    channel: registration.channel,
    presentIn: registration.presentIn,
    ...(lead !== undefined && { lead }),
    ...(candidates.some(isOpen) && { suspectedDuplicate: true as const }),
    ...(name.given !== undefined && { givenName: name.given }),
    ...(name.family !== undefined && { familyName: name.family }),
    ...(aliases && { aliases }),
    sex: person.sex,
    birthDate: person.birthDate,
    ageBasis: person.ageBasis,
    nationalities: person.nationalities,
    ...(person.origin !== undefined && { origin: person.origin }),
    languages: person.languages,
    ...(parents?.father !== undefined && { fatherName: parents.father }),
    ...(parents?.mother !== undefined && { motherName: parents.mother }),
    ...(household && { householdRole: household.role }),
    ...(documents && { documents: documents.map(({ type, number, issuedBy }) => `${type} ${number} ${issuedBy}`) }),
    safePhones: [...safePhones(person)],
    ...(person.address !== undefined && { address: person.address }),
  }
}

const Shown = z.partialRecord(z.string(), z.union([z.string(), z.array(z.string()), z.literal(true)]))
/** A line: the columns that were asked for and may be seen, in their order; those without a value are absent. */
export type Line = ReadonlyMap<ColumnName, string | readonly string[] | true>

/** @param classes what its reader may see of this case */
export function lineOf(state: CaseState, wanted: readonly ColumnName[], classes: ReadonlySet<DataClass>): Line {
  const shown = Shown.parse(project(Row, whole(state), bulkClasses(classes)))
  return new Map(
    wanted.flatMap((column) => {
      const value = shown[column]
      return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[column, value] as const]
    }),
  )
}

/** Where somebody stands who lists an office. */
export const atOffice = (office: string) => ({ offices: [office], assignees: [] })

export type Requester = Pick<Extract<Principal, { kind: 'staff' }>, 'id' | 'roles' | 'offices'>
