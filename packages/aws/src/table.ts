import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'

/** A service's table. */
export interface Table {
  readonly name: string
  readonly client: DynamoDBClient
}

/** Schemas of DynamoDB attribute values: what is read from a table is parsed like any other input. */
export const text = z.object({ S: z.string() }).transform(({ S }) => S)
export const number = z.object({ N: z.string() }).transform(({ N }) => Number(N))
export const bytes = z.object({ B: z.instanceof(Uint8Array) }).transform(({ B }) => B)
export const bytesByName = z.object({ M: z.record(z.string(), bytes) }).transform(({ M }) => M)

/** A map of byte strings as an attribute. */
export const bytesMap = (entries: ReadonlyMap<string, Uint8Array>) => ({
  M: Object.fromEntries([...entries].map(([name, B]) => [name, { B }])),
})
