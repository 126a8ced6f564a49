import { PutItemCommand, QueryCommand, type Table, text } from '@wontanara/aws'
import { newId } from '@wontanara/core'
import * as z from 'zod'
import { Attempt, type AttemptLog } from './attempts.ts'

/*
 * pk=attempts#<endpoint>  sk=attempt-<time and chance>   c what came of it (JSON)
 */
const Item = z.object({ sk: text, c: text })

/** The delivery logs, in the service's table. */
export function dynamoAttempts({ name: TableName, client }: Table): AttemptLog {
  const pkOf = (endpointId: string) => ({ S: `attempts#${endpointId}` })
  return {
    record: async (attempt) => {
      const sk = { S: newId('attempt', new Date(attempt.at)) }
      await client.send(
        new PutItemCommand({ TableName, Item: { pk: pkOf(attempt.endpointId), sk, c: { S: JSON.stringify(Attempt.parse(attempt)) } } }),
      )
    },
    read: async (endpointId, limit, after) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk < :after',
          ExpressionAttributeValues: { ':pk': pkOf(endpointId), ':after': { S: after ?? 'attempt-~' } },
          ScanIndexForward: false,
          // One more than asked for: a full page that is the last one must not promise another.
          Limit: limit + 1,
        }),
      )
      const found = Items.map((item) => Item.parse(item))
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(({ c }) => Attempt.parse(JSON.parse(c))),
        ...(found.length > limit && last !== undefined ? { next: last.sk } : {}),
      }
    },
  }
}
