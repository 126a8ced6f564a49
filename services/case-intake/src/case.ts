import { accept, aggregate, type Decided, ok, referenceOf, refused } from '@wontanara/core'
import {
  CaseClosed,
  CaseInterrupted,
  CaseRegistered,
  CaseReopened,
  CaseResumed,
  CaseScreened,
  CaseTransferred,
  NeedRecorded,
  ReturnHeld,
  ReturnReleased,
  ReturnWithdrawn,
  VoluntaryReturnConfirmed,
} from '@wontanara/events'
import { ageFact, isTreatedAsChild } from './child-classification.ts'
import type { CaseCommand, CommandOf } from './commands.ts'
import { comesOfAge, dayOf, faultsOf, instantOf, isAhead, isForChild, isProtector } from './consent.ts'
import { type Candidate, decided, isOpen, isSame, noted } from './duplicates.ts'
import { type CaseEvent, events } from './events.ts'
import { evolve } from './evolve.ts'
import { endLink, noteLink } from './linking.ts'
import { consentGiven, consentWithdrawn, giveBack, merge, takeIn, unmerge } from './merge.ts'
import { longest } from './merging.ts'
import { guardsOf, isHeld, knownTo, mayHelp, needsNamedGuardian, signatoryGuards, wordGuards } from './missing.ts'
import { isNews, needStatus } from './needs.ts'
import { type CaseRefusal, catalogue, type GuardCode, refuse, refuseAll } from './refusals.ts'
import { birthDates, lowers } from './screening.ts'
import { CaseState, coldFields, consentsAt, isChildAt, ledgerOf } from './state.ts'

type Outcome = Decided<CaseEvent, CaseRefusal>

/** The partitions of the lists: all cases of an office by status and date, and those that a member of staff leads there. */
export const officePartition = (office: string): string => `office#${office}`
/** Merged cases are listed apart, for whoever asks for them. */
export const mergedPartition = (office: string): string => `office#${office}#merged`
export const leadPartition = (office: string, lead: string): string => `lead#${office}#${lead}`

const resource = ({ office, lead, team }: CaseState) => ({ offices: [office], assignees: lead === undefined ? team : [lead, ...team] })

/** The case of one person on the way to a voluntary return: state machine 2a up to `voluntary_confirmed`, with its side states. */
export const cases = aggregate<CaseState, CaseCommand, CaseEvent, CaseRefusal>({
  name: 'case',
  state: CaseState,
  events,
  refusals: catalogue,
  cold: coldFields,
  resource,
  index: (state) => {
    const { caseId, office, status, since, lead, registration } = state
    return {
      gsi1: { pk: status === 'merged' ? mergedPartition(office) : officePartition(office), sk: `${status}#${since}` },
      // What has ended is on nobody's desk. The key does not follow the status: a change of it costs no second move.
      ...(lead === undefined || hasEnded(state) ? {} : { gsi2: { pk: leadPartition(office, lead), sk: registration.at } }),
      row: {
        caseId,
        status,
        since,
        ...(lead === undefined ? {} : { lead }),
        ...(status !== 'merged' && state.candidates?.some(isOpen) ? { suspectedDuplicate: true } : {}),
      },
    }
  },
  decide(state, command) {
    if (command.type === 'register') return state === undefined ? register(command) : refused(refuse('already-exists'))
    if (state === undefined) return refused(refuse('not-found'))
    const outcome = answer(state, command)
    return outcome.ok && outcome.value.length > 0 ? ok(withConsequences(state, outcome.value, command)) : outcome
  },
  evolve,
})

function register({ caseId, office, registration, duplicates, found, source, at, by }: CommandOf<'register'>): Outcome {
  const { birthDate } = registration.person
  const day = dayOf(at)
  if (isAhead(birthDate, at)) return refused(refuse('date-in-future'))
  const faults = faultsOf(registration.processing, by, isTreatedAsChild({ birthDates: [birthDate], ageInDoubt: false }, day))
  if (faults[0] !== undefined) return refused(refuse(faults[0]))
  // A protection officer who registers somebody, alone at a border post, goes on with the case at once.
  const team = isProtector(by) ? { team: [by.id] } : {}
  return accept(
    { type: CaseRegistered.type, data: { caseId, office } },
    {
      type: 'registered',
      data: {
        ...registration,
        at,
        ...(duplicates && { duplicates }),
        ...(found && { searched: true }),
        ...(source && { source }),
        ...team,
      },
    },
    ...(found !== undefined && found.length > 0 ? [candidatesNoted(found)] : []),
  )
}

/** What follows from a change by itself: forward states that are now reached, and consents that no longer hold since it is now known otherwise who may sign. */
function withConsequences(before: CaseState, changes: readonly CaseEvent[], { at, by }: CaseCommand): readonly CaseEvent[] {
  let state = changes.reduce<CaseState>(evolve, before)
  const further: CaseEvent[] = []
  const add = (event: CaseEvent): void => {
    further.push(event)
    state = evolve(state, event)
  }
  const foundAlone = !needsNamedGuardian(before, at) && needsNamedGuardian(state, at)
  if (foundAlone || isChildAt(before, at) !== isChildAt(state, at)) {
    const still = new Set(consentsAt(state, at).map(({ consentId }) => consentId))
    const gone = new Set(ledgerOf(state).flatMap((line) => (line.kind === 'withdrawn' ? [line.consentId] : [])))
    for (const consent of consentsAt(before, at)) {
      const { consentId, purpose, grounds } = consent
      const unheard = foundAlone && grounds.basis === 'consent' && wordGuards(state, grounds.signatory, at).length > 0
      // The programme's own work with the child goes on, in its protection, until a guardian signs.
      if ((still.has(consentId) && !unheard) || purpose === 'data-processing' || gone.has(consentId)) continue
      add({ type: 'consent-taken-back', data: { consentId, by: 'programme', at, recordedBy: by.id } })
      consentWithdrawn(state.caseId, consent).forEach(add)
    }
  }
  if (state.stage === 'registered' && guardsOf(state, 'screened', at).length === 0)
    add({ type: 'stage-reached', data: { stage: 'screened', at } })
  if (state.stage === 'screened' && guardsOf(state, 'counselled', at).length === 0)
    add({ type: 'stage-reached', data: { stage: 'counselled', at } })
  return [...changes, ...further, ...holding(before, state, at)]
}

/**
 * Whether a confirmed return begins to be held, or ends to be: others prepare it, and know of it by events only. A case that is put aside is
 * waited for anyway, and one that has ended for the return is stopped; whoever hears that it goes on must hear in the same breath that its
 * return does not.
 */
function holding(before: CaseState, state: CaseState, at: string): readonly CaseEvent[] {
  if (isOver(state)) return []
  const data = { caseId: state.caseId, office: state.office }
  const [wasHeld, held] = [isHeld(before, at), isHeld(state, at)]
  const wasToldSo = wasHeld && (before.status === state.status || state.status !== state.stage)
  if (held && !wasToldSo) return [{ type: ReturnHeld.type, data }]
  const isReleased = wasHeld && !held && before.status === before.stage && state.status === 'voluntary-confirmed'
  return isReleased ? [{ type: ReturnReleased.type, data }] : []
}

const hasEnded = ({ status }: CaseState): boolean => status === 'closed' || status === 'deceased' || status === 'merged'

const isFull = (entries: readonly unknown[] = []): boolean => entries.length >= longest

function answer(state: CaseState, command: Exclude<CaseCommand, { type: 'register' }>): Outcome {
  const { caseId, office, status } = state
  const { at, by } = command
  const ended = refused(refuse('case-ended', { status }))
  const unprocessable = refused(refuse('processing-not-allowed'))
  const full = refused(refuse('register-full', { limit: longest }))
  const { mergedInto } = state.registration
  if (command.type === 'move-along') return mergedInto === undefined ? accept() : movedTo(state, command)
  if (mergedInto !== undefined && command.type !== 'unmerge')
    // What was found of it, or decided about it, meanwhile concerns the case that goes on: whoever says so must not be held up.
    return command.type === 'note-candidates' || command.type === 'settle-candidate'
      ? accept()
      : refused(refuse('case-merged', { reference: referenceOf(mergedInto) }))
  switch (command.type) {
    case 'correct':
      if (status === 'closed') return ended
      if (isAhead(command.facts.person.birthDate, at)) return refused(refuse('date-in-future'))
      return accept({ type: 'registration-corrected', data: { ...command.facts, ...(command.source && { source: command.source }) } })
    case 'note-candidates': {
      const candidates = noted(state.candidates ?? [], command.found)
      const isKnown = state.registration.searched === true && isSame(candidates, state.candidates ?? [])
      return isKnown ? accept() : accept(candidatesNoted(candidates))
    }
    case 'decide-duplicates':
      return status === 'closed' ? ended : decideDuplicates(state, command)
    case 'settle-candidate': {
      // The other side of a decision: only what was suspected on this side too.
      const { candidates = [] } = state
      const { other, outcome } = command
      const isSettled = candidates.every(({ caseId, decision }) => caseId !== other || decision?.outcome === outcome)
      return isSettled ? accept() : accept(candidatesNoted(decided(candidates, [other], { outcome, by: by.id, at })))
    }
    case 'merge':
      return merge(state, command, resource(state))
    case 'take-in':
      return takeIn(state, command)
    case 'unmerge':
      return unmerge(state, command)
    case 'give-back':
      return giveBack(state, command)
    case 'assign': {
      const { lead } = command
      return accept({ type: 'case-assigned', data: { lead, team: [...new Set(command.team)].filter((id) => id !== lead) } })
    }
    case 'screen':
      if (hasEnded(state)) return ended
      return mayHelp(state, at) ? screen(state, command) : unprocessable
    case 'record-session':
      if (hasEnded(state)) return ended
      if (!mayHelp(state, at)) return unprocessable
      if (isFull(state.sessions)) return full
      if (isAhead(command.terms.heldOn, at)) return refused(refuse('date-in-future'))
      return accept({ type: 'counselling-recorded', data: { session: { ...command.terms, counsellor: by.id } } })
    case 'record-need': {
      if (hasEnded(state)) return ended
      if (!mayHelp(state, at)) return unprocessable
      if (isFull(state.needs)) return full
      const { needId, terms } = command
      return accept(
        { type: 'need-entered', data: { need: { needId, ...terms, recordedAt: at } } },
        { type: NeedRecorded.type, data: { caseId, needId, office, service: terms.service, priority: terms.priority } },
      )
    }
    case 'answer-need':
      return status === 'closed' ? ended : answerNeed(state, command)
    case 'note-referral': {
      const { needId, link } = command
      const need = state.needs?.find((candidate) => candidate.needId === needId)
      if (need === undefined) return refused(refuse('need-not-found'))
      return isNews(need, link) ? accept({ type: 'need-referral-noted', data: { needId, link } }) : accept()
    }
    case 'give-consent':
      if (hasEnded(state)) return ended
      return isFull(state.consents?.filter(({ kind }) => kind === 'given')) ? full : giveConsent(state, command)
    case 'withdraw-consent': {
      const { consentId, withdrawnBy } = command
      const ledger = ledgerOf(state)
      const given = ledger.find((line) => line.kind === 'given' && line.consentId === consentId)
      if (given?.kind !== 'given') return refused(refuse('consent-not-found'))
      if (ledger.some((line) => line.kind === 'withdrawn' && line.consentId === consentId)) return accept()
      return accept(
        { type: 'consent-taken-back', data: { consentId, by: withdrawnBy, at, recordedBy: by.id } },
        ...consentWithdrawn(caseId, given),
      )
    }
    case 'record-safeguard':
      if (hasEnded(state)) return ended
      return isFull(state.safeguards) ? full : recordSafeguard(command)
    case 'declare':
      return declare(state, command)
    case 'withdraw':
      if (status === 'withdrawn') return accept()
      if (hasEnded(state)) return ended
      if (command.withdrawnBy === 'guardian' && !isChildAt(state, at)) return refused(refuse('person-must-withdraw'))
      return accept(
        { type: 'wish-to-return-withdrawn', data: { by: command.withdrawnBy, at } },
        { type: ReturnWithdrawn.type, data: { caseId, office } },
      )
    case 'interrupt': {
      const { interruption } = command
      const happened = 'on' in interruption ? interruption.on : 'lastContactOn' in interruption ? interruption.lastContactOn : undefined
      if (happened !== undefined && isAhead(happened, at)) return refused(refuse('date-in-future'))
      // Death ends everything but a closed case; nothing else moves a case that has ended for the return.
      const open = interruption.status === 'deceased' ? !hasEnded(state) : !isOver(state)
      return open
        ? accept(
            { type: 'case-put-aside', data: { interruption, at } },
            { type: CaseInterrupted.type, data: { caseId, office, status: interruption.status } },
          )
        : ended
    }
    case 'resume':
      return status === 'suspended' || status === 'lost-contact'
        ? accept({ type: 'case-taken-up', data: { at } }, { type: CaseResumed.type, data: { caseId, office } })
        : refused(refuse('not-interrupted'))
    case 'request-closure': {
      const guards = guardsOf(state, 'closed', at).filter(({ code }) => code !== 'closure-not-requested' && code !== 'closure-outdated')
      return guards.length > 0
        ? refused(refuseAll(guards))
        : accept({ type: 'closure-requested', data: { reason: command.reason, at, by: by.id } })
    }
    case 'decide-closure': {
      const itself = state.closure?.requestedBy === by.id ? (['same-person-approves'] as const) : []
      if (command.decision === 'returned') {
        if (state.closure === undefined || status === 'closed') return refused(refuseAll([{ code: 'closure-not-requested' }]))
        return itself.length > 0 ? refused(refuse('same-person-approves')) : accept({ type: 'closure-returned', data: { by: by.id } })
      }
      const guards = [...guardsOf(state, 'closed', at), ...itself.map((code) => ({ code }))]
      return guards.length > 0
        ? refused(refuseAll(guards))
        : accept({ type: 'closure-approved', data: { at, by: by.id } }, { type: CaseClosed.type, data: { caseId, office } })
    }
    case 'link':
      if (status === 'closed') return ended
      return mayHelp(state, at) ? noteLink(state, command) : unprocessable
    case 'end-link':
      return endLink(state, command)
    case 'offer-transfer':
    case 'keep':
    case 'hand-over':
      return moveOffice(state, command)
    case 'reopen':
      return isOver(state)
        ? accept({ type: 'case-taken-back', data: { reason: command.reason, at } }, { type: CaseReopened.type, data: { caseId, office } })
        : refused(refuse('not-ended'))
  }
}

/** What a transfer means for the case itself. While it waits, the case goes on where it is. */
function moveOffice(state: CaseState, command: CommandOf<'offer-transfer' | 'keep' | 'hand-over'>): Outcome {
  const { office, status, transfer } = state
  const { transferId, at } = command
  if (command.type === 'offer-transfer') {
    const { from, to } = command
    if (status === 'closed') return refused(refuse('case-ended', { status }))
    if (to === office) return refused(refuse('transfer-to-itself'))
    // Between the question and its transaction the case may have moved.
    if (from !== office) return refused(refuse('not-found'))
    return transfer === undefined ? accept({ type: 'transfer-offered', data: { transferId, to, at } }) : refused(refuse('transfer-pending'))
  }
  if (transfer?.transferId !== transferId) return refused(refuse('not-found'))
  if (command.type === 'keep') return accept({ type: 'kept', data: { transferId } })
  if (status === 'closed') return refused(refuse('case-ended', { status }))
  return movedTo(state, { transferId, to: transfer.to, at })
}

const movedTo = (
  { caseId, office }: CaseState,
  { transferId, to, at }: Pick<CommandOf<'move-along'>, 'transferId' | 'to' | 'at'>,
): Outcome =>
  accept<CaseEvent>(
    { type: 'handed-over', data: { transferId, to, at } },
    { type: CaseTransferred.type, data: { caseId, from: office, to } },
  )

/** Whether the way to a return has ended, though help may go on. */
const isOver = ({ status }: CaseState): boolean =>
  status === 'closed' || status === 'deceased' || status === 'withdrawn' || status === 'ineligible' || status === 'merged'

function screen(state: CaseState, { findings, at }: CommandOf<'screen'>): Outcome {
  const { registration, screening: before } = state
  const day = dayOf(at)
  const dates = birthDates(registration, findings)
  const papers = [findings.claimWithdrawal?.date, findings.claimDecision?.date].filter((date) => date !== undefined)
  const certainlyChild = ageFact({ birthDates: dates, ageInDoubt: false }, day) === 'under-18'
  const against: readonly CaseRefusal[] = [
    ...([...dates, ...papers].some((date) => isAhead(date, at)) ? ['date-in-future' as const] : []),
    ...(findings.override?.classification === 'adult' && certainlyChild ? ['override-against-age' as const] : []),
    ...(before !== undefined && findings.loweredBecause === undefined && lowers(registration, before, findings, day, state)
      ? ['lowers-protection' as const]
      : []),
  ]
  const [first] = against
  if (first !== undefined) return refused(refuse(first))
  const version = (before?.version ?? 0) + 1
  return accept(
    {
      type: 'screening-recorded',
      data: { screening: { ...findings, version, at, registeredBirthDate: registration.person.birthDate } },
    },
    { type: CaseScreened.type, data: { caseId: state.caseId, office: state.office, screening: version } },
  )
}

const candidatesNoted = (candidates: readonly Candidate[]): CaseEvent => ({
  type: 'duplicate-candidates-noted',
  data: { candidates: [...candidates] },
})

function decideDuplicates({ candidates = [] }: CaseState, { duplicates, at, by }: CommandOf<'decide-duplicates'>): Outcome {
  const { outcome, comparedWith } = duplicates
  const open = candidates.filter(isOpen).map(({ caseId }) => caseId)
  const statement: CaseEvent = { type: 'duplicates-decided', data: { duplicates } }
  if (outcome === 'none-found') return open.length > 0 ? refused(refuse('candidates-open', { count: open.length })) : accept(statement)
  const about = comparedWith ?? open
  return about.length === 0 ? accept(statement) : accept(candidatesNoted(decided(candidates, about, { outcome, by: by.id, at })))
}

function answerNeed(state: CaseState, { needId, answer: given, at, by }: CommandOf<'answer-need'>): Outcome {
  const need = state.needs?.find((candidate) => candidate.needId === needId)
  if (need === undefined) return refused(refuse('need-not-found'))
  const status = needStatus(need)
  // A service given meanwhile meets the need whatever the partner does; a refusal would contradict it.
  if (status === 'met' || (status === 'declined' && given.kind === 'refusal')) return refused(refuse('need-answered'))
  if (status === 'referred' && given.kind === 'refusal') return refused(refuse('need-with-partner'))
  if (given.kind === 'service' && isAhead(given.on, at)) return refused(refuse('date-in-future'))
  return accept({ type: 'need-answered', data: { needId, answer: { ...given, recordedBy: by.id } } })
}

function giveConsent(state: CaseState, { consentId, terms, at, by }: CommandOf<'give-consent'>): Outcome {
  const { purpose, recipient, scopes, grounds } = terms
  const [fault] = faultsOf(grounds, by, isChildAt(state, at))
  if (fault !== undefined) return refused(refuse(fault))
  if (purpose === 'referral' && (recipient === undefined || scopes.length === 0)) return refused(refuse('recipient-needed'))
  // Whose word counts for a child without a responsible adult is for the judge to say (state machine 2b).
  const word = grounds.basis === 'consent' ? wordGuards(state, grounds.signatory, at) : []
  if (word.length > 0) return refused(refuseAll(knownTo(word, by, resource(state))))
  const validFrom = instantOf(terms.validFrom ?? at)
  if (validFrom > at) return refused(refuse('date-in-future'))
  // Who signs for a child signs until the child comes of age; everybody who rests on the consent is told so.
  const majorities = isForChild(grounds) ? birthDates(state.registration, state.screening).map(comesOfAge) : []
  const ends = [...(terms.validUntil === undefined ? [] : [instantOf(terms.validUntil)]), ...majorities.filter((end) => end > at)]
  const validUntil = ends.toSorted()[0]
  if (validUntil !== undefined && validUntil <= validFrom) return refused(refuse('ends-before-it-begins'))
  const until = validUntil === undefined ? {} : { validUntil }
  const to = recipient === undefined ? {} : { recipient }
  const consent = { consentId, purpose, ...to, scopes, grounds, validFrom, ...until, recordedBy: by.id }
  return accept({ type: 'consent-noted', data: consent }, consentGiven(state.caseId, consent))
}

function recordSafeguard({ terms, at, by }: CommandOf<'record-safeguard'>): Outcome {
  if (isAhead(terms.date, at)) return refused(refuse('date-in-future'))
  if (terms.kind === 'best-interests-determination') {
    const { compared, outcome } = terms
    if (!compared.includes(outcome) || new Set(compared).size < compared.length) return refused(refuse('solution-not-compared'))
  }
  return accept({ type: 'safeguard-recorded', data: { safeguard: { terms, recordedBy: by.id, at } } })
}

type DeclarationFault = Extract<
  CaseRefusal,
  'guardian-did-not-sign' | 'child-does-not-assent' | 'capacity-does-not-fit' | 'witness-is-counsellor' | 'language-not-understood'
>

/** What is wrong with the declaration itself, beside what the case lacks. */
function declarationFaults(state: CaseState, { terms, at }: CommandOf<'declare'>): readonly DeclarationFault[] {
  const { signatory, witness, capacity, language } = terms
  const child = isChildAt(state, at)
  const adultFits = signatory.kind === (capacity === 'assessed-lacking' ? 'legal-representative' : 'self')
  return [
    ...(child && signatory.kind !== 'guardian' ? (['guardian-did-not-sign'] as const) : []),
    ...(child && signatory.kind === 'guardian' && !signatory.childAssents ? (['child-does-not-assent'] as const) : []),
    ...(!child && !adultFits ? (['capacity-does-not-fit'] as const) : []),
    ...(witness.kind === 'staff' && state.sessions?.some(({ counsellor }) => counsellor === witness.id)
      ? (['witness-is-counsellor'] as const)
      : []),
    ...(state.registration.person.languages.includes(language) ? [] : (['language-not-understood'] as const)),
  ]
}

function declare(state: CaseState, command: CommandOf<'declare'>): Outcome {
  const { terms, at, by } = command
  const { caseId, office } = state
  const guards = [...guardsOf(state, 'voluntary-confirmed', at), ...signatoryGuards(state, terms.signatory, at)]
  const missing = knownTo(guards, by, resource(state))
  const reasons: readonly { readonly code: GuardCode | DeclarationFault }[] = [
    ...missing.map(({ code, params }) => ({ code, ...(params && { params }) })),
    ...declarationFaults(state, command).map((code) => ({ code })),
  ]
  if (reasons.length > 0) return refused(refuseAll(reasons))
  const travel = terms.intendedTravelDate === undefined ? {} : { intendedTravelDate: terms.intendedTravelDate }
  return accept<CaseEvent>(
    { type: 'voluntariness-declared', data: { declaration: { ...terms, at, recordedBy: by.id } } },
    { type: VoluntaryReturnConfirmed.type, data: { caseId, office, ...travel } },
  )
}
