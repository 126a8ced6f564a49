import { type Api, common, decide, deny, ok, type Routes, refused } from '@wontanara/core'
import { type CaseFile, standInOf } from './case-file.ts'
import type { disclosureRoutes } from './disclosure.api.ts'
import type { Ports } from './ports.ts'

/** The offices that hold a case, as this service knows them. */
const officesOf = ({ holder, needs }: CaseFile): readonly string[] =>
  holder === undefined ? [...new Set(needs.map(({ office }) => office))] : [holder.office]

/** What left about a person. */
export const logged = ({ caseFiles, disclosures }: Pick<Ports, 'caseFiles' | 'disclosures'>) =>
  ({
    listDisclosures: async ({ params: { caseId }, query: { limit, cursor }, call }) => {
      const file = (await caseFiles.store.load(caseId, { fresh: true }))?.state
      const access = decide(call.principal, call.action, { offices: file === undefined ? [] : officesOf(file), assignees: [] })
      if (!access.allow) return refused(await deny(caseFiles.store, call, caseId, access))
      if (file === undefined) return refused(common.refuse('not-found'))
      const { items, next } = await disclosures.read(caseId, limit, cursor)
      const standIn = standInOf(caseId, file)
      const others = [...(standIn === caseId ? [] : [standIn]), ...(file.held ?? [])]
      return ok({
        body: { items: [...items], ...(next === undefined ? {} : { next }), ...(others.length === 0 ? {} : { others }) },
        classes: access.classes,
      })
    },
  }) satisfies Routes<Api<typeof disclosureRoutes>>
