import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  awaitNews,
  decideToReturn,
  type ExamplePerson,
  organisations,
  type Programme,
  partnerStep,
  people,
  recordNeed,
  refer,
  type SandboxPartner,
  type ServiceId,
  serve,
  somebodyLike,
  startSandboxPartner,
  withdrawConsent,
} from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

/*
 * What the developer of a partner organisation is given: the sandbox partner, the consumer of docs/partners.md, and the FHIR view.
 */

const clinic = organisations[0].organisationId
const shelter = organisations[1].organisationId

let stage: Awaited<ReturnType<typeof openLocalStage>>
let programme: Programme
beforeAll(async () => {
  stage = await openLocalStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

async function referred(recipient: typeof clinic | typeof shelter, serviceId: ServiceId) {
  const person: ExamplePerson = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  return { person, caseId, ...(await refer(programme, { caseId, needId, serviceId, recipient, person })) }
}

/** Waits for something, letting time pass for what waits in queues. */
async function until<T>(what: string, look: () => T | undefined, passing = 0): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const found = look()
    if (found !== undefined) return found
    if (passing > 0) await stage.cloud.advance(passing)
    await sleep(50)
  }
  throw new Error(`waited in vain for ${what}`)
}

describe('the sandbox partner', () => {
  let sandbox: SandboxPartner
  beforeAll(async () => {
    sandbox = await startSandboxPartner({ client: programme.partner(clinic), name: 'Santé Solidaire', now: () => stage.cloud.now() })
  })
  afterAll(() => sandbox.stop())

  const press = (referralId: string, step: string) => fetch(`${sandbox.url}/referrals/${referralId}/${step}`, { method: 'POST' })
  const came = (type: string, referralId: string, answered: number) =>
    sandbox
      .received()
      .find(({ notice, answered: status }) => notice?.type === type && notice.data.referralId === referralId && status === answered)

  test('it shows what arrives, its signature verified, and answers the referral by its buttons', async () => {
    const { person, caseId, referralId } = await referred(clinic, 'svc-ecoute-kankan')
    expect(await until('the referral', () => came('referral.sent', referralId, 204))).toMatchObject({
      signature: 'verified',
      repeat: false,
    })
    expect(await (await fetch(`${sandbox.url}/`)).text()).toContain(referralId)
    const before = await (await fetch(`${sandbox.url}/referrals/${referralId}`)).text()
    expect(before).not.toContain(person.phone)
    expect(await (await press(referralId, 'accept')).text()).toMatch(/role="status">Accept 200<[\s\S]*accepted/)
    const after = await (await fetch(`${sandbox.url}/referrals/${referralId}`)).text()
    expect(after).toContain(person.phone)
    expect(await (await fetch(`${sandbox.url}/referrals/${referralId}/fhir`)).text()).toContain(person.phone)
    for (const type of ['referral.received', 'referral.accepted']) await until(type, () => came(type, referralId, 204))
    expect(sandbox.received().every(({ body }) => !body.includes(caseId) && !body.includes(person.phone))).toBe(true)
  })

  test('told to fail, it gets the same again until it takes it', async () => {
    sandbox.behave({ answer: 503 })
    const { referralId } = await referred(clinic, 'svc-ecoute-kankan')
    const refusedOnce = await until('a first attempt', () => came('referral.sent', referralId, 503))
    sandbox.behave({ answer: 204 })
    const taken = await until('another attempt', () => came('referral.sent', referralId, 204), 7_000)
    expect(taken.notice).toEqual(refusedOnce.notice)
    expect(taken).toMatchObject({ signature: 'verified', repeat: false })
  })

  test('it takes each event of a referral once and in order', async () => {
    const { referralId } = await referred(clinic, 'svc-ecoute-kankan')
    await serve(programme, clinic, referralId)
    await until('the end', () => came('referral.completed', referralId, 204))
    const told = sandbox.received().filter(({ notice, repeat }) => notice?.data.referralId === referralId && !repeat)
    expect(told.map(({ notice }) => notice?.type).toReversed()).toEqual(
      ['sent', 'received', 'accepted', 'started', 'completed'].map((type) => `referral.${type}`),
    )
    expect(told.map(({ overtaken }) => overtaken)).not.toContain(true)
  })
})

test('the FHIR view has its media type, and is in the disclosure log with the hash of its very text', async () => {
  const { person, caseId, referralId } = await referred(shelter, 'svc-ecoute-droit')
  await awaitNews(programme, shelter, 'referral.sent', referralId)
  expect((await partnerStep(programme, shelter, referralId, 'acceptance')).status).toBe(200)
  const token = await stage.cloud.token({ sub: `client-${shelter}`, scope: `organisation/${shelter}` })
  const path = `${stage.apiUrl}/v1/referrals/${referralId}/fhir`
  const response = await fetch(path, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/fhir+json'])
  expect(text).toContain(person.name.given)
  const log = await programme.staff('supervisor').get(`/v1/cases/${caseId}/disclosures`)
  const { items } = z.object({ items: z.array(z.looseObject({ format: z.string(), sha256: z.string() })) }).parse(log.body)
  expect(items).toContainEqual(
    expect.objectContaining({
      format: 'fhir',
      channel: 'api',
      what: 'data',
      recipient: shelter,
      sha256: createHash('sha256').update(text).digest('hex'),
    }),
  )
  const other = await stage.cloud.token({ sub: `client-${clinic}`, scope: `organisation/${clinic}` })
  expect((await fetch(path, { headers: { authorization: `Bearer ${other}` } })).status).toBe(404)
})

describe('the consumer of docs/partners.md', () => {
  const [, source = ''] = /```js\n(.*?)```/s.exec(readFileSync(join(__dirname, '../../docs/partners.md'), 'utf8')) ?? []

  test('is one of twenty lines that, run as it stands, acknowledges what comes and deletes what is taken back', async () => {
    expect(source.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20)
    const reserved = createServer().listen(0, '127.0.0.1')
    await once(reserved, 'listening')
    const address = reserved.address()
    const port = typeof address === 'object' ? address?.port : undefined
    reserved.close()
    const response = await programme.partner(shelter).put('/v1/partner-webhook', { body: { url: `http://127.0.0.1:${port}/` } })
    const { secret } = z.object({ secret: z.string() }).parse(response.body)
    const token = await stage.cloud.token({ sub: `client-${shelter}`, scope: `organisation/${shelter}` })
    // Its import is found from here, as it would be from the folder of a partner that installed it.
    const consumer = spawn(process.execPath, ['--input-type=module'], {
      cwd: __dirname,
      env: { API_URL: stage.apiUrl, TOKEN: token, WEBHOOK_SECRET: secret, PORT: String(port) },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let said = ''
    consumer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    consumer.stdin.end(source)
    try {
      const { caseId, consentId, referralId } = await referred(shelter, 'svc-ecoute-droit')
      await awaitNews(programme, shelter, 'referral.received', referralId)
      await withdrawConsent(programme, caseId, consentId)
      await until('what must be deleted', () => (said.includes(`delete ${referralId}`) ? true : undefined))
      const forged = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: '{"type":"referral.recalled","data":{"referralId":"ref-x"}}',
      })
      expect(forged.status).toBe(500)
      expect(said).not.toContain('ref-x')
    } finally {
      consumer.kill()
      await once(consumer, 'exit')
    }
  })
})
