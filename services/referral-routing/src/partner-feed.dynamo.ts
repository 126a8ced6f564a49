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
import { FeedItem, type PartnerFeed } from './partner-feed.ts'

/*
 * pk=feed#<organisation>  sk=head              n number of events so far
 *                         sk=item#0000000042   c the event (JSON)
 *                         sk=id#<event id>     n the number of the event, which is in the feed
 */
const Head = z.object({ n: number })
const Item = z.object({ c: text })
/** Enough for a hundred writers of one feed at once; about ten seconds in all. */
const maxAttempts = 16
const longestPause = 1000

const itemKey = (sequence: number): string => `item#${String(sequence).padStart(10, '0')}`

/** The feed in the service's table. One transaction per event: head n becomes n + 1, item n + 1 is written, the event id is not there yet. */
export function dynamoFeed({ name, client }: Table): PartnerFeed {
  const pkOf = (organisationId: string) => ({ S: `feed#${organisationId}` })

  async function head(pk: { readonly S: string }): Promise<number> {
    const { Item } = await client.send(new GetItemCommand({ TableName: name, Key: { pk, sk: { S: 'head' } }, ConsistentRead: true }))
    return Item === undefined ? 0 : Head.parse(Item).n
  }

  return {
    append: async (organisationId, event) => {
      const pk = pkOf(organisationId)
      for (let attempt = 1; ; attempt++) {
        const last = await head(pk)
        const sequence = last + 1
        const absent = 'attribute_not_exists(pk)'
        const unchanged =
          last === 0
            ? { ConditionExpression: absent }
            : { ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': { N: String(last) } } }
        const content = JSON.stringify({ ...event, sequence })
        try {
          await client.send(
            new TransactWriteItemsCommand({
              TransactItems: [
                {
                  Put: {
                    TableName: name,
                    Item: { pk, sk: { S: `id#${event.id}` }, n: { N: String(sequence) } },
                    ConditionExpression: absent,
                  },
                },
                { Put: { TableName: name, Item: { pk, sk: { S: 'head' }, n: { N: String(sequence) } }, ...unchanged } },
                { Put: { TableName: name, Item: { pk, sk: { S: itemKey(sequence) }, c: { S: content } }, ConditionExpression: absent } },
              ],
            }),
          )
          return
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error
          // The event is there already: an earlier attempt whose answer was lost, or a repeat.
          if (error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed') return
          if (attempt === maxAttempts) throw error
          await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(longestPause, 10 * 2 ** attempt)))
        }
      }
    },
    read: async (organisationId, after, limit) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: name,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': pkOf(organisationId), ':from': { S: itemKey(after + 1) }, ':to': { S: 'item#~' } },
          Limit: limit,
        }),
      )
      const items = Items.map((item) => FeedItem.parse(JSON.parse(Item.parse(item).c)))
      // A query may see a later transaction before the end of an earlier one: a page ends at the first gap, never beyond it.
      const gap = items.findIndex(({ sequence }, i) => sequence !== after + 1 + i)
      return gap === -1 ? items : items.slice(0, gap)
    },
    find: async (organisationId, eventId) => {
      const Key = { pk: pkOf(organisationId), sk: { S: `id#${eventId}` } }
      const { Item: found } = await client.send(new GetItemCommand({ TableName: name, Key }))
      return found === undefined ? undefined : Head.parse(found).n
    },
    head: (organisationId) => head(pkOf(organisationId)),
  }
}
