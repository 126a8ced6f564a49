import type { RouteDefinition } from '@wontanara/core'
import { labelled, OrganisationId, ServiceId } from '@wontanara/events'
import * as z from 'zod'
import * as examples from './examples.ts'
import { quarterPattern } from './measures.ts'
import { smallest } from './tally.ts'

/** Statistics in which small numbers are suppressed are public. */
const published = labelled({ class: 'C0', purpose: 'publication', retention: 'indefinite' })
const percent = () => published(z.int().min(0).max(100)).optional()
const hours = () => published(z.number().min(0)).optional()

/** What is absent is too little to be told, or would betray what is. None is no small number: it concerns nobody. */
const figures = {
  sent: published(z.union([z.literal(0), z.int().min(smallest)])).optional(),
  /** Hours from sending to acknowledgement, or to an answer that came without one: interpolated within classes. */
  medianHours: hours(),
  meanHours: hours(),
  /** Of those sent: not acknowledged, or not answered, within the time that the priority gives. */
  overduePercent: percent(),
  /** Of those accepted, declined or expired. */
  acceptedPercent: percent(),
  /** Of those completed or failed. */
  completedPercent: percent(),
}

const quarter = () =>
  published(
    z
      .string()
      .regex(quarterPattern)
      .meta({ examples: ['2026-Q1'] }),
  )

const answered = { sent: 64, medianHours: 9.5, meanHours: 14.2, overduePercent: 22, acceptedPercent: 78 } as const

/** How partners answer. */
export const measuresRoutes = {
  readPartnerMeasures: {
    route: 'GET /v1/partner-measures',
    summary:
      'How an organisation and its services answer: time to acknowledgement, and the shares overdue, accepted and completed, of the referrals sent in each quarter that has ended, up to eight. Numbers below eleven are left out on either side of a share, with whatever would betray them.',
    permit: 'measures:read',
    query: z.object({ organisationId: OrganisationId, from: quarter(), to: quarter() }),
    response: z.strictObject({
      organisationId: published(OrganisationId),
      periods: z.array(
        z.strictObject({
          period: quarter(),
          total: z.strictObject(figures),
          services: z.array(z.strictObject({ serviceId: published(ServiceId), ...figures })),
          /** How many figures were left out. */
          suppressed: published(z.int().min(0)),
        }),
      ),
    }),
    refusals: ['organisation-unknown', 'not-a-period'],
    example: {
      query: { organisationId: examples.organisationId, from: '2026-Q1', to: '2026-Q1' },
      response: {
        organisationId: examples.organisationId,
        periods: [{ period: '2026-Q1', total: answered, services: [{ serviceId: examples.serviceId, ...answered }], suppressed: 2 }],
      },
    },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
