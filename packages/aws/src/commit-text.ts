import type { Trail } from '@wontanara/core'
import * as z from 'zod'

export const TrailSchema: z.ZodType<Trail> = z.object({
  at: z.string(),
  by: z.string(),
  as: z.string(),
  offices: z.array(z.string()),
  action: z.string(),
  reason: z.string().optional(),
  traceparent: z.string().optional(),
})
/** The open text of a commit; the relay reads it too. An event of which nothing lies open has no data here. */
export const CommitText = z.object({
  version: z.int(),
  trail: TrailSchema,
  events: z.array(z.object({ type: z.string(), data: z.unknown().default(undefined) })),
})
