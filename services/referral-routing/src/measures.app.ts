import { type Api, decide, deny, type ListPosition, ok, type Routes, refused } from '@wontanara/core'
import { ServiceId } from '@wontanara/events'
import * as z from 'zod'
import type { measuresRoutes } from './measures.api.ts'
import { hasEnded, measures, monthsOf, quartersBetween } from './measures.ts'
import type { Ports } from './ports.ts'
import { refuse } from './refusals.ts'
import { type MonthTally, total } from './tally.ts'

const ServiceOf = z.object({ serviceId: ServiceId })
const mostPeriods = 8

/** How partners answer. */
export const measuring = ({ organisations, services, tallies }: Pick<Ports, 'organisations' | 'services' | 'tallies'>) => {
  async function servicesOf(organisationId: string): Promise<readonly string[]> {
    const found: string[] = []
    let after: ListPosition | undefined
    do {
      const page = await services.store.list({
        index: 'gsi2',
        pk: `services-of#${organisationId}`,
        limit: 100,
        ...(after === undefined ? {} : { after }),
      })
      found.push(...page.rows.map((row) => ServiceOf.parse(row).serviceId))
      after = page.next
    } while (after !== undefined)
    return found.toSorted()
  }

  return {
    readPartnerMeasures: async ({ query: { organisationId, from, to }, call }) => {
      const access = decide(call.principal, call.action, { offices: [], assignees: [], addressedTo: [organisationId] })
      if (!access.allow) return refused(await deny(organisations.store, call, organisationId, access))
      const quarters = quartersBetween(from, to)
      if (quarters.length === 0 || quarters.length > mostPeriods)
        return refused({ ...refuse('invalid-request'), reasons: [{ code: 'not-a-period', pointer: '/query/to' }] })
      if ((await organisations.store.load(organisationId)) === undefined)
        return refused({ ...refuse('organisation-unknown'), reasons: [{ code: 'organisation-unknown', pointer: '/query/organisationId' }] })
      const ids = await servicesOf(organisationId)
      const [first, last] = [monthsOf(from).from, monthsOf(to).to]
      const found = await Promise.all(ids.map((id) => tallies.read(id, first, last)))
      const within = (months: readonly MonthTally[], quarter: string) => {
        const span = monthsOf(quarter)
        return total(months.filter(({ month }) => span.from <= month && month <= span.to))
      }
      const periods = quarters
        .filter((quarter) => hasEnded(quarter, call.at))
        .map((period) => {
          const { rows, total: all, suppressed } = measures(found.map((months) => within(months, period)))
          return { period, total: all, services: ids.map((serviceId, i) => ({ serviceId, ...rows[i] })), suppressed }
        })
      return ok({ body: { organisationId, periods }, classes: access.classes })
    },
  } satisfies Routes<Api<typeof measuresRoutes>>
}
