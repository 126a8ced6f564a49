import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { atomically } from './database.ts'
import { compilePattern, type Matcher, patternOf } from './event-pattern.ts'
import { errorText, isObject, tryJson } from './json.ts'
import type { Observations } from './observations.ts'
import type { Permissions } from './permissions.ts'
import { busName } from './resource-types.ts'
import { type Queue, type Sqs, textAttributes } from './sqs.ts'

/* Amazon EventBridge: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */

const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  RetryPolicy: z.unknown().optional(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
})
const RuleProperties = z.object({
  EventBusName: z.unknown().optional(),
  EventPattern: patternOf('rule'),
  ScheduleExpression: z.never({ error: 'scheduled rules are not emulated: use AWS::Scheduler::Schedule' }).optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(Target).default([]),
})
const ArchiveProperties = z.object({ SourceArn: z.string(), EventPattern: patternOf('rule').optional() })
const Entry = z.object({
  EventBusName: z.string().optional(),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  Time: z.number().optional(),
})
/** Since 2026-01-29; 256 KB before. */
const maxEntryBytes = 1_048_576

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
const entryBytes = ({ Source = '', DetailType = '', Detail = '', Resources = [], Time }: z.infer<typeof Entry>): number =>
  Buffer.byteLength([Source, DetailType, Detail, ...Resources].join('')) + (Time === undefined ? 0 : 14)

const Test = z.object({ EventPattern: z.string(), Event: z.string() })
const testedFields = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type']

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html */
function testPattern({ EventPattern, Event }: z.infer<typeof Test>): { readonly Result: boolean } {
  const event = tryJson(Event)
  if (!isObject(event) || testedFields.some((field) => !(field in event)))
    throw new AwsError('ValidationException', 'Parameter Event is not valid.')
  try {
    return { Result: compilePattern(tryJson(EventPattern))(event) }
  } catch (error) {
    throw new AwsError('InvalidEventPatternException', errorText(error))
  }
}

interface Target {
  readonly rule: Resource
  /** A queue of the stage, or the ARN of a bus: of the stage, or of somebody else, where it leaves. */
  readonly to: Queue | string
  readonly input: string | undefined
  readonly deadLetters: Queue | undefined
}
interface Rule {
  readonly bus: string
  readonly matches: Matcher
  readonly targets: readonly Target[]
}

export interface EventBridge {
  /** Queues of what could not be delivered. */
  readonly deadLetters: readonly Queue[]
  /** Takes one event, without a transaction of its own. */
  put(entry: z.input<typeof Entry>): void
  /** @param by the function that calls, by its path in the construct tree */
  call(action: string, input: unknown, by: string | undefined): unknown
}

export function eventBridge(
  database: DatabaseSync,
  resources: readonly Resource[],
  { account, region }: { readonly account: string; readonly region: string },
  queues: Sqs,
  clock: () => number,
  tell: Observations['tell'],
  { refusalToService, refusalToRole }: Pick<Permissions, 'refusalToService' | 'refusalToRole'>,
): EventBridge {
  const ownBuses = new Set(['default', ...resources.filter(({ type }) => type === 'AWS::Events::EventBus').map(({ name }) => name)])
  const isOwn = (arn: string): boolean => arn.startsWith(`arn:aws:events:${region}:${account}:`) && ownBuses.has(busName(arn))
  const rules = resources.flatMap((resource): Rule[] => {
    if (resource.type !== 'AWS::Events::Rule') return []
    const { EventBusName, EventPattern, State, Targets } = propertiesOf(RuleProperties, resource)
    if (State === 'DISABLED') return []
    const targets = Targets.map(({ Arn, Input, RoleArn, DeadLetterConfig }): Target => {
      const to = queues.byArn(Arn) ?? (/^arn:aws:events:[^:]+:\d{12}:event-bus\//.test(Arn) ? Arn : undefined)
      if (to === undefined)
        throw new Error(`${resource.path}: a target that is neither an SQS queue of the stage nor a bus is not emulated: ${Arn}`)
      if (typeof to === 'string' && (RoleArn === undefined || Input !== undefined))
        throw new Error(`${resource.path}: a bus as a target without a role, or with an input, is not emulated`)
      return { rule: resource, to, input: Input, deadLetters: queues.byArn(DeadLetterConfig?.Arn ?? '') }
    })
    return [{ bus: busName(EventBusName), matches: EventPattern, targets }]
  })
  const archives = resources.flatMap((resource) => {
    if (resource.type !== 'AWS::Events::Archive') return []
    const { SourceArn, EventPattern } = propertiesOf(ArchiveProperties, resource)
    return [{ name: resource.name, bus: busName(SourceArn), matches: EventPattern ?? (() => true) }]
  })
  /** What a queue's policy refuses goes to the target's dead letters at once: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
  function deliver({ rule, to, deadLetters }: Target, text: string): boolean {
    const sender = 'events.amazonaws.com'
    const refusal = (queue: Queue): string | undefined => refusalToService(rule.path, sender, rule.arn, 'sqs:SendMessage', queue.arn)
    const refused = typeof to === 'string' ? refusalToRole(rule.path, 'events:PutEvents', to) : refusal(to)
    const target = typeof to === 'string' ? to : to.arn
    if (refused === undefined) {
      if (typeof to !== 'string') queues.send(to, text, { sender })
    } else if (deadLetters !== undefined && refusal(deadLetters) === undefined)
      queues.send(deadLetters, text, {
        sender,
        attributes: textAttributes({ RULE_ARN: rule.arn, TARGET_ARN: target, ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: refused }),
      })
    return refused === undefined
  }
  const keep = database.prepare('INSERT INTO archive (archive, event) VALUES (?, ?)')

  function put(entry: z.infer<typeof Entry>, by?: string): object {
    const { EventBusName, Source, DetailType, Detail, Resources = [], Time } = entry
    const bus = busName(EventBusName)
    const refuse = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage })
    if (!Source) return refuse('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.')
    if (!DetailType) return refuse('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.')
    if (!Detail) return refuse('InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.')
    if (Source.startsWith('aws.')) return refuse('NotAuthorizedForSourceException', 'Not authorized for the source.')
    const detail = tryJson(Detail)
    if (!isObject(detail)) return refuse('MalformedDetail', 'Detail is malformed.')
    const id = randomUUID()
    // AWS accepts events for a bus that does not exist, and forgets them.
    if (!ownBuses.has(bus)) return { EventId: id }
    const event = {
      version: '0',
      id,
      'detail-type': DetailType,
      source: Source,
      account,
      time: new Date(Time === undefined ? clock() : Time * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      resources: Resources,
      detail,
    }
    take(bus, id, event, entryBytes(entry), by)
    return { EventId: id }
  }

  /** What a bus does with an event: archives, and rules, which may lead on to another bus of the stage. */
  function take(bus: string, id: string, event: Readonly<Record<string, unknown>>, bytes: number, by: string | undefined, hops = 0): void {
    const text = JSON.stringify(event)
    const kept = archives.filter((archive) => archive.bus === bus && archive.matches(event)).map(({ name }) => name)
    for (const name of kept) keep.run(name, text)
    const targets = rules.filter((rule) => rule.bus === bus && rule.matches(event)).flatMap((rule) => rule.targets)
    const received = targets.filter((target) => deliver(target, target.input ?? text))
    const onward = received.flatMap(({ to }) => (typeof to === 'string' ? [to] : []))
    tell({
      kind: 'event',
      bus,
      id,
      type: String(event['detail-type']),
      source: String(event.source),
      function: by,
      bytes,
      eventBytes: Buffer.byteLength(text),
      queues: received.flatMap(({ to }) => (typeof to === 'string' ? [] : [to.name])),
      buses: onward.filter((arn) => !isOwn(arn)),
      archives: kept,
    })
    // To a bus of somebody else it has left. An event is led on once: a rule that led back would never end.
    if (hops === 0) for (const arn of onward) if (isOwn(arn)) take(busName(arn), id, event, Buffer.byteLength(text), undefined, 1)
  }

  return {
    deadLetters: rules.flatMap(({ targets }) => targets.flatMap(({ deadLetters }) => deadLetters ?? [])),
    put: (entry) => void put(entry),
    call: (action, input, by) => {
      if (action === 'TestEventPattern') return testPattern(Test.parse(input))
      if (action !== 'PutEvents') throw new AwsError('UnknownOperationException', `the local cloud does not emulate EventBridge ${action}`)
      const { Entries } = z.object({ Entries: z.array(Entry) }).parse(input)
      if (Entries.length < 1 || Entries.length > 10) {
        throw new AwsError(
          'ValidationException',
          "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10 and greater than 0",
        )
      }
      if (Entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > maxEntryBytes)
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.')
      // Accepted means stored: every queue has the event before the answer is given.
      const results = atomically(database, () => Entries.map((entry) => put(entry, by)))
      return { FailedEntryCount: results.filter((result) => !('EventId' in result)).length, Entries: results }
    },
  }
}
