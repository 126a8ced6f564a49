import { PutItemCommand, QueryCommand, type Table, text } from '@wontanara/aws'
import * as z from 'zod'
import { Disclosure, type DisclosureLog, lineOf, positionOf } from './disclosure.ts'

/* pk=disclosures#<case>  sk=<instant>#<disclosure id>  c the line (JSON) */
const Item = z.object({ c: text })

/** The log in the service's table. A line is written once and never changed. */
export function dynamoDisclosures({ name, client }: Table): DisclosureLog {
  const pkOf = (caseId: string) => ({ S: `disclosures#${caseId}` })
  return {
    record: async (...leaving) => {
      await Promise.all(
        leaving.map(async (one) => {
          const line = await lineOf(one)
          await client.send(
            new PutItemCommand({
              TableName: name,
              Item: { pk: pkOf(one.caseId), sk: { S: positionOf(line) }, c: { S: JSON.stringify(line) } },
            }),
          )
        }),
      )
    },
    read: async (caseId, limit, after) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: name,
          ConsistentRead: true,
          KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :after',
          ExpressionAttributeValues: { ':pk': pkOf(caseId), ...(after === undefined ? {} : { ':after': { S: after } }) },
          ScanIndexForward: false,
          // One more, to know whether there is more.
          Limit: limit + 1,
        }),
      )
      const items = Items.slice(0, limit).map((item) => Disclosure.parse(JSON.parse(Item.parse(item).c)))
      const last = items.at(-1)
      return last === undefined || Items.length <= limit ? { items } : { items, next: positionOf(last) }
    },
  }
}
