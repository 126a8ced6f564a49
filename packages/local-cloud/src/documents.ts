import { readFileSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/markdown; charset=utf-8',
}

/**
 * Serves a file of a map of paths to files or folders; a folder's page is its index.html.
 * @returns false when there is none
 */
export function serveDocument(documents: Readonly<Record<string, string>>, url: string, response: ServerResponse): boolean {
  const path = new URL(url, 'http://local').pathname
  for (const [prefix, target] of Object.entries(documents)) {
    if (path !== prefix && !path.startsWith(`${prefix.replace(/\/$/, '')}/`)) continue
    const rest = normalize(`/${path.slice(prefix.length)}`)
    const file = fileAt(rest === '/' ? target : join(target, decodeURIComponent(rest)))
    if (file === undefined) continue
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    response.end(readFileSync(file))
    return true
  }
  return false
}

function fileAt(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return fileAt(join(path, 'index.html'))
  return stat?.isFile() ? path : undefined
}
