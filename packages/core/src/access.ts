import { type DataClass, dataClasses, isOneMission } from '@wontanara/events'

/** The fifteen roles of staff; the identity provider's groups bear the same names. */
export const roles = [
  'intake-officer',
  'case-manager',
  'supervisor',
  'referral-coordinator',
  'medical-officer',
  'protection-officer',
  'child-protection-officer',
  'return-officer',
  'grants-officer',
  'grants-approver',
  'campaign-editor',
  'analyst',
  'data-protection-officer',
  'auditor',
  'administrator',
] as const
export type Role = (typeof roles)[number]

/**
 * Who acts: a member of staff at an office, a partner organisation's machine, one of our services, or whoever applies without being known to us.
 * `id` is a pseudonym; all who apply have the same.
 */
export type Principal =
  | { readonly kind: 'staff'; readonly id: string; readonly roles: readonly Role[]; readonly offices: readonly string[] }
  | { readonly kind: 'partner'; readonly id: string; readonly organisation: string }
  | { readonly kind: 'service'; readonly id: string }
  | { readonly kind: 'applicant'; readonly id: string }

/**
 * What stands between a principal and a record, from nothing to closest. `office`: the record is held at the principal's office;
 * `assigned`: the principal works on it; `addressed`: it was sent to the principal's organisation; `disclosed`: and accepted by it.
 */
export type Relation = 'any' | 'office' | 'assigned' | 'addressed' | 'disclosed'

/** What a record says about who stands close to it. */
export interface Resource {
  readonly offices: readonly string[]
  readonly assignees: readonly string[]
  readonly addressedTo?: readonly string[]
  readonly disclosedTo?: readonly string[]
}

type Grantee = Role | 'partner' | 'service' | 'applicant'
type Grants = Readonly<Partial<Record<Grantee, Relation>>>

const caseWorkers = { 'intake-officer': 'office', 'case-manager': 'office', supervisor: 'office' } as const satisfies Grants
const protectors = { 'protection-officer': 'assigned', 'child-protection-officer': 'assigned' } as const satisfies Grants
const referrers = {
  'referral-coordinator': 'office',
  'case-manager': 'office',
  'protection-officer': 'office',
  'child-protection-officer': 'office',
} as const satisfies Grants

/** Which role may do what, and how close it must stand to the record. What is not written here is denied. */
export const actions = {
  'case:register': { ...caseWorkers, 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'case:read': {
    ...caseWorkers,
    ...protectors,
    'referral-coordinator': 'office',
    'medical-officer': 'assigned',
    'return-officer': 'office',
    'grants-officer': 'office',
    'data-protection-officer': 'any',
  },
  'case:list': {
    ...caseWorkers,
    'protection-officer': 'office',
    'child-protection-officer': 'office',
    'referral-coordinator': 'office',
    'return-officer': 'office',
  },
  /** By names, documents and telephones: of whoever may see those in all cases of the office. */
  'case:search': { ...caseWorkers, 'referral-coordinator': 'office', 'return-officer': 'office', 'data-protection-officer': 'any' },
  /** An office's list as a file. It leaves in bulk: audited, never special-category data, and only for who answers for the office or for data protection. */
  'case:export': { supervisor: 'office', 'data-protection-officer': 'any' },
  /** Of one's own exports: the service lets nobody else, whatever stands here. */
  'export:follow': { supervisor: 'assigned', 'data-protection-officer': 'any' },
  'export:run': { service: 'any' },
  'case:history': { supervisor: 'office', 'data-protection-officer': 'any', auditor: 'any' },
  'case:correct': caseWorkers,
  'case:decide-duplicates': caseWorkers,
  'case:note-candidates': { service: 'any' },
  'case:screen': protectors,
  'case:counsel': { ...caseWorkers, ...protectors },
  'case:record-need': { ...caseWorkers, ...protectors, 'referral-coordinator': 'office', service: 'any' },
  'case:record-consent': { ...caseWorkers, ...protectors, 'referral-coordinator': 'office' },
  'case:declare-voluntariness': { ...caseWorkers, ...protectors },
  'case:withdraw': { ...caseWorkers, ...protectors },
  'case:suspend': { ...caseWorkers, ...protectors },
  /** Guardianship and separation are for protection officers: the case says so. */
  'case:link': { ...caseWorkers, ...protectors },
  'case:read-household': {
    ...caseWorkers,
    ...protectors,
    'referral-coordinator': 'office',
    'return-officer': 'office',
    'data-protection-officer': 'any',
  },
  'case:assign': { supervisor: 'office', 'case-manager': 'office' },
  'case:request-closure': { 'case-manager': 'office', supervisor: 'office' },
  'case:approve-closure': { supervisor: 'office' },
  'case:reopen': { supervisor: 'office' },
  'case:merge': { supervisor: 'office' },
  'case:transfer': { 'case-manager': 'office', supervisor: 'office' },
  'transfer:read': {
    'case-manager': 'office',
    supervisor: 'office',
    'protection-officer': 'office',
    'child-protection-officer': 'office',
    'data-protection-officer': 'any',
    auditor: 'any',
  },
  'transfer:answer': { 'case-manager': 'office', supervisor: 'office' },
  'transfer:history': { supervisor: 'office', 'data-protection-officer': 'any', auditor: 'any' },

  /** Without a login. Nothing can be read back. */
  'application:submit': { applicant: 'any' },
  'application:list': { ...caseWorkers, 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'application:read': { ...caseWorkers, ...protectors, 'data-protection-officer': 'any' },
  'application:take': { 'protection-officer': 'office', 'child-protection-officer': 'office' },
  /** As registration: it opens a case. */
  'application:accept': { ...caseWorkers, 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'application:decide': { ...caseWorkers, ...protectors },
  'application:move': { supervisor: 'office' },
  /** When it has been kept long enough. */
  'application:erase': { service: 'any' },

  'appointment:read': { ...caseWorkers, 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'appointment:keep': { ...caseWorkers, 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'appointment:announce': { service: 'any' },

  'manifest:import': { 'intake-officer': 'office', supervisor: 'office' },
  'manifest:read': { 'intake-officer': 'office', supervisor: 'office' },
  'manifest:process': { service: 'any' },
  'manifest:erase': { service: 'any' },

  'fitness:request': { 'case-manager': 'office', 'medical-officer': 'office', 'return-officer': 'office', service: 'any' },
  'fitness:read': { 'medical-officer': 'office', 'case-manager': 'office', 'return-officer': 'office', supervisor: 'office' },
  'fitness:read-flag': { 'protection-officer': 'office', 'child-protection-officer': 'office' },
  'fitness:list': { 'medical-officer': 'office', 'return-officer': 'office', supervisor: 'office' },
  'fitness:schedule': { 'medical-officer': 'office' },
  'fitness:examine': { 'medical-officer': 'assigned' },
  'fitness:decide': { 'medical-officer': 'assigned' },
  'fitness:pre-embarkation': { 'medical-officer': 'assigned' },
  'fitness:revoke': { 'medical-officer': 'assigned' },
  'fitness:follow-case': { service: 'any' },
  'fitness:lapse': { service: 'any' },
  'fitness:set-travel-date': { 'return-officer': 'office', 'case-manager': 'office', 'medical-officer': 'office' },

  'directory:read': {
    'intake-officer': 'any',
    'medical-officer': 'any',
    supervisor: 'any',
    'referral-coordinator': 'any',
    'case-manager': 'any',
    'protection-officer': 'any',
    'child-protection-officer': 'any',
    partner: 'any',
  },
  'directory:edit': { 'referral-coordinator': 'any', supervisor: 'any' },
  /** Whether an office sends referrals by itself: for who answers for the office. */
  'routing-rule:set': { supervisor: 'office' },
  'routing-rule:read': { ...referrers, supervisor: 'office' },
  // The service: an endpoint that answers 410 is switched off.
  'directory:set-webhook': { partner: 'addressed', service: 'any' },
  'referral:draft': referrers,
  'referral:read': { ...referrers, supervisor: 'office', partner: 'addressed' },
  'referral:list': { ...referrers, supervisor: 'office', partner: 'addressed' },
  'referral:send': referrers,
  'referral:recall': { ...referrers, service: 'any' },
  'referral:correct': referrers,
  'referral:list-overdue': { 'referral-coordinator': 'office', 'case-manager': 'office', supervisor: 'office' },
  /** An expired referral whose need was seen to otherwise. */
  'referral:settle': { 'referral-coordinator': 'office', 'case-manager': 'office', supervisor: 'office' },
  /** Deadlines that pass: expiry, escalation, rerouting. */
  'referral:keep-time': { service: 'any' },
  'referral:answer': { partner: 'addressed' },
  // Addressed, not disclosed: a repeat after the end, or after a recall, deserves the reason and not a 404.
  'referral:progress': { partner: 'addressed' },
  'referral:record-consent': { service: 'any' },
  'partner-events:read': { partner: 'addressed' },
  /** Counts without small numbers. A partner reads its own. */
  'measures:read': {
    'referral-coordinator': 'any',
    supervisor: 'any',
    analyst: 'any',
    'data-protection-officer': 'any',
    auditor: 'any',
    partner: 'addressed',
  },
  /** What left about a person, to whom and on what ground. */
  'disclosure:read': {
    'case-manager': 'office',
    supervisor: 'office',
    'referral-coordinator': 'office',
    'data-protection-officer': 'any',
    auditor: 'any',
  },
  /** To share one referral without consent: asked by one person, confirmed by the second whom that one names, reviewed by a third. */
  'exception:ask': referrers,
  'exception:confirm': {
    'referral-coordinator': 'assigned',
    'case-manager': 'assigned',
    'protection-officer': 'assigned',
    'child-protection-officer': 'assigned',
    supervisor: 'assigned',
  },
  'exception:read': { ...referrers, supervisor: 'office', 'data-protection-officer': 'any', auditor: 'any' },
  'exception:list': { supervisor: 'office', 'referral-coordinator': 'office', 'data-protection-officer': 'any', auditor: 'any' },
  'exception:review': { supervisor: 'office', 'data-protection-officer': 'any' },
  'exception:remind': { service: 'any' },
  'encryption-key:set': { partner: 'addressed' },
} as const satisfies Readonly<Record<string, Grants>>
export type Action = keyof typeof actions

/** Which role sees which class of data, and how close it must stand. C0 is everybody's; C4 nobody's. */
export const classAccess: Readonly<Record<Grantee, Readonly<Partial<Record<DataClass, Relation>>>>> = {
  'intake-officer': { C1: 'office', C2: 'office' },
  'case-manager': { C1: 'office', C2: 'office' },
  supervisor: { C1: 'office', C2: 'office' },
  'referral-coordinator': { C1: 'office', C2: 'office' },
  'medical-officer': { C1: 'office', C2: 'assigned', 'C3-medical': 'assigned' },
  'protection-officer': { C1: 'office', C2: 'assigned', 'C3-protection': 'assigned' },
  'child-protection-officer': { C1: 'office', C2: 'assigned', 'C3-protection': 'assigned' },
  'return-officer': { C1: 'office', C2: 'office' },
  'grants-officer': { C1: 'office' },
  'grants-approver': { C1: 'office' },
  'campaign-editor': {},
  analyst: {},
  'data-protection-officer': { C1: 'any', C2: 'any' },
  auditor: { C1: 'any' },
  administrator: {},
  partner: { C1: 'addressed', C2: 'disclosed' },
  service: { C1: 'any' },
  applicant: {},
}

/** Why access was denied: no role has the action at all, or none in this relation, which is answered as if the record did not exist. */
export type Denial = 'role' | 'relation'

/** The answer to an access question. `as`: the role that opened the way; `classes`: what may be shown of the record. */
export type Decision =
  | { readonly allow: true; readonly as: string; readonly classes: ReadonlySet<DataClass> }
  | { readonly allow: false; readonly reason: Denial }

const grantees = (principal: Principal): readonly Grantee[] => (principal.kind === 'staff' ? principal.roles : [principal.kind])

/** Nobody is assigned to what another mission holds: missions are tenants, and a file crosses only by a transfer. */
const isAssigned = (principal: Extract<Principal, { kind: 'staff' }>, { offices, assignees }: Resource): boolean =>
  assignees.includes(principal.id) && principal.offices.some((own) => offices.some((office) => isOneMission(own, office)))

function holds(principal: Principal, relation: Relation, resource: Resource): boolean {
  switch (relation) {
    case 'any':
      return true
    case 'office':
      return (
        principal.kind === 'staff' &&
        (principal.offices.some((office) => resource.offices.includes(office)) || isAssigned(principal, resource))
      )
    case 'assigned':
      return principal.kind === 'staff' && isAssigned(principal, resource)
    case 'addressed':
      return principal.kind === 'partner' && (resource.addressedTo ?? []).includes(principal.organisation)
    case 'disclosed':
      return principal.kind === 'partner' && (resource.disclosedTo ?? []).includes(principal.organisation)
  }
}

/** Whether any of the principal's roles has the action at all, whatever the record. */
export const mayEver = (principal: Principal, action: Action): boolean => {
  const grants: Grants = actions[action]
  return grantees(principal).some((grantee) => grants[grantee] !== undefined)
}

/**
 * May this principal do this to this record, and what of it may be shown? Function (role) and relation (need-to-know) must both hold.
 * Pure and total; what no table allows is denied.
 */
export function decide(principal: Principal, action: Action, resource: Resource): Decision {
  if (!mayEver(principal, action)) return { allow: false, reason: 'role' }
  const grants: Grants = actions[action]
  const held = grantees(principal)
  const as = held.find((grantee) => {
    const relation = grants[grantee]
    return relation !== undefined && holds(principal, relation, resource)
  })
  if (as === undefined) return { allow: false, reason: 'relation' }
  const classes = new Set<DataClass>(['C0'])
  for (const grantee of held) {
    for (const dataClass of dataClasses) {
      const relation = classAccess[grantee][dataClass]
      if (relation !== undefined && holds(principal, relation, resource)) classes.add(dataClass)
    }
  }
  return { allow: true, as, classes }
}
