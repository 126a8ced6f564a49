import { CaseId, caseRelations, Instant, identity, LinkId, protection, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { linkBases, linkEndings } from './codes.ts'

/*
 * Who belongs to whom. A link joins two cases: it stands in both, each time from that person's own view, and both change in one transaction.
 */

export type Relation = (typeof caseRelations.codes)[number]

/** What is told of a link. `relation`: what the other person is to this one. */
export const LinkTerms = {
  other: identity(CaseId),
  relation: identity(caseRelations.schema),
  since: identity(z.iso.date()).optional(),
  /** How it is known. */
  basis: identity(linkBases.schema).optional(),
}
export const EndTerms = { reason: identity(linkEndings.schema) }

const linkOf = (label: typeof identity) =>
  z.strictObject({
    linkId: label(LinkId),
    other: label(CaseId),
    relation: label(caseRelations.schema),
    since: label(z.iso.date()).optional(),
    basis: label(linkBases.schema).optional(),
    /** The other person was of age by everything on file when the link was recorded. */
    ofAge: label(z.literal(true)).optional(),
    /** Recorded by a protection officer. */
    confirmed: label(z.literal(true)).optional(),
    at: label(Instant),
    recordedBy: label(StaffId),
    /** The merged case that brought it. The other person's case goes on naming that one, which points to the case that goes on. */
    from: label(CaseId).optional(),
  })

/** A link of the family, or of people who travel together. */
export const FamilyLink = linkOf(identity)
/** A link that tells of guardianship or separation. */
export const ProtectionLink = linkOf(protection)
export type Link = z.output<typeof FamilyLink>

/** The links of a case, by who may know of them. */
export interface Linked {
  readonly links?: readonly Link[] | undefined
  readonly protectionLinks?: readonly Link[] | undefined
}
export const linksOf = ({ links = [], protectionLinks = [] }: Linked): readonly Link[] => [...links, ...protectionLinks]

/** The cases of those who travel along. */
export const companionsOf = ({ links = [] }: Linked): readonly string[] => [
  ...new Set(links.filter(({ relation }) => relation === 'travelling-with').map(({ other }) => other)),
]

const opposites: Readonly<Record<Relation, Relation>> = {
  spouse: 'spouse',
  parent: 'child',
  child: 'parent',
  sibling: 'sibling',
  'travelling-with': 'travelling-with',
  guardian: 'ward',
  ward: 'guardian',
  'separated-from': 'separated-from',
}
/** The same relation as the other person sees it. */
export const opposite = (relation: Relation): Relation => opposites[relation]

type Protective = 'guardian' | 'ward' | 'separated-from'
/** Whether a relation tells that somebody is a child alone, under guardianship or separated: protection data (B16, state machine 2b). */
export const isProtective = (relation: Relation): relation is Protective =>
  relation === 'guardian' || relation === 'ward' || relation === 'separated-from'

/** What one and the same person cannot be to another at once. That a spouse is no guardian keeps a forced marriage from passing for care. */
const contradictions: readonly (readonly [Relation, Relation])[] = [
  ['parent', 'child'],
  ['parent', 'sibling'],
  ['child', 'sibling'],
  ['spouse', 'parent'],
  ['spouse', 'child'],
  ['spouse', 'sibling'],
  ['spouse', 'guardian'],
  ['spouse', 'ward'],
  ['guardian', 'ward'],
  ['travelling-with', 'separated-from'],
]
export const contradicts = (one: Relation, other: Relation): boolean =>
  contradictions.some(([a, b]) => (a === one && b === other) || (a === other && b === one))

/** Far more than a family is, and what an item of the table holds without growing dear. */
export const mostLinks = 50

/** The link as it stands in the other case. @param ofAge whether the person of this case is */
export const mirrored = ({ ofAge: _, ...link }: Link, caseId: string, ofAge: boolean): Link => ({
  ...link,
  other: caseId,
  relation: opposite(link.relation),
  ...(ofAge ? { ofAge: true } : {}),
})

/** What the links say about who is with a child (B16), beside what the last screening found. */
export interface Company {
  /** Separated since the screening from whoever was, or may have been, responsible, and nobody else who is is known to be there. */
  readonly separated: boolean
  /** A parent or guardian of age travels along, says a link. A hint for the next screening, and no more. */
  readonly adultAlong: boolean
}

/**
 * What the links say of a child's company since a screening. They only ever raise protection by themselves: that a responsible adult is
 * there undoes nothing but such a raise, and only where a protection officer recorded it.
 */
export function companyOf(linked: Linked, screenedAt = ''): Company {
  const links = linksOf(linked)
  const is = (other: string, ...relations: readonly Relation[]): boolean =>
    links.some((link) => link.other === other && relations.includes(link.relation))
  const along = links.filter(({ other, relation }) => relation === 'travelling-with' && is(other, 'parent', 'guardian'))
  const responsible = along.filter(({ ofAge }) => ofAge === true)
  const confirmed = responsible.filter((travels) =>
    links
      .filter(({ other, relation }) => other === travels.other && ['parent', 'guardian', 'travelling-with'].includes(relation))
      .every((link) => link.confirmed === true),
  )
  // Being separated from a brother says nothing about the mother; that it is the brother is for a protection officer to say.
  const isNobodyResponsible = (other: string): boolean =>
    links.some((link) => link.other === other && link.confirmed === true && ['sibling', 'child', 'spouse', 'ward'].includes(link.relation))
  const apart = links.filter(({ other, relation, at }) => relation === 'separated-from' && at > screenedAt && !isNobodyResponsible(other))
  return { separated: screenedAt !== '' && apart.length > 0 && confirmed.length === 0, adultAlong: responsible.length > 0 }
}
