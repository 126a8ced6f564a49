import { randomUUID } from 'node:crypto'
import { type Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'
import { AwsError, queryCode } from './aws-error.ts'
import { errorText, isObject, parseJson, tryJson } from './json.ts'
import type { LambdaFunction } from './lambda.ts'
import type { CallObservation, Observations } from './observations.ts'

/*
 * Where every AWS call of every function arrives: the JSON protocols of the SDKs, told apart by `X-Amz-Target`.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */

/** A function that calls. */
export interface Caller {
  readonly fn: LambdaFunction
  readonly requestId: string | undefined
}

/** One AWS call, as the fault injection and the services see it. */
export interface AwsCall {
  /** `DynamoDB`, `DynamoDBStreams`, `SQS`, `EventBridge`, `KMS`, `Cognito`, `S3` */
  readonly service: string
  readonly action: string
  /** The access key of who calls. */
  readonly caller: string
  /** The function whose access key it is, and the invocation at hand; undefined when nobody's. */
  readonly by: Caller | undefined
  /** Its input, as JSON text. */
  readonly body: string
  /** The bytes of an object that come along. */
  readonly payload?: Buffer
}

/** Target prefix -> service. */
const targets: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'DynamoDB',
  DynamoDBStreams_20120810: 'DynamoDBStreams',
  AmazonSQS: 'SQS',
  AWSEvents: 'EventBridge',
  TrentService: 'KMS',
  AWSCognitoIdentityProviderService: 'Cognito',
}

/** Performs a call. Answers the HTTP status and the JSON text. */
export type Perform = (call: AwsCall, headers: IncomingMessage['headers']) => Promise<{ readonly status: number; readonly body: string }>
/** Runs around each call; with `no answer` the connection breaks. */
export type Around = (call: AwsCall, perform: (call: AwsCall) => ReturnType<Perform>) => Promise<Awaited<ReturnType<Perform>> | 'no answer'>

export interface FrontDoor {
  readonly server: Server
  readonly port: number
}

/** Opens the port; calls are performed as soon as `serve` says how. */
export async function openPort(handle: (request: IncomingMessage, response: ServerResponse) => void, port = 0): Promise<FrontDoor> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return { server, port: portOf(server.address()) }
}

const portOf = (address: AddressInfo | string | null): number => (typeof address === 'object' && address !== null ? address.port : 0)

/** Closes a port and every connection on it. */
export const closePort = ({ server }: FrontDoor): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** Reads a body of at most `limit` bytes; undefined when there is more. */
export async function readBody(incoming: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  // What is too much is read all the same: a sender that is cut off would not hear why.
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else chunks.length = 0
  }
  return size > limit ? undefined : Buffer.concat(chunks)
}

/** Answers one request to the front door. */
export async function answerAwsCall(
  incoming: IncomingMessage,
  response: ServerResponse,
  perform: Perform,
  around: Around,
  identify: (accessKey: string) => Caller | undefined,
): Promise<void> {
  const target = String(incoming.headers['x-amz-target'] ?? '')
  const [prefix = '', action = ''] = target.split('.')
  const service = targets[prefix]
  const body = ((await readBody(incoming)) ?? Buffer.alloc(0)).toString('utf8')
  const caller = /Credential=([^/]+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? ''
  let answer: { readonly status: number; readonly body: string }
  let code: string | undefined
  try {
    if (service === undefined) throw new AwsError('UnknownOperationException', `the local cloud does not emulate "${target}"`)
    const call = { service, action, caller, body, by: identify(caller) }
    const given = await around(call, (changed) => perform(changed, incoming.headers))
    if (given === 'no answer') {
      response.destroy()
      return
    }
    answer = given
  } catch (error) {
    const known = asAwsError(error)
    code = known.name
    answer = answerOf(known)
  }
  if (response.destroyed) return
  response.writeHead(answer.status, {
    'content-type': incoming.headers['content-type'] ?? 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': randomUUID(),
    ...(code === undefined ? {} : { 'x-amzn-errortype': code }),
    ...(code === undefined || service !== 'SQS' ? {} : { 'x-amzn-query-error': `${queryCode(code)};Sender` }),
    ...(service === 'SQS' && code !== undefined && code in queryCodes ? { 'x-amzn-query-error': `${queryCodes[code]};Sender` } : {}),
  })
  response.end(answer.body)
}

/** SQS tells its clients the codes of its older protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
const queryCodes: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  KmsAccessDenied: 'KMS.AccessDeniedException',
}

/** An error as the JSON protocols answer it. */
const answerOf = ({ name, message, status, details }: AwsError): Awaited<ReturnType<Perform>> => ({
  status,
  body: JSON.stringify({ __type: name, message, ...details }),
})

export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error
  if (error instanceof z.ZodError) return new AwsError('ValidationException', z.prettifyError(error))
  if (error instanceof SyntaxError) return new AwsError('SerializationException', error.message)
  return new AwsError('InternalFailure', errorText(error), 500)
}

/** Performs calls and tells of each, before its caller hears the answer. */
export function observedCalls(perform: Perform, tell: Observations['tell']): Perform {
  return async (call, headers) => {
    const begun = performance.now()
    const told = (answer: Awaited<ReturnType<Perform>>): void => tell(observationOf(call, answer, performance.now() - begun))
    try {
      const answer = await perform(call, headers)
      told(answer)
      return answer
    } catch (error) {
      told(answerOf(asAwsError(error)))
      throw error
    }
  }
}

function observationOf(
  { service, action, by, body }: AwsCall,
  { status, body: answer }: Awaited<ReturnType<Perform>>,
  milliseconds: number,
): CallObservation {
  return {
    kind: 'call',
    function: by?.fn.path,
    requestId: by?.requestId,
    service,
    action,
    status,
    error: status < 300 ? undefined : errorCode(answer),
    milliseconds,
    input: once(() => (body === '' ? {} : parseJson(body))),
    output: once(() => parseJson(answer)),
  }
}

/** `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException` -> `ConditionalCheckFailedException` */
function errorCode(body: string): string {
  const value = tryJson(body)
  const type = isObject(value) ? String(value.__type ?? '') : ''
  return type.slice(type.indexOf('#') + 1) || 'UnknownError'
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Parses what an AWS call sent. */
export const inputOf = ({ body }: AwsCall): unknown => (body === '' ? {} : parseJson(body))

/** Sends a request on and gives back what came. */
export const forward = (
  url: URL,
  agent: Agent,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', agent, headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        readBody(answer).then(
          (text) => resolve({ status: answer.statusCode ?? 500, body: (text ?? Buffer.alloc(0)).toString('utf8') }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
