export * from './client.ts'
export * from './http-client.ts'
export * from './principals.ts'
export * from './scenario.ts'
