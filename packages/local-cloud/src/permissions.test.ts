import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Fixture, variables, writeFixture } from './fixture.ts'
import { type LocalCloud, type LogEntry, startLocalCloud } from './index.ts'

type Properties = Readonly<Record<string, unknown>>
const getArn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] })
const arn = (service: string, path: string) => `arn:aws:${service}:eu-west-1:000000000000:${path}`
const things = arn('dynamodb', 'table/things')
const seen = arn('dynamodb', 'table/seen')
const bus = arn('events', `event-bus/${variables.BUS}`)

const roleOf = (statements: readonly Properties[], more: Properties = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'any',
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com', 'scheduler.amazonaws.com'] }, Action: 'sts:AssumeRole' },
    },
    Policies: [
      {
        PolicyName: 'own',
        PolicyDocument: { Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) },
      },
    ],
    ...more,
  },
})
/** What the mappings of the fixture need. */
const polling: readonly Properties[] = [
  {
    Sid: 'Streams',
    Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    Resource: `${things}/stream/*`,
  },
  { Sid: 'Inbox', Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], Resource: arn('sqs', 'inbox') },
  { Sid: 'Failures', Action: 'sqs:SendMessage', Resource: arn('sqs', 'dead-letters') },
]

let fixture: Fixture
let cloud: LocalCloud | undefined
let log: LogEntry[]
const clients: { destroy(): void }[] = []
async function start(extra: Properties): Promise<LocalCloud> {
  fixture = writeFixture(extra)
  log = []
  cloud = await startLocalCloud({ assembly: fixture.assembly, log: (entry) => log.push(entry) })
  return cloud
}
async function end(): Promise<void> {
  for (const each of clients.splice(0)) each.destroy()
  await cloud?.stop()
  cloud = undefined
  fixture.remove()
}
function client<T extends { destroy(): void }>(make: new (options: object) => T, accessKeyId = 'SOMEBODY'): T {
  const made = new make({
    endpoint: cloud?.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey: 'x' },
    maxAttempts: 1,
  })
  clients.push(made)
  return made
}
/** Credentials of the function behind the API. */
async function functionKey(): Promise<string> {
  const environment = (await (await fetch(`${cloud?.apiUrl}/environment`)).json()) as { AWS_ACCESS_KEY_ID: string }
  return environment.AWS_ACCESS_KEY_ID
}
const nameOf = (id: string): string =>
  cloud?.resources('AWS::Lambda::Function').find(({ path }) => path === `fixture-service/${id}`)?.name ?? ''
const user = (): string => `User: arn:aws:sts::000000000000:assumed-role/any/${nameOf('Api')}`

describe('a call of a function', () => {
  let key: string
  let tables: DynamoDBClient
  let kmsKey: string

  beforeAll(async () => {
    await start({
      Any: roleOf([
        ...polling,
        { Sid: 'Write', Action: ['dynamodb:PutItem', 'dynamodb:ConditionCheckItem'], Resource: [things, seen] },
        {
          Sid: 'OwnRows',
          Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'],
          Resource: seen,
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'own#*' } },
        },
        {
          Sid: 'SomeAttributes',
          Action: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Scan'],
          Resource: things,
          Condition: {
            'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'name'] },
            StringEquals: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
          },
        },
        {
          Sid: 'InTransactions',
          Action: 'dynamodb:UpdateItem',
          Resource: things,
          Condition: { StringEquals: { 'dynamodb:EnclosingOperation': 'TransactWriteItems' } },
        },
        { Sid: 'Deletions', Action: 'dynamodb:DeleteItem', Resource: '*' },
        { Sid: 'NoDeletions', Effect: 'Deny', Action: 'dynamodb:Delete*', Resource: things },
        { Sid: 'Statements', Action: 'dynamodb:PartiQLSelect', Resource: things },
        {
          Sid: 'Publish',
          Action: 'events:PutEvents',
          Resource: bus,
          Condition: { StringEquals: { 'events:source': 'fixture' }, StringLike: { 'events:detail-type': 'thing-*' } },
        },
        {
          Sid: 'ClassKey',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: arn('kms', 'key/*'),
          Condition: {
            StringEquals: { 'kms:EncryptionContext:class': 'C2' },
            'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['class', 'env'] },
          },
        },
        { Sid: 'Spare', Action: 'sqs:SendMessage', Resource: arn('sqs', 'spare'), Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      ]),
    })
    key = await functionKey()
    tables = client(DynamoDBClient, key)
    kmsKey = cloud?.resources('AWS::KMS::Key')[0]?.arn ?? ''
  })
  afterAll(end)

  /** Sends it as the function. @returns action and resource that were refused, or that it was allowed */
  async function outcome(send: () => Promise<unknown>): Promise<string> {
    try {
      await send()
      return 'allowed'
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const [, who, action, resource] = /^(User: \S+) is not authorized to perform: (\S+) on resource: (\S+)/.exec(error.message) ?? []
      if (who === undefined) throw error
      expect(who).toBe(user())
      return `${error.name} ${action} ${resource}`
    }
  }
  const pk = (value: string) => ({ pk: { S: value } })
  const row = (value: string) => ({ pk: { S: value }, sk: { S: '1' } })
  const query = (TableName: string, expression: string, value: string, more: object = {}) =>
    tables.send(
      new QueryCommand({ TableName, KeyConditionExpression: expression, ExpressionAttributeValues: { ':v': { S: value } }, ...more }),
    )
  const refused = (action: string, resource: string) => `AccessDeniedException dynamodb:${action} ${resource}`
  const select = { ProjectionExpression: '#n, pk', ExpressionAttributeNames: { '#n': 'name' } }

  test.each<[string, () => Promise<unknown>, string]>([
    ['PutItem', () => tables.send(new PutItemCommand({ TableName: 'things', Item: pk('a') })), 'allowed'],
    ['UpdateItem by ARN', () => tables.send(new UpdateItemCommand({ TableName: things, Key: pk('a') })), refused('UpdateItem', things)],
    ['UpdateItem', () => tables.send(new UpdateItemCommand({ TableName: 'things', Key: pk('a') })), refused('UpdateItem', things)],
    ['DeleteItem', () => tables.send(new DeleteItemCommand({ TableName: 'things', Key: pk('a') })), refused('DeleteItem', things)],
    ['DeleteItem elsewhere', () => tables.send(new DeleteItemCommand({ TableName: 'seen', Key: row('a') })), 'allowed'],
    ['GetItem of its own', () => tables.send(new GetItemCommand({ TableName: 'seen', Key: row('own#1') })), 'allowed'],
    ['GetItem of others', () => tables.send(new GetItemCommand({ TableName: 'seen', Key: row('case#1') })), refused('GetItem', seen)],
    ['Query of its own', () => query('seen', 'pk = :v', 'own#1'), 'allowed'],
    ['Query of its own, by a name', () => query('seen', '#p=:v', 'own#1', { ExpressionAttributeNames: { '#p': 'pk' } }), 'allowed'],
    ['Query of others', () => query('seen', 'pk = :v', 'case#1'), refused('Query', seen)],
    ['Query of others, by a name', () => query('seen', '#p=:v', 'x', { ExpressionAttributeNames: { '#p': 'pk' } }), refused('Query', seen)],
    ['Query of an index', () => query('seen', 'pk = :v', 'own#1', { IndexName: 'gsi1' }), refused('Query', `${seen}/index/gsi1`)],
    ['GetItem of all attributes', () => tables.send(new GetItemCommand({ TableName: 'things', Key: pk('a') })), refused('GetItem', things)],
    ['GetItem of some', () => tables.send(new GetItemCommand({ TableName: 'things', Key: pk('a'), ...select })), 'allowed'],
    [
      'GetItem of others than those',
      () => tables.send(new GetItemCommand({ TableName: 'things', Key: pk('a'), ProjectionExpression: 'quiet' })),
      refused('GetItem', things),
    ],
    [
      'Scan of some',
      () =>
        tables.send(
          new ScanCommand({
            TableName: 'things',
            ...select,
            FilterExpression: 'attribute_exists(pk) AND NOT size(pk) = :z',
            ExpressionAttributeValues: { ':z': { N: '0' } },
          }),
        ),
      'allowed',
    ],
    [
      'Scan that filters by others',
      () => tables.send(new ScanCommand({ TableName: 'things', ...select, FilterExpression: 'attribute_exists(quiet)' })),
      refused('Scan', things),
    ],
    [
      'BatchGetItem',
      () =>
        tables.send(
          new BatchGetItemCommand({
            RequestItems: { seen: { Keys: [row('own#1'), row('own#2')] }, things: { Keys: [pk('a')], ...select } },
          }),
        ),
      'allowed',
    ],
    [
      'BatchGetItem with one of others',
      () => tables.send(new BatchGetItemCommand({ RequestItems: { seen: { Keys: [row('own#1'), row('case#2')] } } })),
      refused('BatchGetItem', seen),
    ],
    [
      'BatchWriteItem',
      () =>
        tables.send(
          new BatchWriteItemCommand({
            RequestItems: { seen: [{ PutRequest: { Item: row('own#1') } }, { DeleteRequest: { Key: row('own#2') } }] },
          }),
        ),
      'allowed',
    ],
    [
      'BatchWriteItem that deletes one of others',
      () =>
        tables.send(
          new BatchWriteItemCommand({
            RequestItems: { seen: [{ PutRequest: { Item: row('own#1') } }, { DeleteRequest: { Key: row('x') } }] },
          }),
        ),
      refused('BatchWriteItem', seen),
    ],
    [
      'TransactWriteItems: put, update, condition check',
      () =>
        tables.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: 'things', Item: pk('b') } },
              {
                Update: {
                  TableName: 'things',
                  Key: pk('c'),
                  UpdateExpression: 'SET n = :n',
                  ExpressionAttributeValues: { ':n': { S: 'x' } },
                },
              },
              { ConditionCheck: { TableName: 'seen', Key: row('d'), ConditionExpression: 'attribute_not_exists(pk)' } },
            ],
          }),
        ),
      'allowed',
    ],
    [
      'TransactWriteItems that deletes',
      () =>
        tables.send(
          new TransactWriteItemsCommand({
            TransactItems: [{ Put: { TableName: 'things', Item: pk('b') } }, { Delete: { TableName: 'things', Key: pk('c') } }],
          }),
        ),
      refused('DeleteItem', things),
    ],
    [
      'TransactGetItems with one of others',
      () =>
        tables.send(
          new TransactGetItemsCommand({ TransactItems: ['own#1', 'x'].map((value) => ({ Get: { TableName: 'seen', Key: row(value) } })) }),
        ),
      refused('GetItem', seen),
    ],
    ['a select', () => tables.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "things" WHERE pk = 'a'` })), 'allowed'],
    [
      'an insert',
      () => tables.send(new ExecuteStatementCommand({ Statement: `INSERT INTO "things" VALUE {'pk': 'a'}` })),
      refused('PartiQLInsert', things),
    ],
    [
      'an update',
      () => tables.send(new ExecuteStatementCommand({ Statement: `UPDATE "things" SET a=1 WHERE pk='a'` })),
      refused('PartiQLUpdate', things),
    ],
    [
      'a select of an index',
      () => tables.send(new ExecuteStatementCommand({ Statement: 'SELECT * FROM "things"."i"' })),
      refused('PartiQLSelect', `${things}/index/i`),
    ],
    [
      'a table that is not there',
      () => tables.send(new PutItemCommand({ TableName: 'other', Item: pk('a') })),
      refused('PutItem', arn('dynamodb', 'table/other')),
    ],
  ])('DynamoDB: %s', async (_, send, expected) => {
    expect(await outcome(send)).toBe(expected)
  })

  test.each<[string, string, object]>([
    ['its class', 'allowed', { class: 'C2' }],
    ['its class and environment', 'allowed', { class: 'C2', env: 'local' }],
    ['another class', 'refused', { class: 'C3' }],
    ['one pair more', 'refused', { class: 'C2', other: 'x' }],
    ['nothing', 'refused', {}],
  ])('KMS, in the context of %s: %s', async (_, expected, context) => {
    const keys = client(KMSClient, key)
    const EncryptionContext = { ...context }
    const denial = (action: string) => (expected === 'allowed' ? 'allowed' : `AccessDeniedException kms:${action} ${kmsKey}`)
    expect(await outcome(() => keys.send(new GenerateDataKeyCommand({ KeyId: kmsKey, KeySpec: 'AES_256', EncryptionContext })))).toBe(
      denial('GenerateDataKey'),
    )
    const { CiphertextBlob } = await client(KMSClient).send(
      new EncryptCommand({ KeyId: kmsKey, Plaintext: Buffer.from('text'), EncryptionContext }),
    )
    expect(await outcome(() => keys.send(new DecryptCommand({ KeyId: kmsKey, CiphertextBlob, EncryptionContext })))).toBe(denial('Decrypt'))
    const unnamed = keys.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    if (expected === 'allowed') await unnamed
    else
      await expect(unnamed).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringMatching(/^The ciphertext refers to/),
      })
  })

  test.each<[string, string, readonly Readonly<Record<string, string>>[]]>([
    ['of its own', 'allowed', [{ Source: 'fixture', DetailType: 'thing-seen' }]],
    ['from another source', 'refused', [{ Source: 'other', DetailType: 'thing-seen' }]],
    [
      'of which one is of another type',
      'refused',
      [
        { Source: 'fixture', DetailType: 'thing-seen' },
        { Source: 'fixture', DetailType: 'person' },
      ],
    ],
  ])('EventBridge: events %s: %s', async (_, expected, entries) => {
    const Entries = entries.map((entry) => ({ ...entry, EventBusName: variables.BUS, Detail: '{}' }))
    expect(await outcome(() => client(EventBridgeClient, key).send(new PutEventsCommand({ Entries })))).toBe(
      expected === 'allowed' ? 'allowed' : `AccessDeniedException events:PutEvents ${bus}`,
    )
  })

  test('SQS: as its older protocol says it, with the action in lower case', async () => {
    const queues = client(SQSClient, key)
    const QueueUrl = `${cloud?.endpoint}/000000000000/spare`
    expect(await outcome(() => queues.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })))).toBe('allowed')
    const Entries = [{ Id: '1', MessageBody: 'x' }]
    expect(await outcome(() => queues.send(new SendMessageBatchCommand({ QueueUrl, Entries })))).toBe('allowed')
    await expect(queues.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toMatchObject({
      Code: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
      message: `${user()} is not authorized to perform: sqs:receivemessage on resource: ${arn('sqs', 'spare')} because no identity-based policy allows the sqs:receivemessage action`,
    })
    await expect(queues.send(new GetQueueUrlCommand({ QueueName: 'spare' }))).rejects.toMatchObject({ Code: 'AccessDenied' })
  })

  test('is refused in the words of AWS, and in the log of the function', async () => {
    const message = `${user()} is not authorized to perform: dynamodb:DeleteItem on resource: ${things} with an explicit deny in an identity-based policy`
    await expect(tables.send(new DeleteItemCommand({ TableName: 'things', Key: pk('a') }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
      message,
    })
    expect(log).toContainEqual(expect.objectContaining({ function: 'fixture-service/Api', line: message }))
  })

  test('is nobody’s when no function has its key: allowed', async () => {
    await client(DynamoDBClient).send(new DeleteItemCommand({ TableName: 'things', Key: pk('a') }))
  })

  test('what was granted and never used is told, function by function', () => {
    const unused = (cloud?.unusedGrants() ?? []).filter(({ function: path }) => path === 'fixture-service/Api')
    const names = unused.map(({ statement }) => statement)
    expect(names).toContain('Inbox')
    expect(names).not.toContain('Spare')
    expect(names).not.toContain('NoDeletions')
    expect(unused.find(({ statement }) => statement === 'Write')).toEqual({
      function: 'fixture-service/Api',
      policy: 'fixture-service/Any/own',
      statement: 'Write',
      unused: [
        { action: 'dynamodb:PutItem', resource: seen },
        { action: 'dynamodb:ConditionCheckItem', resource: things },
      ],
      used: [
        { action: 'dynamodb:PutItem', resource: things },
        { action: 'dynamodb:ConditionCheckItem', resource: seen },
      ],
    })
    // Lambda itself used what the mappings need.
    const ofRelay = (cloud?.unusedGrants() ?? []).filter(({ function: path }) => path === 'fixture-service/Relay')
    expect(ofRelay.map(({ statement }) => statement)).not.toContain('Streams')
    expect(ofRelay.map(({ statement }) => statement)).not.toContain('Failures')
  })
})

describe('what AWS would not create ends the start', () => {
  afterEach(() => fixture.remove())
  const failing = async (extra: Properties): Promise<string> => {
    fixture = writeFixture(extra)
    return startLocalCloud({ assembly: fixture.assembly }).then(
      async (started) => {
        await started.stop()
        throw new Error('it started')
      },
      (error: Error) => error.message,
    )
  }

  test.each(
    polling.flatMap(({ Sid, Action, Resource }) =>
      [Action].flat().map((action): [string, string, string] => [String(Sid), String(action), String(Resource)]),
    ),
  )('a mapping without its grant of %s: %s on %s', async (sid, action, resource) => {
    const less = polling.map((statement) =>
      statement.Sid === sid ? { ...statement, Action: ['x:y', ...[statement.Action].flat().filter((one) => one !== action)] } : statement,
    )
    const [id, fn] = sid === 'Inbox' ? ['Inbox', 'Consumer'] : ['Stream', 'Relay']
    const message = await failing({ Any: roleOf(less) })
    expect(message).toContain(
      `fixture-service/${id}: no event source mapping for fixture-service/${fn}: User: arn:aws:sts::000000000000:assumed-role/any/`,
    )
    expect(message).toContain(` is not authorized to perform: ${action} on resource: ${resource.replace('*', '')}`)
  })

  const all = [{ Action: '*', Resource: '*' }]
  const openTo = (queue: string) => ({
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: queue }], PolicyDocument: { Statement: { ...all[0], Effect: 'Allow', Principal: '*' } } },
  })
  const trusting = (Service: string) => ({
    AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' } },
  })
  test.each<[string, Properties, string]>([
    [
      'a role that Lambda may not assume',
      { Any: roleOf(all, trusting('ec2.amazonaws.com')) },
      'fixture-service/Api: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/any',
    ],
    [
      'no role',
      {
        Any: roleOf(all, { RoleName: 'any', Path: '/elsewhere/' }),
        Api2: { Type: 'AWS::Lambda::Function', Properties: { Role: 'arn:aws:iam::000000000000:role/any' } },
      },
      'fixture-service/Api2: its role is not of the stage',
    ],
    [
      'an operator',
      { Any: roleOf([{ ...all[0], Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }]) },
      'fixture-service/Any/own, statement 1: the condition operator IpAddress is not emulated',
    ],
    [
      'a condition key',
      { Any: roleOf([{ ...all[0], Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } } }]) },
      'the condition key aws:resourcetag/a is not emulated',
    ],
    [
      'a managed policy',
      { Any: roleOf(all, { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }) },
      'the managed policy arn:aws:iam::aws:policy/AdministratorAccess is not emulated',
    ],
    [
      'two policies of one queue',
      { First: openTo('Spare'), Second: openTo('Spare') },
      'fixture-service/Second: fixture-service/Spare has another queue policy',
    ],
    [
      'a key of a queue',
      { Locked: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: 'alias/other' } } },
      'fixture-service/Locked: a key that is not of the stage is not emulated',
    ],
  ])('%s', async (_, extra, message) => {
    expect(await failing(extra)).toContain(message)
  })
})

describe('grants come from wherever a template puts them', () => {
  afterEach(end)

  test('a policy of its own, a managed one, one of AWS; a boundary limits them, a table’s policy adds to them', async () => {
    const document = (Action: string | readonly string[], more: Properties = {}) => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action, Resource: '*', ...more }],
    })
    const Roles = [{ Ref: 'Any' }]
    await start({
      Any: roleOf(polling, {
        ManagedPolicyArns: [{ Ref: 'Managed' }, 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
        PermissionsBoundary: { Ref: 'Boundary' },
      }),
      Apart: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'apart', Roles, PolicyDocument: document('dynamodb:PutItem') } },
      Inline: {
        Type: 'AWS::IAM::RolePolicy',
        Properties: { PolicyName: 'inline', RoleName: 'any', PolicyDocument: document('dynamodb:Query') },
      },
      Managed: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: document('dynamodb:GetItem') } },
      Attached: { Type: 'AWS::IAM::ManagedPolicy', Properties: { Roles, PolicyDocument: document('dynamodb:Scan') } },
      Boundary: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          PolicyDocument: document([
            'sqs:*',
            'logs:*',
            'dynamodb:*Stream*',
            'dynamodb:GetRecords',
            'dynamodb:GetShardIterator',
            'dynamodb:???Item',
            'dynamodb:DeleteItem',
            'dynamodb:Query',
          ]),
        },
      },
      Shared: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'shared',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          ResourcePolicy: { PolicyDocument: document('dynamodb:DeleteItem', { Principal: { AWS: 'arn:aws:iam::000000000000:role/any' } }) },
        },
      },
    })
    const tables = client(DynamoDBClient, await functionKey())
    const Key = { pk: { S: 'a' } }
    await tables.send(new PutItemCommand({ TableName: 'things', Item: Key }))
    await tables.send(new GetItemCommand({ TableName: 'things', Key }))
    await tables.send(
      new QueryCommand({ TableName: 'things', KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': Key.pk } }),
    )
    await tables.send(new DeleteItemCommand({ TableName: 'shared', Key }))
    await expect(tables.send(new DeleteItemCommand({ TableName: 'things', Key }))).rejects.toThrow(
      'because no identity-based policy allows',
    )
    await expect(tables.send(new ScanCommand({ TableName: 'things' }))).rejects.toThrow(
      'because no permissions boundary allows the dynamodb:Scan action',
    )
    expect(log.filter(({ line }) => line.startsWith('On AWS, the lines'))).toEqual([])
  })

  test('a function that may not write its log is told so: on AWS nobody would read it', async () => {
    await start({ Any: roleOf(polling) })
    await functionKey()
    expect(log).toContainEqual(
      expect.objectContaining({
        function: 'fixture-service/Api',
        line: expect.stringContaining('is not authorized to perform: logs:PutLogEvents on resource'),
      }),
    )
  })
})

describe('what services do for somebody', () => {
  afterEach(end)
  const publish = () =>
    client(EventBridgeClient).send(
      new PutEventsCommand({ Entries: [{ EventBusName: variables.BUS, Source: 'x', DetailType: 'wanted', Detail: '{"n":1}' }] }),
    )
  const rule = (more: Properties = {}) => ({
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: variables.BUS,
      EventPattern: { source: ['x'] },
      Targets: [{ Id: 'one', Arn: getArn('Spare'), DeadLetterConfig: { Arn: getArn('Undelivered') } }],
      ...more,
    },
  })
  const undelivered = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'undelivered' } }
  const sending = (queues: readonly string[], Condition: Properties = {}) => ({
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: queues.map((Ref) => ({ Ref })),
      PolicyDocument: {
        Statement: { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*', Condition },
      },
    },
  })
  const bodies = async (queue: string) => {
    const { Messages = [] } = await client(SQSClient).send(
      new ReceiveMessageCommand({
        QueueUrl: `${cloud?.endpoint}/000000000000/${queue}`,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    )
    return Messages
  }

  test('EventBridge sends what a queue refuses to the dead letters, with the reason', async () => {
    await start({ Wanted: rule(), Undelivered: undelivered, OpenQueues: sending(['Undelivered']) })
    await publish()
    expect(await bodies('spare')).toEqual([])
    const reason = `User: events.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: ${arn('sqs', 'spare')} because no resource-based policy allows the sqs:SendMessage action`
    expect(await cloud?.deadLetters()).toMatchObject([{ queue: 'undelivered', body: expect.stringContaining('"detail":{"n":1}') }])
    expect(await bodies('undelivered')).toMatchObject([
      { MessageAttributes: { ERROR_CODE: { StringValue: 'NO_PERMISSIONS' }, ERROR_MESSAGE: { StringValue: reason } } },
    ])
    expect(log).toContainEqual(expect.objectContaining({ function: 'fixture-service/Wanted', line: reason }))
  })

  test.each([
    ['its own', 1, getArn('Wanted')],
    ['another', 0, 'arn:aws:events:eu-west-1:000000000000:rule/other'],
  ])('a queue whose policy names %s rule takes %i of its events', async (_, count, SourceArn) => {
    await start({ Wanted: rule(), Undelivered: undelivered, OpenQueues: sending(['Spare'], { ArnEquals: { 'aws:SourceArn': SourceArn } }) })
    await publish()
    expect(await bodies('spare')).toHaveLength(count)
    // Nobody may send there: the event is lost, as on AWS.
    expect(await bodies('undelivered')).toEqual([])
  })

  const account = { AWS: { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:root` } }
  const locked = (Statement: readonly Properties[]) => ({
    Lock: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement } } },
    Locked: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'locked', KmsMasterKeyId: { Ref: 'Lock' } } },
    Wanted: rule({ Targets: [{ Id: 'one', Arn: getArn('Locked') }] }),
  })
  const delegation = { Effect: 'Allow', Principal: account, Action: 'kms:*', Resource: '*' }
  const forEvents = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    Resource: '*',
  }

  test('a queue with a key takes events where the key lets EventBridge use it', async () => {
    await start(locked([delegation, forEvents]))
    await publish()
    expect(await bodies('locked')).toHaveLength(1)
  })

  test('and not where the key only trusts the account; nor may a function use it without a grant', async () => {
    await start({
      ...locked([delegation]),
      Any: roleOf([
        ...polling,
        { Action: 'sqs:*', Resource: '*' },
        {
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: {
            StringEquals: { 'kms:ViaService': 'sqs.eu-west-1.amazonaws.com', 'kms:EncryptionContext:aws:sqs:arn': arn('sqs', 'locked') },
          },
        },
      ]),
    })
    await publish()
    expect(await bodies('locked')).toEqual([])
    const queues = client(SQSClient, await functionKey())
    const QueueUrl = `${cloud?.endpoint}/000000000000/locked`
    await expect(queues.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'KmsAccessDenied',
      message: expect.stringMatching(/is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:/),
    })
    await queues.send(new ReceiveMessageCommand({ QueueUrl }))
  })

  test('a bucket with a key is written and read by whoever may use the key for it', async () => {
    const Files = {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'files',
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: getArn('Lock') } },
          ],
        },
      },
    }
    const forBucket = {
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::files' } },
    }
    await start({ ...locked([delegation]), Files, Any: roleOf([...polling, { Action: 's3:*', Resource: '*' }, forBucket]) })
    const files = client(S3Client, await functionKey())
    const at = { Bucket: 'files', Key: 'exports/one' }
    await expect(files.send(new PutObjectCommand({ ...at, Body: 'x' }))).rejects.toMatchObject({ name: 'AccessDenied' })
    // It may read: there is only nothing.
    await expect(files.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  test('a schedule acts with its role, and its dead letters take what that may not do', async () => {
    const schedule = {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: bus,
          RoleArn: getArn('Any'),
          Input: '{"n":2}',
          EventBridgeParameters: { DetailType: 'hour', Source: 'x' },
          DeadLetterConfig: { Arn: getArn('Undelivered') },
        },
      },
    }
    await start({
      Hourly: schedule,
      Undelivered: undelivered,
      Any: roleOf([...polling, { Action: 'sqs:SendMessage', Resource: arn('sqs', 'undelivered') }]),
    })
    expect(await cloud?.deadLetters()).toMatchObject([{ queue: 'undelivered', body: '{"n":2}' }])
    expect(log).toContainEqual(
      expect.objectContaining({
        function: 'fixture-service/Hourly',
        line: expect.stringContaining(`is not authorized to perform: events:PutEvents on resource: ${bus}`),
      }),
    )
  })

  test('API Gateway invokes a function only where its policy says so', async () => {
    const invoke = (SourceArn: object | string) => ({
      Invoke: {
        Type: 'AWS::Lambda::Permission',
        Properties: { Action: 'lambda:InvokeFunction', FunctionName: getArn('Api'), Principal: 'apigateway.amazonaws.com', SourceArn },
      },
    })
    await start(
      invoke({
        'Fn::Sub': [
          `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${id}/*/GET/environment`,
          { id: { 'Fn::ImportValue': 'fixture-platform:Api' } },
        ],
      }),
    )
    expect((await fetch(`${cloud?.apiUrl}/environment`)).status).toBe(200)
    const refused = await fetch(`${cloud?.apiUrl}/context`)
    expect([refused.status, await refused.json()]).toEqual([500, { message: 'Internal Server Error' }])
    const line = `User: apigateway.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: ${arn('lambda', `function:${nameOf('Api')}`)} because no resource-based policy allows the lambda:InvokeFunction action`
    expect(log).toContainEqual(expect.objectContaining({ function: 'fixture-service/Api', line }))
  })
})
