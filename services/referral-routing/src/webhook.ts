import { accept, aggregate, type Command, definePrivateEvent, type EventOf } from '@wontanara/core'
import { Instant, OrganisationId, operational, secret } from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

const Url = operational(z.string().max(500))

/** Where a partner organisation wants its events, and the secret they are signed with. */
export const Webhook = z.strictObject({
  organisationId: OrganisationId,
  url: Url,
  status: operational(z.enum(['enabled', 'disabled'])),
  secret: secret(z.string()),
  setAt: Instant,
  /** The secret before: signs too, for a day, so that the partner can change over without a gap. */
  previous: z.strictObject({ secret: secret(z.string()), until: Instant }).optional(),
})
export type Webhook = z.output<typeof Webhook>

const events = [
  definePrivateEvent('webhook-set', z.object({ organisationId: OrganisationId, url: Url, secret: secret(z.string()), at: Instant })),
  definePrivateEvent('webhook-disabled', z.object({ organisationId: OrganisationId })),
] as const
export type WebhookEvent = EventOf<(typeof events)[number]>
export type WebhookCommand = Command &
  (
    | { readonly type: 'set'; readonly organisationId: string; readonly url: string; readonly secret: string }
    /** `setAt`: the endpoint meant, for example the one that answered 410; another one set since is left alone, even at the same address. */
    | { readonly type: 'disable'; readonly setAt: string }
  )

const overlap = 24 * 3_600_000

export const webhooks = aggregate<Webhook, WebhookCommand, WebhookEvent, RefusalCode>({
  name: 'webhook',
  state: Webhook,
  events,
  refusals: catalogue,
  resource: ({ organisationId }) => ({ offices: [], assignees: [], addressedTo: [organisationId] }),
  decide(state, command) {
    switch (command.type) {
      case 'set': {
        const { organisationId, url, at } = command
        return accept({ type: 'webhook-set', data: { organisationId, url, secret: command.secret, at } })
      }
      case 'disable':
        if (state === undefined) return { ok: false, refusal: refuse('no-webhook') }
        return state.setAt === command.setAt && state.status === 'enabled'
          ? accept({ type: 'webhook-disabled', data: { organisationId: state.organisationId } })
          : accept()
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'webhook-set': {
        const { organisationId, url, at } = event.data
        const until = new Date(Date.parse(at) + overlap).toISOString()
        const previous = state === undefined ? {} : { previous: { secret: state.secret, until } }
        return { organisationId, url, status: 'enabled', secret: event.data.secret, setAt: at, ...previous }
      }
      case 'webhook-disabled':
        if (state === undefined) throw new Error('a webhook without its endpoint')
        return { ...state, status: 'disabled' }
    }
  },
})

/** The secrets that sign at an instant: the one in force first. */
export const secretsAt = ({ secret: current, previous }: Webhook, at: string): readonly string[] =>
  previous !== undefined && at < previous.until ? [current, previous.secret] : [current]
