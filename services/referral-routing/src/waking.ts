import type { ListPosition } from '@wontanara/core'
import { OrganisationId } from '@wontanara/events'
import * as z from 'zod'
import { takes } from './endpoint.ts'
import type { ConsumerPorts } from './ports.ts'

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

const Row = z.object({ organisationId: OrganisationId })

/** Has every endpoint looked at, each day: a message that was lost, or given up because of a fault of ours, holds up nobody for longer. */
export async function wakeAll({ endpoints, wake }: Pick<ConsumerPorts, 'endpoints' | 'wake'>): Promise<void> {
  let after: ListPosition | undefined
  do {
    const page = await endpoints.store.list({ index: 'gsi1', pk: 'endpoints', limit: 25, ...(after === undefined ? {} : { after }) })
    const records = await Promise.all(page.rows.map((row) => endpoints.store.load(Row.parse(row).organisationId)))
    const all = records.flatMap((record) => record?.state.endpoints.map((endpoint) => ({ ...endpoint, organisationId: record.id })) ?? [])
    const enabled = all.filter(({ status }) => status === 'enabled')
    if (enabled.length > 0) await wake(enabled.map(({ organisationId, endpointId }) => ({ organisationId, endpointId })))
    after = page.next
  } while (after !== undefined)
}
