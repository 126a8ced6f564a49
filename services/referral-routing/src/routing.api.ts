import { guineaPlace, partialDate, type RouteDefinition } from '@wontanara/core'
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
} as const satisfies Readonly<Record<string, RouteDefinition>>
