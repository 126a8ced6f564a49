import { randomBytes } from 'node:crypto'

const w3c = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const zeros = /^0+$/

/**
 * The W3C trace context of an invocation: the caller's when it sent a valid one, else Lambda's own trace, else a new one.
 * @param header `traceparent` of the request or event
 * @param lambda `_X_AMZN_TRACE_ID`, `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0|1`
 */
export function traceparentOf(header: string | undefined, lambda: string | undefined = process.env._X_AMZN_TRACE_ID): string {
  const match = w3c.exec(header ?? '')
  if (match?.[1] !== undefined && match[2] !== undefined && !zeros.test(match[1]) && !zeros.test(match[2])) return header ?? ''
  const root = /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/.exec(lambda ?? '')
  const sampled = /Sampled=1/.test(lambda ?? '') ? '01' : '00'
  const traceId = root === null ? randomBytes(16).toString('hex') : `${root[1]}${root[2]}`
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${sampled}`
}

export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)
