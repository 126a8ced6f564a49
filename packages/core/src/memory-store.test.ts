import { issued } from './call.ts'
import { create, execute } from './execute.ts'
import { memoryStore } from './memory-store.ts'
import { dossierCall, dossiers, storeContract } from './store-contract.ts'

storeContract(async () => memoryStore(dossiers))

test('personal data in a list row, or in an index key, is found', async () => {
  const indexes: readonly (typeof dossiers.index)[] = [
    ({ name }) => ({ row: { name } }),
    ({ name }) => ({ gsi1: { pk: 'all', sk: `name#${name}` }, row: {} }),
  ]
  for (const index of indexes) {
    const aggregate = { ...dossiers, ...(index === undefined ? {} : { index }) }
    const repository = { aggregate, store: memoryStore(aggregate) }
    const call = dossierCall()
    await create(repository, 'dossier-1', { type: 'open', office: 'conakry', order: '1', ...issued(call) }, call)
    const naming = dossierCall()
    const named = execute(repository, 'dossier-1', { type: 'name', name: 'PlantedName', ...issued(naming) }, naming)
    await expect(named).rejects.toThrow('a list row or an index key shows what the state keeps sealed')
  }
})
