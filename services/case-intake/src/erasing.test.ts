import { type Call, callOf, type Principal } from '@wontanara/core'
import { client, serviceNamed, staff } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { routes } from './app.ts'
import { intake, now } from './builders.ts'
import { dueAt, eraseDue } from './erasing.app.ts'
import { bodies } from './examples.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'
import { applicationDays } from './retention.ts'

const guard: Principal = staff('protection-officer', { id: 'staff-0004', office: 'niger' })
const daysLater = (days: number): string => new Date(Date.parse(now) + days * 86_400_000).toISOString()
const Page = z.object({ items: z.array(z.looseObject({ applicationId: z.string() })) })

function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), { refusals: catalogue, recordAccess: ports.cases.store.recordAccess })
  const system = serviceNamed('case-intake')
  const callsAt =
    (at: string) =>
    (action: Call['action']): Call =>
      callOf({ principal: system, action, at, key: `day ${at}`, content: '' })
  let keys = 0
  const apply = async (): Promise<string> => {
    const key = `00000000-0000-4000-8000-${String(++keys).padStart(12, '0')}`
    await as(undefined)('POST /v1/self-applications', {}, { key, body: bodies.application })
    const { body } = await as(intake)('GET /v1/self-applications', {}, { query: { office: 'niger', status: 'open' } })
    return Page.parse(body).items.at(-1)?.applicationId ?? ''
  }
  return {
    ports,
    as,
    apply,
    due: (at: string) => dueAt(ports, 'niger', callsAt(at)),
    erase: (at: string) => eraseDue(ports, callsAt(at)),
    application: async (id: string) => (await ports.applications.store.load(id))?.state,
  }
}

describe('what has been kept long enough', () => {
  test('is an application that nobody took up, on the day after its period and not before', async () => {
    const it = service()
    const [one, taken] = [await it.apply(), await it.apply()]
    await it.as(guard)('PUT /v1/self-applications/{applicationId}/assignment', { applicationId: taken })
    expect((await it.due(daysLater(applicationDays))).applications).toEqual([])
    const late = daysLater(applicationDays + 1)
    expect((await it.due(late)).applications).toEqual([one])
    // To look is not to erase.
    expect((await it.application(one))?.application).toBeDefined()

    expect((await it.erase(late)).every(({ ok }) => ok)).toBe(true)
    expect(await it.application(one)).toMatchObject({ status: 'erased', receivedAt: now })
    expect(await it.application(one)).not.toHaveProperty('application')
    expect(JSON.stringify(await it.ports.applications.store.history(one))).not.toContain(bodies.application.person.name.family)
    expect((await it.application(taken))?.application).toBeDefined()
    expect((await it.due(late)).applications).toEqual([])
    const version = (await it.ports.applications.store.load(one))?.version
    await it.erase(daysLater(applicationDays + 2))
    expect((await it.ports.applications.store.load(one))?.version).toBe(version)
  })

  test('is taken up by nobody any more', async () => {
    const it = service()
    const applicationId = await it.apply()
    await it.erase(daysLater(applicationDays + 1))
    const manager = staff('case-manager', { id: 'staff-0005', office: 'niger' })
    const accepted = await it.as(manager)('POST /v1/self-applications/{applicationId}/acceptance', { applicationId }, { body: {} })
    expect(accepted).toMatchObject({ status: 409, body: { code: 'application-decided' } })
    const read = await it.as(manager)('GET /v1/self-applications/{applicationId}', { applicationId })
    expect(read).toMatchObject({ status: 200, body: { status: 'erased' } })
    expect(read.body).not.toHaveProperty('application')
  })
})
