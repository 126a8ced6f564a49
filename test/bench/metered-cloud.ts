// The local stage with a meter on it: what every request costs, at the wire, of the unmodified bundles.
import { join } from 'node:path'
import { openProgramme, organisations, type Programme } from '@wontanara/examples'
import { type CallObservation, type LocalCloud, type LogEntry, startLocalCloud } from '@wontanara/local-cloud'
import { sendOnce, type TestResponse } from '@wontanara/testing'

/** DynamoDB calls and what they are billed. A write of an index is billed like one of the table. */
export interface Bill {
  readonly calls: number
  readonly writeUnits: number
  readonly readUnits: number
  readonly indexWriteUnits: number
}
const nothing: Bill = { calls: 0, writeUnits: 0, readUnits: 0, indexWriteUnits: 0 }

/** One request and everything it set in motion. */
export interface Footprint {
  /** `POST /v1/cases/{caseId}/needs` */
  readonly route: string
  /** The reader asked for its own last write: a consistent read, twice the price. */
  readonly fresh: boolean
  readonly status: number
  /** In the request's own path. */
  readonly request: Bill
  /** Other AWS calls there, such as `KMS.Decrypt`; opening a class key, done once in five minutes, is not among them. */
  readonly otherCalls: readonly string[]
  /** Types of the events that came of it, directly and further on. */
  readonly events: readonly string[]
  /** What functions other than that of the route did about it, by their path in the construct tree. */
  readonly after: ReadonlyMap<string, Bill & { readonly invocations: number }>
  readonly answer: unknown
}

/** A stage that can be asked what happened. */
export interface MeteredCloud {
  readonly cloud: LocalCloud
  readonly programme: Programme
  /** Footprints of every request so far, oldest first. */
  readonly footprints: readonly Footprint[]
  /** Every line written by a function so far. */
  readonly log: readonly LogEntry[]
  stop(): Promise<void>
}

interface Capacity {
  readonly CapacityUnits?: number
  readonly Table?: { readonly CapacityUnits?: number }
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>
}

const reads = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems'])

/** The bill of one DynamoDB call. */
export function billOf(call: Pick<CallObservation, 'action' | 'output'>): Bill {
  const { action } = call
  const { ConsumedCapacity } = call.output() as { ConsumedCapacity?: Capacity | readonly Capacity[] }
  const parts = ConsumedCapacity === undefined ? [] : [ConsumedCapacity].flat()
  const sum = (of: (part: Capacity) => number): number => parts.reduce((total, part) => total + of(part), 0)
  const onIndexes = sum(({ GlobalSecondaryIndexes = {} }) =>
    Object.values(GlobalSecondaryIndexes).reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0),
  )
  const all = sum(({ CapacityUnits = 0 }) => CapacityUnits)
  return reads.has(action)
    ? { ...nothing, calls: 1, readUnits: all }
    : { ...nothing, calls: 1, writeUnits: all - onIndexes, indexWriteUnits: onIndexes }
}

const plus = (a: Bill, b: Bill): Bill => ({
  calls: a.calls + b.calls,
  writeUnits: a.writeUnits + b.writeUnits,
  readUnits: a.readUnits + b.readUnits,
  indexWriteUnits: a.indexWriteUnits + b.indexWriteUnits,
})

/** Reading a class key and having KMS open it: once for each process and five minutes, never per request. */
const isKeyCare = (call: CallObservation): boolean =>
  call.service === 'KMS' || JSON.stringify((call.input() as { Key?: unknown; Item?: unknown }).Key ?? '').includes('class-key#')

/** The route that a request takes, of those that the API has. */
function routeOf(routes: readonly string[], method: string, url: string): string {
  const path = new URL(url).pathname.split('/')
  const fits = (route: string): boolean => {
    const [verb, template = ''] = route.split(' ')
    const parts = template.split('/')
    return verb === method && parts.length === path.length && parts.every((part, i) => part.startsWith('{') || part === path[i])
  }
  const found = routes.filter(fits).sort((a, b) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0))[0]
  if (found === undefined) throw new Error(`no route for ${method} ${url}`)
  return found
}

/**
 * Starts stage "local" from its synthesized stacks, one request at a time: each is followed by a wait until nothing is left to do.
 * @param routes every route of every service
 */
export async function meteredCloud(routes: readonly string[]): Promise<MeteredCloud> {
  let calls: CallObservation[] = []
  const log: LogEntry[] = []
  const footprints: Footprint[] = []
  const cloud = await startLocalCloud({
    assembly: join(import.meta.dirname, '../../cdk.out/assembly-local'),
    observe: (seen) => {
      if (seen.kind === 'call') calls.push(seen)
    },
    log: (entry) => log.push(entry),
  })

  const send = async (url: string, init: RequestInit): Promise<TestResponse> => {
    calls = []
    const logged = log.length
    const response = await sendOnce(url, init)
    await cloud.settled()
    const fresh = init.method === 'GET' && new Headers(init.headers).get('cache-control') === 'no-cache'
    footprints.push({ ...footprint(response, calls, log.slice(logged)), route: routeOf(routes, init.method ?? 'GET', url), fresh })
    return response
  }
  try {
    const programme = await openProgramme(
      cloud.apiUrl,
      (request) => cloud.token(request),
      organisations.map(({ organisationId }) => organisationId),
      { send },
    )
    return { cloud, programme, footprints, log, stop: () => cloud.stop() }
  } catch (error) {
    await cloud.stop()
    throw error
  }
}

function footprint(
  { status, body }: TestResponse,
  calls: readonly CallObservation[],
  log: readonly LogEntry[],
): Omit<Footprint, 'route' | 'fresh'> {
  const isRequest = ({ function: name = '' }: CallObservation): boolean => name.endsWith('/api')
  const databaseCalls = calls.filter((call) => call.service === 'DynamoDB' && !isKeyCare(call))
  const names = new Set(log.map((entry) => entry.function).filter((name) => !name.endsWith('/api')))
  return {
    status,
    request: databaseCalls.filter(isRequest).map(billOf).reduce(plus, nothing),
    otherCalls: calls
      .filter((call) => isRequest(call) && call.service !== 'DynamoDB' && !isKeyCare(call))
      .map(({ service, action }) => `${service}.${action}`),
    events: calls
      .filter(({ action }) => action === 'PutEvents')
      .flatMap((call) => (call.input() as { Entries: readonly { DetailType: string }[] }).Entries.map(({ DetailType }) => DetailType)),
    after: new Map(
      [...names].sort().map((name) => [
        name,
        {
          ...databaseCalls
            .filter((call) => call.function === name)
            .map(billOf)
            .reduce(plus, nothing),
          invocations: new Set(log.filter((entry) => entry.function === name).map(({ requestId }) => requestId)).size,
        },
      ]),
    ),
    answer: body,
  }
}
