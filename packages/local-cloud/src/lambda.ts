import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Duplex, type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import type { Clock } from './clock.ts'
import type { Hit } from './fault-kinds.ts'
import { shortHash } from './hash.ts'
import { tryJson } from './json.ts'
import type { InvocationObservation, Observations } from './observations.ts'

/*
 * AWS Lambda. One process per function instance: it can be killed like a machine that fails, shares no memory with anything else, and its
 * environment is exactly what it is started with. Invocations wait for a free instance; an instance runs one at a time.
 */

const Properties = z.object({
  Handler: z.string(),
  Runtime: z.string().regex(/^nodejs/, { error: 'only Node.js runtimes are emulated' }),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  Architectures: z.tuple([z.enum(['arm64', 'x86_64'])]).default(['x86_64']),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).default({ Variables: {} }),
  Code: z.union([z.object({ S3Key: z.string() }), z.object({ ZipFile: z.string() })]),
  LoggingConfig: z
    .object({ LogGroup: z.string().optional(), LogFormat: z.string().optional(), ApplicationLogLevel: z.string().optional() })
    .default({}),
})

/** One line that a function wrote, or what happened to it. */
export interface LogEntry {
  readonly time: string
  /** The function's path in the construct tree. */
  readonly function: string
  readonly requestId?: string | undefined
  readonly line: string
}

/** What Lambda answers to an invocation. @example { ok: false, errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: … Error: Task timed out after 3.00 seconds' } */
export type Invoked =
  | { readonly ok: true; readonly requestId: string; readonly payload: string }
  | {
      readonly ok: false
      readonly requestId: string
      readonly errorType: string
      readonly errorMessage: string
      readonly trace?: readonly string[] | undefined
      /** Lambda failed, not the function. */
      readonly service?: boolean
    }

export interface LambdaFunction {
  readonly path: string
  readonly name: string
  readonly arn: string
  /** Whether an access key is of one of its instances: tells who makes an AWS call. */
  owns(accessKey: string): boolean
  /** The invocation that the instance with an access key runs. */
  running(accessKey: string): string | undefined
  readonly timeout: number
  /** Runs it. @param event JSON text */
  invoke(event: string, by: InvocationObservation['by']): Promise<Invoked>
  /** Invocations running or waiting. */
  readonly active: number
  /** Processes that are there, at work or idle. */
  readonly instances: number
  /** Invocations ever. */
  readonly invocations: number
  /** Ends the instance that has this access key, as SIGKILL does. */
  kill(accessKey: string): void
  /** Ends every instance. */
  stop(): Promise<void>
}

/** What a function may answer at most: 6 MB. */
const maxResultBytes = 6 * 1024 * 1024
const resultOf = (requestId: string, payload: string): Invoked =>
  Buffer.byteLength(payload) <= maxResultBytes
    ? { ok: true, requestId, payload }
    : {
        ok: false,
        requestId,
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      }

/** What is answered when there is no instance any more. */
const ended = (): Invoked => ({
  ok: false,
  requestId: randomUUID(),
  errorType: 'Runtime.ExitError',
  errorMessage: 'the local cloud has stopped',
})

const throttled = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', service: true }
const notHeard = { errorType: 'ServiceException', errorMessage: 'The answer of the function was lost.', service: true }

type Failed = Extract<Invoked, { ok: false }>
const textOf = ({ errorType, errorMessage, trace = [] }: Failed): string => [`${errorType}: ${errorMessage}`, ...trace].join('\n')

/** Reads lines; the end of a killed process is no error. */
function eachLine(stream: Readable | null, run: (line: string) => void): void {
  if (stream === null) return
  stream.on('error', () => undefined)
  createInterface({ input: stream })
    .on('line', run)
    .on('error', () => undefined)
}

interface Settings {
  readonly resource: Resource
  readonly region: string
  readonly endpoint: string
  /** Object key of an asset -> its folder. */
  readonly assets: ReadonlyMap<string, string>
  /** Where code is copied: outside of any project, so that nothing of one is seen (a package.json, node_modules). */
  readonly codeRoot: string
  readonly clock: Clock
  readonly log: (entry: LogEntry) => void
  readonly tell: Observations['tell']
  /** What goes wrong with the next invocation of a function. */
  readonly fault: (path: string) => Hit | undefined
}

const Answer = z.object({
  ready: z.boolean().optional(),
  /** The process ends after this error. */
  fatal: z.boolean().optional(),
  result: z.string().optional(),
  error: z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()).optional() }).optional(),
})
const initTimeout = 10_000

interface Instance {
  readonly accessKey: string
  readonly child: ChildProcess
  readonly logStreamName: string
  readonly channel: Duplex
  /** How long it took until the handler was loaded. */
  initMilliseconds: number
  /** Invocations it has begun. */
  begun: number
  /** `alive`: whether the instance can take the next invocation. */
  running: (Pick<Waiting, 'fault'> & { readonly requestId: string; finish(invoked: Invoked, alive: boolean): void }) | undefined
}
interface Waiting {
  readonly event: string
  readonly by: InvocationObservation['by']
  readonly fault: Hit | undefined
  readonly finish: (invoked: Invoked) => void
}

export function lambdaFunction({ resource, region, endpoint, assets, codeRoot, clock, log, tell, fault }: Settings): LambdaFunction {
  const { path, name, arn } = resource
  const properties = propertiesOf(Properties, resource)
  const { Timeout, MemorySize } = properties
  const [architecture] = properties.Architectures
  const maxInstances = Math.max(
    1,
    Math.min(properties.ReservedConcurrentExecutions ?? Number.POSITIVE_INFINITY, Math.max(2, availableParallelism())),
  )
  const logGroupName = properties.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`
  const keyPrefix = `ASIA${shortHash(arn, 10).toUpperCase()}`
  let started = 0
  const idle: Instance[] = []
  const instances = new Set<Instance>()
  const waiting: Waiting[] = []
  let stopped = false
  let invocations = 0
  let taskRoot: string | undefined
  const common = { kind: 'invocation', function: path, memory: MemorySize, architecture } as const

  function write(line: string, requestId?: string): void {
    log({ time: new Date(clock()).toISOString(), function: path, ...(requestId === undefined ? {} : { requestId }), line })
    tell({ kind: 'log', function: path, requestId, bytes: Buffer.byteLength(line) })
  }

  const { Code } = properties
  const source = 'S3Key' in Code ? assets.get(Code.S3Key) : undefined
  if ('S3Key' in Code && (source === undefined || !existsSync(source)))
    throw new Error(`${path}: its code is not there: ${source ?? Code.S3Key}`)

  /** Puts the code where the function runs, once. */
  function unpack(): string {
    if (taskRoot !== undefined) return taskRoot
    taskRoot = join(codeRoot, shortHash(arn))
    mkdirSync(taskRoot, { recursive: true })
    if (source !== undefined) cpSync(source, taskRoot, { recursive: true, dereference: true })
    if ('ZipFile' in Code) writeFileSync(join(taskRoot, 'index.js'), Code.ZipFile)
    return taskRoot
  }

  /** Exactly what https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html lists, the template's own, and the endpoint. */
  const environment = (logStreamName: string, accessKey: string): Record<string, string> => ({
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: ':UTC',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    ...properties.Environment.Variables,
    _HANDLER: properties.Handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    ...(properties.LoggingConfig.LogFormat === undefined ? {} : { AWS_LAMBDA_LOG_FORMAT: properties.LoggingConfig.LogFormat }),
    ...(properties.LoggingConfig.ApplicationLogLevel === undefined
      ? {}
      : { AWS_LAMBDA_LOG_LEVEL: properties.LoggingConfig.ApplicationLogLevel }),
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_LAMBDA_RUNTIME_API: '169.254.100.1:9001',
    AWS_XRAY_DAEMON_ADDRESS: '169.254.100.1:2000',
    _AWS_XRAY_DAEMON_ADDRESS: '169.254.100.1',
    _AWS_XRAY_DAEMON_PORT: '2000',
    LAMBDA_TASK_ROOT: unpack(),
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    AWS_ENDPOINT_URL: endpoint,
  })

  /** In order with the invocations: each begins with the time that was let pass before it. */
  const sendTime = ({ channel }: Instance): unknown => channel.write(`${JSON.stringify({ offset: clock.offset })}\n`)
  clock.onAdvance(() => instances.forEach(sendTime))

  function start(): void {
    const logStreamName = `${new Date(clock()).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`
    const accessKey = `${keyPrefix}${String(started++).padStart(6, '0')}`
    const spawned = performance.now()
    const child = spawn(process.execPath, [fileURLToPath(new URL('./runtime.cjs', import.meta.url))], {
      cwd: unpack(),
      env: environment(logStreamName, accessKey),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const channel = child.stdio[3]
    if (!(channel instanceof Duplex)) throw new Error('no channel to the function')
    const instance: Instance = { accessKey, child, channel, logStreamName, initMilliseconds: 0, begun: 0, running: undefined }
    instances.add(instance)
    sendTime(instance)
    let loaded = false
    let lastWords: z.infer<typeof Answer>['error']
    const initTimer = setTimeout(() => child.kill('SIGKILL'), initTimeout)
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => write(line, instance.running?.requestId))
    eachLine(channel, (line) => {
      const answer = Answer.safeParse(tryJson(line)).data
      const running = instance.running
      if (answer?.ready) {
        clearTimeout(initTimer)
        loaded = true
        instance.initMilliseconds = performance.now() - spawned
        idle.push(instance)
        next()
      } else if (answer?.fatal) lastWords = answer.error
      else if (answer !== undefined && running?.fault?.how === 'kill-after') child.kill('SIGKILL')
      else if (answer?.result !== undefined) running?.finish(resultOf(running.requestId, answer.result), true)
      else if (answer?.error !== undefined) running?.finish({ ok: false, requestId: running.requestId, ...answer.error }, true)
    })
    child.on('error', (error) => write(`the process could not be started: ${error.message}`))
    child.on('close', (code, signal) => {
      clearTimeout(initTimer)
      instances.delete(instance)
      const place = idle.indexOf(instance)
      if (place >= 0) idle.splice(place, 1)
      const { running } = instance
      const requestId = running?.requestId ?? randomUUID()
      const reason = signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : signal}`
      const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${reason}`
      const failure = { ok: false as const, requestId, ...(lastWords ?? { errorType: 'Runtime.ExitError', errorMessage }) }
      running?.finish(failure, false)
      // It could not even load: one of those who wait learns why, as on AWS; the next invocation tries again.
      if (!loaded && !stopped) {
        write(textOf(failure))
        const refused = waiting.shift()
        if (refused !== undefined) {
          const initMilliseconds = performance.now() - spawned
          tell({ ...common, requestId, by: refused.by, cold: true, milliseconds: 0, initMilliseconds, error: failure.errorType })
          refused.finish(failure)
        }
      }
      next()
    })
  }

  function run(instance: Instance, { event, by, fault, finish }: Waiting): void {
    const requestId = randomUUID()
    const cold = instance.begun++ === 0
    const begun = performance.now()
    let timer: NodeJS.Timeout | undefined
    const timedOut = (): void => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${Timeout.toFixed(2)} seconds`
      instance.running?.finish({ ok: false, requestId, errorType: 'Sandbox.Timedout', errorMessage }, false)
      instance.child.kill('SIGKILL')
    }
    instance.running = {
      requestId,
      fault,
      finish: (invoked, alive) => {
        clearTimeout(timer)
        instance.running = undefined
        if (!invoked.ok) write(textOf(invoked), requestId)
        const error = invoked.ok ? undefined : invoked.errorType
        const initMilliseconds = cold ? instance.initMilliseconds : 0
        tell({ ...common, requestId, by, cold, milliseconds: performance.now() - begun, initMilliseconds, error })
        if (alive) idle.push(instance)
        finish(fault?.how === 'lose-answer' ? { ok: false, requestId, ...notHeard } : invoked)
        next()
      },
    }
    if (fault?.how === 'kill-before') {
      instance.child.kill('SIGKILL')
      return
    }
    const context = {
      functionVersion: '$LATEST',
      functionName: name,
      memoryLimitInMB: String(MemorySize),
      logGroupName,
      logStreamName: instance.logStreamName,
      invokedFunctionArn: arn,
      awsRequestId: requestId,
    }
    const trace = `Root=1-${Math.floor(clock() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`
    const begin = (): void => {
      timer = setTimeout(timedOut, Timeout * 1000)
      const deadline = Date.now() + Timeout * 1000
      instance.channel.write(`${JSON.stringify({ event, context, deadline, trace })}\n`)
    }
    if (fault?.how === 'delay') timer = setTimeout(begin, fault.milliseconds)
    else begin()
  }

  function next(): void {
    while (waiting.length > 0 && idle.length > 0) {
      const instance = idle.pop()
      const invocation = instance === undefined ? undefined : waiting.shift()
      if (instance !== undefined && invocation !== undefined) run(instance, invocation)
    }
    const starting = [...instances].filter((instance) => instance.running === undefined && !idle.includes(instance)).length
    if (!stopped && waiting.length > starting && instances.size < maxInstances) start()
  }

  return {
    path,
    name,
    arn,
    owns: (accessKey) => accessKey.startsWith(keyPrefix),
    running: (accessKey) => [...instances].find((instance) => instance.accessKey === accessKey)?.running?.requestId,
    timeout: Timeout,
    invoke: (event, by) =>
      new Promise((finish) => {
        if (stopped) return finish(ended())
        invocations++
        const hit = fault(path)
        if (hit?.how === 'throttle') return finish({ ok: false, requestId: randomUUID(), ...throttled })
        waiting.push({ event, by, fault: hit, finish })
        next()
      }),
    get invocations() {
      return invocations
    },
    get instances() {
      return instances.size
    },
    get active() {
      return waiting.length + [...instances].filter(({ running }) => running !== undefined).length
    },
    kill: (accessKey) => {
      for (const instance of instances) if (instance.accessKey === accessKey) instance.child.kill('SIGKILL')
    },
    stop: async () => {
      stopped = true
      for (const { finish } of waiting.splice(0)) finish(ended())
      const ends = [...instances].map(({ child }) => new Promise((resolve) => child.once('close', resolve)))
      for (const { child } of instances) child.kill('SIGKILL')
      await Promise.all(ends)
    },
  }
}
