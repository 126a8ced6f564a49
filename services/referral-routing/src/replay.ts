import { accept, aggregate, type Command, definePrivateEvent, type EventOf } from '@wontanara/core'
import { EndpointId, Instant, OrganisationId, operational, ReplayId, ReplayRequested } from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

/** What a partner asks an endpoint to be told: a test, or the part of its feed between two numbers, of which only what happened in a while. */
export const Replay = z.strictObject({
  replayId: ReplayId,
  organisationId: OrganisationId,
  endpointId: EndpointId,
  kind: operational(z.enum(['test', 'events'])),
  after: operational(z.int().min(0)),
  upTo: operational(z.int().min(0)),
  /** Of events, the earliest and the latest instant. */
  from: Instant.optional(),
  to: Instant.optional(),
  requestedAt: Instant,
})
export type Replay = z.output<typeof Replay>

const events = [definePrivateEvent('replay-recorded', Replay), ReplayRequested] as const
export type ReplayEvent = EventOf<(typeof events)[number]>
export type ReplayCommand = Command & { readonly type: 'request'; readonly replay: Omit<Replay, 'requestedAt'> }

export const replays = aggregate<Replay, ReplayCommand, ReplayEvent, RefusalCode>({
  name: 'replay',
  state: Replay,
  events,
  refusals: catalogue,
  resource: ({ organisationId }) => ({ offices: [], assignees: [], addressedTo: [organisationId] }),
  decide(state, { replay, at }) {
    if (state !== undefined) return { ok: false, refusal: refuse('already-exists') }
    const { replayId, organisationId, endpointId } = replay
    return accept(
      { type: 'replay-recorded', data: { ...replay, requestedAt: at } },
      { type: ReplayRequested.type, data: { organisationId, endpointId, replayId } },
    )
  },
  evolve(state, event) {
    if (event.type === 'replay-recorded') return event.data
    if (state === undefined) throw new Error('a replay without its request')
    return state
  },
})
