import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { AwsError } from './aws-error.ts'

/*
 * dynoxide stamps stream records with the machine's time, and deletes nothing that has expired. Both are made up for here: the first by a
 * trigger in its file, so that a record carries the time of the local cloud from the transaction on that wrote it.
 */

export interface RecordTime {
  /** How far records are stamped ahead of the machine's clock, from now on. */
  setOffset(milliseconds: number): void
  /** Marks the deletion of an item as one of the service, while `run` runs. One at a time. */
  asService<T>(table: string, key: object, run: () => Promise<T>): Promise<T>
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
const service = JSON.stringify({ type: 'Service', principalId: 'dynamodb.amazonaws.com' })

/** @param database dynoxide's file; without it records keep the endpoint's own time */
export function recordTime(database: DatabaseSync | undefined): RecordTime {
  database?.exec(`
    CREATE TABLE IF NOT EXISTS local_time (only INTEGER PRIMARY KEY CHECK (only = 1), ahead INTEGER NOT NULL, deleting TEXT);
    INSERT INTO local_time VALUES (1, 0, NULL) ON CONFLICT DO UPDATE SET deleting = NULL;
    CREATE TRIGGER IF NOT EXISTS local_stamp AFTER INSERT ON _stream_records
    WHEN (SELECT ahead <> 0 FROM local_time) BEGIN
      UPDATE _stream_records SET created_at = created_at + (SELECT ahead FROM local_time) WHERE id = NEW.id;
    END;
    CREATE TRIGGER IF NOT EXISTS local_service AFTER INSERT ON _stream_records
    WHEN NEW.event_name = 'REMOVE' AND EXISTS (
      SELECT 1 FROM local_time WHERE deleting ->> '$.table' = NEW.table_name AND NOT EXISTS (
        SELECT 1 FROM json_each(deleting, '$.key') AS part WHERE part.value IS NOT json_extract(NEW.keys_json, '$."' || part.key || '"')))
    BEGIN
      UPDATE _stream_records SET user_identity = '${service}' WHERE id = NEW.id;
    END;
  `)
  const setAhead = database?.prepare('UPDATE local_time SET ahead = ?')
  const setDeleting = database?.prepare('UPDATE local_time SET deleting = ?')
  return {
    // Records are stamped to the second.
    setOffset: (milliseconds) => void setAhead?.run(Math.round(milliseconds / 1000)),
    asService: async (table, key, run) => {
      setDeleting?.run(JSON.stringify({ table, key }))
      try {
        return await run()
      } finally {
        setDeleting?.run(null)
      }
    },
  }
}

/** A table whose items expire. */
export interface ExpiringTable {
  readonly name: string
  /** Names of its key attributes. */
  readonly keys: readonly string[]
  /** Attribute that holds when an item expires, in seconds since 1970. */
  readonly attribute: string
}

const Page = z.object({
  Items: z.array(z.record(z.string(), z.unknown())).default([]),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
})
/** What expired longer ago stays: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html */
const fiveYears = 5 * 365 * 86_400

/**
 * Deletes what has expired.
 * @param now seconds since 1970
 * @returns how many items that were
 */
export async function deleteExpired(
  call: (action: string, input: object) => Promise<unknown>,
  { asService }: RecordTime,
  { name, keys, attribute }: ExpiringTable,
  now: number,
): Promise<number> {
  const expired = {
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: { ':now': { N: String(now) }, ':oldest': { N: String(now - fiveYears) } },
  }
  const condition = '#ttl < :now AND #ttl > :oldest'
  const keyNames = Object.fromEntries(keys.map((key, i) => [`#key${i}`, key]))
  let deleted = 0
  for (let ExclusiveStartKey: object | undefined, more = true; more; ) {
    const { Items, LastEvaluatedKey } = Page.parse(
      await call('Scan', {
        TableName: name,
        ...expired,
        ExpressionAttributeNames: { ...expired.ExpressionAttributeNames, ...keyNames },
        FilterExpression: condition,
        ProjectionExpression: Object.keys(keyNames).join(),
        ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
      }),
    )
    for (const Key of Items) {
      try {
        await asService(name, Key, () => call('DeleteItem', { TableName: name, Key, ...expired, ConditionExpression: condition }))
        deleted++
      } catch (error) {
        // Somebody gave it more time, or deleted it, since it was found.
        if (!(error instanceof AwsError) || error.name !== 'ConditionalCheckFailedException') throw error
      }
    }
    ExclusiveStartKey = LastEvaluatedKey
    more = LastEvaluatedKey !== undefined
  }
  return deleted
}
