import { createHash } from 'node:crypto'
import type { Action, Principal } from './access.ts'
import type { Issued } from './aggregate.ts'
import { derivedId } from './ids.ts'
import { shortDigest, type Trail } from './store.ts'

/** One request, whoever makes it: an HTTP caller or an event. */
export interface Call {
  readonly principal: Principal
  readonly action: Action
  /** Instant of the request, ISO 8601 UTC. */
  readonly at: string
  /** What makes a repeat of this request recognisable: digest of caller and Idempotency-Key, or of the event's id. */
  readonly key: string
  /** Digest of what was asked, to tell a repeat from a reuse of the key. */
  readonly fingerprint: string
  /** The version the caller read; absent where none is required (creations, events). */
  readonly ifMatch?: number
  readonly traceparent?: string | undefined
  /** The caller wants to read its own last write. */
  readonly fresh?: boolean
  /** An id for something this request creates: the same each time the request is repeated. */
  newId(prefix: string): string
}

/** Makes a call. @param key anything that identifies the request within the caller's scope */
export function callOf(input: Omit<Call, 'newId' | 'key' | 'fingerprint'> & { readonly key: string; readonly content: string }): Call {
  const { key: rawKey, content, ...rest } = input
  const key = shortDigest(input.principal.id, rawKey)
  let created = 0
  return {
    ...rest,
    key,
    fingerprint: createHash('sha256').update(content).digest('base64url'),
    newId: (prefix) => derivedId(prefix, input.principal.id, rawKey, String(created++)),
  }
}

/** Adds to a command who issues it and when. */
export const issued = (call: Call): Issued => ({ at: call.at, by: call.principal })

/** The audit trail of a call. @param as the role that opened the way, or the kind of principal when none did */
export const trailOf = (call: Call, as: string, reason?: string): Trail => ({
  at: call.at,
  by: call.principal.id,
  as,
  offices: call.principal.kind === 'staff' ? call.principal.offices : [],
  action: call.action,
  ...(reason === undefined ? {} : { reason }),
  ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
})
