import {
  accept,
  aggregate,
  type Command,
  type Decided,
  definePrivateEvent,
  derivedId,
  type EventOf,
  isChild,
  majority,
  note,
  type Principal,
} from '@wontanara/core'
import {
  CalendarDate,
  CaseId,
  codeList,
  dataScopes,
  ExceptionConfirmed,
  ExceptionReviewed,
  ExceptionReviewOverdue,
  exceptionBases,
  type exceptionOutcomes,
  Instant,
  identity,
  OrganisationId,
  offices,
  operational,
  ReferralId,
  StaffId,
} from '@wontanara/events'
import * as z from 'zod'
import type { Scope } from './case-file.ts'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'
import { type Snapshot, scopesOf } from './snapshot.ts'

export const exceptionStatuses = codeList('exception-status', {
  asked: { en: 'Asked, to be confirmed by a second person', fr: 'Demandée, à confirmer par une deuxième personne' },
  confirmed: { en: 'Confirmed, to be reviewed by a third person', fr: 'Confirmée, à examiner par une troisième personne' },
  upheld: { en: 'Upheld on review', fr: 'Maintenue après examen' },
  rejected: { en: 'Rejected on review', fr: 'Rejetée après examen' },
})

/** How long an exception opens its referral, how long it may wait for its second person, and when its review is due. */
const hours = 72

/** Why somebody asks: enough to be judged by somebody else. */
export const Reason = identity(note(1000).min(20))

/**
 * The exception from consent for one referral, to its recipient and for its scopes: asked by one named person, confirmed by another whom the
 * first names, reviewed by a third. It opens that referral for 72 hours and no other.
 */
export const Exception = z.strictObject({
  referralId: ReferralId,
  caseId: CaseId,
  office: operational(offices.schema),
  recipient: OrganisationId,
  scopes: operational(z.array(dataScopes.schema)),
  basis: operational(exceptionBases.schema),
  reason: Reason,
  status: operational(exceptionStatuses.schema),
  askedBy: StaffId,
  askedAt: Instant,
  /** Whether a protection officer asks: one of the two must be. */
  askedAsProtector: operational(z.boolean()),
  /** Who is asked to confirm. */
  second: StaffId,
  confirmedAt: Instant.optional(),
  /** When it opens the referral no more. */
  until: Instant.optional(),
  reviewDueAt: Instant.optional(),
  reviewedBy: StaffId.optional(),
  reviewedAt: Instant.optional(),
  finding: identity(note(1000)).optional(),
  /** The last day on which the review was called overdue. */
  remindedOn: CalendarDate.optional(),
})
export type Exception = z.output<typeof Exception>

const { referralId, caseId, office, recipient, scopes, basis, reason, askedBy, askedAt, askedAsProtector, second } = Exception.shape
const events = [
  definePrivateEvent(
    'exception-asked',
    z.object({ referralId, caseId, office, recipient, scopes, basis, reason, askedBy, askedAt, askedAsProtector, second }),
  ),
  definePrivateEvent('finding-noted', z.object({ by: StaffId, at: Instant, finding: identity(note(1000)).optional() })),
  definePrivateEvent('exception-moved', z.object({ office })),
  ExceptionConfirmed,
  ExceptionReviewed,
  ExceptionReviewOverdue,
] as const
export type ExceptionEvent = EventOf<(typeof events)[number]>

/** The referral that an exception is asked for, as the server reads it. */
export interface Asked {
  readonly referralId: string
  readonly caseId: string
  readonly office: Exception['office']
  readonly recipient: string
  readonly snapshot: Snapshot
  readonly age: number | undefined
  /** Whether it is a draft, or before the partner. */
  readonly isPending: boolean
  /** What neither consent nor another exception opens now. */
  readonly lacking: readonly Scope[]
}
export type ExceptionCommand = Command &
  (
    | {
        readonly type: 'ask'
        readonly asked: Asked
        readonly basis: Exception['basis']
        readonly why: string
        readonly second: string
      }
    | { readonly type: 'confirm' }
    | { readonly type: 'review'; readonly outcome: (typeof exceptionOutcomes.codes)[number]; readonly finding?: string | undefined }
    /** A day began: a review that is overdue is called so, once a day. */
    | { readonly type: 'remind' }
    | { readonly type: 'move'; readonly office: Exception['office'] }
  )
type Step<T extends ExceptionCommand['type']> = Extract<ExceptionCommand, { readonly type: T }>
type Decision = Decided<ExceptionEvent, RefusalCode>
const no = (code: RefusalCode): Decision => ({ ok: false, refusal: refuse(code) })

/** When the exception that is confirmed at an instant ends, and when what is asked then lapses. */
export const later = (at: string): string => new Date(Date.parse(at) + hours * 3_600_000).toISOString()
const isProtector = (by: Principal): boolean =>
  by.kind === 'staff' && by.roles.some((role) => role === 'protection-officer' || role === 'child-protection-officer')

/** Of a child only what is known of it counts: somebody of unknown age is not shared as one. */
const isOfChild = ({ snapshot, age }: Asked, at: string): boolean =>
  snapshot.birthDate === undefined ? age !== undefined && age < majority : isChild(snapshot.birthDate, at.slice(0, 10))

function ask(state: Exception | undefined, { asked, basis, why, second, by, at }: Step<'ask'>): Decision {
  if (state?.status === 'confirmed') return no('exception-not-reviewed')
  if (state?.status === 'rejected') return no('exception-rejected')
  if (!asked.isPending) return no('exception-not-possible')
  if (asked.lacking.length === 0) return no('exception-not-needed')
  if (basis === 'child-safeguarding' && !isOfChild(asked, at)) return no('not-a-child')
  if (second === by.id) return no('two-persons-needed')
  const { snapshot, age: _, isPending: __, lacking: ___, ...rest } = asked
  return accept({
    type: 'exception-asked',
    data: {
      ...rest,
      scopes: [...scopesOf(snapshot)],
      basis,
      reason: why,
      askedBy: by.id,
      askedAt: at,
      askedAsProtector: isProtector(by),
      second,
    },
  })
}

function confirm(state: Exception, { by, at }: Step<'confirm'>): Decision {
  if (by.id !== state.second) return no('two-persons-needed')
  if (state.status !== 'asked') return accept()
  if (at >= later(state.askedAt)) return no('exception-lapsed')
  if (!state.askedAsProtector && !isProtector(by)) return no('protection-officer-needed')
  const { referralId, caseId, office, basis } = state
  return accept({
    type: ExceptionConfirmed.type,
    data: { referralId, caseId, office, basis, confirmedAt: at, until: later(at), reviewDueAt: later(at) },
  })
}

function review(state: Exception, { outcome, finding, by, at }: Step<'review'>): Decision {
  if (state.status === 'asked') return no('exception-not-confirmed')
  if (by.id === state.askedBy || by.id === state.second) return no('third-person-needed')
  if (state.status !== 'confirmed') return state.status === outcome ? accept() : no('exception-reviewed')
  const { referralId, caseId, office } = state
  return accept<ExceptionEvent>(
    { type: 'finding-noted', data: { by: by.id, at, ...(finding === undefined ? {} : { finding }) } },
    { type: ExceptionReviewed.type, data: { referralId, caseId, office, outcome } },
  )
}

function remind(state: Exception, { at }: Step<'remind'>): Decision {
  const { status, reviewDueAt, remindedOn, referralId, caseId, office } = state
  const day = at.slice(0, 10)
  if (status !== 'confirmed' || reviewDueAt === undefined || at < reviewDueAt || remindedOn === day) return accept()
  return accept({ type: ExceptionReviewOverdue.type, data: { referralId, caseId, office, reviewDueAt, day } })
}

export const ExceptionRow = Exception.pick({
  referralId: true,
  office: true,
  recipient: true,
  basis: true,
  status: true,
  askedAt: true,
  reviewDueAt: true,
})

/** The id of a referral's exception. An event is known by the id of its record: two records that publish never share one. */
export const exceptionIdOf = (referralId: string): string => derivedId('exception', referralId)

/** Partition of the exceptions of an office that wait for somebody. */
export const pendingPartition = (office: string): string => `exceptions#${office}`
/** Partition of all exceptions that wait for their review. */
export const reviewPartition = 'exceptions-to-review'

export const exceptions = aggregate<Exception, ExceptionCommand, ExceptionEvent, RefusalCode>({
  name: 'exception',
  state: Exception,
  events,
  refusals: catalogue,
  resource: ({ office, askedBy, second }) => ({ offices: [office], assignees: [askedBy, second] }),
  index: (state) => {
    const { referralId, office, recipient, basis, status, askedAt, reviewDueAt } = state
    const row = { referralId, office, recipient, basis, status, askedAt, ...(reviewDueAt === undefined ? {} : { reviewDueAt }) }
    const sk = `${reviewDueAt ?? later(askedAt)}#${referralId}`
    if (status !== 'asked' && status !== 'confirmed') return { row }
    return {
      gsi1: { pk: pendingPartition(office), sk },
      ...(status === 'confirmed' ? { gsi2: { pk: reviewPartition, sk } } : {}),
      row,
    }
  },
  decide(state, command): Decision {
    if (command.type === 'ask') return ask(state, command)
    if (state === undefined) return no('not-found')
    switch (command.type) {
      case 'confirm':
        return confirm(state, command)
      case 'review':
        return review(state, command)
      case 'remind':
        return remind(state, command)
      case 'move':
        return command.office === state.office ? accept() : accept({ type: 'exception-moved', data: { office: command.office } })
    }
  },
  evolve(current, event): Exception {
    if (event.type === 'exception-asked') return { ...event.data, status: 'asked' }
    if (current === undefined) throw new Error('an exception that nobody asked for')
    switch (event.type) {
      case 'referral-routing.exception-confirmed.v1': {
        const { confirmedAt, until, reviewDueAt } = event.data
        return { ...current, status: 'confirmed', confirmedAt, until, reviewDueAt }
      }
      case 'finding-noted': {
        const { by, at, finding } = event.data
        return { ...current, reviewedBy: by, reviewedAt: at, ...(finding === undefined ? {} : { finding }) }
      }
      case 'referral-routing.exception-reviewed.v1':
        return { ...current, status: event.data.outcome }
      case 'referral-routing.exception-review-overdue.v1':
        return { ...current, remindedOn: event.data.day }
      case 'exception-moved':
        return { ...current, office: event.data.office }
    }
  },
})
