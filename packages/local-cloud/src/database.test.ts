import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DataFolderRefused, forgetOthers, keepTime, keptTime, openDatabase, openDataFolder } from './database.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-cloud-database-'))
  file = join(folder, 'cloud.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a database that another version wrote is refused and left as it is; a fresh start takes its place', () => {
  const other = new DatabaseSync(file)
  other.exec('CREATE TABLE message (id TEXT); INSERT INTO message VALUES (1)')
  other.close()
  expect(() => openDatabase(file)).toThrow(DataFolderRefused)
  expect(() => openDatabase(file)).toThrow('was written by another version of the local cloud')
  const again = new DatabaseSync(file)
  expect(again.prepare('SELECT id FROM message').all()).toHaveLength(1)
  again.close()
  const fresh = openDatabase(file, { fresh: true })
  expect(fresh.prepare('SELECT id FROM message').all()).toEqual([])
  fresh.close()
  openDatabase(file).close()
})

test('a file that is no database is refused; a fresh start takes its place', () => {
  writeFileSync(file, 'x'.repeat(4096))
  expect(() => openDatabase(file)).toThrow('cannot be read')
  openDatabase(file, { fresh: true }).close()
  openDatabase(file).close()
})

test('a fresh start deletes what a local cloud wrote, and nothing else', () => {
  for (const name of ['tables.db', 'tables.db-wal', 'functions.log', 'notes.txt']) writeFileSync(join(folder, name), 'text')
  const { database, tablesFile, logFile } = openDataFolder(folder, { kept: true, fresh: true })
  database.close()
  for (const gone of [tablesFile, `${tablesFile}-wal`, logFile]) expect(() => writeFileSync(gone, '', { flag: 'wx' })).not.toThrow()
  expect(() => writeFileSync(join(folder, 'notes.txt'), '', { flag: 'wx' })).toThrow('EEXIST')
})

test('half of a folder is refused: tables without their keys, positions without the tables', () => {
  const open = (elsewhere = false) => openDataFolder(folder, { kept: true, fresh: false, elsewhere })
  const first = open()
  first.database.exec("INSERT INTO stream_position VALUES ('begun', ''), ('read', '7')")
  first.database.close()
  expect(() => open()).toThrow('tables.db is not there any more')
  // Tables on another endpoint are none of the folder's.
  open(true).database.close()
  writeFileSync(first.tablesFile, '')
  open().database.close()
  rmSync(file)
  expect(() => open()).toThrow(DataFolderRefused)
  expect(() => open()).toThrow('cloud.db is not there any more')
})

test('a start that was killed before there were tables is none that lost them', () => {
  const { database } = openDataFolder(folder, { kept: true, fresh: false })
  database.exec("INSERT INTO stream_position VALUES ('begun', '')")
  database.close()
  openDataFolder(folder, { kept: true, fresh: false }).database.close()
})

test('the log of the last start is kept beside that of this one, older ones are not', () => {
  for (const start of ['first', 'second', 'third']) {
    const { database, logFile } = openDataFolder(folder, { kept: true, fresh: false })
    writeFileSync(logFile, start)
    database.close()
  }
  expect(['functions.log', 'functions.previous.log'].map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['third', 'second'])
})

test('what the disk must hold before an answer: with each commit in a folder that is kept', () => {
  const settingOf = (kept: boolean): unknown => {
    const database = openDatabase(join(folder, String(kept)), { kept })
    const row = database.prepare('PRAGMA synchronous').get()
    database.close()
    return row?.synchronous
  }
  expect([settingOf(true), settingOf(false)]).toEqual([2, 0])
})

test('the time that was let pass is kept, positions of what the templates no longer have are not', () => {
  const first = openDatabase(file)
  expect(keptTime(first)).toBe(0)
  keepTime(first, 1000)
  keepTime(first, 2500.5)
  first.exec(`INSERT INTO stream_position VALUES ('here', '1'), ('gone', '2'); INSERT INTO schedule VALUES ('here', 1, 1), ('gone', 2, 2)`)
  first.close()
  const second = openDatabase(file)
  expect(keptTime(second)).toBe(2500.5)
  forgetOthers(second, new Set(['here']))
  expect(second.prepare('SELECT mapping AS name FROM stream_position UNION ALL SELECT name FROM schedule').all()).toEqual([
    { name: 'here' },
    { name: 'here' },
  ])
  second.close()
})
