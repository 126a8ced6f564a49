import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { dataClasses } from '@wontanara/events'
import * as z from 'zod'
import { clientOptions } from './client-options.ts'
import { type KeyVault, keyVault } from './key-vault.ts'
import { retryCancelled } from './retry-cancelled.ts'
import type { Table } from './table.ts'

/** A parse error would not name the variable, and would quote it. */
function fromJson(text: string, { addIssue }: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
}

const Environment = z.object({
  STAGE: z.string().min(1),
  SERVICE: z.string().min(1),
  TABLE_NAME: z.string().min(1),
  CLASS_KEYS: z
    .string()
    .transform(fromJson)
    .pipe(z.partialRecord(z.enum([...dataClasses, 'find']), z.string().min(1))),
})

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
    const table: Table = { name: TABLE_NAME, client: retryCancelled(unlogged(new DynamoDBClient(clientOptions))) }
    const vault = keyVault({ stage: STAGE, service: SERVICE, table, kms: unlogged(new KMSClient(clientOptions)), keys: CLASS_KEYS })
    environment = { stage: STAGE, service: SERVICE, table, vault }
  }
  return environment
}

/** What a variable lists, separated by commas; nothing when it is not set. */
export const environmentList = (name: string): readonly string[] => (process.env[name] ?? '').split(',').filter((item) => item !== '')
