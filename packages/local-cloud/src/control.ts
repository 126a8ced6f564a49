import type { IncomingMessage, ServerResponse } from 'node:http'
import * as z from 'zod'
import type { Clock } from './clock.ts'
import { type ControlApi, type ControlRoute, controlApi, type State } from './control-api.ts'
import { eventIn } from './event-sources.ts'
import type { Faults } from './faults.ts'
import { readBody } from './front-door.ts'
import { errorText, tryJson } from './json.ts'
import type { UnusedGrant } from './permissions.ts'
import type { Queue, Sqs } from './sqs.ts'
import type { Usage } from './usage.ts'
import type { OperatorsWindow } from './window.ts'

/*
 * The local cloud's own endpoint, under `/_local` of the API's port. Whoever can reach it can do everything, so only this machine can: the
 * port is open on the loopback interface alone, a name that somebody pointed here is refused, and so is a change that a web page of
 * another origin could send without asking: a body is JSON, and nothing here answers a CORS preflight.
 */

/** The parts of a local cloud that are asked. */
interface Controlled {
  readonly clock: Clock
  readonly faults: Faults
  readonly queues: Sqs
  readonly state: () => Promise<State>
  readonly window: OperatorsWindow
  usage(): Usage
  unusedGrants(): readonly UnusedGrant[]
  /** Where what nobody could process ends. */
  readonly deadLetterQueues: () => readonly Queue[]
  settled(options: { readonly timeout?: number | undefined }): Promise<void>
}

interface Served {
  readonly route: string
  run(body: unknown): Promise<unknown>
}
const serve = <B extends z.ZodType, A extends z.ZodType>(
  { route, body, answer }: ControlRoute<B, A>,
  perform: (body: z.output<B>) => z.input<A> | Promise<z.input<A>>,
): Served => ({
  route,
  run: async (input) => {
    const parsed = body.safeParse(input)
    if (!parsed.success) throw new Refused(400, z.prettifyError(parsed.error))
    return answer.parse(await perform(parsed.data))
  },
})

/** Refuses a request, with an HTTP status. */
class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const isLoopback = (host: string | undefined): boolean =>
  host !== undefined && URL.canParse(`http://${host}`) && loopback.has(new URL(`http://${host}`).hostname)

/** @returns what answers a request to the control endpoint, and tells whether it was one */
export function control(parts: Controlled): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const { clock, faults, queues, deadLetterQueues } = parts
  const time = () => ({ now: new Date(clock()).toISOString(), offset: clock.offset })

  // A missing or extra entry does not compile.
  const served = {
    time: serve(controlApi.time, time),
    advance: serve(controlApi.advance, async ({ advance }) => {
      await clock.advance(advance)
      return time()
    }),
    injectFault: serve(controlApi.injectFault, (fault) => {
      faults.inject(fault)
      return {}
    }),
    seedFaults: serve(controlApi.seedFaults, ({ seed }) => {
      faults.seed(seed)
      return {}
    }),
    deliver: serve(controlApi.deliver, (delivery) => {
      faults.delivery(delivery)
      return {}
    }),
    faults: serve(controlApi.faults, () => ({
      active: [...faults.active()],
      points: faults.points().map(({ at, how }) => ({ at, how: [...how] })),
    })),
    clearFaults: serve(controlApi.clearFaults, () => {
      faults.clear()
      return {}
    }),
    state: serve(controlApi.state, parts.state),
    deadLetters: serve(controlApi.deadLetters, () => ({
      deadLetters: deadLetterQueues().flatMap((queue) =>
        queues.bodies(queue).map(({ id, body }) => ({ queue: queue.name, messageId: id, event: eventIn(body) })),
      ),
    })),
    usage: serve(controlApi.usage, () => ({ usage: [...parts.usage()] })),
    unusedGrants: serve(controlApi.unusedGrants, () => ({
      unusedGrants: parts.unusedGrants().map((grant) => ({ ...grant, unused: [...grant.unused], used: [...grant.used] })),
    })),
    settled: serve(controlApi.settled, async ({ timeout }) => {
      await parts.settled({ timeout })
      return {}
    }),
  } satisfies Readonly<Record<keyof ControlApi, Served>>
  const routes = new Map(Object.values(served).map(({ route, run }) => [route, run]))

  async function answerTo(request: IncomingMessage, path: string): Promise<unknown> {
    const { method = 'GET', headers } = request
    const run = routes.get(`${method} ${path}`)
    if (run === undefined) {
      const allowed = [...routes.keys()].filter((route) => route.endsWith(` ${path}`)).map((route) => route.split(' ')[0])
      throw allowed.length > 0 ? new Refused(405, `${path} takes ${allowed.join(', ')}`) : new Refused(404, `there is no ${path}`)
    }
    if (method !== 'POST') return run({})
    if (!/^application\/json(;|$)/i.test(headers['content-type'] ?? '')) throw new Refused(415, 'a body is application/json')
    const body = await readBody(request, 100_000)
    if (body === undefined) throw new Refused(413, 'the body is too long')
    return run(tryJson(body.toString('utf8')))
  }

  return async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path !== '/_local' && !path.startsWith('/_local/')) return false
    const end = (status: number, body: unknown): true => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body))
      return true
    }
    try {
      if (!isLoopback(request.headers.host)) throw new Refused(403, 'only this machine, by a loopback name')
      if (parts.window.handle(request, response)) return true
      return end(200, await answerTo(request, path))
    } catch (error) {
      // Said by the part that was asked: what was asked for is not possible.
      const status = error instanceof Refused ? error.status : error instanceof RangeError ? 400 : 500
      return end(status, { message: errorText(error) })
    }
  }
}
