import { createHmac } from 'node:crypto'
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { expiryAttribute, type RateLimit, whileOf } from '@wontanara/core'
import type { KeyVault } from './key-vault.ts'
import type { Table } from './table.ts'

/*
 * pk=limit#<digest>  sk=count   n: requests in one while; expires: when the item may go
 *
 * The digest is HMAC-SHA-256 of source and while under the key of the blind indexes, cut to 128 bits: the table does not tell who sent, nor
 * that who sent in one while is who sent in another.
 */
const digestLength = 22

/** A limit whose counts lie in the service's table. A request whose answer was lost may count twice: it only limits sooner. */
export function rateLimit(name: string, { name: TableName, client }: Table, vault: Pick<KeyVault, 'findKey'>): RateLimit {
  return {
    take: async (source, allowance, at) => {
      const { number, left } = whileOf(allowance, at)
      const digest = createHmac('sha256', await vault.findKey())
        .update(`limit\u0000${name}\u0000${number}\u0000${source}`)
        .digest('base64url')
        .slice(0, digestLength)
      try {
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: { pk: { S: `limit#${digest}` }, sk: { S: 'count' } },
            UpdateExpression: `ADD n :one SET ${expiryAttribute} = :end`,
            ConditionExpression: 'attribute_not_exists(n) OR n < :most',
            ExpressionAttributeValues: {
              ':one': { N: '1' },
              ':most': { N: String(allowance.most) },
              ':end': { N: String((number + 2) * allowance.seconds) },
            },
          }),
        )
        return undefined
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return left
        throw error
      }
    },
  }
}
