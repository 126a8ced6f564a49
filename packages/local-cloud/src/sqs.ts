import { createHash, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { atomically } from './database.ts'
import { parseJson } from './json.ts'
import { type Signal, signal } from './signal.ts'

/*
 * Amazon SQS, standard queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 * JSON protocol of the current SDKs.
 */

const Properties = z.object({
  VisibilityTimeout: z.coerce.number().default(30),
  DelaySeconds: z.coerce.number().default(0),
  MessageRetentionPeriod: z.coerce.number().default(345_600),
  ReceiveMessageWaitTimeSeconds: z.coerce.number().default(0),
  MaximumMessageSize: z.coerce.number().default(1_048_576),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() }).optional(),
  FifoQueue: z.literal(false, { error: 'FIFO queues are not emulated' }).optional(),
})

export interface Queue extends z.infer<typeof Properties> {
  readonly name: string
  readonly arn: string
  readonly url: string
}

const Attribute = z.object({ DataType: z.string(), StringValue: z.string().optional(), BinaryValue: z.string().optional() })
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
  counts(queue: Queue): { readonly visible: number; readonly inFlight: number; readonly delayed: number }
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
         count(*) FILTER (WHERE visible > :now AND receives = 0) AS delayed FROM message WHERE queue = :queue`,
    ),
    all: database.prepare('SELECT id, body, receives, visible FROM message WHERE queue = ? ORDER BY position'),
  }

  const arrival = (queue: Queue): Signal => signals.get(queue.name) ?? signal()

  const send: Sqs['send'] = (queue, body, { delay = queue.DelaySeconds, attributes = {}, sender = 'local' } = {}) => {
    if (Buffer.byteLength(body) > queue.MaximumMessageSize) {
      throw new AwsError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${queue.MaximumMessageSize} bytes.`,
      )
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
        const receipt = randomUUID()
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

  function untilVisible(queue: Queue): number {
    const { visible } = z.object({ visible: z.number().nullable() }).parse(sql.next.get(queue.name))
    return visible === null ? Number.POSITIVE_INFINITY : Math.max(0, visible - clock())
  }

  function changeVisibility(queue: Queue, receipt: string, seconds: number): void {
    if (sql.find.get(receipt, queue.name) === undefined) {
      throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.')
    }
    sql.show.run(clock() + seconds * 1000, receipt, queue.name)
    arrival(queue).wake()
  }

  const counts: Sqs['counts'] = (queue) => {
    const now = clock()
    return z.object({ visible: z.number(), inFlight: z.number(), delayed: z.number() }).parse(sql.counts.get({ queue: queue.name, now }))
  }

  const Url = z.object({ QueueUrl: z.string() }).loose()
  function queueOf(input: unknown): Queue {
    const { QueueUrl } = Url.parse(input)
    const queue = names.get(QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1))
    if (queue === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  const Send = z.object({ MessageBody: z.string().min(1), DelaySeconds: z.number().optional(), MessageAttributes: Attributes.optional() })
  const sent = (queue: Queue, { MessageBody, DelaySeconds, MessageAttributes = {} }: z.infer<typeof Send>, sender: string) => ({
    MessageId: send(queue, MessageBody, {
      ...(DelaySeconds === undefined ? {} : { delay: DelaySeconds }),
      attributes: MessageAttributes,
      sender,
    }),
    MD5OfMessageBody: md5(MessageBody),
  })

  const Receive = z.object({
    MaxNumberOfMessages: z.number().min(1).max(10).default(1),
    VisibilityTimeout: z.number().optional(),
    WaitTimeSeconds: z.number().max(20).optional(),
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
            (pattern) => pattern === 'All' || pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1))),
          ),
        ),
      )
    return {
      Messages: messages.map((message) => ({
        MessageId: message.id,
        ReceiptHandle: message.receipt,
        Body: message.body,
        MD5OfBody: md5(message.body),
        Attributes: Object.fromEntries(Object.entries(message.system).filter(([name]) => system.has('All') || system.has(name))),
        ...(Object.keys(wanted(message.attributes)).length === 0 ? {} : { MessageAttributes: wanted(message.attributes) }),
      })),
    }
  }

  /** One result per entry of a batch; what one entry does wrong fails that entry alone. */
  function batch<T extends { Id: string }>(entries: readonly T[], run: (entry: T) => object) {
    if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
    if (entries.length > 10) throw new AwsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.')
    if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
      throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more entries have the same id.')
    const Successful: object[] = []
    const Failed: object[] = []
    for (const entry of entries) {
      try {
        Successful.push({ Id: entry.Id, ...run(entry) })
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        Failed.push({ Id: entry.Id, SenderFault: true, Code: error.name, Message: error.message })
      }
    }
    return { Successful, Failed }
  }

  const Id = z.object({ Id: z.string() })
  const Receipt = z.object({ ReceiptHandle: z.string() })
  const Visibility = Receipt.extend({ VisibilityTimeout: z.number().min(0).max(43_200) })
  const entriesOf = <T extends z.ZodType>(entry: T, input: unknown) => z.object({ Entries: z.array(entry) }).parse(input).Entries

  async function call(action: string, input: unknown, caller: string): Promise<unknown> {
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
        return atomically(database, () => batch(entriesOf(Send.extend(Id.shape), input), (entry) => sent(queue, entry, caller)))
      case 'ReceiveMessage':
        return receiveMessages(queue, input)
      case 'DeleteMessage':
        remove(queue, Receipt.parse(input).ReceiptHandle)
        return {}
      case 'DeleteMessageBatch':
        return batch(entriesOf(Receipt.extend(Id.shape), input), ({ ReceiptHandle }) => {
          remove(queue, ReceiptHandle)
          return {}
        })
      case 'ChangeMessageVisibility': {
        const { ReceiptHandle, VisibilityTimeout } = Visibility.parse(input)
        changeVisibility(queue, ReceiptHandle, VisibilityTimeout)
        return {}
      }
      case 'GetQueueAttributes': {
        const { AttributeNames } = z.object({ AttributeNames: z.array(z.string()).default(['All']) }).parse(input)
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
