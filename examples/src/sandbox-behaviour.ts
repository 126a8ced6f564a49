import * as z from 'zod'

/* What the sandbox partner can be told to do, and what it tells. */

/** What it answers webhooks with; `nothing`: it hangs up. */
export const answers = [204, 301, 410, 429, 500, 503, 'nothing'] as const
const Answer = z.union([z.literal('nothing'), z.coerce.number().refine((status) => answers.some((answer) => answer === status))])

/** How it behaves, from the next webhook on. */
export const Behaviour = z.strictObject({
  answer: Answer,
  /** Seconds that it takes to answer; the programme waits for 15. */
  delay: z.coerce.number().min(0).max(60).default(0),
  /** Seconds that it asks the programme to wait, in `Retry-After`. */
  retryAfter: z.union([z.literal('').transform(() => undefined), z.coerce.number().int().min(0).max(86_400)]).optional(),
  /** It acknowledges receipt of each referral by itself. */
  acknowledges: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
})
export type Behaviour = z.output<typeof Behaviour>

/** The steps that it can take on a referral: name of the button, path of the API, and what is sent along. */
export const steps = {
  acknowledge: { path: 'receipt' },
  accept: { path: 'acceptance' },
  decline: { path: 'decline', body: { reason: 'no-capacity' } },
  start: { path: 'start' },
  complete: { path: 'completion', body: { outcome: 'fully-served' } },
  fail: { path: 'failure', body: { outcome: 'person-not-reached' } },
} as const satisfies Readonly<Record<string, { readonly path: string; readonly body?: object }>>
export type Step = keyof typeof steps

export const Notice = z.looseObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({ referralId: z.string(), status: z.string(), version: z.int() }),
})

/** What came of the check of a signature. */
export type Signature = 'verified' | 'missing' | 'wrong' | 'too-old' | 'too-new'

/** One delivery. */
export interface Received {
  /** When it came, by the clock of the programme. */
  readonly at: string
  readonly signature: Signature
  /** What it says; undefined when it cannot be read. */
  readonly notice: z.output<typeof Notice> | undefined
  /** It was taken before under the same id: a receiver acts once. */
  readonly repeat: boolean
  /** A later version of the same referral was taken before. */
  readonly overtaken: boolean
  readonly answered: number | 'nothing'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
