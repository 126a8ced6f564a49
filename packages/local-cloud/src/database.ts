import { DatabaseSync } from 'node:sqlite'

/**
 * Everything that must outlive the process except the tables' data: messages, archived events, positions in streams and schedules, keys.
 * Written before an answer is given, in write-ahead mode: a killed process loses nothing that was acknowledged.
 */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; COMMIT')
  } catch (error) {
    database.close()
    throw new Error(`${file} is in use by another local cloud`, { cause: error })
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS message (
      position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, queue TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
      sender TEXT NOT NULL, sent INTEGER NOT NULL, visible INTEGER NOT NULL, first_received INTEGER, receives INTEGER NOT NULL DEFAULT 0,
      receipt TEXT, source TEXT);
    CREATE INDEX IF NOT EXISTS message_visible ON message (queue, visible);
    CREATE INDEX IF NOT EXISTS message_sent ON message (queue, sent);
    CREATE INDEX IF NOT EXISTS message_receipt ON message (receipt);
    CREATE TABLE IF NOT EXISTS archive (position INTEGER PRIMARY KEY AUTOINCREMENT, archive TEXT NOT NULL, event TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS stream_position (mapping TEXT PRIMARY KEY, sequence TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS schedule (name TEXT PRIMARY KEY, created INTEGER NOT NULL, fired INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL);
  `)
  return database
}

/** A value that is made once and then kept. */
export function keptSecret(database: DatabaseSync, name: string, make: () => Uint8Array): Uint8Array {
  const row = database.prepare('SELECT value FROM secret WHERE name = ?').get(name)
  if (row?.value instanceof Uint8Array) return row.value
  const value = make()
  database.prepare('INSERT INTO secret (name, value) VALUES (?, ?)').run(name, value)
  return value
}

/** Runs something in one transaction. */
export function atomically<T>(database: DatabaseSync, run: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
