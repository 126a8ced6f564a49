import { callOf, type Principal } from '@wontanara/core'
import { client, staff } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { registrations, routes } from './app.ts'
import { intake, protector, searcher } from './builders.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const elsewhere: Principal = { kind: 'staff', id: 'staff-0050', roles: ['intake-officer'], offices: ['kankan'] }
const Page = z.looseObject({ items: z.array(z.looseObject({ caseId: z.string() })), next: z.string().optional() })

const people = {
  diallo: { name: { given: 'Mamadou Exemple', family: 'Diallo' }, birthDate: '1998-04', origin: 'GN-LA', sex: 'male' },
  jalloh: { name: { given: 'Mohamed', family: 'Jalloh' }, birthDate: '1985', origin: 'GN-KA', sex: 'male' },
  conde: { name: { given: 'Sékou', family: 'Condé' }, birthDate: '1998', origin: 'GN-KA', sex: 'male' },
  conte: { name: { given: 'Sékou', family: 'Conté' }, birthDate: '1990', origin: 'GN-C', sex: 'male' },
  single: { name: { given: 'Exemplaire' }, birthDate: '2001', origin: 'GN-N', sex: 'female' },
} as const
type Name = keyof typeof people

async function service() {
  const recorded: unknown[] = []
  const ports = memoryPorts()
  const { store } = ports.cases
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: store.recordAccess,
  })
  store.recordAccess = async (record) => void recorded.push(record)
  const follow = registrations(ports)
  const ids = new Map<string, string>()
  const register = async (by: Principal, office: string, name: string, person: object) => {
    const body = { ...bodies.registration, office, person: { ...bodies.registration.person, contacts: [], documents: [], ...person } }
    const response = await as(by)('POST /v1/cases', {}, { body })
    const { caseId } = z.looseObject({ caseId: z.string() }).parse(response.body)
    ids.set(name, caseId)
    await follow(caseId, (action) =>
      callOf({ principal: searcher, action, at: '2026-03-02T09:00:00.000Z', key: `k-${caseId}`, content: '' }),
    )
    return caseId
  }
  const paper = {
    documents: [{ type: 'passport', number: 'O 123-4567', issuedBy: 'GN' }],
    contacts: [{ phone: '+224620000001', owner: 'self', safe: true }],
  }
  for (const [name, person] of Object.entries(people))
    await register(intake, 'niger', name, name === 'diallo' ? { ...person, ...paper } : person)
  await register(elsewhere, 'kankan', 'away', { name: { given: 'Mamadou', family: 'Diallo' }, birthDate: '1998-04', origin: 'GN-LA' })
  const ask = async (question: object, by: Principal = intake) =>
    as(by)('POST /v1/case-searches', {}, { body: { office: 'niger', ...question } })
  /** Names of those who were found. */
  const find = async (question: object) => {
    const { body } = await ask(question)
    const found = new Set(Page.parse(body).items.map(({ caseId }) => caseId))
    return [...ids].filter(([, id]) => found.has(id)).map(([name]) => name)
  }
  return { as, ask, find, ids, recorded, register }
}
let it_: Awaited<ReturnType<typeof service>>
beforeAll(async () => {
  it_ = await service()
})

test.each<[object, readonly Name[]]>([
  [{ name: 'Diallo Mamadou' }, ['diallo', 'jalloh']],
  [{ name: 'Jallow, Muhammad' }, ['diallo', 'jalloh']],
  [{ name: 'mamadou diallo', birthYear: 1998 }, ['diallo']],
  [{ name: 'Diallo' }, ['diallo', 'jalloh']],
  [{ name: 'Dialo M.' }, ['diallo', 'jalloh']],
  [{ name: 'Sekou Conde' }, ['conde']],
  [{ name: 'exemplaire' }, ['single']],
  [{ document: { number: 'o1234567', issuedBy: 'GN' } }, ['diallo']],
  [{ document: { number: 'o1234567', issuedBy: 'SN' } }, []],
  [{ phone: '620 00 00 01' }, ['diallo']],
  [{ phone: '00224620000001', name: 'Condé' }, []],
  [{ birthYear: 1998 }, ['diallo', 'conde']],
  [{ origin: 'GN-KA' }, ['jalloh', 'conde']],
  [{ origin: 'GN-KA', birthYear: 1985 }, ['jalloh']],
  [{ name: 'Diallo', status: 'closed' }, []],
  [{ name: 'Diallo', channel: 'host-mission', sex: 'male' }, ['diallo', 'jalloh']],
  [{ name: 'Nobody Here' }, []],
])('%j leads to %j', async (question, names) => {
  expect((await it_.find(question)).toSorted()).toEqual([...names].toSorted())
})

test('a reference leads to its case; a mistyped one is told at once; one of another office leads nowhere', async () => {
  const { ask, ids, as } = it_
  const { body } = await as(intake)('GET /v1/cases/{caseId}', { caseId: ids.get('diallo') ?? '' })
  const { reference } = z.looseObject({ reference: z.string() }).parse(body)
  expect((await ask({ reference: reference.toLowerCase().replaceAll('-', ' ') })).body).toMatchObject({
    items: [{ caseId: ids.get('diallo') }],
  })
  const slip = reference.startsWith('2') ? `3${reference.slice(1)}` : `2${reference.slice(1)}`
  expect((await ask({ reference: slip })).body).toMatchObject({ code: 'mistyped-reference' })
  const away = await as(elsewhere)('GET /v1/cases/{caseId}', { caseId: ids.get('away') ?? '' })
  const other = z.looseObject({ reference: z.string() }).parse(away.body).reference
  expect((await ask({ reference: other })).body).toEqual({ items: [] })
})

test.each([
  [{}, 'nothing-asked'],
  [{ status: 'registered' }, 'nothing-asked'],
  [{ phone: 'the uncle' }, 'not-a-telephone'],
  [{ name: 'x', caseId: 'y' }, 'unknown-field'],
])('%j is refused: %s', async (question, code) => {
  expect(JSON.stringify((await it_.ask(question)).body)).toContain(code)
})

test('what lies in another office is not found, and asking there is answered as if there were nothing', async () => {
  const { ask, ids } = it_
  expect(JSON.stringify((await ask({ name: 'Mamadou Diallo' })).body)).not.toContain(ids.get('away'))
  const [there, nowhere] = [await ask({ office: 'kankan', name: 'Mamadou Diallo' }), await ask({ office: 'kankan', name: 'Nobody Here' })]
  expect([there.status, nowhere.status]).toEqual([404, 404])
  expect({ ...z.looseObject({}).parse(there.body), traceId: '' }).toEqual({ ...z.looseObject({}).parse(nowhere.body), traceId: '' })
})

test('who may not see identities in all cases of the office may not ask by them', async () => {
  for (const by of [protector, staff('medical-officer', { office: 'niger' }), staff('analyst', { office: 'niger' })])
    expect((await it_.ask({ name: 'Diallo' }, by)).status).toBe(403)
})

test('each search is recorded with who made it, whatever it finds, and not with what was asked', async () => {
  const { ask, recorded } = it_
  const before = recorded.length
  await ask({ name: 'Nobody Here' })
  await ask({ phone: '+224620000001' })
  expect(recorded.slice(before)).toMatchObject([
    { decision: 'allowed', classes: ['C2'], trail: { by: intake.id, action: 'case:search' } },
    { decision: 'allowed' },
  ])
  expect(JSON.stringify(recorded)).not.toMatch(/Nobody|620000001/)
})

test('pages follow one another, and belong to their caller and question', async () => {
  const { ask, register } = it_
  for (let n = 0; n < 5; n++)
    await register(intake, 'niger', `more-${n}`, {
      name: { given: `Kanda${'abcde'[n]}`, family: 'Magassouba' },
      birthDate: `197${n}`,
      origin: 'GN-DB',
    })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = Page.parse((await ask({ name: 'Magassouba', limit: 2, ...(cursor === undefined ? {} : { cursor }) })).body)
    seen.push(...page.items.map(({ caseId }) => caseId))
    cursor = page.next
  } while (cursor !== undefined)
  expect(new Set(seen).size).toBe(5)
  expect(seen).toHaveLength(5)
  const { next = '' } = Page.parse((await ask({ name: 'Magassouba', limit: 2 })).body)
  expect((await ask({ name: 'Diallo', limit: 2, cursor: next })).body).toMatchObject({ code: 'invalid-cursor' })
})

test('a search needs no If-Match', async () => {
  const response = await it_.as(intake)('POST /v1/case-searches', {}, { body: { office: 'niger', name: 'Diallo' } })
  expect(response.status).toBe(200)
})
