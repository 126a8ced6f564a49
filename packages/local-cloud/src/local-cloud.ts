import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Outputs, type Resource, readAssembly } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { movableClock } from './clock.ts'
import { cognito, type TokenRequest } from './cognito.ts'
import { control } from './control.ts'
import { forgetOthers, keepTime, keptTime, messagesOfOthers, openDataFolder } from './database.ts'
import { serveDocument } from './documents.ts'
import { type DynamoDb, startDynamoDb, writtenTables } from './dynamodb.ts'
import { eventBridge } from './event-bridge.ts'
import { type EventSource, eventSource } from './event-sources.ts'
import { type Faults, faultInjection } from './faults.ts'
import { answerAwsCall, type Caller, closePort, type FrontDoor, inputOf, observedCalls, openPort, type Perform } from './front-door.ts'
import { httpApi } from './http-api.ts'
import { errorText } from './json.ts'
import { kms } from './kms.ts'
import { type LambdaFunction, type LogEntry, lambdaFunction } from './lambda.ts'
import { type Observation, observations } from './observations.ts'
import { permissions, type UnusedGrant } from './permissions.ts'
import { s3 } from './s3.ts'
import { answerS3 } from './s3-rest.ts'
import { scheduler } from './scheduler.ts'
import { type Queue, sqs } from './sqs.ts'
import { meter, type Usage } from './usage.ts'
import { operatorsWindow } from './window.ts'
import { watch } from './window-state.ts'

export interface LocalCloudOptions {
  /** Folder of one stage's cloud assembly: manifest.json, templates, assets. */
  readonly assembly: string
  /** Folder where everything is kept, to go on from at the next start; a temporary one that goes at the end unless told. */
  readonly data?: string
  /** Forgets what the data folder holds. @throws while another local cloud has it open */
  readonly fresh?: boolean
  /** Port of the HTTP API; a free one unless told. */
  readonly port?: number
  /** Receives every line of every function, instead of the file `functions.log` in the data folder. */
  readonly log?: (entry: LogEntry) => void
  /** Told of everything that happens from the start on: calls, invocations, requests, events, deliveries. */
  readonly observe?: (observation: Observation) => void
  /** Pages served beside the API: path -> file or folder. */
  readonly documents?: Readonly<Record<string, string>>
}

/** A message that nobody could process. */
export interface DeadLetter {
  readonly queue: string
  readonly messageId: string
  readonly body: string
}

/** One stage running on this machine. */
export interface LocalCloud {
  /** Where the HTTP API is, without a slash at the end. */
  readonly apiUrl: string
  /** Where the AWS protocols are, for SDK clients: any credentials do. */
  readonly endpoint: string
  readonly region: string
  /** File of the functions' log lines, unless they go elsewhere. */
  readonly logFile: string | undefined
  /** Messages in the data folder whose queue the templates no longer have, as it was at the start: queue -> how many. They stay there. */
  readonly leftBehind: ReadonlyMap<string, number>
  /** What the templates hold of a type such as `AWS::Lambda::Function`: its path in the construct tree, physical name and ARN. */
  resources(type: string): readonly Pick<Resource, 'path' | 'name' | 'arn' | 'ref'>[]
  /** What the stacks put out. */
  readonly outputs: Outputs
  readonly faults: Faults
  /** Tells a listener of everything that happens from now on. @returns what ends it */
  observe(listener: (observation: Observation) => void): () => void
  /** What AWS would bill for all that has happened since the start; `between` of two, or `usageDuring`, for what happened in a while. */
  usage(): Usage
  /** What the roles of functions and schedules were granted and, since the start, never used. */
  unusedGrants(): readonly UnusedGrant[]
  /** An access token as the user pool issues it. */
  token(request: TokenRequest): Promise<string>
  /**
   * Waits until nothing is left to do: schedules fired, streams read to their end, queues with a consumer empty, no function running.
   * @throws after `timeout` milliseconds (10,000 unless told), naming what is left
   */
  settled(options?: { readonly timeout?: number }): Promise<void>
  /** Every message in a queue that is the dead-letter queue of another, of a rule or a schedule, or a stream's failure destination. */
  deadLetters(): Promise<readonly DeadLetter[]>
  /** What time it is there, in milliseconds since 1970. */
  now(): number
  /**
   * Lets time pass: for functions, tokens, hidden and delayed messages, retention, schedules, expiring items and the age of records.
   * @param by milliseconds, `72h`, `3d`, `90m`, or ISO 8601 such as `PT72H`
   * @throws RangeError when it is no length of time
   */
  advance(by: string | number): Promise<void>
  stop(): Promise<void>
}

/**
 * Runs a stage.
 * @throws when the assembly cannot be read, or naming every resource type whose behaviour is not emulated
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const temporary = mkdtempSync(join(tmpdir(), 'local-cloud-'))
  const closing: (() => unknown)[] = [() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async (): Promise<void> => {
    // Last opened, first closed; one that fails does not keep the others open.
    for (const close of closing.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        process.emitWarning(`local cloud: ${errorText(error)}`)
      }
    }
  }
  try {
    return await start(options, temporary, closing, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  options: LocalCloudOptions,
  temporary: string,
  closing: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<LocalCloud> {
  const { tell, listen } = observations()
  const { tell: count, usage } = meter()
  listen(count)
  if (options.observe !== undefined) listen(options.observe)
  const functions = new Map<string, LambdaFunction>()
  const stopFunctions = () => Promise.all([...functions.values()].map((fn) => fn.stop()))
  const { faults, around, invocation, arrivals, batches } = faultInjection(tell)
  const identify = (accessKey: string): Caller | undefined => {
    const fn = [...functions.values()].find((one) => one.owns(accessKey))
    return fn === undefined ? undefined : { fn, requestId: fn.running(accessKey) }
  }

  let perform: Perform = () => Promise.reject(new AwsError('ServiceUnavailable', 'starting', 503))
  let authorized = (all: Perform): Perform => all
  const front: FrontDoor = await openPort((request, response) => {
    void (async () => {
      // The SDKs set their clocks by it.
      response.setHeader('date', new Date(clock()).toUTCString())
      const observed = observedCalls(authorized(perform), tell)
      if (request.headers['x-amz-target'] === undefined && objects.owns(request.url ?? '/'))
        return await answerS3(request, response, { objects, perform: observed, around, identify, clock })
      if (request.headers['x-amz-target'] === undefined && (await pool.handle(request, response))) return
      await answerAwsCall(request, response, observed, around, identify)
    })().catch(() => response.destroy())
  })
  closing.push(() => closePort(front))
  const endpoint = `http://127.0.0.1:${front.port}`

  const { account, region, resources, assets, outputs } = readAssembly(options.assembly, endpoint)
  const otherTables = process.env.AWS_ENDPOINT_URL_DYNAMODB
  const folder = openDataFolder(options.data ?? join(temporary, 'data'), {
    kept: options.data !== undefined,
    fresh: options.fresh ?? false,
    elsewhere: otherTables !== undefined,
  })
  const { database } = folder
  closing.push(() => database.close())
  const names = new Set(resources.map(({ name }) => name))
  const logFile = options.log === undefined ? folder.logFile : undefined
  const log = options.log ?? ((entry: LogEntry) => logFile !== undefined && appendFileSync(logFile, `${JSON.stringify(entry)}\n`))
  const clock = movableClock(keptTime(database))
  // First of all: what happens because time has passed is kept, so the time is.
  clock.onAdvance(() => keepTime(database, clock.offset))
  clock.onAdvance((milliseconds) => tell({ kind: 'time', milliseconds }))
  const pool = cognito(database, resources, region, clock)
  const queues = sqs(database, resources, clock, arrivals)
  const keys = kms(database, resources)
  const objects = s3(database, resources, clock)
  const granted = permissions({ account, region, resources, clock, log, listen, keyOf: keys.keyOf })
  authorized = granted.authorized
  const bus = eventBridge(database, resources, { account, region }, queues, clock, tell, granted)

  for (const resource of resources.filter(({ type }) => type === 'AWS::Lambda::Function')) {
    functions.set(
      resource.arn,
      lambdaFunction({ resource, region, endpoint, assets, codeRoot: join(temporary, 'code'), clock, log, tell, fault: invocation }),
    )
  }
  closing.push(stopFunctions)
  process.on('exit', stopFunctions)
  closing.push(() => process.off('exit', stopFunctions))

  const tables: DynamoDb = await startDynamoDb(folder.tablesFile, resources, clock, otherTables)
  closing.push(() => tables.stop())
  // Not before it is sure that the folder can be used.
  forgetOthers(database, names)

  const sources: EventSource[] = []
  const readers = new Map<string, EventSource[]>()
  const written = (names: Iterable<string>): void => {
    for (const table of names) for (const reader of readers.get(table) ?? []) reader.poke()
  }
  perform = async (call, headers) => {
    switch (call.service) {
      case 'DynamoDB': {
        const answer = await tables.perform(call, headers)
        if (readers.size > 0) written(writtenTables(call))
        return answer
      }
      case 'DynamoDBStreams':
        return tables.perform(call, headers)
      default: {
        const input = inputOf(call)
        const output =
          call.service === 'SQS'
            ? await queues.call(call.action, input, call.caller)
            : call.service === 'EventBridge'
              ? bus.call(call.action, input, call.by?.fn.path)
              : call.service === 'KMS'
                ? keys.call(call.action, input)
                : call.service === 'Cognito'
                  ? pool.call(call.action, input)
                  : call.service === 'S3'
                    ? objects.call(call.action, input, call.payload ?? Buffer.alloc(0))
                    : unknownService(call.service)
        return { status: 200, body: JSON.stringify(output) }
      }
    }
  }

  const streams = new Map(
    resources.flatMap(({ name, attributes: { StreamArn } }): [string, string][] => (StreamArn === undefined ? [] : [[StreamArn, name]])),
  )
  const positions = new Map<string, Map<string, number>>()
  const trimmed = new Map<string, number>()
  const passed = (table: string, mapping: string, sequence: string): void => {
    const known = positions.get(table)
    known?.set(mapping, Number(sequence))
    const lowest = Math.min(...(known?.values() ?? []))
    if (lowest - (trimmed.get(table) ?? 0) < trimEvery) return
    trimmed.set(table, lowest)
    tables.trim(table, String(lowest))
  }
  const deadLetterArns = new Set([
    ...queues.queues.flatMap(({ RedrivePolicy }) => RedrivePolicy?.deadLetterTargetArn ?? []),
    ...bus.deadLetters.map(({ arn }) => arn),
  ])
  for (const resource of resources.filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')) {
    const made = eventSource(resource, { database, region, functions, queues, tables, streams, clock, passed, tell, batches })
    if (made === undefined) continue
    sources.push(made.source)
    if (made.failures !== undefined) deadLetterArns.add(made.failures)
    if (made.table === undefined) continue
    readers.set(made.table, [...(readers.get(made.table) ?? []), made.source])
    const known = positions.get(made.table) ?? new Map<string, number>()
    positions.set(made.table, known.set(resource.name, 0))
  }
  closing.push(async () => {
    const ended = sources.map((source) => source.stop())
    await stopFunctions()
    await Promise.all(ended)
  })

  const schedules = scheduler(database, resources, bus, queues, clock, granted)
  for (const { arn } of schedules.deadLetters) deadLetterArns.add(arn)
  clock.onAdvance(schedules.run)
  const expire = async (): Promise<void> => {
    objects.expire()
    written(await tables.expire())
  }
  clock.onAdvance(expire)
  const expiry = setInterval(() => void expire().catch(() => undefined), 60_000)
  expiry.unref()
  closing.push(() => clearInterval(expiry))
  await expire()
  clock.onAdvance(() => {
    for (const queue of queues.queues) queues.arrival(queue).wake()
  })
  closing.push(() => schedules.stop())

  const api = httpApi(resources, account, functions, pool, clock, tell, (target, source) => {
    const route = `arn:aws:execute-api:${region}:${account}:${source}`
    return granted.refusalToService(target.path, 'apigateway.amazonaws.com', route, 'lambda:InvokeFunction', target.arn) === undefined
  })
  const deadLetterQueues = (): readonly Queue[] => [...deadLetterArns].flatMap((arn) => queues.byArn(arn) ?? [])
  const state = watch({ resources, functions, queues, tables, deadLetterQueues, schedules, faults, usage, clock, listen })
  const window = operatorsWindow(state, listen)
  const answerControl = control({
    clock,
    faults,
    queues,
    deadLetterQueues,
    settled,
    state,
    window,
    usage,
    unusedGrants: granted.unusedGrants,
  })
  const apiPort = await openPort((request, response) => {
    void (async () => {
      response.setHeader('date', new Date(clock()).toUTCString())
      if (await answerControl(request, response)) return
      if (options.documents !== undefined && request.method === 'GET' && serveDocument(options.documents, request.url ?? '/', response))
        return
      if (request.method === 'GET' && request.url === '/' && !api?.has('GET', '/')) response.writeHead(302, { location: '/_local/' }).end()
      else if (api === undefined) response.writeHead(404).end()
      else await api.handle(request, response)
    })().catch(() => response.destroy())
  }, options.port)
  closing.push(() => closePort(apiPort))
  closing.push(() => window.stop())

  async function left(): Promise<string[]> {
    const running = [...functions.values()].filter(({ active }) => active > 0).map(({ path, active }) => `${path}: ${active} running`)
    const pending = await Promise.all(sources.map((source) => source.pending()))
    return [...running, ...[schedules.pending(), ...pending].filter((text) => text !== undefined)]
  }

  async function settled({ timeout = 10_000 }: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const until = Date.now() + timeout
    const invocations = (): number => [...functions.values()].reduce((sum, fn) => sum + fn.invocations, 0)
    for (;;) {
      const before = invocations()
      const rest = await left()
      // An invocation that began while we looked may have filled again what was looked at before it.
      if (rest.length === 0 && invocations() === before) return
      if (Date.now() > until) throw new Error(`not settled after ${timeout} ms: ${rest.join('; ')}`)
      await sleep(5)
    }
  }

  return {
    apiUrl: `http://127.0.0.1:${apiPort.port}`,
    endpoint,
    region,
    logFile,
    leftBehind: messagesOfOthers(database, names),
    resources: (type) => resources.filter((resource) => resource.type === type),
    outputs,
    faults,
    observe: listen,
    usage,
    unusedGrants: granted.unusedGrants,
    token: async (request) => {
      const clientId = request.clientId ?? api?.audience[0]
      if (clientId === undefined) throw new Error('no route of the API has an authorizer with an audience')
      return pool.token(request, clientId)
    },
    settled,
    deadLetters: async () =>
      deadLetterQueues().flatMap((queue) => queues.bodies(queue).map(({ id, body }) => ({ queue: queue.name, messageId: id, body }))),
    now: clock,
    advance: clock.advance,
    stop,
  }
}

const trimEvery = 500

function unknownService(service: string): never {
  throw new AwsError('UnknownOperationException', `the local cloud does not emulate ${service}`)
}
