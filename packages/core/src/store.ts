import { createHash } from 'node:crypto'
import type { DataClass } from '@wontanara/events'
import type { DomainEvent, IndexKey } from './aggregate.ts'

/** A record as stored. `applied[n-1]` names the command that made version n: how duplicates are recognised, without another item. */
export interface Stored<S> {
  readonly id: string
  readonly version: number
  readonly state: S
  readonly applied: readonly string[]
  /** Hash of the last commit. */
  readonly head: string
}

/** Who did something, as the audit trail keeps it: pseudonym, role, office. */
export interface Trail {
  readonly at: string
  readonly by: string
  readonly as: string
  readonly offices: readonly string[]
  readonly action: string
  readonly reason?: string | undefined
  readonly traceparent?: string | undefined
}

/** One command's change: one or more events, chained by hash to the change before. */
export interface Commit<E extends DomainEvent> {
  readonly version: number
  readonly trail: Trail
  readonly events: readonly E[]
  readonly previous: string
  readonly hash: string
}

export interface Change<S, E extends DomainEvent> {
  readonly id: string
  /** What the change starts from; undefined to create. */
  readonly from: Stored<S> | undefined
  readonly state: S
  readonly events: readonly E[]
  readonly trail: Trail
  /** See `appliedMark`. */
  readonly mark: string
}

/** A read of special-category data, or a refused attempt: written before anything leaves. */
export interface AccessRecord {
  /** The record asked for; undefined when the request named none. */
  readonly id?: string | undefined
  readonly trail: Trail
  readonly decision: 'allowed' | 'denied'
  readonly denial?: string
  readonly classes?: readonly DataClass[]
}

/** One commit as it is stored, for verification without any key. */
export interface ChainEntry {
  readonly version: number
  /** The exact text that the chain hashes. It names the digest of every sealed part. */
  readonly text: string
  readonly previous: string
  readonly hash: string
  /** Data class -> digest (`partDigest`) of the sealed part that lies there. */
  readonly sealed: Readonly<Record<string, string>>
}
/** The commits of a record in the order of their place, and what the state says of the last; no head when there is no state. */
export interface Chain {
  readonly entries: readonly ChainEntry[]
  readonly head?: { readonly version: number; readonly hash: string }
}

export interface ListQuery {
  readonly index: 'gsi1' | 'gsi2'
  readonly pk: string
  /** Only entries whose sort key begins so. */
  readonly prefix?: string
  readonly limit: number
  readonly after?: ListPosition
  /** Newest first. */
  readonly descending?: boolean
}
/** Where a page ended: the record's id and its sort key. */
export interface ListPosition {
  readonly id: string
  readonly sk: IndexKey['sk']
}
export interface ListPage {
  readonly rows: readonly unknown[]
  readonly next?: ListPosition
}

/** The change of one record, or the condition that it has none, ready for the transaction of another's. Only stores of the same table understand it. */
export interface Write {
  readonly record: string
}

/**
 * Where records live. `append` is one atomic transaction: new state and commit, on condition that nothing changed since `from`.
 * It stores nothing that does not match the aggregate's declaration (`requireDeclared`). A conflict is a value; only faults are thrown.
 */
export interface Store<S, E extends DomainEvent> {
  load(id: string, options?: { readonly fresh?: boolean }): Promise<Stored<S> | undefined>
  append(
    change: Change<S, E>,
    /** Changes of other records, each at most once, that are made in the same transaction: all or none. */
    along?: readonly Write[],
  ): Promise<{ readonly ok: true; readonly stored: Stored<S> } | { readonly ok: false }>
  /** Makes a change ready for another record's `append`; undefined when it is in conflict already. */
  prepare(change: Change<S, E>): Promise<Write | undefined>
  /** The condition that a record is still as it was loaded, for another record's `append`. */
  unchanged(stored: Stored<S>): Write
  /** Commits 1 to `upTo` (all when absent), oldest first; without those of which something was erased, which only `chain` still has. */
  history(id: string, upTo?: number): Promise<readonly Commit<E>[]>
  /** What `verifyHistory` checks. */
  chain(id: string): Promise<Chain>
  list(query: ListQuery): Promise<ListPage>
  recordAccess(record: AccessRecord): Promise<void>
  accesses(id: string): Promise<readonly AccessRecord[]>
}

const digest = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('base64url')
}

/** The head of a record without commits. */
export const genesis = ''

/** A commit's hash: SHA-256 over the hash before it and its exact stored text. The text is stored as hashed, so it needs no canonical form to be checked. */
export const chainHash = (previous: string, text: string): string => digest(previous, '\n', text)

/** Digest of a sealed part as stored. The commit's text holds it, so that the chain covers what it cannot read. */
export const partDigest = (sealed: Uint8Array): string => digest('\n', Buffer.from(sealed).toString('base64'))

/** A digest short enough to keep, long enough never to be met by chance: 72 bits. */
export const shortDigest = (...parts: readonly string[]): string => digest(parts.join('\u0000')).slice(0, 12)

/** What a record remembers of a command: 12 characters for the key, 4 for the content, to tell a repeat from a reuse of the key. */
export const appliedMark = (key: string, fingerprint: string): string => key + digest(fingerprint).slice(0, 4)
