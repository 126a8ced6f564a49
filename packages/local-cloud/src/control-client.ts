import * as z from 'zod'
import { type ControlRoute, controlApi } from './control-api.ts'
import type { Delivery, Fault } from './faults.ts'

/** The control endpoint of a running local cloud. A refusal is thrown with what it says. */
export type ControlClient = ReturnType<typeof controlClient>

const Message = z.object({ message: z.string() })

/**
 * Speaks to a running local cloud.
 * @param apiUrl where its API is, such as `http://127.0.0.1:8080`
 * @example await controlClient(cloud.apiUrl).advance('72h')
 */
export function controlClient(apiUrl: string) {
  async function ask<B extends z.ZodType, A extends z.ZodType>(
    { route, answer }: ControlRoute<B, A>,
    body: z.input<B>,
  ): Promise<z.output<A>> {
    const [method = '', path] = route.split(' ')
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    })
    const value: unknown = await response.json()
    if (!response.ok) throw new Error(`${route}: ${response.status} ${Message.parse(value).message}`)
    return answer.parse(value)
  }
  return {
    /** What time it is there. */
    time: () => ask(controlApi.time, {}),
    /** Lets time pass. @param by milliseconds, `72h`, `3d`, `90m`, or ISO 8601 such as `PT72H` */
    advance: (by: string | number) => ask(controlApi.advance, { advance: by }),
    injectFault: (fault: Fault) => ask(controlApi.injectFault, fault),
    /** Starts all random draws of faults anew. */
    seedFaults: (seed: number) => ask(controlApi.seedFaults, { seed }),
    /** How queues and streams deliver from now on: how often, and in which order. */
    deliver: (delivery: Delivery) => ask(controlApi.deliver, delivery),
    /** What was injected, how often it has hit, and where what can go wrong. */
    faults: () => ask(controlApi.faults, {}),
    /** Ends all faults; each message comes once again. */
    clearFaults: () => ask(controlApi.clearFaults, {}),
    /** What AWS would bill for all that has happened since the start. */
    usage: () => ask(controlApi.usage, {}),
    /** What roles grant and nothing has used since the start. */
    unusedGrants: () => ask(controlApi.unusedGrants, {}),
    /** Everything at a glance: functions, queues, tables, schedules, events, the time. */
    state: () => ask(controlApi.state, {}),
    /** What nobody could process, without its contents. */
    deadLetters: () => ask(controlApi.deadLetters, {}),
    /** Waits until nothing is left to do. @param timeout milliseconds; 10,000 unless told */
    settled: (timeout?: number) => ask(controlApi.settled, timeout === undefined ? {} : { timeout }),
  }
}
