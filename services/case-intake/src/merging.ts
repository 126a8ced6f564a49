import { bounds, type Params, type PartialDate, referenceOf } from '@wontanara/core'
import { isOneMission } from '@wontanara/events'
import { isLower } from './child-classification.ts'
import { type Consent, dayOf, type LedgerLine } from './consent.ts'
import { lastSession } from './counselling.ts'
import { type Candidate, isOpen } from './duplicates.ts'
import { companyOf, contradicts, isProtective, type Link, linksOf, mostLinks } from './links.ts'
import type { Entries, Joined } from './merge-record.ts'
import type { CaseRefusal } from './refusals.ts'
import type { Person } from './registration.ts'
import { classificationOf, type Registered, type Screening } from './screening.ts'
import { type CaseState, consentsAt, ledgerOf } from './state.ts'

/*
 * Two cases of one person. One goes on and takes what is attached to the other, each entry with its origin; the other goes under and points to
 * it. Nothing becomes wider by it: of consents, access and protection the stricter stands.
 */

/** Far more than a life fills; an item of the table holds 400 KB, and a withdrawal of consent must always find room in it. */
export const longest = 200

/** Whom a case is known to be of: the person as registered, and as registered in the cases that were merged into it. */
export const peopleOf = ({
  person,
  formerly = [],
}: Pick<CaseState['registration'], 'person' | 'formerly'>): readonly [Person, ...Person[]] => [
  person,
  ...formerly.map((former) => former.person),
]

const isForward = ({ status, stage }: CaseState): boolean => status === stage
const hasEnded = ({ status }: CaseState): boolean => status === 'closed' || status === 'deceased' || status === 'ineligible'
/** Somebody decided that the two are of one person, and nobody that they are not: it is kept where the other case was suspected. */
function areOnePerson(one: CaseState, other: CaseState): boolean {
  const outcomes = [
    ...(one.candidates ?? []).filter(({ caseId }) => caseId === other.caseId),
    ...(other.candidates ?? []).filter(({ caseId }) => caseId === one.caseId),
  ].map(({ decision }) => decision?.outcome)
  return outcomes.includes('same-person') && !outcomes.includes('another-person')
}

export interface MergeGuard {
  readonly code: CaseRefusal
  readonly params?: Params
  /** Naming it would tell what only who may see protection data knows. */
  readonly sealed?: true
}
const when = (fails: boolean, code: CaseRefusal, params?: Params): readonly MergeGuard[] =>
  fails ? [params === undefined ? { code } : { code, params }] : []

/** The cases that a person's case stands for: itself and those that were merged into it. */
export const standsFor = ({ caseId, joined }: Pick<CaseState, 'caseId' | 'joined'>): readonly string[] => [
  caseId,
  ...(joined?.cases ?? []).map((merged) => merged.caseId),
]

/** Links that cannot stand in one case: of the two to each other, and those that say of a third person what one and the same cannot be. */
function linksAgainst(state: CaseState, into: CaseState): readonly Link[] {
  const [ours, theirs] = [linksOf(into), linksOf(state)]
  const between = [
    ...ours.filter(({ other }) => standsFor(state).includes(other)),
    ...theirs.filter(({ other }) => standsFor(into).includes(other)),
  ]
  const contradicting = theirs.flatMap((link) => {
    const against = ours.filter(({ other, relation }) => other === link.other && contradicts(relation, link.relation))
    return against.length === 0 ? [] : [against.find(({ relation }) => isProtective(relation)) ?? link]
  })
  return [...between, ...contradicting]
}

/**
 * Why a case cannot go under in favour of another; none when it can. What stopped it must have stopped the other alike, decided there by who
 * may: a death, a withdrawal or a closure is no by-product of a merge.
 */
export function mergeGuards(state: CaseState, into: CaseState): readonly MergeGuard[] {
  if (state.caseId === into.caseId) return [{ code: 'merge-into-itself' }]
  const [ours, theirs] = [entriesOf(into), entriesOf(state)]
  const counts = [
    ours.sessions.length + theirs.sessions.length,
    ours.needs.length + theirs.needs.length,
    ours.safeguards.length + theirs.safeguards.length,
    [...ours.consents, ...theirs.consents].filter(({ kind }) => kind === 'given').length,
  ]
  const differ = (!isForward(state) || hasEnded(into)) && state.status !== into.status
  const against = linksAgainst(state, into)
  const isClosing = [state, into].some(({ closure, status }) => closure !== undefined && status !== 'closed')
  return [
    ...when(!areOnePerson(state, into), 'same-person-undecided'),
    ...when(into.status === 'merged', 'case-merged', { reference: referenceOf(into.registration.mergedInto ?? '') }),
    ...when(state.joined !== undefined, 'merge-holds-others', { count: state.joined?.cases.length ?? 0 }),
    ...when(differ && into.status !== 'merged', 'merge-states-differ', { status: state.status, other: into.status }),
    // Missions are tenants: a file crosses only by a transfer that both sides agree to.
    ...when(!isOneMission(state.office, into.office), 'merge-across-missions'),
    ...when(
      against.some(({ relation }) => !isProtective(relation)),
      'merge-linked',
    ),
    ...(against.some(({ relation }) => isProtective(relation)) ? [{ code: 'merge-linked', sealed: true } as const] : []),
    ...when(linksOf(state).length + linksOf(into).length > mostLinks, 'register-full', { limit: mostLinks }),
    ...when(isClosing, 'closure-pending'),
    ...when(
      [state, into].some(({ transfer }) => transfer !== undefined),
      'transfer-pending',
    ),
    ...when(
      counts.some((count) => count > longest),
      'register-full',
      { limit: longest },
    ),
  ]
}

/** Everything attached to a case that a merge moves. The consent to processing, taken at registration, is a line of it. */
const entriesOf = (state: CaseState) =>
  ({
    sessions: state.sessions ?? [],
    needs: state.needs ?? [],
    consents: [...ledgerOf(state)],
    safeguards: state.safeguards ?? [],
    links: state.links ?? [],
    protectionLinks: state.protectionLinks ?? [],
  }) satisfies Entries

/** What a case brings to another. A withdrawal belongs to its consent, and needs no mark. */
export function broughtBy(state: CaseState): Entries {
  const { caseId: from } = state
  const { sessions, needs, consents, safeguards, links, protectionLinks } = entriesOf(state)
  const marked = (link: Link): Link => ({ ...link, from })
  return {
    sessions: sessions.map((session) => ({ ...session, from })),
    needs: needs.map((need) => ({ ...need, from })),
    consents: consents.map((line) => (line.kind === 'given' ? { ...line, from } : line)),
    safeguards: safeguards.map((safeguard) => ({ ...safeguard, from })),
    ...(links.length > 0 ? { links: links.map(marked) } : {}),
    ...(protectionLinks.length > 0 ? { protectionLinks: protectionLinks.map(marked) } : {}),
  }
}

const without = <E extends { readonly from?: string | undefined }>({ from: _, ...entry }: E): Omit<E, 'from'> => entry

/** Splits what a case holds: what goes back to a case that was merged into it, and what stays. @param moved ids of what was added since and goes with it */
export function parted(state: CaseState, to: string, moved: readonly string[]): { readonly back: Entries; readonly stays: Entries } {
  const { sessions = [], needs = [], consents = [], safeguards = [], links = [], protectionLinks = [] } = state
  const processing = processingId(to)
  const goes = (entry: { readonly from?: string | undefined }): boolean => entry.from === to
  const goesNeed = (need: Entries['needs'][number]): boolean => goes(need) || moved.includes(need.needId)
  const goesConsent = (consent: Consent): boolean => goes(consent) || moved.includes(consent.consentId)
  const ids = new Set(consents.flatMap((line) => (line.kind === 'given' && goesConsent(line) ? [line.consentId] : [])))
  const goesLine = ({ consentId }: LedgerLine): boolean => ids.has(consentId)
  return {
    back: {
      sessions: sessions.filter(goes).map(without),
      needs: needs.filter(goesNeed).map(without),
      // The first line of its ledger is in its registration, and was never elsewhere.
      consents: consents
        .filter((line) => goesLine(line) && !(line.kind === 'given' && line.consentId === processing))
        .map((line) => (line.kind === 'given' ? without(line) : line)),
      safeguards: safeguards.filter(goes).map(without),
      ...(links.some(goes) ? { links: links.filter(goes).map(without) } : {}),
      ...(protectionLinks.some(goes) ? { protectionLinks: protectionLinks.filter(goes).map(without) } : {}),
    },
    stays: {
      sessions: sessions.filter((session) => !goes(session)),
      needs: needs.filter((need) => !goesNeed(need)),
      consents: consents.filter((line) => !goesLine(line)),
      safeguards: safeguards.filter((safeguard) => !goes(safeguard)),
      links: links.filter((link) => !goes(link)),
      protectionLinks: protectionLinks.filter((link) => !goes(link)),
    },
  }
}

/** The id of the consent to processing that was taken at registration. */
export const processingId = (caseId: string): string => caseId.replace(/^case-/, 'consent-')

/** Ids of what was added since a merge and may go with the case that is parted again. */
export const movable = ({ needs = [], consents = [] }: CaseState): ReadonlySet<string> =>
  new Set([
    ...needs.filter(({ from }) => from === undefined).map(({ needId }) => needId),
    ...consents.flatMap((line) => (line.kind === 'given' && line.from === undefined ? [line.consentId] : [])),
  ])

/** What two cases hold, in one order: of what only the last word counts, the more restrictive comes last. */
export function together(ours: CaseState, theirs: Entries): Entries {
  const { sessions, needs, consents, safeguards, links, protectionLinks } = { ...entriesOf(ours), consents: ours.consents ?? [] }
  const denies = lastSession(sessions)?.outcome === 'does-not-wish-to-return'
  const weightOf = (list: Entries['safeguards'], kind: string): number => {
    const last = list.findLast(({ terms }) => matterOf(terms.kind) === kind)
    return last === undefined ? -1 : severity(last)
  }
  /** Whether our word in a matter is the graver one. Of two alike the later counts. */
  const isOursLast = (kind: string): boolean => {
    const [our, their] = [weightOf(safeguards, kind), weightOf(theirs.safeguards, kind)]
    if (our !== their) return our > their
    const lastAt = (list: Entries['safeguards']) => list.findLast(({ terms }) => matterOf(terms.kind) === kind)?.at ?? ''
    return lastAt(safeguards) > lastAt(theirs.safeguards)
  }
  const matter = ({ terms }: Entries['safeguards'][number]): string => matterOf(terms.kind)
  return {
    sessions: denies ? [...theirs.sessions, ...sessions] : [...sessions, ...theirs.sessions],
    needs: [...needs, ...theirs.needs],
    consents: [...consents, ...theirs.consents],
    links: [...links, ...(theirs.links ?? [])],
    protectionLinks: [...protectionLinks, ...(theirs.protectionLinks ?? [])],
    safeguards: [
      ...safeguards.filter((safeguard) => !isOursLast(matter(safeguard))),
      ...theirs.safeguards.filter((safeguard) => isOursLast(matter(safeguard))),
      ...safeguards.filter((safeguard) => isOursLast(matter(safeguard))),
      ...theirs.safeguards.filter((safeguard) => !isOursLast(matter(safeguard))),
    ],
  }
}

/** Naming a guardian and ending the guardianship are words in one matter. */
const matterOf = (kind: Entries['safeguards'][number]['terms']['kind']): string =>
  kind === 'guardianship-ended' || kind === 'guardian-named' ? 'guardianship' : kind

/** How much a safeguard stands against a return. */
function severity({ terms }: Entries['safeguards'][number]): number {
  switch (terms.kind) {
    case 'guardian-named':
      return 0
    case 'guardianship-ended':
      return 1
    case 'child-views':
      return { agrees: 0, undecided: 1, objects: 2 }[terms.outcome]
    case 'best-interests-determination':
      return terms.outcome === 'return' ? 0 : 1
    case 'safe-return-assessment':
      return terms.outcome === 'negative' ? 1 : 0
  }
}

/**
 * Consents of either case that must not hold on both: where the other case spoke of the same purpose and recipient too, only what it allows as
 * well may stand. A consent is never cut to fit, for nobody signed the part: one that reaches further lapses, and the person is asked anew.
 * A law or a vital interest is nobody's word: it holds or does not hold on its own.
 */
export function lapsing(one: CaseState, other: CaseState, at: string): readonly Consent[] {
  const isSameMatter = (a: Consent, b: Consent): boolean =>
    b.grounds.basis === 'consent' && a.purpose === b.purpose && a.recipient === b.recipient
  return [
    [one, other],
    [other, one],
  ].flatMap(([self, opposite]) => {
    if (self === undefined || opposite === undefined) return []
    const said = ledgerOf(opposite).filter((line) => line.kind === 'given')
    const holding = consentsAt(opposite, at)
    return consentsAt(self, at).filter((consent) => {
      if (consent.grounds.basis !== 'consent' || !said.some((line) => isSameMatter(consent, line))) return false
      const allowed = holding.filter((line) => isSameMatter(consent, line))
      const scopes = new Set(allowed.flatMap((line) => line.scopes))
      return allowed.length === 0 || consent.scopes.some((scope) => !scopes.has(scope))
    })
  })
}

/** Whether a case holds anything that only who is assigned to it may know. */
function holdsProtection(state: CaseState): boolean {
  const { screening, safeguards = [], protectionLinks = [], interruption } = state
  return (
    screening !== undefined ||
    protectionLinks.length > 0 ||
    safeguards.length > 0 ||
    interruption?.status === 'ineligible' ||
    ledgerOf(state).some((line) => line.kind === 'given' && line.grounds.basis === 'vital-interest')
  )
}

const assigneesOf = ({ lead, team }: CaseState): readonly string[] => (lead === undefined ? team : [lead, ...team])

/**
 * Who works on the case that goes on. What the other one holds for protection must reach nobody whom it was closed to: then only those stay
 * who were assigned to both, until somebody is assigned anew.
 */
export function assignedTo(ours: CaseState, theirs: CaseState): Pick<CaseState, 'lead' | 'team'> {
  const { lead, team } = ours
  const both = assigneesOf(theirs)
  const stays = (id: string): boolean => !holdsProtection(theirs) || both.includes(id)
  return { team: team.filter(stays), ...(lead !== undefined && stays(lead) ? { lead } : {}) }
}

/** From what stands least against a return to what stands most. */
const claims = ['none', 'decided', 'withdrawn', 'pending'] as const
const presumptions = ['not-asked', 'no', 'yes'] as const
const companions = [
  'parent',
  'legal-representative',
  'responsible-adult',
  'other-relative',
  'unrelated-adult',
  'not-known',
  'nobody',
] as const
const later = <T>(order: readonly T[], one: T, other: T): T => (order.indexOf(one) >= order.indexOf(other) ? one : other)
const union = <T>(one: readonly T[], other: readonly T[]): T[] => [...new Set([...one, ...other])]

/** The date that makes a person youngest, by the day that it means at the earliest or at the latest. */
const youngest = (dates: readonly PartialDate[], edge: 'first' | 'last'): PartialDate | undefined =>
  dates.toSorted((a, b) => bounds(a)[edge].localeCompare(bounds(b)[edge])).at(-1)

/** One screening of two: it finds less need of protection than neither. Where they disagree on eligibility, it is open. */
export function moreProtective(registration: Registered, one: Screening, other: Screening, at: string): Screening {
  const asylumClaim = later(claims, one.asylumClaim, other.asylumClaim)
  const told = one.asylumClaim === asylumClaim ? one : other
  const dates = [one, other].flatMap((found) => [found.birthDate, found.registeredBirthDate]).filter((date) => date !== undefined)
  const [birthDate, registeredBirthDate] = [youngest(dates, 'last'), youngest(dates, 'first')]
  const notes = one.notes ?? other.notes
  const found: Screening = {
    occasion: one.occasion,
    version: Math.max(one.version, other.version) + 1,
    at,
    asylumClaim,
    ...(one.eligibility !== undefined && one.eligibility === other.eligibility ? { eligibility: one.eligibility } : {}),
    ...(told.claimWithdrawal && { claimWithdrawal: told.claimWithdrawal }),
    ...(told.claimDecision && { claimDecision: told.claimDecision }),
    factors: {
      individual: union(one.factors.individual, other.factors.individual),
      household: union(one.factors.household, other.factors.household),
      community: union(one.factors.community, other.factors.community),
      structural: union(one.factors.structural, other.factors.structural),
    },
    trafficking: later(presumptions, one.trafficking, other.trafficking),
    accompaniment: later(companions, one.accompaniment, other.accompaniment),
    ageInDoubt: one.ageInDoubt || other.ageInDoubt,
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(registeredBirthDate === undefined ? {} : { registeredBirthDate }),
    ...(notes === undefined ? {} : { notes }),
  }
  const computed = classificationOf(registration, found, dayOf(at)).classification
  const [override] = [one.override, other.override]
    .filter((stated) => stated !== undefined)
    .toSorted((a, b) => (isLower(a.classification, b.classification) ? 1 : -1))
  return override === undefined || isLower(override.classification, computed) ? found : { ...found, override }
}

/** The screening of a case that took in another's. */
export function screenedTogether(ours: CaseState, theirs: CaseState, at: string): Screening | undefined {
  const { screening: one, registration } = ours
  const { screening: other } = theirs
  if (one === undefined) return other && knowing(knowing(other, theirs, other.at), ours, '0')
  if (other === undefined) return one
  return moreProtective(withFormer(registration, theirs), knowing(one, ours, one.at), knowing(other, theirs, other.at), at)
}

/** A screening with what a link has said since about who is with a child: one that is dated anew must not undo it. */
const knowing = (found: Screening, linked: CaseState, since: string): Screening =>
  companyOf(linked, since).separated ? { ...found, accompaniment: later(companions, found.accompaniment, 'not-known') } : found

/** A registration that knows who the person was in the other case. */
export const withFormer = (registration: CaseState['registration'], { caseId, registration: { person } }: CaseState) => ({
  ...registration,
  formerly: [...(registration.formerly ?? []), { caseId, person }],
})

/** The screening of a case that another leaves: its own, with those of the cases that stay; what was found since stands as it is. */
export function screenedApart(state: CaseState, leaving: string, at: string): Screening | undefined {
  const { joined, screening, registration } = state
  const known = (joined?.cases ?? []).filter((other) => other.screening !== undefined)
  if (screening === undefined || !known.some(({ caseId }) => caseId === leaving)) return screening
  const remaining = [joined?.own.screening, ...known.filter(({ caseId }) => caseId !== leaving).map((other) => other.screening)]
  const [first, ...others] = remaining.filter((found) => found !== undefined)
  if (first === undefined) return undefined
  const people = { ...registration, formerly: (registration.formerly ?? []).filter(({ caseId }) => caseId !== leaving) }
  const found = others.reduce((one, other) => moreProtective(people, one, other, at), first)
  return { ...found, version: screening.version + 1 }
}

/** Candidates of a case that took in another: what was decided about a third one on either side stands. */
export function candidatesOfBoth(ours: CaseState, theirs: CaseState): Candidate[] {
  const known = (ours.candidates ?? []).filter(({ caseId }) => caseId !== theirs.caseId)
  const brought = (theirs.candidates ?? []).filter(({ caseId }) => caseId !== ours.caseId)
  const decidedByThem = new Map(brought.filter((candidate) => !isOpen(candidate)).map((candidate) => [candidate.caseId, candidate]))
  const ids = new Set(known.map(({ caseId }) => caseId))
  return [
    ...known.map((candidate) => (isOpen(candidate) ? (decidedByThem.get(candidate.caseId) ?? candidate) : candidate)),
    ...brought.filter(({ caseId }) => !ids.has(caseId)),
  ]
}

/** What a case remembers of another that it takes in: enough to be as before when they are parted. */
export function joinedWith(ours: CaseState, theirs: CaseState, assigned: Pick<CaseState, 'lead' | 'team'>, at: string): Joined {
  const { joined, screening, lead, team } = ours
  const { own = {}, cases = [] } = joined ?? {}
  const isScreenedTogether = cases.some((other) => other.screening !== undefined)
  const ownScreening = isScreenedTogether ? own.screening : theirs.screening && screening
  const isNarrower = assigneesOf(ours).length > assigneesOf({ ...ours, lead: undefined, ...assigned }).length
  const aside = own.team !== undefined ? own : isNarrower ? { team, ...(lead === undefined ? {} : { lead }) } : {}
  return {
    cases: [...cases, { caseId: theirs.caseId, at, ...(theirs.screening && { screening: theirs.screening }) }],
    own: {
      ...(ownScreening && { screening: ownScreening }),
      ...(aside.lead === undefined ? {} : { lead: aside.lead }),
      ...(aside.team === undefined ? {} : { team: aside.team }),
    },
  }
}
