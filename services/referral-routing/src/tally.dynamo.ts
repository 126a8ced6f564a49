import { isDeepStrictEqual } from 'node:util'
import {
  GetItemCommand,
  number,
  QueryCommand,
  type Table,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  text,
} from '@wontanara/aws'
import * as z from 'zod'
import { emptyTally, Line, recounted, type Tallies, Tally } from './tally.ts'

/*
 * pk=tally#<service>  sk=month#2026-03    n number of changes; c the tally (JSON)
 *                     sk=line#<referral>  n number of changes; c what is counted of the referral (JSON)
 */
const Item = z.object({ n: number, c: text })
const MonthItem = z.object({ sk: text, c: text })
/** Enough for a hundred writers of one tally at once; about ten seconds in all. */
const maxAttempts = 16
const longestPause = 1000

/** The tallies in the service's table: the line and the month that it is counted in change together, if neither has changed meanwhile. */
export function dynamoTallies({ name: TableName, client }: Table): Tallies {
  const pkOf = (serviceId: string) => ({ S: `tally#${serviceId}` })

  async function found<T>(key: { readonly pk: { S: string }; readonly sk: { S: string } }, schema: z.ZodType<T>) {
    const { Item: item } = await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }))
    if (item === undefined) return { n: 0 }
    const { n, c } = Item.parse(item)
    return { n, value: schema.parse(JSON.parse(c)) }
  }
  const put = (key: object, n: number, value: object) => ({
    Put: {
      TableName,
      Item: { ...key, n: { N: String(n + 1) }, c: { S: JSON.stringify(value) } },
      ...(n === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : { ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': { N: String(n) } } }),
    },
  })

  return {
    note: async ({ serviceId, month }, referralId, change) => {
      const pk = pkOf(serviceId)
      const [lineKey, monthKey] = [
        { pk, sk: { S: `line#${referralId}` } },
        { pk, sk: { S: `month#${month}` } },
      ]
      for (let attempt = 1; ; attempt++) {
        const [line, tally] = await Promise.all([found(lineKey, Line), found(monthKey, Tally)])
        const after = change(line.value)
        if (isDeepStrictEqual(after, line.value)) return
        const items = [put(lineKey, line.n, after), put(monthKey, tally.n, recounted(tally.value ?? emptyTally, line.value, after))]
        try {
          await client.send(new TransactWriteItemsCommand({ TransactItems: items }))
          return
        } catch (error) {
          if (!(error instanceof TransactionCanceledException) || attempt === maxAttempts) throw error
          await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(longestPause, 10 * 2 ** attempt)))
        }
      }
    },
    read: async (serviceId, from, to) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': pkOf(serviceId), ':from': { S: `month#${from}` }, ':to': { S: `month#${to}` } },
        }),
      )
      return Items.map((item) => {
        const { sk, c } = MonthItem.parse(item)
        return { month: sk.slice('month#'.length), ...Tally.parse(JSON.parse(c)) }
      })
    },
  }
}
