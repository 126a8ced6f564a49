import * as z from 'zod'
import { FaultSchema } from './faults.ts'

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

const State = z.object({
  time: Time,
  functions: z.array(z.object({ path: z.string(), invocations: z.int(), active: z.int() })),
  queues: z.array(
    z.object({
      name: z.string(),
      visible: z.int(),
      inFlight: z.int(),
      delayed: z.int(),
      /** Whether what nobody could process ends here. */
      deadLetters: z.boolean(),
    }),
  ),
  tables: z.array(z.object({ name: z.string(), items: z.int() })),
  /** `next`: when it fires next; absent when it never does. */
  schedules: z.array(z.object({ name: z.string(), next: z.iso.datetime().optional() })),
})

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

/** Name -> route, what its body must be (JSON; of a POST only) and what is answered. */
export const controlApi = {
  time: { route: 'GET /_local/time', body: nothing, answer: Time },
  advance: { route: 'POST /_local/time', body: z.strictObject({ advance: z.union([z.string(), z.number()]) }), answer: Time },
  injectFault: { route: 'POST /_local/faults', body: FaultSchema, answer: z.object({}) },
  clearFaults: { route: 'DELETE /_local/faults', body: nothing, answer: z.object({}) },
  state: { route: 'GET /_local/state', body: nothing, answer: State },
  deadLetters: { route: 'GET /_local/dead-letters', body: nothing, answer: DeadLetters },
  settled: { route: 'POST /_local/settled', body: z.strictObject({ timeout: z.int().positive().optional() }), answer: z.object({}) },
} as const satisfies Readonly<Record<string, ControlRoute>>

export interface ControlRoute<Body extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  /** Method and path. */
  readonly route: string
  readonly body: Body
  readonly answer: Answer
}

export type ControlApi = typeof controlApi
