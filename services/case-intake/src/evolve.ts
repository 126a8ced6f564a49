import type { Stage, Status } from './codes.ts'
import type { LedgerLine } from './consent.ts'
import type { CaseEvent } from './events.ts'
import type { Link } from './links.ts'
import type { Entries, Joined } from './merge-record.ts'
import { parted, together } from './merging.ts'
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

/** The lists that hold something: an empty one is no item of the table. */
function filled({ sessions, needs, consents, safeguards, links = [], protectionLinks = [] }: Entries): Partial<Entries> {
  return {
    ...(sessions.length > 0 ? { sessions } : {}),
    ...(needs.length > 0 ? { needs } : {}),
    ...(consents.length > 0 ? { consents } : {}),
    ...(safeguards.length > 0 ? { safeguards } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(protectionLinks.length > 0 ? { protectionLinks } : {}),
  }
}

/** A case without what a merge moves. */
function bare(state: CaseState): Omit<CaseState, keyof Entries> {
  const { sessions: _, needs: __, consents: ___, safeguards: ____, links: _____, protectionLinks: ______, ...rest } = state
  return rest
}

/** A case with less of what a merge set aside. */
const withOwn = (state: CaseState, keep: (own: Joined['own']) => Joined['own']): CaseState =>
  state.joined === undefined ? state : { ...state, joined: { ...state.joined, own: keep(state.joined.own) } }

/** Who screens anew has seen what every case brought: what they find stands, whatever becomes of the merge. */
function screenedAnew(state: CaseState): CaseState {
  if (state.joined === undefined) return state
  const cases = state.joined.cases.map(({ screening: _, ...other }) => other)
  const { screening: _, ...own } = state.joined.own
  return { ...state, joined: { cases, own } }
}

/** A case that no other is merged into any more, with whom the first merge took off it, unless somebody assigned anew. */
function alone({ joined, lead, ...state }: CaseState): CaseState {
  const own = joined?.own.team === undefined ? { lead, team: state.team } : joined.own
  return { ...state, ...(own.lead === undefined ? {} : { lead: own.lead }), ...(own.team === undefined ? {} : { team: own.team }) }
}

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
      return { ...withOwn(state, ({ screening }) => ({ ...(screening && { screening }) })), ...event.data }
    case 'merged-into-another': {
      const { into, at, ...assigned } = event.data
      const { declaration: _, lead, ...rest } = bare(state)
      const { office, team, stage, registration } = state
      const status = state.status === stage ? undeclared(stage) : state.status
      return {
        ...aside(rest, 'merged', at),
        ...assigned,
        stage: undeclared(stage),
        beforeMerge: { office, status, team, ...(lead === undefined ? {} : { lead }) },
        registration: { ...registration, mergedInto: into },
      }
    }
    case 'another-case-taken-in': {
      const { caseId, person, entries, screening, ...now } = event.data
      const { lead: _, ...rest } = state
      const formerly = [...(state.registration.formerly ?? []), { caseId, person }]
      return {
        ...rest,
        ...filled(together(state, entries)),
        ...now,
        ...(screening && { screening }),
        registration: { ...state.registration, formerly },
      }
    }
    case 'merge-undone': {
      const { at, entries, candidates } = event.data
      const { beforeMerge, registration, lead: _, ...rest } = state
      const { mergedInto: __, searched: ___, ...registered } = registration
      return { ...rest, ...beforeMerge, ...filled(entries), candidates, since: at, registration: registered }
    }
    case 'another-case-given-back': {
      const { caseId, moved, candidates, screening } = event.data
      const { screening: _, joined, registration, ...rest } = bare(state)
      const formerly = registration.formerly?.filter((former) => former.caseId !== caseId) ?? []
      const cases = joined?.cases.filter((other) => other.caseId !== caseId) ?? []
      const { formerly: __, ...registered } = registration
      const parting: CaseState = {
        ...rest,
        ...filled(parted(state, caseId, moved).stays),
        ...(screening && { screening }),
        candidates,
        parted: [...new Set([...(state.parted ?? []), caseId])],
        registration: formerly.length === 0 ? registered : { ...registered, formerly },
        ...(joined && { joined: { ...joined, cases } }),
      }
      return cases.length > 0 ? parting : alone(parting)
    }
    case 'stage-reached':
      return onItsWay(state, event.data.stage, event.data.at)
    case 'screening-recorded':
      return { ...screenedAnew(state), screening: event.data.screening }
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
    case 'family-link-noted':
      return { ...state, links: [...(state.links ?? []), event.data.link] }
    case 'protection-link-noted':
      return { ...state, protectionLinks: [...(state.protectionLinks ?? []), event.data.link] }
    case 'link-ended': {
      const { links, protectionLinks } = state
      const others = (list: readonly Link[]): Link[] => list.filter(({ linkId }) => linkId !== event.data.linkId)
      return { ...state, ...(links && { links: others(links) }), ...(protectionLinks && { protectionLinks: others(protectionLinks) }) }
    }
    case 'transfer-offered': {
      const { transferId, to, at } = event.data
      return { ...state, transfer: { transferId, to, since: at } }
    }
    case 'kept': {
      const { transfer: _, ...rest } = state
      return rest
    }
    case 'handed-over': {
      // Who led the case and asked for its closure worked for the office that holds it no more.
      const {
        transfer: _,
        lead: __,
        closure: ___,
        beforeMerge,
        ...rest
      } = withOwn(state, ({ screening }) => ({ ...(screening && { screening }) }))
      const { to, at } = event.data
      // Nor does the end of a merge bring it, or them, back.
      const standing = beforeMerge && { beforeMerge: { office: to, status: beforeMerge.status, team: [] } }
      return { ...rest, ...standing, office: to, team: [], registration: { ...state.registration, heldSince: at } }
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
    case 'case-intake.case-merged.v1':
    case 'case-intake.case-unmerged.v1':
    case 'case-intake.case-reopened.v1':
    case 'case-intake.cases-linked.v1':
    case 'case-intake.cases-unlinked.v1':
    case 'case-intake.case-transferred.v1':
      return state
  }
}
