import { ConditionalCheckFailedException, GetItemCommand, number, PutItemCommand, type Table, text } from '@wontanara/aws'
import * as z from 'zod'
import type { Deliveries } from './deliveries.ts'
import { Delivery } from './delivery-state.ts'

/*
 * pk=delivery#<endpoint>  sk=position   v version, c how far it is (JSON)
 */
const Item = z.object({ v: number, c: text })

/** How far each endpoint is, in the service's table. */
export function dynamoDeliveries({ name: TableName, client }: Table): Deliveries {
  const keyOf = (endpointId: string) => ({ pk: { S: `delivery#${endpointId}` }, sk: { S: 'position' } })
  return {
    load: async (endpointId) => {
      const { Item: found } = await client.send(new GetItemCommand({ TableName, Key: keyOf(endpointId), ConsistentRead: true }))
      if (found === undefined) return undefined
      const { v, c } = Item.parse(found)
      return { version: v, state: Delivery.parse(JSON.parse(c)) }
    },
    save: async (endpointId, from, state) => {
      try {
        await client.send(
          new PutItemCommand({
            TableName,
            Item: { ...keyOf(endpointId), v: { N: String(from + 1) }, c: { S: JSON.stringify(state) } },
            ...(from === 0
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : { ConditionExpression: 'v = :from', ExpressionAttributeValues: { ':from': { N: String(from) } } }),
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
  }
}
