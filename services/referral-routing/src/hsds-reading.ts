import { exponent, Money, pointerOf, type Reason, reasonsOf } from '@wontanara/core'
import { languages, OrganisationId, ServiceId, type serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { HsdsOrganization, HsdsService, othersOf, ourIdOf, ours, placeScheme } from './hsds.ts'
import { Organisation } from './organisation.ts'
import { weekdays } from './schedule.ts'
import { contradictions, Service } from './service.ts'

/** What a foreign term of HSDS stands for here: the code or the name of a taxonomy term. */
export interface Meaning {
  readonly term: string
  readonly type: (typeof serviceTypes.codes)[number]
}

/** What the directory has of the records that are read, by our id. */
export interface Known {
  readonly organisations: ReadonlyMap<string, Organisation>
  readonly services: ReadonlyMap<string, Service>
}

/** What was read of one record, or why it cannot be taken over. */
export interface Read<T> {
  readonly id: string
  readonly pointer: string
  readonly record: T | undefined
  readonly reasons: readonly Reason[]
  /** Fields that HSDS has and the directory does not keep, and fields that HSDS does not have: left out, and named. */
  readonly notKept: readonly string[]
  readonly unknown: readonly string[]
}
export interface ReadOrganisation {
  readonly organisation: Read<Organisation>
  readonly services: readonly Read<Service>[]
}

/** Absent and null are the same to whoever writes HSDS. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])))
}

interface LeftOut {
  readonly notKept: string[]
  readonly unknown: string[]
}
/** Names what a schema of HSDS leaves out of a value. @param stop a field of the value itself that is looked at elsewhere */
function leftOut(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[], found: LeftOut, stop?: string): LeftOut {
  if (schema instanceof z.ZodOptional) return leftOut(schema.def.innerType, value, path, found, stop)
  if (schema instanceof z.ZodArray && Array.isArray(value))
    for (const [i, inner] of value.entries()) leftOut(schema.def.element, inner, [...path, i], found)
  const known = othersOf(schema)
  if (!(schema instanceof z.ZodObject) || known === undefined || typeof value !== 'object' || value === null) return found
  for (const [name, inner] of Object.entries(value)) {
    const here = [...path, name]
    const kept: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined
    if (name === stop) continue
    if (kept !== undefined) leftOut(kept, inner, here, found)
    else (known.has(name) ? found.notKept : found.unknown).push(pointerOf(here))
  }
  return found
}

/** A fault of HSDS data, where it lies. */
type Fault = (code: string, path: readonly PropertyKey[]) => undefined

const saidOf = (attributes: HsdsService['attributes'], type: (typeof ours)[keyof typeof ours]) =>
  (attributes ?? []).filter(({ link_type }) => link_type === type)
const textOf = (attributes: HsdsService['attributes'], type: (typeof ours)[keyof typeof ours]): string | undefined =>
  saidOf(attributes, type)[0]?.value
const codeOf = (attributes: HsdsService['attributes'], type: (typeof ours)[keyof typeof ours]): string | undefined =>
  saidOf(attributes, type)[0]?.taxonomy_term?.code

/** ISO 639-1 of the languages of the programme that have such a code. */
const twoLetters: Readonly<Record<string, string>> = { fr: 'fra', en: 'eng', ar: 'ara', pt: 'por', bm: 'bam', wo: 'wol', ha: 'hau' }

/** `08:00`, `08:00:00`, `08:00Z` or `08:00+00:00`: the time of Guinea, which keeps UTC. */
const timeOf = (written: string): string | undefined => /^(\d\d:\d\d)(?::00)?(?:Z|\+00:?00)?$/.exec(written)?.[1]

function scheduleOf(schedule: NonNullable<HsdsService['schedules']>[number], path: readonly PropertyKey[], fault: Fault): unknown {
  const { freq, byday, opens_at, closes_at, valid_from, valid_to, timezone } = schedule
  const days = (byday ?? '').split(',').map((day) => day.trim())
  const [opens, closes] = [timeOf(opens_at ?? ''), timeOf(closes_at ?? '')]
  const weekly = (freq ?? 'WEEKLY') === 'WEEKLY' && days.every((day) => weekdays.some((known) => known === day))
  if (!weekly || opens === undefined || closes === undefined || (timezone ?? 0) !== 0) return fault('schedule-not-weekly', path)
  return { weekdays: days, opens, closes, validFrom: valid_from, validTo: valid_to }
}

function locationOf(
  { location }: NonNullable<HsdsService['service_at_locations']>[number],
  path: readonly PropertyKey[],
  fault: Fault,
): unknown {
  if (location === undefined) return fault('required', [...path, 'location'])
  const { id, name, latitude, longitude, external_identifier, external_identifier_type, accessibility, attributes } = location
  if (external_identifier_type !== placeScheme) return fault('place-not-said', [...path, 'location', 'external_identifier'])
  return {
    locationId: ourIdOf('loc', id, textOf(attributes, ours.id)),
    name,
    place: external_identifier,
    ...(latitude === undefined || longitude === undefined ? {} : { coordinates: { latitude, longitude } }),
    accessibility: (accessibility ?? []).flatMap(({ description }) => (description === undefined ? [] : [description])),
  }
}

function costOf(
  { amount, currency, option }: NonNullable<HsdsService['cost_options']>[number],
  path: readonly PropertyKey[],
  fault: Fault,
): unknown {
  const known = Money.shape.currency.safeParse(currency?.toUpperCase())
  if (!known.success) return fault('currency-not-known', [...path, 'currency'])
  if (amount === undefined) return fault('required', [...path, 'amount'])
  return { amount: Math.round(amount * 10 ** exponent(known.data)), currency: known.data, option }
}

function languageOf({ code }: NonNullable<HsdsService['languages']>[number], path: readonly PropertyKey[], fault: Fault): unknown {
  const known = languages.schema.safeParse(code === undefined ? undefined : (twoLetters[code] ?? code))
  return known.success ? known.data : fault('language-not-known', [...path, 'code'])
}

function typeOf(attributes: HsdsService['attributes'], meanings: readonly Meaning[], known: Service | undefined): string | undefined {
  const terms = (attributes ?? []).flatMap(({ taxonomy_term: term }) => (term === undefined ? [] : [term.code, term.name]))
  return codeOf(attributes, ours.type) ?? meanings.find(({ term }) => terms.includes(term))?.type ?? known?.type
}

/** What HSDS cannot say is as it was known, unless attributes of ours say it. */
function closureOf(attributes: HsdsService['attributes'], known: Service | undefined): unknown {
  const interval = textOf(attributes, ours.closure)
  if (interval === undefined) return saidOf(attributes, ours.type).length > 0 ? undefined : known?.closure
  const [from, to] = interval.split('/')
  return { from, ...(to === '..' ? {} : { to }), reason: textOf(attributes, ours.closureReason) }
}

/** Where HSDS writes what a field of ours holds. */
const homes: Readonly<Record<string, readonly string[]>> = {
  serviceAreas: ['service_areas'],
  eligibility: ['eligibility_description'],
  minimumAge: ['minimum_age'],
  maximumAge: ['maximum_age'],
  requiredDocuments: ['required_documents'],
  locations: ['service_at_locations'],
  schedules: ['schedules'],
  languages: ['languages'],
  costs: ['cost_options'],
  assuredOn: ['assured_date'],
  capacity: ['capacities'],
  type: ['attributes'],
  sexes: ['attributes'],
  reviewBy: ['attributes'],
  closure: ['attributes'],
}
/** A pointer into HSDS, for one into a record of ours: to the element, not into it, where the two differ in shape. */
function atHome(pointer: string): string {
  const [, field = '', element] = pointer.split('/')
  const home = homes[field]
  if (home === undefined) return pointer
  return pointerOf([...home, ...(element !== undefined && /^\d+$/.test(element) && home[0] !== 'attributes' ? [element] : [])])
}

function serviceOf(
  hsds: HsdsService,
  organisationId: string,
  known: Service | undefined,
  meanings: readonly Meaning[],
): { readonly record: Service | undefined; readonly reasons: readonly Reason[] } {
  const reasons: Reason[] = []
  const fault: Fault = (code, path) => {
    reasons.push({ code, pointer: pointerOf(path) })
    return undefined
  }
  const each = <T>(
    list: readonly T[] | undefined,
    field: string,
    make: (element: T, path: readonly PropertyKey[], fault: Fault) => unknown,
  ) => list?.map((element, i) => make(element, [field, i], fault))
  const { attributes } = hsds
  const isOurs = saidOf(attributes, ours.type).length > 0
  const sexes = saidOf(attributes, ours.sex).map(({ taxonomy_term }) => taxonomy_term?.code)
  const [capacity] = hsds.capacities ?? []
  const schedules = each(hsds.schedules, 'schedules', scheduleOf)
  const parsed = Service.safeParse(
    {
      serviceId: ourIdOf('svc', hsds.id, textOf(attributes, ours.id)),
      organisationId,
      name: hsds.name,
      description: hsds.description,
      type: typeOf(attributes, meanings, known),
      status: hsds.status === 'temporarily closed' ? 'temporarily-closed' : hsds.status,
      serviceAreas: hsds.service_areas?.map(({ name }) => name),
      languages: each(hsds.languages, 'languages', languageOf) ?? [],
      eligibility: hsds.eligibility_description,
      minimumAge: hsds.minimum_age,
      maximumAge: hsds.maximum_age,
      sexes: sexes.length > 0 ? sexes : isOurs ? undefined : known?.sexes,
      requiredDocuments: (hsds.required_documents ?? []).flatMap(({ document }) => (document === undefined ? [] : [document])),
      locations: each(hsds.service_at_locations, 'service_at_locations', locationOf),
      schedules: schedules?.length === 0 ? undefined : schedules,
      costs: each(hsds.cost_options, 'cost_options', costOf),
      assuredOn: hsds.assured_date,
      reviewBy: textOf(attributes, ours.reviewBy) ?? (isOurs ? undefined : known?.reviewBy),
      closure: closureOf(attributes, known),
      capacity:
        capacity === undefined ? known?.capacity : { available: capacity.available, maximum: capacity.maximum, toldAt: capacity.updated },
    },
    { reportInput: true },
  )
  // What was found in HSDS itself is said once, not again as what is missing of the record.
  if (reasons.length > 0) return { record: undefined, reasons }
  if (!parsed.success)
    return { record: undefined, reasons: reasonsOf(parsed.error).map((reason) => ({ ...reason, pointer: atHome(reason.pointer ?? '') })) }
  const against = contradictions(parsed.data).map((reason) => ({ ...reason, pointer: atHome(reason.pointer ?? '') }))
  return { record: against.length === 0 ? parsed.data : undefined, reasons: against }
}

function organisationOf(hsds: HsdsOrganization, organisationId: string, known: Organisation | undefined) {
  const { name, description, website, attributes } = hsds
  const parsed = Organisation.safeParse(
    {
      organisationId,
      name,
      // Our own export writes the name where there is no description.
      ...(description === name ? {} : { description }),
      type: codeOf(attributes, ours.type) ?? known?.type,
      status: textOf(attributes, ours.status) ?? known?.status ?? 'active',
      website,
    },
    { reportInput: true },
  )
  if (parsed.success) return { record: parsed.data, reasons: [] }
  return { record: undefined, reasons: reasonsOf(parsed.error).map((reason) => ({ ...reason, pointer: atHome(reason.pointer ?? '') })) }
}

const Named = z.object({ id: z.guid(), attributes: HsdsOrganization.shape.attributes.catch(undefined) })
const WithServices = z.object({ services: z.array(z.unknown()).max(200).optional() })

/** The ids of ours that a file speaks of: what must be known of the directory to read it. What is not HSDS has none. */
export function idsIn(organizations: readonly unknown[]): {
  readonly organisations: readonly string[]
  readonly services: readonly string[]
} {
  const idOf = (prefix: 'org' | 'svc', value: unknown): readonly string[] => {
    const parsed = Named.safeParse(withoutNulls(value))
    return parsed.success ? [ourIdOf(prefix, parsed.data.id, textOf(parsed.data.attributes, ours.id))] : []
  }
  return {
    organisations: organizations.flatMap((value) => idOf('org', value)),
    services: organizations.flatMap((value) =>
      (WithServices.safeParse(value).data?.services ?? []).flatMap((service) => idOf('svc', service)),
    ),
  }
}

/**
 * Reads organisations with their services from HSDS 3, each record by itself: what it would be in the directory, or every reason why it cannot
 * be, with its place in the file. Nothing is guessed: what the directory must know, such as the type, is said by the file, or by `meanings`, or
 * is known already.
 */
export function readHsds(organizations: readonly unknown[], known: Known, meanings: readonly Meaning[] = []): readonly ReadOrganisation[] {
  const seen = new Set<string>()
  const once = <T>(read: Read<T>): Read<T> => {
    const twice = read.id !== '' && seen.has(read.id)
    seen.add(read.id)
    return twice ? { ...read, record: undefined, reasons: [...read.reasons, { code: 'said-twice', pointer: read.pointer }] } : read
  }
  return organizations
    .map((raw, i) => readOne(withoutNulls(raw), ['organizations', i], known, meanings))
    .map(({ organisation, services }) => ({ organisation: once(organisation), services: services.map(once) }))
}

function readOne(raw: unknown, at: readonly PropertyKey[], known: Known, meanings: readonly Meaning[]): ReadOrganisation {
  const parsed = HsdsOrganization.omit({ services: true }).safeParse(raw, { reportInput: true })
  const id = idsIn([raw]).organisations[0] ?? ''
  const within = pointerOf(at)
  const { record, reasons } = parsed.success
    ? organisationOf({ ...parsed.data }, id, known.organisations.get(id))
    : { record: undefined, reasons: reasonsOf(parsed.error) }
  const list = WithServices.safeParse(raw, { reportInput: true })
  const faults = [...reasons, ...(list.success ? [] : reasonsOf(list.error))]
  return {
    organisation: {
      id: named(OrganisationId, id),
      pointer: within,
      record: list.success ? record : undefined,
      reasons: faults.map((reason) => ({ ...reason, pointer: within + (reason.pointer ?? '') })),
      ...leftOut(HsdsOrganization, raw, at, { notKept: [], unknown: [] }, 'services'),
    },
    services: (list.data?.services ?? []).map((service, n) => readService(service, [...at, 'services', n], id, known, meanings)),
  }
}

function readService(
  raw: unknown,
  at: readonly PropertyKey[],
  organisationId: string,
  known: Known,
  meanings: readonly Meaning[],
): Read<Service> {
  const within = pointerOf(at)
  const parsed = HsdsService.safeParse(raw, { reportInput: true })
  const id = parsed.success ? ourIdOf('svc', parsed.data.id, textOf(parsed.data.attributes, ours.id)) : ''
  const before = known.services.get(id)
  const { record, reasons } = parsed.success
    ? serviceOf(parsed.data, organisationId, before, meanings)
    : { record: undefined, reasons: reasonsOf(parsed.error) }
  const moved = before !== undefined && before.organisationId !== organisationId
  const all = [...reasons, ...(moved ? [{ code: 'other-organisation', pointer: '/id' }] : [])]
  return {
    id: named(ServiceId, id),
    pointer: within,
    record: moved ? undefined : record,
    reasons: all.map((reason) => ({ ...reason, pointer: within + (reason.pointer ?? '') })),
    ...leftOut(HsdsService, raw, at, { notKept: [], unknown: [] }),
  }
}

/** An id as it may be repeated in an answer: a value sent in the wrong place must not come back. */
const named = (schema: z.ZodType<string>, id: string): string => (schema.safeParse(id).success ? id : '')
