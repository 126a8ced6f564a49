import {
  accept,
  ageRange,
  aggregate,
  type Command,
  definePrivateEvent,
  type EventOf,
  guineaPlace,
  line,
  Money,
  note,
  type PartialDate,
  type Reason,
} from '@wontanara/core'
import { languages, OrganisationId, ServiceId, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { directory, type Organisation } from './organisation.ts'
import { isWithin } from './places.ts'
import { catalogue, type GuardCode, type RefusalCode, refuse } from './refusals.ts'
import { Schedule } from './schedule.ts'

const age = () => directory(z.int().min(0).max(120)).optional()
/** A person's sex, as far as a service may depend on it. */
export const sexes = z.enum(['female', 'male', 'other', 'not-stated'])
export type Sex = z.output<typeof sexes>

/** A place where a service is given, in the terms of HSDS 3 (`location`, `accessibility`). Of a safe shelter there is none. */
export const Location = z.strictObject({
  locationId: directory(z.string().regex(/^loc-[a-z0-9-]{2,40}$/)),
  name: directory(line(120)).optional(),
  /** ISO 3166-2:GN. */
  place: directory(guineaPlace()),
  /** Decimal degrees, WGS 84; where they are absent, the chief town of `place` counts. */
  coordinates: z
    .strictObject({ latitude: directory(z.number().min(-90).max(90)), longitude: directory(z.number().min(-180).max(180)) })
    .optional(),
  /** Arrangements for people with disabilities. */
  accessibility: directory(z.array(line(200)).max(10)),
})

/** What a service costs the person, in the terms of HSDS 3 (`cost_option`); in minor units of the currency. */
const Cost = z.strictObject({
  amount: directory(z.int().min(0)),
  currency: directory(Money.shape.currency),
  /** For whom, or on what condition. */
  option: directory(line(200)).optional(),
})

/** A service that people are referred to, in the terms of HSDS 3 (`service`, `service_area`, `language`, `schedule`, `cost_option`, `required_document`). */
export const Service = z.strictObject({
  serviceId: directory(ServiceId),
  organisationId: directory(OrganisationId),
  name: directory(line(120)),
  description: directory(note(1000)).optional(),
  type: directory(serviceTypes.schema),
  status: directory(z.enum(['active', 'inactive', 'defunct', 'temporarily-closed'])),
  /** Where it is given: ISO 3166-2:GN codes, or `GN` for the whole country. */
  serviceAreas: directory(
    z
      .array(z.union([z.literal('GN'), guineaPlace()]))
      .min(1)
      .max(41),
  ),
  /** Languages it is given in; empty when it does not depend on one. */
  languages: directory(z.array(languages.schema).max(14)),
  eligibility: directory(note(1000)).optional(),
  minimumAge: age(),
  maximumAge: age(),
  /** Only these; absent when the sex does not matter. */
  sexes: directory(
    z
      .array(sexes.exclude(['not-stated']))
      .min(1)
      .max(3),
  ).optional(),
  requiredDocuments: directory(z.array(line(120)).max(20)),
  locations: z.array(Location).max(20).optional(),
  /** Absent when the hours are not known. */
  schedules: z.array(Schedule).min(1).max(20).optional(),
  /** Empty when it is free; absent when that is not known. */
  costs: z.array(Cost).max(20).optional(),
  /** When what is written here was last checked (HSDS `assured_date`). */
  assuredOn: directory(z.iso.date()).optional(),
  /** When it is to be checked again. */
  reviewBy: directory(z.iso.date()).optional(),
  /** It takes nobody from the first day on, to the last or for good. */
  closure: z
    .strictObject({ from: directory(z.iso.date()), to: directory(z.iso.date()).optional(), reason: directory(line(200)).optional() })
    .optional(),
  /** Free places as the partner last told; absent when it does not count them. */
  capacity: z
    .strictObject({
      available: directory(z.int().min(0).max(100_000)),
      maximum: directory(z.int().min(0).max(100_000)).optional(),
      /** When that was; of what comes without it, when it came. */
      toldAt: directory(z.iso.datetime()).optional(),
    })
    .optional(),
})
export type Service = z.output<typeof Service>

const events = [definePrivateEvent('service-described', Service)] as const
export type ServiceEvent = EventOf<(typeof events)[number]>
export type ServiceCommand = Command & { readonly type: 'add' | 'describe'; readonly service: Service }

export const services = aggregate<Service, ServiceCommand, ServiceEvent, RefusalCode>({
  name: 'service',
  state: Service,
  events,
  refusals: catalogue,
  resource: () => ({ offices: [], assignees: [] }),
  index: ({ serviceId, organisationId, name, type, status, serviceAreas, reviewBy, capacity }) => ({
    gsi1: { pk: `services#${type}`, sk: serviceId },
    gsi2: { pk: `services-of#${organisationId}`, sk: serviceId },
    row: {
      serviceId,
      organisationId,
      name,
      type,
      status,
      serviceAreas,
      ...(reviewBy !== undefined && { reviewBy }),
      ...(capacity && { available: capacity.available }),
    },
  }),
  decide(state, { type, service: told, at }) {
    if (type === 'add' && state !== undefined) return { ok: false, refusal: refuse('already-exists') }
    const service = timed(told, state, at)
    const reasons = contradictions(service)
    if (reasons.length > 0) return { ok: false, refusal: { ...refuse('invalid-request'), reasons } }
    // Both were read by the schema, which gives their fields one order.
    return JSON.stringify(state) === JSON.stringify(service) ? accept() : accept({ type: 'service-described', data: service })
  },
  evolve: (_, { data }) => data,
})

/** Says of free places when they were told: they are as old as the last time that somebody counted them, or said another number. */
export function timed(service: Service, before: Service | undefined, at: string): Service {
  const { capacity } = service
  const known = before?.capacity
  if (capacity === undefined || (capacity.toldAt !== undefined && capacity.toldAt !== known?.toldAt)) return service
  const same = known?.available === capacity.available && known.maximum === capacity.maximum
  const toldAt = same ? known.toldAt : at
  return { ...service, capacity: { ...capacity, ...(toldAt && { toldAt }) } }
}

/** What cannot be true of a service, whatever each field says by itself; none when all is well. */
export function contradictions({
  type,
  minimumAge = 0,
  maximumAge = 120,
  schedules,
  closure,
  locations,
}: Service): readonly Reason<GuardCode>[] {
  const found: Reason<GuardCode>[] = []
  if (minimumAge > maximumAge) found.push({ code: 'ages-reversed', pointer: '/minimumAge' })
  for (const [i, { opens, closes, validFrom, validTo }] of (schedules ?? []).entries()) {
    if (closes <= opens) found.push({ code: 'hours-reversed', pointer: `/schedules/${i}/closes` })
    if (validFrom !== undefined && validTo !== undefined && validTo < validFrom)
      found.push({ code: 'dates-reversed', pointer: `/schedules/${i}/validTo` })
  }
  if (closure?.to !== undefined && closure.to < closure.from) found.push({ code: 'dates-reversed', pointer: '/closure/to' })
  // The directory is public: where a safe shelter lies must never be in it.
  if (type === 'safe-shelter' && locations !== undefined) found.push({ code: 'shelter-location', pointer: '/locations' })
  return found
}

/** What of a person decides on eligibility. */
export interface Applicant {
  readonly place: string
  readonly birthDate?: PartialDate | undefined
  /** Completed years, where no birth date is given. */
  readonly age?: number | undefined
  readonly sex?: Sex | undefined
  /** The one they speak best first. */
  readonly languages: readonly string[]
}

/** Why a service does not take somebody on a day; none when it does. An age that may or may not fit is given the benefit of the doubt. */
export function obstacles(
  service: Service | undefined,
  organisation: Organisation | undefined,
  applicant: Applicant,
  on: string,
): readonly Reason<GuardCode>[] {
  const found: Reason<GuardCode>[] = []
  if (organisation?.status !== 'active') found.push({ code: 'partner-inactive' })
  if (service === undefined) return [...found, { code: 'service-unknown' }]
  if (service.status !== 'active') found.push({ code: 'service-not-open', params: { status: service.status } })
  if (isClosed(service, on)) found.push({ code: 'service-closed', params: { from: service.closure?.from ?? on } })
  if (service.capacity?.available === 0) found.push({ code: 'no-capacity' })
  if (!service.serviceAreas.some((area) => isWithin(applicant.place, area)))
    found.push({ code: 'out-of-area', params: { place: applicant.place } })
  if (
    service.languages.length > 0 &&
    applicant.languages.length > 0 &&
    !service.languages.some((code) => applicant.languages.includes(code))
  )
    found.push({ code: 'no-common-language' })
  return [...found, ...sexObstacles(service, applicant), ...ageObstacles(service, applicant, on)]
}

/** Whether a closure that was told is on: a service that closes stops receiving. */
export const isClosed = ({ closure }: Pick<Service, 'closure'>, on: string): boolean =>
  closure !== undefined && closure.from <= on && (closure.to === undefined || on <= closure.to)

function sexObstacles({ sexes }: Service, { sex }: Applicant): readonly Reason<GuardCode>[] {
  if (sexes === undefined) return []
  if (sex === undefined || sex === 'not-stated') return [{ code: 'sex-unknown' }]
  return sexes.includes(sex) ? [] : [{ code: 'sex-not-served' }]
}

function ageObstacles({ minimumAge, maximumAge }: Service, { birthDate, age }: Applicant, on: string): readonly Reason<GuardCode>[] {
  if (minimumAge === undefined && maximumAge === undefined) return []
  if (birthDate === undefined && age === undefined) return [{ code: 'age-unknown' }]
  const { youngest, oldest } = birthDate === undefined ? { youngest: age ?? 0, oldest: age ?? 0 } : ageRange(birthDate, on)
  if (minimumAge !== undefined && oldest < minimumAge) return [{ code: 'too-young', params: { age: minimumAge } }]
  if (maximumAge !== undefined && youngest > maximumAge) return [{ code: 'too-old', params: { age: maximumAge } }]
  return []
}
