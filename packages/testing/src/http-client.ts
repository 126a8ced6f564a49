import type { TestResponse } from './client.ts'

/** What a request may carry besides its path. */
export interface HttpOptions {
  readonly body?: unknown
  /** Version the caller read; becomes If-Match. */
  readonly ifMatch?: string | undefined
  /** Idempotency-Key; a new one for each request unless given. */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One person's or organisation's access to the public API. */
export interface HttpClient {
  get(path: string, options?: HttpOptions): Promise<TestResponse>
  post(path: string, options?: HttpOptions): Promise<TestResponse>
  put(path: string, options?: HttpOptions): Promise<TestResponse>
  delete(path: string, options?: HttpOptions): Promise<TestResponse>
}

export type Send = (url: string, init: RequestInit) => Promise<TestResponse>

/** JSON is parsed; anything else is the text that it is. */
const bodyOf = (type: string | null, text: string): unknown => {
  if (text === '') return undefined
  return /\bjson\b/.test(type ?? '') ? JSON.parse(text) : text
}

/** Sends a request once. */
export const sendOnce: Send = async (url, init) => {
  const response = await fetch(url, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: bodyOf(response.headers.get('content-type'), text),
  }
}

const waitLimit = 5

/** Sends a request, and the very same again while the answer is 429 or 503, as long as `Retry-After` asks: what every client should do. */
export const sendPatiently: Send = async (url, init) => {
  for (let attempt = 1; ; attempt++) {
    const response = await sendOnce(url, init)
    if ((response.status !== 503 && response.status !== 429) || attempt === waitLimit) return response
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers['retry-after'] ?? 1)))
  }
}

/**
 * A client of the API over HTTP, of somebody who signs in anew when the token at hand is refused: nobody is signed in for ever.
 * @param apiUrl base, without a slash at its end
 * @param signIn gives an access token of the caller; undefined for whoever has no login
 * @param send how requests are sent; patiently unless said otherwise
 */
export async function httpClient(
  apiUrl: string,
  signIn: (() => Promise<string>) | undefined,
  send: Send = sendPatiently,
): Promise<HttpClient> {
  let token = await signIn?.()
  const call =
    (method: string) =>
    async (path: string, { body, ifMatch, key = crypto.randomUUID(), headers = {} }: HttpOptions = {}): Promise<TestResponse> => {
      const attempt = (): Promise<TestResponse> =>
        send(`${apiUrl}${path}`, {
          method,
          redirect: 'manual',
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(method === 'GET' ? {} : { 'idempotency-key': key }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      const response = await attempt()
      if (response.status !== 401 || signIn === undefined) return response
      token = await signIn()
      return attempt()
    }
  return { get: call('GET'), post: call('POST'), put: call('PUT'), delete: call('DELETE') }
}
