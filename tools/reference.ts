import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const library = join(import.meta.dirname, 'node_modules/swagger-ui-dist')

/** The reference pages and what they load, all from this machine: URL path -> file or folder. */
export const reference: Readonly<Record<string, string>> = {
  '/reference/openapi.json': join(root, 'docs/api/openapi.json'),
  '/reference/code-lists.json': join(root, 'docs/api/code-lists.json'),
  '/reference/asyncapi.json': join(root, 'events/generated/asyncapi.json'),
  '/reference/library/swagger-ui.css': join(library, 'swagger-ui.css'),
  '/reference/library/swagger-ui-bundle.js': join(library, 'swagger-ui-bundle.js'),
  '/reference': join(root, 'docs/reference'),
}
