import { memoryStore } from './memory-store.ts'
import { dossiers, storeContract } from './store-contract.ts'

storeContract(async () => memoryStore(dossiers))
