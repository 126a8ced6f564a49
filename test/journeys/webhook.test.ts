import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  awaitNews,
  decideToReturn,
  type ExamplePerson,
  type Programme,
  people,
  recordNeed,
  refer,
  serve,
  somebodyLike,
  withdrawConsent,
} from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
/** Each test refers another person: nobody is registered twice. */
let person: ExamplePerson = people.mechanic
type Stage = Awaited<ReturnType<typeof openLocalStage>>

const Notice = z.strictObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  sequence: z.int(),
  data: z.strictObject({ referralId: z.string(), serviceId: z.string(), status: z.string(), version: z.int() }),
})
interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly notice: z.output<typeof Notice>
}

let stage: Stage
let programme: Programme
let server: Server
let answer = 204
const received: Received[] = []
let secret = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      received.push({ headers: request.headers, body, notice: Notice.parse(JSON.parse(body)) })
      response.writeHead(answer).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage = await openLocalStage()
  programme = await stage.programme()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const { status, body } = await programme.partner(clinic).put('/v1/partner-webhook', { body: { url } })
  expect(status).toBe(200)
  secret = z.object({ secret: z.string().startsWith('whsec_') }).parse(body).secret
})
afterAll(async () => {
  await stage.close()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  answer = 204
  received.length = 0
})

const referred = async () => {
  person = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  return { caseId, ...(await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })) }
}
/** Lets hours pass for hidden messages until as many requests came as wanted. */
async function until(count: number, passing = 0): Promise<void> {
  for (let i = 0; i < 200 && received.length < count; i++) {
    if (passing > 0) await stage.cloud.advance(passing)
    await sleep(50)
  }
  expect(received.length).toBeGreaterThanOrEqual(count)
}
/** What a receiver that recognises ids makes of it: an hour that passes in the midst of a delivery may bring it twice. */
const types = (): readonly string[] => [...new Map(received.map(({ notice }) => [notice.id, notice.type])).values()]

test('a partner is told of each event once, signed, and of nobody', async () => {
  const { referralId, caseId } = await referred()
  await serve(programme, clinic, referralId)
  await until(5)
  expect(types().toSorted()).toEqual(['accepted', 'completed', 'received', 'sent', 'started'].map((type) => `referral.${type}`))
  for (const { headers, body, notice } of received) {
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(content).digest('base64')}`)
    expect(headers['webhook-id']).toBe(notice.id)
    expect(notice.data.referralId).toBe(referralId)
    for (const told of [caseId, person.name.given, person.phone.slice(1)]) expect(body).not.toContain(told)
  }
})

test('what an endpoint does not take comes again later, under the same id', async () => {
  answer = 503
  const { referralId } = await referred()
  await awaitNews(programme, clinic, 'referral.sent', referralId)
  await until(1)
  answer = 204
  await until(2, 7_000)
  expect(types()).toEqual(['referral.sent'])
})

test('consent withdrawn while an endpoint does not answer: only the recall reaches it', async () => {
  answer = 503
  const { referralId, caseId, consentId } = await referred()
  await awaitNews(programme, clinic, 'referral.sent', referralId)
  await until(1)
  await withdrawConsent(programme, caseId, consentId)
  await awaitNews(programme, clinic, 'referral.recalled', referralId)
  await until(2)
  answer = 204
  received.length = 0
  await until(1, 3_600_000)
  await stage.cloud.settled()
  expect(types()).toEqual(['referral.recalled'])
})
