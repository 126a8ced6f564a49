import { randomBytes } from 'node:crypto'
import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import type { DataClass } from '@wontanara/events'
import * as z from 'zod'
import { keyIdOf, seal, unseal } from './seal.ts'
import { bytes, type Table } from './table.ts'

/** Class keys are held in memory for at most this long, then KMS is asked again: taking a grant away takes effect within it. */
const lifetime = 5 * 60_000
/** From this age on the key is fetched anew beside the request, so that no request waits for KMS. */
const refreshAge = 4 * 60_000
/** The class key that seals now; older ones stay readable. */
const currentKeyId = 1

/**
 * The keys of one service: a KMS key per class wraps a class key, which wraps one random subject key per record and class.
 * KMS sees the encryption context `{ env, service, class }` and is never asked per request. Destroying a record's wrapped
 * subject key destroys the data.
 */
export interface KeyVault {
  /** The key of the blind indexes: not that of a class, wraps nothing, and is never replaced, or nothing would be found any more. */
  findKey(): Promise<Uint8Array>
  /** Fetches the class keys ahead of the first request. Never throws. */
  warm(): Promise<void>
  /** A new subject key: itself and as it is stored. */
  newSubjectKey(pk: string, dataClass: DataClass): Promise<{ readonly key: Uint8Array; readonly wrapped: Uint8Array }>
  /** Opens a stored subject key. @throws when it was moved or changed, or KMS denies the class */
  openSubjectKey(pk: string, dataClass: DataClass, wrapped: Uint8Array): Promise<Uint8Array>
}

/** What a service has a key of its own for: each data class above C1, and its blind indexes. */
export type KeyName = DataClass | 'find'

interface VaultOptions {
  readonly stage: string
  readonly service: string
  readonly table: Table
  readonly kms: KMSClient
  /** Class -> ARN of its KMS key. A class that is not named cannot be stored by this function. */
  readonly keys: Readonly<Partial<Record<KeyName, string>>>
  readonly clock?: () => number
}

const KeyItem = z.object({ wrapped: bytes })

export function keyVault({ stage, service, table, kms, keys, clock = Date.now }: VaultOptions): KeyVault {
  const cached = new Map<string, { readonly fetched: number; readonly key: Promise<Uint8Array> }>()
  const refreshing = new Set<string>()
  const context = (dataClass: KeyName) => ({ env: stage, service, class: dataClass })
  const address = (dataClass: KeyName, id: number) => ({ pk: { S: `class-key#${dataClass}` }, sk: { S: `key#${id}` } })

  async function stored(dataClass: KeyName, id: number): Promise<Uint8Array | undefined> {
    const { Item } = await table.client.send(
      new GetItemCommand({ TableName: table.name, Key: address(dataClass, id), ConsistentRead: true }),
    )
    return Item === undefined ? undefined : KeyItem.parse(Item).wrapped
  }

  async function unwrap(dataClass: KeyName, wrapped: Uint8Array): Promise<Uint8Array> {
    const { Plaintext } = await kms.send(
      new DecryptCommand({ KeyId: arn(dataClass), CiphertextBlob: wrapped, EncryptionContext: context(dataClass) }),
    )
    if (Plaintext === undefined) throw new Error('KMS gave no key')
    return Plaintext
  }

  function arn(dataClass: KeyName): string {
    const key = keys[dataClass]
    if (key === undefined) throw new Error(`this function has no key for class ${dataClass}`)
    return key
  }

  async function fetchKey(dataClass: KeyName, id: number): Promise<Uint8Array> {
    const wrapped = await stored(dataClass, id)
    if (wrapped !== undefined) return unwrap(dataClass, wrapped)
    if (id !== currentKeyId) throw new Error(`class key ${id} of ${dataClass} is not there`)
    const made = await kms.send(
      new GenerateDataKeyCommand({ KeyId: arn(dataClass), KeySpec: 'AES_256', EncryptionContext: context(dataClass) }),
    )
    if (made.Plaintext === undefined || made.CiphertextBlob === undefined) throw new Error('KMS gave no key')
    try {
      const item = { ...address(dataClass, id), wrapped: { B: made.CiphertextBlob } }
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }))
      return made.Plaintext
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      // Another process made the key first, or our own first answer was lost: the stored one is the key.
      const winner = await stored(dataClass, id)
      if (winner === undefined) throw error
      return unwrap(dataClass, winner)
    }
  }

  function classKey(dataClass: KeyName, id: number): Promise<Uint8Array> {
    const name = `${dataClass} ${id}`
    const held = cached.get(name)
    const age = held === undefined ? lifetime : clock() - held.fetched
    if (held === undefined || age >= lifetime) {
      const entry = { fetched: clock(), key: fetchKey(dataClass, id) }
      cached.set(name, entry)
      entry.key.catch(() => cached.get(name) === entry && cached.delete(name))
      return entry.key
    }
    if (age >= refreshAge && !refreshing.has(name)) void refresh(name, dataClass, id)
    return held.key
  }

  async function refresh(name: string, dataClass: KeyName, id: number): Promise<void> {
    refreshing.add(name)
    const fetched = clock()
    try {
      const key = await fetchKey(dataClass, id)
      cached.set(name, { fetched, key: Promise.resolve(key) })
    } catch {
      // The held key serves until its time is over; from then on the failure is the request's.
    } finally {
      refreshing.delete(name)
    }
  }

  const wrapPlace = (pk: string, dataClass: DataClass) => ({ table: table.name, pk, sk: 'subject-key', field: dataClass, version: 0 })

  return {
    findKey: () => classKey('find', 1),
    warm: async () => {
      await Promise.allSettled(Object.keys(keys).flatMap((name) => (isClass(keys, name) ? [classKey(name, currentKeyId)] : [])))
    },
    newSubjectKey: async (pk, dataClass) => {
      const key = randomBytes(32)
      return { key, wrapped: seal(await classKey(dataClass, currentKeyId), currentKeyId, wrapPlace(pk, dataClass), key) }
    },
    openSubjectKey: async (pk, dataClass, wrapped) =>
      unseal(await classKey(dataClass, keyIdOf(wrapped)), wrapPlace(pk, dataClass), wrapped),
  }
}

const isClass = (keys: VaultOptions['keys'], name: string): name is KeyName => name in keys
