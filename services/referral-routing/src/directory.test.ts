import { defineApi } from '@wontanara/core'
import { client, now, partnerOf, staff } from '@wontanara/testing'
import * as z from 'zod'
import { directoryRoutes } from './directory.api.ts'
import { describing } from './directory.app.ts'
import * as examples from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'
import { routingRoutes } from './routing.api.ts'
import { choosing } from './routing.app.ts'

const { caseId, consentId, needId, organisationId, serviceId } = examples
const coordinator = staff('referral-coordinator')
const { consent, ...question } = examples.question

const api = defineApi('referral-routing', { en: 'Directory', fr: 'Répertoire' }, { ...directoryRoutes, ...routingRoutes })
const Ranking = z.object({
  services: z.array(
    z.object({
      serviceId: z.string(),
      eligible: z.boolean(),
      points: z.int(),
      obstacles: z.array(z.object({ code: z.string(), fr: z.string() })),
    }),
  ),
})

/** The directory and the choice of services, on an empty store. */
function directory() {
  const ports = memoryPorts()
  const { as } = client(
    api,
    { ...describing(ports), ...choosing(ports) },
    { refusals: catalogue, recordAccess: (record) => ports.referrals.store.recordAccess(record) },
  )
  return {
    ports,
    as,
    fill: async (changes: object = {}) => {
      const organisation = { organisationId, ...examples.organisation }
      expect((await as(coordinator)('POST /v1/organisations', {}, { body: organisation })).status).toBe(201)
      return as(coordinator)('POST /v1/services', {}, { body: { serviceId, organisationId, ...examples.service, ...changes } })
    },
    rank: async (changes: object = {}) => {
      const { status, body } = await as(coordinator)('POST /v1/service-rankings', {}, { body: { ...question, ...changes } })
      expect(status).toBe(200)
      return Ranking.parse(body).services
    },
  }
}

describe('a service', () => {
  test.each<[string, object, string]>([
    ['hours that end before they begin', { schedules: [{ weekdays: ['MO'], opens: '17:00', closes: '08:00' }] }, '/schedules/0/closes'],
    [
      'a schedule that ends before it begins',
      { schedules: [{ weekdays: ['MO'], opens: '08:00', closes: '17:00', validFrom: '2026-03-02', validTo: '2026-03-01' }] },
      '/schedules/0/validTo',
    ],
    ['a closure that ends before it begins', { closure: { from: '2026-03-02', to: '2026-03-01' } }, '/closure/to'],
    ['where a safe shelter lies', { type: 'safe-shelter' }, '/locations'],
    ['ages', { minimumAge: 60, maximumAge: 18 }, '/minimumAge'],
  ])('contradicts itself: %s', async (_, changes, pointer) => {
    const { status, body } = await directory().fill(changes)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'invalid-request', errors: [{ pointer }] })
  })

  test('described anew in the same words keeps its version', async () => {
    const { as, fill, ports } = directory()
    await fill()
    const put = () => as(coordinator)('PUT /v1/services/{serviceId}', { serviceId }, { body: examples.service, ifMatch: 1 })
    expect((await put()).status).toBe(200)
    expect((await ports.services.store.load(serviceId))?.version).toBe(1)
  })
})

describe('a ranking', () => {
  test('says why, in two languages, and keeps nothing of the question', async () => {
    const { fill, rank, ports } = directory()
    await fill()
    expect(await rank()).toMatchObject([{ serviceId, eligible: true, obstacles: [] }])
    expect(await rank({ age: 12, languages: ['fuf'] })).toMatchObject([
      {
        eligible: false,
        obstacles: [
          { code: 'no-common-language', fr: 'Le service ne parle aucune des langues de la personne.' },
          { code: 'too-young', fr: 'Le service accueille à partir de 18 ans.' },
        ],
      },
    ])
    expect((await ports.services.store.accesses(serviceId)).length).toBe(0)
  })

  test('leaves what closes at the end: from the first day to the last', async () => {
    const { fill, rank } = directory()
    await fill({ closure: { from: '2026-03-10', to: '2026-03-12' } })
    const at = async (day: string) => (await rank({ at: `${day}T09:00:00.000Z` }))[0]?.obstacles.map(({ code }) => code)
    expect(await at('2026-03-09')).toEqual([])
    expect(await at('2026-03-10')).toEqual(['service-closed'])
    expect(await at('2026-03-12')).toEqual(['service-closed'])
    expect(await at('2026-03-13')).toEqual([])
  })

  test('says of a case of the office whether the person consented, and of another nothing at all', async () => {
    const { as, fill, rank, ports } = directory()
    await fill()
    const file = { caseId, referrals: [], needs: [{ needId, office: 'conakry' as const }], consents: [] }
    const trail = { at: now, by: 'service', as: 'service', offices: [], action: 'x' }
    const noted = { type: 'need-noted', data: { caseId, need: { needId, office: 'conakry' } } } as const
    const appended = await ports.caseFiles.store.append({ id: caseId, from: undefined, state: file, events: [noted], trail, mark: 'm1' })
    if (!appended.ok) throw new Error('not stored')
    expect((await rank({ consent }))[0]?.obstacles.map(({ code }) => code)).toEqual(['consent-missing'])
    const given = { purpose: 'referral' as const, recipient: organisationId, scopes: [...consent.scopes], validFrom: now }
    await ports.caseFiles.store.append({
      id: caseId,
      from: appended.stored,
      state: { ...file, consents: [{ consentId, given }] },
      events: [{ type: 'consent-recorded', data: { caseId, consentId, given } }],
      trail,
      mark: 'm2',
    })
    expect(await rank({ consent })).toMatchObject([{ eligible: true, obstacles: [] }])
    const elsewhere = staff('referral-coordinator', { office: 'kankan' })
    const asked = { ...question, office: 'kankan', consent }
    expect((await as(elsewhere)('POST /v1/service-rankings', {}, { body: asked })).status).toBe(404)
  })

  test('is for those who refer, at their office', async () => {
    const { as } = directory()
    const ask = async (who: Parameters<typeof as>[0]) => (await as(who)('POST /v1/service-rankings', {}, { body: question })).status
    expect(await ask(partnerOf(organisationId))).toBe(403)
    expect(await ask(staff('grants-officer'))).toBe(403)
    expect(await ask(staff('case-manager', { office: 'kankan' }))).toBe(404)
    expect(await ask(staff('case-manager'))).toBe(200)
  })
})
