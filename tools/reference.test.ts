import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { reference } from './reference.ts'

const pages = join(import.meta.dirname, '../docs/reference')
const sources = globSync('**/*.{html,js}', { cwd: pages }).map((file): [string, string] => [file, readFileSync(join(pages, file), 'utf8')])

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** The file behind a path, as a web server finds it. */
const behind = (path: string): readonly string[] =>
  Object.entries(reference).flatMap(([prefix, target]) => {
    if (path === prefix) return [target]
    return path.startsWith(`${prefix}/`) ? [join(target, path.slice(prefix.length), path.endsWith('/') ? 'index.html' : '')] : []
  })

test('there are pages', () => {
  expect(sources.map(([file]) => file).sort()).toEqual(['events/events.js', 'events/index.html', 'index.html'])
})

test.each(['/reference/', '/reference/events/', '/reference/openapi.json', '/reference/asyncapi.json', '/reference/code-lists.json'])(
  '%s is there',
  (path) => {
    expect(behind(path).filter(isFile)).toHaveLength(1)
  },
)

test.each(sources)('%s names only what is served', (_file, text) => {
  const named = [...text.matchAll(/["'`](\/[a-z][\w./-]*)["'`]/g)].map(([, path = '']) => path)
  expect(named.length + [...text.matchAll(/\/reference\//g)].length).toBeGreaterThan(0)
  expect(named.filter((path) => !behind(path).some(isFile))).toEqual([])
})

test.each(sources)('%s asks nothing of the internet', (_file, text) => {
  expect(text).not.toMatch(/(https?:)?\/\/[a-z0-9-]+\.[a-z]/i)
})
