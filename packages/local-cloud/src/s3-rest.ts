import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import { type Around, type AwsCall, asAwsError, type Caller, type Perform, readBody } from './front-door.ts'
import { isObject, parseJson } from './json.ts'
import { requirePresigned, type S3 } from './s3.ts'

/*
 * The REST protocol of S3, path style: what comes is made a call like those of the JSON protocols, and what it answers XML and headers. SDKs take
 * path style by themselves where the endpoint is an address. https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
 */

/** Which action a request means, and the members of its input that are not place and headers. */
function actionOf(method: string, query: URLSearchParams): string {
  if (query.has('uploadId'))
    return { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method] ?? `${method} uploadId`
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : `${method} uploads`
  return { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ?? method
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The list of parts that completes an upload. */
function partsOf(xml: string): readonly object[] {
  return [...xml.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = '']) => {
    const of = (name: string): string | undefined => {
      const [, value] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(part) ?? []
      return value === undefined ? undefined : unescaped(value)
    }
    return { PartNumber: Number(of('PartNumber')), ETag: of('ETag'), ChecksumCRC32: of('ChecksumCRC32') }
  })
}

const xmlOf = (root: string, members: Readonly<Record<string, unknown>>): string => {
  const body = Object.entries(members).map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${body.join('')}</${root}>`
}
const roots: Readonly<Record<string, string>> = {
  CreateMultipartUpload: 'InitiateMultipartUploadResult',
  CompleteMultipartUpload: 'CompleteMultipartUploadResult',
}

const header = (headers: IncomingMessage['headers'], name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

interface Ports {
  readonly objects: S3
  readonly perform: Perform
  readonly around: Around
  readonly identify: (accessKey: string) => Caller | undefined
  readonly clock: () => number
}

/** Answers one request about an object. */
export async function answerS3(
  incoming: IncomingMessage,
  response: ServerResponse,
  { objects, perform, around, identify, clock }: Ports,
): Promise<void> {
  const { method = 'GET', headers } = incoming
  const url = new URL(incoming.url ?? '/', 'http://localhost')
  const [, bucket = '', ...path] = url.pathname.split('/').map(decodeURIComponent)
  const key = path.join('/')
  const action = actionOf(method, url.searchParams)
  const payload = (await readBody(incoming)) ?? Buffer.alloc(0)
  const requestId = { 'x-amz-request-id': randomUUID() }
  try {
    if (header(headers, 'content-encoding')?.includes('aws-chunked'))
      throw new AwsError('NotImplemented', 'the local cloud takes no chunked bodies: send bytes, not a stream', 501)
    const caller = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? url.searchParams.get('X-Amz-Credential')?.split('/')[0]
    const presigned = headers.authorization === undefined
    if (presigned && method !== 'GET') throw new AwsError('AccessDenied', 'Access Denied', 403)
    if (presigned) requirePresigned(url, headers.host ?? '', clock())
    const input = {
      Bucket: bucket,
      Key: key,
      UploadId: url.searchParams.get('uploadId') ?? undefined,
      ...(action === 'UploadPart' ? { PartNumber: Number(url.searchParams.get('partNumber')) } : {}),
      ...(action === 'CompleteMultipartUpload' ? { Parts: partsOf(payload.toString('utf8')) } : {}),
      ContentType: header(headers, 'content-type'),
      ContentDisposition: header(headers, 'content-disposition'),
      ChecksumAlgorithm: header(headers, 'x-amz-checksum-algorithm'),
      ChecksumCRC32: header(headers, 'x-amz-checksum-crc32'),
      ContentLength: payload.length,
    }
    const call: AwsCall = { service: 'S3', action, caller: caller ?? '', by: identify(caller ?? ''), body: JSON.stringify(input), payload }
    // Who opens a presigned URL is no function, though the function's role must allow it.
    const given = presigned ? await perform(call, headers) : await around(call, (changed) => perform({ ...changed, payload }, headers))
    if (given === 'no answer') {
      response.destroy()
      return
    }
    const output = parseJson(given.body)
    if (!isObject(output) || response.destroyed) return
    const root = roots[action]
    if (root !== undefined) {
      const xml = xmlOf(root, output)
      response.writeHead(200, { ...requestId, 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }).end(xml)
      return
    }
    const told = {
      ...requestId,
      ...(output.ETag === undefined ? {} : { etag: String(output.ETag) }),
      ...(output.ChecksumCRC32 === undefined ? {} : { 'x-amz-checksum-crc32': String(output.ChecksumCRC32) }),
      ...(output.LastModified === undefined ? {} : { 'last-modified': String(output.LastModified) }),
      ...(output.ContentType === undefined ? {} : { 'content-type': String(output.ContentType) }),
      ...(output.ContentDisposition === undefined ? {} : { 'content-disposition': String(output.ContentDisposition) }),
      'content-length': Number(output.ContentLength ?? 0),
    }
    if (action === 'AbortMultipartUpload') {
      response.writeHead(204, requestId).end()
      return
    }
    response.writeHead(200, told)
    if (action === 'GetObject') for (const bytes of objects.content(bucket, key)) response.write(bytes)
    response.end()
  } catch (error) {
    const { name, message, status } = asAwsError(error)
    if (response.destroyed) return
    const xml = method === 'HEAD' ? '' : xmlOf('Error', { Code: name, Message: message })
    response.writeHead(status, { ...requestId, 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }).end(xml)
  }
}
