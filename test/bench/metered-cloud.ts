// The local stage with its meter read at every request: what each costs, at the wire, of the unmodified bundles.
import { join } from 'node:path'
import { openProgramme, organisations, type Programme } from '@wontanara/examples'
import {
  type CallObservation,
  type LocalCloud,
  type Observation,
  plus,
  quantityOf,
  startLocalCloud,
  type UsageEntry,
  type UsageLine,
  usageOf,
} from '@wontanara/local-cloud'
import { sendOnce, type TestResponse } from '@wontanara/testing'

/** DynamoDB calls and what they are billed. A write of an index is billed like one of the table. */
export interface Bill {
  readonly calls: number
  readonly writeUnits: number
  readonly readUnits: number
  readonly indexWriteUnits: number
}

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
  /** Lengths of the lines that functions wrote so far. */
  readonly log: readonly Extract<Observation, { kind: 'log' }>[]
  stop(): Promise<void>
}

const reads: readonly UsageLine[] = ['dynamodb.reads', 'dynamodb.transactional-reads']
const writes: readonly UsageLine[] = ['dynamodb.writes', 'dynamodb.transactional-writes']

/** The bill of DynamoDB calls. */
export function billOf(calls: readonly CallObservation[]): Bill {
  const usage = plus(...calls.map(usageOf))
  const units = (lines: readonly UsageLine[], test?: (entry: UsageEntry) => boolean): number =>
    lines.reduce((sum, line) => sum + quantityOf(usage, line, test), 0)
  const onIndex = ({ resource }: UsageEntry): boolean => resource.includes('/')
  return {
    calls: calls.length,
    writeUnits: units(writes, (entry) => !onIndex(entry)),
    readUnits: units(reads),
    indexWriteUnits: units(writes, onIndex),
  }
}

/** Reading a class key and having KMS open it: once for each process and five minutes, never per request. */
const isKeyCare = (call: CallObservation): boolean =>
  call.service === 'KMS' || JSON.stringify((call.input() as { Key?: unknown; Item?: unknown }).Key ?? '').includes('class-key#')

/**
 * Starts stage "local" from its synthesized stacks, one request at a time: each is followed by a wait until nothing is left to do.
 * @param data a folder to keep everything in, or to go on from
 */
export async function meteredCloud(data?: string): Promise<MeteredCloud> {
  let seen: Observation[] = []
  const log: Extract<Observation, { kind: 'log' }>[] = []
  const footprints: Footprint[] = []
  const cloud = await startLocalCloud({
    assembly: join(import.meta.dirname, '../../cdk.out/assembly-local'),
    ...(data === undefined ? {} : { data }),
    observe: (observation) => {
      if (observation.kind === 'log') log.push(observation)
      else seen.push(observation)
    },
  })

  const send = async (url: string, init: RequestInit): Promise<TestResponse> => {
    seen = []
    const response = await sendOnce(url, init)
    await cloud.settled({ timeout: 120_000 })
    const fresh = init.method === 'GET' && new Headers(init.headers).get('cache-control') === 'no-cache'
    footprints.push({ ...footprint(response, seen), fresh })
    return response
  }
  try {
    const programme = await openProgramme(
      cloud.apiUrl,
      (request) => cloud.token(request),
      organisations.map(({ organisationId }) => organisationId),
      { send, now: cloud.now },
    )
    return { cloud, programme, footprints, log, stop: () => cloud.stop() }
  } catch (error) {
    await cloud.stop()
    throw error
  }
}

function footprint({ status, body }: TestResponse, seen: readonly Observation[]): Omit<Footprint, 'fresh'> {
  const invocations = seen.filter((observation) => observation.kind === 'invocation')
  const answering = new Set(invocations.filter(({ by }) => by === 'http').map((invocation) => invocation.function))
  const isOfRequest = ({ function: name = '' }: CallObservation): boolean => answering.has(name)
  const calls = seen.filter((observation) => observation.kind === 'call')
  const databaseCalls = calls.filter((call) => call.service === 'DynamoDB' && !isKeyCare(call))
  const invoked = Map.groupBy(
    invocations.filter(({ by }) => by !== 'http'),
    (invocation) => invocation.function,
  )
  const route = seen.find((observation) => observation.kind === 'request')?.route
  if (route === undefined) throw new Error(`no route for a request that was answered ${status}`)
  return {
    route,
    status,
    request: billOf(databaseCalls.filter(isOfRequest)),
    otherCalls: calls
      .filter((call) => isOfRequest(call) && call.service !== 'DynamoDB' && !isKeyCare(call))
      .map(({ service, action }) => `${service}.${action}`),
    events: seen.filter((observation) => observation.kind === 'event').map(({ type }) => type),
    after: new Map(
      [...invoked]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, times]) => [name, { ...billOf(databaseCalls.filter((call) => call.function === name)), invocations: times.length }]),
    ),
    answer: body,
  }
}
