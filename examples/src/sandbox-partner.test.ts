import type { HttpClient, TestResponse } from '@wontanara/testing'
import { Webhook } from 'standardwebhooks'
import { type SandboxPartner, startSandboxPartner } from './sandbox-partner.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** A clock that runs a day ahead of this machine's, as that of a stage may. */
const now = (): number => Date.now() + 86_400_000

let partner: SandboxPartner
/** What it asked of the API. */
let asked: (readonly [string, string, unknown])[]
let answer: Partial<TestResponse>
beforeEach(async () => {
  asked = []
  answer = {}
  const call =
    (method: string): HttpClient['get'] =>
    async (path, { body } = {}) => {
      asked.push([method, path, body])
      return { status: 200, headers: {}, body: path === '/v1/partner-webhook' ? { secret } : { items: [] }, ...answer }
    }
  const client = { get: call('GET'), post: call('POST'), put: call('PUT'), delete: call('DELETE') }
  partner = await startSandboxPartner({ client, name: 'Santé <Solidaire>', now })
})
afterEach(() => partner.stop())

const eventOf = (changes: object = {}) => ({
  id: 'ref-26k47qx9tm2r_2_1',
  type: 'referral.sent',
  timestamp: '2026-03-02T09:30:00.000Z',
  data: { referralId: 'ref-26k47qx9tm2r', serviceId: 'svc-abri', status: 'sent', version: 2 },
  ...changes,
})
interface Delivery {
  readonly event?: ReturnType<typeof eventOf>
  readonly by?: string
  readonly signedAt?: number
  readonly headers?: Readonly<Record<string, string>>
}
function deliver({ event = eventOf(), by = secret, signedAt = now(), headers = {} }: Delivery = {}): Promise<Response> {
  const body = JSON.stringify(event)
  const signed = {
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(signedAt / 1000)),
    'webhook-signature': new Webhook(by).sign(event.id, new Date(signedAt), body),
  }
  return fetch(`${partner.url}/hook`, { method: 'POST', body, headers: { ...signed, ...headers }, redirect: 'manual' })
}
const pageOf = async (path: string, init: RequestInit = {}) => (await fetch(`${partner.url}${path}`, init)).text()
const send = (path: string, form: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${partner.url}${path}`, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })

test('it tells the programme its address, and takes what is signed with the secret that it was given', async () => {
  expect(asked).toEqual([['PUT', '/v1/partner-webhook', { url: `${partner.url}/hook` }]])
  expect((await deliver()).status).toBe(204)
  expect(partner.received()).toMatchObject([{ signature: 'verified', repeat: false, overtaken: false, answered: 204, notice: eventOf() }])
})

test.each<readonly [string, Delivery]>([
  ['wrong', { by: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }],
  ['wrong', { headers: { 'webhook-signature': 'v1,short' } }],
  ['too-old', { signedAt: Date.now() }],
  ['too-new', { signedAt: Date.now() + 2 * 86_400_000 }],
  ['missing', { headers: { 'webhook-signature': '' } }],
  ['missing', { headers: { 'webhook-timestamp': 'today' } }],
])('%s: it is shown and not taken', async (signature, delivery) => {
  expect((await deliver(delivery)).status).toBe(401)
  expect(partner.received()).toMatchObject([{ signature, answered: 401 }])
  await deliver()
  expect(partner.received()[0]).toMatchObject({ signature: 'verified', repeat: false })
})

test('while a secret changes, one of two signatures is enough', async () => {
  const body = JSON.stringify(eventOf())
  const [id, at] = [eventOf().id, new Date(now())]
  const signatures = ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', secret].map((each) => new Webhook(each).sign(id, at, body))
  expect((await deliver({ signedAt: at.getTime(), headers: { 'webhook-signature': signatures.join(' ') } })).status).toBe(204)
})

test('a repeat is recognised by its id, and what was overtaken by its version; neither by what it did not take', async () => {
  const later = { data: { ...eventOf().data, version: 3 } }
  partner.behave({ answer: 503 })
  await deliver({ event: eventOf({ id: 'later', ...later }) })
  partner.behave({ answer: 204 })
  await deliver({ event: eventOf({ id: 'later', ...later }) })
  await deliver({ event: eventOf({ id: 'later', ...later }) })
  await deliver()
  expect(partner.received().map(({ repeat, overtaken, answered }) => [repeat, overtaken, answered])).toEqual([
    [false, true, 204],
    [true, false, 204],
    [false, false, 204],
    [false, false, 503],
  ])
})

test('on demand it fails, asks to wait, leads astray, is slow or hangs up', async () => {
  const changed = await send('/behaviour?lang=fr', { answer: '429', delay: '0', retryAfter: '120' })
  expect([changed.status, changed.headers.get('location')]).toEqual([303, '/?said=changed&lang=fr'])
  const throttled = await deliver()
  expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '120'])
  partner.behave({ answer: 301, retryAfter: undefined })
  expect((await deliver()).headers.get('location')).toBe('/')
  partner.behave({ answer: 'nothing' })
  await expect(deliver()).rejects.toThrow('fetch failed')
  partner.behave({ answer: 204, delay: 0.2 })
  const [before, slow] = [partner.received().length, jest.fn()]
  const answered = deliver().then(slow)
  while (partner.received().length === before) await new Promise(setImmediate)
  expect(slow).not.toHaveBeenCalled()
  await answered
  expect((await send('/behaviour', { answer: '418' })).headers.get('location')).toBe('/?said=not-understood&lang=en')
})

test('it takes the steps of a partner, by its buttons or by itself', async () => {
  partner.behave({ acknowledges: true })
  await deliver()
  await deliver()
  expect(asked.slice(1)).toEqual([['POST', '/v1/referrals/ref-26k47qx9tm2r/receipt', undefined]])
  answer = { status: 409, body: { code: 'guards-failed', errors: [{ code: 'consent-missing' }] } }
  const { status, headers } = await send('/referrals/ref-26k47qx9tm2r/accept')
  expect(status).toBe(303)
  expect(await pageOf(headers.get('location') ?? '')).toContain('<p role="status">Accept 409 guards-failed consent-missing</p>')
  answer = {}
  expect(await partner.step('ref-26k47qx9tm2r', 'complete')).toEqual({ status: 200, codes: [] })
  expect(asked.at(-1)).toEqual(['POST', '/v1/referrals/ref-26k47qx9tm2r/completion', { outcome: 'fully-served' }])
})

test('its page escapes what others wrote, and is in the language asked for', async () => {
  await deliver({ event: eventOf({ type: '<script>alert(1)</script>' }) })
  const english = await pageOf('/')
  expect(english).toContain('Santé &lt;Solidaire&gt;')
  expect(english).not.toContain('<script')
  expect(english).toMatch(/<html lang="en">[\s\S]*Webhooks received/)
  expect(await pageOf('/', { headers: { 'accept-language': 'fr-GN, en;q=0.5' } })).toMatch(/<html lang="fr">[\s\S]*Webhooks reçus/)
  expect(await pageOf('/?lang=fr&said=%3Cb%3E')).not.toContain('<b>')
  expect(JSON.parse(await pageOf('/events.json'))).toMatchObject({ behaviour: { answer: 204 }, received: [{ signature: 'verified' }] })
})

test('pages of others can neither press its buttons nor read it under another name', async () => {
  expect((await send('/behaviour', { answer: '503' }, { origin: 'https://elsewhere.example' })).status).toBe(403)
  expect((await deliver()).status).toBe(204)
})

test('a referral out of its reach is told as such', async () => {
  answer = { status: 404, body: { code: 'not-found' } }
  expect(await pageOf('/referrals/ref-000000000000')).toContain('There is no such referral')
})
