export type { TokenRequest } from './cognito.ts'
export { DataFolderRefused } from './database.ts'
export type { How } from './fault-kinds.ts'
export type { Delivery, Fault, FaultPoint, Faults, InjectedFault } from './faults.ts'
export type { LogEntry } from './lambda.ts'
export { type DeadLetter, type LocalCloud, type LocalCloudOptions, startLocalCloud } from './local-cloud.ts'
export type { CallObservation, Observation } from './observations.ts'
export type { UnusedGrant } from './permissions.ts'
export { type Price, prices, type StandingLine, usdOf, usdOfUsage } from './prices.ts'
export {
  between,
  plus,
  quantityOf,
  sizeOfItem,
  times,
  type Usage,
  type UsageEntry,
  type UsageLine,
  usageDuring,
  usageLines,
  usageOf,
} from './usage.ts'
