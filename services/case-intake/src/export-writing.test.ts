import { type Call, callOf, create, type Principal } from '@wontanara/core'
import { callBy, client, hoursLater, staff } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { routes } from './app.ts'
import { ask, atStage, intake, manager, now, register, screen, supervisor } from './builders.ts'
import { type Files, writing } from './export-writing.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const View = z.looseObject({
  exportId: z.string(),
  status: z.string(),
  rows: z.number(),
  cases: z.number().optional(),
  failure: z.string().optional(),
  link: z.object({ url: z.string() }).optional(),
})
const dpo = staff('data-protection-officer', { office: 'kankan' })
/** Parts of a few lines, and a turn for each. */
const slow = { part: 300, page: 3, chunk: 2, turn: -1 }
const quick = { ...slow, turn: 60_000 }

/** Files as S3 keeps them: the last part with a number counts, and an upload is completed once. `fail` is asked before and after each call. */
function memoryFiles(fail: (when: 'before' | 'after') => void = () => undefined) {
  const uploads = new Map<string, Map<number, Uint8Array>>()
  const files = new Map<string, string>()
  const etagOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  async function once<T>(run: () => T): Promise<T> {
    fail('before')
    const result = run()
    fail('after')
    return result
  }
  const port: Files = {
    put: (key, text) => once(() => void files.set(key, text)),
    get: (key) => once(() => files.get(key) ?? ''),
    begin: () =>
      once(() => {
        const id = `upload-${uploads.size}`
        uploads.set(id, new Map())
        return id
      }),
    part: (_, upload, number, bytes) =>
      once(() => {
        uploads.get(upload)?.set(number, bytes)
        return { number, etag: etagOf(bytes), checksum: 'AAAAAA==' }
      }),
    complete: (key, upload, parts) =>
      once(() => {
        const stored = uploads.get(upload)
        if (stored === undefined && files.has(key)) return
        if (parts.some(({ number }, i) => number <= (parts[i - 1]?.number ?? 0))) throw new Error('parts out of order')
        const bytes = parts.map(({ number, etag }) => {
          const part = stored?.get(number)
          if (part === undefined || etagOf(part) !== etag) throw new Error('no such part')
          return part
        })
        files.set(key, Buffer.concat(bytes).toString('utf8'))
        uploads.delete(upload)
      }),
    abort: (_, upload) => once(() => void uploads.delete(upload)),
  }
  return { port, files, uploads }
}

async function service(count: number, { fail }: { readonly fail?: (when: 'before' | 'after') => void } = {}) {
  const ports = memoryPorts()
  const { port, files, uploads } = memoryFiles(fail)
  let at = now
  const { as } = client(api, routes(ports), {
    refusals: catalogue,
    recordAccess: ports.cases.store.recordAccess,
    limit: { take: async () => undefined },
  })
  for (let i = 0; i < count; i++) {
    const caseId = `case-${String(i).padStart(12, '0')}`
    await create(ports.cases, caseId, ask({ ...register(), caseId }, intake), callBy(intake, 'case:register'))
  }
  const by = (action: Call['action']) =>
    callOf({ principal: { kind: 'service', id: 'case-intake' }, action, at, key: 'message', content: '' })
  const write = (exportId: string, pace = quick) => writing({ ...ports, files: port, now: () => at }, pace)(exportId, by('export:run'))
  const request = async (body: object = {}, who: Principal = supervisor, key?: string) =>
    as(who)('POST /v1/exports', {}, { body: { office: 'niger', format: 'json-lines', ...body }, at, ...(key === undefined ? {} : { key }) })
  const begun = async (body: object = {}, who: Principal = supervisor) => View.parse((await request(body, who)).body).exportId
  const view = async (exportId: string, who: Principal = supervisor) =>
    View.parse((await as(who)('GET /v1/exports/{exportId}', { exportId }, { at })).body)
  const idsIn = (exportId: string): readonly unknown[] =>
    (files.get(`exports/${exportId}.jsonl`) ?? '')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => z.object({ caseId: z.string() }).parse(JSON.parse(line)).caseId)
  const listed = async () =>
    (await ports.cases.store.list({ index: 'gsi1', pk: 'office#niger', limit: 1000 })).rows.map(
      (row) => z.object({ caseId: z.string() }).parse(row).caseId,
    )
  return {
    ports,
    as,
    files,
    uploads,
    write,
    request,
    begun,
    view,
    cancel: async (exportId: string) => as(supervisor)('POST /v1/exports/{exportId}/cancellation', { exportId }, { at }),
    idsIn,
    listed,
    pass: (hours: number) => {
      at = hoursLater(hours, at)
    },
  }
}

describe('an export', () => {
  test('is the list, line for line, in as many parts as it takes', async () => {
    const it = await service(11)
    const exportId = await it.begun()
    expect(await it.view(exportId)).toMatchObject({ status: 'requested', rows: 0 })
    await it.write(exportId)
    expect(await it.view(exportId)).toMatchObject({ status: 'ready', rows: 11, cases: 11, classes: ['C0', 'C1', 'C2'] })
    expect(it.idsIn(exportId)).toEqual(await it.listed())
    expect((await it.ports.caseExports.store.load(exportId))?.state.parts.length).toBeGreaterThan(2)
  })

  test('goes on by turns, each begun by an event', async () => {
    const it = await service(7)
    const exportId = await it.begun()
    const events = async () =>
      (await it.ports.caseExports.store.history(exportId))
        .flatMap((commit) => commit.events)
        .filter(({ type }) => type.includes('export-continued'))
    let turns = 0
    do {
      await it.write(exportId, slow)
      turns++
    } while ((await events()).length === turns)
    expect(turns).toBeGreaterThan(2)
    expect(it.idsIn(exportId)).toEqual(await it.listed())
  })

  test('of a list without anybody is a file with its mark', async () => {
    const it = await service(0)
    const exportId = await it.begun({ format: 'csv' })
    await it.write(exportId)
    expect(it.files.get(`exports/${exportId}.csv`)).toContain(exportId)
    expect(await it.view(exportId)).toMatchObject({ status: 'ready', rows: 0 })
  })

  test('holds a case once that moves in the list while it is written', async () => {
    const it = await service(6)
    const before = await it.listed()
    const exportId = await it.begun()
    await it.write(exportId, slow)
    const moved = { ...atStage.screened(), caseId: before[0] ?? '' }
    const stored = await it.ports.cases.store.load(moved.caseId)
    await it.ports.cases.store.append({
      id: moved.caseId,
      from: stored,
      state: { ...moved, since: hoursLater(1) },
      events: [],
      trail: { at: now, by: 'x', as: 'x', offices: [], action: 'case:screen' },
      mark: 'x',
    })
    expect(await it.listed()).not.toEqual(before)
    for (let turn = 0; turn < 6; turn++) await it.write(exportId, slow)
    expect(it.idsIn(exportId)).toEqual(before)
  })

  test('is done once, whatever fails and whoever else works on it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 9 }), fc.infiniteStream(fc.integer({ min: 0, max: 5 })), async (count, chance) => {
        let armed = true
        const fail = (): void => {
          if (armed && chance.next().value === 0) throw new Error('the process ends here')
        }
        const it = await service(count, { fail })
        const exportId = await it.begun()
        for (let attempt = 0; attempt < 40; attempt++) {
          if (attempt === 30) armed = false
          const workers = Array.from({ length: attempt % 3 === 0 ? 2 : 1 }, () => it.write(exportId, attempt % 2 === 0 ? slow : quick))
          await Promise.allSettled(workers)
        }
        expect((await it.view(exportId)).status).toBe('ready')
        expect(it.idsIn(exportId)).toEqual(await it.listed())
        expect((await it.request()).status).toBe(201)
      }),
      { numRuns: 60 },
    )
  })
})

describe('who', () => {
  test.each([
    ['intake officer', intake, 403],
    ['case manager', manager, 403],
    ['protection officer', staff('protection-officer', { office: 'niger' }), 403],
    ['administrator', staff('administrator', { office: 'niger' }), 403],
    ['supervisor of another office', staff('supervisor', { office: 'kankan' }), 404],
    ['supervisor', supervisor, 201],
    ['data-protection officer', dpo, 201],
  ] as const)('may ask: %s', async (_, who, status) => {
    const it = await service(0)
    expect((await it.request({}, who)).status).toBe(status)
  })

  test('a protection officer who is also supervisor gets no special-category data', async () => {
    const both: Principal = { kind: 'staff', id: 'staff-0009', roles: ['supervisor', 'protection-officer'], offices: ['niger'] }
    const it = await service(1)
    const [caseId = ''] = await it.listed()
    const { cases } = it.ports
    const stored = await cases.store.load(caseId)
    if (stored === undefined) throw new Error('no case')
    const decided = cases.aggregate.decide({ ...stored.state, team: [both.id] }, ask(screen({ trafficking: 'yes' }), both))
    expect(decided.ok).toBe(true)
    const exportId = await it.begun({}, both)
    await it.write(exportId)
    expect(it.files.get(`exports/${exportId}.jsonl`)).not.toContain('trafficking')
    expect(await it.view(exportId, both)).toMatchObject({ status: 'ready', classes: ['C0', 'C1', 'C2'] })
  })

  test('only whoever asked reads it, cancels it and gets a link, and each link is recorded', async () => {
    const it = await service(1)
    const exportId = await it.begun()
    await it.write(exportId)
    for (const other of [dpo, { ...supervisor, id: 'staff-0099' }]) {
      expect((await it.as(other)('GET /v1/exports/{exportId}', { exportId })).status).toBe(404)
      expect((await it.as(other)('POST /v1/exports/{exportId}/cancellation', { exportId })).status).toBe(404)
    }
    const moved: Principal = { kind: 'staff', id: supervisor.id, roles: ['supervisor'], offices: ['kankan'] }
    expect((await it.as(moved)('GET /v1/exports/{exportId}', { exportId })).status).toBe(404)
    expect((await it.view(exportId)).link?.url).toContain(`exports/${exportId}.jsonl`)
    const given = (await it.ports.caseExports.store.accesses(exportId)).filter(({ decision }) => decision === 'allowed')
    expect(given).toMatchObject([{ trail: { by: supervisor.id, as: 'supervisor' }, classes: ['C0', 'C1', 'C2'] }])
  })
})

test('who tries to cancel an own one that has ended is refused, and on record', async () => {
  const it = await service(2)
  const exportId = await it.begun()
  await it.write(exportId)
  it.pass(25)
  expect(await it.view(exportId)).toMatchObject({ status: 'expired' })
  const cancelled = await it.cancel(exportId)
  expect(cancelled).toMatchObject({ status: 409, body: { code: 'export-ended' } })
  const denied = (await it.ports.caseExports.store.accesses(exportId)).filter(({ decision }) => decision === 'denied')
  expect(denied).toMatchObject([{ id: exportId, trail: { by: supervisor.id, action: 'export:follow' }, denial: 'export-ended' }])
})

describe('one at a time', () => {
  test('the second is refused until the first has ended, and a repeat of the first is the first', async () => {
    const it = await service(2)
    const first = await it.request({}, supervisor, 'a-key-of-mine')
    const { exportId } = View.parse(first.body)
    expect(await it.request()).toMatchObject({ status: 409, body: { code: 'export-running' } })
    expect((await it.request({}, supervisor, 'a-key-of-mine')).body).toEqual(first.body)
    const theirs = View.parse((await it.request({}, dpo)).body).exportId
    await it.write(theirs)
    expect((await it.view(theirs, dpo)).link).toBeDefined()
    await it.write(exportId)
    expect((await it.request()).status).toBe(201)
  })

  test('a cancelled one leaves nothing behind, and makes room', async () => {
    const it = await service(7)
    const exportId = await it.begun()
    await it.write(exportId, slow)
    expect(await it.as(supervisor)('POST /v1/exports/{exportId}/cancellation', { exportId })).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    })
    await it.write(exportId)
    expect(it.uploads.size).toBe(0)
    expect(it.files.has(`exports/${exportId}.jsonl`)).toBe(false)
    expect(await it.view(exportId)).toMatchObject({ status: 'cancelled' })
    expect((await it.request()).status).toBe(201)
  })

  test('one that is not done in time has failed, and makes room', async () => {
    const it = await service(7)
    const exportId = await it.begun()
    await it.write(exportId, slow)
    it.pass(3)
    expect(await it.view(exportId)).toMatchObject({ status: 'failed', failure: 'out-of-time' })
    expect((await it.request()).status).toBe(201)
    await it.write(exportId)
    expect(it.uploads.size).toBe(0)
  })
})
