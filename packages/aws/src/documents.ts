import { createHash } from 'node:crypto'
import { common, type HttpRequest, type HttpResponse, httpRefusal, refusalResponse } from '@wontanara/core'

/** A document as it is sent, with the tag by which a client recognises its copy. */
interface Served {
  readonly body: string
  readonly etag: string
}

const serve = (document: unknown): Served => {
  const body = JSON.stringify(document)
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/** RFC 9110, 13.1.2: a list of tags, weak ones too, or `*`. */
const holds = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')))

/**
 * Answers requests for the API's own documents. They hold nothing about anybody: whoever has a token of the programme reads them.
 * @param documents route key -> document
 * @param schemas what `GET /v1/schemas/{name}` gives: event type -> JSON Schema; the name is the type and `.json`
 */
export function documentServer(
  documents: Readonly<Record<string, unknown>>,
  schemas: Readonly<Record<string, unknown>>,
): (request: HttpRequest) => Promise<HttpResponse> {
  const found = new Map<string, unknown>([
    ...Object.entries(documents),
    ...Object.entries(schemas).map(([type, schema]): [string, unknown] => [`GET /v1/schemas/${type}.json`, schema]),
  ])
  const served = new Map<string, Served>()
  return async (request) => {
    if (request.principal === undefined) return refusalResponse(httpRefusal('unauthorized'), {}, request)
    const key = request.routeKey.replace('{name}', request.params.name ?? '')
    const document = found.get(key)
    if (document === undefined) return refusalResponse(common.refuse('not-found'), common.catalogue, request)
    const { body, etag } = served.get(key) ?? serve(document)
    served.set(key, { body, etag })
    const known = holds(request.headers['if-none-match'], etag)
    return {
      status: known ? 304 : 200,
      headers: {
        'cache-control': 'private, max-age=3600',
        'content-type': 'application/json',
        etag,
        vary: 'authorization',
        'x-content-type-options': 'nosniff',
      },
      body: known ? '' : body,
    }
  }
}
