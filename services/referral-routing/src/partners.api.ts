import type { RouteDefinition } from '@wontanara/core'
import { operational } from '@wontanara/events'
import * as z from 'zod'
import { encryptionKeyRoutes } from './encryption-key.api.ts'
import { endpointRoutes } from './endpoint.api.ts'
import * as examples from './examples.ts'
import { FeedItem } from './partner-feed.ts'

/** How a partner is told, and in what key: the routes of one function. */
export const partnerRoutes = {
  listPartnerEvents: {
    route: 'GET /v1/partner-events',
    summary: 'The events of a partner’s referrals in one order without gaps. Ask for what comes after the last number you have.',
    permit: 'partner-events:read',
    query: z.object({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(100).default(50) }),
    response: z.strictObject({
      items: z.array(FeedItem),
      /** The number to send as `after` next time. */
      next: operational(z.int().min(0)),
    }),
    example: { query: { after: '41' }, response: { items: [examples.feedItem], next: 42 } },
  },
  ...endpointRoutes,
  ...encryptionKeyRoutes,
} as const satisfies Readonly<Record<string, RouteDefinition>>
