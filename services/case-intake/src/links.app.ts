import { type Api, also, execute, issued, ok, type Routes, read, reply } from '@wontanara/core'
import type { CaseCommand } from './commands.ts'
import { isProtector } from './consent.ts'
import { householdOf } from './household.ts'
import type { linkRoutes } from './links.api.ts'
import { linksOf, mirrored } from './links.ts'
import { standsFor } from './merging.ts'
import type { Ports } from './ports.ts'
import { type CaseState, isChildAt } from './state.ts'
import { caseView } from './views.ts'

/** What the routes of links do. Both cases change in one transaction, and the caller needs access to both. */
export const linking = ({ cases }: Pick<Ports, 'cases'>) =>
  ({
    linkCase: async ({ params: { caseId }, body: { other, relation, since, basis }, call }) => {
      const isOfAge = (state: CaseState | undefined): boolean => state !== undefined && !isChildAt(state, call.at)
      const order = { type: 'link', ...issued(call) } as const
      const link = {
        linkId: call.newId('link'),
        other,
        relation,
        ...(since === undefined ? {} : { since }),
        ...(basis === undefined ? {} : { basis }),
        ...(isProtector(call.principal) ? { confirmed: true as const } : {}),
        at: call.at,
        recordedBy: call.principal.id,
      }
      // Each side notes whether the other is of age. `execute` makes this command first, and again whenever one of the two has changed.
      let ofAgeHere = false
      let knownHere: readonly string[] = []
      const here = async (state: CaseState): Promise<CaseCommand> => {
        ofAgeHere = isOfAge(state)
        knownHere = standsFor(state)
        const their = (await cases.store.load(other, { fresh: true }))?.state
        const ofAge = isOfAge(their)
        return { ...order, link: { ...link, ...(ofAge ? { ofAge } : {}) }, leads: true, known: their === undefined ? [] : standsFor(their) }
      }
      const there = async (): Promise<CaseCommand> => ({
        ...order,
        link: mirrored(link, caseId, ofAgeHere),
        leads: false,
        known: knownHere,
      })
      return reply(execute(cases, caseId, here, call, other === caseId ? [] : [also(cases, other, there)]), caseView)
    },
    endLink: async ({ params: { caseId, linkId }, body: { reason }, call }) => {
      const current = await cases.store.load(caseId, { fresh: true })
      const named = current && linksOf(current.state).find((link) => link.linkId === linkId)?.other
      // The other person's case may have gone under since: its links are with the one that goes on.
      const other = named && ((await cases.store.load(named, { fresh: true }))?.state.registration.mergedInto ?? named)
      const command = { type: 'end-link', ...issued(call), linkId, why: reason, leads: true } as const
      const along = other === undefined ? [] : [also(cases, other, { ...command, leads: false })]
      return reply(execute(cases, caseId, command, call, along), caseView)
    },
    readHousehold: async ({ params, call }) => {
      const seen = await read(cases, params.caseId, call)
      if (!seen.ok) return seen
      const { state, version, classes } = seen.value
      return ok({ body: await householdOf(cases.store, cases.aggregate.resource, state, call.principal), version, classes })
    },
  }) satisfies Routes<Api<typeof linkRoutes>>
