import { type Api, common, decide, ok, type Routes, refused } from '@wontanara/core'
import { encrypting } from './encryption-key.app.ts'
import { type EndpointPorts, endpointing } from './endpoint.app.ts'
import { type AnsweringPorts, answering } from './partner-answers.ts'
import type { partnerRoutes } from './partners.api.ts'

/** What each route of a partner's feed, endpoints and key does. */
export function partnering(ports: AnsweringPorts & EndpointPorts) {
  const { feed } = ports
  const { items } = answering(ports)
  return {
    listPartnerEvents: async ({ query: { after, limit }, call }) => {
      const { principal } = call
      if (principal.kind !== 'partner') return refused(common.refuse('not-permitted'))
      const access = decide(principal, call.action, { offices: [], assignees: [], addressedTo: [principal.organisation] })
      if (!access.allow) return refused(common.refuse('not-found'))
      const found = await feed.read(principal.organisation, after, limit)
      const told = await items(found, call.at)
      return ok({
        body: { items: told.items, next: found.at(-1)?.sequence ?? after },
        classes: access.classes,
        leaving: told.leaving,
      })
    },
    ...endpointing(ports),
    ...encrypting(ports),
  } satisfies Routes<Api<typeof partnerRoutes>>
}
