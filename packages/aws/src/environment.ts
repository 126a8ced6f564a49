import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { type KeyVault, keyVault } from './key-vault.ts'
import type { Table } from './table.ts'

const Environment = z.object({
  STAGE: z.string().min(1),
  SERVICE: z.string().min(1),
  TABLE_NAME: z.string().min(1),
  CLASS_KEYS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.partialRecord(z.enum(dataClasses), z.string().min(1))),
})

/** Bounded waiting: a call that hangs is given up well before the function is, so that there is time to answer. */
const clientOptions = { maxAttempts: 4, requestHandler: { connectionTimeout: 1000, requestTimeout: 2500 }, cacheMiddleware: true }

/** Takes out what the SDK does for a log that nobody reads: it copies each request and answer, a tenth of our CPU. */
function unlogged<C extends { readonly middlewareStack: { remove(name: string): boolean } }>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware')
  return client
}

/** What a function of a service works with. */
export interface ServiceEnvironment {
  readonly stage: string
  readonly service: string
  readonly table: Table
  readonly vault: KeyVault
}

let environment: ServiceEnvironment | undefined

/**
 * The function's environment, read once.
 * @throws z.ZodError naming the variable that is missing or malformed, before any request is taken
 */
export function serviceEnvironment(): ServiceEnvironment {
  if (environment === undefined) {
    const { STAGE, SERVICE, TABLE_NAME, CLASS_KEYS } = Environment.parse(process.env)
    const table: Table = { name: TABLE_NAME, client: unlogged(new DynamoDBClient(clientOptions)) }
    const vault = keyVault({ stage: STAGE, service: SERVICE, table, kms: unlogged(new KMSClient(clientOptions)), keys: CLASS_KEYS })
    environment = { stage: STAGE, service: SERVICE, table, vault }
  }
  return environment
}
