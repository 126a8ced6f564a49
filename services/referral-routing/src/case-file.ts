import { accept, aggregate, type Command, definePrivateEvent, type EventOf, type Store } from '@wontanara/core'
import {
  CaseId,
  ConsentId,
  consentPurposes,
  dataScopes,
  exceptionBases,
  Instant,
  NeedId,
  OrganisationId,
  offices,
  operational,
  ReferralId,
} from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

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

/** The office that holds the case, since it was handed over; before that the needs name it. */
export const Holder = z.strictObject({ office: operational(offices.schema), version: operational(z.int().min(1)) })

/** A need of the register, and the office that held the case. */
const Need = z.strictObject({ needId: NeedId, office: operational(offices.schema) })

/** That the case was merged into another, or parted from it again, by the latest version that says so. */
const Merge = z.strictObject({ into: CaseId, holds: operational(z.boolean()), version: operational(z.int().min(1)) })

/** Two named persons opened one referral of the case to its recipient without consent: `exception.ts`. */
const Exception = z.strictObject({
  referralId: ReferralId,
  basis: operational(exceptionBases.schema),
  confirmedAt: Instant,
  until: Instant,
  /** On review: it opens nothing any more. */
  rejected: operational(z.literal(true)).optional(),
})
export type Exception = z.output<typeof Exception>

/** What this service knows of a case: its needs, its consents to referrals, how it goes on, and which referrals were sent for it. */
export const CaseFile = z.strictObject({
  caseId: CaseId,
  consents: z.array(Consent),
  needs: z.array(Need),
  course: Course.optional(),
  /** The latest of each referral. */
  exceptions: z.array(Exception).optional(),
  returnWithdrawn: Standing.optional(),
  holder: Holder.optional(),
  merge: Merge.optional(),
  /** Cases that were merged into this one; whether they still are, their own files say. */
  held: z.array(CaseId).optional(),
  referrals: z.array(ReferralId),
})
export type CaseFile = z.output<typeof CaseFile>

const events = [
  definePrivateEvent('consent-recorded', z.object({ caseId: CaseId, consentId: ConsentId, given: Consent.shape.given.unwrap() })),
  definePrivateEvent('consent-withdrawal-recorded', z.object({ caseId: CaseId, consentId: ConsentId, withdrawnAt: Instant })),
  definePrivateEvent('exception-recorded', z.object({ caseId: CaseId, exception: Exception })),
  definePrivateEvent('course-recorded', z.object({ caseId: CaseId, course: Course })),
  definePrivateEvent('return-decision-recorded', z.object({ caseId: CaseId, returnWithdrawn: Standing })),
  definePrivateEvent('need-noted', z.object({ caseId: CaseId, need: Need })),
  definePrivateEvent('holder-recorded', z.object({ caseId: CaseId, holder: Holder })),
  definePrivateEvent('merge-recorded', z.object({ caseId: CaseId, merge: Merge })),
  definePrivateEvent('case-held', z.object({ caseId: CaseId, other: CaseId })),
  definePrivateEvent('referral-noted', z.object({ caseId: CaseId, referralId: ReferralId })),
] as const
export type CaseFileEvent = EventOf<(typeof events)[number]>

type About<T> = Command & { readonly caseId: string } & T
export type CaseFileCommand =
  | About<{ readonly type: 'record-consent'; readonly consentId: string; readonly given: NonNullable<Consent['given']> }>
  | About<{ readonly type: 'record-withdrawal'; readonly consentId: string; readonly withdrawnAt: string }>
  | About<{ readonly type: 'record-exception'; readonly exception: Exception }>
  | About<{ readonly type: 'reject-exception'; readonly referralId: string }>
  | About<{ readonly type: 'record-course'; readonly course: z.output<typeof Course>['now']; readonly version: number }>
  | About<{ readonly type: 'record-return-decision'; readonly withdrawn: boolean; readonly version: number }>
  | About<{ readonly type: 'note-need' } & z.output<typeof Need>>
  | About<{ readonly type: 'record-holder' } & z.output<typeof Holder>>
  /** `office`: that of the case that goes on, or its own again. */
  | About<{ readonly type: 'record-merge' } & z.output<typeof Merge> & Pick<z.output<typeof Holder>, 'office'>>
  | About<{ readonly type: 'take-in'; readonly other: string; readonly referralIds: readonly string[] }>
  /** `among`: refused when the file has come to know of another since it was read. */
  | About<{ readonly type: 'note-referral'; readonly referralId: string; readonly among?: readonly string[] }>

const isNews = (known: { readonly version: number } | undefined, version: number): boolean => known === undefined || known.version < version

const blank = (caseId: string): CaseFile => ({ caseId, needs: [], consents: [], referrals: [] })

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
      case 'record-exception':
        return accept({ type: 'exception-recorded', data: { caseId, exception: command.exception } })
      case 'reject-exception': {
        const exception = state?.exceptions?.find(({ referralId }) => referralId === command.referralId)
        return exception === undefined
          ? accept()
          : accept({ type: 'exception-recorded', data: { caseId, exception: { ...exception, rejected: true } } })
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
      case 'record-holder': {
        const { office, version } = command
        return isNews(state?.holder, version)
          ? accept({ type: 'holder-recorded', data: { caseId, holder: { office, version } } })
          : accept()
      }
      case 'record-merge': {
        const { into, holds, office, version } = command
        if (!isNews(state?.merge, version)) return accept()
        return accept<CaseFileEvent>(
          { type: 'merge-recorded', data: { caseId, merge: { into, holds, version } } },
          ...(isNews(state?.holder, version) ? [{ type: 'holder-recorded', data: { caseId, holder: { office, version } } } as const] : []),
        )
      }
      case 'take-in': {
        const { other, referralIds } = command
        const news = referralIds.filter((referralId) => state?.referrals.includes(referralId) !== true)
        return accept<CaseFileEvent>(
          ...(state?.held?.includes(other) === true ? [] : [{ type: 'case-held', data: { caseId, other } } as const]),
          ...news.map((referralId) => ({ type: 'referral-noted', data: { caseId, referralId } }) as const),
        )
      }
      case 'note-referral': {
        const { referralId, among } = command
        const known = state?.referrals ?? []
        if (known.includes(referralId)) return accept()
        if (among !== undefined && !known.every((id) => among.includes(id))) return { ok: false, refusal: refuse('referral-meanwhile') }
        return accept({ type: 'referral-noted', data: { caseId, referralId } })
      }
    }
  },
  evolve(current, event) {
    const { caseId } = event.data
    const state = current ?? blank(caseId)
    switch (event.type) {
      case 'consent-recorded':
        return withConsent(state, event.data.consentId, { given: event.data.given })
      case 'consent-withdrawal-recorded':
        return withConsent(state, event.data.consentId, { withdrawnAt: event.data.withdrawnAt })
      case 'exception-recorded': {
        const { exception } = event.data
        const others = (state.exceptions ?? []).filter(({ referralId }) => referralId !== exception.referralId)
        return { ...state, exceptions: [...others, exception] }
      }
      case 'course-recorded':
        return { ...state, course: event.data.course }
      case 'return-decision-recorded':
        return { ...state, returnWithdrawn: event.data.returnWithdrawn }
      case 'need-noted':
        return { ...state, needs: [...state.needs, event.data.need] }
      case 'holder-recorded':
        return { ...state, holder: event.data.holder }
      case 'case-held':
        return { ...state, held: [...(state.held ?? []), event.data.other] }
      case 'merge-recorded':
        return { ...state, merge: event.data.merge }
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
 * Protection principle 5 asks for consent to this transfer. What the case holds on another basis, vital interest or a legal obligation, is no
 * consent and allows none: for that two named persons open the one referral (`exception.ts`). A withdrawal we know of counts at once,
 * whatever its instant says: two clocks may differ, and the doubt goes to the person.
 */
export const consentsInForce = (file: CaseFile | undefined, recipient: string, at: string): readonly Consent[] =>
  (file?.consents ?? []).filter(
    ({ given, withdrawnAt }) =>
      given !== undefined &&
      withdrawnAt === undefined &&
      given.purpose === 'referral' &&
      (given.basis ?? 'consent') === 'consent' &&
      given.recipient === recipient &&
      given.validFrom <= at &&
      (given.validUntil === undefined || at < given.validUntil),
  )

/** The scopes that no consent in force covers. Whether a referral may be shared, `ground.ts` says. */
export function uncovered(file: CaseFile | undefined, recipient: string, scopes: readonly Scope[], at: string): readonly Scope[] {
  const covered = new Set(consentsInForce(file, recipient, at).flatMap(({ given }) => given?.scopes ?? []))
  return scopes.filter((scope) => !covered.has(scope))
}

/** The case by whose file is judged what is sent for this one: another, while this one is merged into it. */
export const standInOf = (caseId: string, file: Pick<CaseFile, 'merge'> | undefined): string =>
  file?.merge?.holds === true ? file.merge.into : caseId

/** What two files say of one consent: given in either, withdrawn in either. */
function consentsOf(files: readonly CaseFile[]): readonly Consent[] {
  const ids = [...new Set(files.flatMap(({ consents }) => consents.map(({ consentId }) => consentId)))]
  const lines = files.flatMap(({ consents }) => consents)
  return ids.map((id): Consent => Object.assign({ consentId: id }, ...lines.filter(({ consentId }) => consentId === id)))
}

/**
 * The file of a case, read now: with the needs and consents of the cases that are merged into it; while it is merged into another, that of
 * the other. Whose office holds what was sent for it, its own file says: versions of two cases do not compare.
 */
export async function fileOf(store: Pick<Store<CaseFile, CaseFileEvent>, 'load'>, caseId: string): Promise<CaseFile | undefined> {
  const load = async (id: string): Promise<CaseFile | undefined> => (await store.load(id, { fresh: true }))?.state
  const own = await load(caseId)
  const root = standInOf(caseId, own)
  const file = root === caseId ? own : ((await load(root)) ?? blank(root))
  if (file === undefined) return undefined
  const held = await Promise.all((file.held ?? []).map((id) => (id === caseId ? own : load(id))))
  const merged = held.filter((other) => other !== undefined).filter((other) => standInOf(other.caseId, other) === root)
  const { holder, ...whole } = file
  const place = root === caseId ? holder : own?.holder
  return {
    ...whole,
    ...(place && { holder: place }),
    consents: [...consentsOf([file, ...merged])],
    exceptions: [file, ...merged].flatMap(({ exceptions = [] }) => exceptions),
    needs: [file, ...merged].flatMap(({ needs, holder: at }) => needs.map((need) => ({ ...need, office: at?.office ?? need.office }))),
  }
}
