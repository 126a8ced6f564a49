import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  awaitFitness,
  awaitNews,
  consent,
  decideToReturn,
  draftReferral,
  examineForTravel,
  type Programme,
  partnerStep,
  people,
  reasonsOf,
  recordNeed,
  refer,
  sendReferral,
} from '@wontanara/examples'
import { controlClient } from '@wontanara/local-cloud/client'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

/*
 * What must happen because time has passed, at the earliest and at the latest, as each service judges it: by the clock of its functions.
 */
const clinic = 'org-sante-solidaire'
const hour = 3_600_000

let stage: Awaited<ReturnType<typeof openLocalStage>>
let programme: Programme
beforeAll(async () => {
  stage = await openLocalStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

const Ledger = z.object({ consents: z.array(z.object({ consentId: z.string(), effective: z.boolean() })) })
async function holds(caseId: string, consentId: string): Promise<boolean | undefined> {
  const { body } = await programme.staff('case-manager').get(`/v1/cases/${caseId}/consents`)
  return Ledger.parse(body).consents.find((line) => line.consentId === consentId)?.effective
}

test('a consent for 72 hours: what rests on it is disclosed before it ends, and never after', async () => {
  const person = people.mechanic
  const caseId = await decideToReturn(programme, person)
  const validUntil = new Date(programme.now() + 72 * hour).toISOString()
  const scopes = ['name', 'contact', 'needs']
  const consentId = await consent(programme, caseId, { purpose: 'referral', recipient: clinic, scopes, validUntil })
  const received = async (): Promise<string> => {
    const needId = await recordNeed(programme, caseId, 'psychosocial')
    const referralId = await draftReferral(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', person })
    await sendReferral(programme, referralId)
    await awaitNews(programme, clinic, 'referral.sent', referralId)
    expect(await partnerStep(programme, clinic, referralId, 'receipt')).toMatchObject({ status: 200 })
    return referralId
  }
  const [inTime, late] = [await received(), await received()]

  await stage.cloud.advance('71h')
  expect(await holds(caseId, consentId)).toBe(true)
  expect(await partnerStep(programme, clinic, inTime, 'acceptance')).toMatchObject({ status: 200 })

  await stage.cloud.advance('1h')
  expect(await holds(caseId, consentId)).toBe(false)
  const refused = await partnerStep(programme, clinic, late, 'acceptance')
  expect(refused.status).toBe(409)
  expect(reasonsOf(refused)).toContain('consent-missing')
})

test('a departure put off: within the validity of the decision the clearance is given anew, beyond it the person is examined anew', async () => {
  const fitnessId = await awaitFitness(programme, await decideToReturn(programme, people.seamstress))
  expect(await examineForTravel(programme, fitnessId)).toBe('cleared')
  const record = `/v1/fitness-assessments/${fitnessId}`
  const officer = programme.staff('return-officer')
  const putOff = async (): Promise<unknown> => {
    const departureAt = new Date(programme.now() + 48 * hour).toISOString()
    const { headers } = await officer.get(record)
    const answer = await officer.put(`${record}/travel-date`, {
      ifMatch: headers.etag,
      body: { date: departureAt.slice(0, 10), departureAt },
    })
    return [answer.status, z.object({ status: z.string() }).parse(answer.body).status]
  }
  // The examples are decided for twenty days.
  await stage.cloud.advance('17d')
  expect(await putOff()).toEqual([200, 'decided'])
  await stage.cloud.advance('2d')
  expect(await putOff()).toEqual([200, 'requested'])
})

describe('an endpoint of a partner that is down for two days', () => {
  let server: Server
  let down = true
  const told: { readonly id: string | undefined; readonly at: number; readonly refused: boolean }[] = []
  beforeAll(async () => {
    server = createServer(({ headers }, response) => {
      told.push({ id: String(headers['webhook-id']), at: 1000 * Number(headers['webhook-timestamp']), refused: down })
      response.writeHead(down ? 503 : 204).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test('is told again and again, signed at the time of each attempt, until it takes the news', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    expect(await programme.partner(clinic).put('/v1/partner-webhook', { body: { url } })).toMatchObject({ status: 200 })
    const caseId = await decideToReturn(programme, people.hairdresser)
    const needId = await recordNeed(programme, caseId, 'psychosocial')
    const begun = programme.now()
    const { referralId } = await refer(programme, {
      caseId,
      needId,
      serviceId: 'svc-ecoute-kankan',
      recipient: clinic,
      person: people.hairdresser,
    })
    const news = await awaitNews(programme, clinic, 'referral.sent', referralId)
    /** Until so many attempts were made, and nothing but the endpoint's queue is at work: a message in a consumer's hands grows old too. */
    const attempts = async (wanted: number): Promise<void> => {
      while (told.length < wanted) await sleep(20)
      for (;;) {
        const { queues } = await controlClient(stage.cloud.apiUrl).state()
        if (
          queues.every(({ path, inFlight, visible, deadLetters }) => deadLetters || path.includes('webhooks') || inFlight + visible === 0)
        )
          return
        await sleep(20)
      }
    }
    await attempts(1)
    /** Lets a day pass, and hours more if it passed in the midst of an attempt, whose pause is then counted from its end. */
    const aDay = async (done: () => boolean): Promise<void> => {
      await stage.cloud.advance('24h')
      for (let n = 1; !done(); n++) {
        await sleep(20)
        if (n % 100 === 0) await stage.cloud.advance('3h')
      }
    }
    // What fails at 75 hours is given up, and not before.
    for (let day = 1; day <= 2; day++) {
      const before = told.length
      await aDay(() => told.length > before)
    }
    down = false
    await aDay(() => told.some(({ id, refused }) => id === news.id && !refused))
    await stage.cloud.settled()
    const taken = told.find(({ id, refused }) => id === news.id && !refused)
    expect(taken?.at).toBeGreaterThanOrEqual(begun + 72 * hour - 1000)
    expect(taken?.at).toBeLessThanOrEqual(programme.now())
    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
  })
})
