import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

let data: string
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'start-'))
})
afterAll(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }))

function start(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'start.ts'), ...options], { encoding: 'utf8' })
  return { status, out: stdout, error: stderr }
}

test('the examples are played once; the next start goes on with what they left; a fresh one starts over', () => {
  const played = /Example 8 of 8/
  const first = start('--exit', '--data', data)
  expect(first).toMatchObject({ status: 0, out: expect.stringMatching(played) })
  const second = start('--exit', '--data', data)
  expect(second).toMatchObject({
    status: 0,
    out: expect.stringMatching(/Kept from before: 19 cases in the office of conakry, last written 2/),
  })
  expect(second.out).not.toMatch(played)
  expect(second.out).toContain('/_local/')
  expect(second.out).toMatch(/Sandbox partner {3}http/)
  const fresh = start('--exit', '--fresh', '--data', data)
  expect(fresh).toMatchObject({ status: 0, out: expect.stringMatching(played) })
  expect(fresh.out).not.toContain('Kept from before')
})

test('a folder that cannot be used ends the start, and says what to do', () => {
  const file = join(data, 'cloud.db')
  const other = new DatabaseSync(file)
  other.exec('PRAGMA user_version = 1000000')
  other.close()
  expect(start('--exit', '--data', data)).toMatchObject({
    status: 1,
    error: expect.stringMatching(/was written by another version of the local cloud\n.*npm start -- --fresh\n.*--data DIR/),
  })
  const database = new DatabaseSync(file)
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
  expect(start('--exit', '--fresh', '--data', data)).toMatchObject({
    status: 1,
    error: expect.stringMatching(/is in use by another local cloud\n.*--data DIR/),
  })
  database.close()
})

test('an option that there is not is refused with those that there are', () => {
  expect(start('--frehs')).toMatchObject({ status: 1, error: expect.stringContaining('--fresh ') })
})
