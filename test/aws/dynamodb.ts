import { randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { contract, refusal } from './contract.ts'
import { eventually, type Target } from './target.ts'

type Item = Record<string, AttributeValue>
const kilobyte = 1024

/*
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/ (API)
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ (guide)
 */
export function dynamodbContract(target: () => Target): void {
  const client = () => target().client(DynamoDBClient)
  const keyOf = (pk: string, sk = 'a') => ({ pk: { S: pk }, sk: { S: sk } })
  const put = (Item: Item, more: Partial<PutItemCommandInput> = {}) =>
    client().send(new PutItemCommand({ TableName: target().TableName, Item, ...more }))
  const get = async (Key: Item): Promise<Item | undefined> =>
    (await client().send(new GetItemCommand({ TableName: target().TableName, Key, ConsistentRead: true }))).Item
  const update = (Key: Item, UpdateExpression: string, values: Item | undefined, more: Partial<UpdateItemCommandInput> = {}) =>
    client().send(
      new UpdateItemCommand({ TableName: target().TableName, Key, UpdateExpression, ExpressionAttributeValues: values, ...more }),
    )
  const query = (pk: string, more: Partial<QueryCommandInput> = {}) =>
    client().send(
      new QueryCommand({
        TableName: target().TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ...more,
      }),
    )
  const transact = (TransactItems: TransactWriteItem[], ClientRequestToken?: string) =>
    client().send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }))
  const putIn = (Item: Item, more: object = {}): TransactWriteItem => ({ Put: { TableName: target().TableName, Item, ...more } })
  const unless = { ConditionExpression: 'attribute_not_exists(pk)' }
  const invalid = { name: 'ValidationException' }

  // guide, Expressions.ConditionExpressions; API PutItem, ReturnValuesOnConditionCheckFailure
  contract('a condition that fails is told apart, with the item that made it fail when asked', async () => {
    const item = { ...keyOf(randomUUID()), n: { N: '1' } }
    await put(item, unless)
    const without = await refusal(put({ ...item, n: { N: '2' } }, unless))
    expect(without).toMatchObject({ name: 'ConditionalCheckFailedException', message: 'The conditional request failed', Item: undefined })
    const asked = put({ ...item, n: { N: '2' } }, { ...unless, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })
    expect(await refusal(asked)).toMatchObject({ name: 'ConditionalCheckFailedException', Item: item })
    expect(await get(keyOf(item.pk.S))).toEqual(item)
  })

  // API PutItem: there is no item to return
  contract('a condition on an item that is not there fails, with no item', async () => {
    const refused = await refusal(
      put(keyOf(randomUUID()), { ConditionExpression: 'attribute_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    )
    expect(refused).toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined })
  })

  // API TransactWriteItems, CancellationReasons: "ordered in the same way as the request"
  contract('a transaction that is cancelled says why, action by action, and does nothing', async () => {
    const [held, free] = [randomUUID(), randomUUID()]
    const item = { ...keyOf(held), n: { N: '1' } }
    await put(item)
    const refused = await refusal(
      transact([
        putIn(keyOf(free)),
        putIn(keyOf(held), unless),
        putIn(keyOf(held, 'b')),
        {
          ConditionCheck: {
            TableName: target().TableName,
            Key: keyOf(free, 'c'),
            ConditionExpression: 'attribute_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          Update: {
            TableName: target().TableName,
            Key: keyOf(held, 'd'),
            UpdateExpression: 'SET n = :n',
            ConditionExpression: 'n = :n',
            ExpressionAttributeValues: { ':n': { N: '1' } },
          },
        },
      ]),
    )
    expect(refused).toMatchObject({
      name: 'TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None, ConditionalCheckFailed, ConditionalCheckFailed]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      ],
    })
    expect([await get(keyOf(free)), await get(keyOf(held, 'b')), await get(keyOf(held))]).toEqual([undefined, undefined, item])
  })

  // API TransactWriteItems, Put: ReturnValuesOnConditionCheckFailure
  contract('a cancellation holds the item that made it fail, when asked', async () => {
    const item = { ...keyOf(randomUUID()), n: { N: '1' } }
    await put(item)
    const refused = await refusal(transact([putIn(item, { ...unless, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })]))
    expect(refused).toMatchObject({ CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: item }] })
  })

  // API TransactWriteItems: "There is more than one request … targeting the same item"
  contract('two actions of a transaction on one item are refused', async () => {
    const item = keyOf(randomUUID())
    const check = { ConditionCheck: { TableName: target().TableName, Key: item, ConditionExpression: 'attribute_not_exists(pk)' } }
    for (const items of [
      [putIn(item), putIn(item)],
      [putIn(item), check],
      [putIn(item), { Delete: { TableName: target().TableName, Key: item } }],
    ])
      expect(await refusal(transact(items))).toMatchObject({
        ...invalid,
        message: 'Transaction request cannot include multiple operations on one item',
      })
    expect(await get(item)).toBeUndefined()
  })

  // API TransactWriteItems, ClientRequestToken: idempotent for ten minutes
  contract('a transaction repeated with its token is done once; with other content it is refused', async () => {
    const item = keyOf(randomUUID())
    const token = randomUUID()
    const add = (n: string): TransactWriteItem => ({
      Update: {
        TableName: target().TableName,
        Key: item,
        UpdateExpression: 'ADD n :n',
        ExpressionAttributeValues: { ':n': { N: n } },
      },
    })
    await transact([add('1')], token)
    await transact([add('1')], token)
    expect((await get(item))?.n).toEqual({ N: '1' })
    expect(await refusal(transact([add('2')], token))).toMatchObject({ name: 'IdempotentParameterMismatchException' })
    await transact([add('1')], randomUUID())
    expect((await get(item))?.n).toEqual({ N: '2' })
  })

  // guide, ServiceQuotas, "Transactions": 100 items, 4 MB together
  contract('a transaction takes a hundred actions and four megabytes, and no more', async () => {
    const pk = randomUUID()
    const items = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => putIn({ ...keyOf(pk, String(i).padStart(3, '0')), x: { S: 'x'.repeat(bytes) } }))
    await transact(items(100, 10))
    expect((await query(pk, { Select: 'COUNT' })).Count).toBe(100)
    expect(await refusal(transact(items(101, 10)))).toMatchObject(invalid)
    await transact(items(10, 390 * kilobyte))
    expect(await refusal(transact(items(11, 390 * kilobyte)))).toMatchObject(invalid)
  })

  // API BatchWriteItem: 25 requests, no two on one item; API BatchGetItem: 100 keys
  contract('a batch writes 25 items and reads 100, each once', async () => {
    const pk = randomUUID()
    const { TableName } = target()
    const keys = (count: number) => Array.from({ length: count }, (_, i) => keyOf(pk, String(i)))
    const write = (items: Item[]) =>
      client().send(new BatchWriteItemCommand({ RequestItems: { [TableName]: items.map((each) => ({ PutRequest: { Item: each } })) } }))
    const read = (items: Item[]) => client().send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: items } } }))
    expect((await write(keys(25))).UnprocessedItems).toEqual({})
    expect((await read(keys(100))).Responses?.[TableName]).toHaveLength(25)
    const twice = [...keys(1), ...keys(1)]
    for (const wrong of [() => write(keys(26)), () => write(twice), () => read(keys(101)), () => read(twice)])
      expect(await refusal(wrong())).toMatchObject(invalid)
  })

  // guide, Query.Pagination
  contract('a page ends at its limit, and the last key leads to the next', async () => {
    const pk = randomUUID()
    for (let i = 0; i < 5; i++) await put(keyOf(pk, String(i)))
    const sks = (items: Item[] = []) => items.map(({ sk }) => sk?.S)
    const first = await query(pk, { Limit: 2 })
    expect([sks(first.Items), first.LastEvaluatedKey]).toEqual([['0', '1'], keyOf(pk, '1')])
    const second = await query(pk, { Limit: 3, ExclusiveStartKey: first.LastEvaluatedKey })
    // A full page does not know whether it is the last.
    expect([sks(second.Items), second.LastEvaluatedKey]).toEqual([['2', '3', '4'], keyOf(pk, '4')])
    const third = await query(pk, { ExclusiveStartKey: second.LastEvaluatedKey })
    expect([sks(third.Items), third.LastEvaluatedKey]).toEqual([[], undefined])
    const down = await query(pk, { Limit: 2, ScanIndexForward: false })
    expect(sks(down.Items)).toEqual(['4', '3'])
    // A filter comes after the limit.
    const filtered = await query(pk, {
      Limit: 2,
      FilterExpression: 'sk2 = :none',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':none': { S: 'x' } },
    })
    expect(filtered).toMatchObject({ Count: 0, ScannedCount: 2, LastEvaluatedKey: keyOf(pk, '1') })
  })

  // guide, Query.Pagination: 1 MB
  contract('a page ends at a megabyte', async () => {
    const pk = randomUUID()
    for (let i = 0; i < 5; i++) await put({ ...keyOf(pk, String(i)), x: { S: 'x'.repeat(300 * kilobyte) } })
    const first = await query(pk)
    // Whether the item that crosses the megabyte is in the page is not documented.
    expect([3, 4]).toContain(first.Count)
    const rest = await query(pk, { ExclusiveStartKey: first.LastEvaluatedKey })
    const sks = [...(first.Items ?? []), ...(rest.Items ?? [])].map(({ sk }) => sk?.S)
    expect([sks, rest.LastEvaluatedKey]).toEqual([['0', '1', '2', '3', '4'], undefined])
  })

  // guide, Query.KeyConditionExpressions
  contract('a range of sort keys is by bytes', async () => {
    const pk = randomUUID()
    for (const sk of ['event#00000009', 'event#00000010', 'state', 'state#cold', 'é']) await put(keyOf(pk, sk))
    const range = async (condition: string, values: Item) =>
      (
        await query(pk, { KeyConditionExpression: `pk = :pk AND ${condition}`, ExpressionAttributeValues: { ':pk': { S: pk }, ...values } })
      ).Items?.map(({ sk }) => sk?.S)
    expect(await range('begins_with(sk, :p)', { ':p': { S: 'state' } })).toEqual(['state', 'state#cold'])
    expect(await range('sk BETWEEN :a AND :b', { ':a': { S: 'event#' }, ':b': { S: 'event#00000010' } })).toEqual([
      'event#00000009',
      'event#00000010',
    ])
    expect(await range('sk > :a', { ':a': { S: 'state' } })).toEqual(['state#cold', 'é'])
  })

  // guide, GSI: eventually consistent only, sparse, projected attributes
  contract('an index holds what has its keys, with what is projected, and is never read consistently', async () => {
    const [pk, gsi1pk] = [randomUUID(), randomUUID()]
    const index = (more: Partial<QueryCommandInput> = {}) =>
      query(pk, {
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: gsi1pk } },
        ...more,
      })
    expect(await refusal(index({ ConsistentRead: true }))).toMatchObject({
      ...invalid,
      message: expect.stringContaining('Consistent reads are not supported on global secondary indexes'),
    })
    const keys = { gsi1pk: { S: gsi1pk }, gsi1sk: { S: '1' } }
    await put({ ...keyOf(pk, 'listed'), ...keys, row: { S: '{}' }, more: { S: 'not projected' } })
    await put({ ...keyOf(pk, 'half'), gsi1pk: keys.gsi1pk })
    const items = await eventually(async () => ((await index()).Count ? (await index()).Items : undefined))
    expect(items).toEqual([{ ...keyOf(pk, 'listed'), ...keys, row: { S: '{}' } }])
    const page = await index({ Limit: 1 })
    expect(page.LastEvaluatedKey).toEqual({ ...keyOf(pk, 'listed'), ...keys })
    await update(keyOf(pk, 'listed'), 'REMOVE gsi1pk', undefined)
    await eventually(async () => ((await index()).Count === 0 ? true : undefined))
    expect(await refusal(put({ ...keyOf(pk, 'wrong'), gsi1pk: { N: '1' }, gsi1sk: { S: '1' } }))).toMatchObject(invalid)
    expect(await refusal(put({ ...keyOf(pk, 'empty'), gsi1pk: { S: '' }, gsi1sk: { S: '1' } }))).toMatchObject(invalid)
  })

  // guide, Expressions.UpdateExpressions
  contract('SET, ADD, REMOVE and DELETE do what they say', async () => {
    const item = keyOf(randomUUID())
    const changed = async (expression: string, values?: Item) => {
      const { Attributes: { pk: _, sk: __, ...rest } = {} } = await update(item, expression, values, { ReturnValues: 'ALL_NEW' })
      return rest
    }
    // ADD makes a number or a set that is not there.
    expect(await changed('ADD n :n, s :s', { ':n': { N: '5' }, ':s': { SS: ['a', 'b'] } })).toEqual({
      n: { N: '5' },
      s: { SS: ['a', 'b'] },
    })
    expect((await changed('ADD n :n', { ':n': { N: '-7.5' } })).n).toEqual({ N: '-2.5' })
    expect((await changed('ADD s :s', { ':s': { SS: ['b', 'c'] } })).s?.SS?.sort()).toEqual(['a', 'b', 'c'])
    expect((await changed('DELETE s :s', { ':s': { SS: ['a', 'b', 'x'] } })).s).toEqual({ SS: ['c'] })
    // An empty set is none.
    expect(await changed('DELETE s :s', { ':s': { SS: ['c'] } })).toEqual({ n: { N: '-2.5' } })
    expect(await changed('SET n = n + :n, m = if_not_exists(m, :m)', { ':n': { N: '1' }, ':m': { S: 'x' } })).toEqual({
      n: { N: '-1.5' },
      m: { S: 'x' },
    })
    expect(
      (await changed('SET l = list_append(if_not_exists(l, :empty), :l)', { ':empty': { L: [] }, ':l': { L: [{ S: '1' }] } })).l,
    ).toEqual({
      L: [{ S: '1' }],
    })
    expect(await changed('REMOVE n, l, nothing')).toEqual({ m: { S: 'x' } })
    expect(await refusal(changed('ADD m :n', { ':n': { N: '1' } }))).toMatchObject(invalid)
    expect(await refusal(changed('SET q = q + :n', { ':n': { N: '1' } }))).toMatchObject(invalid)
    expect(await refusal(changed('SET pk = :x', { ':x': { S: 'x' } }))).toMatchObject(invalid)
    expect(await refusal(changed('SET m = :x, m = :x', { ':x': { S: 'x' } }))).toMatchObject(invalid)
  })

  // API UpdateItem, ReturnValues; API DeleteItem
  contract('a write gives back what it is asked for', async () => {
    const item = { ...keyOf(randomUUID()), a: { N: '1' }, b: { N: '1' } }
    expect((await put(item, { ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined()
    expect((await put({ ...item, a: { N: '2' } }, { ReturnValues: 'ALL_OLD' })).Attributes).toEqual(item)
    const values = { ':a': { N: '3' } }
    expect((await update(keyOf(item.pk.S), 'SET a = :a', values, { ReturnValues: 'UPDATED_NEW' })).Attributes).toEqual({ a: { N: '3' } })
    expect((await update(keyOf(item.pk.S), 'SET a = :a', values, { ReturnValues: 'UPDATED_OLD' })).Attributes).toEqual({ a: { N: '3' } })
    const remove = () =>
      client().send(new DeleteItemCommand({ TableName: target().TableName, Key: keyOf(item.pk.S), ReturnValues: 'ALL_OLD' }))
    expect((await remove()).Attributes).toEqual({ ...item, a: { N: '3' } })
    expect((await remove()).Attributes).toBeUndefined()
  })

  // guide, HowItWorks.NamingRulesDataTypes
  contract('texts and bytes may be empty, keys and sets may not', async () => {
    const item = { ...keyOf(randomUUID()), s: { S: '' }, b: { B: new Uint8Array() }, l: { L: [] }, m: { M: {} }, n: { NULL: true } }
    await put(item)
    expect(await get(keyOf(item.pk.S))).toEqual(item)
    for (const wrong of [
      { ...keyOf('') },
      { ...keyOf('x', '') },
      { ...keyOf('x'), s: { SS: [] } },
      { ...keyOf('x'), s: { SS: ['a', 'a'] } },
      { pk: { S: 'x' } },
      { pk: { S: 'x' }, sk: { N: '1' } },
    ] satisfies Item[])
      expect(await refusal(put(wrong))).toMatchObject(invalid)
  })

  // guide, HowItWorks.NamingRulesDataTypes, "Number"
  contract('numbers have 38 digits', async () => {
    const pk = randomUUID()
    const kept = async (N: string) => {
      await put({ ...keyOf(pk), n: { N } })
      return (await get(keyOf(pk)))?.n?.N
    }
    expect(await kept('12345678901234567890123456789012345678')).toBe('12345678901234567890123456789012345678')
    expect(await kept('0.10')).toBe('0.1')
    expect(await kept('-000.5e1')).toBe('-5')
    expect(await kept('1e-130')).toMatch(/^(1E-130|0\.0{129}1)$/)
    for (const wrong of ['123456789012345678901234567890123456789', '1e126', 'one', ''])
      expect(await refusal(kept(wrong))).toMatchObject(invalid)
  })

  // guide, ServiceQuotas, "Items": 400 KB with names; CapacityUnitCalculations for how sizes are counted
  contract('an item has 400 KB, names included', async () => {
    const pk = randomUUID()
    const fixed = 'pk'.length + pk.length + 'sk'.length + 'a'.length + 'x'.length
    await put({ ...keyOf(pk), x: { S: 'x'.repeat(400 * kilobyte - fixed) } })
    expect(await refusal(put({ ...keyOf(pk), x: { S: 'x'.repeat(400 * kilobyte - fixed + 1) } }))).toMatchObject({
      ...invalid,
      message: 'Item size has exceeded the maximum allowed size',
    })
    expect(await refusal(update(keyOf(pk), 'SET y = :y', { ':y': { S: 'y' } }))).toMatchObject({
      ...invalid,
      message: 'Item size to update has exceeded the maximum allowed size',
    })
  })

  // API GetItem, ConsumedCapacity; guide, CapacityUnitCalculations
  contract('a call says what it consumed', async () => {
    const item = { ...keyOf(randomUUID()), x: { S: 'x'.repeat(1500) } }
    const { ConsumedCapacity: written } = await put(item, { ReturnConsumedCapacity: 'TOTAL' })
    expect(written?.CapacityUnits).toBe(2)
    const read = async (ConsistentRead: boolean) =>
      (
        await client().send(
          new GetItemCommand({ TableName: target().TableName, Key: keyOf(item.pk.S), ConsistentRead, ReturnConsumedCapacity: 'TOTAL' }),
        )
      ).ConsumedCapacity?.CapacityUnits
    expect([await read(true), await read(false)]).toEqual([1, 0.5])
    const { ConsumedCapacity } = await client().send(
      new TransactWriteItemsCommand({ TransactItems: [putIn(item)], ReturnConsumedCapacity: 'TOTAL' }),
    )
    expect(ConsumedCapacity?.[0]?.CapacityUnits).toBe(4)
  })

  // API, ReturnConsumedCapacity: NONE unless told
  contract('a call does not say what it consumed unless asked', async () => {
    expect((await put(keyOf(randomUUID()))).ConsumedCapacity).toBeUndefined()
  })

  // guide, TTL
  contract('a table says which attribute tells when an item expires, and an expired item may still be read', async () => {
    const { TimeToLiveDescription } = await client().send(new DescribeTimeToLiveCommand({ TableName: target().TableName }))
    expect(TimeToLiveDescription).toEqual({ AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' })
    const item = { ...keyOf(randomUUID()), expires: { N: String(Math.floor(Date.now() / 1000) + 1000) } }
    await put(item)
    expect(await get(keyOf(item.pk.S))).toEqual(item)
  })

  // guide, ReservedWords; API CommonErrors, ValidationException
  for (const [name, wrong] of Object.entries<(item: Item) => Promise<unknown>>({
    'a condition that does not end': (item) => put(item, { ConditionExpression: 'attribute_not_exists(' }),
    'a value that is not given': (item) => put(item, { ConditionExpression: 'a = :none' }),
    'a value that is not used, where the condition fails,': (item) =>
      put(item, { ConditionExpression: 'a = :a', ExpressionAttributeValues: { ':a': { S: '' }, ':b': { S: '' } } }),
    'a value that is not used, where the condition holds,': (item) =>
      put(item, { ...unless, ExpressionAttributeValues: { ':b': { S: '' } } }),
    'a name that is not given': (item) => put(item, { ConditionExpression: '#a = :a', ExpressionAttributeValues: { ':a': { S: '' } } }),
    'a name that is not used': (item) => put(item, { ...unless, ExpressionAttributeNames: { '#a': 'a' } }),
    'a reserved word in a condition': (item) => put(item, { ConditionExpression: 'attribute_not_exists(status)' }),
    'a reserved word in an update': (item) => update(item, 'SET Name = :a', { ':a': { S: '' } }),
    'a reserved word in a projection': () => query('x', { ProjectionExpression: 'pk, timestamp' }),
    'a key condition without its key': () => query('x', { KeyConditionExpression: 'sk = :pk' }),
    'an index that is not there': () => query('x', { IndexName: 'none' }),
    'a limit of nothing': () => query('x', { Limit: 0 }),
    'an empty expression': (item) => put(item, { ConditionExpression: '' }),
  }))
    contract(`${name} is refused`, async () => {
      expect(await refusal(wrong(keyOf(randomUUID())))).toMatchObject(invalid)
    })

  // API CommonErrors, ResourceNotFoundException
  contract('a table that does not exist is not found', async () => {
    expect(await refusal(put(keyOf('x'), { TableName: `none-${randomUUID()}` }))).toMatchObject({ name: 'ResourceNotFoundException' })
  })
}
