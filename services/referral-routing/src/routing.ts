import type { ListPosition, PartialDate, Reason } from '@wontanara/core'
import { type Bilingual, type priorities, ServiceId, type serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { type CaseFile, type Scope, uncovered } from './case-file.ts'
import type { Organisation } from './organisation.ts'
import { kilometres, pointOf } from './places.ts'
import type { Ports } from './ports.ts'
import { clocks, type Referral } from './referral.ts'
import type { GuardCode } from './refusals.ts'
import { opensIn } from './schedule.ts'
import { obstacles, type Service, type Sex } from './service.ts'
import { acknowledgementHours } from './tally.ts'

/** A need that asks for a service: codes, and what of a person decides on eligibility. */
export interface Need {
  readonly type: (typeof serviceTypes.codes)[number]
  /** ISO 3166-2:GN. */
  readonly place: string
  readonly priority: (typeof priorities.codes)[number]
  readonly birthDate?: PartialDate | undefined
  /** Completed years, where no birth date is given. */
  readonly age?: number | undefined
  readonly sex?: Sex | undefined
  /** ISO 639-3, the one they speak best first. */
  readonly languages: readonly string[]
  /** Instant of the question. */
  readonly at: string
}

/** The need that a referral is drafted for, or was. */
export const needOf = (
  {
    service,
    place,
    priority,
    age,
    sex,
    languages,
    snapshot,
  }: Pick<Referral['facts'], 'service' | 'place' | 'priority' | 'age' | 'sex' | 'languages' | 'snapshot'>,
  at: string,
): Need => ({
  type: service,
  place,
  priority,
  birthDate: snapshot.birthDate,
  age,
  sex: snapshot.sex ?? sex,
  languages: languages.length > 0 ? languages : (snapshot.languages ?? []),
  at,
})

/** What the ranking looks at, of one service. */
export interface Candidate {
  readonly service: Service
  readonly organisation: Organisation | undefined
  /** Hours until referrals to this service were acknowledged, in the past; undefined while there were too few to say. */
  readonly acknowledgementHours?: number | undefined
}

/** Points at most, by what they are given for. 100 in all. */
export const weights = { distance: 30, language: 20, hours: 15, acknowledgement: 20, capacity: 10, review: 5 } as const
/** From this distance on nothing is given for it, in kilometres: a day's journey and back. */
const farthest = 300
/** So many free places are as good as any. */
const ample = 5
/** In a language of the person, but not the one they speak best. */
const secondLanguage = 12

/** Why a service stands where it stands, as people read it. `{name}` is replaced by the parameter. */
export const reasonTexts = {
  'place-near': { en: 'About {km} km away.', fr: 'À environ {km} km.' },
  'place-far': { en: 'Far away: about {km} km.', fr: 'Éloigné : à environ {km} km.' },
  'place-unknown': { en: 'Where it is given is not in the directory.', fr: "Le lieu n'est pas indiqué dans le répertoire." },
  'language-best': { en: 'Speaks the language that the person speaks best.', fr: 'Parle la langue que la personne parle le mieux.' },
  'language-other': { en: 'Speaks another language of the person.', fr: 'Parle une autre langue de la personne.' },
  'language-none': { en: 'Speaks none of the languages of the person.', fr: 'Ne parle aucune des langues de la personne.' },
  'language-any': { en: 'Does not depend on a language.', fr: "Ne dépend pas d'une langue." },
  'language-unknown': { en: 'The languages of the person are not given.', fr: 'Les langues de la personne ne sont pas indiquées.' },
  'open-now': { en: 'Is open now.', fr: 'Est ouvert en ce moment.' },
  'opens-soon': { en: 'Opens in about {hours} hours.', fr: 'Ouvre dans {hours} heures environ.' },
  'opens-late': { en: 'Does not open in time for this priority.', fr: "N'ouvre pas à temps pour cette priorité." },
  'hours-unknown': { en: 'Its opening hours are not in the directory.', fr: 'Ses horaires ne sont pas dans le répertoire.' },
  'acknowledges-fast': {
    en: 'Acknowledged referrals within {hours} hours so far.',
    fr: "A accusé réception en {hours} heures jusqu'ici.",
  },
  'acknowledges-late': {
    en: 'Acknowledged referrals too late for this priority so far: after {hours} hours.',
    fr: "A accusé réception trop tard pour cette priorité jusqu'ici : après {hours} heures.",
  },
  'acknowledgement-unknown': {
    en: 'How fast it acknowledges is not known yet.',
    fr: 'On ne sait pas encore à quelle vitesse il accuse réception.',
  },
  'places-free': { en: 'Free places: {places}.', fr: 'Places libres : {places}.' },
  'places-unknown': { en: 'Does not tell its free places.', fr: "N'indique pas ses places libres." },
  reviewed: { en: 'Its entry is up to date.', fr: 'Sa fiche est à jour.' },
  'review-overdue': { en: 'Its entry should have been checked by {date}.', fr: 'Sa fiche devait être vérifiée avant le {date}.' },
  'review-unknown': {
    en: 'When its entry must be checked again is not said.',
    fr: "La date de sa prochaine vérification n'est pas indiquée.",
  },
} as const satisfies Readonly<Record<string, Bilingual>>
export type ReasonCode = keyof typeof reasonTexts

/** One reason, and the points given for it, out of `of`. */
export interface Grounds extends Reason<ReasonCode> {
  readonly points: number
  readonly of: number
}

/** A service in the ranking. */
export interface Ranked {
  readonly serviceId: string
  readonly organisationId: string
  readonly name: string
  /** Why it does not take this person now; empty when it does. */
  readonly obstacles: readonly Reason<GuardCode>[]
  /** The sum of the reasons' points: 0 to 100. */
  readonly points: number
  /** One for each of `weights`, also when it gives no points. */
  readonly reasons: readonly Grounds[]
}

const share = (of: number, part: number): number => Math.round(of * Math.min(1, Math.max(0, part)))
const grounds = (of: number, part: number, code: ReasonCode, params?: Reason['params']): Grounds => ({
  code,
  points: share(of, part),
  of,
  ...(params && { params }),
})

function byDistance({ locations }: Service, place: string): Grounds {
  const from = pointOf(place)
  const distances = (locations ?? []).flatMap((location) => {
    const to = location.coordinates ?? pointOf(location.place)
    if (location.place === place) return [0]
    return from === undefined || to === undefined ? [] : [kilometres(from, to)]
  })
  if (distances.length === 0) return grounds(weights.distance, 0, 'place-unknown')
  const nearest = Math.min(...distances)
  const km = Math.round(nearest)
  return grounds(weights.distance, 1 - nearest / farthest, nearest < farthest ? 'place-near' : 'place-far', { km })
}

function byLanguage({ languages }: Service, spoken: readonly string[]): Grounds {
  const [best] = spoken
  if (languages.length === 0) return grounds(weights.language, 0.5, 'language-any')
  if (best === undefined) return grounds(weights.language, 0, 'language-unknown')
  const offered: readonly string[] = languages
  if (offered.includes(best)) return grounds(weights.language, 1, 'language-best')
  if (!spoken.some((language) => offered.includes(language))) return grounds(weights.language, 0, 'language-none')
  return grounds(weights.language, secondLanguage / weights.language, 'language-other')
}

function byHours({ schedules }: Service, { at, priority }: Need): Grounds {
  if (schedules === undefined) return grounds(weights.hours, 0, 'hours-unknown')
  const wait = opensIn(schedules, at)
  if (wait === 0) return grounds(weights.hours, 1, 'open-now')
  if (wait === undefined || wait >= clocks[priority]) return grounds(weights.hours, 0, 'opens-late')
  return grounds(weights.hours, 1 - wait / clocks[priority], 'opens-soon', { hours: Math.ceil(wait) })
}

function byAcknowledgement(hours: number | undefined, { priority }: Need): Grounds {
  if (hours === undefined) return grounds(weights.acknowledgement, 0, 'acknowledgement-unknown')
  const part = 1 - hours / clocks[priority]
  return grounds(weights.acknowledgement, part, part > 0 ? 'acknowledges-fast' : 'acknowledges-late', { hours: Math.ceil(hours) })
}

function byCapacity({ capacity }: Service): Grounds {
  if (capacity === undefined) return grounds(weights.capacity, 0, 'places-unknown')
  return grounds(weights.capacity, capacity.available / ample, 'places-free', { places: capacity.available })
}

function byReview({ reviewBy }: Service, on: string): Grounds {
  if (reviewBy === undefined) return grounds(weights.review, 0, 'review-unknown')
  return reviewBy < on ? grounds(weights.review, 0, 'review-overdue', { date: reviewBy }) : grounds(weights.review, 1, 'reviewed')
}

/** The case as it now is, and what would be disclosed: consent must cover every scope, for the organisation of the service. */
export interface Consented {
  readonly file: CaseFile | undefined
  readonly scopes: readonly Scope[]
}

function unconsented({ file, scopes }: Consented, organisationId: string, at: string): readonly Reason<GuardCode>[] {
  const lacking = uncovered(file, organisationId, scopes, at)
  return lacking.length === 0 ? [] : [{ code: 'consent-missing', params: { scopes: lacking.join(', ') } }]
}

function judged({ service, organisation, acknowledgementHours }: Candidate, need: Need, consented: Consented | undefined): Ranked {
  const on = need.at.slice(0, 10)
  const reasons = [
    byDistance(service, need.place),
    byLanguage(service, need.languages),
    byHours(service, need),
    byAcknowledgement(acknowledgementHours, need),
    byCapacity(service),
    byReview(service, on),
  ]
  const { serviceId, organisationId, name } = service
  return {
    serviceId,
    organisationId,
    name,
    obstacles: [
      ...(consented === undefined ? [] : unconsented(consented, organisationId, need.at)),
      ...obstacles(service, organisation, need, on),
    ],
    points: reasons.reduce((sum, { points }) => sum + points, 0),
    reasons,
  }
}

/** Eligible before not; then more points; then the order of ids, so that the same question always has the same answer. */
const inOrder = (a: Ranked, b: Ranked): number =>
  Number(a.obstacles.length > 0) - Number(b.obstacles.length > 0) || b.points - a.points || (a.serviceId < b.serviceId ? -1 : 1)

/**
 * Every candidate of the need's type, the best first, each with every reason for and against it. Pure.
 * @param consented without it, consent is not looked at
 */
export const rank = (need: Need, candidates: readonly Candidate[], consented?: Consented): readonly Ranked[] =>
  candidates
    .filter(({ service }) => service.type === need.type)
    .map((candidate) => judged(candidate, need, consented))
    .sort(inOrder)

/** Where candidates are read. */
export type RoutingPorts = Pick<Ports, 'services' | 'organisations' | 'tallies'>

/** The services for a need as the directory now has them, ranked. What it reads grows with the services of the type. */
export const ranking = async (ports: RoutingPorts, need: Need, consented?: Consented): Promise<readonly Ranked[]> =>
  rank(need, await candidatesFor(ports, need), consented)

/** What allows or forbids the services of a ranking. `passed`: organisations of the chain so far; none is asked twice for the same need. */
export interface Choice extends Consented {
  readonly passed: ReadonlySet<string>
}

/**
 * The service to try next for a need: the best that takes the person now, whose organisation the person consented to for every scope, and
 * that is not yet in the chain. Undefined when there is none: then a human decides. That it may be sent is checked again when it is.
 */
export async function nextBest(ports: RoutingPorts, need: Need, choice: Choice): Promise<Ranked | undefined> {
  const ranked = await ranking(ports, need, choice)
  return ranked.find(({ obstacles: found, organisationId }) => found.length === 0 && !choice.passed.has(organisationId))
}

const ServiceKey = z.object({ serviceId: ServiceId })

async function candidatesFor({ services, organisations, tallies }: RoutingPorts, { type, at }: Need): Promise<readonly Candidate[]> {
  const ids: string[] = []
  let after: ListPosition | undefined
  do {
    const page = await services.store.list({ index: 'gsi1', pk: `services#${type}`, limit: 100, ...(after && { after }) })
    ids.push(...page.rows.map((row) => ServiceKey.parse(row).serviceId))
    after = page.next
  } while (after !== undefined)
  const found = await Promise.all(
    ids.map(async (id) => ({ service: (await services.store.load(id))?.state, hours: await acknowledgementHours(tallies, id, at) })),
  )
  const known = found.flatMap(({ service, hours }) => (service === undefined ? [] : [{ service, acknowledgementHours: hours }]))
  const partners = [...new Set(known.map(({ service }) => service.organisationId))]
  const named = new Map(await Promise.all(partners.map(async (id) => [id, (await organisations.store.load(id))?.state] as const)))
  return known.map((candidate) => ({ ...candidate, organisation: named.get(candidate.service.organisationId) }))
}
