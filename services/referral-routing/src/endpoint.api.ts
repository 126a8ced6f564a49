import { pageOf, pageQuery, type RouteDefinition } from '@wontanara/core'
import { OrganisationId, operational, secret } from '@wontanara/events'
import * as z from 'zod'
import { Attempt } from './attempts.ts'
import { Endpoint, EventTypes, Signing, SigningKey, Url } from './endpoint.ts'
import { Replay } from './replay.ts'

const { endpointId, kind, url, types, signing, status, why, setAt } = Endpoint.shape

/** An endpoint as its partner sees it. */
export const EndpointView = z.strictObject({
  endpointId,
  kind,
  url,
  /** What it is told of; everything when absent. That something must be deleted it is always told. */
  types,
  signing,
  /** `v1a`: what its signatures are verified with, `whpk_` and base64. */
  publicKey: SigningKey.shape.publicKey,
  status,
  why,
  setAt,
  /** `v1`: shown once, `whsec_` and base64. */
  secret: secret(z.string()).optional(),
})
export type EndpointView = z.output<typeof EndpointView>

export const WebhookView = z.strictObject({ url: Url, status, setAt, secret: secret(z.string()).optional() })

const example = {
  endpointId: 'endpoint-26k47qx9tm2r',
  kind: 'webhook',
  url: 'https://partner.example/wontanara',
  types: ['referral.sent', 'referral.recalled'],
  signing: 'v1',
  status: 'enabled',
  setAt: '2026-03-02T09:00:00.000Z',
} as const
const newSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const short = { url: example.url, status: example.status, setAt: example.setAt } as const

const { replayId, requestedAt } = Replay.shape
/** What was asked for; its attempts are in the endpoint's log, under the same `replayId`. */
const ReplayView = z.strictObject({ replayId, endpointId, requestedAt })
const replayed = { replayId: 'replay-7h2m9c4x1v6b', endpointId: example.endpointId, requestedAt: example.setAt } as const
const attempt = {
  endpointId: example.endpointId,
  at: '2026-03-02T09:30:01.000Z',
  eventId: 'ref-26k47qx9tm2r_2_1',
  type: 'referral.sent',
  sequence: 42,
  outcome: 'refused',
  status: 503,
  duration: 84,
  nextAt: '2026-03-02T09:30:06.000Z',
} as const

const own = { permit: 'directory:set-webhook' } as const
const addressFaults = ['not-a-url', 'not-https', 'credentials-in-url', 'not-a-public-address', 'unknown-host'] as const

/** Where a partner wants to be told. */
export const endpointRoutes = {
  addPartnerEndpoint: {
    ...own,
    route: 'POST /v1/partner-endpoints',
    summary:
      'Adds an endpoint, at most five: a webhook at its address, or the event bus in the partner’s own AWS account that was agreed on. It is told of the types of events that are named. The secret is in this answer only, and in that to a repeat with the same Idempotency-Key within ten minutes. It is told of what happens from now on.',
    creates: true,
    body: z
      .object({ kind, url: Url.optional(), types: EventTypes.optional(), signing: Signing.optional() })
      .refine((body) => (body.kind === 'webhook' ? body.url !== undefined : body.url === undefined && body.signing === undefined), {
        params: { code: 'address-of-webhooks' },
      }),
    response: EndpointView,
    refusals: [...addressFaults, 'address-of-webhooks', 'no-event-bus', 'too-many-endpoints'],
    example: {
      body: { kind: 'webhook', url: example.url, types: [...example.types] },
      response: { ...example, types: [...example.types], secret: newSecret },
    },
  },
  listPartnerEndpoints: {
    ...own,
    route: 'GET /v1/partner-endpoints',
    summary: "Lists the organisation's endpoints, without their secrets.",
    response: z.strictObject({ organisationId: OrganisationId, items: z.array(EndpointView) }),
    example: { response: { organisationId: 'org-avocats-sans-rive', items: [{ ...example, types: [...example.types] }] } },
  },
  describePartnerEndpoint: {
    ...own,
    route: 'PUT /v1/partner-endpoints/{endpointId}',
    summary:
      'Describes an endpoint anew: address, types of events, on or off. Switched on again it is told at once of what it missed: everything on the feed since.',
    unversioned: true,
    body: z.object({ url: Url.optional(), types: EventTypes.optional(), status: Endpoint.shape.status }),
    response: EndpointView,
    refusals: [...addressFaults, 'no-endpoint'],
    example: {
      body: { url: example.url, types: [...example.types], status: 'enabled' },
      response: { ...example, types: [...example.types] },
    },
  },
  removePartnerEndpoint: {
    ...own,
    route: 'DELETE /v1/partner-endpoints/{endpointId}',
    summary: 'Removes an endpoint. The events remain on the feed.',
    unversioned: true,
    response: z.strictObject({ organisationId: OrganisationId, items: z.array(EndpointView) }),
    refusals: ['no-endpoint'],
    example: { response: { organisationId: 'org-avocats-sans-rive', items: [] } },
  },
  rotatePartnerKey: {
    ...own,
    route: 'POST /v1/partner-endpoints/{endpointId}/rotation',
    summary:
      'Makes a new secret or pair of keys. For 24 hours the one before signs too, so that nothing is lost while the receiver changes.',
    unversioned: true,
    response: EndpointView,
    refusals: ['no-endpoint', 'nothing-to-rotate'],
    example: { response: { ...example, types: [...example.types], secret: newSecret } },
  },
  listAttempts: {
    ...own,
    route: 'GET /v1/partner-endpoints/{endpointId}/attempts',
    summary:
      "Lists an endpoint's log, newest first: every attempt with what was answered and when it is tried again, and what was not sent.",
    query: z.object(pageQuery),
    response: pageOf(Attempt, operational),
    refusals: ['no-endpoint'],
    example: { query: { limit: '25' }, response: { items: [attempt] } },
  },
  replayEvents: {
    ...own,
    route: 'POST /v1/partner-endpoints/{endpointId}/replays',
    summary:
      'Sends once more, under the same ids, one event of the feed or all that happened in a while. Consent is checked again, so less may be sent than before. What is refused is not tried again.',
    creates: true,
    body: z
      .object({ eventId: z.string().max(80).optional(), from: z.iso.datetime().optional(), to: z.iso.datetime().optional() })
      .refine(
        ({ eventId, from, to }) =>
          eventId === undefined ? from !== undefined && to !== undefined : from === undefined && to === undefined,
        {
          params: { code: 'one-or-while' },
        },
      ),
    response: ReplayView,
    refusals: ['no-endpoint', 'endpoint-off', 'event-unknown', 'one-or-while'],
    example: { body: { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' }, response: replayed },
  },
  testEndpoint: {
    ...own,
    route: 'POST /v1/partner-endpoints/{endpointId}/tests',
    summary:
      'Sends a signed event `endpoint.test` that tells nothing, once, even to an endpoint that did not answer: when it does, what waited follows.',
    creates: true,
    response: ReplayView,
    refusals: ['no-endpoint', 'endpoint-off'],
    example: { response: replayed },
  },
  setPartnerWebhook: {
    ...own,
    route: 'PUT /v1/partner-webhook',
    summary:
      'The short form, for one endpoint that is told of everything: sets it and makes a new secret, shown in this answer only; the one before signs too for 24 hours. Send an Idempotency-Key, so that a lost answer can be asked for again within ten minutes.',
    unversioned: true,
    body: z.object({ url: Url }),
    response: WebhookView,
    refusals: [...addressFaults, 'too-many-endpoints'],
    example: { body: { url: example.url }, response: { ...short, secret: newSecret } },
  },
  removePartnerWebhook: {
    ...own,
    route: 'DELETE /v1/partner-webhook',
    summary: 'Switches the endpoint of the short form off. The events remain on the feed; set again, it is told of what it missed.',
    unversioned: true,
    response: WebhookView,
    refusals: ['no-endpoint'],
    example: { response: { ...short, status: 'disabled' } },
  },
  readPartnerWebhook: {
    ...own,
    route: 'GET /v1/partner-webhook',
    summary: 'Reads the endpoint of the short form; not its secret.',
    response: WebhookView,
    refusals: ['no-endpoint'],
    example: { response: short },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
