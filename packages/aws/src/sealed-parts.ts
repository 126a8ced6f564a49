import { type DataClass, dataClasses } from '@wontanara/events'
import type { KeyVault } from './key-vault.ts'
import { seal, unseal } from './seal.ts'

/** The subject keys of one record by class, each also as it is stored. */
export type SubjectKeys = ReadonlyMap<DataClass, { readonly key: Uint8Array; readonly wrapped: Uint8Array }>

/** The one subject key that a record has of each class; another id would mean that it was replaced. */
const subjectKeyId = 1

/** Seals and opens the parts of one record's items. */
export interface SealedParts {
  /** Opens the keys stored with a record. @throws when KMS denies a class, or a key was moved or changed */
  open(wrapped: Readonly<Record<string, Uint8Array>> | undefined): Promise<SubjectKeys>
  /** The keys of a record with one for each of these classes: those it has not are made. */
  withKeysFor(keys: SubjectKeys, classes: Iterable<DataClass>): Promise<SubjectKeys>
  /** Seals the part of each class, as JSON. Its place is item, class and version. */
  seal(keys: SubjectKeys, sk: string, version: number, parts: ReadonlyMap<DataClass, unknown>): ReadonlyMap<string, Uint8Array>
  /** @throws when a part has no key any more, or is not the one that was sealed there */
  unseal(keys: SubjectKeys, sk: string, version: number, parts: Readonly<Record<string, Uint8Array>> | undefined): readonly unknown[]
}

const isDataClass = (name: string): name is DataClass => dataClasses.some((dataClass) => dataClass === name)

export function sealedParts(vault: KeyVault, table: string, pk: string): SealedParts {
  const keyFor = (keys: SubjectKeys, dataClass: string, sk: string): Uint8Array => {
    const held = isDataClass(dataClass) ? keys.get(dataClass) : undefined
    if (held === undefined) throw new Error(`no key for the ${dataClass} part of ${sk}`)
    return held.key
  }
  return {
    open: async (wrapped) => {
      const named = Object.entries(wrapped ?? {}).flatMap(([name, value]) => (isDataClass(name) ? [[name, value] as const] : []))
      return new Map(
        await Promise.all(
          named.map(async ([dataClass, value]) => {
            const key = await vault.openSubjectKey(pk, dataClass, value)
            return [dataClass, { key, wrapped: value }] as const
          }),
        ),
      )
    },
    withKeysFor: async (keys, classes) => {
      const missing = [...new Set(classes)].filter((dataClass) => !keys.has(dataClass))
      const made = await Promise.all(missing.map(async (dataClass) => [dataClass, await vault.newSubjectKey(pk, dataClass)] as const))
      return new Map([...keys, ...made])
    },
    seal: (keys, sk, version, parts) =>
      new Map(
        [...parts].map(([dataClass, part]) => {
          const place = { table, pk, sk, field: dataClass, version }
          return [dataClass, seal(keyFor(keys, dataClass, sk), subjectKeyId, place, Buffer.from(JSON.stringify(part)))] as const
        }),
      ),
    unseal: (keys, sk, version, parts) =>
      Object.entries(parts ?? {}).map(([dataClass, value]): unknown => {
        const plain = unseal(keyFor(keys, dataClass, sk), { table, pk, sk, field: dataClass, version }, value)
        return JSON.parse(Buffer.from(plain).toString('utf8'))
      }),
  }
}
