import { readFileSync } from 'node:fs'
import {
  awaitFitness,
  awaitNeed,
  decideToReturn,
  examineForTravel,
  type Programme,
  partnerEvents,
  people,
  recordNeed,
  refer,
  serve,
} from '@wontanara/examples'
import { type Send, sendOnce, sendPatiently } from '@wontanara/testing'
import { openLocalStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
const person = people.mechanic

/** The journey from registration to a need that is met. @returns the ids it made */
async function wholeJourney(programme: Programme) {
  const caseId = await decideToReturn(programme, person)
  const fitnessId = await awaitFitness(programme, caseId)
  await examineForTravel(programme, fitnessId)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const { referralId } = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
  await serve(programme, clinic, referralId)
  await awaitNeed(programme, caseId, needId, 'met')
  return { caseId, fitnessId, referralId }
}

const essence = ({ status, headers, body }: Awaited<ReturnType<Send>>) => ({
  status,
  body,
  etag: headers.etag,
  location: headers.location,
})

/** Two copies of each change, with the same Idempotency-Key: what a slow network and an impatient client do. */
const oneAfterTheOther: Send = async (url, init) => {
  const first = await sendPatiently(url, init)
  if (init.method !== 'GET') expect(essence(await sendOnce(url, init))).toEqual(essence(first))
  return first
}
const atTheSameTime: Send = async (url, init) => {
  if (init.method === 'GET') return sendOnce(url, init)
  const [first, second] = await Promise.all([sendPatiently(url, init), sendPatiently(url, init)])
  expect(essence(second)).toEqual(essence(first))
  return first
}

test.each([
  ['one after the other', oneAfterTheOther],
  ['at the same time', atTheSameTime],
])('every request twice, %s, and every event twice: everything happens once', async (_, send) => {
  const stage = await openLocalStage()
  try {
    stage.cloud.faults.delivery({ copies: 2 })
    const programme = await stage.programme(send)
    const { caseId, fitnessId, referralId } = await wholeJourney(programme)
    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])

    const list = async (role: 'case-manager' | 'medical-officer' | 'referral-coordinator', path: string, more = '') =>
      (await programme.staff(role).get(`${path}?office=${programme.office}${more}`)).body
    expect(await list('case-manager', '/v1/cases')).toMatchObject({ items: [{ caseId }] })
    expect(await list('medical-officer', '/v1/fitness-assessments', '&status=cleared')).toMatchObject({ items: [{ fitnessId }] })
    expect(await list('referral-coordinator', '/v1/referrals', '&status=completed')).toMatchObject({ items: [{ referralId }] })

    const feed = await partnerEvents(programme, clinic)
    expect(feed.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    expect(new Set(feed.map(({ id }) => id)).size).toBe(5)
  } finally {
    await stage.close()
  }
})

test.each(['kill-before', 'kill-after'] as const)(
  'the relay is killed between commit and publish (%s): every event arrives all the same',
  async (how) => {
    const stage = await openLocalStage()
    try {
      const { faults } = stage.cloud
      const injected = ['case-intake', 'medical-coordination', 'referral-routing'].map((service) =>
        faults.inject({ function: `${service}/Service/relay`, at: 'EventBridge.PutEvents', how, times: 2 }),
      )
      await wholeJourney(await stage.programme())
      await stage.cloud.settled()
      expect(injected.map(({ hits }) => hits)).toEqual([2, 2, 2])
      expect(await stage.cloud.deadLetters()).toEqual([])
    } finally {
      await stage.close()
    }
  },
)

test('the answer of each commit is lost once: nothing is doubled and nobody is told of a conflict', async () => {
  const stage = await openLocalStage()
  try {
    const { faults } = stage.cloud
    let lost = 0
    const losing: Send = async (url, init) => {
      if (init.method === 'GET') return sendOnce(url, init)
      const fault = faults.inject({ function: 'Service/api', at: 'DynamoDB.TransactWriteItems', how: 'lose-answer' })
      const response = await sendOnce(url, init)
      lost += fault.hits
      faults.clear()
      return response
    }
    const programme = await stage.programme(losing)
    const { caseId } = await wholeJourney(programme)
    expect(lost).toBeGreaterThan(15)
    expect((await programme.staff('case-manager').get(`/v1/cases?office=${programme.office}`)).body).toMatchObject({ items: [{ caseId }] })
  } finally {
    await stage.close()
  }
})

test('no log line of any function says who the person is', async () => {
  const stage = await openLocalStage()
  try {
    await wholeJourney(await stage.programme())
    await stage.cloud.settled()
    const log = readFileSync(stage.cloud.logFile ?? '', 'utf8')
    expect(log).toContain('"route')
    for (const told of [...Object.values(person.name), person.phone.slice(1), person.birthDate]) expect(log).not.toContain(told)
  } finally {
    await stage.close()
  }
})
