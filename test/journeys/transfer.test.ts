import {
  assign,
  awaitFitness,
  awaitNeed,
  decideToReturn,
  eventually,
  type Programme,
  people,
  recordNeed,
  refer,
  register,
  serve,
  somebodyLike,
} from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const clinic = 'org-sante-solidaire'
const person = people.mechanic
const Page = z.object({ items: z.array(z.record(z.string(), z.unknown())) })
const Offered = z.object({ transferId: z.string() })

test('a case goes from one mission to another when that one accepts it: everything of it is there, and nothing here any more', async () => {
  const stage = await openLocalStage()
  try {
    const conakry = await stage.programme()
    const niger = await conakry.at('niger')
    const caseId = await decideToReturn(niger, person)
    const needId = await recordNeed(niger, caseId, 'psychosocial')
    const { referralId } = await refer(niger, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
    const fitnessId = await awaitFitness(niger, caseId)

    const offer = { to: 'conakry', reason: 'return', note: `${person.name.given} (exemple)` }
    const offered = await niger.staff('case-manager').post(`/v1/cases/${caseId}/transfers`, { body: offer })
    expect(offered.status).toBe(201)
    const { transferId } = Offered.parse(offered.body)
    const path = `/v1/transfers/${transferId}`
    const supervisor = conakry.staff('supervisor')
    const waiting = await eventually('the offer', async () => {
      const { items } = Page.parse((await supervisor.get('/v1/transfers?office=conakry&direction=incoming&status=pending')).body)
      return items.length > 0 ? items : undefined
    })
    expect(waiting).toMatchObject([{ transferId, caseId, from: 'niger' }])
    const pack = await supervisor.get(path)
    expect(pack.body).toMatchObject({ handover: { status: 'voluntary-confirmed', needs: [{ service: 'psychosocial' }] } })
    expect(JSON.stringify(pack.body)).not.toContain(person.name.given)
    expect((await supervisor.get(`/v1/cases/${caseId}`)).status).toBe(404)

    const accepted = await supervisor.post(`${path}/acceptance`, { ifMatch: pack.headers.etag })
    expect([accepted.status, accepted.body]).toMatchObject([200, { status: 'accepted', note: offer.note }])
    await stage.cloud.settled()

    const found = async (programme: Programme, office: string) => {
      const { body } = await programme.staff('intake-officer').post('/v1/case-searches', { body: { office, phone: person.phone } })
      return Page.parse(body).items.map((item) => item.caseId)
    }
    await eventually('the index of the new office', async () => ((await found(conakry, 'conakry')).includes(caseId) ? true : undefined))
    expect(await found(niger, 'niger')).toEqual([])
    const seenAt = async (programme: Programme) => [
      (await programme.staff('case-manager').get(`/v1/cases/${caseId}`)).status,
      (await programme.staff('case-manager').get(`/v1/referrals/${referralId}`)).status,
      (await programme.staff('return-officer').get(`/v1/fitness-assessments/${fitnessId}`)).status,
    ]
    await eventually('the records of the other services', async () =>
      (await seenAt(conakry)).every((status) => status === 200) ? true : undefined,
    )
    expect(await seenAt(niger)).toEqual([404, 404, 404])
    expect((await niger.staff('supervisor').get(path)).body).toMatchObject({ status: 'accepted', reference: expect.any(String) })

    // The partner goes on with what it was sent, and what it does counts where the case now is.
    await serve(conakry, clinic, referralId)
    await awaitNeed(conakry, caseId, needId, 'met')
    expect(await stage.cloud.deadLetters()).toEqual([])
  } finally {
    await stage.close()
  }
})

test('two officers accept at once while each answer of the table is lost: one has the case, and it moved once', async () => {
  const stage = await openLocalStage()
  try {
    const conakry = await stage.programme()
    const niger = await conakry.at('niger')
    const caseId = await register(niger, person)
    const offer = { to: 'conakry', reason: 'return' }
    const { transferId } = Offered.parse((await niger.staff('case-manager').post(`/v1/cases/${caseId}/transfers`, { body: offer })).body)
    const path = `/v1/transfers/${transferId}`
    const { headers } = await conakry.staff('supervisor').get(path, { headers: { 'cache-control': 'no-cache' } })
    const { faults } = stage.cloud
    const lost = faults.inject({ function: 'case-intake/Service/api', at: 'DynamoDB.TransactWriteItems', how: 'lose-answer', times: 2 })
    const answers = await Promise.all(
      (['supervisor', 'case-manager'] as const).map((role) => conakry.staff(role).post(`${path}/acceptance`, { ifMatch: headers.etag })),
    )
    faults.clear()
    expect(lost.hits).toBeGreaterThan(0)
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
    const { body } = await conakry.staff('supervisor').get(`/v1/cases/${caseId}/timeline`)
    const { items } = z.object({ items: z.array(z.object({ events: z.array(z.string()) })) }).parse(body)
    expect(items.flatMap(({ events }) => events).filter((type) => type === 'handed-over')).toHaveLength(1)
    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
  } finally {
    await stage.close()
  }
})

test('two cases are linked in both, and a household is read', async () => {
  const stage = await openLocalStage()
  try {
    const programme = await stage.programme()
    const [one, two] = [await register(programme, person), await register(programme, somebodyLike(people.seamstress, 'sister'))]
    for (const caseId of [one, two]) await assign(programme, caseId)
    const officer = programme.staff('intake-officer')
    for (const relation of ['sibling', 'travelling-with']) {
      const { headers } = await officer.get(`/v1/cases/${one}`, { headers: { 'cache-control': 'no-cache' } })
      const response = await officer.post(`/v1/cases/${one}/links`, { ifMatch: headers.etag, body: { other: two, relation } })
      expect(response.status).toBe(200)
    }
    const household = await eventually('the household', async () => {
      const { body } = await officer.get(`/v1/cases/${two}/household`)
      return z.object({ members: z.array(z.unknown()).min(1) }).safeParse(body).data
    })
    expect(household.members).toMatchObject([{ caseId: one, relations: ['sibling', 'travelling-with'] }])
    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
  } finally {
    await stage.close()
  }
})
