import type { Stage, Status } from './codes.ts'
import type { LedgerLine } from './consent.ts'
import type { CaseEvent } from './events.ts'
import { withReferral } from './needs.ts'
import { blank, type CaseState } from './state.ts'

/** A case at a forward state, no longer put aside. */
function onItsWay({ interruption: _, ...state }: CaseState, stage: Stage, at: string): CaseState {
  return { ...state, status: stage, stage, since: at }
}

/** After a change of mind a new declaration is needed: the way goes on before it. */
const undeclared = (stage: Stage): Stage => (stage === 'voluntary-confirmed' ? 'counselled' : stage)

const aside = (state: CaseState, status: Status, at: string): CaseState => ({ ...state, status, since: at })

const withLine = (state: CaseState, line: LedgerLine): CaseState => ({ ...state, consents: [...(state.consents ?? []), line] })

/** The state after an event. Total: it knows every event ever written. */
export function evolve(before: CaseState | undefined, event: CaseEvent): CaseState {
  const state = before ?? blank
  switch (event.type) {
    case 'registered': {
      const { team = [], ...registration } = event.data
      return { ...state, registration, team, since: registration.at }
    }
    case 'registration-corrected': {
      const { household: _, ...rest } = state.registration
      return { ...state, registration: { ...rest, ...event.data } }
    }
    case 'duplicates-decided':
      return { ...state, registration: { ...state.registration, ...event.data } }
    case 'duplicate-candidates-noted':
      return { ...state, candidates: event.data.candidates, registration: { ...state.registration, searched: true } }
    case 'case-assigned':
      return { ...state, ...event.data }
    case 'stage-reached':
      return onItsWay(state, event.data.stage, event.data.at)
    case 'screening-recorded':
      return { ...state, screening: event.data.screening }
    case 'counselling-recorded':
      return { ...state, sessions: [...(state.sessions ?? []), event.data.session] }
    case 'need-entered':
      return { ...state, needs: [...(state.needs ?? []), event.data.need] }
    case 'need-answered': {
      const { needId, answer } = event.data
      return { ...state, needs: (state.needs ?? []).map((need) => (need.needId === needId ? { ...need, answer } : need)) }
    }
    case 'need-referral-noted': {
      const { needId, link } = event.data
      return { ...state, needs: (state.needs ?? []).map((need) => (need.needId === needId ? withReferral(need, link) : need)) }
    }
    case 'consent-noted':
      return withLine(state, { kind: 'given', ...event.data })
    case 'consent-taken-back':
      return withLine(state, { kind: 'withdrawn', ...event.data })
    case 'safeguard-recorded':
      return { ...state, safeguards: [...(state.safeguards ?? []), event.data.safeguard] }
    case 'voluntariness-declared':
      return { ...onItsWay(state, 'voluntary-confirmed', event.data.declaration.at), declaration: event.data.declaration }
    case 'wish-to-return-withdrawn': {
      const { declaration: _, interruption: __, ...rest } = state
      return { ...aside(rest, 'withdrawn', event.data.at), stage: undeclared(state.stage) }
    }
    case 'case-put-aside':
      return { ...aside(state, event.data.interruption.status, event.data.at), interruption: event.data.interruption }
    case 'case-taken-up':
      return onItsWay(state, state.stage, event.data.at)
    case 'closure-requested': {
      const { reason, at, by } = event.data
      return { ...state, closure: { reason, requestedBy: by, requestedAt: at } }
    }
    case 'closure-returned': {
      const { closure: _, ...rest } = state
      return rest
    }
    case 'closure-approved':
      return {
        ...aside(state, 'closed', event.data.at),
        ...(state.closure && { closure: { ...state.closure, approvedBy: event.data.by } }),
      }
    case 'case-taken-back': {
      const { declaration: _, closure: __, ...rest } = state
      return onItsWay(rest, undeclared(state.stage), event.data.at)
    }
    case 'case-intake.case-registered.v1':
      return { ...state, ...event.data }
    case 'case-intake.case-screened.v1':
    case 'case-intake.need-recorded.v1':
    case 'case-intake.consent-given.v1':
    case 'case-intake.consent-withdrawn.v1':
    case 'case-intake.voluntary-return-confirmed.v1':
    case 'case-intake.return-withdrawn.v1':
    case 'case-intake.return-held.v1':
    case 'case-intake.return-released.v1':
    case 'case-intake.case-interrupted.v1':
    case 'case-intake.case-resumed.v1':
    case 'case-intake.case-closed.v1':
    case 'case-intake.case-reopened.v1':
      return state
  }
}
