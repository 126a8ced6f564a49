import { randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda'
import { contract } from './contract.ts'
import { eventually, type Target } from './target.ts'

type Item = Record<string, AttributeValue>
/** A record that a function was given, and how many were in its batch. */
interface Seen<R> {
  readonly record: R
  readonly batch: number
}

/*
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html (streams)
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html, with-sqs.html, invocation-eventfiltering.html
 */
export function eventSourceContract(target: () => Target): void {
  const client = () => target().client(DynamoDBClient)
  const sqs = () => target().client(SQSClient)
  const id = () => `out#${randomUUID()}`
  const item = (pk: string, more: Item = {}, sk = 'a'): Item => ({ pk: { S: pk }, sk: { S: sk }, out: { S: 'x' }, ...more })
  const put = (Item: Item) => client().send(new PutItemCommand({ TableName: target().TableName, Item }))
  const together = (...items: Item[]) =>
    client().send(
      new TransactWriteItemsCommand({ TransactItems: items.map((each) => ({ Put: { TableName: target().TableName, Item: each } })) }),
    )

  /** What a function was given of one id so far, in the order in which it came. */
  async function seen<R>(pk: string): Promise<readonly Seen<R>[]> {
    const { Items = [] } = await client().send(
      new QueryCommand({
        TableName: target().SeenName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      }),
    )
    return Items.map((each) => JSON.parse(each.seen?.S ?? '') as Seen<R>)
  }
  const seenOf = <R>(pk: string, count: number): Promise<readonly Seen<R>[]> =>
    eventually(async () => {
      const all = await seen<R>(pk)
      return all.length >= count ? all : undefined
    })
  const inStream = (pk: string, count: number) => seenOf<DynamoDBRecord>(`stream ${pk}`, count)
  const inQueue = (pk: string, count: number) => seenOf<SQSRecord>(`queue ${pk}`, count)

  /** A message in the queue of failures. */
  const failure = <T>(wanted: (body: T) => boolean): Promise<T> =>
    eventually(async () => {
      const QueueUrl = target().FailuresUrl
      const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 2 }))
      for (const { Body = '', ReceiptHandle } of Messages) {
        const body = JSON.parse(Body) as T
        if (!wanted(body)) continue
        await sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        return body
      }
      return undefined
    })
  interface StreamFailure {
    readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number }
    readonly DDBStreamBatchInfo: { readonly startSequenceNumber: string; readonly endSequenceNumber: string; readonly batchSize: number }
  }

  // streams: "stream records … appear in the same sequence as the actual modifications to the item"
  contract('the changes of one item come in their order, each once', async () => {
    const pk = id()
    for (let n = 0; n < 20; n++) await put(item(pk, { n: { N: String(n) } }))
    const all = await inStream(pk, 20)
    expect(all.map(({ record }) => record.dynamodb?.NewImage?.n?.N)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    const sequence = all.map(({ record }) => BigInt(record.dynamodb?.SequenceNumber ?? ''))
    expect(sequence.every((number, i) => i === 0 || number > (sequence[i - 1] ?? 0n))).toBe(true)
  })

  // streams, StreamViewType NEW_IMAGE; API_streams_Record, API_streams_StreamRecord; with-ddb, example event
  contract('a record holds the keys and the whole new item, of a removed one the keys', async () => {
    const pk = id()
    const types: Item = {
      s: { S: 'é' },
      n: { N: '1.5' },
      t: { BOOL: true },
      z: { NULL: true },
      l: { L: [{ S: '' }, { M: { a: { N: '1' } } }] },
      ss: { SS: ['a', 'b'] },
    }
    await put(item(pk, { ...types, b: { B: Uint8Array.from([0, 255]) } }))
    await client().send(
      new UpdateItemCommand({
        TableName: target().TableName,
        Key: { pk: { S: pk }, sk: { S: 'a' } },
        UpdateExpression: 'SET n = :n REMOVE s',
        ExpressionAttributeValues: { ':n': { N: '2' } },
      }),
    )
    await client().send(new DeleteItemCommand({ TableName: target().TableName, Key: { pk: { S: pk }, sk: { S: 'a' } } }))
    const [inserted, modified, removed] = (await inStream(pk, 3)).map(({ record }) => record)
    const Keys = { pk: { S: pk }, sk: { S: 'a' } }
    expect(inserted).toEqual({
      eventID: expect.any(String),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: expect.any(String),
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:.*:table\/.*\/stream\//),
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys,
        NewImage: item(pk, { ...types, b: { B: 'AP8=' } as unknown as AttributeValue }),
        SequenceNumber: expect.stringMatching(/^\d+$/),
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_IMAGE',
      },
    })
    const { s: _, ...rest } = types
    expect(modified).toMatchObject({ eventName: 'MODIFY', dynamodb: { Keys } })
    expect(modified?.dynamodb?.NewImage).toEqual(item(pk, { ...rest, n: { N: '2' }, b: { B: 'AP8=' } as unknown as AttributeValue }))
    expect(removed).toMatchObject({ eventName: 'REMOVE', dynamodb: { Keys, StreamViewType: 'NEW_IMAGE' } })
    for (const record of [inserted, modified, removed]) expect(record?.dynamodb).not.toHaveProperty('OldImage')
    expect(removed?.dynamodb).not.toHaveProperty('NewImage')
  })

  // streams: "If you perform a PutItem or UpdateItem operation that does not change any data in an item, DynamoDB Streams does not write a stream record"
  contract('a write that changes nothing leaves no record', async () => {
    const pk = id()
    for (const n of ['1', '1', '2']) await put(item(pk, { n: { N: n } }))
    const last = id()
    await put(item(last))
    await inStream(last, 1)
    expect((await inStream(pk, 2)).map(({ record }) => record.eventName)).toEqual(['INSERT', 'MODIFY'])
  })

  // with-ddb-filtering
  contract('what no filter lets through is not delivered, and holds nothing up', async () => {
    const [quiet, loud] = [id(), id()]
    const { out: _, ...without } = item(quiet)
    await put(without)
    await put(item(`in${quiet}`))
    await client().send(new DeleteItemCommand({ TableName: target().TableName, Key: { pk: { S: `in${quiet}` }, sk: { S: 'a' } } }))
    await put(item(loud))
    await inStream(loud, 1)
    expect(await seen(`stream ${quiet}`)).toEqual([])
    // The put passes the first filter, the removal neither.
    expect((await inStream(`in${quiet}`, 1)).map(({ record }) => record.eventName)).toEqual(['INSERT'])
  })

  // services-ddb-batchfailurereporting: the lowest sequence number is the checkpoint
  contract('a record that is reported comes again with all that follow it, and nothing before it', async () => {
    const [before, failing, after] = [id(), id(), id()]
    await put(item(before))
    await inStream(before, 1)
    await put(item(failing, { fail: { S: 'report-once' } }))
    await put(item(after))
    const [first, second] = await inStream(failing, 2)
    expect(second?.record).toEqual(first?.record)
    await inStream(after, 1)
    expect(await seen(`stream ${before}`)).toHaveLength(1)
  })

  // with-ddb, error handling: MaximumRetryAttempts, OnFailure; example of the invocation record
  contract('a record that is reported every time is given up and told of, and what follows is delivered', async () => {
    const [failing, after] = [id(), id()]
    await put(item(failing, { fail: { S: 'report' } }))
    await put(item(after))
    const attempts = await inStream(failing, 3)
    const sequence = attempts[0]?.record.dynamodb?.SequenceNumber ?? ''
    const told = await failure<StreamFailure>(({ DDBStreamBatchInfo }) => DDBStreamBatchInfo?.startSequenceNumber === sequence)
    expect(told.requestContext).toMatchObject({ condition: 'RetryAttemptsExhausted' })
    await inStream(after, 1)
    // The first attempt and two more.
    expect(await seen(`stream ${failing}`)).toHaveLength(3)
  })

  // with-ddb: BisectBatchOnFunctionError
  contract('a batch that fails is split until the record that makes it fail is alone', async () => {
    const ids = Array.from({ length: 4 }, id)
    const poison = ids[2] ?? ''
    await together(...ids.map((pk) => item(pk, pk === poison ? { fail: { S: 'throw' } } : {})))
    const sequence = (await inStream(poison, 1))[0]?.record.dynamodb?.SequenceNumber
    const told = await failure<StreamFailure>(({ DDBStreamBatchInfo }) => DDBStreamBatchInfo?.startSequenceNumber === sequence)
    expect(told.DDBStreamBatchInfo).toMatchObject({ endSequenceNumber: sequence, batchSize: 1 })
    for (const pk of ids) await inStream(pk, 1)
    expect((await seen(`stream ${poison}`)).at(-1)).toMatchObject({ batch: 1 })
  })

  // with-sqs, example event
  contract('a message comes to a function with its attributes', async () => {
    const message = randomUUID()
    const MessageBody = JSON.stringify({ id: message, wanted: 'yes' })
    const { MessageId } = await sqs().send(
      new SendMessageCommand({
        QueueUrl: target().InboxUrl,
        MessageBody,
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'x' },
          bytes: { DataType: 'Binary', BinaryValue: Uint8Array.from([255]) },
        },
      }),
    )
    const [first] = await inQueue(message, 1)
    expect(first?.record).toEqual({
      messageId: MessageId,
      receiptHandle: expect.any(String),
      body: MessageBody,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
        bytes: { binaryValue: '/w==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:/),
      awsRegion: expect.any(String),
    })
  })

  // services-sqs-errorhandling, "Implementing partial batch responses"; sqs-dead-letter-queues
  contract('a message that is reported comes again after its timeout, alone, and ends among the dead letters', async () => {
    const [good, once, never] = [randomUUID(), randomUUID(), randomUUID()]
    const send = (message: string, fail?: string) =>
      sqs().send(new SendMessageCommand({ QueueUrl: target().InboxUrl, MessageBody: JSON.stringify({ id: message, wanted: 'yes', fail }) }))
    await Promise.all([send(good), send(once, 'report-once'), send(never, 'report')])
    await Promise.all([inQueue(good, 1), inQueue(once, 1), inQueue(never, 1)])
    await target().pass(15)
    const [first, second] = await inQueue(once, 2)
    expect(second?.record).toMatchObject({ messageId: first?.record.messageId, attributes: { ApproximateReceiveCount: '2' } })
    await inQueue(never, 2)
    await target().pass(15)
    await inQueue(never, 3)
    await target().pass(15)
    await failure<{ id: string }>((body) => body.id === never)
    expect([(await seen(`queue ${good}`)).length, (await seen(`queue ${once}`)).length, (await seen(`queue ${never}`)).length]).toEqual([
      1, 2, 3,
    ])
  })

  // with-sqs-filtering: what is filtered is deleted; a body that is no JSON does not fit a filter for JSON
  contract('a message that no filter lets through is deleted', async () => {
    const [other, wanted] = [randomUUID(), randomUUID()]
    const send = (MessageBody: string) => sqs().send(new SendMessageCommand({ QueueUrl: target().InboxUrl, MessageBody }))
    await send(JSON.stringify({ id: other, wanted: 'no' }))
    await send('wanted: yes')
    await send(JSON.stringify({ id: wanted, wanted: 'yes' }))
    await inQueue(wanted, 1)
    await target().pass(15)
    expect(await seen(`queue ${other}`)).toEqual([])
    const { Messages } = await sqs().send(new ReceiveMessageCommand({ QueueUrl: target().InboxUrl, WaitTimeSeconds: 0 }))
    expect(Messages).toBeUndefined()
  })
}
