import { bounds, isChild, line, majority, note, type PartialDate } from '@wontanara/core'
import {
  ConsentId,
  consentPurposes,
  dataScopes,
  Instant,
  identity,
  languages,
  OrganisationId,
  operational,
  protection,
  StaffId,
} from '@wontanara/events'
import * as z from 'zod'
import { guardianRelations, takings } from './codes.ts'

/** Who gave a consent or a declaration. For a child a guardian signs, or two people decide in the child's best interests. */
export const Signatory = z.discriminatedUnion('kind', [
  z.strictObject({ kind: operational(z.literal('self')) }),
  z.strictObject({
    kind: operational(z.literal('guardian')),
    name: identity(line(120)),
    relation: identity(guardianRelations.schema),
    /** The child's own agreement, beside the guardian's (state machine 2b). */
    childAssents: operational(z.boolean()),
  }),
  z.strictObject({
    kind: operational(z.literal('legal-representative')),
    name: identity(line(120)),
    reference: identity(line(60)),
  }),
  z.strictObject({
    kind: operational(z.literal('best-interests-decision')),
    reference: identity(line(60)),
    secondPerson: StaffId,
  }),
])
export type Signatory = z.output<typeof Signatory>

/** On what the use of data rests: consent, or one of the exceptions of IOM Data Protection principle 13, which must be accounted for. */
export const Grounds = z.discriminatedUnion('basis', [
  z.strictObject({
    basis: operational(z.literal('consent')),
    language: operational(languages.schema),
    /** Version of the information notice that was read out or handed over. */
    noticeVersion: operational(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,19}$/)),
    taken: operational(takings.schema),
    signatory: Signatory,
  }),
  z.strictObject({
    basis: operational(z.literal('vital-interest')),
    justification: protection(note(300)),
    secondPerson: StaffId,
  }),
  z.strictObject({
    basis: operational(z.literal('legal-obligation')),
    legalReference: operational(line(120)),
  }),
])
export type Grounds = z.output<typeof Grounds>

/** What a person is asked to allow. */
export const ConsentTerms = {
  purpose: operational(consentPurposes.schema),
  /** The organisation that may receive the data; a consent to share names exactly one. */
  recipient: OrganisationId.optional(),
  scopes: operational(z.array(dataScopes.schema).max(9)),
  grounds: Grounds,
  validFrom: Instant.optional(),
  validUntil: Instant.optional(),
}

/** One entry of the consent ledger. `recordedBy`: the member of staff who took it. */
export const ConsentEntry = z.strictObject({
  ...ConsentTerms,
  consentId: ConsentId,
  validFrom: Instant,
  recordedBy: StaffId,
  withdrawnAt: Instant.optional(),
})
export type ConsentEntry = z.output<typeof ConsentEntry>

/** What somebody wants to do with data. */
export interface Use {
  readonly purpose: ConsentEntry['purpose']
  readonly recipient?: string | undefined
  readonly scopes?: readonly ConsentEntry['scopes'][number][]
}

/** The first instant at which a person with this birth date is certainly of age. Born on 29 February: 1 March of a common year, as `completedYears` has it. */
export function comesOfAge(birth: PartialDate): string {
  const { last } = bounds(birth)
  return new Date(Date.UTC(Number(last.slice(0, 4)) + majority, Number(last.slice(5, 7)) - 1, Number(last.slice(8, 10)))).toISOString()
}

/** The day of an instant. */
export const dayOf = (instant: string): string => instant.slice(0, 10)

/**
 * Whether an entry holds at an instant: begun, neither ended nor withdrawn, and, where somebody signed for a child,
 * the person is still a child. A guardian's word ends with childhood.
 */
export function holds(entry: ConsentEntry, at: string, birth: PartialDate): boolean {
  if (at < entry.validFrom) return false
  if (entry.validUntil !== undefined && at >= entry.validUntil) return false
  if (entry.withdrawnAt !== undefined && at >= entry.withdrawnAt) return false
  return !signedForChild(entry.grounds) || isChild(birth, dayOf(at))
}

/** Whether somebody else signed because the person is a child. */
export const signedForChild = (grounds: Grounds): boolean =>
  grounds.basis === 'consent' && (grounds.signatory.kind === 'guardian' || grounds.signatory.kind === 'best-interests-decision')

/** The entry that allows a use at an instant: this purpose, this recipient, and every one of these field groups. */
export const effectiveConsent = (ledger: readonly ConsentEntry[], use: Use, at: string, birth: PartialDate): ConsentEntry | undefined =>
  ledger.find(
    (entry) =>
      entry.purpose === use.purpose &&
      entry.recipient === use.recipient &&
      (use.scopes ?? []).every((scope) => entry.scopes.includes(scope)) &&
      holds(entry, at, birth),
  )
