import { country, guineaPlace, line, partialDate, phone } from '@wontanara/core'
import { CaseId, contact, identity, languages, operational } from '@wontanara/events'
import * as z from 'zod'
import { ageBases, channels, contactOwners, documentTypes, householdRoles, sexes } from './codes.ts'
import { Grounds } from './consent.ts'

/** A name as the person bears it: many have a single one. */
const Name = z
  .strictObject({ given: identity(line(80)).optional(), family: identity(line(80)).optional() })
  .refine(({ given, family }) => given !== undefined || family !== undefined, { params: { code: 'name-needed' } })

/** The identity minimum and what else people tell at registration. */
export const Person = z.strictObject({
  name: Name,
  aliases: identity(z.array(line(80)).max(5)).optional(),
  /** Names of the parents, as they are told: they tell apart people who share a name and a year. */
  parents: z.strictObject({ father: identity(line(80)).optional(), mother: identity(line(80)).optional() }).optional(),
  sex: identity(sexes.schema),
  /** At least the year. */
  birthDate: identity(partialDate()),
  ageBasis: identity(ageBases.schema),
  /** ISO 3166-1; none when stateless or not known. */
  nationalities: identity(z.array(country()).max(3)),
  /** Region or prefecture of origin, ISO 3166-2:GN. */
  origin: identity(guineaPlace()).optional(),
  languages: identity(z.array(languages.schema).min(1).max(6)),
  contacts: contact(
    z
      .array(
        z.strictObject({
          phone: phone(),
          owner: contactOwners.schema,
          /** Whether one may call there without putting the person in danger. */
          safe: z.boolean(),
        }),
      )
      .max(5),
  ).optional(),
  address: contact(line(160)).optional(),
  documents: identity(
    z
      .array(
        z.strictObject({
          type: documentTypes.schema,
          number: line(40),
          issuedBy: country(),
          expiresOn: z.iso.date().optional(),
        }),
      )
      .max(5),
  ).optional(),
})
export type Person = z.output<typeof Person>

/** Link to the case of the head of household. */
const Household = z.strictObject({ role: identity(householdRoles.schema), headCaseId: identity(CaseId).optional() })

/** What is taken down once, at registration; corrected later, but hardly ever. */
export const Registration = z.strictObject({
  channel: operational(channels.schema),
  /** Country the person is in, ISO 3166-1. */
  presentIn: operational(country()),
  person: Person,
  household: Household.optional(),
  /** On what the processing of the data rests: first entry of the consent ledger. */
  processing: Grounds,
})
export type Registration = z.output<typeof Registration>
