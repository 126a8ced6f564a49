import { EndpointId, OrganisationId, ReplayId } from '@wontanara/events'
import * as z from 'zod'

/** A message of the queue of deliveries: look whether there is something for this endpoint. However many there are, they mean the same. `replayId`: and tell it of this. */
export const Wake = z.strictObject({ organisationId: OrganisationId, endpointId: EndpointId, replayId: ReplayId.optional() })
export type Wake = z.output<typeof Wake>
