import {
  accept,
  ageRange,
  aggregate,
  type Command,
  definePrivateEvent,
  type EventOf,
  guineaPlace,
  line,
  note,
  type PartialDate,
  type Reason,
} from '@wontanara/core'
import { languages, OrganisationId, ServiceId, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { directory, type Organisation } from './organisation.ts'
import { catalogue, type GuardCode, type RefusalCode, refuse } from './refusals.ts'

const age = () => directory(z.int().min(0).max(120)).optional()

/** A service that people are referred to, in the terms of HSDS 3 (`service`, `service_area`, `language`, `service_capacity`). */
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
  requiredDocuments: directory(z.array(line(120)).max(20)),
  /** Free places as the partner last told; absent when it does not count them. */
  capacity: z
    .strictObject({ available: directory(z.int().min(0).max(100_000)), maximum: directory(z.int().min(0).max(100_000)).optional() })
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
  index: ({ serviceId, organisationId, name, type, status, serviceAreas, capacity }) => ({
    gsi1: { pk: `services#${type}`, sk: serviceId },
    gsi2: { pk: `services-of#${organisationId}`, sk: serviceId },
    row: { serviceId, organisationId, name, type, status, serviceAreas, ...(capacity && { available: capacity.available }) },
  }),
  decide(state, { type, service }) {
    if (type === 'add' && state !== undefined) return { ok: false, refusal: refuse('already-exists') }
    const { minimumAge = 0, maximumAge = 120 } = service
    if (minimumAge > maximumAge)
      return { ok: false, refusal: { ...refuse('invalid-request'), reasons: [{ code: 'ages-reversed', pointer: '/minimumAge' }] } }
    return accept({ type: 'service-described', data: service })
  },
  evolve: (_, { data }) => data,
})

/** The region of each prefecture, ISO 3166-2:GN: a service for a region serves its prefectures. */
const regionOf: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'GN-B': 'BF BK FR GA KN',
    'GN-D': 'CO DU FO KD TE',
    'GN-F': 'DB DI FA KS',
    'GN-K': 'KA KE KO MD SI',
    'GN-L': 'KB LA LE ML TO',
    'GN-M': 'DL MM PI',
    'GN-N': 'BE GU LO MC NZ YO',
  }).flatMap(([region, prefectures]) => prefectures.split(' ').map((prefecture) => [`GN-${prefecture}`, region])),
)

/** What of a person decides on eligibility. */
export interface Applicant {
  readonly place: string
  readonly birthDate?: PartialDate | undefined
  /** Completed years, where no birth date is given. */
  readonly age?: number | undefined
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
  if (service.capacity?.available === 0) found.push({ code: 'no-capacity' })
  if (!service.serviceAreas.some((area) => area === 'GN' || area === applicant.place || regionOf.get(applicant.place) === area))
    found.push({ code: 'out-of-area', params: { place: applicant.place } })
  if (
    service.languages.length > 0 &&
    applicant.languages.length > 0 &&
    !service.languages.some((code) => applicant.languages.includes(code))
  )
    found.push({ code: 'no-common-language' })
  return [...found, ...ageObstacles(service, applicant, on)]
}

function ageObstacles({ minimumAge, maximumAge }: Service, { birthDate, age }: Applicant, on: string): readonly Reason<GuardCode>[] {
  if (minimumAge === undefined && maximumAge === undefined) return []
  if (birthDate === undefined && age === undefined) return [{ code: 'age-unknown' }]
  const { youngest, oldest } = birthDate === undefined ? { youngest: age ?? 0, oldest: age ?? 0 } : ageRange(birthDate, on)
  if (minimumAge !== undefined && oldest < minimumAge) return [{ code: 'too-young', params: { age: minimumAge } }]
  if (maximumAge !== undefined && youngest > maximumAge) return [{ code: 'too-old', params: { age: maximumAge } }]
  return []
}
