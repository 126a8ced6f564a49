import {
  type Api,
  type Call,
  common,
  create,
  createOrExecute,
  execute,
  issued,
  ok,
  type Refusal,
  type Reply,
  type Result,
  type Routes,
  read,
  refused,
  reply,
  type Seen,
} from '@wontanara/core'
import type { EndpointView, endpointRoutes } from './endpoint.api.ts'
import { defaultEndpointOf, type Endpoint, type Endpoints, type EndpointsCommand, endpointOf } from './endpoint.ts'
import type { Ports } from './ports.ts'
import { type RefusalCode, refuse } from './refusals.ts'
import type { Replay } from './replay.ts'
import { endpointFault, hostFault, newSigningKey } from './standard-webhook.ts'

type Refused = Refusal<RefusalCode>
/** A secret is in the answer to the request that made it, and to a repeat of that request within this time: an answer may get lost. */
const secretShownFor = 10 * 60_000

const viewOf = ({ endpointId, kind, url, types, signing, key, status, why, setAt }: Endpoint): EndpointView => ({
  endpointId,
  kind,
  url,
  types,
  signing,
  publicKey: key?.publicKey,
  status,
  why,
  setAt,
})
/** With what signs, if it is the partner's to have: of a pair of keys it has the public one only. */
const withSecret = (endpoint: Endpoint): EndpointView => ({
  ...viewOf(endpoint),
  ...(endpoint.signing === 'v1' && endpoint.key && { secret: endpoint.key.secret }),
})
const shortOf = ({ url = '', status, setAt, secret }: EndpointView) => ({ url, status, setAt, ...(secret === undefined ? {} : { secret }) })
const listOf = ({ organisationId, endpoints }: Endpoints) => ({ organisationId, items: endpoints.map(viewOf) })

/** Of a partner only, for its own organisation. */
async function forPartner<T>(call: Call, run: (organisationId: string) => Promise<Result<T, Refused>>): Promise<Result<T, Refused>> {
  return call.principal.kind === 'partner' ? run(call.principal.organisation) : refused(common.refuse('not-permitted'))
}

/** One endpoint of a record that was read or changed. @param madeAt when the request made a secret: it is shown for a while */
function one<T>(
  outcome: Result<Seen<Endpoints>, Refused>,
  endpointId: string,
  view: (shown: EndpointView) => T,
  secretFor?: Call,
): Result<Reply<T>, Refused> {
  if (!outcome.ok) return outcome
  const { state, version, classes, at } = outcome.value
  const endpoint = endpointOf(state, endpointId)
  if (endpoint === undefined) return refused(refuse('no-endpoint'))
  const isShown = secretFor !== undefined && Date.parse(secretFor.at) - Date.parse(at) < secretShownFor
  return isShown
    ? ok({ body: view(withSecret(endpoint)), version, classes: new Set([...classes, 'C4' as const]) })
    : ok({ body: view(viewOf(endpoint)), version, classes })
}

/** Whether a host is an address itself, as `URL` writes it. */
const isAddress = (hostname: string): boolean => hostname.startsWith('[') || /^[\d.]+$/.test(hostname)

type Part = Pick<Replay, 'kind' | 'after' | 'upTo' | 'from' | 'to'>

export type EndpointPorts = Pick<Ports, 'endpoints' | 'replays' | 'attempts' | 'feed' | 'withBus' | 'addressesOf' | 'local'>

/** What partners do with their endpoints. */
export const endpointing = ({ endpoints, replays, attempts, feed, withBus, addressesOf, local }: EndpointPorts) => {
  const change = (organisationId: string, command: EndpointsCommand, call: Call) => execute(endpoints, organisationId, command, call)

  /** Why an address may not be called: by what it says, then by where its name leads. On a developer's machine names are not looked up. */
  async function addressRefused(url: string): Promise<Refused | undefined> {
    const said = endpointFault(url, local)
    const fault = said ?? (local || isAddress(new URL(url).hostname) ? undefined : hostFault(await addressesOf(new URL(url).hostname)))
    return fault === undefined ? undefined : { ...refuse('invalid-request'), reasons: [{ code: fault, pointer: '/url' }] }
  }

  interface Wanted {
    readonly kind: Endpoint['kind']
    readonly url?: string | undefined
    readonly types?: string[] | undefined
    readonly signing?: 'v1' | 'v1a' | undefined
  }
  /** Makes an endpoint, or sets one anew; a webhook gets a new key. */
  async function set(organisationId: string, endpointId: string, { kind, url, types, signing = 'v1' }: Wanted, call: Call) {
    const fault = url === undefined ? undefined : await addressRefused(url)
    if (fault !== undefined) return refused(fault)
    if (kind === 'event-bridge' && !withBus.has(organisationId)) return refused(refuse('no-event-bus'))
    const startsAfter = await feed.head(organisationId)
    const signed = kind === 'webhook' ? { signing, key: await newSigningKey(signing) } : {}
    const command = { type: 'set', organisationId, endpointId, kind, url, types, startsAfter, ...signed, ...issued(call) } as const
    return createOrExecute(endpoints, organisationId, command, call)
  }

  /** The endpoint that is asked about, of the caller's own organisation. */
  async function own(organisationId: string, endpointId: string, call: Call) {
    const found = await read(endpoints, organisationId, call)
    if (!found.ok) return found
    const endpoint = endpointOf(found.value.state, endpointId)
    return endpoint === undefined ? refused(refuse('no-endpoint')) : ok({ endpoint, classes: found.value.classes })
  }

  /** Has the endpoint told of something. @param part of the feed; undefined when there is no such event */
  const request = (endpointId: string, call: Call, part: (organisationId: string) => Promise<Part | undefined>) =>
    forPartner(call, async (organisationId) => {
      const known = await own(organisationId, endpointId, call)
      if (!known.ok) return known
      if (known.value.endpoint.status !== 'enabled') return refused(refuse('endpoint-off'))
      const asked = await part(organisationId)
      if (asked === undefined) return refused(refuse('event-unknown'))
      const replayId = call.newId('replay')
      const command = { type: 'request', replay: { replayId, organisationId, endpointId, ...asked }, ...issued(call) } as const
      return reply(
        create(replays, replayId, command, call),
        ({ state: { requestedAt } }) => ({ replayId, endpointId, requestedAt }),
        () => `/v1/partner-endpoints/${endpointId}/attempts`,
      )
    })

  return {
    addPartnerEndpoint: ({ body: wanted, call }) =>
      forPartner(call, async (organisationId) => {
        const endpointId = call.newId('endpoint')
        const reply = one(await set(organisationId, endpointId, wanted, call), endpointId, (view) => view, call)
        return reply.ok ? ok({ ...reply.value, location: `/v1/partner-endpoints/${endpointId}` }) : reply
      }),
    listPartnerEndpoints: ({ call }) =>
      forPartner(call, async (organisationId) => {
        const found = await read(endpoints, organisationId, call)
        if (!found.ok && found.refusal.code !== 'not-found') return found
        const { state, classes } = found.ok ? found.value : { state: { organisationId, endpoints: [] }, classes: new Set(['C1' as const]) }
        return ok({ body: listOf(state), classes })
      }),
    describePartnerEndpoint: ({ params: { endpointId }, body, call }) =>
      forPartner(call, async (organisationId) => {
        const fault = body.url === undefined ? undefined : await addressRefused(body.url)
        if (fault !== undefined) return refused(fault)
        return one(
          await change(organisationId, { type: 'describe', organisationId, endpointId, ...body, ...issued(call) }, call),
          endpointId,
          (view) => view,
        )
      }),
    removePartnerEndpoint: ({ params: { endpointId }, call }) =>
      forPartner(call, async (organisationId) => {
        const done = await change(organisationId, { type: 'remove', organisationId, endpointId, ...issued(call) }, call)
        return done.ok ? ok({ body: listOf(done.value.state), version: done.value.version, classes: done.value.classes }) : done
      }),
    rotatePartnerKey: ({ params: { endpointId }, call }) =>
      forPartner(call, async (organisationId) => {
        const known = await read(endpoints, organisationId, { ...call, fresh: true })
        if (!known.ok) return known
        const key = await newSigningKey(endpointOf(known.value.state, endpointId)?.signing ?? 'v1')
        const done = await change(organisationId, { type: 'rotate', organisationId, endpointId, key, ...issued(call) }, call)
        return one(done, endpointId, (view) => view, call)
      }),
    listAttempts: ({ params: { endpointId }, query: { limit, cursor }, call }) =>
      forPartner(call, async (organisationId) => {
        const known = await own(organisationId, endpointId, call)
        if (!known.ok) return known
        if (cursor !== undefined && !/^[a-z0-9-]{1,60}$/.test(cursor)) return refused(common.refuse('invalid-cursor'))
        const { items, next } = await attempts.read(endpointId, limit, cursor)
        return ok({ body: { items: [...items], ...(next === undefined ? {} : { next }) }, classes: known.value.classes })
      }),
    replayEvents: ({ params: { endpointId }, body: { eventId, from, to }, call }) =>
      request(endpointId, call, async (organisationId) => {
        if (eventId === undefined) return { kind: 'events', after: 0, upTo: await feed.head(organisationId), from, to }
        const sequence = await feed.find(organisationId, eventId)
        return sequence === undefined ? undefined : { kind: 'events', after: sequence - 1, upTo: sequence }
      }),
    testEndpoint: ({ params: { endpointId }, call }) => request(endpointId, call, async () => ({ kind: 'test', after: 0, upTo: 1 })),
    setPartnerWebhook: ({ body: { url }, call }) =>
      forPartner(call, async (organisationId) => {
        const endpointId = defaultEndpointOf(organisationId)
        return one(await set(organisationId, endpointId, { kind: 'webhook', url }, call), endpointId, shortOf, call)
      }),
    removePartnerWebhook: ({ call }) =>
      forPartner(call, async (organisationId) => {
        const endpointId = defaultEndpointOf(organisationId)
        const command = async (state: Endpoints): Promise<EndpointsCommand> => ({
          type: 'disable',
          organisationId,
          endpointId,
          why: 'by-partner',
          setAt: endpointOf(state, endpointId)?.setAt ?? '',
          ...issued(call),
        })
        return one(await execute(endpoints, organisationId, command, call), endpointId, shortOf)
      }),
    readPartnerWebhook: ({ call }) =>
      forPartner(call, async (organisationId) =>
        one(await read(endpoints, organisationId, call), defaultEndpointOf(organisationId), shortOf),
      ),
  } satisfies Routes<Api<typeof endpointRoutes>>
}
