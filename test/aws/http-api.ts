import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { CognitoIdentityProviderClient, DescribeUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { contract } from './contract.ts'
import type { Target } from './target.ts'

type Json = Readonly<Record<string, unknown>>
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json

/*
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html (jwt)
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (lambda)
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html (quotas)
 */
export function httpApiContract(target: () => Target): void {
  const call = (path: string, init: RequestInit = {}) => fetch(`${target().ApiUrl}${path}`, init)
  const get = async (path: string, authorization?: string) => {
    const response = await call(path, authorization === undefined ? {} : { headers: { authorization } })
    return { status: response.status, body: (await response.json()) as Json, challenge: response.headers.get('www-authenticate') }
  }

  /** An access token by client credentials: https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html */
  async function token(client: 'trusted' | 'stranger' | 'other', scope = 'contract/read'): Promise<string> {
    const { UsersId, OthersId, TrustedId, StrangerId, OtherId, UsersTokenUrl, OthersTokenUrl } = target()
    const [UserPoolId, ClientId, url] =
      client === 'other' ? [OthersId, OtherId, OthersTokenUrl] : [UsersId, client === 'trusted' ? TrustedId : StrangerId, UsersTokenUrl]
    const { UserPoolClient } = await target()
      .client(CognitoIdentityProviderClient)
      .send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${ClientId}:${UserPoolClient?.ClientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    })
    const answer = (await response.json()) as Json
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 300, access_token: expect.any(String) })
    return String(answer.access_token)
  }

  const unauthorized = { status: 401, body: { message: 'Unauthorized' } }
  /** The parts of a good token, made into another one. */
  type Forgery = (header: Json, claims: Json, signature: string) => string
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const signed = (header: Json, claims: Json): string => {
    const text = `${encoded(header)}.${encoded(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), stranger).toString('base64url')}`
  }
  const inAnHour = Math.floor(Date.now() / 1000) + 3600

  // jwt: the steps of validation
  contract('a token of a trusted client opens a route, with and without the word Bearer', async () => {
    const good = await token('trusted')
    for (const authorization of [`Bearer ${good}`, `bearer ${good}`, good]) expect((await get('/closed', authorization)).status).toBe(200)
  })

  // jwt: identity source
  contract('without a token nothing opens', async () => {
    for (const authorization of [undefined, '', 'Bearer ', 'Bearer abc', 'Bearer a.b.c', 'Basic YTpi']) {
      const answer = await get('/closed', authorization)
      expect([authorization, answer]).toEqual([authorization, { ...unauthorized, challenge: expect.stringMatching(/^Bearer/) }])
    }
  })

  // jwt: the signature, by the published key of `kid`; RSA only
  for (const [name, forge] of Object.entries<Forgery>({
    'whose claims were changed': (header, claims, signature) => `${encoded(header)}.${encoded({ ...claims, sub: 'x' })}.${signature}`,
    'whose life was prolonged': (header, claims, signature) => `${encoded(header)}.${encoded({ ...claims, exp: inAnHour })}.${signature}`,
    'whose signature was changed': (header, claims, signature) =>
      `${encoded(header)}.${encoded(claims)}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'without a signature': (header, claims) => `${encoded(header)}.${encoded(claims)}.`,
    'of algorithm none': (header, claims) => `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.`,
    'of a symmetric algorithm': (header, claims) => {
      const text = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`
      return `${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`
    },
    'signed by somebody else': (header, claims) => signed(header, claims),
    'with a key that nobody published': (header, claims) => signed({ ...header, kid: 'unknown' }, claims),
  }))
    contract(`a token ${name} opens nothing`, async () => {
      const [header, claims, signature = ''] = (await token('trusted')).split('.')
      expect(await get('/closed', `Bearer ${forge(decoded(header), decoded(claims), signature)}`)).toMatchObject(unauthorized)
    })

  // jwt: `iss`, `aud` or `client_id`
  contract('a token for another audience, or by another issuer, opens nothing', async () => {
    expect(await get('/closed', `Bearer ${await token('stranger')}`)).toMatchObject(unauthorized)
    expect(await get('/closed', `Bearer ${await token('other')}`)).toMatchObject(unauthorized)
  })

  // jwt: `scope` or `scp`; 403
  contract('a route asks for one of its scopes', async () => {
    const answer = await get('/scoped', `Bearer ${await token('trusted', 'contract/read')}`)
    expect(answer).toMatchObject({ status: 403, body: { message: 'Forbidden' } })
    const { status, body } = await get('/scoped', `Bearer ${await token('trusted', 'contract/read contract/write')}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ requestContext: { authorizer: { jwt: { scopes: ['contract/read', 'contract/write'] } } } })
  })

  // jwt: "API Gateway passes the claims … to the API's integration"; all are texts
  contract('a function gets the claims as texts', async () => {
    const good = await token('trusted')
    const { body } = await get('/closed', `Bearer ${good}`)
    const claims = decoded(good.split('.')[1])
    const { jwt } = (body.requestContext as { authorizer: { jwt: Json } }).authorizer
    expect(jwt).toEqual({ claims: Object.fromEntries(Object.entries(claims).map(([key, value]) => [key, String(value)])), scopes: null })
    expect(claims).toMatchObject({ client_id: target().TrustedId, token_use: 'access', scope: 'contract/read' })
  })

  // lambda, payload format 2.0
  contract('a request reaches a function in payload format 2.0', async () => {
    const response = await call('/open/abc?x=1&x=2&y=%C3%A9&empty=', {
      method: 'POST',
      headers: { 'X-Mixed': 'Case', cookie: 'one=1; two=2', 'content-type': 'application/json', 'user-agent': 'contract' },
      body: '{"a":"é"}',
    })
    expect(response.status).toBe(200)
    const event = (await response.json()) as Json
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'POST /open/{id}',
      rawPath: '/open/abc',
      rawQueryString: 'x=1&x=2&y=%C3%A9&empty=',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'x-mixed': 'Case',
        'content-type': 'application/json',
        'content-length': '10',
        host: expect.any(String),
        'user-agent': 'contract',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
        'x-forwarded-for': expect.any(String),
        'x-forwarded-port': expect.any(String),
        'x-forwarded-proto': expect.stringMatching(/^https?$/),
      }),
      queryStringParameters: { x: '1,2', y: 'é', empty: '' },
      pathParameters: { id: 'abc' },
      requestContext: {
        accountId: expect.stringMatching(/^\d{12}$/),
        apiId: expect.any(String),
        domainName: expect.any(String),
        domainPrefix: expect.any(String),
        http: { method: 'POST', path: '/open/abc', protocol: 'HTTP/1.1', sourceIp: expect.any(String), userAgent: 'contract' },
        requestId: expect.any(String),
        routeKey: 'POST /open/{id}',
        stage: '$default',
        time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"a":"é"}',
      isBase64Encoded: false,
    })
    expect(Object.keys(event.headers as Json).filter((name) => name !== name.toLowerCase() || name === 'cookie')).toEqual([])
  })

  // lambda, payload format 2.0
  contract('what a request does not have is left out, and bytes come in base64', async () => {
    const bare = (await get('/open/1')).body
    for (const absent of ['cookies', 'queryStringParameters', 'body', 'stageVariables']) expect(bare).not.toHaveProperty(absent)
    expect(bare).toMatchObject({ isBase64Encoded: false, rawQueryString: '' })
    const response = await call('/open/1', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Uint8Array.from([0, 255]),
    })
    expect(await response.json()).toMatchObject({ body: 'AP8=', isBase64Encoded: true })
  })

  // lambda, "Lambda function response for format 2.0"
  contract('an answer has the status, headers, cookies and bytes that the function gave it', async () => {
    const response = await call('/answer')
    expect([response.status, response.headers.get('x-mixed'), response.headers.get('content-type'), await response.text()]).toEqual([
      201,
      'Case',
      'text/plain; charset=utf-8',
      'é',
    ])
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2'])
    expect(response.headers.get('apigw-requestid')).toEqual(expect.any(String))
    const plain = await call('/plain')
    expect([plain.status, plain.headers.get('content-type'), await plain.text()]).toEqual([200, 'application/json', 'hello'])
  })

  // http-api-develop-routes: "Not Found" where no route fits
  contract('a route that does not exist is not found, whatever the token', async () => {
    const expected = { status: 404, body: { message: 'Not Found' } }
    expect(await get('/none')).toMatchObject(expected)
    expect(await get('/open')).toMatchObject(expected)
    expect(await get('/open/1/2', `Bearer ${await token('trusted')}`)).toMatchObject(expected)
    const response = await call('/open/1', { method: 'DELETE' })
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }])
  })

  // lambda, troubleshooting; Lambda dg, nodejs-exceptions, configuration-timeout
  for (const [path, what] of [
    ['/throw', 'that throws'],
    ['/exit', 'whose process ends'],
    ['/never', 'that takes longer than its timeout'],
    ['/malformed', 'whose answer has no status'],
    ['/big', 'whose answer is over 6 MB'],
  ] as const)
    contract(`a function ${what} is an internal server error that tells nothing, and the next request works`, async () => {
      expect(await get(path)).toMatchObject({ status: 500, body: { message: 'Internal Server Error' } })
      expect((await get('/open/1')).status).toBe(200)
    })

  // quotas: integration timeout
  contract('an integration that takes longer than its timeout is unavailable', async () => {
    expect(await get('/late')).toMatchObject({ status: 503, body: { message: 'Service Unavailable' } })
  })

  // quotas: payload size 10 MB; Lambda: 6 MB for a synchronous invocation
  contract('a body over ten megabytes, and one that makes an event of over six, are too large', async () => {
    for (const megabytes of [7, 11]) {
      const response = await call('/open/1', { method: 'POST', body: 'x'.repeat(megabytes * 1024 * 1024) })
      expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }])
    }
  })

  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  contract('a function has the environment that Lambda documents, and its own', async () => {
    const { body: environment } = await get('/environment')
    expect(environment).toMatchObject({
      GREETING: 'bonjour, ça va',
      SEEN: target().SeenName,
      _HANDLER: 'index.api',
      AWS_REGION: expect.stringMatching(/^[a-z]+-[a-z]+-\d$/),
      AWS_DEFAULT_REGION: environment.AWS_REGION,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: expect.any(String),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: expect.any(String),
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      AWS_LAMBDA_RUNTIME_API: expect.any(String),
      LAMBDA_TASK_ROOT: expect.any(String),
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      TZ: ':UTC',
      held: expect.arrayContaining(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']),
    })
  })

  // Last, as it takes five minutes where time does not move. jwt: `exp`
  contract('a token that has expired opens nothing', async () => {
    const authorization = `Bearer ${await token('trusted')}`
    expect((await get('/closed', authorization)).status).toBe(200)
    await target().pass(301)
    expect(await get('/closed', authorization)).toMatchObject(unauthorized)
  })
}
