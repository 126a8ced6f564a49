import {
  assign,
  awaitFitness,
  awaitNeed,
  awaitNews,
  counsel,
  decideToReturn,
  declare,
  examineForTravel,
  type Programme,
  partnerEvents,
  partnerStep,
  people,
  reasonsOf,
  recordNeed,
  refer,
  register,
  screen,
  serve,
  withdrawConsent,
} from '@wontanara/examples'
import { type OpenStage, openStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
const shelter = 'org-toit-et-droit'

let stage: OpenStage
let programme: Programme
beforeAll(async () => {
  stage = await openStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

/** What would tell who a person is. */
const identity = ({ name, phone }: (typeof people)[keyof typeof people]): RegExp =>
  new RegExp([...Object.values(name), phone.slice(1)].join('|'))

test('a person is registered, decides, is cleared to travel, is referred and served', async () => {
  const person = people.mechanic
  const caseId = await decideToReturn(programme, person)
  expect(await examineForTravel(programme, await awaitFitness(programme, caseId))).toBe('cleared')

  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const { referralId } = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
  await awaitNeed(programme, caseId, needId, 'referred')
  await awaitNews(programme, clinic, 'referral.sent', referralId)

  const path = `/v1/referrals/${referralId}`
  const before = await programme.partner(clinic).get(path)
  expect(before).toMatchObject({ status: 200, body: { service: 'psychosocial', priority: 'urgent', place: person.origin } })
  expect(JSON.stringify(before.body)).not.toMatch(identity(person))
  expect(JSON.stringify(before.body)).not.toContain(caseId)

  expect(await serve(programme, clinic, referralId)).toMatchObject({ snapshot: { name: person.name, contact: { phones: [person.phone] } } })
  await awaitNeed(programme, caseId, needId, 'met')

  const after = await programme.partner(clinic).get(path)
  expect(after).toMatchObject({ status: 200, body: { status: 'completed' } })
  expect(JSON.stringify(after.body)).not.toMatch(identity(person))
  expect((await programme.partner(shelter).get(path)).status).toBe(404)

  await awaitNews(programme, clinic, 'referral.completed', referralId)
  // Two events of one referral may come in either order: the version tells which is the later.
  const feed = (await partnerEvents(programme, clinic))
    .filter(({ data }) => data.referralId === referralId)
    .toSorted((a, b) => a.data.version - b.data.version)
  expect(feed.map(({ type }) => type)).toEqual([
    'referral.sent',
    'referral.received',
    'referral.accepted',
    'referral.started',
    'referral.completed',
  ])
  expect(JSON.stringify(feed)).not.toMatch(identity(person))
})

test('consent withdrawn before acceptance recalls the referral: nothing is disclosed', async () => {
  const person = people.seamstress
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'safe-shelter')
  const { referralId, consentId } = await refer(programme, { caseId, needId, serviceId: 'svc-abri', recipient: shelter, person })
  await awaitNews(programme, shelter, 'referral.sent', referralId)
  await withdrawConsent(programme, caseId, consentId)
  await awaitNews(programme, shelter, 'referral.recalled', referralId)

  const late = await partnerStep(programme, shelter, referralId, 'acceptance')
  expect({ status: late.status, reasons: reasonsOf(late) }).toEqual({ status: 409, reasons: ['recalled'] })
  const seen = await programme.partner(shelter).get(`/v1/referrals/${referralId}`)
  expect(seen).toMatchObject({ status: 200, body: { status: 'recalled' } })
  expect(JSON.stringify(seen.body)).not.toMatch(identity(person))
  await awaitNeed(programme, caseId, needId, 'open')
})

test('an unaccompanied minor is stopped, with every missing guard listed, until each is there', async () => {
  const caseId = await register(programme, people.boy)
  await assign(programme, caseId)
  await screen(programme, caseId)
  await counsel(programme, caseId)

  const protector = programme.staff('child-protection-officer')
  const stopped = await declare(programme, caseId, { by: 'child-protection-officer' })
  expect(stopped.status).toBe(409)
  const missing = ['guardian-missing', 'child-views-missing', 'best-interests-missing', 'guardian-did-not-sign']
  expect(reasonsOf(stopped)).toEqual(['guards-failed', ...missing])
  const ahead = await protector.get(`/v1/cases/${caseId}/next-steps`)
  expect(JSON.stringify(ahead.body)).toContain('best-interests-missing')

  // Who may not see protection data learns that there is such a step, not which.
  expect(reasonsOf(await declare(programme, caseId))).toEqual(['guards-failed', 'protection-step-open', 'guardian-did-not-sign'])

  const paper = { date: new Date().toISOString().slice(0, 10), reference: 'EX-0001' }
  for (const safeguard of [
    { kind: 'guardian-named', authority: 'juvenile-judge', ...paper, guardian: 'Tante Exemple' },
    { kind: 'child-views', authority: 'child-protection-directorate', ...paper, outcome: 'agrees' },
    {
      kind: 'best-interests-determination',
      authority: 'best-interests-panel',
      ...paper,
      compared: ['return', 'local-integration'],
      outcome: 'return',
    },
  ]) {
    const { headers } = await protector.get(`/v1/cases/${caseId}`)
    const recorded = await protector.post(`/v1/cases/${caseId}/safeguards`, { ifMatch: headers.etag, body: { safeguard } })
    expect({ status: recorded.status, reasons: reasonsOf(recorded) }).toEqual({ status: 200, reasons: [] })
  }
  const signatory = { kind: 'guardian', name: 'Tante Exemple', relation: 'appointed-guardian', childAssents: true }
  expect(await declare(programme, caseId, { signatory })).toMatchObject({ status: 200, body: { status: 'voluntary-confirmed' } })
})

test('a declined referral is sent to a second partner, which takes it', async () => {
  const person = people.hairdresser
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const first = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
  await awaitNews(programme, clinic, 'referral.sent', first.referralId)
  expect(reasonsOf(await partnerStep(programme, clinic, first.referralId, 'decline', {}))).toEqual(['invalid-request', 'required'])
  expect((await partnerStep(programme, clinic, first.referralId, 'decline', { reason: 'no-capacity' })).status).toBe(200)
  await awaitNeed(programme, caseId, needId, 'open')

  const second = await refer(programme, {
    caseId,
    needId,
    serviceId: 'svc-ecoute-droit',
    recipient: shelter,
    person,
    follows: first.referralId,
  })
  await serve(programme, shelter, second.referralId)
  await awaitNeed(programme, caseId, needId, 'met')
  const chain = await programme.staff('referral-coordinator').get(`/v1/referrals/${second.referralId}`)
  expect(chain).toMatchObject({ status: 200, body: { follows: first.referralId, status: 'completed' } })
})
