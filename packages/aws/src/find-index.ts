import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchWriteItemCommand, GetItemCommand, PutItemCommand, QueryCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import type { FindIndex, Found, FoundPage, Term } from '@wontanara/core'
import * as z from 'zod'
import type { KeyVault } from './key-vault.ts'
import { type Table, text } from './table.ts'

/*
 * pk=find#<name>#<digest>  sk=<scope>#<id>   a record is found here: the key is all there is
 * pk=<name>#<id>           sk=find           d: every place (digest and scope) where the record is found; o: a change of them is under way
 *
 * The digest is HMAC-SHA-256 under a key of its own, cut to 128 bits: without the key neither a value nor the number of different values is
 * to be guessed from the table.
 */
const digestLength = 22
const batchSize = 25
const maxAttempts = 6

const Places = z.object({
  d: z
    .object({ SS: z.array(z.string()) })
    .transform(({ SS }) => SS)
    .default([]),
  o: z.unknown().optional(),
})
const FoundItem = z.object({ sk: text })

/**
 * The blind index of one kind of record in DynamoDB.
 * @param name of the records, as in their keys: `case`
 */
export function findIndex(name: string, table: Table, vault: Pick<KeyVault, 'findKey'>): FindIndex {
  async function digestsOf(terms: readonly Term[]): Promise<readonly string[]> {
    const key = await vault.findKey()
    const digest = ({ kind, value }: Term): string =>
      createHmac('sha256', key).update(`${name}\u0000${kind}\u0000${value}`).digest('base64url').slice(0, digestLength)
    return [...new Set(terms.map(digest))]
  }
  const partition = (digest: string) => ({ S: `find#${name}#${digest}` })
  /** A place is written `<digest> <scope>`. */
  const keyOf = (place: string, id: string) => ({
    pk: partition(place.slice(0, digestLength)),
    sk: entry(place.slice(digestLength + 1), id),
  })
  const own = (id: string) => ({ pk: { S: `${name}#${id}` }, sk: { S: 'find' } })
  const entry = (scope: string, id: string) => ({ S: `${scope}#${id}` })

  async function write(requests: readonly WriteRequest[]): Promise<void> {
    for (let start = 0; start < requests.length; start += batchSize) {
      let left: readonly WriteRequest[] = requests.slice(start, start + batchSize)
      for (let attempt = 1; left.length > 0; attempt++) {
        const { UnprocessedItems = {} } = await table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: [...left] } }))
        left = UnprocessedItems[table.name] ?? []
        if (left.length > 0 && attempt === maxAttempts) throw new Error(`${left.length} places of a record were not written`)
        if (left.length > 0) await sleep(Math.random() * 25 * 2 ** attempt)
      }
    }
  }

  async function placed(id: string): Promise<{ readonly places: readonly string[]; readonly underWay: boolean }> {
    const { Item } = await table.client.send(new GetItemCommand({ TableName: table.name, Key: own(id), ConsistentRead: true }))
    if (Item === undefined) return { places: [], underWay: false }
    const { d, o } = Places.parse(Item)
    return { places: d, underWay: o !== undefined }
  }

  async function note(id: string, places: readonly string[], underWay: boolean): Promise<void> {
    const state = { ...(places.length === 0 ? {} : { d: { SS: [...places] } }), ...(underWay ? { o: { BOOL: true } } : {}) }
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...own(id), ...state } }))
  }

  return {
    digest: async (text) =>
      createHmac('sha256', await vault.findKey())
        .update(`${name}\u0000\u0000${text}`)
        .digest('base64url')
        .slice(0, digestLength),
    place: async (id, scope, terms) => {
      const wanted = (await digestsOf(terms)).map((digest) => `${digest} ${scope}`)
      const { places, underWay } = await placed(id)
      const added = wanted.filter((place) => underWay || !places.includes(place))
      const stale = places.filter((place) => !wanted.includes(place))
      if (!underWay && added.length + stale.length === 0) return
      // Each place is noted before it is written and forgotten after it is gone: what was interrupted leaves none behind.
      await note(id, [...new Set([...places, ...wanted])], true)
      await write([
        ...added.map((place) => ({ PutRequest: { Item: keyOf(place, id) } })),
        ...stale.map((place) => ({ DeleteRequest: { Key: keyOf(place, id) } })),
      ])
      await note(id, wanted, false)
    },
    find: async (term, { scope, limit, after, fresh = false }): Promise<FoundPage> => {
      const [digest = ''] = await digestsOf([term])
      const pk = partition(digest)
      const page = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: scope === undefined ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :scope)',
          ExpressionAttributeValues: { ':pk': pk, ...(scope === undefined ? {} : { ':scope': { S: `${scope}#` } }) },
          ConsistentRead: fresh,
          Limit: limit + 1,
          ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: entry(after.scope, after.id) } }),
        }),
      )
      const all = (page.Items ?? []).map((item) => foundIn(FoundItem.parse(item).sk))
      const found = all.slice(0, limit)
      const next = found.at(-1)
      return next !== undefined && all.length > limit ? { found, next } : { found }
    },
  }
}

const foundIn = (sk: string): Found => ({ scope: sk.slice(0, sk.indexOf('#')), id: sk.slice(sk.indexOf('#') + 1) })
