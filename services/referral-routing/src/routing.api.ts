import { guineaPlace, pageOf, pageQuery, partialDate, type RouteDefinition } from '@wontanara/core'
import {
  CaseId,
  dataScopes,
  Instant,
  identity,
  languages,
  OrganisationId,
  offices,
  operational,
  priorities,
  ServiceId,
  serviceTypes,
} from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { RoutingRule, ruleFields } from './routing-rule.ts'
import { sexes } from './service.ts'

/** A need, and what of a person decides on eligibility. Asked, not kept. */
const Question = z.object({
  office: operational(offices.schema),
  service: operational(serviceTypes.schema),
  place: operational(guineaPlace()),
  priority: operational(priorities.schema),
  birthDate: identity(partialDate()).optional(),
  /** Completed years, where no birth date is given. */
  age: identity(z.int().min(0).max(120)).optional(),
  sex: identity(sexes).optional(),
  /** The one they speak best first. */
  languages: identity(z.array(languages.schema).max(14)),
  /** For when; now when absent. */
  at: Instant.optional(),
  /** With a case of the office, each service also says whether the person consented to its organisation, for these groups of data. */
  consent: z.object({ caseId: CaseId, scopes: operational(z.array(dataScopes.schema).min(1).max(9)) }).optional(),
})

const text = () => operational(z.string())
const RankedView = z.strictObject({
  serviceId: ServiceId,
  organisationId: OrganisationId,
  name: text(),
  /** Whether it takes this person now. */
  eligible: operational(z.boolean()),
  obstacles: z.array(z.strictObject({ code: text(), en: text(), fr: text() })),
  points: operational(z.int().min(0).max(100)),
  /** What the points were given for; one for each thing that is looked at, also when it gives none. */
  reasons: z.array(
    z.strictObject({
      code: text(),
      points: operational(z.int().min(0)),
      /** So many it gives at most. */
      of: operational(z.int().min(0)),
      en: text(),
      fr: text(),
    }),
  ),
})

/** Choosing the service that a need is referred to. */
export const routingRoutes = {
  rankServices: {
    route: 'POST /v1/service-rankings',
    summary:
      'Ranks the services of one type for a need: the best first, each with every reason for and against it, and its points. The officer chooses.',
    permit: 'referral:draft',
    asks: true,
    body: Question,
    response: z.strictObject({ at: Instant, services: z.array(RankedView) }),
    example: { body: examples.question, response: { at: '2026-03-02T09:00:00.000Z', services: [examples.ranked] } },
  },
  setRoutingRule: {
    route: 'PUT /v1/routing-rules',
    summary:
      'Decides for an office, a type of service and a priority whether a referral that names no service is sent at once to the best one, or waits for the officer.',
    permit: 'routing-rule:set',
    unversioned: true,
    body: z.object({ ...ruleFields, automatic: RoutingRule.shape.automatic }),
    response: RoutingRule,
    example: { body: examples.rule, response: examples.ruleSet },
  },
  listRoutingRules: {
    route: 'GET /v1/routing-rules',
    summary: 'Lists the rules of an office.',
    permit: 'routing-rule:read',
    query: z.object({ office: offices.schema, ...pageQuery }),
    response: pageOf(RoutingRule, operational),
    example: { query: { office: 'conakry' }, response: { items: [examples.ruleSet] } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
