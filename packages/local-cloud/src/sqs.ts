import { createHash, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError, queryCode } from './aws-error.ts'
import { atomically } from './database.ts'
import { parseJson } from './json.ts'
import { type Signal, signal } from './signal.ts'

/*
 * Amazon SQS, standard queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 * JSON protocol of the current SDKs.
 */

/** Bytes of a message, and of a batch of them, since August 2025. */
const longestMessage = 1_048_576
/** Seconds from its receipt for which a message can be hidden. */
const longestVisibility = 43_200

const Properties = z.object({
  VisibilityTimeout: z.coerce.number().default(30),
  DelaySeconds: z.coerce.number().default(0),
  MessageRetentionPeriod: z.coerce.number().default(345_600),
  ReceiveMessageWaitTimeSeconds: z.coerce.number().default(0),
  MaximumMessageSize: z.coerce.number().default(longestMessage),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() }).optional(),
  FifoQueue: z.literal(false, { error: 'FIFO queues are not emulated' }).optional(),
})

export interface Queue extends z.infer<typeof Properties> {
  readonly name: string
  readonly arn: string
  readonly url: string
}

const Attribute = z.object({ DataType: z.string(), StringValue: z.string().optional(), BinaryValue: z.base64().optional() })
const Attributes = z.record(z.string(), Attribute)

/** A message as received. */
export interface Message {
  readonly id: string
  readonly receipt: string
  readonly body: string
  readonly system: Readonly<Record<string, string>>
  readonly attributes: z.infer<typeof Attributes>
}

export interface Sqs {
  readonly queues: readonly Queue[]
  byArn(arn: string): Queue | undefined
  send(
    queue: Queue,
    body: string,
    options?: { readonly delay?: number; readonly attributes?: z.infer<typeof Attributes>; readonly sender?: string },
  ): string
  receive(queue: Queue, max: number, visibility?: number): Message[]
  remove(queue: Queue, receipt: string): void
  /** Woken when something was sent to the queue or became visible again. */
  arrival(queue: Queue): Signal
  /** Milliseconds until the next message of the queue becomes visible: 0 if one is, infinity if there is none. */
  untilVisible(queue: Queue): number
  /** `oldest`: when the oldest message was sent, in milliseconds; null when there is none. */
  counts(queue: Queue): { readonly visible: number; readonly inFlight: number; readonly delayed: number; readonly oldest: number | null }
  bodies(queue: Queue): readonly { readonly id: string; readonly body: string; readonly receives: number }[]
  call(action: string, input: unknown, caller: string): Promise<unknown>
}

const Row = z.object({
  position: z.number(),
  id: z.string(),
  body: z.string(),
  attributes: z.string(),
  sender: z.string(),
  sent: z.number(),
  first_received: z.number().nullable(),
  receives: z.number(),
  source: z.string().nullable(),
})

const Counts = z.object({ visible: z.number(), inFlight: z.number(), delayed: z.number(), oldest: z.number().nullable() })

/** @param arrivals in how many milliseconds each copy of a message arrives: one at once, unless a test asks for more */
export function sqs(
  database: DatabaseSync,
  resources: readonly Resource[],
  clock: () => number,
  arrivals: (queue: string) => readonly number[],
): Sqs {
  const queues = resources
    .filter(({ type }) => type === 'AWS::SQS::Queue')
    .map((resource): Queue => ({ name: resource.name, arn: resource.arn, url: resource.ref, ...propertiesOf(Properties, resource) }))
  const names = new Map(queues.map((queue) => [queue.name, queue]))
  const arns = new Map(queues.map((queue) => [queue.arn, queue]))
  const signals = new Map(queues.map(({ name }) => [name, signal()]))
  const sql = {
    insert: database.prepare('INSERT INTO message (id, queue, body, attributes, sender, sent, visible) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    due: database.prepare('SELECT * FROM message WHERE queue = ? AND visible <= ? ORDER BY visible, position LIMIT ?'),
    take: database.prepare(
      'UPDATE message SET visible = ?, receives = receives + 1, receipt = ?, first_received = coalesce(first_received, ?) WHERE position = ?',
    ),
    move: database.prepare('UPDATE message SET queue = ?, visible = ?, receipt = NULL, source = ? WHERE position = ?'),
    remove: database.prepare('DELETE FROM message WHERE receipt = ? AND queue = ?'),
    expire: database.prepare('DELETE FROM message WHERE queue = ? AND sent < ?'),
    find: database.prepare('SELECT position, visible FROM message WHERE receipt = ? AND queue = ?'),
    show: database.prepare('UPDATE message SET visible = ? WHERE receipt = ? AND queue = ?'),
    next: database.prepare('SELECT min(visible) AS visible FROM message WHERE queue = ?'),
    counts: database.prepare(
      `SELECT count(*) FILTER (WHERE visible <= :now) AS visible, count(*) FILTER (WHERE visible > :now AND receives > 0) AS inFlight,
         count(*) FILTER (WHERE visible > :now AND receives = 0) AS delayed, min(sent) AS oldest FROM message WHERE queue = :queue`,
    ),
    all: database.prepare('SELECT id, body, receives, visible FROM message WHERE queue = ? ORDER BY position'),
  }

  const arrival = (queue: Queue): Signal => signals.get(queue.name) ?? signal()

  const send: Sqs['send'] = (queue, body, { delay = queue.DelaySeconds, attributes = {}, sender = 'local' } = {}) => {
    if (bytesOf(body, attributes) > queue.MaximumMessageSize) {
      throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${queue.MaximumMessageSize} bytes.`)
    }
    const id = randomUUID()
    const now = clock()
    for (const later of arrivals(queue.name)) {
      sql.insert.run(id, queue.name, body, JSON.stringify(attributes), sender, now, now + delay * 1000 + later)
    }
    arrival(queue).wake()
    return id
  }

  function receive(queue: Queue, max: number, visibility = queue.VisibilityTimeout): Message[] {
    const now = clock()
    const messages: Message[] = []
    sql.expire.run(queue.name, now - queue.MessageRetentionPeriod * 1000)
    const target = queue.RedrivePolicy === undefined ? undefined : arns.get(queue.RedrivePolicy.deadLetterTargetArn)
    for (;;) {
      const rows = sql.due.all(queue.name, now, max - messages.length).map((row) => Row.parse(row))
      for (const row of rows) {
        if (target !== undefined && row.receives >= (queue.RedrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY)) {
          sql.move.run(target.name, now, queue.arn, row.position)
          arrival(target).wake()
          continue
        }
        const receipt = `${randomUUID()}.${now}`
        sql.take.run(now + visibility * 1000, receipt, now, row.position)
        messages.push({
          id: row.id,
          receipt,
          body: row.body,
          attributes: Attributes.parse(parseJson(row.attributes)),
          system: {
            ApproximateReceiveCount: String(row.receives + 1),
            SentTimestamp: String(row.sent),
            SenderId: row.sender,
            ApproximateFirstReceiveTimestamp: String(row.first_received ?? now),
            ...(row.source === null ? {} : { DeadLetterQueueSourceArn: row.source }),
          },
        })
      }
      if (rows.length === 0 || messages.length >= max || visibility === 0) return messages
    }
  }

  const remove = (queue: Queue, receipt: string): void => {
    sql.remove.run(receipt, queue.name)
  }

  function removed(queue: Queue, receipt: string): object {
    receivedAt(receipt)
    remove(queue, receipt)
    return {}
  }

  function untilVisible(queue: Queue): number {
    const { visible } = z.object({ visible: z.number().nullable() }).parse(sql.next.get(queue.name))
    return visible === null ? Number.POSITIVE_INFINITY : Math.max(0, visible - clock())
  }

  function changeVisibility(queue: Queue, receipt: string, seconds: number): void {
    const received = receivedAt(receipt)
    const until = clock() + seconds * 1000
    if (sql.find.get(receipt, queue.name) === undefined) {
      const reason = 'Message does not exist or is not available for visibility timeout change.'
      throw invalid(`Value ${receipt} for parameter ReceiptHandle is invalid. Reason: ${reason}`)
    }
    if (until - received > longestVisibility * 1000) {
      const reason = `Total VisibilityTimeout for the message is beyond the limit [${longestVisibility} seconds]`
      throw invalid(`Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: ${reason}`)
    }
    sql.show.run(until, receipt, queue.name)
    arrival(queue).wake()
  }

  const counts: Sqs['counts'] = (queue) => {
    const now = clock()
    return Counts.parse(sql.counts.get({ queue: queue.name, now }))
  }

  const Url = z.object({ QueueUrl: z.string() }).loose()
  function queueOf(input: unknown): Queue {
    const { QueueUrl } = Url.parse(input)
    const queue = names.get(QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1))
    if (queue === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  const Send = z.object({
    MessageBody: z.string(),
    DelaySeconds: z.number().min(0).max(900).optional(),
    MessageAttributes: Attributes.optional(),
  })
  function sent(queue: Queue, { MessageBody, DelaySeconds, MessageAttributes = {} }: z.infer<typeof Send>, sender: string) {
    if (MessageBody === '') throw new AwsError('MissingRequiredParameterException', 'The request must contain the parameter MessageBody.')
    const delay = DelaySeconds === undefined ? {} : { delay: DelaySeconds }
    const MessageId = send(queue, MessageBody, { ...delay, attributes: MessageAttributes, sender })
    return { MessageId, MD5OfMessageBody: md5(MessageBody), ...digestOf(MessageAttributes) }
  }

  const Receive = z.object({
    MaxNumberOfMessages: z.number().min(1).max(10).default(1),
    VisibilityTimeout: z.number().min(0).max(longestVisibility).optional(),
    WaitTimeSeconds: z.number().min(0).max(20).optional(),
    AttributeNames: z.array(z.string()).default([]),
    MessageSystemAttributeNames: z.array(z.string()).default([]),
    MessageAttributeNames: z.array(z.string()).default([]),
  })
  async function receiveMessages(queue: Queue, input: unknown): Promise<unknown> {
    const options = Receive.parse(input)
    const until = Date.now() + (options.WaitTimeSeconds ?? queue.ReceiveMessageWaitTimeSeconds) * 1000
    let messages = receive(queue, options.MaxNumberOfMessages, options.VisibilityTimeout)
    while (messages.length === 0 && Date.now() < until) {
      await arrival(queue).wait(Math.min(until - Date.now(), Math.max(1, untilVisible(queue))))
      messages = receive(queue, options.MaxNumberOfMessages, options.VisibilityTimeout)
    }
    const system = new Set([...options.AttributeNames, ...options.MessageSystemAttributeNames])
    const wanted = (attributes: Message['attributes']) =>
      Object.fromEntries(
        Object.entries(attributes).filter(([name]) =>
          options.MessageAttributeNames.some(
            (pattern) => pattern === 'All' || pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
          ),
        ),
      )
    if (messages.length === 0) return {}
    return {
      Messages: messages.map((message) => {
        const attributes = wanted(message.attributes)
        return {
          MessageId: message.id,
          ReceiptHandle: message.receipt,
          Body: message.body,
          MD5OfBody: md5(message.body),
          Attributes: Object.fromEntries(Object.entries(message.system).filter(([name]) => system.has('All') || system.has(name))),
          ...(Object.keys(attributes).length === 0 ? {} : { MessageAttributes: attributes }),
          ...digestOf(attributes),
        }
      }),
    }
  }

  /** One result per entry of a batch; what one entry does wrong fails that entry alone. */
  function batch<T extends { Id: string }>(entries: readonly T[], run: (entry: T) => object) {
    if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
    if (entries.length > 10) {
      const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`
      throw new AwsError('TooManyEntriesInBatchRequest', message)
    }
    if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id))) {
      const message =
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.'
      throw new AwsError('InvalidBatchEntryId', message)
    }
    if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
      throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more entries have the same id.')
    const Successful: object[] = []
    const Failed: object[] = []
    for (const entry of entries) {
      try {
        Successful.push({ Id: entry.Id, ...run(entry) })
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        Failed.push({ Id: entry.Id, SenderFault: true, Code: queryCode(error.name), Message: error.message })
      }
    }
    return { Successful, Failed }
  }

  function sentAll(queue: Queue, entries: readonly (z.infer<typeof Send> & { Id: string })[], sender: string) {
    const bytes = entries.reduce((sum, { MessageBody, MessageAttributes = {} }) => sum + bytesOf(MessageBody, MessageAttributes), 0)
    if (bytes > longestMessage) {
      const message = `Batch requests cannot be longer than ${longestMessage} bytes. You have sent ${bytes} bytes.`
      throw new AwsError('BatchRequestTooLong', message)
    }
    return atomically(database, () => batch(entries, (entry) => sent(queue, entry, sender)))
  }

  const Id = z.object({ Id: z.string() })
  const Receipt = z.object({ ReceiptHandle: z.string() })
  const Visibility = Receipt.extend({ VisibilityTimeout: z.number().min(0).max(longestVisibility) })
  const entriesOf = <T extends z.ZodType>(entry: T, input: unknown) => z.object({ Entries: z.array(entry) }).parse(input).Entries

  async function call(action: string, input: unknown, caller: string): Promise<unknown> {
    try {
      return await perform(action, input, caller)
    } catch (error) {
      if (error instanceof z.ZodError) throw invalid(z.prettifyError(error))
      throw error
    }
  }

  async function perform(action: string, input: unknown, caller: string): Promise<unknown> {
    if (action === 'GetQueueUrl') {
      const queue = names.get(z.object({ QueueName: z.string() }).parse(input).QueueName)
      if (queue === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
      return { QueueUrl: queue.url }
    }
    const queue = queueOf(input)
    switch (action) {
      case 'SendMessage':
        return sent(queue, Send.parse(input), caller)
      case 'SendMessageBatch':
        return sentAll(queue, entriesOf(Send.extend(Id.shape), input), caller)
      case 'ReceiveMessage':
        return receiveMessages(queue, input)
      case 'DeleteMessage':
        return removed(queue, Receipt.parse(input).ReceiptHandle)
      case 'DeleteMessageBatch':
        return batch(entriesOf(Receipt.extend(Id.shape), input), ({ ReceiptHandle }) => removed(queue, ReceiptHandle))
      case 'ChangeMessageVisibility': {
        const { ReceiptHandle, VisibilityTimeout } = Visibility.parse(input)
        changeVisibility(queue, ReceiptHandle, VisibilityTimeout)
        return {}
      }
      case 'GetQueueAttributes': {
        const { AttributeNames } = z.object({ AttributeNames: z.array(z.string()).default([]) }).parse(input)
        const { visible, inFlight, delayed } = counts(queue)
        const all = {
          QueueArn: queue.arn,
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(inFlight),
          ApproximateNumberOfMessagesDelayed: String(delayed),
          VisibilityTimeout: String(queue.VisibilityTimeout),
          DelaySeconds: String(queue.DelaySeconds),
          MessageRetentionPeriod: String(queue.MessageRetentionPeriod),
          MaximumMessageSize: String(queue.MaximumMessageSize),
          ReceiveMessageWaitTimeSeconds: String(queue.ReceiveMessageWaitTimeSeconds),
          ...(queue.RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(queue.RedrivePolicy) }),
        }
        return {
          Attributes: Object.fromEntries(
            Object.entries(all).filter(([name]) => AttributeNames.includes('All') || AttributeNames.includes(name)),
          ),
        }
      }
      default:
        throw new AwsError('UnknownOperationException', `the local cloud does not emulate SQS ${action}`)
    }
  }

  return {
    queues,
    byArn: (arn) => arns.get(arn),
    send,
    receive,
    remove,
    arrival,
    untilVisible,
    counts,
    bodies: (queue) => z.array(z.object({ id: z.string(), body: z.string(), receives: z.number() })).parse(sql.all.all(queue.name)),
    call,
  }
}

/** Message attributes of texts. */
export const textAttributes = (texts: Readonly<Record<string, string>>): Message['attributes'] =>
  Object.fromEntries(Object.entries(texts).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]))

export const md5 = (text: string | Uint8Array): string => createHash('md5').update(text).digest('hex')

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message)

/** When a message was received: its receipt says so, and what is no receipt is refused. */
function receivedAt(receipt: string): number {
  const [, at] = /^[0-9a-f-]{36}\.(\d+)$/.exec(receipt) ?? []
  if (at === undefined) throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receipt}" is not a valid receipt handle.`)
  return Number(at)
}

const bytesIn = ({ StringValue = '', BinaryValue }: z.infer<typeof Attribute>): Buffer =>
  BinaryValue === undefined ? Buffer.from(StringValue) : Buffer.from(BinaryValue, 'base64')

/** Names, types and values of attributes count like the body. */
const bytesOf = (body: string, attributes: z.infer<typeof Attributes>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, attribute]) => sum + Buffer.byteLength(name + attribute.DataType) + bytesIn(attribute).length,
    Buffer.byteLength(body),
  )

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation */
export function digestOf(attributes: z.infer<typeof Attributes>): { readonly MD5OfMessageAttributes?: string } {
  const entries = Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1))
  if (entries.length === 0) return {}
  const sized = (part: string | Buffer): Buffer[] => {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  }
  const parts = entries.flatMap(([name, attribute]) => [
    ...sized(name),
    ...sized(attribute.DataType),
    Buffer.from([attribute.BinaryValue === undefined ? 1 : 2]),
    ...sized(bytesIn(attribute)),
  ])
  return { MD5OfMessageAttributes: md5(Buffer.concat(parts)) }
}
