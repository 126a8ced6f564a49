import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import * as z from 'zod'
import { parseJson } from './json.ts'
import type { Observations } from './observations.ts'

/*
 * The operator's window: a page that shows what the local cloud does, and the stream of events that feeds it. Nothing on it comes from
 * anywhere else, and nothing on it says who a person is.
 */

const folder = join(import.meta.dirname, 'window')
const file = (name: string): string => readFileSync(join(folder, name), 'utf8')

export const languages = ['en', 'fr'] as const
type Language = (typeof languages)[number]

/** Key -> the words in each language. `{name}` is filled in; what follows a `|` is said of several. */
export const Words = z.record(z.string(), z.strictObject({ en: z.string().min(1), fr: z.string().min(1) }))

const assets: Readonly<Record<string, string>> = {
  'window.css': 'text/css; charset=utf-8',
  'window.js': 'text/javascript; charset=utf-8',
  'words.json': 'application/json; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** At most so many pictures a second, and at least one every so many milliseconds: the page sees that the local cloud lives. */
const shortestGap = 200
const longestGap = 1_000

export interface OperatorsWindow {
  /** Answers a request for the page or for what belongs to it. @returns false when it was none */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** Ends every stream. */
  stop(): void
}

/**
 * @param read gives the state to show; called only while somebody looks
 * @param listen tells when there is something new
 */
export function operatorsWindow(read: () => Promise<unknown>, listen: Observations['listen']): OperatorsWindow {
  const viewers = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | undefined
  let due = Number.POSITIVE_INFINITY
  let last = 0
  let stopped = false

  /** Sends a picture in so many milliseconds, or earlier when one is due earlier. */
  function arm(delay: number): void {
    const at = Math.max(Date.now() + delay, last + shortestGap)
    if (stopped || viewers.size === 0 || at >= due) return
    clearTimeout(timer)
    due = at
    timer = setTimeout(() => void send(), Math.max(0, at - Date.now()))
    timer.unref()
  }

  async function send(): Promise<void> {
    last = Date.now()
    try {
      const text = `data: ${JSON.stringify(await read())}\n\n`
      // Who does not keep up misses a picture: nothing piles up.
      for (const viewer of viewers) if (!viewer.writableNeedDrain) viewer.write(text)
    } catch {
      // A part that has stopped, or not yet started: the page sees that nothing comes.
    }
    due = Number.POSITIVE_INFINITY
    arm(longestGap)
  }
  listen(() => arm(0))

  function open(response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
    response.write('retry: 1000\n\n')
    viewers.add(response)
    response.on('close', () => viewers.delete(response))
    arm(0)
  }

  return {
    handle: (request, response) => {
      const url = new URL(request.url ?? '/', 'http://local')
      if (request.method !== 'GET') return false
      if (url.pathname === '/_local') {
        response.writeHead(302, { location: '/_local/' }).end()
        return true
      }
      const name = url.pathname.replace(/^\/_local\//, '')
      if (name === 'events') {
        open(response)
        return true
      }
      const type = name === '' ? 'text/html; charset=utf-8' : assets[name]
      if (type === undefined) return false
      const body = name === '' ? page(languageOf(url.searchParams.get('lang'), request.headers['accept-language'])) : file(name)
      response.writeHead(200, { ...headers, 'content-type': type, ...(name === '' ? { vary: 'accept-language' } : {}) }).end(body)
      return true
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
      for (const viewer of viewers) viewer.end()
    },
  }
}

const isLanguage = (text: string): text is Language => languages.some((language) => language === text)

/** The language asked for by `?lang=`, else the first that the browser prefers, else English. */
export function languageOf(asked: string | null, accepted = ''): Language {
  if (asked !== null && isLanguage(asked)) return asked
  const preferred = accepted
    .split(',')
    .map((part) => {
      const [tag = '', quality = 'q=1'] = part.trim().split(/\s*;\s*/)
      return { language: tag.toLowerCase().split('-')[0] ?? '', quality: Number(quality.replace(/^q=/, '')) }
    })
    .sort((a, b) => b.quality - a.quality)
    .find(({ language, quality }) => quality > 0 && isLanguage(language))?.language
  return preferred !== undefined && isLanguage(preferred) ? preferred : 'en'
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)

/** The page in a language. @throws naming a word that is missing */
function page(language: Language): string {
  const words = Words.parse(parseJson(file('words.json')))
  return file('index.html')
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
      const word = words[key]?.[language]
      if (word === undefined) throw new Error(`the operator's window has no word "${key}"`)
      return escaped(word)
    })
}
