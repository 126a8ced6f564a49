import { generateKeyPairSync } from 'node:crypto'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { type Fixture, variables, writeFixture } from './fixture.ts'
import { type LocalCloud, type LogEntry, startLocalCloud } from './index.ts'

let fixture: Fixture
let cloud: LocalCloud
let log: LogEntry[]
const clients: { destroy(): void }[] = []

function client<T extends { destroy(): void }>(make: new (options: object) => T): T {
  const made = new make({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  clients.push(made)
  return made
}

beforeAll(async () => {
  fixture = writeFixture()
  log = []
  cloud = await startLocalCloud({ assembly: fixture.assembly, log: (entry) => log.push(entry), documents: { '/docs': fixture.assembly } })
})
afterEach(() => cloud.faults.clear())
afterAll(async () => {
  for (const each of clients) each.destroy()
  await cloud.stop()
  fixture.remove()
})

const call = (path: string, init: RequestInit = {}) => fetch(`${cloud.apiUrl}${path}`, init)
type Fields = Readonly<Record<string, unknown>>
interface HttpEvent {
  readonly body: string
  readonly isBase64Encoded: boolean
  readonly routeKey: string
  readonly headers: Fields
  readonly requestContext: { readonly requestId: string; readonly authorizer: { readonly jwt: Fields } }
}
const json = async <T = Fields>(path: string, init: RequestInit = {}): Promise<T> => (await (await call(path, init)).json()) as T
const put = (id: string, item: object = {}) => call(`/things/${id}`, { method: 'PUT', body: JSON.stringify(item) })
async function seen(id: string): Promise<{ readonly messageId: string; readonly body: string }[]> {
  const { Items = [] } = await client(DynamoDBClient).send(
    new QueryCommand({ TableName: 'seen', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: id } } }),
  )
  return Items.map((item) => JSON.parse(item.record?.S ?? ''))
}

describe('what a function sees', () => {
  test('its environment is what Lambda documents, its own variables, and the endpoint', async () => {
    const environment = await json('/environment')
    expect(environment).toEqual({
      ...variables,
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, reserved:
      _HANDLER: 'index.api',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_REGION: 'eu-west-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: expect.stringMatching(/^fixture-service-Api-/),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${environment.AWS_LAMBDA_FUNCTION_NAME}`,
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[0-9A-Z]{16}$/),
      AWS_SECRET_ACCESS_KEY: expect.any(String),
      AWS_SESSION_TOKEN: expect.any(String),
      AWS_LAMBDA_RUNTIME_API: expect.any(String),
      LAMBDA_TASK_ROOT: expect.any(String),
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      // Not reserved:
      LANG: 'en_US.UTF-8',
      PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
      LD_LIBRARY_PATH: expect.stringContaining('/var/task/lib'),
      NODE_PATH: expect.stringContaining('/var/runtime/node_modules'),
      NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_XRAY_DAEMON_ADDRESS: expect.any(String),
      _AWS_XRAY_DAEMON_ADDRESS: expect.any(String),
      _AWS_XRAY_DAEMON_PORT: expect.any(String),
      TZ: ':UTC',
      // The one thing AWS does not set:
      AWS_ENDPOINT_URL: cloud.endpoint,
    })
  })

  test('its context is what Lambda documents', async () => {
    const { remaining, zone, folder, ...context } = await json('/context')
    expect(context).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionName: expect.stringMatching(/^fixture-service-Api-/),
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${context.functionName}`,
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logGroupName: `/aws/lambda/${context.functionName}`,
      logStreamName: expect.stringContaining('[$LATEST]'),
    })
    expect(remaining).toBeGreaterThan(0)
    expect(remaining).toBeLessThanOrEqual(2000)
    expect(zone).toBe(0)
    expect(folder).toContain('local-cloud-')
  })
})

describe('HTTP API', () => {
  test('hands a request over in payload format 2.0', async () => {
    const token = await cloud.token({ sub: 'person-1', groups: ['case-manager', 'office-conakry'] })
    const response = await call('/things/a%20b?x=1&x=2&y=%C3%A9&empty=', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'X-Mixed': 'Case',
        cookie: 'one=1; two=2',
        'content-type': 'application/json',
        'user-agent': 'test',
      },
      body: '{"a":1}',
    })
    const event = (await response.json()) as HttpEvent
    const { iat, exp, jti, origin_jti, auth_time } = decodeJwt(token)
    expect(response.headers.get('apigw-requestid')).toBe(event.requestContext.requestId)
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'POST /things/{id}',
      rawPath: '/things/a b',
      rawQueryString: 'x=1&x=2&y=%C3%A9&empty=',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        authorization: `Bearer ${token}`,
        'x-mixed': 'Case',
        'content-type': 'application/json',
        'content-length': '7',
        host: expect.any(String),
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': expect.any(String),
        'x-forwarded-proto': expect.any(String),
      }),
      queryStringParameters: { x: '1,2', y: 'é', empty: '' },
      pathParameters: { id: 'a b' },
      requestContext: {
        accountId: '000000000000',
        apiId: expect.any(String),
        authorizer: {
          jwt: {
            claims: {
              sub: 'person-1',
              'cognito:groups': '[case-manager office-conakry]',
              username: 'person-1',
              iss: expect.stringMatching(/^https:\/\/cognito-idp\.eu-west-1\.amazonaws\.com\/eu-west-1_/),
              version: '2',
              client_id: expect.any(String),
              token_use: 'access',
              scope: 'aws.cognito.signin.user.admin',
              auth_time: String(auth_time),
              iat: String(iat),
              exp: String(exp),
              jti,
              origin_jti,
            },
            scopes: null,
          },
        },
        domainName: expect.any(String),
        domainPrefix: expect.any(String),
        http: { method: 'POST', path: '/things/a b', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
        requestId: expect.any(String),
        routeKey: 'POST /things/{id}',
        stage: '$default',
        time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"a":1}',
      isBase64Encoded: false,
    })
    expect(Object.keys(event.headers).filter((name) => name !== name.toLowerCase() || name === 'cookie')).toEqual([])
  })

  test('leaves out what a request does not have, and encodes what is no text', async () => {
    const bare = await json<HttpEvent>('/things/1')
    expect(Object.keys(bare).sort()).toEqual([
      'headers',
      'isBase64Encoded',
      'pathParameters',
      'rawPath',
      'rawQueryString',
      'requestContext',
      'routeKey',
      'version',
    ])
    const token = await cloud.token({ sub: 'x' })
    const binary = await json<HttpEvent>('/things/1', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: Buffer.from([0, 255]),
    })
    expect([binary.body, binary.isBase64Encoded]).toEqual(['AP8=', true])
  })

  test.each([
    ['GET', '/things/special', 'GET /things/special'],
    ['GET', '/things/1', 'GET /things/{id}'],
    ['GET', '/things/1/2', 'ANY /things/{rest+}'],
    ['DELETE', '/things/1', 'ANY /things/{rest+}'],
  ])('%s %s takes the most specific route', async (method, path, routeKey) => {
    expect((await json<HttpEvent>(path, { method })).routeKey).toBe(routeKey)
  })

  test.each([
    ['/nowhere', 404, 'Not Found'],
    ['/things', 404, 'Not Found'],
    ['/throw', 500, 'Internal Server Error'],
    ['/exit', 500, 'Internal Server Error'],
    ['/reject', 500, 'Internal Server Error'],
  ])('GET %s is %i', async (path, status, message) => {
    const response = await call(path)
    expect([response.status, await response.json()]).toEqual([status, { message }])
  })

  test('a function that takes too long is killed, and a new instance answers the next request', async () => {
    const [{ awsRequestId }, never] = await Promise.all([json('/context'), call('/never')])
    expect([never.status, await never.json()]).toEqual([500, { message: 'Internal Server Error' }])
    expect(log.some(({ line }) => /Task timed out after 2\.00 seconds$/.test(line))).toBe(true)
    expect((await json('/context')).awsRequestId).not.toBe(awsRequestId)
  })

  test('an integration that takes longer than its timeout is 503', async () => {
    cloud.faults.clear()
    const responses = await Promise.all([call('/never'), call('/never'), call('/late')])
    expect(responses.map(({ status }) => status)).toEqual([500, 500, 503])
  })

  test('throttles a route that has settings of its own, and no other', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await call('/throttled')).status)
    expect(statuses).toEqual([200, 200, 429])
    const late = await call('/throttled')
    expect([late.status, await late.json()]).toEqual([429, { message: 'Too Many Requests' }])
    expect((await call('/bare')).status).toBe(200)
  })

  test('gives back what a function answers: its format, or anything else as JSON', async () => {
    const bare = await call('/bare')
    expect([bare.status, bare.headers.get('content-type'), await bare.text()]).toEqual([200, 'application/json', '{"hello":"world"}'])
    const cookies = await call('/cookies')
    expect([cookies.headers.getSetCookie(), cookies.headers.get('x-number'), await cookies.text()]).toEqual([
      ['a=1; Secure', 'b=2'],
      '5',
      'é',
    ])
  })

  test('refuses bodies over the limits of the API (10 MB) and of an invocation (6 MB)', async () => {
    const token = await cloud.token({ sub: 'x' })
    for (const megabytes of [7, 11]) {
      const response = await call('/things/1', {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: 'x'.repeat(megabytes * 1024 * 1024),
      })
      expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }])
    }
  })

  test('serves documents beside the routes, and no file outside of them', async () => {
    expect((await json('/docs/manifest.json')).version).toBe('55.0.0')
    expect((await call('/docs/..%2f..%2fetc/passwd')).status).toBe(404)
    expect((await call('/docs/none.json')).status).toBe(404)
  })
})

describe('JWT authorizer', () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  type Alter = (claims: JWTPayload) => Promise<string>
  const resign: Alter = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(stranger)
  const signed = async (request: object = {}) => cloud.token({ sub: 'person-1', ...request })

  test.each<[string, number, () => Promise<string | undefined>]>([
    ['a token', 200, async () => `Bearer ${await signed()}`],
    ['a token without the word', 200, signed],
    ['nothing', 401, async () => undefined],
    ['an empty one', 401, async () => 'Bearer '],
    ['something else', 401, async () => 'Bearer abc.def.ghi'],
    ['one that has expired', 401, () => signed({ expiresIn: -10 })],
    ['one for another audience', 401, async () => signed({ clientId: cloud.resources('AWS::Cognito::UserPoolClient').at(-1)?.ref })],
    ['one signed by somebody else', 401, async () => resign(decodeJwt(await signed()))],
    [
      'one without a signature',
      401,
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await signed()).split('.')[1]}.`,
    ],
    [
      'one whose claims were changed',
      401,
      async () => {
        const [header, body = '', signature] = (await signed()).split('.')
        const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'person-2' }
        return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
      },
    ],
  ])('%s: %i', async (_, status, make) => {
    const token = await make()
    const response = await call('/signed', token === undefined ? {} : { headers: { authorization: token } })
    expect(response.status).toBe(status)
    if (status !== 401) return
    expect(await response.json()).toEqual({ message: 'Unauthorized' })
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  test('a scope that the route requires: 403 without it', async () => {
    const without = await call('/scoped', { headers: { authorization: await signed() } })
    expect([without.status, await without.json()]).toEqual([403, { message: 'Forbidden' }])
    const event = await json<HttpEvent>('/scoped', { headers: { authorization: await signed({ scope: 'other organisation/one' }) } })
    expect(event.requestContext.authorizer.jwt.scopes).toEqual(['other', 'organisation/one'])
  })

  test('client credentials: a confidential client gets a token for its own scopes, and no other client does', async () => {
    interface PoolClient {
      readonly ClientId: string
      readonly ClientSecret?: string
    }
    const cognito = async <T>(action: string, input: object): Promise<T> => {
      const headers = { 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` }
      return (await (await fetch(cloud.endpoint, { method: 'POST', headers, body: JSON.stringify(input) })).json()) as T
    }
    const UserPoolId = cloud.resources('AWS::Cognito::UserPool')[0]?.ref
    const { UserPoolClients } = await cognito<{ UserPoolClients: PoolClient[] }>('ListUserPoolClients', { UserPoolId })
    const all = await Promise.all(
      UserPoolClients.map(({ ClientId }) => cognito<{ UserPoolClient: PoolClient }>('DescribeUserPoolClient', { UserPoolId, ClientId })),
    )
    const { ClientId: id, ClientSecret: secret } =
      all.map(({ UserPoolClient }) => UserPoolClient).find(({ ClientSecret }) => ClientSecret) ?? {}
    if (id === undefined || secret === undefined) throw new Error('no confidential client')
    const grant = (user: string, password: string, form: Record<string, string>) =>
      fetch(`${cloud.endpoint}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      })
    const answer = (await (await grant(id, secret, { scope: 'organisation/one' })).json()) as { readonly access_token: string }
    expect(answer).toEqual({ access_token: expect.any(String), expires_in: 1800, token_type: 'Bearer' })
    expect(decodeJwt(answer.access_token)).toMatchObject({
      sub: id,
      client_id: id,
      token_use: 'access',
      scope: 'organisation/one',
      version: 2,
    })
    expect((await call('/scoped', { headers: { authorization: `Bearer ${answer.access_token}` } })).status).toBe(200)
    for (const [user, password, form, error] of [
      [id, 'wrong', {}, 'invalid_client'],
      ['nobody', secret, {}, 'invalid_client'],
      [id, secret, { scope: 'organisation/two' }, 'invalid_scope'],
      [id, secret, { grant_type: 'password' }, 'unsupported_grant_type'],
    ] as const) {
      const response = await grant(user, password, form)
      expect([response.status, await response.json()]).toEqual([400, { error }])
    }
  })
})

describe('from a change to its consumer', () => {
  test('stream record, event and message have the shapes that AWS documents', async () => {
    await put('shape', { n: { N: '1' } })
    await cloud.settled()
    const [record] = await seen('shape')
    expect(record).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: expect.any(String),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {},
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:inbox',
      awsRegion: 'eu-west-1',
    })
    expect(JSON.parse(record?.body ?? '')).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'thing-put',
      source: 'fixture',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'eu-west-1',
      resources: [],
      detail: {
        eventID: expect.any(String),
        eventName: 'INSERT',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: 'eu-west-1',
        dynamodb: {
          ApproximateCreationDateTime: expect.any(Number),
          Keys: { pk: { S: 'shape' } },
          NewImage: { pk: { S: 'shape' }, n: { N: '1' } },
          SequenceNumber: expect.stringMatching(/^\d+$/),
          SizeBytes: expect.any(Number),
          StreamViewType: 'NEW_IMAGE',
        },
        eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:eu-west-1:000000000000:table\/things\/stream\//),
      },
    })
  })

  test('what the filter refuses is not delivered', async () => {
    await put('quiet', { quiet: { BOOL: true } })
    await put('loud')
    await cloud.settled()
    expect([(await seen('quiet')).length, (await seen('loud')).length]).toEqual([0, 1])
  })

  test.each([
    ['kill-before', 1],
    ['kill-after', 2],
    ['lose-answer', 2],
    ['throttle', 1],
  ] as const)('a relay hit by %s at PutEvents publishes when the stream brings the record again', async (how, deliveries) => {
    const fault = cloud.faults.inject({ function: 'Relay', at: 'EventBridge.PutEvents', how })
    await put(`relayed-${how}`)
    await cloud.settled()
    expect(fault.hits).toBe(1)
    expect(await seen(`relayed-${how}`)).toHaveLength(deliveries)
  })

  test('each message so many times as a test asks', async () => {
    cloud.faults.delivery({ copies: 3 })
    await put('thrice')
    await cloud.settled()
    const records = await seen('thrice')
    expect(records).toHaveLength(3)
    expect(new Set(records.map(({ messageId }) => messageId)).size).toBe(1)
  })

  test('a record that fails to the end goes to the failure destination; what comes after it is delivered', async () => {
    await put('poisoned', { poison: { BOOL: true } })
    await put('after')
    await cloud.settled()
    const letters = (await cloud.deadLetters()).map(({ body }) => JSON.parse(body)).filter((body) => 'DDBStreamBatchInfo' in body)
    expect(letters).toEqual([
      {
        requestContext: {
          requestId: expect.any(String),
          functionArn: expect.stringMatching(/:function:fixture-service-Relay-.*:\$LATEST$/),
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 4,
        },
        responseContext: expect.objectContaining({ statusCode: 200, executedVersion: '$LATEST' }),
        version: '1.0',
        timestamp: expect.any(String),
        DDBStreamBatchInfo: {
          shardId: expect.any(String),
          startSequenceNumber: expect.any(String),
          endSequenceNumber: expect.any(String),
          approximateArrivalOfFirstRecord: expect.any(String),
          approximateArrivalOfLastRecord: expect.any(String),
          batchSize: expect.any(Number),
          streamArn: expect.stringContaining('table/things/stream/'),
        },
      },
    ])
    expect(await seen('after')).toHaveLength(1)
  })

  test('a message that fails alone comes again after its visibility timeout, and ends as a dead letter', async () => {
    await Promise.all([put('refused', { refuse: { BOOL: true } }), put('accepted')])
    const rest = await cloud.settled({ timeout: 500 }).catch((error: Error) => error.message)
    expect(rest).toContain('inbox: 0 waiting, 1 in flight')
    expect(await seen('accepted')).toHaveLength(1)
    for (let receives = 0; receives < 2; receives++) {
      await cloud.advance(12_000)
      await cloud.settled({ timeout: 300 }).catch(() => undefined)
    }
    await cloud.settled()
    const letters = (await cloud.deadLetters()).filter(({ body }) => body.includes('"refused"'))
    expect(letters.map(({ queue }) => queue)).toEqual(['dead-letters'])
  })

  test('PutEvents tells entry by entry what it did not take', async () => {
    const { FailedEntryCount, Entries } = await client(EventBridgeClient).send(
      new PutEventsCommand({
        Entries: [
          { EventBusName: variables.BUS, Source: 'other', DetailType: 'x', Detail: '{}' },
          { EventBusName: variables.BUS, Source: 'other', DetailType: 'x', Detail: 'no json' },
          { EventBusName: variables.BUS, DetailType: 'x', Detail: '{}' },
        ],
      }),
    )
    expect(FailedEntryCount).toBe(2)
    expect(Entries).toEqual([
      { EventId: expect.any(String) },
      expect.objectContaining({ ErrorCode: 'MalformedDetail' }),
      expect.objectContaining({ ErrorCode: 'InvalidArgument' }),
    ])
    await expect(client(EventBridgeClient).send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })
})

describe('SQS', () => {
  const sqs = () => client(SQSClient)
  const urlOf = async (QueueName: string) => (await sqs().send(new GetQueueUrlCommand({ QueueName }))).QueueUrl
  const receive = async (QueueName: string, more: object = {}) =>
    (
      await sqs().send(
        new ReceiveMessageCommand({
          QueueUrl: await urlOf(QueueName),
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
          ...more,
        }),
      )
    ).Messages ?? []

  test('hides what it delivers until the timeout, then delivers it again, then redrives it', async () => {
    const QueueUrl = await urlOf('spare')
    await sqs().send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'hello',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'greeting' } },
      }),
    )
    const [first] = await receive('spare')
    expect(first).toMatchObject({
      Body: 'hello',
      Attributes: { ApproximateReceiveCount: '1' },
      MessageAttributes: { kind: { StringValue: 'greeting' } },
    })
    expect(await receive('spare')).toEqual([])
    await cloud.advance(29_000)
    expect(await receive('spare')).toEqual([])
    await cloud.advance(1_000)
    const [second] = await receive('spare')
    expect(second).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: '2' } })
    await sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 0 }))
    expect(await receive('spare')).toEqual([])
    const [dead] = await receive('spare-dead-letters')
    expect(dead).toMatchObject({
      MessageId: first?.MessageId,
      Attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:spare' },
    })
    expect((await cloud.deadLetters()).filter(({ queue }) => queue === 'spare-dead-letters')).toEqual([
      { queue: 'spare-dead-letters', messageId: first?.MessageId, body: 'hello' },
    ])
  })

  test('delays, waits for what comes, counts and deletes', async () => {
    const QueueUrl = await urlOf('spare')
    const waiting = receive('spare', { WaitTimeSeconds: 5 })
    const { Successful } = await sqs().send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', MessageBody: 'now' },
          { Id: 'b', MessageBody: 'later', DelaySeconds: 60 },
        ],
      }),
    )
    expect(Successful).toHaveLength(2)
    const [now] = await waiting
    expect(now?.Body).toBe('now')
    const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    })
    await cloud.advance(60_000)
    const received = [now, ...(await receive('spare'))]
    expect(received.map((message) => message?.Body).sort()).toEqual(['later', 'now', 'now'])
    await sqs().send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: received.slice(1).map((message, i) => ({ Id: String(i), ReceiptHandle: message?.ReceiptHandle })),
      }),
    )
    await cloud.advance(60_000)
    expect(await receive('spare')).toEqual([])
  })

  test('a queue that is not there is an error', async () => {
    await expect(sqs().send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
  })
})

describe('KMS', () => {
  const keyIds = () => cloud.resources('AWS::KMS::Key').map(({ arn }) => arn)
  const context = { env: 'local', class: 'C2' }

  test('opens with the same context in any order, and with no other', async () => {
    const kms = client(KMSClient)
    const [KeyId, other] = keyIds()
    const { Plaintext, CiphertextBlob } = await kms.send(
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: context }),
    )
    expect(Plaintext).toHaveLength(32)
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { class: 'C2', env: 'local' } }))
    expect(opened).toMatchObject({ Plaintext, KeyId })
    for (const EncryptionContext of [undefined, {}, { env: 'local' }, { env: 'local', class: 'C3' }, { ...context, more: 'x' }]) {
      await expect(kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      })
    }
    await expect(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: other, EncryptionContext: context }))).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    })
    const changed = Uint8Array.from(CiphertextBlob ?? [], (byte, i) => (i === 60 ? byte ^ 1 : byte))
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: changed, EncryptionContext: context }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    })
  })

  test('encrypts small texts; an unknown key is an error', async () => {
    const kms = client(KMSClient)
    const [KeyId] = keyIds()
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('é') }))
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }))
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('é')
    await expect(kms.send(new EncryptCommand({ KeyId: 'none', Plaintext: Buffer.from('x') }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
  })
})
