import { accept, aggregate, type Command, type Decided, definePrivateEvent, derivedId, type EventOf } from '@wontanara/core'
import {
  EndpointDisabled,
  EndpointEnabled,
  EndpointId,
  endpointStops,
  Instant,
  OrganisationId,
  operational,
  secret,
} from '@wontanara/events'
import * as z from 'zod'
import { type PartnerEvent, partnerEventTypes } from './partner-event.ts'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

/** How many endpoints an organisation may have: each news is sent to each of them. */
const mostEndpoints = 5
/** For so long, in milliseconds, the key before signs too, so that the partner can change over without a gap. */
const overlap = 24 * 3_600_000

export const Url = operational(z.string().max(500))
export const EventTypes = operational(z.array(z.enum(partnerEventTypes)).min(1).max(partnerEventTypes.length))
/** How deliveries are signed: `v1` HMAC-SHA-256 with a shared secret, `v1a` ed25519 with a key pair of which the partner has the public half. */
export const Signing = operational(z.enum(['v1', 'v1a']))

/** What signs: `whsec_…`, or `whsk_…` with its public half `whpk_…`. */
export const SigningKey = z.strictObject({ secret: secret(z.string()), publicKey: operational(z.string()).optional() })
export type SigningKey = z.output<typeof SigningKey>

const described = { url: Url.optional(), types: EventTypes.optional() }

/**
 * A way to a partner: it reads the partner's feed, moved on by us. `webhook`: Standard Webhooks at its `url`; `event-bridge`: the bus in the
 * partner's own AWS account, which a rule of ours leads to.
 */
export const Endpoint = z.strictObject({
  endpointId: EndpointId,
  kind: operational(z.enum(['webhook', 'event-bridge'])),
  ...described,
  signing: Signing.optional(),
  status: operational(z.enum(['enabled', 'disabled'])),
  why: operational(endpointStops.schema).optional(),
  /** When address or key were set, or it was switched on: which of its lives is meant. */
  setAt: Instant,
  /** The last number of the feed before it was made: it is told of what comes after. */
  startsAfter: operational(z.int().min(0)),
  key: SigningKey.optional(),
  previous: SigningKey.extend({ until: Instant }).optional(),
})
export type Endpoint = z.output<typeof Endpoint>

/** All endpoints of an organisation: one record, so that their number is bounded and all are read at once. */
export const Endpoints = z.strictObject({ organisationId: OrganisationId, endpoints: z.array(Endpoint) })
export type Endpoints = z.output<typeof Endpoints>

const named = { organisationId: OrganisationId, endpointId: EndpointId }
const events = [
  definePrivateEvent(
    'endpoint-set',
    z.object({
      ...named,
      kind: Endpoint.shape.kind,
      ...described,
      signing: Endpoint.shape.signing,
      startsAfter: Endpoint.shape.startsAfter,
      key: Endpoint.shape.key,
      at: Instant,
    }),
  ),
  definePrivateEvent('endpoint-described', z.object({ ...named, ...described, at: Instant })),
  definePrivateEvent('key-rotated', z.object({ ...named, key: SigningKey, at: Instant })),
  definePrivateEvent('endpoint-removed', z.object(named)),
  EndpointEnabled,
  EndpointDisabled,
] as const
export type EndpointsEvent = EventOf<(typeof events)[number]>

type Stop = (typeof endpointStops.codes)[number]
type Described = { readonly url?: string | undefined; readonly types?: PartnerEvent['type'][] | undefined }
export type EndpointsCommand = Command & { readonly organisationId: string; readonly endpointId: string } & (
    | ({
        /** Makes an endpoint, or sets one anew with another key. */
        readonly type: 'set'
        readonly kind: Endpoint['kind']
        readonly signing?: Endpoint['signing']
        readonly startsAfter: number
        readonly key?: SigningKey | undefined
      } & Described)
    | ({ readonly type: 'describe'; readonly status: Endpoint['status'] } & Described)
    | { readonly type: 'rotate'; readonly key: SigningKey }
    /** `setAt`: the life of the endpoint that is meant, for example the one that answered 410; one set since is left alone, even at the same address. */
    | { readonly type: 'disable'; readonly why: Stop; readonly setAt: string }
    | { readonly type: 'remove' }
  )
type Step<T extends EndpointsCommand['type']> = Extract<EndpointsCommand, { readonly type: T }>

type Decision = Decided<EndpointsEvent, RefusalCode>

/** The id of the one endpoint that the short form (`/v1/partner-webhook`) is about. */
export const defaultEndpointOf = (organisationId: string): string => derivedId('endpoint', organisationId)

export const endpointOf = (state: Endpoints | undefined, endpointId: string): Endpoint | undefined =>
  state?.endpoints.find((endpoint) => endpoint.endpointId === endpointId)

function set(state: Endpoints | undefined, command: Step<'set'>): Decision {
  const { organisationId, endpointId, kind, url, types, signing, startsAfter, key, at } = command
  const known = endpointOf(state, endpointId)
  if (known === undefined && (state?.endpoints.length ?? 0) >= mostEndpoints)
    return { ok: false, refusal: refuse('too-many-endpoints', { maximum: mostEndpoints }) }
  return accept(
    { type: 'endpoint-set', data: { organisationId, endpointId, kind, url, types, signing, startsAfter, key, at } },
    { type: EndpointEnabled.type, data: { organisationId, endpointId, at } },
  )
}

const sameTypes = (left: Endpoint['types'], right: Endpoint['types']): boolean => left?.toSorted().join() === right?.toSorted().join()

function describe(known: Endpoint, { organisationId, endpointId, url = known.url, types, status, at }: Step<'describe'>): Decision {
  const isSame = known.url === url && sameTypes(known.types, types)
  return accept(
    ...(isSame ? [] : [{ type: 'endpoint-described', data: { organisationId, endpointId, url, types, at } } as const]),
    ...(status === known.status ? [] : [switched({ organisationId, endpointId, status, at })]),
  )
}
const switched = ({
  organisationId,
  endpointId,
  status,
  at,
}: Pick<Step<'describe'>, 'organisationId' | 'endpointId' | 'status' | 'at'>): EndpointsEvent =>
  status === 'enabled'
    ? { type: EndpointEnabled.type, data: { organisationId, endpointId, at } }
    : { type: EndpointDisabled.type, data: { organisationId, endpointId, reason: 'by-partner' } }

export const endpoints = aggregate<Endpoints, EndpointsCommand, EndpointsEvent, RefusalCode>({
  name: 'endpoints',
  state: Endpoints,
  events,
  refusals: catalogue,
  resource: ({ organisationId }) => ({ offices: [], assignees: [], addressedTo: [organisationId] }),
  index: ({ organisationId, endpoints: all }) =>
    all.some(({ status }) => status === 'enabled')
      ? { gsi1: { pk: 'endpoints', sk: organisationId }, row: { organisationId } }
      : { row: { organisationId } },
  decide(state, command): Decision {
    if (command.type === 'set') return set(state, command)
    const { organisationId, endpointId } = command
    const known = endpointOf(state, endpointId)
    if (known === undefined) return { ok: false, refusal: refuse('no-endpoint') }
    switch (command.type) {
      case 'describe':
        return describe(known, command)
      case 'rotate':
        if (known.key === undefined) return { ok: false, refusal: refuse('nothing-to-rotate') }
        return accept({ type: 'key-rotated', data: { organisationId, endpointId, key: command.key, at: command.at } })
      case 'disable':
        return known.setAt === command.setAt && known.status === 'enabled'
          ? accept({ type: EndpointDisabled.type, data: { organisationId, endpointId, reason: command.why } })
          : accept()
      case 'remove':
        return accept({ type: 'endpoint-removed', data: { organisationId, endpointId } })
    }
  },
  evolve(current, event) {
    const { organisationId, endpointId } = event.data
    const state = current ?? { organisationId, endpoints: [] }
    const change = (changed: (endpoint: Endpoint) => Endpoint): Endpoints => ({
      ...state,
      endpoints: state.endpoints.map((endpoint) => (endpoint.endpointId === endpointId ? changed(endpoint) : endpoint)),
    })
    switch (event.type) {
      case 'endpoint-set': {
        const { organisationId: _, at, ...rest } = event.data
        const known = endpointOf(state, endpointId)
        const made: Endpoint = { ...rest, status: 'enabled', setAt: at }
        if (known === undefined) return { ...state, endpoints: [...state.endpoints, made] }
        return change(({ startsAfter }) => ({ ...made, startsAfter, ...(known.key && { previous: retired(known.key, at) }) }))
      }
      case 'endpoint-described': {
        const { url, types, at } = event.data
        return change(({ url: _url, types: _types, ...rest }) => ({ ...rest, ...(url && { url }), ...(types && { types }), setAt: at }))
      }
      case 'key-rotated': {
        const { key, at } = event.data
        return change((endpoint) => ({ ...endpoint, key, ...(endpoint.key && { previous: retired(endpoint.key, at) }) }))
      }
      case 'endpoint-removed':
        return { ...state, endpoints: state.endpoints.filter((endpoint) => endpoint.endpointId !== endpointId) }
      case 'referral-routing.endpoint-enabled.v1':
        return change(({ why: _, ...endpoint }) => ({ ...endpoint, status: 'enabled', setAt: event.data.at }))
      case 'referral-routing.endpoint-disabled.v1':
        return change((endpoint) => ({ ...endpoint, status: 'disabled', why: event.data.reason }))
    }
  },
})

const retired = (key: SigningKey, at: string): NonNullable<Endpoint['previous']> => ({
  ...key,
  until: new Date(Date.parse(at) + overlap).toISOString(),
})

/** The keys that sign at an instant: the one in force first. */
export const keysAt = ({ key, previous }: Endpoint, at: string): readonly SigningKey[] => [
  ...(key === undefined ? [] : [key]),
  ...(previous !== undefined && at < previous.until ? [previous] : []),
]

/** Whether an endpoint is told of this kind of event. That something must be deleted it is told of whatever it has chosen. */
export const takes = ({ types }: Pick<Endpoint, 'types'>, type: PartnerEvent['type']): boolean =>
  types === undefined || type === 'referral.recalled' || type === 'referral.withdrawn' || types.includes(type)
