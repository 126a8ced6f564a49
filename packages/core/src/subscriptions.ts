import type { CloudEvent, EventDefinition } from '@wontanara/events'
import type * as z from 'zod'
import type { Call } from './call.ts'
import type { Refusal } from './refusal.ts'
import type { Result } from './result.ts'

/** The published events a consumer listens to. One consumer has one queue and one rule. */
export interface Subscriptions<D extends readonly EventDefinition[] = readonly EventDefinition[]> {
  readonly service: string
  readonly events: D
}

/** Declares what a consumer listens to. */
export const defineSubscriptions = <const D extends readonly EventDefinition[]>(service: string, events: D): Subscriptions<D> => ({
  service,
  events,
})

type Received<D> = D extends { readonly type: infer T extends string; readonly data: infer S extends z.ZodType }
  ? CloudEvent<T, z.output<S>>
  : never

/** The table of functions of a consumer, by event type: a missing or an extra entry does not compile. */
export type Consumers<S extends Subscriptions> = {
  readonly [D in S['events'][number] as D['type']]: (
    event: Received<D>,
    call: (action: Call['action']) => Call,
  ) => Promise<readonly Result<unknown, Refusal>[]>
}

/** Thrown by whoever waits for somebody outside: the message comes again, and not before the time asked for. */
export class NotYet extends Error {
  readonly afterSeconds: number

  constructor(message: string, afterSeconds: number) {
    super(message)
    this.afterSeconds = afterSeconds
  }
}
