import { type Api, common, decide, deny, ok, type Reason, type Routes, refused, textOf } from '@wontanara/core'
import type { Language } from '@wontanara/events'
import { type CaseFile, fileOf } from './case-file.ts'
import type { Records } from './ports.ts'
import { catalogue } from './refusals.ts'
import type { routingRoutes } from './routing.api.ts'
import { type Ranked, ranking, reasonTexts } from './routing.ts'

const told = (texts: Parameters<typeof textOf>[0], { code, params }: Reason) => {
  const text = (language: Language) => textOf(texts, code, language, params)
  return { code, en: text('en'), fr: text('fr') }
}

const view = ({ serviceId, organisationId, name, obstacles, points, reasons }: Ranked) => ({
  serviceId,
  organisationId,
  name,
  eligible: obstacles.length === 0,
  obstacles: obstacles.map((reason) => told(catalogue, reason)),
  points,
  reasons: reasons.map((reason) => ({ ...told(reasonTexts, reason), points: reason.points, of: reason.of })),
})

/** Whether a case is held at an office, as far as this service knows. */
const isHeldAt = (file: CaseFile | undefined, office: string): boolean =>
  file !== undefined && (file.holder === undefined ? file.needs.some((need) => need.office === office) : file.holder.office === office)

/** What each route of the choice of services does. */
export const choosing = (ports: Pick<Records, 'organisations' | 'services' | 'caseFiles' | 'referrals'>) =>
  ({
    rankServices: async ({ body: { office, service, consent, at, ...person }, call }) => {
      const access = decide(call.principal, call.action, { offices: [office], assignees: [] })
      if (!access.allow) return refused(await deny(ports.referrals.store, call, undefined, access))
      const file = consent === undefined ? undefined : await fileOf(ports.caseFiles.store, consent.caseId)
      if (consent !== undefined && !isHeldAt(file, office)) return refused(common.refuse('not-found'))
      const need = { ...person, type: service, at: at ?? call.at }
      const ranked = await ranking(ports, need, consent && { file, scopes: consent.scopes })
      return ok({ body: { at: need.at, services: ranked.map(view) }, classes: access.classes })
    },
  }) satisfies Routes<Api<typeof routingRoutes>>
