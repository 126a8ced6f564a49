import { decide, type Params, type Principal, type Resource } from '@wontanara/core'
import { needsChildGates } from './child-classification.ts'
import { type Consent, dayOf, effectiveConsents, type Signatory } from './consent.ts'
import { isCovered, lastSession } from './counselling.ts'
import { isExpired } from './declaration.ts'
import { isOpen } from './duplicates.ts'
import { needStatus } from './needs.ts'
import type { GuardCode } from './refusals.ts'
import { guardianInOffice, isSameName, latest } from './safeguards.ts'
import { classificationOf } from './screening.ts'
import { type CaseState, consentsAt, isChildAt, ledgerOf } from './state.ts'

/** What may come next in a case's life. `in-preparation` is the return service's to enter; what it needs from here is told here. */
export const steps = ['screened', 'counselled', 'voluntary-confirmed', 'in-preparation', 'closed'] as const
export type Step = (typeof steps)[number]

/** A guard that fails. `sealed`: naming it would tell who may not know that the person is, say, a survivor of trafficking. */
export interface Guard {
  readonly code: GuardCode
  readonly params?: Params
  readonly sealed?: true
}

const when = (fails: boolean, code: GuardCode, params?: Params): readonly Guard[] =>
  fails ? [params === undefined ? { code } : { code, params }] : []
const sealedWhen = (fails: boolean, code: GuardCode): readonly Guard[] => (fails ? [{ code, sealed: true }] : [])

const allowsProcessing = (consents: readonly Consent[]): boolean => consents.some(({ purpose }) => purpose === 'data-processing')

/** Whether the case may move on with the person's data at an instant: consent, or a recorded legal ground (IOM DP principle 4). */
const mayProcess = (state: CaseState, at: string): boolean => allowsProcessing(consentsAt(state, at))

/**
 * Whether help may be recorded at an instant. Who signed as an adult and turns out to be a child does not lose the screening and the
 * needs that protect it meanwhile; only a withdrawal stops those.
 */
export const mayHelp = (state: CaseState, at: string): boolean =>
  [true, false].some((isChild) => allowsProcessing(effectiveConsents(ledgerOf(state), at, isChild)))

const isForward = ({ status, stage }: CaseState): boolean => status === stage

function registrationGuards(state: CaseState, at: string): readonly Guard[] {
  const {
    registration: { duplicates, searched },
    candidates = [],
  } = state
  const isTwice = duplicates?.outcome === 'same-person' || candidates.some(({ decision }) => decision?.outcome === 'same-person')
  return [
    ...when(!isForward(state), 'case-not-active', { status: state.status }),
    ...when(!mayProcess(state, at), 'processing-not-allowed'),
    ...when(searched === undefined, 'duplicates-pending'),
    ...when(candidates.some(isOpen), 'duplicates-undecided'),
    ...when(isTwice, 'registered-twice'),
  ]
}

const screeningGuard = ({ screening }: CaseState): readonly Guard[] => when(screening === undefined, 'screening-missing')

function findingsGuards({ screening }: CaseState): readonly Guard[] {
  if (screening === undefined) return []
  const { eligibility, asylumClaim, claimWithdrawal, claimDecision, trafficking } = screening
  const notPursued = eligibility === 'asylum-claim-not-pursued'
  const noNeed = eligibility === 'not-in-need-of-international-protection'
  const withdrawn = asylumClaim === 'withdrawn'
  const decided = asylumClaim === 'decided'
  return [
    ...sealedWhen(eligibility === undefined, 'eligibility-open'),
    ...sealedWhen(asylumClaim === 'pending', 'asylum-claim-pending'),
    // Whatever the category: a claim that ended by hearsay may still be pending, and its return forbidden.
    ...sealedWhen((notPursued && !withdrawn) || (withdrawn && claimWithdrawal === undefined), 'claim-withdrawal-unproven'),
    ...sealedWhen((noNeed && !decided) || (decided && claimDecision === undefined), 'claim-decision-missing'),
    ...sealedWhen(trafficking === 'not-asked', 'trafficking-not-asked'),
  ]
}

function counsellingGuards({ sessions = [], registration, screening }: CaseState): readonly Guard[] {
  const { languages } = registration.person
  return [
    ...when(!isCovered(sessions, 'return', languages), 'counselling-on-return-missing'),
    ...when(!isCovered(sessions, 'reintegration', languages), 'counselling-on-reintegration-missing'),
    // Who gives up an asylum claim has been told what that means before departure (activity A4).
    ...sealedWhen(
      (screening?.eligibility === 'asylum-claim-not-pursued' || screening?.asylumClaim === 'withdrawn') &&
        !sessions.some(({ topics, language }) => topics.includes('asylum-and-protection') && languages.includes(language)),
      'counselling-on-asylum-missing',
    ),
  ]
}

/** Whether the gates of state machine 2b apply to the person at an instant. */
const isChildAlone = (state: CaseState, at: string): boolean => {
  const { registration, screening } = state
  return screening !== undefined && needsChildGates(classificationOf(registration, screening, dayOf(at), state).classification)
}

/**
 * Whether nobody signs for the person but a guardian whom a court named. An override to adult does not change who signs: as long as a birth
 * date on file allows childhood, somebody else does, and a stranger must not.
 */
export function needsNamedGuardian(state: CaseState, at: string): boolean {
  const { registration, screening } = state
  if (screening === undefined) return false
  const { override, ...facts } = screening
  const found = override?.classification === 'adult' ? facts : screening
  return needsChildGates(classificationOf(registration, found, dayOf(at), state).classification)
}

/** A child without a responsible adult has a guardian named before anybody signs for it. */
const guardianGuards = (state: CaseState, at: string): readonly Guard[] =>
  sealedWhen(needsNamedGuardian(state, at) && guardianInOffice(state.safeguards ?? []) === undefined, 'guardian-missing')

/** Whoever signs as the guardian of such a child is the one whom the court named. */
export function signatoryGuards(state: CaseState, signatory: Signatory, at: string): readonly Guard[] {
  const guardian = guardianInOffice(state.safeguards ?? [])
  const isNamed = signatory.kind !== 'guardian' || guardian === undefined || isSameName(signatory.name, guardian)
  return sealedWhen(needsNamedGuardian(state, at) && !isNamed, 'signatory-not-the-guardian')
}

/** What stands against a guardian's word for a child. */
export const wordGuards = (state: CaseState, signatory: Signatory, at: string): readonly Guard[] =>
  signatory.kind === 'guardian' ? [...guardianGuards(state, at), ...signatoryGuards(state, signatory, at)] : []

/** State machine 2b for a child without a responsible adult, and the safe return of a survivor (activity D13). */
function safeguardGuards(state: CaseState, at: string): readonly Guard[] {
  const { screening, safeguards = [] } = state
  if (screening === undefined) return []
  const child = isChildAlone(state, at)
  const survivor = screening.trafficking === 'yes'
  const views = latest(safeguards, 'child-views')
  const determination = latest(safeguards, 'best-interests-determination')
  const assessment = latest(safeguards, 'safe-return-assessment')
  return [
    ...guardianGuards(state, at),
    ...sealedWhen(child && views === undefined, 'child-views-missing'),
    ...sealedWhen(child && views?.outcome === 'objects', 'child-objects'),
    ...sealedWhen(child && determination === undefined, 'best-interests-missing'),
    ...sealedWhen(child && determination !== undefined && determination.outcome !== 'return', 'best-interests-elsewhere'),
    ...sealedWhen(survivor && assessment === undefined, 'safe-return-missing'),
    ...sealedWhen(assessment?.outcome === 'negative', 'return-not-safe'),
  ]
}

function declarationGuards(state: CaseState, at: string): readonly Guard[] {
  const { declaration } = state
  if (declaration === undefined) return [{ code: 'declaration-missing' }]
  const isChild = isChildAt(state, at)
  const byGuardian = declaration.signatory.kind === 'guardian'
  return [
    ...when(isExpired(declaration, at), 'declaration-expired'),
    // A screening after the declaration may have found a child.
    ...sealedWhen(isChild && !byGuardian, 'declaration-not-by-guardian'),
    // A guardian's word ends with childhood: the wish to return is then the person's own.
    ...sealedWhen(!isChild && byGuardian, 'declaration-not-by-person'),
    ...signatoryGuards(state, declaration.signatory, at),
  ]
}

/** Whether the case has moved since its closure was requested: of two people who close it, one would not know what it is now. */
const hasMoved = ({ status, since, screening, needs = [] }: CaseState, requestedAt: string): boolean =>
  status !== 'closed' && [since, screening?.at ?? '', ...needs.map((need) => need.recordedAt)].some((at) => at > requestedAt)

function closureGuards(state: CaseState): readonly Guard[] {
  const { status, needs = [], closure } = state
  const count = (wanted: string): number => needs.filter((need) => needStatus(need) === wanted).length
  return [
    ...when(status === 'closed', 'case-not-active', { status }),
    ...when(count('open') > 0, 'need-open', { count: count('open') }),
    ...when(count('referred') > 0, 'need-referred', { count: count('referred') }),
    ...when(closure === undefined, 'closure-not-requested'),
    ...when(closure !== undefined && hasMoved(state, closure.requestedAt), 'closure-outdated'),
  ]
}

/**
 * Every guard of a step that fails at an instant, from current data. A step also fails for what its predecessors lack: whoever asks for
 * the end learns of everything on the way. Empty when the step can be taken.
 */
export function guardsOf(state: CaseState, step: Step, at: string): readonly Guard[] {
  switch (step) {
    case 'screened':
      return [...registrationGuards(state, at), ...screeningGuard(state)]
    case 'counselled':
      return [...guardsOf(state, 'screened', at), ...findingsGuards(state), ...counsellingGuards(state)]
    case 'voluntary-confirmed':
      return [
        ...guardsOf(state, 'counselled', at),
        ...when(lastSession(state.sessions ?? [])?.outcome === 'does-not-wish-to-return', 'wish-to-return-denied'),
        ...safeguardGuards(state, at),
      ]
    case 'in-preparation':
      return [...guardsOf(state, 'voluntary-confirmed', at), ...declarationGuards(state, at)]
    case 'closed':
      return closureGuards(state)
  }
}

/** Whether something stands against a return that was confirmed, be the case on its way or put aside. */
export const isHeld = (state: CaseState, at: string): boolean =>
  state.stage === 'voluntary-confirmed' && guardsOf(state, 'in-preparation', at).some(({ code }) => code !== 'case-not-active')

/** The guards as a reader may know them: the sealed ones become one, which says whom to ask, unless the reader may see protection data. */
export function knownTo<G extends { readonly sealed?: true }>(
  guards: readonly G[],
  reader: Principal,
  resource: Resource,
): readonly (G | { readonly code: 'protection-step-open'; readonly params?: Params })[] {
  const access = decide(reader, 'case:read', resource)
  if (access.allow && access.classes.has('C3-protection')) return guards
  const open = guards.filter(({ sealed }) => sealed !== true)
  return open.length === guards.length ? open : [...open, { code: 'protection-step-open' }]
}
