import { lookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Answer } from './ports.ts'
import { isPublicAddress } from './standard-webhook.ts'

const patience = 15_000

/** Looks a name up and lets only public addresses through: a name that is public when saved may point inside when called. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error !== null) return callback(error, '', 0)
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return callback(Object.assign(new Error('not a public address'), { code: 'EACCES' }), '', 0)
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family)
  })
}

/**
 * Sends one webhook. Redirects are not followed, and the answer's body is not read.
 * @param local lets addresses on loopback through
 * @returns a function that gives what was answered, and throws when there was no answer within 15 s
 */
export function webhookPost(local: boolean) {
  return (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      const send = target.protocol === 'http:' && local ? httpRequest : httpsRequest
      const options = {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'wontanara' },
        agent: false,
        signal: AbortSignal.timeout(patience),
        ...(local ? {} : { lookup: publicLookup }),
      } as const
      const request = send(target, options, (response) => {
        const retryAfter = response.headers['retry-after']
        resolve({ status: response.statusCode ?? 0, ...(retryAfter === undefined ? {} : { retryAfter }) })
        response.destroy()
      })
      request.on('error', reject)
      // A 101 ends the request without an answer and without an error.
      request.on('close', () => reject(new Error('no answer')))
      request.end(body)
    })
}
