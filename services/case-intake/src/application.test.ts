import type { Principal } from '@wontanara/core'
import { client, staff, type TestRequest } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { routes } from './app.ts'
import { applicationReference, idOfApplicationReference, officeFor } from './application.ts'
import { applyRoutes } from './apply.api.ts'
import { intake, manager, now, caseId as otherCase, protector, register, supervisor } from './builders.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'
import { placesOf } from './search.ts'

const child: Principal = staff('child-protection-officer', { id: 'staff-0009', office: 'niger' })
const elsewhere = staff('case-manager', { id: 'staff-0050', office: 'labe' })
const body = bodies.application

function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: ports.cases.store.recordAccess,
  })
  let keys = 0
  const anybody = as(undefined)
  const apply = (differs: object = {}, request: TestRequest = {}) =>
    anybody(
      'POST /v1/self-applications',
      {},
      {
        key: `00000000-0000-4000-8000-${String(++keys).padStart(12, '0')}`,
        body: { ...body, ...differs },
        ...request,
      },
    )
  /** @returns the id that a protection officer or an office finds in its list */
  const newest = async (by: Principal = intake, query: Readonly<Record<string, string>> = { office: 'niger' }) => {
    const { items } = Page.parse((await as(by)('GET /v1/self-applications', {}, { query })).body)
    return { applicationId: items.at(-1)?.applicationId ?? '' }
  }
  const withPerson = (differs: object) => ({ person: { ...body.person, ...differs } })
  return { ports, as, anybody, apply, newest, withPerson }
}
const Page = z.object({ items: z.array(z.looseObject({ applicationId: z.string() })) })
const Problem = z.object({ code: z.string() })
const codeOf = (response: { readonly body: unknown }): string => Problem.parse(response.body).code

describe('applying', () => {
  test('needs no login and answers with a reference and nothing else', async () => {
    const { apply, newest } = service()
    const response = await apply()
    expect(response.status).toBe(201)
    const { applicationId } = await newest()
    expect(response.body).toEqual({ reference: applicationReference(applicationId) })
    for (const header of ['etag', 'location']) expect(response.headers).not.toHaveProperty(header)
  })

  test('the same request again has the same reference; the same person anew another, and so has a person with a case', async () => {
    const { apply, as, newest } = service()
    const key = '7c9a3c1e-4f40-4f5e-9f0a-2d3c1b0a9f8e'
    const first = await apply({}, { key })
    expect((await apply({}, { key })).body).toEqual(first.body)
    const second = await apply()
    expect(second.status).toBe(201)
    expect(second.body).not.toEqual(first.body)
    await as(manager)('POST /v1/self-applications/{applicationId}/acceptance', await newest(), { body: {} })
    const third = await apply()
    expect({ status: third.status, fields: Object.keys(third.body as object) }).toEqual({ status: 201, fields: ['reference'] })
  })

  test.each([
    ['a status', { status: 'accepted' }, 400],
    ['an office', { office: 'labe' }, 400],
    ['a case', { caseId: otherCase }, 400],
    ['no consent', { consent: undefined }, 400],
    ['a birth date ahead', { person: { ...body.person, birthDate: '2031' } }, 422],
    ['a telephone that is none', { person: { ...body.person, contacts: [{ phone: 'call me', owner: 'self', safe: true }] } }, 422],
    ['no way to answer', { person: { ...body.person, contacts: [] } }, 422],
    ['a text longer than anybody needs', { message: 'x'.repeat(9000) }, 413],
  ])('with %s is refused', async (_, differs, status) => {
    expect((await service().apply(differs)).status).toBe(status)
  })

  test('with a key that two could choose is refused, and says in French what is wanted', async () => {
    const response = await service().apply({}, { key: 'my-first-key', headers: { 'accept-language': 'fr' } })
    expect(response).toMatchObject({ status: 428, body: { code: 'random-key-required', title: expect.stringContaining('UUID aléatoire') } })
  })

  test('too often from one place is put off, and from another is not', async () => {
    const { apply } = service()
    const { most } = applyRoutes.apply.public.network
    for (let n = 0; n < most; n++) expect((await apply({}, { source: '203.0.113.7' })).status).toBe(201)
    const late = await apply({}, { source: '203.0.113.99', headers: { 'accept-language': 'fr' } })
    expect(late).toMatchObject({ status: 429, body: { code: 'rate-limited', title: expect.stringContaining('Trop de requêtes') } })
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
    expect((await apply({}, { source: '198.51.100.7' })).status).toBe(201)
  })

  test('no token helps to read it back', async () => {
    const { apply, anybody, newest } = service()
    await apply()
    const { applicationId } = await newest()
    for (const [route, params] of [
      ['GET /v1/self-applications/{applicationId}', { applicationId }],
      ['GET /v1/self-application-references/{reference}', { reference: applicationReference(applicationId) }],
      ['GET /v1/self-applications', {}],
    ] as const)
      expect((await anybody(route, params)).status).toBe(401)
  })

  test.each([
    ['NE', 'niger'],
    ['MA', 'morocco'],
    ['CI', 'conakry'],
    ['GN', 'conakry'],
  ])('from %s goes to the office %s', (country, office) => {
    expect(officeFor(country)).toBe(office)
  })

  test.each([
    ['600 00 00 01', 'GN', '+224600000001'],
    ['90 00 00 00', 'NE', '+22790000000'],
    ['0022790000000', 'LY', '+22790000000'],
  ])('a telephone written %s in %s is kept as %s', async (phone, presentIn, kept) => {
    const { apply, as, newest, withPerson } = service()
    await apply({ ...withPerson({ contacts: [{ phone, owner: 'self', safe: true }] }), presentIn })
    const office = officeFor(presentIn)
    const reader = staff('case-manager', { office })
    const read = await as(reader)('GET /v1/self-applications/{applicationId}', await newest(reader, { office }))
    expect(read.body).toMatchObject({ application: { person: { contacts: [{ phone: kept }] } } })
  })
})

test.each([
  ['application-26k47qx9tm2r', (reference: string) => reference],
  ['application-26k47qx9tm2r', (reference: string) => reference.slice(2)],
  ['application-26k47qx9tm2r', (reference: string) => reference.toLowerCase().replaceAll('-', ' ')],
  ['application-a6k47qx9tm2r', (reference: string) => reference],
  ['application-a6k47qx9tm2r', (reference: string) => reference.slice(2)],
  ['application-a6k47qx9tm2r', (reference: string) => reference.replaceAll('-', '')],
])('the reference of %s is read as people write it', (applicationId, write) => {
  expect(idOfApplicationReference(write(applicationReference(applicationId)))).toBe(applicationId)
  expect(idOfApplicationReference(write(applicationReference(applicationId)).replace(/7/, '8'))).toBeUndefined()
})

describe('an office', () => {
  test('finds its own applications by status, and by reference', async () => {
    const { apply, as, newest } = service()
    await apply()
    const open = await as(intake)('GET /v1/self-applications', {}, { query: { office: 'niger', status: 'open' } })
    expect(open.body).toMatchObject({ items: [{ status: 'open', office: 'niger', receivedAt: now }] })
    const { applicationId } = await newest()
    const written = applicationReference(applicationId).toLowerCase().replaceAll('-', '')
    const read = await as(intake)('GET /v1/self-application-references/{reference}', { reference: written })
    expect(read.body).toMatchObject({ applicationId, application: { person: { name: body.person.name } } })
    expect((await as(elsewhere)('GET /v1/self-applications/{applicationId}', { applicationId })).status).toBe(404)
    expect((await as(elsewhere)('GET /v1/self-applications', {}, { query: { office: 'niger' } })).status).toBe(404)
  })

  test('a list tells nothing of the person', async () => {
    const { apply, as } = service()
    await apply()
    const { body: page } = await as(intake)('GET /v1/self-applications', {}, { query: { office: 'niger' } })
    for (const told of [...Object.values(body.person.name), body.person.birthDate, '90000000'])
      expect(JSON.stringify(page)).not.toContain(told)
  })

  test('accepts once: whoever else tries meets that it was decided, and a repeat the same case', async () => {
    const { apply, as, newest, ports } = service()
    await apply()
    const at = await newest()
    const accept = (by: Principal, key: string) => as(by)('POST /v1/self-applications/{applicationId}/acceptance', at, { body: {}, key })
    const first = await accept(manager, 'accept-once-1')
    expect(first).toMatchObject({
      status: 201,
      headers: { location: expect.stringMatching(/^\/v1\/cases\/case-/) },
      body: { status: 'registered', office: 'niger', registration: { channel: 'self-application', presentIn: 'NE' } },
    })
    expect((await accept(manager, 'accept-once-1')).body).toEqual(first.body)
    const again = await accept(intake, 'accept-once-2')
    expect({ status: again.status, code: codeOf(again) }).toEqual({ status: 409, code: 'application-decided' })
    const { caseId } = z.object({ caseId: z.string() }).parse(first.body)
    expect((await ports.cases.store.history(caseId)).length).toBe(1)
    expect((await as(intake)('GET /v1/self-applications/{applicationId}', at)).body).toMatchObject({
      status: 'accepted',
      outcome: { caseId },
    })
  })

  test('two who accept at the same time open one case', async () => {
    const { apply, as, newest } = service()
    await apply()
    const at = await newest()
    const both = await Promise.all(
      [manager, intake].map((by) => as(by)('POST /v1/self-applications/{applicationId}/acceptance', at, { body: {} })),
    )
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
  })

  test('an adult’s case rests on the consent that came with the application; a child’s on another ground', async () => {
    const { apply, as, newest, withPerson } = service()
    await apply(withPerson({ birthDate: '2013' }))
    const at = await newest()
    const accept = (more: object) => as(child)('POST /v1/self-applications/{applicationId}/acceptance', at, { body: more })
    expect(codeOf(await accept({}))).toBe('guardian-must-sign')
    expect((await as(intake)('GET /v1/self-applications/{applicationId}', at)).body).toMatchObject({ status: 'open' })
    const processing = { basis: 'legal-obligation', legalReference: 'Code de l’enfant L/2019/0059/AN' }
    expect(await accept({ processing })).toMatchObject({ status: 201, body: { team: ['staff-0009'] } })
  })

  test.each([
    ['declined', 'refusal', { reason: 'outside-programme' }, { reason: 'outside-programme' }],
    ['known', 'known-case', { caseId: otherCase }, { caseId: otherCase }],
  ] as const)('an application is %s once, and not accepted after that', async (status, action, asked, outcome) => {
    const { apply, as, newest, ports } = service()
    await as(intake)('POST /v1/cases', {}, { body: bodies.registration })
    await apply()
    const at = await newest()
    const known = (await ports.cases.store.list({ index: 'gsi1', pk: 'office#niger', limit: 1 })).rows[0] as { caseId: string }
    const sent = 'caseId' in asked ? { caseId: known.caseId } : asked
    const decide = () => as(manager)(`POST /v1/self-applications/{applicationId}/${action}`, at, { ifMatch: 1, body: sent })
    expect(await decide()).toMatchObject({
      status: 200,
      body: { status, outcome: { ...('caseId' in outcome ? { caseId: known.caseId } : outcome), by: manager.id, at: now } },
    })
    const late = await as(manager)('POST /v1/self-applications/{applicationId}/acceptance', at, { body: {} })
    expect(codeOf(late)).toBe('application-decided')
  })

  test('marks as known only with a case within its reach', async () => {
    const { apply, as, newest, ports } = service()
    const far = staff('intake-officer', { id: 'staff-0060', office: 'labe' })
    const registered = await as(far)('POST /v1/cases', {}, { body: { ...bodies.registration, office: 'labe' } })
    const { caseId } = z.object({ caseId: z.string() }).parse(registered.body)
    await apply()
    const known = (id: string) => async () =>
      codeOf(
        await as(manager)('POST /v1/self-applications/{applicationId}/known-case', await newest(), { ifMatch: 1, body: { caseId: id } }),
      )
    expect(await known(caseId)()).toBe('case-not-found')
    expect(await known('case-000000000000')()).toBe('case-not-found')
    expect(await ports.cases.store.accesses(caseId)).toMatchObject([{ decision: 'denied' }])
  })

  test('is given an application by a supervisor of the office that has it, and then has it', async () => {
    const { apply, as, newest } = service()
    await apply()
    const at = await newest()
    const moved = await as(supervisor)('PUT /v1/self-applications/{applicationId}/office', at, { ifMatch: 1, body: { office: 'labe' } })
    expect(moved.status).toBe(200)
    expect((await as(elsewhere)('GET /v1/self-applications/{applicationId}', at)).status).toBe(200)
    expect((await as(intake)('GET /v1/self-applications/{applicationId}', at)).status).toBe(404)
  })
})

describe('a protection officer', () => {
  test.each([
    ['a child', { person: { ...body.person, birthDate: '2013' } }, 1],
    ['somebody who may be a child', { person: { ...body.person, birthDate: '2008' } }, 1],
    ['who asks for protection', { wishes: ['protection'] }, 1],
    ['a grown person who asks for information', { wishes: ['information'] }, 0],
  ])('is told of %s', async (_, differs, told) => {
    const { apply, as } = service()
    await apply(differs)
    const { body: page } = await as(protector)(
      'GET /v1/self-applications',
      {},
      { query: { office: 'niger', attention: 'protection-officer' } },
    )
    expect(Page.parse(page).items).toHaveLength(told)
  })

  test('reads what was taken, and nothing before', async () => {
    const { apply, as, newest, withPerson } = service()
    await apply(withPerson({ birthDate: '2013' }))
    const at = await newest(protector)
    const read = () => as(protector)('GET /v1/self-applications/{applicationId}', at)
    expect((await read()).status).toBe(404)
    const taken = await as(protector)('PUT /v1/self-applications/{applicationId}/assignment', at)
    expect(taken).toMatchObject({ status: 200, body: { takenBy: protector.id } })
    expect((await read()).body).toMatchObject({ application: { person: { birthDate: '2013' } } })
    expect((await as(intake)('PUT /v1/self-applications/{applicationId}/assignment', at)).status).toBe(403)
  })
})

test('a person who resembles somebody on file is told to whoever decides, never to the person', async () => {
  const { apply, as, newest, ports } = service()
  const { registration } = register()
  await as(intake)('POST /v1/cases', {}, { body: { office: 'niger', ...registration } })
  const [first] = (await ports.cases.store.list({ index: 'gsi1', pk: 'office#niger', limit: 1 })).rows as readonly { caseId: string }[]
  const known = first?.caseId ?? ''
  await ports.index.place(known, 'niger', placesOf(registration))
  expect((await apply()).status).toBe(201)
  const accepted = await as(manager)('POST /v1/self-applications/{applicationId}/acceptance', await newest(), { body: {} })
  expect(accepted.body).toMatchObject({ candidates: [{ caseId: known }] })
})
