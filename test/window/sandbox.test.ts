import { type SandboxPartner, startSandboxPartner } from '@wontanara/examples'
import type { HttpClient } from '@wontanara/testing'
import { source as axe } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { openBrowser } from './browser.ts'

/* The page of the sandbox partner in a browser; the API behind it is made up. */

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const referralId = 'ref-26k47qx9tm2r'

let browser: Browser
let partner: SandboxPartner
const asked: string[] = []

beforeAll(async () => {
  browser = await openBrowser()
  const call =
    (method: string): HttpClient['get'] =>
    async (path) => {
      asked.push(`${method} ${path}`)
      const items = [{ referralId, status: 'sent', priority: 'urgent' }]
      const body =
        path === '/v1/partner-webhook' ? { secret } : path.startsWith('/v1/referrals?') ? { items } : { referralId, status: 'sent' }
      return { status: 200, headers: {}, body }
    }
  partner = await startSandboxPartner({
    client: { get: call('GET'), post: call('POST'), put: call('PUT'), delete: call('DELETE') },
    name: 'Santé Solidaire',
  })
  for (const by of [secret, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']) {
    const event = {
      id: `${referralId}_2_1`,
      type: 'referral.sent',
      timestamp: '2026-03-02T09:30:00.000Z',
      data: { referralId, status: 'sent', version: 2 },
    }
    const [body, at] = [JSON.stringify(event), new Date()]
    const headers = {
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(event.id, at, body),
    }
    await fetch(`${partner.url}/hook`, { method: 'POST', headers, body })
  }
})
afterAll(async () => {
  await browser?.close()
  await partner?.stop()
})

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true, ...options })).newPage()
  await page.goto(`${partner.url}${path}`)
  return page
}

test.each([
  ['/', 'en-GB', 'light', 1280],
  ['/?said=changed', 'fr-FR', 'dark', 1280],
  ['/', 'en-GB', 'dark', 320],
  [`/referrals/${referralId}`, 'fr-FR', 'light', 320],
  [`/referrals/${referralId}/fhir`, 'en-GB', 'light', 1280],
] as const)(
  '%s in %s, %s, at a width of %d: accessible (WCAG 2.2 AA), and nothing is cut off',
  async (path, locale, colorScheme, width) => {
    const page = await open(path, { locale, colorScheme, viewport: { width, height: 800 } })
    await page.addScriptTag({ content: axe })
    const violations = await page.evaluate(
      `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join(' ')))`,
    )
    expect(violations).toEqual([])
    expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2))
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  },
)

test('without any script it is told how to behave, and answers a referral', async () => {
  const page = await open('/', { javaScriptEnabled: false, locale: 'fr-FR', bypassCSP: false })
  const rows = page.locator('table').nth(1).locator('tbody tr')
  expect(await rows.allTextContents()).toEqual([expect.stringMatching(/Fausse\s*401/), expect.stringMatching(/Vérifiée\s*204/)])
  await page.getByLabel('Réponse').selectOption('503')
  await page.getByLabel('Délai, en secondes').fill('2')
  await page.getByRole('button', { name: 'Appliquer' }).click()
  expect(await page.getByRole('status').textContent()).toBe('Il répondra ainsi dès le prochain webhook.')
  expect([await page.getByLabel('Réponse').inputValue(), await page.getByLabel('Délai, en secondes').inputValue()]).toEqual(['503', '2'])
  await page.getByRole('link', { name: referralId }).first().click()
  await page.getByRole('button', { name: 'Accepter' }).click()
  expect(await page.getByRole('status').textContent()).toBe('Accepter 200')
  expect(asked).toContain(`POST /v1/referrals/${referralId}/acceptance`)
  await page.getByRole('link', { name: 'English' }).click()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sandbox partner: Santé Solidaire')
})
