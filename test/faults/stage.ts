import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectStatus, fillDirectory, type OrganisationId, openProgramme, organisations, type Programme } from '@wontanara/examples'
import { type CallObservation, type LocalCloud, type Observation, startLocalCloud } from '@wontanara/local-cloud'
import * as z from 'zod'
import { type Ledger, ledger, type Manner } from './ledger.ts'
import { subjects } from './subjects.ts'

export const assembly = join(import.meta.dirname, '../../cdk.out/assembly-local')

/** What a bus accepted of one published event: every text it had, and the id of each publication. */
export interface Publication {
  readonly type: string
  readonly texts: ReadonlySet<string>
  readonly envelopes: readonly string[]
}

/** What was seen from outside while the stage ran. */
export interface Seen {
  /** Id of the published event -> its publications. */
  readonly bus: ReadonlyMap<string, Publication>
  /** `<function> <id of the publication>` -> how often the function has done it. */
  readonly done: ReadonlyMap<string, number>
}

/** A partner's endpoint. */
export interface Endpoint {
  readonly reader: OrganisationId
  /** Ids in the order in which they came and were taken, repeats included. */
  readonly received: readonly string[]
  /** Requests that came while it was down. */
  readonly refused: number
  /** What it answers from now on. @param lost so many answers before that are lost: it takes what it is told, and says nothing */
  answer(status: number, lost?: number): void
}

/** A stage that keeps account of what is asked and of what happens. */
export interface FaultStage {
  readonly cloud: LocalCloud
  readonly ledger: Ledger
  readonly seen: Seen
  readonly endpoints: readonly Endpoint[]
  /** Signs everybody in anew. */
  programme(manner?: Manner): Promise<Programme>
  /** Waits until nothing is left to do. @throws when it takes too long */
  settled(): Promise<void>
  close(): Promise<void>
}

/** A stage of this process. */
export interface OpenStage extends FaultStage {
  readonly seen: Seen & {
    /** Number of calls, invocations (`Lambda.Invoke`) and full batches (`batch-of-ten`), by `<function> <call>`; without those for keys. */
    readonly calls: ReadonlyMap<string, number>
    /** Calls that a function makes while it starts, and again when its keys are too old: `<function> <call>` -> how many. */
    readonly keyCalls: ReadonlyMap<string, number>
  }
  /** Journeys that were taken to their end. */
  journeys: number
  /** Enters the example directory and the partners' endpoints. */
  prepare(programme: Programme): Promise<void>
  /**
   * Messages that are hidden after a failure are shown again by letting time pass.
   * @param but part of the name of a queue whose hidden messages are not waited for
   * @throws when it takes longer than five minutes
   */
  settled(but?: string): Promise<void>
}

const Published = z.object({ Entries: z.array(z.object({ Detail: z.string() })) })
const Accepted = z.object({ Entries: z.array(z.object({ EventId: z.string().optional() })) })
const Envelope = z.object({ id: z.string(), type: z.string() })

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

const isKeyCare = ({ service, action, input }: CallObservation): boolean =>
  service === 'KMS' || (['GetItem', 'PutItem'].includes(action) && JSON.stringify(input()).includes('"class-key#'))

function watch() {
  const bus = new Map<string, { type: string; texts: Set<string>; envelopes: string[] }>()
  const done = new Map<string, number>()
  const calls = new Map<string, number>()
  const keyCalls = new Map<string, number>()

  function publication(call: CallObservation): void {
    if (call.status !== 200) return
    const { Entries: sent } = Published.parse(call.input())
    const { Entries: taken } = Accepted.parse(call.output())
    for (const [i, { Detail }] of sent.entries()) {
      const envelope = taken[i]?.EventId
      if (envelope === undefined) continue
      const { id, type } = Envelope.parse(JSON.parse(Detail))
      const known = bus.get(id) ?? { type, texts: new Set(), envelopes: [] }
      known.texts.add(Detail)
      known.envelopes.push(envelope)
      bus.set(id, known)
    }
  }
  const observe = (observation: Observation): void => {
    switch (observation.kind) {
      case 'call':
        if (observation.function !== undefined)
          count(isKeyCare(observation) ? keyCalls : calls, `${observation.function} ${observation.service}.${observation.action}`)
        if (observation.action === 'PutEvents') publication(observation)
        break
      case 'delivery':
        if (observation.outcome === 'done' && observation.event !== undefined)
          count(done, `${observation.function} ${observation.event.id}`)
        break
      case 'invocation':
        count(calls, `${observation.function} Lambda.Invoke`)
        break
      case 'poll':
        if (observation.action === 'ReceiveMessage' && observation.records === 10) count(calls, `${observation.function} batch-of-ten`)
        break
      default:
    }
  }
  return { observe, seen: { bus, done, calls, keyCalls } }
}

async function openEndpoint(reader: OrganisationId) {
  let status = 204
  let lose = 0
  const received: string[] = []
  const counter = { refused: 0 }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (status < 300) received.push(String(request.headers['webhook-id']))
      else counter.refused++
      if (lose-- > 0) return request.socket.destroy()
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const endpoint: Endpoint = {
    reader,
    received,
    get refused() {
      return counter.refused
    },
    answer: (next, lost = 0) => {
      status = next
      lose = lost
    },
  }
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { endpoint, url: `http://127.0.0.1:${address.port}/`, close }
}

/** As long as a message may be hidden after it failed, in milliseconds: longer than any queue's visibility timeout. */
const hidden = 181_000
const limit = 300_000

/**
 * Opens a stage that is not prepared yet.
 * @param from the folder of its assembly
 */
export async function openStage(from = assembly): Promise<OpenStage> {
  const { observe, seen } = watch()
  let waited: Promise<unknown> = Promise.resolve()
  const books = ledger((seconds) => {
    const until = cloud.now() + seconds * 1000
    waited = waited.then(() => (cloud.now() < until ? cloud.advance(until - cloud.now()) : undefined))
    return waited.then(() => undefined)
  })
  const hooks = await Promise.all(
    subjects.flatMap(({ feeds }) => feeds.filter(({ hook }) => hook).map(({ reader }) => openEndpoint(reader))),
  )
  const closeHooks = (): Promise<unknown> => Promise.all(hooks.map((hook) => hook.close()))
  const cloud = await startLocalCloud({ assembly: from, observe, log: () => undefined }).catch(async (error: unknown) => {
    await closeHooks()
    throw error
  })
  return {
    cloud,
    ledger: books,
    seen,
    endpoints: hooks.map(({ endpoint }) => endpoint),
    journeys: 0,
    prepare: async (programme) => {
      await fillDirectory(programme)
      for (const { endpoint, url } of hooks) {
        const response = await programme.partner(endpoint.reader).put('/v1/partner-webhook', { body: { url } })
        expectStatus('set the endpoint', 200, response)
      }
    },
    programme: (manner) =>
      openProgramme(
        cloud.apiUrl,
        (request) => cloud.token(request),
        organisations.map(({ organisationId }) => organisationId),
        { now: cloud.now, send: books.send(manner) },
      ),
    settled: async (but) => {
      for (const end = Date.now() + limit; ; ) {
        try {
          return await cloud.settled({ timeout: 150 })
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error)
          const left = text.slice(text.indexOf(':') + 1).split(';')
          const busy = left.some((part) => /running|[1-9]\d* waiting|stream/.test(part))
          if (!busy && but !== undefined && left.every((part) => part.includes(but))) return
          if (Date.now() > end) throw error
          // Only what is hidden is left: nobody works on it, so the time that it is hidden may pass.
          if (busy) await sleep(20)
          else await cloud.advance(hidden)
        }
      }
    },
    close: async () => {
      await cloud.stop()
      await closeHooks()
    },
  }
}
