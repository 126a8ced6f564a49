import { line } from '@wontanara/core'
import {
  CalendarDate,
  CaseId,
  Instant,
  identity,
  ManifestId,
  offices,
  operational,
  protection,
  StaffId,
  TransferId,
} from '@wontanara/events'
import * as z from 'zod'
import { isTreatedAsChild } from './child-classification.ts'
import { closureReasons, ineligibilityReasons, stages, statuses, suspensionReasons } from './codes.ts'
import { type Consent, dayOf, effectiveConsents, LedgerLine } from './consent.ts'
import { Session } from './counselling.ts'
import { Declaration } from './declaration.ts'
import { Candidate, DuplicateCheck } from './duplicates.ts'
import { FamilyLink, ProtectionLink } from './links.ts'
import { BeforeMerge, Former, Joined } from './merge-record.ts'
import { Need } from './needs.ts'
import { Registration } from './registration.ts'
import { Safeguard } from './safeguards.ts'
import { birthDates, Screening } from './screening.ts'

/** The row of an arrival manifest that the registration was last read from. */
const Source = z.strictObject({ manifestId: ManifestId, part: operational(z.int()), row: operational(z.int()) })
export type Source = z.output<typeof Source>

/** The registration with what was settled about it since. `searched`: earlier registrations of the person were looked for. */
export const RegistrationOnFile = Registration.extend({
  at: Instant,
  duplicates: DuplicateCheck.optional(),
  searched: operational(z.literal(true)).optional(),
  formerly: z.array(Former).optional(),
  /** The case that goes on instead of this one. */
  mergedInto: CaseId.optional(),
  /** Since when the office holds the case that another registered. */
  heldSince: Instant.optional(),
  source: Source.optional(),
})

/** Why a case does not move on (side states of state machine 2a). */
export const Interruption = z.discriminatedUnion('status', [
  z.strictObject({ status: operational(z.literal('suspended')), reason: identity(suspensionReasons.schema) }),
  z.strictObject({
    status: operational(z.literal('lost-contact')),
    attempts: operational(z.int().min(1).max(99)),
    lastContactOn: CalendarDate,
  }),
  z.strictObject({ status: operational(z.literal('ineligible')), reason: protection(ineligibilityReasons.schema) }),
  z.strictObject({ status: operational(z.literal('deceased')), on: identity(z.iso.date()), source: identity(line(120)) }),
])
export type Interruption = z.output<typeof Interruption>

const Closure = z.strictObject({
  reason: operational(closureReasons.schema),
  requestedBy: StaffId,
  requestedAt: Instant,
  approvedBy: StaffId.optional(),
})

/**
 * A case. What is hot (status, who works on it) is one item of its table; each of the cold fields is another, written only when it
 * changes and absent until it is first needed.
 */
export const CaseState = z.strictObject({
  caseId: CaseId,
  office: operational(offices.schema),
  status: operational(statuses.schema),
  /** The furthest forward state; where a suspended or reopened case goes on. */
  stage: operational(stages.schema),
  /** Since when it has this status. */
  since: Instant,
  lead: StaffId.optional(),
  team: z.array(StaffId),
  interruption: Interruption.optional(),
  closure: Closure.optional(),
  /** The transfer that waits for the answer of another office. */
  transfer: z.strictObject({ transferId: TransferId, to: operational(offices.schema), since: Instant }).optional(),
  beforeMerge: BeforeMerge.optional(),
  /** Cases that were merged into this one and are no more. */
  parted: z.array(CaseId).optional(),
  registration: RegistrationOnFile,
  screening: protection(Screening).optional(),
  sessions: z.array(Session).optional(),
  needs: z.array(Need).optional(),
  consents: z.array(LedgerLine).optional(),
  safeguards: protection(z.array(Safeguard)).optional(),
  declaration: Declaration.optional(),
  /** Other cases that may be of the same person; absent until there is one. */
  candidates: z.array(Candidate).optional(),
  joined: Joined.optional(),
  /** To whom the person belongs: other cases, as seen from this one. */
  links: z.array(FamilyLink).optional(),
  protectionLinks: z.array(ProtectionLink).optional(),
})
export type CaseState = z.output<typeof CaseState>

export const coldFields = [
  'registration',
  'screening',
  'sessions',
  'needs',
  'consents',
  'safeguards',
  'declaration',
  'candidates',
  'joined',
  'links',
  'protectionLinks',
] as const satisfies readonly (keyof CaseState)[]

/** The state before anything is known: what an event out of the blue is folded into, so that `evolve` is total. */
export const blank: CaseState = {
  caseId: '',
  office: 'conakry',
  status: 'registered',
  stage: 'registered',
  since: '',
  team: [],
  registration: {
    at: '',
    channel: 'intake-point',
    presentIn: 'GN',
    person: { name: {}, sex: 'not-stated', birthDate: '1900', ageBasis: 'estimated', nationalities: [], languages: [] },
    processing: { basis: 'legal-obligation', legalReference: '' },
  },
}

/** Whether the person is to be treated as a child at an instant, by everything on file. */
export const isChildAt = ({ registration, screening }: Pick<CaseState, 'registration' | 'screening'>, at: string): boolean =>
  isTreatedAsChild({ birthDates: birthDates(registration, screening), ageInDoubt: screening?.ageInDoubt ?? false }, dayOf(at))

/**
 * The whole ledger. The processing of data, taken down at registration, is its first line; its id is the case's own, and who recorded it
 * is who registered the person: neither needs a place.
 */
export const ledgerOf = ({ caseId, status, registration, consents = [] }: CaseState): readonly LedgerLine[] => {
  const processing: LedgerLine = {
    kind: 'given',
    consentId: caseId.replace(/^case-/, 'consent-'),
    purpose: 'data-processing',
    scopes: [],
    grounds: registration.processing,
    validFrom: registration.at,
  }
  // The ledger of a merged case is that of the case that goes on.
  return status === 'merged' ? [] : [processing, ...consents]
}

/** The consents that hold at an instant. */
export const consentsAt = (state: CaseState, at: string): readonly Consent[] => effectiveConsents(ledgerOf(state), at, isChildAt(state, at))
