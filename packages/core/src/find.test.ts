import { memoryFindIndex } from './find.ts'
import { findContract } from './find-contract.ts'

findContract(async () => memoryFindIndex())
