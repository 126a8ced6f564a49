import { createHash, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  awaitNews,
  decideToReturn,
  draftReferral,
  type ExamplePerson,
  expectStatus,
  type Programme,
  partnerStep,
  people,
  reasonsOf,
  recordNeed,
  refer,
  sendReferral,
  serve,
  somebodyLike,
  withdrawConsent,
} from '@wontanara/examples'
import { type Send, sendPatiently } from '@wontanara/testing'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
const serviceId = 'svc-ecoute-kankan'

let stage: Awaited<ReturnType<typeof openLocalStage>>
let programme: Programme
/** The same people; what is answered to them is kept as the texts that came. */
let heard: Programme
const answers: string[] = []
/** What came to the endpoint of the clinic. */
const posted: string[] = []
let server: Server
let port = 0

const listening = () =>
  new Promise<void>((resolve) => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        posted.push(Buffer.concat(chunks).toString())
        response.writeHead(204).end()
      })
    })
    server.listen(port, '127.0.0.1', resolve)
  })
const closed = () =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

beforeAll(async () => {
  const keeping: Send = async (url, init) => {
    const response = await sendPatiently(url, init)
    if (response.status === 200) answers.push(JSON.stringify(response.body))
    return response
  }
  await listening()
  port = (server.address() as AddressInfo).port
  stage = await openLocalStage()
  programme = await stage.programme()
  heard = await stage.programme(keeping)
  const set = await programme.partner(clinic).put('/v1/partner-webhook', { body: { url: `http://127.0.0.1:${port}/hook` } })
  expectStatus('set the endpoint', 200, set)
})
afterAll(async () => {
  await stage.close()
  await closed()
})

const inNeed = async () => {
  const person = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  return { person, caseId, needId: await recordNeed(programme, caseId, 'psychosocial') }
}

const Log = z.object({
  items: z.array(
    z.looseObject({ referralId: z.string(), what: z.string(), channel: z.string(), sha256: z.string(), fields: z.array(z.string()) }),
  ),
  next: z.string().optional(),
})
/** The whole log of a case, page by page. */
async function logOf(caseId: string, cursor?: string): Promise<z.output<typeof Log>['items']> {
  const path = `/v1/cases/${caseId}/disclosures?limit=5${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
  const { items, next } = expectStatus('read the log', 200, await programme.staff('supervisor').get(path), Log)
  return next === undefined ? items : [...items, ...(await logOf(caseId, next))]
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const Page = z.object({ items: z.array(z.unknown()) })
/** The parts of an answer that are about a referral: of a page its own items, else the whole. */
const about = (referralId: string, text: string): readonly string[] => {
  const page = Page.safeParse(JSON.parse(text))
  const parts = page.success ? page.data.items.map((item) => JSON.stringify(item)) : [text]
  return parts.filter((part) => part.includes(referralId))
}
const named = ({ name, phone }: ExamplePerson): RegExp => new RegExp([...Object.values(name), phone.slice(1)].join('|'))

/** Waits; an hour passes each second where told, so that what is under way then comes to its end within its own time. */
async function until(what: () => boolean | Promise<boolean>, passing: 'no time' | 'hours' = 'no time'): Promise<void> {
  for (let i = 1; i <= 400 && !(await what()); i++) {
    if (passing === 'hours' && i % 20 === 0) await stage.cloud.advance('1h')
    await sleep(50)
  }
  expect(await what()).toBe(true)
}

test('of a whole loop each thing that left has a line, with the hash of what came', async () => {
  const { person, caseId, needId } = await inNeed()
  const { referralId, consentId } = await refer(programme, { caseId, needId, serviceId, recipient: clinic, person })
  answers.length = 0
  posted.length = 0
  await serve(heard, clinic, referralId)
  await awaitNews(heard, clinic, 'referral.completed', referralId)
  expectStatus('read it', 200, await heard.partner(clinic).get(`/v1/referrals/${referralId}`))
  expectStatus('list', 200, await heard.partner(clinic).get('/v1/referrals'))
  await until(() => posted.some((text) => text.includes('referral.completed') && text.includes(referralId)))
  await stage.cloud.settled()

  const came = [...answers, ...posted].flatMap((text) => about(referralId, text))
  const log = await logOf(caseId)
  expect(log.map(({ sha256 }) => sha256).toSorted()).toEqual(came.map(hash).toSorted())
  expect(new Set(log.map(({ channel }) => channel))).toEqual(new Set(['api', 'feed', 'webhook']))
  for (const line of log) expect(line).toMatchObject({ referralId, recipient: clinic, consents: [consentId] })
  const data = log.filter(({ what }) => what === 'data')
  expect(data).toHaveLength(1)
  expect(data[0]?.fields).toEqual(expect.arrayContaining(['/snapshot/name/given', '/obligations/onwardSharing']))
  expect(JSON.stringify(log)).not.toMatch(named(person))
})

test('consent withdrawn between queue and delivery: nothing but the withdrawal notice leaves', async () => {
  await closed()
  const first = await inNeed()
  const before = await refer(programme, { ...first, serviceId, recipient: clinic })
  await awaitNews(programme, clinic, 'referral.sent', before.referralId)
  // The endpoint is found dead by the first, and is not tried for every other that waits behind.
  await until(async () => (await logOf(first.caseId)).some(({ channel }) => channel === 'webhook'))

  const { caseId, needId, person } = await inNeed()
  const { referralId, consentId } = await refer(programme, { caseId, needId, serviceId, recipient: clinic, person })
  await withdrawConsent(programme, caseId, consentId)
  await awaitNews(programme, clinic, 'referral.recalled', referralId)
  answers.length = 0
  posted.length = 0
  await listening()
  await until(() => posted.some((text) => text.includes(referralId)), 'hours')
  await stage.cloud.settled()

  const came = posted.filter((text) => text.includes(referralId)).map((text) => z.looseObject({ type: z.string() }).parse(JSON.parse(text)))
  expect(new Set(came.map(({ type }) => type))).toEqual(new Set(['referral.recalled']))
  const reading = await heard.partner(clinic).get(`/v1/referrals/${referralId}`)
  expect(reading.body).toEqual({ referralId, status: 'recalled', obligation: 'stop-and-delete' })
  const accepting = await partnerStep(heard, clinic, referralId, 'acceptance')
  expect([accepting.status, reasonsOf(accepting)]).toEqual([409, ['recalled']])
  const log = await logOf(caseId)
  expect(log.filter(({ channel }) => channel !== 'feed').every(({ what }) => what === 'notice')).toBe(true)
  expect(log.some(({ what }) => what === 'data')).toBe(false)
})

test('an exception by two persons opens one referral, and closes it when a third rejects it', async () => {
  const { caseId, needId, person } = await inNeed()
  const referralId = await draftReferral(programme, { caseId, needId, serviceId, person })
  const coordinator = programme.staff('referral-coordinator')
  const sending = async () => {
    const { headers } = await coordinator.get(`/v1/referrals/${referralId}`)
    return coordinator.post(`/v1/referrals/${referralId}/sending`, { ifMatch: headers.etag })
  }
  expect(reasonsOf(await sending())).toEqual(['guards-failed', 'consent-missing'])

  const path = `/v1/referrals/${referralId}/exception`
  const body = {
    basis: 'vital-interest',
    reason: 'Unconscious since this morning; only they can take the person in.',
    second: programme.idOf('protection-officer'),
  }
  expectStatus('ask', 200, await coordinator.post(path, { body }))
  expect(reasonsOf(await sending())).toEqual(['guards-failed', 'consent-missing'])
  const alone = await coordinator.post(`${path}/confirmation`)
  expect(reasonsOf(alone)).toEqual(['two-persons-needed'])
  expectStatus('confirm', 200, await programme.staff('protection-officer').post(`${path}/confirmation`))
  await sendReferral(programme, referralId)
  expect((await partnerStep(programme, clinic, referralId, 'acceptance')).body).toMatchObject({ snapshot: { name: person.name } })
  const [line] = (await logOf(caseId)).filter(({ what }) => what === 'data')
  expect(line).toMatchObject({ consents: [], exception: { basis: 'vital-interest' } })

  const review = await programme.staff('supervisor').post(`${path}/review`, { body: { outcome: 'rejected' } })
  expectStatus('review', 200, review)
  const seen = (await programme.partner(clinic).get(`/v1/referrals/${referralId}`)).body
  expect(seen).toMatchObject({ obligation: 'stop-and-delete' })
  expect(JSON.stringify(seen)).not.toMatch(named(person))
  await awaitNews(programme, clinic, 'referral.recalled', referralId)
})
