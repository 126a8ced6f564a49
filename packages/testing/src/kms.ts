import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KMSClient, KMSServiceException } from '@aws-sdk/client-kms'
import * as z from 'zod'

/** What the fake was asked, in order. */
export interface KmsCall {
  readonly command: string
  readonly keyId: string
  readonly context: Readonly<Record<string, string>>
}

const Input = z.object({
  KeyId: z.string(),
  CiphertextBlob: z.instanceof(Uint8Array).optional(),
  EncryptionContext: z.record(z.string(), z.string()),
})

/**
 * A KMS client that answers in-process: GenerateDataKey and Decrypt, bound to key and encryption context as the real one is.
 * Fakes made with the same `master` are the same KMS.
 * @param before awaited before each answer, to make callers meet
 * @param denied ARNs of keys that this caller may not use; may be added to while running
 */
export function fakeKms({
  master = randomBytes(32),
  denied = new Set<string>(),
  before = async () => undefined,
}: {
  readonly master?: Uint8Array
  readonly denied?: ReadonlySet<string>
  readonly before?: () => Promise<void>
} = {}) {
  const calls: KmsCall[] = []
  const client = new KMSClient({ region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })

  const answer = (command: string, input: unknown) => {
    const { KeyId, CiphertextBlob, EncryptionContext } = Input.parse(input)
    calls.push({ command, keyId: KeyId, context: EncryptionContext })
    if (denied.has(KeyId))
      throw new KMSServiceException({ name: 'AccessDeniedException', message: 'not authorized', $fault: 'client', $metadata: {} })
    const bound = Buffer.from(JSON.stringify([KeyId, Object.entries(EncryptionContext).sort()]))
    if (CiphertextBlob === undefined) {
      const Plaintext = randomBytes(32)
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', master, iv).setAAD(bound)
      const body = Buffer.concat([cipher.update(Plaintext), cipher.final()])
      return { $metadata: {}, KeyId, Plaintext, CiphertextBlob: Buffer.concat([iv, cipher.getAuthTag(), body]) }
    }
    const decipher = createDecipheriv('aes-256-gcm', master, CiphertextBlob.subarray(0, 12)).setAAD(bound)
    decipher.setAuthTag(CiphertextBlob.subarray(12, 28))
    return { $metadata: {}, KeyId, Plaintext: Buffer.concat([decipher.update(CiphertextBlob.subarray(28)), decipher.final()]) }
  }

  client.middlewareStack.add(
    (_next, context) =>
      async ({ input }) => {
        await before()
        return { output: answer(context.commandName ?? '', input), response: {} }
      },
    { step: 'initialize', priority: 'high', name: 'fakeKms' },
  )
  return { client, calls }
}
