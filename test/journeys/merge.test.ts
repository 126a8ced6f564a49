import {
  awaitFitness,
  awaitFound,
  awaitNeed,
  awaitNews,
  decideDuplicates,
  decideToReturn,
  eventually,
  type Programme,
  people,
  reasonsOf,
  recordNeed,
  refer,
  register,
  serve,
  withdrawConsent,
} from '@wontanara/examples'
import * as z from 'zod'
import { type OpenStage, openStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
const person = people.mechanic

let stage: OpenStage
let programme: Programme
beforeAll(async () => {
  stage = await openStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

const Case = z.looseObject({
  status: z.string(),
  mergedInto: z.string().optional(),
  needs: z.array(z.looseObject({ needId: z.string(), status: z.string(), from: z.string().optional() })),
  consents: z.array(z.looseObject({ consentId: z.string(), effective: z.boolean(), from: z.string().optional() })),
})
async function read(caseId: string) {
  const { status, body, headers } = await programme
    .staff('supervisor')
    .get(`/v1/cases/${caseId}`, { headers: { 'cache-control': 'no-cache' } })
  expect(status).toBe(200)
  return { ...Case.parse(body), etag: headers.etag }
}
async function supervise(caseId: string, action: string, body: object) {
  const { etag } = await read(caseId)
  return programme.staff('supervisor').post(`/v1/cases/${caseId}/${action}`, { ifMatch: etag, body })
}
/** The cases found by the person's telephone. */
async function found(): Promise<readonly string[]> {
  const { body } = await programme
    .staff('intake-officer')
    .post('/v1/case-searches', { body: { office: programme.office, phone: person.phone } })
  return z
    .object({ items: z.array(z.object({ caseId: z.string() })) })
    .parse(body)
    .items.map(({ caseId }) => caseId)
}
const foundAre = (...caseIds: readonly string[]) =>
  eventually('who is found by the telephone', async () =>
    [...(await found())].sort().join() === [...caseIds].sort().join() ? true : undefined,
  )

test('somebody registered twice becomes one case, whose referral goes on, and two again when it was a mistake', async () => {
  const survivor = await decideToReturn(programme, person)
  const fitnessId = await awaitFitness(programme, survivor)
  await awaitFound(programme, survivor, person)
  const twice = await register(programme, person)
  const needId = await recordNeed(programme, twice, 'psychosocial')
  const { referralId, consentId } = await refer(programme, {
    caseId: twice,
    needId,
    serviceId: 'svc-ecoute-kankan',
    recipient: clinic,
    person,
  })
  await awaitNeed(programme, twice, needId, 'referred')
  await awaitNews(programme, clinic, 'referral.sent', referralId)
  await foundAre(survivor, twice)

  // Nobody has decided that the two are one: nothing is merged, and the reason is told beforehand.
  const early = await supervise(twice, 'merge', { into: survivor })
  expect([early.status, ...reasonsOf(early)]).toEqual([409, 'guards-failed', 'same-person-undecided'])
  const asked = await programme.staff('supervisor').get(`/v1/cases/${twice}/merge?into=${survivor}`)
  expect(asked.body).toMatchObject({ missing: [{ code: 'same-person-undecided' }] })
  await decideDuplicates(programme, twice, 'same-person')
  const merged = await supervise(twice, 'merge', { into: survivor })
  expect({ status: merged.status, reasons: reasonsOf(merged) }).toEqual({ status: 200, reasons: [] })
  expect(merged.body).toMatchObject({ status: 'merged', mergedInto: survivor, needs: [] })

  expect(await read(survivor)).toMatchObject({ status: 'voluntary-confirmed', needs: [{ needId, status: 'referred', from: twice }] })
  await foundAre(survivor)
  const refused = await programme.staff('case-manager').post(`/v1/cases/${twice}/needs`, {
    ifMatch: (await read(twice)).etag,
    body: { service: 'food', priority: 'normal' },
  })
  expect([refused.status, ...reasonsOf(refused)]).toEqual([409, 'case-merged'])
  const { body: assessment } = await eventually('the assessment of both', async () => {
    const response = await programme.staff('medical-officer').get(`/v1/fitness-assessments/${fitnessId}`)
    return JSON.stringify(response.body).includes('formerly') ? response : undefined
  })
  expect(assessment).toMatchObject({ formerly: [twice.replace('case-', 'fit-')] })

  // The partner goes on with what was sent for the case that is no more.
  await serve(programme, clinic, referralId)
  await awaitNeed(programme, survivor, needId, 'met')
  await withdrawConsent(programme, survivor, consentId)
  await awaitNews(programme, clinic, 'referral.withdrawn', referralId)

  const parted = await supervise(twice, 'unmerge', { reason: 'another-person' })
  expect({ status: parted.status, reasons: reasonsOf(parted) }).toEqual({ status: 200, reasons: [] })
  const again = await read(twice)
  expect(again).toMatchObject({ status: 'registered', needs: [{ needId, status: 'met' }] })
  expect(again.consents.filter((consent) => consent.consentId === consentId)).toMatchObject([{ effective: false }])
  expect(await read(survivor)).toMatchObject({ status: 'voluntary-confirmed', needs: [] })
  await foundAre(survivor, twice)
})
