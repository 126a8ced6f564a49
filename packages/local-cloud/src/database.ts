import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { errorText, isObject } from './json.ts'

/** A data folder that cannot be used, and why. Nothing in it was changed. */
export class DataFolderRefused extends Error {
  override name = 'DataFolderRefused'
  /** Whether another local cloud has it open; otherwise it was written by another version, for other tables, or cannot be read. */
  readonly inUse: boolean
  constructor(message: string, { inUse = false, cause }: { readonly inUse?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.inUse = inUse
  }
}

/** Version of the tables below. A change of any of them raises it: a database of another version is refused. */
const layout = 1

/** SQLite's result code when another process has the file. */
const busy = 5

/** What is in a data folder besides cloud.db: the tables' data, and what functions wrote. */
const files = { tables: 'tables.db', log: 'functions.log', olderLog: 'functions.previous.log' } as const

/** A folder that keeps everything, for this process alone. */
export interface DataFolder {
  readonly database: DatabaseSync
  /** Where dynoxide keeps the tables. */
  readonly tablesFile: string
  readonly logFile: string
}

/**
 * Opens a data folder, making it where there is none.
 * @param kept whether it outlives this process
 * @param fresh forgets what is in it first; other files in the folder stay
 * @param elsewhere whether the tables are on another endpoint
 * @throws DataFolderRefused when another local cloud has it open, or what is in it is of another version or not whole
 */
export function openDataFolder(
  folder: string,
  { kept, fresh, elsewhere = false }: { readonly kept: boolean; readonly fresh: boolean; readonly elsewhere?: boolean },
): DataFolder {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'cloud.db')
  const tablesFile = join(folder, files.tables)
  if (!fresh && existsSync(tablesFile) && !existsSync(file))
    throw new DataFolderRefused(`${file} is not there any more, and with it the keys`)
  const database = openDatabase(file, { kept, fresh })
  // Positions without the tables that they are in: what is written to new ones would seem to be read already.
  if (!fresh && !elsewhere && !existsSync(tablesFile) && database.prepare("SELECT 1 FROM stream_position WHERE sequence <> ''").get()) {
    database.close()
    throw new DataFolderRefused(`${tablesFile} is not there any more`)
  }
  // Only now: whoever holds the database holds the folder.
  if (fresh) {
    for (const name of Object.values(files))
      for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `${name}${suffix}`), { force: true })
  }
  const logFile = join(folder, files.log)
  // What was written until the last stop is worth a look, not a disk.
  if (existsSync(logFile)) renameSync(logFile, join(folder, files.olderLog))
  return { database, tablesFile, logFile }
}

/**
 * Everything that must outlive the process except the tables' data: messages, archived events, positions in streams and schedules, keys,
 * objects, the clock. Written before an answer is given. A killed process loses nothing that was written, whatever the setting; `kept` also waits for the
 * disk with each commit, as dynoxide does, so that a power cut does not part the two.
 */
export function openDatabase(file: string, { kept = false, fresh = false } = {}): DatabaseSync {
  if (fresh) forget(file)
  const database = locked(file)
  const version = versionOf(database)
  if (version !== undefined && version !== layout) {
    database.close()
    throw new DataFolderRefused(`${file} was written by another version of the local cloud`)
  }
  database.exec(`
    PRAGMA synchronous = ${kept ? 'FULL' : 'OFF'};
    PRAGMA user_version = ${layout};
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
    CREATE TABLE IF NOT EXISTS upload (
      id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, description TEXT NOT NULL, checksums INTEGER NOT NULL, begun REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS part (
      upload TEXT NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, crc TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (upload, number));
    CREATE TABLE IF NOT EXISTS object (
      bucket TEXT NOT NULL, key TEXT NOT NULL, upload TEXT NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL, written REAL NOT NULL,
      description TEXT NOT NULL, PRIMARY KEY (bucket, key));
    CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), ahead REAL NOT NULL);
  `)
  return database
}

/** Opens the file for this process alone. */
function locked(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT')
    return database
  } catch (error) {
    database.close()
    const inUse = isObject(error) && error.errcode === busy
    const reason = inUse ? 'is in use by another local cloud' : `cannot be read (${errorText(error)})`
    throw new DataFolderRefused(`${file} ${reason}`, { inUse, cause: error })
  }
}

/** Deletes the file, also one that cannot be read, but none that somebody has open. */
function forget(file: string): void {
  try {
    locked(file).close()
  } catch (error) {
    if (!(error instanceof DataFolderRefused) || error.inUse) throw error
  }
  for (const suffix of ['-wal', '-shm', '']) rmSync(file + suffix, { force: true })
}

/** The version that wrote a database; undefined for a new one, 0 for one from before there were versions. */
function versionOf(database: DatabaseSync): number | undefined {
  const { tables } = z.object({ tables: z.number() }).parse(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get())
  const { user_version } = z.object({ user_version: z.number() }).parse(database.prepare('PRAGMA user_version').get())
  return tables === 0 && user_version === 0 ? undefined : user_version
}

/** How far the clock was let run ahead of the machine's, in milliseconds. */
export function keptTime(database: DatabaseSync): number {
  const row = database.prepare('SELECT ahead FROM clock').get()
  return row === undefined ? 0 : z.object({ ahead: z.number() }).parse(row).ahead
}
export function keepTime(database: DatabaseSync, ahead: number): void {
  database.prepare('INSERT INTO clock (only, ahead) VALUES (1, ?) ON CONFLICT DO UPDATE SET ahead = excluded.ahead').run(ahead)
}

/** Forgets where mappings and schedules stood that the templates no longer have, as AWS does when it deletes them. */
export function forgetOthers(database: DatabaseSync, names: ReadonlySet<string>): void {
  for (const [table, column] of [
    ['stream_position', 'mapping'],
    ['schedule', 'name'],
  ] as const) {
    const remove = database.prepare(`DELETE FROM ${table} WHERE ${column} = ?`)
    for (const row of database.prepare(`SELECT ${column} AS name FROM ${table}`).all()) {
      if (typeof row.name === 'string' && !names.has(row.name)) remove.run(row.name)
    }
  }
}

/** Messages of queues that the templates no longer have: they stay. @returns queue -> how many */
export function messagesOfOthers(database: DatabaseSync, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const rows = database.prepare('SELECT queue, count(*) AS messages FROM message GROUP BY queue').all()
  return new Map(
    z
      .array(z.object({ queue: z.string(), messages: z.number() }))
      .parse(rows)
      .flatMap(({ queue, messages }): [string, number][] => (names.has(queue) ? [] : [[queue, messages]])),
  )
}

/** A value that was made before. */
export function heldSecret(database: DatabaseSync, name: string): Uint8Array | undefined {
  const row = database.prepare('SELECT value FROM secret WHERE name = ?').get(name)
  return row?.value instanceof Uint8Array ? row.value : undefined
}

/** A value that is made once and then kept. */
export function keptSecret(database: DatabaseSync, name: string, make: () => Uint8Array): Uint8Array {
  const held = heldSecret(database, name)
  if (held !== undefined) return held
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
