import { CompactEncrypt, calculateJwkThumbprint, importJWK } from 'jose'
import type { EncryptionKey, PublicKey } from './encryption-key.ts'

const algorithm = 'ECDH-ES'
const content = 'A256GCM'

/** The id of a key: its thumbprint (RFC 7638, SHA-256). */
export const kidOf = (key: PublicKey): Promise<string> => calculateJwkThumbprint(key, 'sha256')

/**
 * Encrypts a value to a partner's key: JWE in compact serialisation (RFC 7516), ECDH-ES with a key of its own each time, A256GCM.
 * @throws when the key is none: its point may lie beside the curve
 */
export async function encryptTo({ key, kid }: Pick<EncryptionKey, 'key' | 'kid'>, value: unknown): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(value))
  return new CompactEncrypt(text)
    .setProtectedHeader({ alg: algorithm, enc: content, kid, cty: 'json' })
    .encrypt(await importJWK({ ...key }, algorithm))
}

/** Whether something can be encrypted to a key. */
export const isUsable = async (key: PublicKey): Promise<boolean> => {
  try {
    await encryptTo({ key, kid: 'trial' }, {})
    return true
  } catch {
    return false
  }
}
