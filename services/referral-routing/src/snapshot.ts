import { country, line, note, partialDate, phone } from '@wontanara/core'
import { contact, identity, languages } from '@wontanara/events'
import * as z from 'zod'
import type { Scope } from './case-file.ts'

/**
 * What a referral discloses to the partner that accepts it, by data scope: a copy of what the person agreed to share, as it was when the
 * referral was drafted. Fields after the Inter-Agency Referral Form. Health and other special-category data are not carried.
 */
export const Snapshot = z.strictObject({
  name: identity(z.strictObject({ given: line(120), family: line(120).optional() })).optional(),
  birthDate: identity(partialDate()).optional(),
  sex: identity(z.enum(['female', 'male', 'other', 'not-stated'])).optional(),
  contact: contact(
    z.strictObject({ phones: z.array(phone()).max(5).optional(), address: note(300).optional(), safeTimes: line(120).optional() }),
  ).optional(),
  documents: identity(
    z
      .array(z.strictObject({ type: line(40), number: line(40), country: country().optional() }))
      .min(1)
      .max(10),
  ).optional(),
  household: identity(
    z.strictObject({
      size: z.int().min(1).max(50).optional(),
      children: z.int().min(0).max(50).optional(),
      caregiver: z.strictObject({ name: line(120), relationship: line(60), phone: phone().optional(), informed: z.boolean() }).optional(),
    }),
  ).optional(),
  needs: identity(z.strictObject({ situation: note(1000), alreadyProvided: note(500).optional() })).optional(),
  languages: identity(z.array(languages.schema).min(1).max(14)).optional(),
})
export type Snapshot = z.output<typeof Snapshot>

/** The scope of each field. A field without an entry does not compile. */
const scopeOf = {
  name: 'name',
  birthDate: 'birth-date',
  sex: 'sex',
  contact: 'contact',
  documents: 'documents',
  household: 'household',
  needs: 'needs',
  languages: 'languages',
} as const satisfies Readonly<Record<keyof Snapshot, Scope>>

const fields = Object.keys(Snapshot.shape).flatMap((name) => (isField(name) ? [name] : []))
function isField(name: string): name is keyof Snapshot {
  return name in scopeOf
}

/** The scopes that a snapshot discloses. */
export const scopesOf = (snapshot: Snapshot): readonly Scope[] =>
  fields.filter((field) => snapshot[field] !== undefined).map((field) => scopeOf[field])
