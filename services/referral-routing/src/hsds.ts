import { exponent, namedUuid } from '@wontanara/core'
import { languages as languageList, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { directory, type Organisation, organisationTypes } from './organisation.ts'
import type { Location, Service } from './service.ts'

/*
 * The directory as others exchange it: the Human Services Data Specification, HSDS 3.1, organisation first, with its services in it.
 * HSDS is of the Open Referral project, under a Creative Commons licence (Attribution Share-Alike 4.0): https://docs.openreferral.org
 * What HSDS has no field for (type, sexes, review date, closure, our id) travels as `attributes`, which are how HSDS is extended.
 */

/** The other fields that HSDS 3.1 has of an entity: known, and not kept here. People named as contacts are among them, on purpose. */
const others = new WeakMap<z.core.$ZodType, ReadonlySet<string>>()
const entity = <S extends z.ZodRawShape>(fieldsNotKept: string, shape: S) => {
  const schema = z.object(shape)
  others.set(schema, new Set(fieldsNotKept.split(' ')))
  return schema
}
/** Fields of an entity that HSDS has and the directory does not keep; undefined when the schema is not of an entity. */
export const othersOf = (schema: z.core.$ZodType): ReadonlySet<string> | undefined => others.get(schema)

const id = () => z.guid()
const text = () => z.string()

const TaxonomyTerm = entity('parent_id taxonomy_detail language taxonomy_id term_uri metadata', {
  id: id(),
  code: text().optional(),
  name: text(),
  description: text(),
  taxonomy: text().optional(),
})
const Attribute = entity('taxonomy_term_id metadata', {
  id: id(),
  link_id: text().optional(),
  link_type: text().optional(),
  link_entity: text().optional(),
  label: text().optional(),
  value: text().optional(),
  taxonomy_term: TaxonomyTerm.optional(),
})
const attributes = z.array(Attribute).optional()
const Schedule = entity(
  'service_id location_id service_at_location_id dtstart until count wkst interval byweekno bymonthday byyearday description schedule_link attending_type notes attributes metadata',
  {
    id: id(),
    freq: text().optional(),
    byday: text().optional(),
    opens_at: text().optional(),
    closes_at: text().optional(),
    valid_from: text().optional(),
    valid_to: text().optional(),
    /** Hours from UTC. */
    timezone: z.number().optional(),
  },
)
const ServiceArea = entity('service_id service_at_location_id extent extent_type uri attributes metadata', {
  id: id(),
  name: text().optional(),
  description: text().optional(),
})
const SpokenLanguage = entity('service_id location_id phone_id note attributes metadata', {
  id: id(),
  name: text().optional(),
  code: text().optional(),
})
const RequiredDocument = entity('service_id uri attributes metadata', { id: id(), document: text().optional() })
const CostOption = entity('service_id valid_from valid_to amount_description attributes metadata', {
  id: id(),
  option: text().optional(),
  currency: text().optional(),
  amount: z.number().optional(),
})
const Unit = entity('scheme identifier uri attributes metadata', { id: id(), name: text() })
const Capacity = entity('service_id unit_id description attributes metadata', {
  id: id(),
  unit: Unit,
  available: z.number(),
  maximum: z.number().optional(),
  updated: text(),
})
const Accessibility = entity('location_id details url attributes metadata', { id: id(), description: text().optional() })
const HsdsLocation = entity(
  'url organization_id alternate_name description transportation languages addresses contacts phones schedules metadata',
  {
    id: id(),
    location_type: z.enum(['physical', 'postal', 'virtual']),
    name: text().optional(),
    latitude: z.number().optional(),
    longitude: z.number().optional(),
    external_identifier: text().optional(),
    external_identifier_type: text().optional(),
    accessibility: z.array(Accessibility).optional(),
    attributes,
  },
)
const ServiceAtLocation = entity('service_id location_id description service_areas contacts phones schedules attributes metadata', {
  id: id(),
  location: HsdsLocation.optional(),
})
/** HSDS `service`. */
export const HsdsService = entity(
  'organization_id program_id alternate_name url additional_urls email interpretation_services application_process fees_description wait_time fees accreditations assurer_email licenses alert last_modified phones organization funding program contacts metadata',
  {
    id: id(),
    name: text(),
    status: z.enum(['active', 'inactive', 'defunct', 'temporarily closed']),
    description: text().optional(),
    eligibility_description: text().optional(),
    minimum_age: z.number().optional(),
    maximum_age: z.number().optional(),
    assured_date: text().optional(),
    schedules: z.array(Schedule).optional(),
    service_areas: z.array(ServiceArea).optional(),
    service_at_locations: z.array(ServiceAtLocation).optional(),
    languages: z.array(SpokenLanguage).optional(),
    cost_options: z.array(CostOption).optional(),
    required_documents: z.array(RequiredDocument).optional(),
    capacities: z.array(Capacity).optional(),
    attributes,
  },
)
export type HsdsService = z.output<typeof HsdsService>
const Identifier = entity('organization_id attributes metadata', {
  id: id(),
  identifier_scheme: text().optional(),
  identifier_type: text(),
  identifier: text(),
})
/** HSDS `organization`, with the services that it gives. */
export const HsdsOrganization = entity(
  'alternate_name email additional_websites tax_status tax_id year_incorporated legal_status logo uri parent_organization_id funding contacts phones locations programs metadata',
  {
    id: id(),
    name: text(),
    description: text(),
    website: text().optional(),
    organization_identifiers: z.array(Identifier).optional(),
    attributes,
    services: z.array(HsdsService).max(200).optional(),
  },
)
export type HsdsOrganization = z.output<typeof HsdsOrganization>

/** What the directory keeps of HSDS, by the entity's name. */
export const entities = {
  organization: HsdsOrganization,
  organization_identifier: Identifier,
  attribute: Attribute,
  taxonomy_term: TaxonomyTerm,
  service: HsdsService,
  schedule: Schedule,
  service_area: ServiceArea,
  language: SpokenLanguage,
  required_document: RequiredDocument,
  cost_option: CostOption,
  service_capacity: Capacity,
  unit: Unit,
  service_at_location: ServiceAtLocation,
  location: HsdsLocation,
  accessibility: Accessibility,
} as const satisfies Readonly<Record<string, z.ZodObject>>

/** What `link_type` says of an attribute of ours, and the taxonomy that its term is of. */
export const ours = {
  id: 'wontanara:id',
  type: 'wontanara:type',
  status: 'wontanara:status',
  sex: 'wontanara:sex',
  reviewBy: 'wontanara:review-by',
  /** ISO 8601 interval, the end open as `..`. */
  closure: 'wontanara:closure',
  closureReason: 'wontanara:closure-reason',
} as const
export const placeScheme = 'ISO 3166-2'

/** The namespace of the UUIDs that are made of our ids: drawn at random, once and for all. */
const namespace = '5d1d1a6e-2f52-4f0b-9a64-6f9c9c2a7b10'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** The UUID that HSDS asks for. What came with one has it within our id; of any other id it is made, always the same. */
export function hsdsId(ourId: string): string {
  const inner = ourId.slice(ourId.indexOf('-') + 1)
  return uuid.test(inner) ? inner : namedUuid(namespace, ourId)
}
/** Our id of what came with a UUID, unless it names one of ours that has this very UUID. */
export const ourIdOf = (prefix: 'org' | 'svc' | 'loc', given: string, named: string | undefined): string =>
  named?.startsWith(`${prefix}-`) === true && hsdsId(named) === given.toLowerCase() ? named : `${prefix}-${given.toLowerCase()}`

type AttributeOf = z.output<typeof Attribute>
const part = (of: string, ...path: readonly (string | number)[]): string => namedUuid(namespace, [of, ...path].join('/'))

interface Said {
  readonly link_type: (typeof ours)[keyof typeof ours]
  readonly value?: string
  readonly term?: { readonly code: string; readonly name: string; readonly description: string }
}
const attributesOf = (of: string, link_entity: string, said: readonly Said[]): { attributes?: AttributeOf[] } =>
  said.length === 0
    ? {}
    : {
        attributes: said.map(({ link_type, value, term }, i) => ({
          id: part(of, 'attributes', i),
          link_id: hsdsId(of),
          link_type,
          link_entity,
          ...(value === undefined ? {} : { value }),
          ...(term && { taxonomy_term: { id: part(link_type, term.code), ...term, taxonomy: link_type } }),
        })),
      }
const named = (ourId: string): readonly Said[] => (hsdsId(ourId) === ourId.slice(4) ? [] : [{ link_type: ours.id, value: ourId }])
const each = <T, U>(list: readonly T[] | undefined, make: (element: T, i: number) => U): U[] | undefined => list?.map(make)

function locationOf({ locationId, name, place, coordinates, accessibility }: z.output<typeof Location>): z.output<typeof HsdsLocation> {
  return {
    id: hsdsId(locationId),
    location_type: 'physical',
    ...(name === undefined ? {} : { name }),
    ...(coordinates ?? {}),
    external_identifier: place,
    external_identifier_type: placeScheme,
    accessibility: accessibility.map((description, i) => ({ id: part(locationId, 'accessibility', i), description })),
    ...attributesOf(locationId, 'location', named(locationId)),
  }
}

const sexLabels = {
  female: ['Women and girls', 'Femmes et filles'],
  male: ['Men and boys', 'Hommes et garçons'],
  other: ['Other', 'Autre'],
} as const

function serviceOf(service: Service): HsdsService {
  const { serviceId, type, assuredOn, capacity, closure } = service
  const toldAt = capacity?.toldAt ?? (assuredOn === undefined ? undefined : `${assuredOn}T00:00:00.000Z`)
  const optional = {
    description: service.description,
    eligibility_description: service.eligibility,
    minimum_age: service.minimumAge,
    maximum_age: service.maximumAge,
    assured_date: assuredOn,
    schedules: each(service.schedules, ({ weekdays, opens, closes, validFrom, validTo }, i) => ({
      id: part(serviceId, 'schedules', i),
      freq: 'WEEKLY',
      byday: weekdays.join(','),
      opens_at: opens,
      closes_at: closes,
      ...(validFrom === undefined ? {} : { valid_from: validFrom }),
      ...(validTo === undefined ? {} : { valid_to: validTo }),
      timezone: 0,
    })),
    service_at_locations: each(service.locations, (location, i) => ({
      id: part(serviceId, 'service_at_locations', i),
      location: locationOf(location),
    })),
    cost_options: each(service.costs, ({ amount, currency, option }, i) => ({
      id: part(serviceId, 'cost_options', i),
      ...(option === undefined ? {} : { option }),
      currency,
      amount: amount / 10 ** exponent(currency),
    })),
    capacities:
      capacity === undefined || toldAt === undefined
        ? undefined
        : [
            {
              id: part(serviceId, 'capacities'),
              unit: { id: part('unit', 'place'), name: 'Place' },
              available: capacity.available,
              ...(capacity.maximum === undefined ? {} : { maximum: capacity.maximum }),
              updated: toldAt,
            },
          ],
  }
  return {
    id: hsdsId(serviceId),
    name: service.name,
    status: service.status === 'temporarily-closed' ? 'temporarily closed' : service.status,
    service_areas: service.serviceAreas.map((name, i) => ({ id: part(serviceId, 'service_areas', i), name })),
    languages: service.languages.map((code, i) => ({
      id: part(serviceId, 'languages', i),
      name: languageList.label(code, 'en'),
      code,
    })),
    required_documents: service.requiredDocuments.map((document, i) => ({ id: part(serviceId, 'required_documents', i), document })),
    ...present(optional),
    ...attributesOf(serviceId, 'service', [
      ...named(serviceId),
      { link_type: ours.type, term: { code: type, name: serviceTypes.label(type, 'en'), description: serviceTypes.label(type, 'fr') } },
      ...(service.sexes ?? []).map((code): Said => {
        const [name, description] = sexLabels[code]
        return { link_type: ours.sex, term: { code, name, description } }
      }),
      ...(service.reviewBy === undefined ? [] : [{ link_type: ours.reviewBy, value: service.reviewBy }]),
      ...(closure === undefined ? [] : [{ link_type: ours.closure, value: `${closure.from}/${closure.to ?? '..'}` }]),
      ...(closure?.reason === undefined ? [] : [{ link_type: ours.closureReason, value: closure.reason }]),
    ]),
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
/** An object without its undefined fields. */
function present<T extends object>(value: T): Present<T> {
  const kept: Present<T> = { ...value }
  for (const key in kept) if (kept[key] === undefined) delete kept[key]
  return kept
}

/** An organisation and its services in HSDS. A description, which HSDS requires, is the name where there is none. */
export function hsdsOf(organisation: Organisation, services: readonly Service[]): HsdsOrganization {
  const { organisationId, name, description = name, type, status, website } = organisation
  return {
    id: hsdsId(organisationId),
    name,
    description,
    ...(website === undefined ? {} : { website }),
    ...attributesOf(organisationId, 'organization', [
      ...named(organisationId),
      {
        link_type: ours.type,
        term: { code: type, name: organisationTypes.label(type, 'en'), description: organisationTypes.label(type, 'fr') },
      },
      { link_type: ours.status, value: status },
    ]),
    services: services.map(serviceOf),
  }
}

/** What the route answers with: the same, and nothing else. */
export const HsdsView = directory(HsdsOrganization)
