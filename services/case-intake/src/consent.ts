import { bounds, line, majority, note, type PartialDate, type Principal } from '@wontanara/core'
import {
  CaseId,
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
import { guardianRelations, takings, withdrawers } from './codes.ts'

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

/** What was allowed, with who took it down. */
export const Consent = z.strictObject({
  kind: operational(z.literal('given')),
  ...ConsentTerms,
  consentId: ConsentId,
  validFrom: Instant,
  /** Absent where the registration is the record: its commit says by whom. */
  recordedBy: StaffId.optional(),
  /** The merged case that brought it. */
  from: CaseId.optional(),
})
/** That it was taken back: whatever rests on it stops at this instant. */
export const ConsentWithdrawal = z.strictObject({
  kind: operational(z.literal('withdrawn')),
  consentId: ConsentId,
  /** `programme`: it lapsed, because somebody else had to sign. */
  by: operational(z.enum([...withdrawers.codes, 'programme'])),
  at: Instant,
  recordedBy: StaffId,
})
/** A line of the consent ledger, which is only ever added to. */
export const LedgerLine = z.discriminatedUnion('kind', [Consent, ConsentWithdrawal])
export type LedgerLine = z.output<typeof LedgerLine>
export type Consent = z.output<typeof Consent>

/** The first instant at which a person with this birth date is certainly of age. Born on 29 February: 1 March of a common year, as `completedYears` has it. */
export function comesOfAge(birth: PartialDate): string {
  const { last } = bounds(birth)
  return new Date(Date.UTC(Number(last.slice(0, 4)) + majority, Number(last.slice(5, 7)) - 1, Number(last.slice(8, 10)))).toISOString()
}

/** The day of an instant. */
export const dayOf = (instant: string): string => instant.slice(0, 10)

/** Whether a date (YYYY, YYYY-MM or YYYY-MM-DD) lies ahead wherever the programme works: at 23 h UTC it is tomorrow already in Tripoli (UTC+2, the furthest). */
export const isAhead = (date: PartialDate, at: string): boolean => date > dayOf(new Date(Date.parse(at) + 2 * 3_600_000).toISOString())

/** An instant as all others are written, so that instants compare as text: `09:00Z` and `09:00:00.000Z` are one. */
export const instantOf = (written: string): string => new Date(written).toISOString()

/** Whether somebody else signed because the person is a child. */
export const isForChild = (grounds: Grounds): boolean =>
  grounds.basis === 'consent' && (grounds.signatory.kind === 'guardian' || grounds.signatory.kind === 'best-interests-decision')

/** Whether the signatory may speak for a child, or for an adult: a child does not sign alone, and a guardian's word ends with childhood. */
const speaksFor = (grounds: Grounds, isChild: boolean): boolean => grounds.basis !== 'consent' || isForChild(grounds) === isChild

const consentsOf = (ledger: readonly LedgerLine[]): readonly Consent[] => ledger.filter((line) => line.kind === 'given')

/** The consents that hold at an instant: begun, neither ended nor withdrawn, and signed by who may speak for the person as old as then. */
export const effectiveConsents = (ledger: readonly LedgerLine[], at: string, isChild: boolean): readonly Consent[] =>
  consentsOf(ledger).filter(
    ({ consentId, validFrom, validUntil, grounds }) =>
      validFrom <= at &&
      (validUntil === undefined || at < validUntil) &&
      !ledger.some((line) => line.kind === 'withdrawn' && line.consentId === consentId && line.at <= at) &&
      speaksFor(grounds, isChild),
  )

/** What is wrong with the grounds of a use of data, given who records it. */
export function faultsOf(
  grounds: Grounds,
  by: Principal,
  isChild: boolean,
): readonly ('guardian-must-sign' | 'person-must-sign' | 'second-person-needed' | 'protection-officer-needed')[] {
  const second =
    grounds.basis === 'vital-interest'
      ? grounds.secondPerson
      : grounds.basis === 'consent' && grounds.signatory.kind === 'best-interests-decision'
        ? grounds.signatory.secondPerson
        : undefined
  return [
    ...(speaksFor(grounds, isChild) ? [] : [isChild ? ('guardian-must-sign' as const) : ('person-must-sign' as const)]),
    // Two named people, never one: a decision over somebody's head is not one officer's.
    ...(second === by.id ? ['second-person-needed' as const] : []),
    ...(grounds.basis === 'vital-interest' && !isProtector(by) ? ['protection-officer-needed' as const] : []),
  ]
}

/** Whether a member of staff is charged with protection. */
export const isProtector = (by: Principal): boolean =>
  by.kind === 'staff' && by.roles.some((role) => role === 'protection-officer' || role === 'child-protection-officer')
