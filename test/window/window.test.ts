import { caseload, type Outcome, people } from '@wontanara/examples'
import { startLocalCloud } from '@wontanara/local-cloud'
import { controlClient } from '@wontanara/local-cloud/client'
import { source as axe } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { assembly, openLocalStage } from '../journeys/stage.ts'
import { openBrowser } from './browser.ts'

/*
 * The operator's window in a browser, on the real stage. The tests go on from one another: the caseload is played once.
 */

type Stage = Awaited<ReturnType<typeof openLocalStage>>

let stage: Stage
let browser: Browser
/** Open from the start, in English and with the pointer's habits of nobody. */
let page: Page
let outcomes: readonly Outcome[]
/** What the page complained of, and every address that was asked for. */
const complaints: string[] = []
const asked = new Set<string>()
const delivered = new Map<string, string>()

const calm: BrowserContextOptions = { reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, locale: 'en-GB' }

/** Opens the window and waits for the first picture. */
async function open(query = '', options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ ...calm, ...options })
  const opened = await context.newPage()
  opened.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  opened.on('pageerror', (error) => complaints.push(error.message))
  opened.on('request', (request) => asked.add(new URL(request.url()).hostname))
  await opened.goto(`${stage.apiUrl}/_local/${query}`)
  await opened.waitForSelector('#hero:not([data-level="starting"])')
  return opened
}

const textOf = async (opened: Page, selector: string): Promise<string> => (await opened.locator(selector).textContent()) ?? ''
/** Waits until an element says what it should. */
const says = async (opened: Page, selector: string, words: RegExp): Promise<void> => {
  await opened.locator(selector).filter({ hasText: words }).waitFor({ timeout: 10_000 })
}
/** The cells of a table, row by row. */
const rows = (opened: Page, table: string): Promise<string[][]> =>
  opened.evaluate(
    `[...document.querySelectorAll('#${table} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))`,
  )
/** Every piece of text that one sees. */
const texts = (opened: Page): Promise<string[]> =>
  opened.evaluate(`(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found = []
    while (walker.nextNode()) found.push(walker.currentNode.data.trim())
    return found.filter((text) => text !== '')
  })()`)
const languageOf = (opened: Page): Promise<string | null> => opened.locator('html').getAttribute('lang')

const named = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== 'Service')
    .join(' / ')
const pathsOf = (type: string): string[] => stage.cloud.resources(type).map(({ path }) => named(path))

beforeAll(async () => {
  ;[stage, browser] = await Promise.all([openLocalStage(), openBrowser()])
  stage.cloud.observe((observation) => {
    if (observation.kind === 'delivery' && observation.event !== undefined)
      delivered.set(`${observation.event.id} ${named(observation.function)}`, `${observation.event.type} ${observation.outcome}`)
  })
  page = await open()
})
afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

test('the address of the API leads to it, and everything that the stage is made of is on it', async () => {
  const answer = await fetch(`${stage.apiUrl}/`, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/_local/'])
  const shown = async (table: string): Promise<(string | undefined)[]> => (await rows(page, table)).map(([first]) => first)
  expect(await shown('functions')).toEqual(pathsOf('AWS::Lambda::Function'))
  expect((await shown('queues')).concat(await shown('deadLetters')).toSorted()).toEqual(pathsOf('AWS::SQS::Queue').toSorted())
  expect(await shown('tables')).toEqual(pathsOf('AWS::DynamoDB::Table'))
  expect(await shown('schedules')).toEqual(pathsOf('AWS::Scheduler::Schedule'))
  expect(await textOf(page, '#status')).toBe('Everything works')
})

test('while people go through the programme the page shows it, and counts what the cloud counts', async () => {
  const programme = await stage.programme()
  const played: Outcome[] = []
  for (const { play } of caseload) played.push(await play(programme))
  outcomes = played
  await stage.cloud.settled()
  const state = await controlClient(stage.apiUrl).state()
  const count = (value: number): string => new Intl.NumberFormat('en').format(value)
  await says(page, '#figure-invocations', new RegExp(`^${count(state.totals.invocations)}$`))
  await says(page, '#figure-waiting', /^0$/)

  expect(await textOf(page, '#figure-requests')).toBe(count(state.totals.requests))
  expect(state.totals.requests).toBe(
    stage.cloud
      .usage()
      .filter(({ line }) => line === 'http.requests')
      .reduce((sum, { quantity }) => sum + quantity, 0),
  )
  expect((await rows(page, 'functions')).map((cells) => cells.slice(0, 3))).toEqual(
    state.functions.map(({ path, invocations, errors }) => [named(path), count(invocations), count(errors)]),
  )
  expect(await rows(page, 'tables')).toEqual(state.tables.map(({ path, items }) => [named(path), count(items)]))
  expect(Math.min(...state.tables.map(({ items }) => items))).toBeGreaterThan(10)
  const used = Object.fromEntries((await rows(page, 'usage')).map(([what, quantity]) => [what, quantity]))
  expect(used).toMatchObject({
    'Function invocations': count(state.totals.invocations),
    'Events announced': count(state.totals.events),
  })
  expect(Number(await textOf(page, '#figure-cost'))).toBeCloseTo(
    state.usage.reduce((sum, { usd }) => sum + usd, 0),
    4,
  )

  const news = await rows(page, 'news')
  expect(news).toHaveLength(Math.min(100, news.length))
  for (const [, outcome, , type, consumer, id] of news) {
    if (outcome === 'nobody listens') expect(delivered.get(`${id} ${consumer}`)).toBeUndefined()
    else expect([delivered.get(`${id} ${consumer}`), outcome]).toEqual([`${type} done`, 'done'])
  }
  expect(news.filter(([, outcome]) => outcome === 'done').length).toBeGreaterThan(50)
})

test('nothing on the page, nor in what feeds it, says who the people are', async () => {
  const french = await open('?lang=fr')
  const told = [await page.content(), await french.content(), JSON.stringify(await controlClient(stage.apiUrl).state())].join('\n')
  await french.context().close()
  for (const { name, phone, birthDate } of Object.values(people)) {
    for (const word of [...Object.values(name), phone, phone.slice(1), birthDate]) {
      if (word.length > 4) expect(told).not.toContain(word)
    }
  }
  for (const { caseId } of outcomes) expect(told).not.toContain(caseId)
})

test('it speaks French and English, by the browser or by choice', async () => {
  const french = await open('', { locale: 'fr-FR' })
  expect(await languageOf(french)).toBe('fr')
  expect(await textOf(french, '#status')).toBe('Tout fonctionne')
  expect(await french.title()).toBe('Tout fonctionne · Cloud local')
  const [english, translated] = [await texts(page), await texts(french)]
  expect([...english, ...translated].filter((text) => /[{}]|undefined|NaN|Invalid/.test(text))).toEqual([])
  // Headings, captions, labels: what has neither a number nor a name in it.
  const words = (all: readonly string[]): string[] => all.filter((text) => /^[^\d/.]{3,}$/.test(text))
  const common = words(english).filter((text) => translated.includes(text))
  expect(new Set(common)).toEqual(new Set(['English', 'Français', 'Instances', 'Messages', 'Table', 'Tables']))
  await french.getByRole('link', { name: 'English' }).click()
  await says(french, '#status', /^Everything works$/)
  expect(await languageOf(french)).toBe('en')
  await french.context().close()
})

/** What has the focus, by its name, and whether one sees it. */
const focused = (opened: Page): Promise<{ what: string; visible: boolean }> =>
  opened.evaluate(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
    return { what: (${nameOf})(document.activeElement), visible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 }
  })()`)
const nameOf = `(element) => element.getAttribute('aria-labelledby') ?? element.textContent`

test('the keyboard alone reaches every control in order, sees where it is, and is trapped nowhere', async () => {
  const walked = await open()
  const stops = await walked.evaluate<string[]>(`[...document.querySelectorAll('a[href], button, [tabindex="0"]')].map(${nameOf})`)
  expect(stops).toEqual(
    expect.arrayContaining(['Skip to the content', 'English', 'Français', 'Pause', '+ 1 hour', '+ 24 hours', '+ 72 hours', 'flow-caption']),
  )
  const walk: { what: string; visible: boolean }[] = []
  for (const _ of stops) {
    await walked.keyboard.press('Tab')
    walk.push(await focused(walked))
  }
  expect(walk).toEqual(stops.map((what) => ({ what, visible: true })))
  // Back to the first, and on to the content.
  for (const _ of stops.slice(1)) await walked.keyboard.press('Shift+Tab')
  expect((await focused(walked)).what).toBe('Skip to the content')
  await walked.keyboard.press('Enter')
  expect(await walked.evaluate('document.activeElement.id')).toBe('main')
  await walked.keyboard.press('Tab')
  expect((await focused(walked)).what).toBe('Pause')
  await walked.context().close()
})

test('the clock is moved by keyboard, the page says so, and stands still while it is paused', async () => {
  const { offset } = await controlClient(stage.apiUrl).time()
  await page.getByRole('button', { name: '+ 72 hours' }).focus()
  await page.keyboard.press('Enter')
  await says(page, '#advanced', /^The clock moved forward/)
  await says(page, '#ahead', /^3 days/)
  expect((await controlClient(stage.apiUrl).time()).offset).toBe(offset + 72 * 3_600_000)
  expect(await page.locator('#now').getAttribute('datetime')).toMatch(
    new RegExp(`^${new Date(Date.now() + 72 * 3_600_000).toISOString().slice(0, 13)}`),
  )
  await stage.cloud.settled()

  await page.getByRole('button', { name: 'Pause' }).press('Space')
  await says(page, '#status', /^Paused$/)
  const before = await textOf(page, '#heartbeat')
  await controlClient(stage.apiUrl).advance('1h')
  await page.waitForTimeout(1_200)
  expect(await textOf(page, '#heartbeat')).toBe(before)
  await page.getByRole('button', { name: 'Resume' }).press('Space')
  await says(page, '#ahead', /^3 days, 1 hour/)
  await says(page, '#status', /^Everything works$/)
})

test('a message that nobody can handle is said to wait, and then to have failed, in words', async () => {
  const control = controlClient(stage.apiUrl)
  const queue = stage.cloud.resources('AWS::SQS::Queue').find(({ path }) => path === 'case-intake/Service/eventsQueue')
  const sent = await fetch(stage.cloud.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ QueueUrl: queue?.ref, MessageBody: 'not an event' }),
  })
  expect(sent.status).toBe(200)
  await says(page, '#news', /failed, comes again/)
  await control.advance('10s')
  await says(page, '#status', /^Something is waiting$/)
  await says(page, '#detail', /^1 message is waiting, since 1\d seconds\. It is tried again by itself\.$/)

  while ((await control.deadLetters()).deadLetters.length === 0) await control.advance('10m')
  await says(page, '#status', /^Something failed: 1 dead letter$/)
  await says(page, '#detail', /^1 in case-intake \/ eventsDeadLetters\. A dead letter is /)
  await says(page, '#figure-deadLetters', /^1$/)
  expect(await page.locator('#hero').getAttribute('data-level')).toBe('failed')
  expect(await rows(page, 'news')).toContainEqual(
    expect.arrayContaining(['given up: dead letter', 'message in case-intake / eventsQueue', 'case-intake / events']),
  )
  const french = await open('?lang=fr')
  expect(await textOf(french, '#status')).toBe('Un traitement a échoué\u00a0: 1 lettre morte')
  await french.context().close()
})

test('a fault at work is shown with how often it has hit', async () => {
  expect(await rows(page, 'faults')).toEqual([['None is at work.']])
  stage.cloud.faults.inject({ function: 'case-intake/Service/api', at: 'DynamoDB.*', how: 'delay', milliseconds: 1, times: 2 })
  await says(page, '#faults', /case-intake\/Service\/apiDynamoDB\.\* delay0/)
  stage.cloud.faults.clear()
  await says(page, '#faults', /None is at work\./)
})

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
  readonly passes: readonly { readonly id: string }[]
}

test.each([
  ['en', 'light', 1280],
  ['fr', 'dark', 1280],
  ['fr', 'light', 320],
  ['en', 'dark', 320],
] as const)('no rule of accessibility is broken in %s, %s, %i pixels wide', async (language, colorScheme, width) => {
  const opened = await open(`?lang=${language}`, { colorScheme, viewport: { width, height: 900 } })
  await opened.evaluate(axe)
  // Rows of a table are alike: the first tell.
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const { violations, passes } = await opened.evaluate<AxeResults>(
    `axe.run({ exclude: ['tbody tr:nth-child(n+9)'] }, { runOnly: ${JSON.stringify(tags)} })`,
  )
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([])
  expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'target-size', 'scope-attr-valid', 'heading-order']))
  // As wide as 1280 pixels at 400 %: only tables scroll sideways.
  expect(await opened.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(true)
  await opened.context().close()
})

test('it asked for nothing but this machine, and complained of nothing', () => {
  expect([...asked]).toEqual(['127.0.0.1'])
  expect(complaints).toEqual([])
})

test('it says when the local cloud is gone, and finds it again', async () => {
  await stage.close()
  await says(page, '#status', /^No sign of life$/)
  const again = await startLocalCloud({ assembly, port: Number(new URL(stage.apiUrl).port) })
  try {
    await says(page, '#status', /^Everything works$/)
    expect(await textOf(page, '#figure-events')).toBe('0')
  } finally {
    await again.stop()
  }
})
