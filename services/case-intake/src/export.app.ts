import {
  type Api,
  also,
  alsoCreating,
  type Call,
  common,
  create,
  decide,
  deny,
  derivedId,
  execute,
  issued,
  ok,
  type Routes,
  read,
  refused,
  reply,
  type Seen,
  trailOf,
} from '@wontanara/core'
import type * as z from 'zod'
import type { ExportView, exportRoutes } from './export.api.ts'
import { type ExportState, failureAt, keptUntil, statusAt } from './export.ts'
import { atOffice, type Requester } from './export-columns.ts'
import { keyOf } from './export-file.ts'
import type { Ports } from './ports.ts'

/** How long a link to a file holds, in seconds. */
const linkSeconds = 300

/** Where somebody's exports are worked on, one at a time. */
export const deskOf = ({ id }: Requester): string => derivedId('desk', id)

function exportView({ state, at }: Seen<ExportState>): z.output<typeof ExportView> {
  const { exportId, office, status, format, columns, language, requestedAt, plan, rows, classes, endedAt } = state
  const [failure, until] = [failureAt(state, at), keptUntil(state)]
  return {
    exportId,
    list: { office, ...(status && { status }) },
    format,
    columns,
    language,
    requestedAt,
    status: statusAt(state, at),
    ...(plan && { cases: plan.cases }),
    rows,
    ...(classes && { classes }),
    ...(endedAt !== undefined && { endedAt }),
    ...(failure && { failure }),
    ...(until !== undefined && { keptUntil: until }),
  }
}

export const exporting = ({ caseExports, exportDesks, linkTo }: Pick<Ports, 'caseExports' | 'exportDesks' | 'linkTo'>) => {
  const { store } = caseExports
  /** An export of the caller's own. To everybody else there is none: who asked for a file answers for it. */
  async function own(exportId: string, call: Call) {
    const seen = await read(caseExports, exportId, call)
    if (!seen.ok || seen.value.state.requester.id === call.principal.id) return seen
    return refused(await deny(store, call, exportId, { allow: false, reason: 'relation' }))
  }

  return {
    requestExport: async ({ body, call }) => {
      const { principal } = call
      if (principal.kind !== 'staff') return refused(common.refuse('not-permitted'))
      const requester = { id: principal.id, roles: [...principal.roles], offices: [...principal.offices] }
      const exportId = call.newId('export')
      const desk = alsoCreating(exportDesks, deskOf(requester), { type: 'take', ...issued(call), exportId })
      const command = { type: 'request', ...issued(call), asked: { exportId, ...body, requester } } as const
      return reply(create(caseExports, exportId, command, call, [desk]), exportView, () => `/v1/exports/${exportId}`)
    },
    readExport: async ({ params: { exportId }, call }) => {
      const seen = await own(exportId, call)
      if (!seen.ok) return seen
      const { state, version, classes, at } = seen.value
      const view = exportView(seen.value)
      // Whoever has left the office meanwhile has no more to do with what is in the file.
      const access = decide(call.principal, 'case:export', atOffice(state.office))
      if (view.status !== 'ready' || !access.allow) return ok({ body: view, version, classes })
      const trail = trailOf(call, access.as)
      await store.recordAccess({ id: exportId, trail, decision: 'allowed', classes: state.classes ?? [] })
      const until = new Date(Date.parse(at) + linkSeconds * 1000).toISOString()
      return ok({ body: { ...view, link: { url: await linkTo(keyOf(exportId, state.format), at, linkSeconds), until } }, version, classes })
    },
    cancelExport: async ({ params: { exportId }, call }) => {
      const seen = await own(exportId, call)
      if (!seen.ok) return seen
      const desk = also(exportDesks, deskOf(seen.value.state.requester), { type: 'leave', ...issued(call), exportId }, 'nothing')
      const outcome = await execute(caseExports, exportId, { type: 'cancel', ...issued(call) }, call, [desk])
      // Whoever tries to call a file back that has left is on record: it may be the first sign that it went astray.
      if (!outcome.ok && outcome.refusal.code === 'export-ended') {
        const trail = trailOf(call, call.principal.kind)
        await store.recordAccess({ id: exportId, trail, decision: 'denied', denial: outcome.refusal.code })
      }
      return reply(Promise.resolve(outcome), exportView)
    },
  } satisfies Routes<Api<typeof exportRoutes>>
}
