import { randomBytes } from 'node:crypto'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import { keyVault } from './key-vault.ts'

const minute = 60_000
const keys = { C2: 'arn:c2', 'C3-medical': 'arn:medical' }
let dynoxide: Dynoxide
let tables = 0
let table: { readonly name: string; readonly client: Dynoxide['client'] }
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())
beforeEach(async () => {
  table = { name: `vault-${++tables}`, client: dynoxide.client }
  await dynoxide.createTable(table.name)
})

const master = randomBytes(32)
function vaultOf({ kms = fakeKms({ master }), stage = 'test', service = 'one' } = {}) {
  let now = 0
  const vault = keyVault({ stage, service, table, kms: kms.client, keys, clock: () => now })
  return {
    vault,
    calls: kms.calls,
    later: (ms: number) => {
      now += ms
    },
  }
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

test('a subject key opens in its own record and class only', async () => {
  const { vault } = vaultOf()
  const { key, wrapped } = await vault.newSubjectKey('dossier#1', 'C2')
  expect(Buffer.from(await vault.openSubjectKey('dossier#1', 'C2', wrapped))).toEqual(Buffer.from(key))
  await expect(vault.openSubjectKey('dossier#2', 'C2', wrapped)).rejects.toThrow()
  await expect(vault.openSubjectKey('dossier#1', 'C3-medical', wrapped)).rejects.toThrow()
  expect(Buffer.from(wrapped).includes(Buffer.from(key))).toBe(false)
})

test('KMS is asked once for a class, however many records, and told environment, service and class', async () => {
  const { vault, calls } = vaultOf()
  await Promise.all(Array.from({ length: 50 }, (_, i) => vault.newSubjectKey(`dossier#${i}`, 'C2')))
  expect(calls).toEqual([{ command: 'GenerateDataKeyCommand', keyId: 'arn:c2', context: { env: 'test', service: 'one', class: 'C2' } }])
})

test('what one process wraps another opens, at any time', async () => {
  const one = vaultOf()
  const { key, wrapped } = await one.vault.newSubjectKey('dossier#1', 'C2')
  const two = vaultOf()
  expect(Buffer.from(await two.vault.openSubjectKey('dossier#1', 'C2', wrapped))).toEqual(Buffer.from(key))
  expect(two.calls.map(({ command }) => command)).toEqual(['DecryptCommand'])
})

test('a class key that was wrapped for another stage or service does not open', async () => {
  const { wrapped } = await vaultOf().vault.newSubjectKey('dossier#1', 'C2')
  await expect(vaultOf({ stage: 'prod' }).vault.openSubjectKey('dossier#1', 'C2', wrapped)).rejects.toThrow()
  await expect(vaultOf({ service: 'two' }).vault.openSubjectKey('dossier#1', 'C2', wrapped)).rejects.toThrow()
})

test('processes that make the first key at the same time agree on one', async () => {
  let asked = 0
  let release: () => void = () => undefined
  const allAsked = new Promise<void>((resolve) => {
    release = resolve
  })
  const before = async () => {
    if (++asked === 8) release()
    await allAsked
  }
  const vaults = Array.from({ length: 8 }, () => vaultOf({ kms: fakeKms({ master, before }) }).vault)
  const made = await Promise.all(vaults.map((vault, i) => vault.newSubjectKey(`dossier#${i}`, 'C2')))
  const reader = vaultOf().vault
  for (const [i, { key, wrapped }] of made.entries())
    expect(Buffer.from(await reader.openSubjectKey(`dossier#${i}`, 'C2', wrapped))).toEqual(Buffer.from(key))
})

describe('the class key in memory', () => {
  test('is fetched anew beside the request from four minutes on, once at a time', async () => {
    const { vault, calls, later } = vaultOf()
    const { wrapped } = await vault.newSubjectKey('dossier#1', 'C2')
    later(4 * minute - 1)
    await vault.openSubjectKey('dossier#1', 'C2', wrapped)
    expect(calls).toHaveLength(1)
    later(1)
    await Promise.all(Array.from({ length: 20 }, () => vault.openSubjectKey('dossier#1', 'C2', wrapped)))
    await settled()
    expect(calls.map(({ command }) => command)).toEqual(['GenerateDataKeyCommand', 'DecryptCommand'])
    later(4 * minute - 1)
    await vault.openSubjectKey('dossier#1', 'C2', wrapped)
    await settled()
    expect(calls).toHaveLength(2)
  })

  test('is given up after five minutes: a grant that was taken away ends then, and one that came back works again', async () => {
    const denied = new Set<string>()
    const { vault, later } = vaultOf({ kms: fakeKms({ master, denied }) })
    const { wrapped } = await vault.newSubjectKey('dossier#1', 'C2')
    denied.add('arn:c2')
    later(5 * minute - 1)
    await expect(vault.openSubjectKey('dossier#1', 'C2', wrapped)).resolves.toBeDefined()
    await settled()
    later(1)
    await expect(vault.openSubjectKey('dossier#1', 'C2', wrapped)).rejects.toThrow('not authorized')
    denied.clear()
    await expect(vault.openSubjectKey('dossier#1', 'C2', wrapped)).resolves.toBeDefined()
  })
})

test('a class without a key, or that KMS denies, is a fault that names it; others work', async () => {
  const { vault } = vaultOf({ kms: fakeKms({ master, denied: new Set(['arn:medical']) }) })
  await expect(vault.newSubjectKey('dossier#1', 'C3-protection')).rejects.toThrow('no key for class C3-protection')
  await expect(vault.newSubjectKey('dossier#1', 'C3-medical')).rejects.toThrow('not authorized')
  await expect(vault.newSubjectKey('dossier#1', 'C2')).resolves.toBeDefined()
})

test('warming fetches every class, and a failure of it fails nothing', async () => {
  const { vault, calls } = vaultOf({ kms: fakeKms({ master, denied: new Set(['arn:medical']) }) })
  await vault.warm()
  expect(calls.map(({ keyId }) => keyId).sort()).toEqual(['arn:c2', 'arn:medical'])
  await vault.newSubjectKey('dossier#1', 'C2')
  expect(calls).toHaveLength(2)
})
