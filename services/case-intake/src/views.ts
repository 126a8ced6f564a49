import type { Principal, Resource } from '@wontanara/core'
import { type Commit, referenceOf, type Seen, textOf } from '@wontanara/core'
import {
  accountability,
  CaseId,
  CaseScreened,
  CasesLinked,
  CasesUnlinked,
  Instant,
  offices,
  open,
  operational,
  protection,
  StaffId,
} from '@wontanara/events'
import * as z from 'zod'
import { childClassifications, classificationFacts, needStatuses, statuses } from './codes.ts'
import { Consent, dayOf } from './consent.ts'
import { DuplicateCheck } from './duplicates.ts'
import type { CaseEvent } from './events.ts'
import { guardsOf, knownTo, steps } from './missing.ts'
import { Need, needStatus } from './needs.ts'
import { catalogue } from './refusals.ts'
import { Registration } from './registration.ts'
import { classificationOf, hasSpecificNeeds, Screening } from './screening.ts'
import { CaseState, consentsAt, ledgerOf, RegistrationOnFile } from './state.ts'

const ConsentView = Consent.omit({ kind: true }).extend({
  /** Whether it holds at the instant of the answer, or at the one asked for. */
  effective: operational(z.boolean()),
  withdrawnAt: Instant.optional(),
})

/** What only serves to undo a merge is not shown. */
const { beforeMerge: _, joined: __, parted: ___, ...shown } = CaseState.shape

/** A case as its readers see it: fields that they may not see are absent. */
export const CaseView = z.strictObject({
  ...shown,
  registeredAt: Instant,
  /** Since when the office holds a case that another registered. */
  heldSince: Instant.optional(),
  duplicates: DuplicateCheck.optional(),
  /** The row of an arrival manifest that the registration was last read from. */
  source: RegistrationOnFile.shape.source,
  /** To be dictated over the phone, `26K4-7QX9-TM2R-H`. */
  reference: operational(z.string()),
  registration: Registration.omit({ processing: true }),
  formerly: RegistrationOnFile.shape.formerly,
  mergedInto: RegistrationOnFile.shape.mergedInto,
  consents: z.array(ConsentView),
  needs: z.array(Need.extend({ status: operational(needStatuses.schema) })),
  /** All that the general file shows of what a screening found (activity A6). */
  specificNeeds: operational(z.boolean()),
  childClassification: protection(
    z.strictObject({ classification: childClassifications.schema, facts: z.array(classificationFacts.schema) }),
  ).optional(),
})

/** A line of a list as the index holds it. No personal data. */
export const CaseRow = z.strictObject({
  caseId: CaseId,
  status: operational(statuses.schema),
  since: Instant,
  lead: StaffId.optional(),
  /** Somebody has to decide whether the person is registered twice. */
  suspectedDuplicate: operational(z.literal(true)).optional(),
})
export const CaseLine = CaseRow.extend({ office: operational(offices.schema) })

export const ConsentsView = z.strictObject({ at: Instant, consents: z.array(ConsentView) })

export const ScreeningsView = z.strictObject({ items: protection(z.array(Screening.extend({ by: z.string() }))) })

/** What each next step still lacks, in the words of the refusal it would meet. */
export const NextStepsView = z.strictObject({
  steps: z.array(
    z.strictObject({
      step: operational(z.enum(steps)),
      missing: z.array(z.strictObject({ code: operational(z.string()), en: open(z.string()), fr: open(z.string()) })),
    }),
  ),
})

export const TimelineView = z.strictObject({
  items: z.array(
    accountability(
      z.strictObject({
        version: z.int(),
        at: z.iso.datetime(),
        action: z.string(),
        by: z.string(),
        as: z.string(),
        offices: z.array(z.string()),
        reason: z.string().optional(),
        events: z.array(z.string()),
        hash: z.string(),
      }),
    ),
  ),
})

const consentViews = (state: CaseState, at: string): z.output<typeof ConsentView>[] => {
  const ledger = ledgerOf(state)
  const effective = new Set(consentsAt(state, at).map(({ consentId }) => consentId))
  return ledger.flatMap((line) => {
    if (line.kind === 'withdrawn') return []
    const { kind: _, ...given } = line
    const withdrawal = ledger.find((other) => other.kind === 'withdrawn' && other.consentId === given.consentId)
    return [
      {
        ...given,
        effective: effective.has(given.consentId),
        ...(withdrawal?.kind === 'withdrawn' ? { withdrawnAt: withdrawal.at } : {}),
      },
    ]
  })
}

/** A case at an instant: ages and consents are those of then. */
export function caseView({ state, at }: Seen<CaseState>): z.output<typeof CaseView> {
  const { registration, screening, beforeMerge: _b, joined: _j, parted: _p, ...rest } = state
  const { processing: _, searched: __, heldSince, at: registeredAt, duplicates, formerly, mergedInto, source, ...facts } = registration
  const classification = screening && classificationOf(registration, screening, dayOf(at), state)
  return {
    ...rest,
    reference: referenceOf(state.caseId),
    registeredAt,
    ...(heldSince && { heldSince }),
    ...(duplicates && { duplicates }),
    ...(formerly && { formerly }),
    ...(mergedInto && { mergedInto }),
    ...(source && { source }),
    registration: facts,
    needs: (state.needs ?? []).map((need) => ({ ...need, status: needStatus(need) })),
    consents: consentViews(state, at),
    specificNeeds: screening !== undefined && classification !== undefined && hasSpecificNeeds(screening, classification),
    ...(screening && { screening }),
    ...(classification && { childClassification: { classification: classification.classification, facts: [...classification.facts] } }),
  }
}

export const consentsView =
  (at: string) =>
  ({ state }: Seen<CaseState>): z.output<typeof ConsentsView> => ({ at, consents: consentViews(state, at) })

export const nextStepsView =
  (reader: Principal, resource: (state: CaseState) => Resource) =>
  ({ state, at }: Seen<CaseState>): z.output<typeof NextStepsView> => ({
    steps: steps.map((step) => ({
      step,
      missing: knownTo(guardsOf(state, step, at), reader, resource(state)).map(({ code, params }) => ({
        code,
        en: textOf(catalogue, code, 'en', params),
        fr: textOf(catalogue, code, 'fr', params),
      })),
    })),
  })

/** What a protection officer records, screening or safeguard. */
const protectiveEvents: ReadonlySet<string> = new Set([
  'screening-recorded',
  CaseScreened.type,
  'safeguard-recorded',
  // Of every kind, or the lack of the harmless ones would tell.
  'family-link-noted',
  'protection-link-noted',
  CasesLinked.type,
  CasesUnlinked.type,
])

/**
 * The timeline of a case. That a safeguard was recorded would tell what the general file does not. The action stays, and a screening is
 * shown no otherwise, neither by its events nor by its occasion: or the lack of them would tell the safeguard.
 */
export const timelineView = (history: readonly Commit<CaseEvent>[]): z.output<typeof TimelineView> => ({
  items: history.map(({ version, trail: { at, action, by, as, offices, reason }, events, hash }) => ({
    version,
    at,
    action,
    by,
    as,
    offices: [...offices],
    ...(reason === undefined || action === 'case:screen' ? {} : { reason }),
    events: events.map(({ type }) => type).filter((type) => !protectiveEvents.has(type)),
    hash,
  })),
})
