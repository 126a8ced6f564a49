import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpClient } from '@wontanara/testing'
import { Webhook } from 'standardwebhooks'
import * as z from 'zod'
import { expectStatus, reasonsOf } from './programme.ts'
import { Behaviour, Notice, type Received, type Signature, type Step, steps } from './sandbox-behaviour.ts'
import { fhirPage, languageOf, overview, referralPage, style } from './sandbox-page.ts'

/*
 * A partner organisation to try things with: it takes webhooks, verifies their signatures, shows them on a page, takes the partner's steps
 * on a referral, and answers late, wrongly or not at all when told to. It runs on loopback, and keeps nothing.
 */

/** Receivers refuse what was signed longer ago, or is signed further ahead, in seconds (Standard Webhooks). */
const tolerance = 300
/** So many deliveries are kept; the oldest go. */
const kept = 200
/** Ours are smaller than 20 kB. In bytes. */
const bodyLimit = 64 * 1024

const wellBehaved: Behaviour = { answer: 204, delay: 0, acknowledges: false }
const isStep = (text: string | undefined): text is Step => text !== undefined && Object.hasOwn(steps, text)

/** What came of a step: the status of the answer, and the codes of a refusal. */
export interface Outcome {
  readonly status: number
  readonly codes: readonly string[]
}

export interface SandboxPartner {
  /** Of its page. */
  readonly url: string
  /** Everything that came, the latest first. */
  received(): readonly Received[]
  behave(changes: Partial<Behaviour>): void
  step(referralId: string, step: Step): Promise<Outcome>
  stop(): Promise<void>
}

/** Whether a delivery is what it says. By the clock of the programme, which may run ahead of this machine's: so not `Webhook.verify`. */
function check(secret: string, { headers }: IncomingMessage, body: string, now: number): Signature {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name] ?? ''))
  if (!id || !timestamp || !signatures || !/^\d+$/.test(timestamp)) return 'missing'
  const age = Math.floor(now / 1000) - Number(timestamp)
  if (age > tolerance) return 'too-old'
  if (age < -tolerance) return 'too-new'
  const expected = Buffer.from(new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), body))
  const fits = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return fits ? 'verified' : 'wrong'
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > bodyLimit) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Without a referrer a browser would call the origin of a form `null`.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/** Only pages of its own may send its forms, and only under its own name: other pages of a browser on this machine must not. */
function isOwn({ headers: { host = '', origin } }: IncomingMessage): boolean {
  const name = host.replace(/:\d+$/, '')
  return (name === '127.0.0.1' || name === 'localhost') && (origin === undefined || origin === `http://${host}`)
}

/**
 * Starts it, and tells the programme where it is.
 * @param client the partner organisation's access to the API
 * @param name of the organisation, for the page
 * @param now the clock of the programme, in milliseconds since 1970
 * @param port of its page and of its webhook; a free one unless told
 * @throws StepFailed when the programme does not take its address
 */
export async function startSandboxPartner({
  client,
  name,
  now = Date.now,
  port = 0,
}: {
  readonly client: HttpClient
  readonly name: string
  readonly now?: () => number
  readonly port?: number
}): Promise<SandboxPartner> {
  let behaviour = wellBehaved
  let secret: string | undefined
  let received: readonly Received[] = []
  /** Of what it has taken: ids, and the latest version of each referral. */
  const taken = new Set<string>()
  const versions = new Map<string, number>()

  async function step(referralId: string, which: Step): Promise<Outcome> {
    const { path, ...rest } = steps[which]
    const response = await client.post(`/v1/referrals/${referralId}/${path}`, rest)
    return { status: response.status, codes: response.status < 300 ? [] : reasonsOf(response) }
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request)
    if (body === undefined) return void response.writeHead(413).end()
    const { answer, delay, retryAfter, acknowledges } = behaviour
    const signature = secret === undefined ? 'missing' : check(secret, request, body, now())
    const parsed = Notice.safeParse(jsonOf(body))
    const notice = parsed.success ? parsed.data : undefined
    const answered = signature === 'verified' ? answer : 401
    const { referralId = '', version = 0 } = notice?.data ?? {}
    const entry: Received = {
      at: new Date(now()).toISOString(),
      signature,
      notice,
      repeat: notice !== undefined && taken.has(notice.id),
      overtaken: version < (versions.get(referralId) ?? 0),
      answered,
      headers: Object.fromEntries(
        Object.entries(request.headers).flatMap(([key, value]) => (/^(webhook-|content-type)/.test(key) ? [[key, String(value)]] : [])),
      ),
      body,
    }
    received = [entry, ...received].slice(0, kept)
    const isTaken = typeof answered === 'number' && answered < 300
    const isNew = isTaken && notice !== undefined && !entry.repeat
    if (isNew) {
      taken.add(notice.id)
      versions.set(referralId, Math.max(version, versions.get(referralId) ?? 0))
    }
    if (delay > 0) await sleep(delay * 1000, undefined, { ref: false })
    const headers: Record<string, string> = answered === 301 ? { location: '/' } : {}
    if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter)
    if (answered === 'nothing') response.destroy()
    else response.writeHead(answered, headers).end()
    if (isNew && acknowledges && notice.type === 'referral.sent') await step(referralId, 'acknowledge')
  }

  /** The partner's list, the most urgent first; none when the programme does not answer. */
  async function before() {
    const Rows = z.object({ items: z.array(z.looseObject({ referralId: z.string(), status: z.string(), priority: z.string() })) })
    return Rows.safeParse((await client.get('/v1/referrals?limit=100')).body).data?.items ?? []
  }

  async function show(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const language = languageOf(url.searchParams.get('lang'), request.headers['accept-language'])
    const send = (type: string, body: string, status = 200): void => {
      response.writeHead(status, { ...pageHeaders, 'content-type': `${type}; charset=utf-8`, 'content-language': language }).end(body)
    }
    const said = url.searchParams.get('said') ?? undefined
    const [, folder, referralId = '', view] = url.pathname.split('/')
    if (url.pathname === '/') return send('text/html', overview({ name, language, said, behaviour, received, referrals: await before() }))
    if (url.pathname === '/style.css') return send('text/css', style)
    if (url.pathname === '/events.json') return send('application/json', JSON.stringify({ behaviour, received }))
    if (folder !== 'referrals' || !/^[\w-]+$/.test(referralId)) return send('text/plain', '404', 404)
    const found = await client.get(`/v1/referrals/${referralId}${view === 'fhir' ? '/fhir' : ''}`)
    const shown = { name, language, said, referralId, status: found.status, body: found.body }
    return send('text/html', view === 'fhir' ? fhirPage(shown) : referralPage(shown), found.status)
  }

  async function change(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams((await read(request)) ?? ''))
    const back = (path: string, said: string): void => {
      const query = new URLSearchParams({ said, lang: languageOf(url.searchParams.get('lang'), request.headers['accept-language']) })
      response.writeHead(303, { location: `${path}?${query}` }).end()
    }
    const [, folder, referralId = '', which] = url.pathname.split('/')
    if (folder === 'behaviour') {
      const wanted = Behaviour.safeParse(form)
      if (wanted.success) behaviour = wanted.data
      return back('/', wanted.success ? 'changed' : 'not-understood')
    }
    if (folder !== 'referrals' || !/^[\w-]+$/.test(referralId) || !isStep(which)) return void response.writeHead(404).end()
    const { status, codes } = await step(referralId, which)
    return back(`/referrals/${referralId}`, [which, status, ...codes].join(' '))
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox')
    const isHook = request.method === 'POST' && url.pathname === '/hook'
    const handle = isHook
      ? take(request, response)
      : !isOwn(request)
        ? Promise.resolve(void response.writeHead(403).end())
        : request.method === 'POST'
          ? change(url, request, response)
          : show(url, request, response)
    handle.catch(() => response.headersSent || response.writeHead(502).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    const answer = await client.put('/v1/partner-webhook', { body: { url: `${url}/hook` } })
    secret = expectStatus('set the webhook of the sandbox partner', 200, answer, z.object({ secret: z.string() })).secret
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    received: () => received,
    behave: (changes) => {
      behaviour = { ...behaviour, ...changes }
    },
    step,
    stop,
  }
}
