import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { contract, refusal } from './contract.ts'
import type { Target } from './target.ts'

/* https://docs.aws.amazon.com/kms/latest/APIReference/ (API), https://docs.aws.amazon.com/kms/latest/developerguide/ (guide) */
export function kmsContract(target: () => Target): void {
  const kms = () => target().client(KMSClient)
  const context = { env: 'contract', service: 'suite', class: 'C2' }
  const dataKey = () => kms().send(new GenerateDataKeyCommand({ KeyId: target().KeyArn, KeySpec: 'AES_256', EncryptionContext: context }))
  const open = (CiphertextBlob: Uint8Array | undefined, EncryptionContext?: Record<string, string>, KeyId?: string) =>
    kms().send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }))

  // guide, encrypt_context: "an exact, case-sensitive match", in any order
  contract('what was sealed with a context opens with the same context, in any order, and with no other', async () => {
    const { Plaintext, CiphertextBlob, KeyId } = await dataKey()
    expect(KeyId).toBe(target().KeyArn)
    const { class: last, ...rest } = context
    expect(await open(CiphertextBlob, { class: last, ...rest })).toMatchObject({
      Plaintext,
      KeyId: target().KeyArn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    })
    for (const other of [undefined, {}, rest, { ...context, class: 'C3' }, { ...context, class: 'c2' }, { ...context, more: 'x' }])
      expect(await refusal(open(CiphertextBlob, other))).toMatchObject({ name: 'InvalidCiphertextException' })
  })

  // API Decrypt: KeyId is verified where it is given; InvalidCiphertextException for what was corrupted or is no ciphertext
  contract('another key than the right one is refused, and so is what was changed', async () => {
    const { CiphertextBlob = new Uint8Array() } = await dataKey()
    expect(await refusal(open(CiphertextBlob, context, target().OtherKeyArn))).toMatchObject({ name: 'IncorrectKeyException' })
    const changed = CiphertextBlob.map((byte, i) => (i === CiphertextBlob.length - 1 ? byte ^ 1 : byte))
    expect(await refusal(open(changed, context))).toMatchObject({ name: 'InvalidCiphertextException' })
    expect(await refusal(open(Uint8Array.from([1, 2, 3]), context))).toMatchObject({ name: 'InvalidCiphertextException' })
    expect(await open(CiphertextBlob, context, target().KeyArn)).toMatchObject({ KeyId: target().KeyArn })
  })

  // API GenerateDataKey: KeySpec or NumberOfBytes (1 to 1024), not both
  contract('a data key has the length that was asked for, and each is another', async () => {
    const lengthOf = async (spec: object): Promise<number | undefined> =>
      (await kms().send(new GenerateDataKeyCommand({ KeyId: target().KeyArn, ...spec }))).Plaintext?.length
    expect(await lengthOf({ KeySpec: 'AES_256' })).toBe(32)
    expect(await lengthOf({ KeySpec: 'AES_128' })).toBe(16)
    expect(await lengthOf({ NumberOfBytes: 64 })).toBe(64)
    expect(await refusal(lengthOf({}))).toMatchObject({ name: 'ValidationException' })
    expect(await refusal(lengthOf({ KeySpec: 'AES_256', NumberOfBytes: 32 }))).toMatchObject({ name: 'ValidationException' })
    expect(await refusal(lengthOf({ NumberOfBytes: 1025 }))).toMatchObject({ name: 'ValidationException' })
    const [one, two] = [await dataKey(), await dataKey()]
    expect(one.Plaintext).not.toEqual(two.Plaintext)
    expect(one.CiphertextBlob).not.toEqual(two.CiphertextBlob)
  })

  // API Encrypt: up to 4096 bytes
  contract('4 KB can be encrypted, and no more', async () => {
    const encrypt = (length: number) =>
      kms().send(new EncryptCommand({ KeyId: target().KeyArn, Plaintext: new Uint8Array(length).fill(7), EncryptionContext: context }))
    const { CiphertextBlob } = await encrypt(4096)
    expect((await open(CiphertextBlob, context)).Plaintext).toHaveLength(4096)
    expect(await refusal(encrypt(4097))).toMatchObject({ name: 'ValidationException' })
    expect(await refusal(encrypt(0))).toMatchObject({ name: 'ValidationException' })
  })

  // API GenerateDataKey, NotFoundException
  contract('a key that does not exist is not found', async () => {
    const KeyId = target().KeyArn.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000')
    expect(await refusal(kms().send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })))).toMatchObject({
      name: 'NotFoundException',
    })
  })
}
