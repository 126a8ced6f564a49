// A wire that answers at once, in place of node:https: what is left is what our own process spends on a call.
import { EventEmitter } from 'node:events'
import https from 'node:https'
import { Readable } from 'node:stream'

/** 32 bytes in base64: the plain class key that the stubbed KMS always gives. */
const key = Buffer.alloc(32, 7).toString('base64')

const answers: Readonly<Record<string, unknown>> = {
  // The stored class key of a class: there, so that opening it takes one GetItem and one Decrypt, as on any day but the first.
  'DynamoDB_20120810.GetItem': { Item: { pk: { S: 'class-key' }, sk: { S: 'key' }, wrapped: { B: key } } },
  'TrentService.Decrypt': { Plaintext: key },
}

class StubbedRequest extends EventEmitter {
  readonly socket = new EventEmitter()
  readonly #answer: (response: Readable) => void
  readonly #target: string

  constructor(target: string, answer: (response: Readable) => void) {
    super()
    this.#target = target
    this.#answer = answer
  }

  setTimeout(): this {
    return this
  }

  setNoDelay(): void {}

  destroy(): void {}

  end(): void {
    const body = Buffer.from(JSON.stringify(answers[this.#target] ?? {}))
    const response = Readable.from([body], { objectMode: false })
    Object.assign(response, {
      statusCode: 200,
      statusMessage: 'OK',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(body.length) },
    })
    setImmediate(() => this.#answer(response))
  }
}

/** Puts the stub in place, before the bundle under test is loaded. @returns the operations called since */
export function stubWire(): string[] {
  const calls: string[] = []
  const request = (options: { readonly headers: Readonly<Record<string, string>> }, answer: (response: Readable) => void) => {
    const target = Object.entries(options.headers).find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1] ?? ''
    calls.push(target)
    return new StubbedRequest(target, answer)
  }
  Object.assign(https, { request })
  return calls
}
