import { EndpointId, OrganisationId, ReplayId } from '@wontanara/events'
import * as z from 'zod'
import { takes } from './endpoint.ts'
import type { ConsumerPorts } from './ports.ts'

/** A message of the queue of deliveries: look whether there is something for this endpoint. However many there are, they mean the same. `replayId`: and tell it of this. */
export const Wake = z.strictObject({ organisationId: OrganisationId, endpointId: EndpointId, replayId: ReplayId.optional() })
export type Wake = z.output<typeof Wake>

/** Has those of an organisation's endpoints looked at that are told of an event of this type. */
export async function wakeFor(
  { endpoints, wake }: Pick<ConsumerPorts, 'endpoints' | 'wake'>,
  organisationId: string,
  type: string,
): Promise<void> {
  const known = (await endpoints.store.load(organisationId, { fresh: true }))?.state.endpoints ?? []
  const concerned = known.filter((endpoint) => endpoint.status === 'enabled' && takes(endpoint, type))
  if (concerned.length > 0) await wake(concerned.map(({ endpointId }) => ({ organisationId, endpointId })))
}
