import { setTimeout as sleep } from 'node:timers/promises'
import { appliedMark, callOf } from '@wontanara/core'
import { type Send, sendOnce, type TestResponse } from '@wontanara/testing'

/** One attempt: its status, 0 when the connection broke, and whether that said what the client is to do. */
interface Attempt {
  readonly status: number
  /** It was answered, or told that the same is to be sent again. */
  readonly told: boolean
}

/** One change that somebody asked for, with everything that was answered. */
export interface Asked {
  /** `POST /v1/cases/case-…/needs` */
  readonly target: string
  readonly attempts: readonly Attempt[]
  /** Every answer that was none of a failure: all must say the same. */
  readonly answers: readonly TestResponse[]
  /** What the record remembers of it, once it was applied. */
  readonly mark: string
  /** Who asked has no login, and is told no version. */
  readonly anonymous: boolean
}

/**
 * How a client sends one request: it may send it as often as it likes, and gives back the answer that it goes by.
 * @param attempt sends the very same once
 * @param asked what has been answered so far
 */
export type Manner = (attempt: () => Promise<TestResponse>, asked: Asked) => Promise<TestResponse>

/** An answer that leaves open whether the request was carried out: the same is to be sent again. */
export const isOpen = ({ status }: Pick<TestResponse, 'status'>): boolean => status === 0 || status === 429 || status >= 500
/** What a client sees of a connection that breaks. */
const broken: TestResponse = { status: 0, headers: {}, body: undefined }

/** What must not differ between two answers to the same request. */
export const essence = ({ status, headers, body }: TestResponse): string => JSON.stringify([status, headers.etag, headers.location, body])

/** Milliseconds. Where half of all calls are throttled, the SDK soon has no retries left, and a command of six calls succeeds once in sixty times. */
const patience = 240_000
/** Shorter than `Retry-After` asks: a client that is less patient than it should be finds no less. */
const pause = 40
const longestPause = 400

/** Until there is an answer, or for some time. */
export const insist: Manner = async (attempt) => {
  const end = Date.now() + patience
  for (let n = 1; ; n++) {
    const answer = await attempt()
    if (!isOpen(answer) || Date.now() > end) return answer
    await sleep(Math.min(pause * n, longestPause))
  }
}

/** The same request so many times, every second one together with the one before it. */
export const repeatedly =
  (times: number): Manner =>
  async (attempt, asked) => {
    const answers: TestResponse[] = []
    for (let sent = 0; sent < times; sent += 2)
      answers.push(...(await Promise.all(Array.from({ length: Math.min(2, times - sent) }, () => insist(attempt, asked)))))
    return answers[0] ?? broken
  }

/** Whoever has no login is an applicant. */
const subjectOf = (token: string): string =>
  token === '' ? 'applicant' : JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub

/** For how many seconds nothing more is taken from where a request came from; undefined when it was answered. */
function limited({ status, headers, body }: TestResponse): number | undefined {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return status === 429 && code === 'rate-limited' ? Number(headers['retry-after']) : undefined
}

/** A failure must say that nothing is known yet and when to ask again: a problem of status 503 with `Retry-After`. */
function isTold({ status, headers, body }: TestResponse): boolean {
  if (!isOpen({ status })) return true
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return (
    status === 503 &&
    code === 'try-again' &&
    Number(headers['retry-after']) > 0 &&
    headers['content-type']?.startsWith('application/problem+json') === true
  )
}

/** Keeps account of every change that is asked for. */
export interface Ledger {
  readonly asked: readonly Asked[]
  /** Attempts to read that failed. */
  readonly failedReads: readonly Attempt[]
  /** Sends for the programme's clients: changes in a manner, reads until they are answered. */
  send(manner?: Manner): Send
}

/** @param wait lets so many seconds pass: what a network may send in an hour is little, and a limit is no fault */
export function ledger(wait: (seconds: number) => Promise<void>): Ledger {
  const asked: Asked[] = []
  const failedReads: Attempt[] = []
  return {
    asked,
    failedReads,
    send:
      (manner = insist) =>
      async (url, init) => {
        const attempts: Attempt[] = []
        const answers: TestResponse[] = []
        const attempt = async (): Promise<TestResponse> => {
          const given = await sendOnce(url, init).catch(() => broken)
          const seconds = limited(given)
          if (seconds !== undefined) {
            await wait(seconds)
            return attempt()
          }
          attempts.push({ status: given.status, told: isTold(given) })
          // Refused before it reached a function: the caller signs in anew and asks again.
          if (!isOpen(given) && given.status !== 401) answers.push(given)
          return given
        }
        const headers = new Headers(init.headers)
        const target = `${init.method} ${new URL(url).pathname}`
        const call = callOf({
          principal: { kind: 'service', id: subjectOf(headers.get('authorization') ?? '') },
          action: 'case:read',
          at: '',
          key: `${target} ${headers.get('idempotency-key')}`,
          content: `${target} ${init.body ?? ''}`,
        })
        const entry: Asked = {
          target,
          attempts,
          answers,
          mark: appliedMark(call.key, call.fingerprint),
          anonymous: !headers.has('authorization'),
        }
        if (init.method === 'GET') {
          const answer = await insist(attempt, entry)
          failedReads.push(...attempts.filter(isOpen))
          return answer
        }
        asked.push(entry)
        const answer = await manner(attempt, entry)
        // It reached no function, and comes again as soon as its caller has signed in anew.
        if (answer.status === 401) asked.splice(asked.indexOf(entry), 1)
        return answer
      },
  }
}
