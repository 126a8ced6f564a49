import { accept, type Decided, type Resource, refused } from '@wontanara/core'
import { CaseMerged, CaseUnmerged, ConsentGiven, ConsentWithdrawn, NeedRecorded } from '@wontanara/events'
import type { CommandOf } from './commands.ts'
import type { Consent } from './consent.ts'
import { decided } from './duplicates.ts'
import type { CaseEvent } from './events.ts'
import { evolve } from './evolve.ts'
import {
  assignedTo,
  broughtBy,
  candidatesOfBoth,
  joinedWith,
  lapsing,
  mergeGuards,
  movable,
  parted,
  processingId,
  screenedApart,
  screenedTogether,
} from './merging.ts'
import { knownTo, wordGuards } from './missing.ts'
import { type CaseRefusal, refuse, refuseAll } from './refusals.ts'
import { type CaseState, consentsAt, ledgerOf } from './state.ts'

/*
 * The four sides of merging and parting again. Each case decides for itself, on the other as it is; both are written in one transaction.
 */
type Outcome = Decided<CaseEvent, CaseRefusal>

/** The case goes under. */
export function merge(state: CaseState, { other, at, by }: CommandOf<'merge'>, resource: Resource): Outcome {
  if (other === undefined) return refused(refuse('not-found'))
  const guards = mergeGuards(state, other)
  if (guards.length > 0) return refused(refuseAll(knownTo(guards, by, resource)))
  const { caseId: into, office } = other
  return accept<CaseEvent>(
    { type: 'merged-into-another', data: { into, at, office, ...assignedTo(other, state) } },
    { type: CaseMerged.type, data: { caseId: state.caseId, into, office } },
  )
}

/** The case goes on and takes in what the other brings; what must not hold on both lapses, and everybody is told what this case now holds. */
export function takeIn(state: CaseState, { other, at, by }: CommandOf<'take-in'>): Outcome {
  if (other === undefined) return refused(refuse('not-found'))
  const guards = mergeGuards(other, state)
  if (guards.length > 0) return refused(refuseAll(guards))
  const assigned = assignedTo(state, other)
  const screening = screenedTogether(state, other, at)
  const entries = broughtBy(other)
  const taken: CaseEvent = {
    type: 'another-case-taken-in',
    data: {
      caseId: other.caseId,
      person: other.registration.person,
      entries,
      candidates: candidatesOfBoth(state, other),
      ...(screening && { screening }),
      ...assigned,
      joined: joinedWith(state, other, assigned, at),
    },
  }
  const joined = evolve(state, taken)
  const isBrought = ({ from }: Consent): boolean => from === other.caseId
  // Who signed for a child in the other case is not heard here unless it is the guardian that a court named.
  const unheard = consentsAt(joined, at).filter(
    (consent) =>
      isBrought(consent) &&
      consent.purpose !== 'data-processing' &&
      consent.grounds.basis === 'consent' &&
      wordGuards(joined, consent.grounds.signatory, at).length > 0,
  )
  // Nor does what the person signed when taken for an adult, or a guardian for a child, if both cases together say otherwise.
  const holding = new Set(consentsAt(joined, at).map(({ consentId }) => consentId))
  const unable = consentsAt(other, at).filter(({ consentId, purpose }) => purpose !== 'data-processing' && !holding.has(consentId))
  const ids = new Set([...lapsing(state, other, at), ...unheard, ...unable].map(({ consentId }) => consentId))
  const lapsed = ledgerOf(joined).flatMap((line): readonly CaseEvent[] =>
    line.kind === 'given' && ids.has(line.consentId)
      ? [
          { type: 'consent-taken-back', data: { consentId: line.consentId, by: 'programme', at, recordedBy: by.id } },
          ...consentWithdrawn(state.caseId, line),
        ]
      : [],
  )
  const after = lapsed.reduce<CaseState>(evolve, joined)
  // Needs and consents to referrals are looked up with the case that brought them, as long as the two are one.
  const brought = consentsAt(after, at).filter((consent) => isBrought(consent) && isKeptByCase(consent))
  return accept<CaseEvent>(taken, ...lapsed, ...brought.map((consent) => consentGiven(state.caseId, consent)))
}

/** The case stands for itself again, with what belongs to it. */
export function unmerge(state: CaseState, { other, at, by, reason, move }: CommandOf<'unmerge'>): Outcome {
  if (state.status !== 'merged' || other === undefined) return refused(refuse('not-merged'))
  if (!areMovable(other, move)) return refused(refuse('not-to-be-moved'))
  const { caseId } = state
  const back: CaseEvent = {
    type: 'merge-undone',
    data: { at, entries: parted(other, caseId, move).back, candidates: candidatesApart(state, other.caseId, { reason, by: by.id, at }) },
  }
  const apart = evolve(state, back)
  const moved = new Set(move)
  return accept<CaseEvent>(
    back,
    { type: CaseUnmerged.type, data: { caseId, into: other.caseId, office: apart.office } },
    ...(apart.needs ?? [])
      .filter(({ needId }) => moved.has(needId))
      .map(
        ({ needId, service, priority }): CaseEvent => ({
          type: NeedRecorded.type,
          data: { caseId, needId, office: apart.office, service, priority },
        }),
      ),
    ...consentsAt(apart, at)
      .filter(({ consentId }) => moved.has(consentId))
      .map((consent) => consentGiven(caseId, consent)),
  )
}

/** The case that went on keeps its own, and what was added since and is not named to go along. */
export function giveBack(state: CaseState, { other, at, by, reason, move }: CommandOf<'give-back'>): Outcome {
  if (other === undefined) return refused(refuse('not-found'))
  if (!areMovable(state, move)) return refused(refuse('not-to-be-moved'))
  const { caseId } = other
  const screening = screenedApart(state, caseId, at)
  const stays = new Set([processingId(state.caseId), ...parted(state, caseId, move).stays.consents.map(({ consentId }) => consentId)])
  const gone = consentsAt(state, at).filter(
    (consent) => !stays.has(consent.consentId) && (consent.from === undefined || isKeptByCase(consent)),
  )
  return accept<CaseEvent>(
    {
      type: 'another-case-given-back',
      data: {
        caseId,
        moved: [...move],
        candidates: candidatesApart(state, caseId, { reason, by: by.id, at }),
        ...(screening && { screening }),
      },
    },
    // Nothing may rest on them in the name of this case any more.
    ...gone.map((consent) => withdrawnOf(state.caseId, consent)),
  )
}

const areMovable = (from: CaseState, move: readonly string[]): boolean => move.every((id) => movable(from).has(id))

const candidatesApart = (
  { candidates = [] }: CaseState,
  other: string,
  { reason, by, at }: { readonly reason: CommandOf<'unmerge'>['reason']; readonly by: string; readonly at: string },
) => [...decided(candidates, [other], { outcome: reason === 'another-person' ? 'another-person' : 'same-person', by, at })]

const withdrawnOf = (
  caseId: string,
  { consentId, purpose, recipient }: Pick<Consent, 'consentId' | 'purpose' | 'recipient'>,
): CaseEvent => ({
  type: ConsentWithdrawn.type,
  data: { caseId, consentId, purpose, ...(recipient === undefined ? {} : { recipient }) },
})

/** The notices of a withdrawal: others may know the consent by the case that brought it, by this one, or by both. */
export const consentWithdrawn = (
  caseId: string,
  consent: Pick<Consent, 'consentId' | 'purpose' | 'recipient' | 'from'>,
): readonly CaseEvent[] => [caseId, ...(consent.from === undefined ? [] : [consent.from])].map((id) => withdrawnOf(id, consent))

/** Tells others of a consent. The grounds stay in the case; what is no consent is told to be another basis. */
export const consentGiven = (
  caseId: string,
  { consentId, purpose, recipient, scopes, grounds, validFrom, validUntil }: Omit<Consent, 'kind'>,
): CaseEvent => ({
  type: ConsentGiven.type,
  data: {
    caseId,
    consentId,
    purpose,
    ...(grounds.basis === 'consent' ? {} : { basis: grounds.basis }),
    ...(recipient === undefined ? {} : { recipient }),
    scopes,
    validFrom,
    ...(validUntil === undefined ? {} : { validUntil }),
  },
})

/** Consents that others look up by the case alone, without following a merge: all but those to referrals. */
const isKeptByCase = ({ purpose }: Consent): boolean => purpose !== 'data-processing' && purpose !== 'referral'
