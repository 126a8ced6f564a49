export type { TokenRequest } from './cognito.ts'
export type { Fault, Faults, InjectedFault } from './faults.ts'
export type { LogEntry } from './lambda.ts'
export { type DeadLetter, type LocalCloud, type LocalCloudOptions, startLocalCloud } from './local-cloud.ts'
