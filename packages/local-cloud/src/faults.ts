import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { failureOf, partially } from './fault-answers.ts'
import { type Hit, type How, hows } from './fault-kinds.ts'
import type { Around } from './front-door.ts'
import type { Observations } from './observations.ts'

/** What goes wrong, where, and how often. Callers that are no function are never hit. */
export interface Fault {
  /** Part of the function's path in the construct tree, such as `case-intake/Relay`; any function unless told. */
  readonly function?: string | undefined
  /**
   * An AWS call that functions make: `DynamoDB.TransactWriteItems`; `DynamoDB.*` all of a service, `*` all there are, as far as `how` is
   * possible there. Or `Lambda.Invoke`: the invocation itself, whoever invokes; no wildcard means it.
   */
  readonly at: string
  readonly how: How
  /** How many calls it hits at most; 1 unless told, or with a probability `always`. */
  readonly times?: number | 'always' | undefined
  /** How many calls that it could hit it leaves alone first; 0 unless told. Counted over all functions that it means. */
  readonly skip?: number | undefined
  /** Of hitting each call, 0 to 1; 1 unless told. */
  readonly probability?: number | undefined
  /** How long a `delay` is. */
  readonly milliseconds?: number | undefined
}

/** A fault at work. */
export interface InjectedFault {
  /** How many calls it has hit. */
  readonly hits: number
  /** Ends it, and no other. */
  end(): void
}

/** How queues and streams deliver. Neither promises once, queues no order; streams keep their order. */
export interface Delivery {
  /** How often each message sent to a queue is delivered; 1 unless told. */
  readonly copies?: number | undefined
  /** How often each batch of a stream is delivered, done or not; 1 unless told. */
  readonly streamCopies?: number | undefined
  /** Each copy of a message comes at a random moment within so many milliseconds, so that messages overtake each other; 0 unless told. */
  readonly shuffleWithin?: number | undefined
}

/** A place where something can go wrong. @example { at: 'EventBridge.PutEvents', how: ['lose-answer', 'partial', …] } */
export interface FaultPoint {
  readonly at: string
  readonly how: readonly How[]
}

/**
 * Reproducible from a seed: whether a fault with a probability hits depends on nothing but the seed, the fault's place among those injected
 * since the seed was set, the function, and how many calls of that function it could have hit before. Functions that run at the same time
 * may interleave as they like: each meets the same sequence of hits.
 */
export interface Faults {
  /** @throws when there is no such point, or what is asked cannot go wrong there */
  inject(fault: Fault): InjectedFault
  /** Starts all random draws anew; 1 unless told. */
  seed(seed: number): void
  /** From now on, for what is sent from now on. */
  delivery(delivery: Delivery): void
  /** Ends all faults; each message comes once again. The seed and its draws go on. */
  clear(): void
  /** Every place where something can go wrong. */
  points(): readonly FaultPoint[]
  /** What was injected and not ended, with how often it has hit. */
  active(): readonly { readonly fault: Fault; readonly hits: number }[]
}

/** The calls that functions make, as far as the local cloud emulates them. */
const calls = [
  ...['GetItem', 'Query', 'Scan', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action) => `DynamoDB.${action}`),
  ...['BatchGetItem', 'BatchWriteItem', 'TransactGetItems', 'TransactWriteItems'].map((action) => `DynamoDB.${action}`),
  ...['SendMessage', 'SendMessageBatch', 'ReceiveMessage', 'DeleteMessage', 'DeleteMessageBatch'].map((action) => `SQS.${action}`),
  ...['ChangeMessageVisibility', 'GetQueueUrl', 'GetQueueAttributes'].map((action) => `SQS.${action}`),
  'EventBridge.PutEvents',
  ...['Encrypt', 'Decrypt', 'GenerateDataKey'].map((action) => `KMS.${action}`),
  ...['ListUserPoolClients', 'DescribeUserPoolClient'].map((action) => `Cognito.${action}`),
  ...['PutObject', 'GetObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload', 'HeadObject'].map(
    (action) => `S3.${action}`,
  ),
]
const invocation = 'Lambda.Invoke'
const conflicting = /^DynamoDB\.(Put|Update|Delete|TransactGet|TransactWrite)Items?$/
const partial = /^(DynamoDB\.Batch|SQS\.\w+Batch$|EventBridge\.PutEvents$)/
const possibleAt = (at: string): readonly How[] =>
  at === invocation
    ? ['lose-answer', 'throttle', 'delay', 'kill-before', 'kill-after']
    : hows.filter((how) => (how === 'conflict' ? conflicting.test(at) : how === 'partial' ? partial.test(at) : true))
const allPoints: readonly FaultPoint[] = [...calls, invocation].map((at) => ({ at, how: possibleAt(at) }))

const means = (pattern: string, at: string): boolean =>
  pattern === at || (at !== invocation && (pattern === '*' || (pattern.endsWith('.*') && at.startsWith(pattern.slice(0, -1)))))

/** A number from 0 to 1, always the same one for the same words. */
const draw = (...words: readonly (string | number)[]): number =>
  createHash('sha256').update(JSON.stringify(words)).digest().readUIntBE(0, 6) / 2 ** 48

/** Checks a fault that comes from outside. */
export const FaultSchema = z.strictObject({
  function: z.string().default(''),
  at: z.string(),
  how: z.enum(hows),
  times: z.union([z.int().min(1), z.literal('always')]).optional(),
  skip: z.int().min(0).default(0),
  probability: z.number().min(0).max(1).optional(),
  milliseconds: z.number().min(0).optional(),
}) satisfies z.ZodType<unknown, Fault>

/** Checks how to deliver, when it comes from outside. */
export const DeliverySchema = z.strictObject({
  copies: z.int().min(1).default(1),
  streamCopies: z.int().min(1).default(1),
  shuffleWithin: z.number().min(0).default(0),
}) satisfies z.ZodType<unknown, Delivery>

interface Active {
  readonly fault: z.output<typeof FaultSchema>
  /** Its place among those injected since the seed was set. */
  readonly place: number
  /** Function -> how many calls of it the fault could have hit. */
  readonly met: Map<string, number>
  metInAll: number
  hits: number
}

/** What the parts of the local cloud ask. */
export interface FaultInjection {
  readonly faults: Faults
  /** Runs around each AWS call. */
  readonly around: Around
  /** What hits an invocation of the function with this path, before it begins. */
  invocation(path: string): Hit | undefined
  /** In how many milliseconds each copy of a message sent to a queue arrives. @example [0] */
  arrivals(queue: string): readonly number[]
  /** How often each batch of a stream is delivered. */
  batches(): number
}

export function faultInjection(tell: Observations['tell']): FaultInjection {
  let active: readonly Active[] = []
  let seed = 1
  let injected = 0
  let sent = new Map<string, number>()
  let delivery = DeliverySchema.parse({})

  /** The first fault that hits. All that could count the call, so that none depends on another. */
  function hit(path: string, at: string): Hit | undefined {
    let found: Hit | undefined
    for (const each of active) {
      const { fault, place, met } = each
      const { how, skip, probability = 1, times = fault.probability === undefined ? 1 : 'always', milliseconds = 0 } = fault
      if (!path.includes(fault.function) || !means(fault.at, at) || !possibleAt(at).includes(how)) continue
      const n = met.get(path) ?? 0
      met.set(path, n + 1)
      if (each.metInAll++ < skip || found !== undefined || (times !== 'always' && each.hits >= times)) continue
      if (draw(seed, place, path, n) >= probability) continue
      each.hits++
      found = { how, milliseconds, draw: (i) => draw(seed, place, path, n, i) }
      tell({ kind: 'fault', function: path, at, how })
    }
    return found
  }

  return {
    faults: {
      inject: (input) => {
        const fault = FaultSchema.parse(input)
        if (fault.how === 'delay' && fault.milliseconds === undefined) throw new RangeError('a delay lasts some milliseconds')
        if (!allPoints.some(({ at, how }) => means(fault.at, at) && how.includes(fault.how)))
          throw new RangeError(`there is no ${fault.how} at ${fault.at}`)
        const one: Active = { fault, place: injected++, met: new Map(), metInAll: 0, hits: 0 }
        active = [...active, one]
        return {
          get hits() {
            return one.hits
          },
          end: () => {
            active = active.filter((each) => each !== one)
          },
        }
      },
      seed: (given) => {
        seed = given
        injected = 0
        sent = new Map()
      },
      delivery: (input) => {
        delivery = DeliverySchema.parse(input)
      },
      clear: () => {
        active = []
        delivery = DeliverySchema.parse({})
      },
      points: () => allPoints,
      active: () => active.map(({ fault, hits }) => ({ fault, hits })),
    },
    invocation: (path) => hit(path, invocation),
    arrivals: (queue) => {
      const n = sent.get(queue) ?? 0
      sent.set(queue, n + 1)
      return Array.from({ length: delivery.copies }, (_, copy) =>
        Math.round(draw(seed, 'arrival', queue, n, copy) * delivery.shuffleWithin),
      )
    },
    batches: () => delivery.streamCopies,
    around: async (call, perform) => {
      const target = call.by?.fn
      const found = active.length === 0 || target === undefined ? undefined : hit(target.path, `${call.service}.${call.action}`)
      if (found === undefined || target === undefined) return perform(call)
      switch (found.how) {
        case 'throttle':
        case 'conflict':
        case 'error':
          throw failureOf(found.how, call)
        case 'partial':
          return partially(call, perform, found.draw)
        case 'reset':
          return 'no answer'
        case 'lose-answer':
          await perform(call)
          return 'no answer'
        case 'delay': {
          const answer = await perform(call)
          await sleep(found.milliseconds, undefined, { ref: false })
          return answer
        }
        case 'kill-before':
          target.kill(call.caller)
          return 'no answer'
        case 'kill-after':
          await perform(call)
          target.kill(call.caller)
          return 'no answer'
      }
    },
  }
}
