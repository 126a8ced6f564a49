import {
  type Api,
  also,
  type Call,
  common,
  create,
  createOrExecute,
  decide,
  deny,
  issued,
  list,
  ok,
  type Reason,
  type Refusal,
  type Result,
  type Routes,
  refused,
  reply,
  replyPage,
  textOf,
} from '@wontanara/core'
import type { Language } from '@wontanara/events'
import { type CaseFile, fileOf } from './case-file.ts'
import type { Ports } from './ports.ts'
import { type Circumstances, isOpen, type Referral } from './referral.ts'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'
import { takingUp } from './reroute.ts'
import type { routingRoutes } from './routing.api.ts'
import { needOf, nextBest, type Ranked, ranking, reasonTexts } from './routing.ts'
import { RoutingRule, ruleId } from './routing-rule.ts'
import type { Service } from './service.ts'
import { scopesOf } from './snapshot.ts'

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

/** What a draft names, and how it came to it. */
export interface Chosen {
  readonly service: Service
  readonly chosenBy?: NonNullable<Referral['facts']['chosenBy']>
  /** A rule has it sent at once: what sending rests on, as it now is. */
  readonly sending?: Circumstances
}

type Asked = Omit<Parameters<typeof needOf>[0], 'service'> &
  Pick<Referral['facts'], 'caseId' | 'needId' | 'office' | 'follows'> & {
    readonly serviceId?: string | undefined
    readonly service?: Referral['facts']['service'] | undefined
  }

const serviceUnknown = refused({ ...refuse('service-unknown'), reasons: [{ code: 'service-unknown' as const, pointer: '/serviceId' }] })

/**
 * The service that a draft names, or the best one for its need. A repeat of the request is given the service of the first time, whatever the
 * directory says meanwhile.
 */
export async function choose(
  ports: ChoosingPorts,
  asked: Asked,
  referralId: string,
  call: Call,
): Promise<Result<Chosen, Refusal<RefusalCode>>> {
  const { services, organisations, referrals, caseFiles, routingRules } = ports
  const earlier = asked.serviceId === undefined ? (await referrals.store.load(referralId, { fresh: true }))?.state.facts : undefined
  const named = asked.serviceId ?? earlier?.serviceId
  if (named !== undefined) {
    const service = (await services.store.load(named))?.state
    return service === undefined ? serviceUnknown : ok({ service, ...(earlier?.chosenBy && { chosenBy: earlier.chosenBy }) })
  }
  if (asked.service === undefined) return serviceUnknown
  const access = decide(call.principal, call.action, { offices: [asked.office], assignees: [] })
  if (!access.allow) return refused(await deny(referrals.store, call, undefined, access))
  const file = await fileOf(caseFiles.store, asked.caseId)
  // Whose case it is not learns nothing of what was consented to.
  if (!isHeldAt(file, asked.office)) return refused(refuse('no-service-fits'))
  const before = await sentFor(ports, asked, file)
  const need = needOf({ ...asked, service: asked.service }, call.at)
  const passed = new Set(before.map(({ facts }) => facts.organisationId))
  const best = await nextBest(ports, need, { file, scopes: scopesOf(asked.snapshot), passed })
  if (best === undefined) return refused(refuse('no-service-fits'))
  const [rule, service, organisation] = await Promise.all([
    routingRules.store.load(ruleId({ ...asked, service: asked.service }), { fresh: true }),
    services.store.load(best.serviceId, { fresh: true }),
    organisations.store.load(best.organisationId, { fresh: true }),
  ])
  if (service === undefined) return refused(refuse('no-service-fits'))
  // A second referral of a need that one is under way for is for the officer to send; and so is one of a case that goes on as another.
  if (rule?.state.automatic !== true || before.some(isOpen) || file?.caseId !== asked.caseId)
    return ok({ service: service.state, chosenBy: 'ranking' })
  return ok({ service: service.state, chosenBy: 'rule', sending: { file, service: service.state, organisation: organisation?.state } })
}

interface Drafting {
  readonly referralId: string
  readonly draft: Omit<Referral['facts'], 'draftedBy' | 'draftedAt'>
  readonly sending?: Circumstances | undefined
}

/**
 * Drafts a referral and, when a rule has it sent, sends it in the same step. What cannot be sent stays a draft: `GET …/sending` says why.
 * The case's file learns of it in the same transaction: of two requests at once, none of which knew of the other, one is sent.
 */
export async function drafted(
  { referrals, caseFiles }: Pick<ChoosingPorts, 'referrals' | 'caseFiles'>,
  { referralId, draft, sending }: Drafting,
  call: Call,
) {
  const command = { referralId, draft, ...issued(call) }
  const { follows, caseId } = draft
  if (sending !== undefined) {
    const among = sending.file?.referrals ?? []
    const along = [
      also(caseFiles, caseId, { type: 'note-referral', caseId, referralId, among, ...issued(call) }, 'nothing'),
      ...(follows === undefined ? [] : [(made: Call) => takingUp(referrals, follows, referralId, made)]),
    ]
    const sent = await create(
      referrals,
      referralId,
      { type: 'draft-and-send', draftedBy: call.principal.id, ...command, ...sending },
      call,
      along,
    )
    if (sent.ok || (sent.refusal.code !== 'guards-failed' && sent.refusal.code !== 'referral-meanwhile')) return sent
  }
  return create(referrals, referralId, { type: 'draft', ...command }, call)
}

/** What was sent for a need so far, and the referral that the new one follows. */
async function sentFor(
  { referrals }: Pick<ChoosingPorts, 'referrals'>,
  { needId, follows }: Asked,
  file: CaseFile | undefined,
): Promise<readonly Referral[]> {
  const ids = new Set([...(file?.referrals ?? []), ...(follows === undefined ? [] : [follows])])
  const found = await Promise.all([...ids].map((id) => referrals.store.load(id, { fresh: true })))
  return found.flatMap((stored) => (stored?.state.facts.needId === needId ? [stored.state] : []))
}

export type ChoosingPorts = Pick<Ports, 'organisations' | 'services' | 'caseFiles' | 'referrals' | 'routingRules' | 'tallies'>

/** What each route of the choice of services does. */
export const choosing = (ports: ChoosingPorts) =>
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
    setRoutingRule: ({ body: rule, call }) =>
      reply(createOrExecute(ports.routingRules, ruleId(rule), { type: 'set', rule, ...issued(call) }, call), ({ state }) => state),
    listRoutingRules: ({ query: { office, limit, cursor }, call }) => {
      const within = { offices: [office], assignees: [] }
      const page = list(ports.routingRules.store, call, within, { index: 'gsi1', pk: `routing-rules#${office}`, limit, cursor })
      return replyPage(page, (row) => RoutingRule.parse(row))
    },
  }) satisfies Routes<Api<typeof routingRoutes>>
