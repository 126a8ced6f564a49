import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  awaitNeed,
  awaitNews,
  consent,
  decideToReturn,
  draftReferral,
  type ExamplePerson,
  eventually,
  type OrganisationId,
  type Programme,
  partnerEvents,
  partnerStep,
  people,
  reasonsOf,
  recordNeed,
  sendReferral,
  somebodyLike,
} from '@wontanara/examples'
import { controlClient } from '@wontanara/local-cloud/client'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

/*
 * What happens to a referral when time passes: whom it waits for, who is told, and where it goes.
 */
const clinic = 'org-sante-solidaire'
const shelter = 'org-toit-et-droit'
const scopes = ['name', 'contact', 'needs']

let stage: Awaited<ReturnType<typeof openLocalStage>>
let programme: Programme
beforeAll(async () => {
  stage = await openLocalStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

const Referral = z.object({
  referralId: z.string(),
  status: z.string(),
  organisationId: z.string(),
  follows: z.string().optional(),
  nextReferralId: z.string().optional(),
  escalated: z.string().optional(),
})
const Overdue = z.object({ items: z.array(z.object({ referralId: z.string(), status: z.string(), escalated: z.string().optional() })) })

const read = async (referralId: string): Promise<z.output<typeof Referral>> =>
  Referral.parse((await programme.staff('referral-coordinator').get(`/v1/referrals/${referralId}`, fresh)).body)
const fresh = { headers: { 'cache-control': 'no-cache' } }
/** What the coordinator sees of these referrals in the list of what is overdue. */
async function overdue(...ids: readonly string[]): Promise<readonly (readonly [string, string | undefined])[]> {
  const { body } = await programme.staff('referral-coordinator').get(`/v1/referrals/overdue?office=${programme.office}&limit=100`)
  return Overdue.parse(body).items.flatMap(({ referralId, status, escalated }) =>
    ids.includes(referralId) ? [[status, escalated] as const] : [],
  )
}
/** Time passes, and the service has looked at each hour that began. What else moves meanwhile is waited for where it is looked for. */
async function pass(time: string): Promise<void> {
  await stage.cloud.advance(time)
  for (;;) {
    const { queues } = await controlClient(stage.cloud.apiUrl).state()
    const own = queues.filter(({ path, deadLetters }) => path.includes('referral-routing') && !deadLetters)
    if (own.every(({ inFlight, visible }) => inFlight + visible === 0)) return
    await sleep(20)
  }
}
/** The referral is so, sooner or later. */
const becomes = (referralId: string, wanted: Partial<z.output<typeof Referral>>): Promise<z.output<typeof Referral>> =>
  eventually(
    `${referralId} to be ${JSON.stringify(wanted)}`,
    async () => {
      const found = await read(referralId)
      return Object.entries(wanted).every(([name, value]) => Object.entries(found).some(([key, is]) => key === name && is === value))
        ? found
        : undefined
    },
    60,
  )

interface Sent {
  readonly caseId: string
  readonly needId: string
  readonly person: ExamplePerson
  readonly referralId: string
}
/** Somebody's need for psychosocial support is referred to the clinic. @param consented whom they allow to know of it */
async function sent(priority: string, ...consented: readonly OrganisationId[]): Promise<Sent> {
  const person = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial', priority)
  for (const recipient of consented) await consent(programme, caseId, { purpose: 'referral', recipient, scopes })
  const referralId = await draftReferral(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', person, priority })
  await sendReferral(programme, referralId)
  await awaitNews(programme, clinic, 'referral.sent', referralId)
  return { caseId, needId, person, referralId }
}

test('72 hours without a sign: it expires, goes to the next partner that was consented to, and the need is met there', async () => {
  const { caseId, needId, referralId } = await sent('urgent', clinic, shelter)
  await pass('71h')
  expect(await read(referralId)).toMatchObject({ status: 'sent' })

  await pass('2h')
  const expired = await eventually(
    'the next referral',
    async () => {
      const found = await read(referralId)
      return found.nextReferralId === undefined ? undefined : found
    },
    60,
  )
  expect(expired.status).toBe('expired')
  await awaitNews(programme, clinic, 'referral.expired', referralId)
  const late = await partnerStep(programme, clinic, referralId, 'acceptance')
  expect([late.status, reasonsOf(late)]).toEqual([409, ['expired']])
  await awaitNeed(programme, caseId, needId, 'referred')

  const nextId = expired.nextReferralId ?? ''
  expect(await read(nextId)).toMatchObject({ status: 'sent', organisationId: shelter, follows: referralId })
  expect(await overdue(referralId, nextId)).toEqual([])
  // The one that let it expire learns nothing of the next.
  expect((await partnerEvents(programme, clinic)).map(({ data }) => data.referralId)).not.toContain(nextId)
  expect(await partnerStep(programme, clinic, nextId, 'receipt')).toMatchObject({ status: 404 })

  await awaitNews(programme, shelter, 'referral.sent', nextId)
  expect(await partnerStep(programme, shelter, nextId, 'receipt')).toMatchObject({ status: 200 })
  const accepted = await partnerStep(programme, shelter, nextId, 'acceptance')
  expect(accepted).toMatchObject({ status: 200, body: { status: 'accepted', snapshot: { name: expect.anything() } } })

  const partner = programme.partner(shelter)
  const at = new Date(programme.now() + 48 * 3_600_000).toISOString()
  const appointment = { at }
  expect(await partner.put(`/v1/referrals/${nextId}/appointment`, { body: appointment })).toMatchObject({
    status: 200,
    body: { appointment },
  })
  const early = await partnerStep(programme, shelter, nextId, 'attendance', { attendance: 'attended' })
  expect([early.status, reasonsOf(early)]).toEqual([409, ['appointment-ahead']])
  await pass('48h')
  expect(await partnerStep(programme, shelter, nextId, 'attendance', { attendance: 'attended' })).toMatchObject({
    status: 200,
    body: { status: 'in-progress', appointment: { at, attendance: 'attended' } },
  })
  await awaitNews(programme, shelter, 'referral.attendance', nextId)

  const until = new Date(programme.now() + 24 * 3_600_000).toISOString().slice(0, 10)
  const hold = { reason: 'documents-awaited', until }
  expect(await partner.put(`/v1/referrals/${nextId}/hold`, { body: hold })).toMatchObject({
    status: 200,
    body: { status: 'on-hold', hold },
  })
  await pass('49h')
  await becomes(nextId, { status: 'on-hold', escalated: 'hold-over' })
  expect(await overdue(nextId)).toEqual([['on-hold', 'hold-over']])
  expect(await partnerStep(programme, shelter, nextId, 'start')).toMatchObject({ status: 200 })
  expect(await overdue(nextId)).toEqual([])

  await awaitNeed(programme, caseId, needId, 'referred')
  expect(await partnerStep(programme, shelter, nextId, 'completion', { outcome: 'fully-served' })).toMatchObject({ status: 200 })
  await awaitNeed(programme, caseId, needId, 'met')
  expect(await stage.cloud.deadLetters()).toEqual([])
})

test('24 hours of an emergency, and nobody else may know of it: the coordinator is told, and finds another way', async () => {
  const { caseId, needId, person, referralId } = await sent('emergency', clinic)
  await pass('25h')
  await becomes(referralId, { status: 'expired', escalated: 'no-next-partner' })
  expect(await overdue(referralId)).toEqual([['expired', 'no-next-partner']])
  await awaitNeed(programme, caseId, needId, 'open')

  await consent(programme, caseId, { purpose: 'referral', recipient: shelter, scopes })
  const nextId = await draftReferral(programme, { caseId, needId, serviceId: 'svc-ecoute-droit', person, follows: referralId })
  await sendReferral(programme, nextId)
  expect(await read(referralId)).toMatchObject({ status: 'expired', nextReferralId: nextId })
  expect(await overdue(referralId)).toEqual([])
  await awaitNeed(programme, caseId, needId, 'referred')

  // The chain has no branches: what was taken up once is not taken up again.
  const body = { caseId, needId, office: programme.office, serviceId: 'svc-ecoute-droit', priority: 'urgent', place: person.origin }
  const more = { forReturn: false, age: 27, languages: ['fuf'], follows: referralId, snapshot: { name: person.name } }
  const again = await programme.staff('referral-coordinator').post('/v1/referrals', { body: { ...body, ...more } })
  expect(again.status).toBe(422)
  expect(reasonsOf(again)).toContain('follows-not-possible')
})

test('14 days without an answer to what was received: it is escalated once, and may still be accepted', async () => {
  const { referralId } = await sent('normal', clinic, shelter)
  await pass('13d')
  expect(await partnerStep(programme, clinic, referralId, 'receipt')).toMatchObject({ status: 200 })
  await pass('13d')
  expect(await overdue(referralId)).toEqual([])
  await pass('25h')
  await becomes(referralId, { status: 'received', escalated: 'not-answered' })
  await pass('20d')
  expect(await overdue(referralId)).toEqual([['received', 'not-answered']])
  expect(await partnerStep(programme, clinic, referralId, 'acceptance')).toMatchObject({ status: 200, body: { status: 'accepted' } })
  expect(await overdue(referralId)).toEqual([])
  expect(await stage.cloud.deadLetters()).toEqual([])
})
