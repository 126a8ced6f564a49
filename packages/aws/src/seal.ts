import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'

/*
 * AES-256-GCM with a random 96-bit IV (NIST SP 800-38D). A sealed value is bytes: format 1 | key id 1 | IV 12 | tag 16 | ciphertext.
 * Keys are wrapped as key objects: given bytes, Node 24 spends three times as long on a small value.
 * The associated data says where the value belongs, so that it cannot be moved to another table, record, field or version.
 */
const format = 1
const ivLength = 12
const tagLength = 16
const header = 2 + ivLength + tagLength

/** Where a sealed value belongs. */
export interface Place {
  readonly table: string
  readonly pk: string
  readonly sk: string
  readonly field: string
  readonly version: number
}

const associated = ({ table, pk, sk, field, version }: Place, keyId: number): Uint8Array =>
  Buffer.from([table, pk, sk, field, keyId, version].join('|'))

/** Encrypts. @param key 32 bytes @param keyId 1 to 255 */
export function seal(key: Uint8Array, keyId: number, place: Place, plain: Uint8Array): Uint8Array {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv)
  cipher.setAAD(associated(place, keyId))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([format, keyId]), iv, cipher.getAuthTag(), body])
}

/** The id of the key that sealed a value. */
export const keyIdOf = (sealed: Uint8Array): number => sealed[1] ?? 0

/** Decrypts. @throws when the value was changed, moved, or sealed with another key */
export function unseal(key: Uint8Array, place: Place, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== format || sealed.length < header) throw new Error('not a sealed value')
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), sealed.subarray(2, 2 + ivLength))
  decipher.setAAD(associated(place, keyIdOf(sealed)))
  decipher.setAuthTag(sealed.subarray(2 + ivLength, header))
  return Buffer.concat([decipher.update(sealed.subarray(header)), decipher.final()])
}
