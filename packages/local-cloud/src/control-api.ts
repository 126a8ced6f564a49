import * as z from 'zod'
import { hows } from './fault-kinds.ts'
import { DeliverySchema, FaultSchema } from './faults.ts'
import { type UsageLine, usageLines } from './usage.ts'

/*
 * The control endpoint: what can be asked of a running local cloud over HTTP, under `/_local` of its API's port. control.ts answers it,
 * control-client.ts asks. No answer holds what a function sends or stores.
 */

const nothing = z.strictObject({})

const Time = z.object({
  /** Now, ISO 8601 in UTC. */
  now: z.iso.datetime(),
  /** How far it is ahead of the machine's clock, in milliseconds. */
  offset: z.number(),
})

/** Everything at a glance. `path` is what the construct tree calls it, `name` what AWS does. */
const State = z.object({
  time: Time,
  status: z.object({
    /** `failed`: there are dead letters; `waits`: something has not been handled for longer than it should take. */
    level: z.enum(['works', 'waits', 'failed']),
    deadLetters: z.int(),
    /** Messages on their way to a function, and how long the oldest of them has been, in milliseconds. */
    waiting: z.int(),
    oldest: z.number(),
    /** Tables whose stream stands still because its function fails. */
    stuck: z.array(z.string()),
  }),
  totals: z.object({ requests: z.int(), events: z.int(), invocations: z.int() }),
  /** Requests, events, invocations and deliveries in each of the last sixty seconds of this machine, the present one last. */
  activity: z.array(z.int()),
  functions: z.array(
    z.object({
      path: z.string(),
      invocations: z.int(),
      active: z.int(),
      instances: z.int(),
      errors: z.int(),
      coldStarts: z.int(),
      last: z.object({ at: z.iso.datetime(), milliseconds: z.number() }).optional(),
    }),
  ),
  queues: z.array(
    z.object({
      path: z.string(),
      name: z.string(),
      visible: z.int(),
      inFlight: z.int(),
      delayed: z.int(),
      /** How long the oldest message has been there, in milliseconds. */
      oldest: z.number().optional(),
      /** Whether what nobody could process ends here. */
      deadLetters: z.boolean(),
    }),
  ),
  tables: z.array(z.object({ path: z.string(), name: z.string(), items: z.int() })),
  /** `next`: when it fires next; absent when it never does. */
  schedules: z.array(z.object({ path: z.string(), name: z.string(), next: z.iso.datetime().optional() })),
  /** What became of events, one for each consumer, the latest news first. A record of a stream is here only when something went wrong. */
  news: z.array(
    z.object({
      at: z.iso.datetime(),
      /** Detail type; absent when it is no event of a bus. */
      type: z.string().optional(),
      /** Of the event, else of the message or the record. */
      id: z.string(),
      /** Bus, queue or table. */
      from: z.string(),
      /** The function; absent when nobody listens. */
      consumer: z.string().optional(),
      outcome: z.enum(['nobody', 'waiting', 'done', 'failed', 'given-up']),
      attempt: z.int(),
    }),
  ),
  /** What was used since the start, and what it costs in USD: units and prices are those of usage.ts and prices.ts. */
  usage: z.array(z.object({ line: z.string(), quantity: z.number(), usd: z.number() })),
  /** Faults injected on purpose. */
  faults: z.array(z.object({ function: z.string().optional(), at: z.string(), how: z.string(), hits: z.int() })),
})
/** What `GET /_local/state` answers and the operator's window shows. */
export type State = z.input<typeof State>

const DeadLetters = z.object({
  deadLetters: z.array(
    z.object({
      queue: z.string(),
      messageId: z.string(),
      /** Detail type and id of the event in it, when it is one of a bus. */
      event: z.object({ type: z.string(), id: z.string() }).optional(),
    }),
  ),
})

const ActiveFaults = z.object({
  /** What was injected and not ended, and how often it has hit. */
  active: z.array(z.object({ fault: FaultSchema, hits: z.int() })),
  /** Every place where something can go wrong, and what. */
  points: z.array(z.object({ at: z.string(), how: z.array(z.enum(hows)) })),
})

const Usage = z.object({
  usage: z.array(
    z.object({
      line: z.custom<UsageLine>((line) => typeof line === 'string' && line in usageLines),
      function: z.string().optional(),
      resource: z.string(),
      quantity: z.number(),
    }),
  ),
})

const Grants = z.array(z.object({ action: z.string(), resource: z.string() }))
const UnusedGrants = z.object({
  unusedGrants: z.array(z.object({ function: z.string(), policy: z.string(), statement: z.string(), unused: Grants, used: Grants })),
})

/** Name -> route, what its body must be (JSON; of a POST only) and what is answered. */
export const controlApi = {
  time: { route: 'GET /_local/time', body: nothing, answer: Time },
  advance: { route: 'POST /_local/time', body: z.strictObject({ advance: z.union([z.string(), z.number()]) }), answer: Time },
  injectFault: { route: 'POST /_local/faults', body: FaultSchema, answer: z.object({}) },
  seedFaults: { route: 'POST /_local/faults/seed', body: z.strictObject({ seed: z.number() }), answer: z.object({}) },
  deliver: { route: 'POST /_local/faults/delivery', body: DeliverySchema, answer: z.object({}) },
  faults: { route: 'GET /_local/faults', body: nothing, answer: ActiveFaults },
  clearFaults: { route: 'DELETE /_local/faults', body: nothing, answer: z.object({}) },
  state: { route: 'GET /_local/state', body: nothing, answer: State },
  deadLetters: { route: 'GET /_local/dead-letters', body: nothing, answer: DeadLetters },
  usage: { route: 'GET /_local/usage', body: nothing, answer: Usage },
  unusedGrants: { route: 'GET /_local/unused-grants', body: nothing, answer: UnusedGrants },
  settled: { route: 'POST /_local/settled', body: z.strictObject({ timeout: z.int().positive().optional() }), answer: z.object({}) },
} as const satisfies Readonly<Record<string, ControlRoute>>

export interface ControlRoute<Body extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  /** Method and path. */
  readonly route: string
  readonly body: Body
  readonly answer: Answer
}

export type ControlApi = typeof controlApi
