// Runs one bundle as Lambda would, in a process of its own, and writes what it measured to file descriptor 3. Started by `probed`.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { stubWire } from './wire.ts'

/** What a probe is told, as JSON in its one argument. */
export interface ProbeTask {
  /** The bundle: `.mjs` is imported, anything else required, as the Lambda runtime does. */
  readonly file: string
  readonly event: { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: string }
  readonly stub: boolean
  /** Invocations that are not counted, and that are. None: the first answer is all that is wanted. */
  readonly warmUp: number
  readonly counted: number
  readonly status: number
}

/** Instants are milliseconds since the epoch, with fractions. */
export interface ProbeResult {
  readonly loadedAt: number
  readonly answeredAt: number
  readonly megabytesAfterFirst: number
  /** AWS calls after the first invocation, so without the keys that are fetched once. */
  readonly calls: number
  readonly cpuMicroseconds: number
  readonly milliseconds: readonly number[]
  readonly megabytes: number
}

const task: ProbeTask = JSON.parse(process.argv[2] ?? '')
const now = (): number => performance.timeOrigin + performance.now()
const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20

const calls = task.stub ? stubWire() : []
const module: { handler: (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }> } = task.file.endsWith('.mjs')
  ? await import(task.file)
  : createRequire(`${process.cwd()}/`)(task.file)
const loadedAt = now()

const context = {
  functionName: 'bench',
  functionVersion: '$LATEST',
  memoryLimitInMB: '512',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:bench',
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  getRemainingTimeInMillis: () => 10_000,
}

let invocations = 0
async function invoke(): Promise<void> {
  const headers = { ...task.event.headers, 'idempotency-key': `bench-${process.pid}-${invocations++}` }
  const { statusCode, body } = await module.handler({ ...task.event, headers }, context)
  if (statusCode !== task.status) throw new Error(`${statusCode} instead of ${task.status}: ${body}`)
}

await invoke()
const answeredAt = now()
const megabytesAfterFirst = megabytes()
for (let i = 0; i < task.warmUp; i++) await invoke()
calls.length = 0
const milliseconds: number[] = []
const cpu = process.cpuUsage()
for (let i = 0; i < task.counted; i++) {
  const started = performance.now()
  await invoke()
  milliseconds.push(performance.now() - started)
}
const { user, system } = process.cpuUsage(cpu)
const result: ProbeResult = {
  loadedAt,
  answeredAt,
  megabytesAfterFirst,
  calls: calls.length,
  cpuMicroseconds: (user + system) / task.counted,
  milliseconds,
  megabytes: megabytes(),
}
writeSync(3, JSON.stringify(result))
// The SDK's agent keeps its sockets for a while.
process.exit()
