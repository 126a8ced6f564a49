import { randomUUID } from 'node:crypto'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { contract, refusal } from './contract.ts'
import { eventually, type Target } from './target.ts'

/*
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ (guide)
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ (API)
 */
export function sqsContract(target: () => Target): void {
  const sqs = () => target().client(SQSClient)
  const send = (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
    sqs().send(new SendMessageCommand({ QueueUrl: target().QueueUrl, MessageBody, ...more }))
  const poll = (more: Partial<ReceiveMessageCommandInput> = {}) =>
    sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: target().QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
        ...more,
      }),
    )
  /** One message, waited for. */
  const receive = (more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> =>
    eventually(async () => (await poll({ MaxNumberOfMessages: 1, WaitTimeSeconds: 1, ...more })).Messages?.[0])
  const remove = ({ ReceiptHandle }: Message) => sqs().send(new DeleteMessageCommand({ QueueUrl: target().QueueUrl, ReceiptHandle }))
  const hide = ({ ReceiptHandle }: Message, VisibilityTimeout: number) =>
    sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl: target().QueueUrl, ReceiptHandle, VisibilityTimeout }))

  // API ReceiveMessage and SendMessage: checksums and system attributes.
  contract('a message comes with its checksums and system attributes', async () => {
    const { MessageId, MD5OfMessageBody, MD5OfMessageAttributes } = await send('hello', {
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'Bar' } },
    })
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
    expect([MD5OfMessageBody, MD5OfMessageAttributes]).toEqual(['5d41402abc4b2a76b9719d911017c592', 'ae7155c6026991b6d54b11589678bf9c'])
    const message = await receive()
    expect(message).toEqual({
      MessageId,
      ReceiptHandle: expect.any(String),
      Body: 'hello',
      MD5OfBody: MD5OfMessageBody,
      MD5OfMessageAttributes,
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'Bar' } },
      Attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
      },
    })
    await remove(message)
  })

  // API ReceiveMessage, MessageAttributeNames: All, .*, a name, a prefix with .*
  contract('message attributes come as they are asked for, and system attributes too', async () => {
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue })
    await send('attributes', { MessageAttributes: { 'bar.one': attribute('1'), 'bar.two': attribute('2'), foo: attribute('3') } })
    const asked = async (MessageAttributeNames: string[]) => {
      const message = await receive({ MessageAttributeNames, MessageSystemAttributeNames: ['SentTimestamp'], VisibilityTimeout: 0 })
      expect(Object.keys(message.Attributes ?? {})).toEqual(['SentTimestamp'])
      return message.MessageAttributes === undefined ? undefined : Object.keys(message.MessageAttributes).sort()
    }
    // The queue's own redrive would take the message away after two receipts: two ways each time.
    expect(await asked(['bar.*', 'none'])).toEqual(['bar.one', 'bar.two'])
    expect(await asked([])).toBeUndefined()
    await drain()
    await send('attributes', { MessageAttributes: { 'bar.one': attribute('1'), foo: attribute('3') } })
    expect(await asked(['foo'])).toEqual(['foo'])
    expect(await asked(['.*'])).toEqual(['bar.one', 'foo'])
    await drain()
  })

  // API SendMessage, MessageAttributes: binary values and numbers.
  contract('message attributes may be binary or numbers', async () => {
    const MessageAttributes = {
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 1, 255]) },
      count: { DataType: 'Number', StringValue: '7' },
    }
    const { MD5OfMessageAttributes } = await send('binary', { MessageAttributes })
    const message = await receive()
    expect(message).toMatchObject({ MessageAttributes, MD5OfMessageAttributes })
    await remove(message)
  })

  // guide, sqs-visibility-timeout
  contract('what was received is hidden until its timeout, and then comes again with another receipt', async () => {
    await send('hidden')
    const first = await receive()
    expect((await poll()).Messages).toBeUndefined()
    await target().pass(6)
    const second = await receive()
    expect(second).toMatchObject({ MessageId: first.MessageId, Attributes: { ApproximateReceiveCount: '2' } })
    expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle)
    expect(second.Attributes?.SentTimestamp).toBe(first.Attributes?.SentTimestamp)
    await remove(second)
  })

  // API ChangeMessageVisibility: terminating with 0, extending; guide, "twelve hours from when the message is received"
  contract('the timeout of one message can be ended, extended, and not beyond twelve hours', async () => {
    await send('changed')
    const first = await receive()
    await hide(first, 0)
    const second = await receive()
    expect(second.MessageId).toBe(first.MessageId)
    await hide(second, 20)
    await target().pass(6)
    expect((await poll()).Messages).toBeUndefined()
    expect(await refusal(hide(second, 43_201))).toMatchObject({ name: 'InvalidParameterValue' })
    await target().pass(1)
    expect(await refusal(hide(second, 43_200))).toMatchObject({ name: 'InvalidParameterValue' })
    await remove(second)
  })

  // API ChangeMessageVisibility: the handle of a deleted message; API DeleteMessage: a handle that is none
  contract('a receipt of nothing is refused', async () => {
    await send('gone')
    const message = await receive()
    await remove(message)
    expect(await refusal(hide(message, 5))).toMatchObject({ name: 'InvalidParameterValue' })
    expect(await refusal(hide({ ReceiptHandle: 'garbage' }, 5))).toMatchObject({ name: 'ReceiptHandleIsInvalid' })
    expect(await refusal(remove({ ReceiptHandle: 'garbage' }))).toMatchObject({ name: 'ReceiptHandleIsInvalid' })
    // Deleting twice is no error.
    await remove(message)
  })

  // API DeleteMessage: "If you … use an old receipt handle, the request succeeds, but the message might not be deleted."
  contract('an old receipt deletes after the timeout, as long as nobody received the message again', async () => {
    await send('old')
    const first = await receive()
    await target().pass(6)
    await remove(first)
    expect((await poll({ WaitTimeSeconds: 1 })).Messages).toBeUndefined()
  })

  // API ReceiveMessage: VisibilityTimeout of the request instead of the queue's
  contract('a receipt may name its own timeout', async () => {
    await send('own')
    const first = await receive({ VisibilityTimeout: 1 })
    await target().pass(2)
    const second = await receive({ VisibilityTimeout: 0 })
    expect(second.MessageId).toBe(first.MessageId)
    await remove(second)
  })

  // guide, sqs-dead-letter-queues
  contract('what was received as often as allowed moves to the dead letters, with all it had', async () => {
    const { MessageId } = await send('doomed', { MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } } })
    const first = await receive()
    await hide(first, 0)
    await hide(await receive(), 0)
    const dead = await eventually(async () => {
      expect((await poll()).Messages).toBeUndefined()
      const { Messages = [] } = await poll({ QueueUrl: target().DeadLettersUrl })
      return Messages.find((message) => message.MessageId === MessageId)
    })
    expect(dead).toMatchObject({
      MessageId,
      Body: 'doomed',
      MessageAttributes: { kind: { StringValue: 'x' } },
      Attributes: {
        DeadLetterQueueSourceArn: target().QueueArn,
        ApproximateReceiveCount: '3',
        // "The expiration of a message is always based on its original enqueue timestamp."
        SentTimestamp: first.Attributes?.SentTimestamp,
      },
    })
    await sqs().send(new DeleteMessageCommand({ QueueUrl: target().DeadLettersUrl, ReceiptHandle: dead.ReceiptHandle }))
  })

  // guide, sqs-short-and-long-polling
  contract('a long poll ends as soon as a message comes', async () => {
    const waiting = poll({ WaitTimeSeconds: 20 })
    const started = Date.now()
    await send('awaited')
    const [message] = (await waiting).Messages ?? []
    expect(message?.Body).toBe('awaited')
    expect(Date.now() - started).toBeLessThan(15_000)
    if (message) await remove(message)
  })

  // guide, sqs-short-and-long-polling; API ReceiveMessage: no Messages in an empty answer
  contract('a short poll of an empty queue answers at once, with no messages at all', async () => {
    const started = Date.now()
    expect((await poll({ WaitTimeSeconds: 0 })).Messages).toBeUndefined()
    expect(Date.now() - started).toBeLessThan(5000)
  })

  // guide, sqs-message-timers
  contract('a delayed message comes when its delay is over', async () => {
    await send('later', { DelaySeconds: 5 })
    expect((await poll()).Messages).toBeUndefined()
    await target().pass(6)
    await remove(await receive())
  })

  // API SendMessageBatch: one result per entry
  contract('one entry of a batch fails alone', async () => {
    const { Successful, Failed } = await sqs().send(
      new SendMessageBatchCommand({
        QueueUrl: target().SmallUrl,
        Entries: [
          { Id: 'short', MessageBody: 'x' },
          { Id: 'long', MessageBody: 'x'.repeat(1025) },
        ],
      }),
    )
    expect(Successful).toEqual([{ Id: 'short', MessageId: expect.any(String), MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' }])
    expect(Failed).toEqual([{ Id: 'long', SenderFault: true, Code: 'InvalidParameterValue', Message: expect.stringContaining('1024') }])
    const message = await receive({ QueueUrl: target().SmallUrl })
    const deleted = await sqs().send(
      new DeleteMessageBatchCommand({
        QueueUrl: target().SmallUrl,
        Entries: [
          { Id: 'right', ReceiptHandle: message.ReceiptHandle },
          { Id: 'wrong', ReceiptHandle: 'garbage' },
        ],
      }),
    )
    expect(deleted).toMatchObject({
      Successful: [{ Id: 'right' }],
      Failed: [{ Id: 'wrong', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }],
    })
  })

  // API SendMessageBatch, Errors. What the SDK's model does not know has the name that it had before the JSON protocol.
  contract('a batch that is none is refused as a whole', async () => {
    const batch = (Entries: { Id: string; MessageBody: string }[]) =>
      refusal(sqs().send(new SendMessageBatchCommand({ QueueUrl: target().QueueUrl, Entries })))
    const of = (length: number) => Array.from({ length }, (_, i) => ({ Id: String(i), MessageBody: 'x' }))
    expect(await batch([])).toMatchObject({ name: 'EmptyBatchRequest' })
    expect(await batch(of(11))).toMatchObject({
      name: 'TooManyEntriesInBatchRequest',
      Error: { Code: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest' },
    })
    expect(await batch([...of(1), ...of(1)])).toMatchObject({ name: 'BatchEntryIdsNotDistinct' })
    expect(await batch([{ Id: 'a:b', MessageBody: 'x' }])).toMatchObject({ name: 'InvalidBatchEntryId' })
    expect(await batch(of(2).map(({ Id }) => ({ Id, MessageBody: 'x'.repeat(600_000) })))).toMatchObject({ name: 'BatchRequestTooLong' })
    expect((await poll()).Messages).toBeUndefined()
  })

  // guide, quotas-messages: 1 MiB since 2025-08, body and attributes together
  contract('a message of a mebibyte fits, one byte more does not', async () => {
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } }
    expect(await refusal(send('x'.repeat(1_048_577)))).toMatchObject({ name: 'InvalidParameterValue' })
    expect(await refusal(send('x'.repeat(1_048_576), { MessageAttributes }))).toMatchObject({ name: 'InvalidParameterValue' })
    await send('x'.repeat(1_048_576))
    const message = await receive()
    expect(message.Body).toHaveLength(1_048_576)
    await remove(message)
  })

  // API ReceiveMessage: 1 to 10 messages, 0 to 20 seconds
  contract('what is out of range is refused', async () => {
    for (const wrong of [{ MaxNumberOfMessages: 11 }, { MaxNumberOfMessages: 0 }, { WaitTimeSeconds: 21 }, { VisibilityTimeout: 43_201 }])
      expect(await refusal(poll(wrong))).toMatchObject({ name: 'InvalidParameterValue' })
    expect(await refusal(send('x', { DelaySeconds: 901 }))).toMatchObject({ name: 'InvalidParameterValue' })
    expect(await refusal(send(''))).toMatchObject({ name: 'MissingParameter' })
  })

  // API GetQueueUrl, Errors
  contract('a queue that does not exist has one error, by name and by URL', async () => {
    const QueueName = `none-${randomUUID()}`
    const expected = { name: 'QueueDoesNotExist', Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue' } }
    expect(await refusal(sqs().send(new GetQueueUrlCommand({ QueueName })))).toMatchObject(expected)
    const QueueUrl = target().QueueUrl.replace(/[^/]+$/, QueueName)
    expect(await refusal(send('x', { QueueUrl }))).toMatchObject(expected)
  })

  // API GetQueueAttributes
  contract('a queue tells its attributes by name, and none unless asked', async () => {
    const attributes = async (AttributeNames: ('QueueArn' | 'VisibilityTimeout' | 'RedrivePolicy')[]) =>
      (await sqs().send(new GetQueueAttributesCommand({ QueueUrl: target().QueueUrl, AttributeNames }))).Attributes
    expect((await attributes([])) ?? {}).toEqual({})
    expect(await attributes(['QueueArn', 'VisibilityTimeout'])).toEqual({ QueueArn: target().QueueArn, VisibilityTimeout: '5' })
    const { RedrivePolicy = '' } = (await attributes(['RedrivePolicy'])) ?? {}
    expect(JSON.parse(RedrivePolicy)).toMatchObject({ deadLetterTargetArn: expect.any(String), maxReceiveCount: 2 })
  })

  /** Empties the queue. */
  async function drain(): Promise<void> {
    for (;;) {
      const { Messages = [] } = await poll()
      if (Messages.length === 0) return
      for (const message of Messages) await remove(message)
    }
  }
}
