import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { keptSecret } from './database.ts'

/*
 * AWS KMS, symmetric encryption keys: https://docs.aws.amazon.com/kms/latest/APIReference/
 * Ciphertext: 16 bytes of the key's id, 12 of nonce, 16 of tag, then the encrypted text; the context is authenticated, not stored.
 */

const Context = z.record(z.string(), z.string()).optional()
const Encrypt = z.object({ KeyId: z.string(), Plaintext: z.base64(), EncryptionContext: Context })
const Decrypt = z.object({ CiphertextBlob: z.base64(), KeyId: z.string().optional(), EncryptionContext: Context })
const DataKey = z.object({
  KeyId: z.string(),
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  NumberOfBytes: z.number().min(1).max(1024).optional(),
  EncryptionContext: Context,
})

export interface Kms {
  /** ARN of the key that a call names, or whose ciphertext it brings; undefined when there is none. */
  keyOf(input: unknown): string | undefined
  call(action: string, input: unknown): unknown
}

export function kms(database: DatabaseSync, resources: readonly Resource[]): Kms {
  const keys = resources.flatMap((resource) => {
    const { type, name, arn, path } = resource
    if (type !== 'AWS::KMS::Key') return []
    const { KeySpec } = propertiesOf(z.object({ KeySpec: z.string().default('SYMMETRIC_DEFAULT') }), resource)
    if (KeySpec !== 'SYMMETRIC_DEFAULT') throw new Error(`${path}: keys of spec ${KeySpec} are not emulated`)
    return [
      {
        id: name,
        arn,
        bytes: Buffer.from(name.replaceAll('-', ''), 'hex'),
        secret: keptSecret(database, `kms ${name}`, () => randomBytes(32)),
      },
    ]
  })
  type Key = (typeof keys)[number]

  function keyOf(name: string): Key {
    const key = keys.find(({ id, arn }) => name === id || name === arn)
    if (key === undefined) throw new AwsError('NotFoundException', `Key '${name}' does not exist`)
    return key
  }

  function encrypt(key: Key, plain: Uint8Array, context: z.infer<typeof Context>): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(contextBytes(context))
    const body = Buffer.concat([cipher.update(plain), cipher.final()])
    return Buffer.concat([key.bytes, nonce, cipher.getAuthTag(), body]).toString('base64')
  }

  function decrypt({ CiphertextBlob, KeyId, EncryptionContext }: z.infer<typeof Decrypt>) {
    const blob = Buffer.from(CiphertextBlob, 'base64')
    const key = keys.find(({ bytes }) => bytes.equals(blob.subarray(0, 16)))
    if (key === undefined) throw new AwsError('InvalidCiphertextException', '')
    if (KeyId !== undefined && keyOf(KeyId).id !== key.id) {
      throw new AwsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.')
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.secret, blob.subarray(16, 28), { authTagLength: 16 })
        .setAAD(contextBytes(EncryptionContext))
        .setAuthTag(blob.subarray(28, 44))
      const plain = Buffer.concat([decipher.update(blob.subarray(44)), decipher.final()])
      return { KeyId: key.arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    } catch {
      throw new AwsError('InvalidCiphertextException', '')
    }
  }

  const Named = z.object({ KeyId: z.string().optional(), CiphertextBlob: z.string().optional() })

  return {
    keyOf: (input) => {
      const { KeyId, CiphertextBlob = '' } = Named.safeParse(input).data ?? {}
      const bytes = Buffer.from(CiphertextBlob, 'base64').subarray(0, 16)
      return keys.find((key) => (KeyId === undefined ? key.bytes.equals(bytes) : KeyId === key.id || KeyId === key.arn))?.arn
    },
    call: (action, input) => {
      switch (action) {
        case 'Encrypt': {
          const { KeyId, Plaintext, EncryptionContext } = Encrypt.parse(input)
          const key = keyOf(KeyId)
          const plain = Buffer.from(Plaintext, 'base64')
          if (plain.length < 1 || plain.length > 4096)
            throw new AwsError(
              'ValidationException',
              "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
            )
          return { KeyId: key.arn, CiphertextBlob: encrypt(key, plain, EncryptionContext), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
        }
        case 'Decrypt':
          return decrypt(Decrypt.parse(input))
        case 'GenerateDataKey': {
          const { KeyId, KeySpec, NumberOfBytes, EncryptionContext } = DataKey.parse(input)
          if ((KeySpec === undefined) === (NumberOfBytes === undefined))
            throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.')
          const key = keyOf(KeyId)
          const plain = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32))
          return {
            KeyId: key.arn,
            CiphertextBlob: encrypt(key, plain, EncryptionContext),
            Plaintext: plain.toString('base64'),
          }
        }
        default:
          throw new AwsError('UnknownOperationException', `the local cloud does not emulate KMS ${action}`)
      }
    },
  }
}

/** An encryption context is a set of pairs: their order does not count. */
const contextBytes = (context: z.infer<typeof Context> = {}): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1))))
