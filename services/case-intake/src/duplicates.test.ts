import { callOf, type Principal } from '@wontanara/core'
import { client, staff, type TestRequest } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { registrations, routes } from './app.ts'
import { intake, now, protector, searcher, supervisor } from './builders.ts'
import { type Candidate, decided, isOpen, mostCandidates, noted } from './duplicates.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const View = z.looseObject({
  caseId: z.string(),
  status: z.string(),
  candidates: z
    .array(z.looseObject({ caseId: z.string(), decision: z.looseObject({ outcome: z.string(), by: z.string() }).optional() }))
    .default([]),
})
const elsewhere: Principal = { kind: 'staff', id: 'staff-0050', roles: ['intake-officer', 'supervisor'], offices: ['kankan'] }

function service() {
  const ports = memoryPorts()
  const { store } = ports.cases
  const { as } = client(api, routes(ports), { refusals: catalogue, recordAccess: store.recordAccess })
  const follow = registrations(ports)
  let told = 0
  /** What the table's stream brings about. */
  const search = (caseId: string) => {
    const key = `change-${++told}`
    return follow(caseId, (action) => callOf({ principal: searcher, action, at: now, key, content: key }))
  }
  const register = async (by: Principal, office: string, person: object = {}, request: TestRequest = {}) => {
    const body = { ...bodies.registration, office, person: { ...bodies.registration.person, ...person } }
    const response = await as(by)('POST /v1/cases', {}, { ...request, body })
    if (response.status !== 201) throw new Error(JSON.stringify(response.body))
    return View.parse(response.body)
  }
  const read = async (by: Principal, caseId: string) => {
    const response = await as(by)('GET /v1/cases/{caseId}', { caseId })
    return { ...View.parse(response.body), etag: Number(/\d+/.exec(response.headers.etag ?? '')?.[0]) }
  }
  const decide = async (by: Principal, caseId: string, body: object) =>
    as(by)('PUT /v1/cases/{caseId}/duplicate-check', { caseId }, { ifMatch: (await read(by, caseId)).etag, body })
  const missing = async (by: Principal, caseId: string) => {
    const { body } = await as(by)('GET /v1/cases/{caseId}/next-steps', { caseId })
    const { steps } = z.object({ steps: z.array(z.object({ missing: z.array(z.looseObject({ code: z.string() })) })) }).parse(body)
    return steps[0]?.missing.map(({ code }) => code)
  }
  return { store, as, search, register, read, decide, missing }
}

describe('somebody who is registered again', () => {
  const again = { name: { given: 'Camara', family: 'Mohamed Exemple' } }

  async function twice() {
    const it = service()
    const first = await it.register(elsewhere, 'kankan')
    await it.search(first.caseId)
    const second = await it.register(intake, 'niger')
    return { ...it, first, second }
  }

  test('is noticed when the registration is accepted, in whatever office the other lies, with the reasons', async () => {
    const { first, second } = await twice()
    expect(first.candidates).toEqual([])
    expect(second.candidates).toMatchObject([
      { caseId: first.caseId, reasons: expect.arrayContaining([expect.objectContaining({ code: 'same-name' })]) },
    ])
  })

  test('does not go on until somebody decides, and no statement at registration changes that', async () => {
    const { missing, decide, second, first, as } = await twice()
    expect(bodies.registration.duplicates).toEqual({ outcome: 'none-found' })
    expect(await missing(intake, second.caseId)).toContain('duplicates-undecided')
    expect(await missing(elsewhere, first.caseId)).not.toContain('duplicates-undecided')
    expect((await decide(intake, second.caseId, { outcome: 'none-found' })).body).toMatchObject({ code: 'candidates-open' })
    expect((await decide(intake, second.caseId, { outcome: 'another-person' })).status).toBe(200)
    expect(await missing(intake, second.caseId)).not.toContain('duplicates-undecided')
    const list = await as(intake)('GET /v1/cases', {}, { query: { office: 'niger' } })
    expect(JSON.stringify(list.body)).not.toContain('suspectedDuplicate')
  })

  test('is marked in the list of the office', async () => {
    const { as, second } = await twice()
    const { body } = await as(intake)('GET /v1/cases', {}, { query: { office: 'niger' } })
    expect(body).toMatchObject({ items: [{ caseId: second.caseId, suspectedDuplicate: true }] })
  })

  test('and is the same person stays where the case is', async () => {
    const { decide, missing, read, second, first } = await twice()
    await decide(intake, second.caseId, { outcome: 'same-person' })
    expect(await missing(intake, second.caseId)).toContain('registered-twice')
    expect((await read(intake, second.caseId)).candidates).toMatchObject([
      { caseId: first.caseId, decision: { outcome: 'same-person', by: intake.id } },
    ])
  })

  test('what is decided stands, whatever is found later', async () => {
    const { decide, search, read, second, store } = await twice()
    await decide(intake, second.caseId, { outcome: 'another-person' })
    const { etag } = await read(intake, second.caseId)
    await search(second.caseId)
    expect((await read(intake, second.caseId)).etag).toBe(etag)
    expect(
      (await store.history(second.caseId)).flatMap(({ events }) => events).filter(({ type }) => type === 'duplicate-candidates-noted'),
    ).toHaveLength(2)
  })

  test('is found after a correction that makes the two alike', async () => {
    const it = service()
    const first = await it.register(intake, 'niger')
    await it.search(first.caseId)
    const other = await it.register(intake, 'niger', {
      name: { given: 'Naby', family: 'Sampil' },
      birthDate: '1971',
      documents: [],
      contacts: [],
    })
    expect(other.candidates).toEqual([])
    const { duplicates: _, channel: __, processing: ___, office: ____, ...registration } = bodies.registration
    const body = { ...registration, person: { ...registration.person, ...again }, reason: bodies.correction.reason }
    expect((await it.as(intake)('PUT /v1/cases/{caseId}/person', { caseId: other.caseId }, { ifMatch: 1, body })).status).toBe(200)
    await it.search(other.caseId)
    expect((await it.read(intake, other.caseId)).candidates).toMatchObject([{ caseId: first.caseId }])
  })

  test('at two desks at the same moment meets itself, and one decision settles both', async () => {
    const it = service()
    const [one, other] = await Promise.all([it.register(intake, 'niger'), it.register(intake, 'niger')])
    expect([one.candidates, other.candidates]).toEqual([[], []])
    await Promise.all([it.search(one.caseId), it.search(other.caseId)])
    const seen = await Promise.all([it.read(intake, one.caseId), it.read(intake, other.caseId)])
    expect(seen.some(({ candidates }) => candidates.length > 0)).toBe(true)
    await it.search(one.caseId)
    await it.search(other.caseId)
    await it.decide(intake, one.caseId, { outcome: 'another-person', comparedWith: [other.caseId] })
    for (const { caseId } of [one, other]) expect(await it.missing(intake, caseId)).not.toContain('duplicates-undecided')
  })

  test('a case that a caller names must be within reach; one that was suspected need not', async () => {
    const { decide, first, second, register, search } = await twice()
    const stranger = await register(elsewhere, 'kankan', {
      name: { given: 'Naby', family: 'Sampil' },
      birthDate: '1971',
      documents: [],
      contacts: [],
    })
    await search(stranger.caseId)
    expect((await decide(intake, second.caseId, { outcome: 'same-person', comparedWith: [stranger.caseId] })).status).toBe(404)
    expect((await decide(intake, second.caseId, { outcome: 'same-person', comparedWith: [first.caseId] })).status).toBe(200)
  })

  test('whoever may not see identities learns nothing of who resembles whom', async () => {
    const { as, second, first } = await twice()
    for (const by of [protector, staff('grants-officer', { office: 'niger' })]) {
      const { body } = await as(by)('GET /v1/cases/{caseId}', { caseId: second.caseId })
      expect(JSON.stringify(body)).not.toContain(first.caseId)
    }
    expect(JSON.stringify((await as(supervisor)('GET /v1/cases/{caseId}', { caseId: second.caseId })).body)).toContain(first.caseId)
  })
})

describe('candidates', () => {
  const candidate = fc
    .record({ caseId: fc.constantFrom(...'abcdefghijklmnop'), score: fc.nat(20) })
    .map(({ caseId, score }): Candidate => ({ caseId, score, reasons: [] }))
  const found = fc.uniqueArray(candidate, { selector: ({ caseId }) => caseId, maxLength: 14 })
  const decision = fc
    .constantFrom('same-person' as const, 'another-person' as const)
    .map((outcome) => ({ outcome, by: 'staff-0001', at: now }))

  test('each case is there once, decisions stand, and what is open is bounded', () => {
    fc.assert(
      fc.property(found, found, fc.subarray([...'abcdefgh']), decision, (before, after, ids, verdict) => {
        const settled = decided(noted([], before), ids, verdict)
        const next = noted(settled, after)
        expect(new Set(next.map(({ caseId }) => caseId)).size).toBe(next.length)
        for (const id of ids) expect(next.find(({ caseId }) => caseId === id)?.decision).toEqual(verdict)
        expect(next.filter(isOpen).length).toBeLessThanOrEqual(mostCandidates)
        expect(noted(next, after)).toEqual(next)
      }),
    )
  })
})
