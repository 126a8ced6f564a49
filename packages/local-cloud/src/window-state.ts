import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import type { Clock } from './clock.ts'
import type { State } from './control-api.ts'
import type { DynamoDb } from './dynamodb.ts'
import type { Faults } from './faults.ts'
import type { LambdaFunction } from './lambda.ts'
import type { DeliveryObservation, Observation, Observations } from './observations.ts'
import { usdOf } from './prices.ts'
import type { Scheduler } from './scheduler.ts'
import type { Queue, Sqs } from './sqs.ts'
import { quantityOf, type Usage, type UsageLine, usageLines } from './usage.ts'

/*
 * The whole local cloud at a glance: what the operator's window shows and `GET /_local/state` answers. It counts what is told and asks for
 * the rest when somebody looks. What it keeps is bounded, and nothing of what a function sends or stores.
 */

type News = State['news'][number]
type Counts = Pick<State['functions'][number], 'invocations' | 'errors' | 'coldStarts' | 'last'>

/** So much of what flowed is kept and shown. */
const newsKept = 100
/** A message or a record that has not been handled for so many milliseconds is said to wait: until then it is on its way. */
const patience = 5_000
const minute = 60

interface Parts {
  readonly resources: readonly Resource[]
  readonly functions: ReadonlyMap<string, Pick<LambdaFunction, 'path' | 'name' | 'arn' | 'active' | 'instances'>>
  readonly queues: Pick<Sqs, 'queues' | 'byArn' | 'counts'>
  readonly tables: Pick<DynamoDb, 'counts'>
  readonly deadLetterQueues: () => readonly Queue[]
  readonly schedules: Pick<Scheduler, 'next'>
  readonly faults: Pick<Faults, 'active'>
  readonly usage: () => Usage
  readonly clock: Pick<Clock, 'offset'> & (() => number)
  readonly listen: Observations['listen']
}

const Mapping = z.object({ FunctionName: z.string(), EventSourceArn: z.string() })

/** @returns what reads the state; it counts from now on */
export function watch(parts: Parts): () => Promise<State> {
  const { resources, functions, queues, tables, deadLetterQueues, schedules, faults, usage, clock, listen } = parts
  const paths = new Map(resources.map(({ name, path }) => [name, path]))
  const pathOf = (name: string): string => paths.get(name) ?? name
  const queueNames = new Set(queues.queues.map(({ name }) => name))
  /** Queue -> the function that it is for. */
  const consumers = new Map(
    resources.flatMap((resource): [string, string][] => {
      if (resource.type !== 'AWS::Lambda::EventSourceMapping') return []
      const { FunctionName, EventSourceArn } = propertiesOf(Mapping, resource)
      const queue = queues.byArn(EventSourceArn)
      const target = [...functions.values()].find(({ arn, name }) => arn === FunctionName || name === FunctionName)
      return queue === undefined || target === undefined ? [] : [[queue.name, target.path]]
    }),
  )
  const none: Counts = { invocations: 0, errors: 0, coldStarts: 0 }
  const counts = new Map<string, Counts>()
  let requests = 0
  let events = 0
  /** Event and consumer -> what is known of it, the latest at the end. */
  const news = new Map<string, News>()
  /** Function -> the table whose stream it fails on, and since when. */
  const stuck = new Map<string, { readonly table: string; readonly since: number }>()
  /** How much happened in each of the last seconds; a second's place is its number modulo sixty. */
  const activity = new Array<number>(minute).fill(0)
  let second = 0

  function happened(much: number): void {
    const now = Math.floor(Date.now() / 1000)
    for (second = Math.max(second, now - minute); second < now; ) activity[++second % minute] = 0
    activity[second % minute] = (activity[second % minute] ?? 0) + much
  }

  /** What is new comes last, also when it is about something old. */
  function note(item: Omit<News, 'at'>): void {
    const key = `${item.id} ${item.consumer}`
    news.delete(key)
    news.set(key, { ...item, at: new Date(clock()).toISOString() })
    const [oldest] = news.keys()
    if (news.size > newsKept && oldest !== undefined) news.delete(oldest)
  }

  function delivered({ function: consumer, from, messageId, attempt, outcome, event }: DeliveryObservation): void {
    const known = { from: pathOf(from), consumer, attempt, outcome }
    if (queueNames.has(from)) {
      note({ ...known, id: messageId, ...event })
      return
    }
    if (outcome !== 'failed') stuck.delete(consumer)
    else if (!stuck.has(consumer)) stuck.set(consumer, { table: known.from, since: clock() })
    // Records of a stream are the events before they are told: of those only what goes wrong, and how it ended, is news.
    if (outcome !== 'done' || news.has(`${messageId} ${consumer}`)) note({ ...known, id: messageId })
  }

  listen((observation: Observation): void => {
    switch (observation.kind) {
      case 'invocation': {
        const { function: path, error, cold, milliseconds } = observation
        const before = counts.get(path) ?? none
        counts.set(path, {
          invocations: before.invocations + 1,
          errors: before.errors + (error === undefined ? 0 : 1),
          coldStarts: before.coldStarts + (cold ? 1 : 0),
          last: { at: new Date(clock()).toISOString(), milliseconds },
        })
        happened(1)
        break
      }
      case 'request':
        requests++
        happened(1)
        break
      case 'event': {
        events++
        const { id, type, bus, queues: targets, buses } = observation
        const known = { id, type, from: pathOf(bus), attempt: 0 }
        if (targets.length + buses.length === 0) note({ ...known, outcome: 'nobody' })
        for (const target of buses) note({ ...known, consumer: target, outcome: 'done' })
        for (const target of targets) note({ ...known, consumer: consumers.get(target) ?? pathOf(target), outcome: 'waiting' })
        happened(1)
        break
      }
      case 'delivery':
        delivered(observation)
        happened(1)
        break
      default:
        break
    }
  })

  function queuesNow(): State['queues'] {
    const deadLetters = new Set(deadLetterQueues())
    const now = clock()
    return queues.queues.map((queue) => {
      const { oldest, ...depth } = queues.counts(queue)
      const age = oldest === null ? {} : { oldest: Math.max(0, now - oldest) }
      return { path: pathOf(queue.name), name: queue.name, ...depth, ...age, deadLetters: deadLetters.has(queue) }
    })
  }

  function statusOf(all: State['queues']): State['status'] {
    const depth = (some: State['queues']): number =>
      some.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0)
    const onTheWay = all.filter((queue) => !queue.deadLetters)
    const deadLetters = depth(all.filter((queue) => queue.deadLetters))
    const oldest = Math.max(0, ...onTheWay.map((queue) => queue.oldest ?? 0))
    const still = [...stuck.values()].filter(({ since }) => clock() - since >= patience).map(({ table }) => table)
    const level = deadLetters > 0 ? 'failed' : oldest >= patience || still.length > 0 ? 'waits' : 'works'
    return { level, deadLetters, waiting: depth(onTheWay), oldest, stuck: still }
  }

  return async () => {
    const held = await tables.counts()
    const all = queuesNow()
    const invocations = [...counts.values()].reduce((sum, each) => sum + each.invocations, 0)
    happened(0)
    return {
      time: { now: new Date(clock()).toISOString(), offset: clock.offset },
      status: statusOf(all),
      totals: { requests, events, invocations },
      activity: activity.map((_, i) => activity[(second + 1 + i) % minute] ?? 0),
      functions: [...functions.values()].map(({ path, active, instances }) => ({ path, active, instances, ...(counts.get(path) ?? none) })),
      queues: all,
      tables: held.map(({ name, items }) => ({ path: pathOf(name), name, items })),
      schedules: schedules
        .next()
        .map(({ name, at }) => ({ path: pathOf(name), name, ...(at === undefined ? {} : { next: new Date(at).toISOString() }) })),
      news: [...news.values()].reverse(),
      usage: billOf(usage()),
      faults: faults
        .active()
        .map(({ fault, hits }) => ({ ...(fault.function ? { function: fault.function } : {}), at: fault.at, how: fault.how, hits })),
    }
  }
}

/** The lines of which something was used, in the order in which usage.ts has them. */
function billOf(usage: Usage): State['usage'] {
  const isLine = (name: string): name is UsageLine => name in usageLines
  return Object.keys(usageLines)
    .filter(isLine)
    .map((line) => ({ line, quantity: quantityOf(usage, line) }))
    .filter(({ quantity }) => quantity > 0)
    .map(({ line, quantity }) => ({ line, quantity, usd: usdOf(line, quantity) }))
}
