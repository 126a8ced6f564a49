import { accept, aggregate, type Command, definePrivateEvent, type EventOf } from '@wontanara/core'
import {
  CaseId,
  ConsentId,
  consentPurposes,
  dataScopes,
  Instant,
  NeedId,
  OrganisationId,
  offices,
  operational,
  ReferralId,
} from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode } from './refusals.ts'

export type Scope = (typeof dataScopes.codes)[number]

/** What is known of one consent. Given and withdrawn may arrive in either order: each is kept where it arrives. */
const Consent = z.strictObject({
  consentId: ConsentId,
  given: z
    .strictObject({
      purpose: operational(consentPurposes.schema),
      /** Absent: consent. */
      basis: operational(z.enum(['consent', 'vital-interest', 'legal-obligation'])).optional(),
      recipient: OrganisationId.optional(),
      scopes: operational(z.array(dataScopes.schema)),
      validFrom: Instant,
      validUntil: Instant.optional(),
    })
    .optional(),
  withdrawnAt: Instant.optional(),
})
export type Consent = z.output<typeof Consent>

/** Something that a version of the case says; a later version overrules an earlier one, whichever arrives first, and whatever the clocks say. */
const Standing = z.strictObject({ holds: operational(z.boolean()), version: operational(z.int().min(1)) })

/** How a case goes on, by the latest version that says so: reopening ends a closure as well as an interruption. */
const Course = z.strictObject({
  now: operational(z.enum(['open', 'closed', 'suspended', 'lost-contact', 'ineligible', 'deceased'])),
  version: operational(z.int().min(1)),
})

/** A need of the register, and the office that holds the case. */
const Need = z.strictObject({ needId: NeedId, office: operational(offices.schema) })

/** What this service knows of a case: its needs, its consents to referrals, how it goes on, and which referrals were sent for it. */
export const CaseFile = z.strictObject({
  caseId: CaseId,
  consents: z.array(Consent),
  needs: z.array(Need),
  course: Course.optional(),
  returnWithdrawn: Standing.optional(),
  referrals: z.array(ReferralId),
})
export type CaseFile = z.output<typeof CaseFile>

const events = [
  definePrivateEvent('consent-recorded', z.object({ caseId: CaseId, consentId: ConsentId, given: Consent.shape.given.unwrap() })),
  definePrivateEvent('consent-withdrawal-recorded', z.object({ caseId: CaseId, consentId: ConsentId, withdrawnAt: Instant })),
  definePrivateEvent('course-recorded', z.object({ caseId: CaseId, course: Course })),
  definePrivateEvent('return-decision-recorded', z.object({ caseId: CaseId, returnWithdrawn: Standing })),
  definePrivateEvent('need-noted', z.object({ caseId: CaseId, need: Need })),
  definePrivateEvent('referral-noted', z.object({ caseId: CaseId, referralId: ReferralId })),
] as const
export type CaseFileEvent = EventOf<(typeof events)[number]>

type About<T> = Command & { readonly caseId: string } & T
export type CaseFileCommand =
  | About<{ readonly type: 'record-consent'; readonly consentId: string; readonly given: NonNullable<Consent['given']> }>
  | About<{ readonly type: 'record-withdrawal'; readonly consentId: string; readonly withdrawnAt: string }>
  | About<{ readonly type: 'record-course'; readonly course: z.output<typeof Course>['now']; readonly version: number }>
  | About<{ readonly type: 'record-return-decision'; readonly withdrawn: boolean; readonly version: number }>
  | About<{ readonly type: 'note-need' } & z.output<typeof Need>>
  | About<{ readonly type: 'note-referral'; readonly referralId: string }>

const isNews = (known: { readonly version: number } | undefined, version: number): boolean => known === undefined || known.version < version

export const caseFiles = aggregate<CaseFile, CaseFileCommand, CaseFileEvent, RefusalCode>({
  name: 'case-file',
  state: CaseFile,
  events,
  refusals: catalogue,
  /** Nobody's but the service's own: staff and partners meet it only through referrals. */
  resource: () => ({ offices: [], assignees: [] }),
  decide(state, command) {
    const { caseId } = command
    switch (command.type) {
      case 'record-consent': {
        const { consentId, given } = command
        const known = state?.consents.some((consent) => consent.consentId === consentId && consent.given !== undefined)
        return known === true ? accept() : accept({ type: 'consent-recorded', data: { caseId, consentId, given } })
      }
      case 'record-withdrawal': {
        const { consentId, withdrawnAt } = command
        const known = state?.consents.some((consent) => consent.consentId === consentId && consent.withdrawnAt !== undefined)
        return known === true ? accept() : accept({ type: 'consent-withdrawal-recorded', data: { caseId, consentId, withdrawnAt } })
      }
      case 'record-course': {
        const { course, version } = command
        return isNews(state?.course, version)
          ? accept({ type: 'course-recorded', data: { caseId, course: { now: course, version } } })
          : accept()
      }
      case 'record-return-decision': {
        if (!isNews(state?.returnWithdrawn, command.version)) return accept()
        const returnWithdrawn = { holds: command.withdrawn, version: command.version }
        return accept({ type: 'return-decision-recorded', data: { caseId, returnWithdrawn } })
      }
      case 'note-need': {
        const { needId, office } = command
        const known = state?.needs.some((need) => need.needId === needId)
        return known === true ? accept() : accept({ type: 'need-noted', data: { caseId, need: { needId, office } } })
      }
      case 'note-referral': {
        const { referralId } = command
        return state?.referrals.includes(referralId) === true ? accept() : accept({ type: 'referral-noted', data: { caseId, referralId } })
      }
    }
  },
  evolve(current, event) {
    const { caseId } = event.data
    const state: CaseFile = current ?? { caseId, needs: [], consents: [], referrals: [] }
    switch (event.type) {
      case 'consent-recorded':
        return withConsent(state, event.data.consentId, { given: event.data.given })
      case 'consent-withdrawal-recorded':
        return withConsent(state, event.data.consentId, { withdrawnAt: event.data.withdrawnAt })
      case 'course-recorded':
        return { ...state, course: event.data.course }
      case 'return-decision-recorded':
        return { ...state, returnWithdrawn: event.data.returnWithdrawn }
      case 'need-noted':
        return { ...state, needs: [...state.needs, event.data.need] }
      case 'referral-noted':
        return { ...state, referrals: [...state.referrals, event.data.referralId] }
    }
  },
})

function withConsent(state: CaseFile, consentId: string, news: Omit<Consent, 'consentId'>): CaseFile {
  const known = state.consents.find((consent) => consent.consentId === consentId)
  const others = state.consents.filter((consent) => consent !== known)
  return { ...state, consents: [...others, { ...known, consentId, ...news }] }
}

/**
 * The consents in force at an instant that allow referring to this organisation. A consent that names no recipient allows none: IOM Data
 * Protection principle 5 asks for consent to this transfer. Of the exceptions, vital interest counts as consent does: the case holds its two
 * named persons and the reason (state machine 2c). A legal obligation, which one person enters, does not. A withdrawal we know of counts at once, whatever its instant says: two clocks
 * may differ, and the doubt goes to the person.
 */
export const consentsInForce = (file: CaseFile | undefined, recipient: string, at: string): readonly Consent[] =>
  (file?.consents ?? []).filter(
    ({ given, withdrawnAt }) =>
      given !== undefined &&
      withdrawnAt === undefined &&
      given.purpose === 'referral' &&
      given.basis !== 'legal-obligation' &&
      given.recipient === recipient &&
      given.validFrom <= at &&
      (given.validUntil === undefined || at < given.validUntil),
  )

/** The scopes that no consent in force covers; none when sharing is allowed. */
export function uncovered(file: CaseFile | undefined, recipient: string, scopes: readonly Scope[], at: string): readonly Scope[] {
  const covered = new Set(consentsInForce(file, recipient, at).flatMap(({ given }) => given?.scopes ?? []))
  return scopes.filter((scope) => !covered.has(scope))
}
