import { dossiers, storeContract } from '@wontanara/core/store-contract'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import { dynamoStore } from './dynamo-store.ts'
import { keyVault } from './key-vault.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())

const keys = { C2: 'arn:c2', 'C3-medical': 'arn:medical', 'C3-protection': 'arn:protection' }
let tables = 0
const newTable = async () => {
  const table = { name: `table-${++tables}`, client: dynoxide.client }
  await dynoxide.createTable(table.name)
  return table
}

storeContract(async () => {
  const table = await newTable()
  return dynamoStore(dossiers, table, keyVault({ stage: 'test', service: 'contract', table, kms: fakeKms().client, keys }))
})
