import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { Cron } from 'croner'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { atomically } from './database.ts'
import type { EventBridge } from './event-bridge.ts'
import { errorText, isObject, tryJson } from './json.ts'
import type { Permissions } from './permissions.ts'
import { type Queue, type Sqs, textAttributes } from './sqs.ts'

/*
 * Amazon EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * What is not listed here is refused by its name.
 */

const Properties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF', { error: 'flexible time windows are not emulated' }) }),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string({ error: 'a target without Input is not emulated' }),
    EventBridgeParameters: z.strictObject({ DetailType: z.string().min(1), Source: z.string().regex(/^(?!aws\.)./) }).optional(),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
    // Only a permission can be missing on the way to a target here, and nothing would come of trying again.
    RetryPolicy: z.unknown().optional(),
  }),
})

/** The first instant after another at which a schedule fires, in milliseconds; undefined when there is none. */
export type Next = (after: number) => number | undefined

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/**
 * Reads `rate(5 minutes)`, `cron(minutes hours day-of-month month day-of-week year)` or `at(yyyy-mm-ddThh:mm:ss)`.
 * @param created instant at which a rate begins
 * @throws when it is none of the three, or not one that Scheduler takes
 */
export function nextOf(expression: string, timezone: string, created: number): Next {
  const [, kind, text = ''] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? []
  switch (kind) {
    case 'rate': {
      const [, value = '', unit = ''] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(text) ?? []
      const period = Number(value) * (units[unit] ?? Number.NaN)
      if (Number.isNaN(period)) break
      return (after) => (after < created ? created : created + (Math.floor((after - created) / period) + 1) * period)
    }
    case 'cron': {
      const fields = text.trim().split(/\s+/)
      // Scheduler asks for a day of the month or of the week, and a question mark for the other.
      if (fields.length !== 6 || (fields[2] === '?') === (fields[4] === '?')) break
      return nextRun(`0 ${fields.join(' ')}`, timezone)
    }
    case 'at':
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) break
      return nextRun(text, timezone)
  }
  throw new Error(`not a schedule expression: ${expression}`)
}

function nextRun(pattern: string, timezone: string): Next {
  // Days of the week from 1 for Sunday, and 0/15 for every fifteen from 0: as AWS has them.
  const cron = new Cron(pattern, { mode: '7-part', timezone, alternativeWeekdays: true, sloppyRanges: true })
  const next: Next = (after) => cron.nextRun(new Date(after))?.getTime()
  next(0)
  return next
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function inputAt(input: string, schedule: string, at: number): string {
  const values: Readonly<Record<string, string>> = {
    'schedule-arn': schedule,
    'scheduled-time': new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    'execution-id': randomBytes(8).toString('hex'),
    'attempt-number': '1',
  }
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) => values[name] ?? keyword)
}

/** At most so many instants of one schedule in one go; the others follow. */
const mostAtOnce = 1000
const longestTimer = 2 ** 31 - 1

export interface Scheduler {
  /** Queues of what could not be delivered. */
  readonly deadLetters: readonly Queue[]
  /** Fires what has become due, once for each instant, in the order of time. Called when time has passed; a timer calls it too. */
  run(): void
  /** What is due and has not fired, in words; undefined when there is nothing. */
  pending(): string | undefined
  /** When each schedule that is switched on fires next, in milliseconds; undefined when it never does. */
  next(): readonly { readonly name: string; readonly at: number | undefined }[]
  stop(): void
}

/** @throws naming a schedule that asks for what is not emulated */
export function scheduler(
  database: DatabaseSync,
  resources: readonly Resource[],
  bus: Pick<EventBridge, 'put'>,
  queues: Sqs,
  clock: () => number,
  { refusalToRole }: Pick<Permissions, 'refusalToRole'>,
): Scheduler {
  const read = database.prepare('SELECT created, fired FROM schedule WHERE name = ?')
  const insert = database.prepare('INSERT INTO schedule (name, created, fired) VALUES (?, ?, ?)')
  const forget = database.prepare('DELETE FROM schedule WHERE name = ?')
  const save = database.prepare('UPDATE schedule SET fired = ? WHERE name = ?')
  const Row = z.object({ created: z.number(), fired: z.number() })

  /** Where a schedule stands: everything up to `fired` has fired, also before the last stop. */
  function kept(name: string): z.infer<typeof Row> {
    const row = read.get(name)
    if (row !== undefined) return Row.parse(row)
    const created = Math.floor(clock() / 1000) * 1000
    insert.run(name, created, created - 1)
    return { created, fired: created - 1 }
  }

  const schedules = resources.flatMap((resource) => {
    if (resource.type !== 'AWS::Scheduler::Schedule') return []
    const { path, name, arn } = resource
    const { State, ScheduleExpression, ScheduleExpressionTimezone, Target } = propertiesOf(Properties, resource)
    const send = delivery(resource, Target)
    const { created, fired } = kept(name)
    let next: Next
    try {
      next = nextOf(ScheduleExpression, ScheduleExpressionTimezone, created)
    } catch (error) {
      throw new Error(`${path}: ${errorText(error)}`)
    }
    if (State === 'ENABLED')
      return [
        {
          name,
          next,
          fired,
          deadLetters: queues.byArn(Target.DeadLetterConfig?.Arn ?? ''),
          fire: (at: number) => send(inputAt(Target.Input, arn, at)),
        },
      ]
    // Switched on again, it does not make up for the time between.
    forget.run(name)
    return []
  })

  /** How an input gets to a target. */
  function delivery(
    { path, arn: schedule }: Resource,
    { Arn, Input, EventBridgeParameters, DeadLetterConfig }: z.output<typeof Properties>['Target'],
  ): (input: string) => void {
    const sender = 'scheduler.amazonaws.com'
    const queue = queues.byArn(Arn)
    const deadLetters = queues.byArn(DeadLetterConfig?.Arn ?? '')
    /** Does it as the schedule's role; else https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html */
    const permitted =
      (action: string, send: (input: string) => void) =>
      (input: string): void => {
        const refused = refusalToRole(path, action, Arn)
        if (refused === undefined) send(input)
        else if (deadLetters !== undefined && refusalToRole(path, 'sqs:SendMessage', deadLetters.arn) === undefined)
          queues.send(deadLetters, input, {
            sender,
            attributes: textAttributes({
              ERROR_CODE: 'AccessDeniedException',
              ERROR_MESSAGE: refused,
              SCHEDULE_ARN: schedule,
              TARGET_ARN: Arn,
            }),
          })
      }
    if (queue !== undefined && EventBridgeParameters === undefined)
      return permitted('sqs:SendMessage', (input) => void queues.send(queue, input, { sender }))
    if (EventBridgeParameters === undefined || !resources.some(({ type, arn }) => type === 'AWS::Events::EventBus' && arn === Arn))
      throw new Error(`${path}: a target that is neither a queue nor a bus of the stage is not emulated: ${Arn}`)
    if (!isObject(tryJson(Input))) throw new Error(`${path}: a bus receives a JSON object`)
    return permitted('events:PutEvents', (Detail) =>
      bus.put({ EventBusName: Arn, ...EventBridgeParameters, Detail, Resources: [schedule] }),
    )
  }

  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const nextOfAll = (): number => Math.min(...schedules.map(({ next, fired }) => next(fired) ?? Number.POSITIVE_INFINITY))

  function run(): void {
    if (stopped) return
    const now = clock()
    const due = schedules.flatMap((schedule) => {
      const instants: number[] = []
      for (let at = schedule.next(schedule.fired); at !== undefined && at <= now; at = schedule.next(at)) {
        if (instants.push(at) === mostAtOnce) break
      }
      return instants.map((at) => ({ schedule, at }))
    })
    // Sent and noted together: a killed process neither forgets an instant nor repeats it.
    atomically(database, () => {
      for (const { schedule, at } of due.sort((a, b) => a.at - b.at)) {
        schedule.fire(at)
        save.run(at, schedule.name)
      }
    })
    for (const { schedule, at } of due) schedule.fired = at
    arm()
  }

  function arm(): void {
    clearTimeout(timer)
    const next = nextOfAll()
    if (next === Number.POSITIVE_INFINITY) return
    timer = setTimeout(run, Math.min(Math.max(0, next - clock()), longestTimer))
    timer.unref()
  }
  run()
  return {
    deadLetters: schedules.flatMap(({ deadLetters }) => deadLetters ?? []),
    run,
    pending: () => (nextOfAll() <= clock() ? 'schedules: not all that is due has fired' : undefined),
    next: () => schedules.map(({ name, next, fired }) => ({ name, at: next(fired) })),
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
