// `pnpm run generate`: writes everything that follows from declarations: schemas, AsyncAPI, OpenAPI, code lists, record of processing.
//   --check     writes nothing and fails with the names of the files that differ
//   --publish   also takes the schemas and the API as published: from then on test/contract lets them only grow
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { exampleManifest, manifestFile } from '@wontanara/examples'
import { type Declarations, declarations } from './declarations.ts'
import { asyncApi, eventSchema } from './generate/asyncapi.ts'
import { isObject, type Json, textOfJson } from './generate/json.ts'
import { openApi } from './generate/openapi.ts'
import { codeListDocument, codeListPage, columnPage, eventPage, partnerEventPage, recordOfProcessing } from './generate/pages.ts'

const root = join(import.meta.dirname, '..')
const schemas = 'events/generated'
const published = 'test/contract/published'

function filesOf(declared: Declarations): ReadonlyMap<string, string> {
  return new Map([
    ...declared.events.map((event): [string, string] => [`${schemas}/${event.type}.json`, textOfJson(eventSchema(event))]),
    [`${schemas}/asyncapi.json`, textOfJson(asyncApi(declared))],
    ['docs/api/openapi.json', textOfJson(openApi(declared))],
    ['docs/api/code-lists.json', textOfJson(codeListDocument(declared.codeLists))],
    ['docs/code-lists.md', codeListPage(declared.codeLists)],
    ['docs/events.md', eventPage(declared)],
    ['docs/partner-events.md', partnerEventPage(declared)],
    ['docs/manifest-columns.md', columnPage(declared.columns)],
    ['examples/arrival-manifest.csv', manifestFile(exampleManifest())],
    ['docs/record-of-processing.md', recordOfProcessing(declared)],
  ])
}

const current = (file: string): string | undefined => {
  const path = join(root, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Of an API document, what clients rely on: no texts of errors, no examples. */
function promised(document: string): string {
  const strip = (value: Json, name = ''): Json => {
    if (Array.isArray(value)) return value.map((item) => strip(item))
    if (!isObject(value)) return value
    const kept = Object.entries(value).filter(([key]) => key !== 'examples' && !(name === 'responses' && !key.startsWith('2')))
    return Object.fromEntries(kept.map(([key, item]) => [key, strip(item, key)]))
  }
  return textOfJson(strip(JSON.parse(document)))
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

const { values } = parseArgs({ options: { check: { type: 'boolean' }, publish: { type: 'boolean' } } })
const files = filesOf(await declarations())
const stale = globSync(`${schemas}/*.json`, { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !files.has(file))
const changed = [...files].filter(([file, text]) => current(file) !== text).map(([file]) => file)

if (values.check) {
  if (changed.length + stale.length > 0) {
    console.error(
      `Not as declared: run \`pnpm run generate\` and commit the result.\n${[...changed, ...stale].map((file) => `  ${file}`).join('\n')}`,
    )
    process.exitCode = 1
  }
} else {
  for (const file of stale) rmSync(join(root, file))
  for (const file of changed) write(file, files.get(file) ?? '')
  console.log([...changed, ...stale].length === 0 ? 'Nothing has changed.' : [...changed, ...stale].join('\n'))
}

if (values.publish) {
  for (const [file, text] of files) {
    if (file.startsWith(schemas) && !file.endsWith('asyncapi.json')) write(`${published}/events${file.slice(schemas.length)}`, text)
    else if (file === 'docs/api/openapi.json') write(`${published}/openapi.json`, promised(text))
  }
}
