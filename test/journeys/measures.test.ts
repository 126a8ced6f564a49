import { awaitNews, partnerStep, people, recordNeed, refer, register, somebodyLike } from '@wontanara/examples'
import { openLocalStage } from './stage.ts'

const partner = 'org-sante-solidaire'
let stage: Awaited<ReturnType<typeof openLocalStage>>
beforeAll(async () => {
  stage = await openLocalStage()
})
afterAll(() => stage.close())

test('what a partner did is counted in its quarter, told when that has ended, and of one person nothing but that there was somebody', async () => {
  let programme = await stage.programme()
  const person = somebodyLike(people.hairdresser, 'measured')
  const caseId = await register(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const { referralId } = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: partner, person })
  expect((await partnerStep(programme, partner, referralId, 'receipt')).status).toBe(200)
  await awaitNews(programme, partner, 'referral.received', referralId)
  await stage.cloud.settled({ timeout: 60_000 })

  const now = new Date(stage.cloud.now())
  const quarter = Math.floor(now.getUTCMonth() / 3)
  const period = `${now.getUTCFullYear()}-Q${quarter + 1}`
  const path = `/v1/partner-measures?organisationId=${partner}&from=${period}&to=${period}`
  const running = await programme.staff('referral-coordinator').get(path)
  expect([running.status, running.body]).toEqual([200, { organisationId: partner, periods: [] }])

  await stage.cloud.advance(Date.UTC(now.getUTCFullYear(), quarter * 3 + 3, 1) - stage.cloud.now())
  programme = await stage.programme()
  const ended = await programme.staff('referral-coordinator').get(path)
  const services = [{ serviceId: 'svc-ecoute-kankan' }]
  expect([ended.status, ended.body]).toEqual([200, { organisationId: partner, periods: [{ period, total: {}, services, suppressed: 10 }] }])
})
