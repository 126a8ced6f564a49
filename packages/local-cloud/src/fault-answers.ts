import * as z from 'zod'
import { AwsError } from './aws-error.ts'
import { type AwsCall, inputOf, type Perform } from './front-door.ts'
import { isObject, parseJson } from './json.ts'

/*
 * How the services themselves answer when they are asked too much, disturb each other or fail. Names, statuses and messages: the API
 * reference of each service, `Errors` of the action and `Common Errors`.
 */

type Answer = Awaited<ReturnType<Perform>>

const error = (code: string, message: string, status?: number) => (): AwsError => new AwsError(code, message, status)

const internal = 'The request processing has failed because of an unknown error, exception or failure.'
/** Tables are billed on demand; provisioned ones answer ProvisionedThroughputExceededException. */
const tooMuch =
  'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html'
const services: Readonly<Record<string, Readonly<Record<'throttle' | 'error', () => AwsError>>>> = {
  DynamoDB: {
    throttle: error('ThrottlingException', tooMuch),
    error: error('InternalServerError', 'Internal server error', 500),
  },
  SQS: {
    throttle: error('RequestThrottled', 'The request was denied due to request throttling.'),
    error: error('InternalFailure', internal, 500),
  },
  EventBridge: {
    throttle: error('ThrottlingException', 'Rate exceeded'),
    error: error('InternalException', 'This exception occurs due to unexpected causes.', 500),
  },
  KMS: {
    throttle: error('ThrottlingException', 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'),
    error: error('KMSInternalException', 'The request was rejected because an internal exception occurred.', 500),
  },
  Cognito: {
    throttle: error('TooManyRequestsException', 'Rate exceeded'),
    error: error('InternalErrorException', 'Internal error', 500),
  },
  S3: {
    throttle: error('SlowDown', 'Please reduce your request rate.', 503),
    error: error('InternalError', 'We encountered an internal error. Please try again.', 500),
  },
}

/** How a transaction is cancelled for a reason that lies in its first item. */
function cancelled(items: number, Code: string, Message: string): AwsError {
  const reasons = Array.from({ length: items }, (_, i) => (i === 0 ? { Code, Message } : { Code: 'None' }))
  const text = `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map((reason) => reason.Code).join(', ')}]`
  return new AwsError('TransactionCanceledException', text, 400, { CancellationReasons: reasons })
}

const Transaction = z.object({ TransactItems: z.array(z.unknown()) })
const itemsOf = (call: AwsCall): number => Transaction.safeParse(inputOf(call)).data?.TransactItems.length ?? 1
const ongoing = 'Transaction is ongoing for the item'

/** How a service refuses a call. */
export function failureOf(how: 'throttle' | 'conflict' | 'error', call: AwsCall): AwsError {
  const transaction = call.service === 'DynamoDB' && call.action.startsWith('Transact')
  if (how === 'conflict')
    return transaction ? cancelled(itemsOf(call), 'TransactionConflict', ongoing) : new AwsError('TransactionConflictException', ongoing)
  if (how === 'throttle' && transaction) return cancelled(itemsOf(call), 'ThrottlingError', tooMuch)
  return (
    services[call.service]?.[how]() ??
    (how === 'throttle' ? new AwsError('ThrottlingException', 'Rate exceeded') : new AwsError('InternalFailure', 'Internal failure', 500))
  )
}

/** A call with several entries: how it looks with some of them, and how its answer says that others failed. */
interface Batch {
  readonly size: number
  input(takes: (i: number) => boolean): unknown
  /** @param output undefined when nothing was performed */
  output(output: unknown, takes: (i: number) => boolean): unknown
}

const Entries = z.object({ Entries: z.array(z.unknown()) }).loose()
const Results = z.object({ FailedEntryCount: z.number(), Entries: z.array(z.unknown()) }).default({ FailedEntryCount: 0, Entries: [] })
const Sorted = z.object({ Successful: z.array(z.unknown()).default([]), Failed: z.array(z.unknown()).default([]) })

function entries(input: unknown, answer: (given: readonly unknown[], output: unknown, takes: (i: number) => boolean) => unknown): Batch {
  const { Entries: given, ...rest } = Entries.parse(input)
  return {
    size: given.length,
    input: (takes) => ({ ...rest, Entries: given.filter((_, i) => takes(i)) }),
    output: (output, takes) => answer(given, output, takes),
  }
}

const ofEvents = (input: unknown): Batch =>
  entries(input, (given, output, takes) => {
    const results = Results.parse(output)
    const taken = results.Entries[Symbol.iterator]()
    const failed = { ErrorCode: 'InternalFailure', ErrorMessage: internal }
    const all = given.map((_, i) => (takes(i) ? taken.next().value : failed))
    return { FailedEntryCount: results.FailedEntryCount + given.length - results.Entries.length, Entries: all }
  })

const ofMessages = (input: unknown): Batch =>
  entries(input, (given, output, takes) => {
    const { Successful, Failed } = Sorted.parse(output ?? {})
    const failed = given.filter((_, i) => !takes(i)).map((entry) => (isObject(entry) ? entry.Id : undefined))
    return {
      Successful,
      Failed: [...Failed, ...failed.map((Id) => ({ Id, SenderFault: false, Code: 'InternalError', Message: internal }))],
    }
  })

const Writes = z.object({ RequestItems: z.record(z.string(), z.array(z.unknown())) }).loose()
const Reads = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(z.unknown()) }).loose()) }).loose()

/** @param name member of the answer that holds what was not processed */
function items(input: unknown, name: 'UnprocessedItems' | 'UnprocessedKeys'): Batch {
  const writing = name === 'UnprocessedItems'
  const { RequestItems, ...rest } = writing ? Writes.parse(input) : Reads.parse(input)
  const flat = Object.entries(RequestItems).flatMap(([table, asked]) =>
    (Array.isArray(asked) ? asked : asked.Keys).map((item: unknown) => ({ table, item })),
  )
  const some = (takes: (i: number) => boolean): Record<string, unknown> => {
    const tables = Map.groupBy(
      flat.filter((_, i) => takes(i)),
      ({ table }) => table,
    )
    return Object.fromEntries(
      [...tables].map(([table, members]) => {
        const list = members.map(({ item }) => item)
        return [table, writing ? list : { ...RequestItems[table], Keys: list }]
      }),
    )
  }
  return {
    size: flat.length,
    input: (takes) => ({ ...rest, RequestItems: some(takes) }),
    output: (output, takes) => ({
      ...(writing ? {} : { Responses: {} }),
      ...(isObject(output) ? output : {}),
      [name]: some((i) => !takes(i)),
    }),
  }
}

function batchOf({ service, action, body }: AwsCall): Batch {
  const input = parseJson(body)
  if (service === 'EventBridge') return ofEvents(input)
  if (service === 'SQS') return ofMessages(input)
  return items(input, action === 'BatchGetItem' ? 'UnprocessedKeys' : 'UnprocessedItems')
}

/**
 * Performs some entries of a batch and has the others fail, at least one.
 * @param draw numbers from 0 to 1, one for each entry and one more
 */
export async function partially(call: AwsCall, perform: (call: AwsCall) => Promise<Answer>, draw: (n: number) => number): Promise<Answer> {
  const batch = batchOf(call)
  const surely = Math.floor(draw(batch.size) * batch.size)
  const takes = (i: number): boolean => i !== surely && draw(i) < 0.5
  const some = Array.from({ length: batch.size }, (_, i) => i).some(takes)
  const answer = some ? await perform({ ...call, body: JSON.stringify(batch.input(takes)) }) : undefined
  if (answer !== undefined && answer.status !== 200) return answer
  const output = batch.output(answer === undefined ? undefined : parseJson(answer.body), takes)
  return { status: 200, body: JSON.stringify(output) }
}
