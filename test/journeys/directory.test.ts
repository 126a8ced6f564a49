import { randomUUID } from 'node:crypto'
import {
  awaitNews,
  consent,
  decideToReturn,
  eventually,
  expectStatus,
  type Programme,
  people,
  reasonsOf,
  recordNeed,
  services,
  somebodyLike,
} from '@wontanara/examples'
import * as z from 'zod'
import { type OpenStage, openLocalStage } from './stage.ts'

const Page = z.object({
  items: z.array(z.looseObject({ name: z.string(), services: z.array(z.looseObject({ name: z.string() })) })),
  next: z.string().optional(),
})
const Outcomes = z.object({ applied: z.boolean(), items: z.array(z.object({ outcome: z.string() })) })
const Ranking = z.object({
  services: z.array(
    z.object({
      serviceId: z.string(),
      eligible: z.boolean(),
      points: z.int(),
      obstacles: z.array(z.object({ code: z.string() })),
      reasons: z.array(z.object({ code: z.string(), points: z.int(), fr: z.string() })),
    }),
  ),
})
const Referral = z.object({ referralId: z.string(), status: z.string(), serviceId: z.string(), chosenBy: z.string().optional() })

const clinic = 'org-sante-solidaire'
const scopes = ['name', 'contact', 'needs']

let stage: OpenStage
let programme: Programme
beforeAll(async () => {
  stage = await openLocalStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

test('the directory leaves as HSDS, page by page, and comes back without changing anything', async () => {
  const coordinator = programme.staff('referral-coordinator')
  const organizations: z.output<typeof Page>['items'] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const response = await coordinator.get(`/v1/directory/hsds?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const page: z.output<typeof Page> = expectStatus('export', 200, response, Page)
    organizations.push(...page.items)
    cursor = page.next
  }
  expect(organizations.flatMap((one) => one.services.map(({ name }) => name)).toSorted()).toEqual(
    services.map(({ name }) => name).toSorted(),
  )
  const send = async (changes: object, of: readonly unknown[] = organizations) =>
    expectStatus(
      'import',
      200,
      await coordinator.post('/v1/directory/imports', { body: { together: 'all', organizations: of, ...changes } }),
      Outcomes,
    )
  const again = await send({})
  expect(new Set(again.items.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']))
  const renamed = organizations.map((one) => ({ ...one, services: one.services.map((own) => ({ ...own, alert: 'Fermé demain' })) }))
  expect(new Set((await send({ dryRun: true }, renamed)).items.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']))
})

test('an officer sees why; a rule sends to the best service that the person consented to, and to no other', async () => {
  const coordinator = programme.staff('referral-coordinator')
  const person = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  await consent(programme, caseId, { purpose: 'referral', recipient: clinic, scopes })
  const need = {
    office: programme.office,
    service: 'psychosocial',
    place: 'GN-C',
    priority: 'urgent',
    age: 27,
    sex: 'male',
    languages: ['fuf'],
  }

  const ranked = await eventually('the consent at the referral service', async () => {
    const response = await coordinator.post('/v1/service-rankings', { body: { ...need, consent: { caseId, scopes } } })
    if (response.status === 404) return undefined
    const found = expectStatus('rank', 200, response, Ranking).services
    return found.some(({ eligible }) => eligible) ? found : undefined
  })
  const codes = Object.fromEntries(ranked.map(({ serviceId, obstacles }) => [serviceId, obstacles.map(({ code }) => code)]))
  expect(codes).toEqual({
    'svc-ecoute-kankan': [],
    'svc-ecoute-droit': ['consent-missing'],
    'svc-ecoute-femmes': ['consent-missing', 'sex-not-served'],
  })
  expect(ranked[0]).toMatchObject({ serviceId: 'svc-ecoute-kankan', eligible: true })
  for (const { points, reasons } of ranked) expect(points).toBe(reasons.reduce((sum, reason) => sum + reason.points, 0))

  const rule = { office: programme.office, service: 'psychosocial', priority: 'urgent', automatic: true }
  expect((await coordinator.put('/v1/routing-rules', { body: rule })).status).toBe(403)
  const setRule = (automatic: boolean) => programme.staff('supervisor').put('/v1/routing-rules', { body: { ...rule, automatic } })
  expectStatus('set the rule', 200, await setRule(true))
  const { sex: _, ...asked } = need
  const body = {
    ...asked,
    caseId,
    needId,
    forReturn: false,
    snapshot: { name: person.name, contact: { phones: [person.phone] }, needs: { situation: 'Exemple : souhaite parler à quelqu’un.' } },
  }
  const sent = expectStatus('draft', 201, await coordinator.post('/v1/referrals', { body }), Referral)
  expect(sent).toMatchObject({ status: 'sent', serviceId: 'svc-ecoute-kankan', chosenBy: 'rule' })
  await awaitNews(programme, clinic, 'referral.sent', sent.referralId)

  const second = await eventually('the referral in the case', async () => {
    const response = await coordinator.post('/v1/referrals', { body })
    return response.status === 409 ? response : undefined
  })
  expect(reasonsOf(second)).toEqual(['no-service-fits'])
  expectStatus('end the rule', 200, await setRule(false))
})

test('a service that closes receives nothing from that day on', async () => {
  const coordinator = programme.staff('referral-coordinator')
  const path = '/v1/services/svc-ecoute-kankan'
  const { body, headers } = await coordinator.get(path)
  const {
    serviceId: _,
    organisationId: __,
    ...described
  } = z.looseObject({ serviceId: z.string(), organisationId: z.string() }).parse(body)
  const closure = { from: new Date(programme.now()).toISOString().slice(0, 10) }
  expectStatus('close', 200, await coordinator.put(path, { body: { ...described, closure }, ifMatch: headers.etag }))
  const need = { office: programme.office, service: 'psychosocial', place: 'GN-KA', priority: 'normal', age: 27, languages: [] }
  const { services: ranked } = expectStatus('rank', 200, await coordinator.post('/v1/service-rankings', { body: need }), Ranking)
  const closed = ranked.find(({ serviceId }) => serviceId === 'svc-ecoute-kankan')
  expect(closed).toMatchObject({ eligible: false, obstacles: [{ code: 'service-closed' }] })
})
