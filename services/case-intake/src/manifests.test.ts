import { type Call, callOf } from '@wontanara/core'
import { ManifestPartReceived } from '@wontanara/events'
import { client, serviceNamed } from '@wontanara/testing'
import * as z from 'zod'
import { api } from './api.ts'
import { registrations, routes } from './app.ts'
import { intake, now, searcher } from './builders.ts'
import { partIdOf } from './manifest-import.ts'
import { manifestConsumers } from './manifests.app.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'

const View = z.looseObject({
  manifestId: z.string(),
  status: z.string(),
  parts: z.number(),
  processed: z.number(),
  counts: z.record(z.string(), z.number()),
})
const Row = z.looseObject({
  row: z.number(),
  outcome: z.string(),
  caseId: z.string().optional(),
  candidates: z.number().optional(),
  alike: z.array(z.number()).optional(),
  reasons: z.array(z.object({ code: z.string(), column: z.string().optional(), text: z.string() })).optional(),
})
type Row = z.output<typeof Row>
const Rows = z.object({ items: z.array(Row) })

const letters = 'bdfgklmnprst'
const syllables = (n: number, length: number): string =>
  Array.from({ length }, (_, i) => `${letters[Math.floor((n * 7919 + i * 104_729) / 12 ** i) % 12]}${'aeiou'[(n + i * 3) % 5]}`).join('')
/** Synthetic people who are unlike each other. */
const person = (n: number) => ({
  fileNumber: `EX-${n}`,
  givenName: `Fictif${syllables(n, 3)}`,
  familyName: `Exemple${syllables(n + 500, 3)}`,
  sex: n % 3 === 0 ? 'F' : 'M',
  birthDate: `${String(1 + (n % 28)).padStart(2, '0')}/0${1 + (n % 9)}/${1970 + (n % 35)}`,
})
type Sent = Partial<ReturnType<typeof person>> & Readonly<Record<string, string>>
const terms = {
  office: 'niger',
  mission: 'niger',
  charter: 'NIM-2026-014',
  arrivalOn: '2026-03-03',
  dryRun: false,
  presentIn: 'NE',
  everybody: {
    nationalities: ['GN'],
    languages: ['fra'],
    processing: { basis: 'consent', language: 'fra', noticeVersion: '2026.1', taken: 'signed-on-paper', signatory: { kind: 'self' } },
  },
}

/** The service on stores of its own, with what its queue and the stream of its table bring about. */
function service() {
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), { refusals: catalogue, recordAccess: ports.cases.store.recordAccess })
  const consume = manifestConsumers(ports)[ManifestPartReceived.type]
  const follow = registrations(ports)
  const caller =
    (principal: Parameters<typeof callOf>[0]['principal'], key: string) =>
    (action: Call['action']): Call =>
      callOf({ principal, action, at: now, key: `${key} ${action}`, content: key })
  /** The message of one part comes. */
  const deliver = (manifestId: string, part: number) => {
    const partId = partIdOf(manifestId, part)
    const event = ManifestPartReceived.parse({
      specversion: '1.0',
      id: `${partId}.1.1`,
      source: ManifestPartReceived.source,
      type: ManifestPartReceived.type,
      subject: partId,
      time: now,
      datacontenttype: 'application/json',
      dataschema: 'urn:wontanara:schema:case-intake.manifest-part-received.v1',
      sequence: '1',
      data: { manifestId, partId },
    })
    return consume(event, caller(serviceNamed('case-intake'), event.id))
  }
  const send = async (rows: readonly Sent[], more: object = {}) => {
    const response = await as(intake)('POST /v1/manifests', {}, { body: { ...terms, rows, ...more } })
    if (response.status !== 201) throw new Error(JSON.stringify(response.body))
    return View.parse(response.body)
  }
  const rowsOf = async ({ manifestId, parts }: z.output<typeof View>): Promise<readonly Row[]> => {
    const pages = await Promise.all(
      Array.from({ length: parts }, (_, i) =>
        as(intake)('GET /v1/manifests/{manifestId}/rows', { manifestId }, { query: { part: String(i + 1) } }),
      ),
    )
    return pages.flatMap(({ body }) => Rows.parse(body).items)
  }
  /** Sends a manifest, and lets everything happen that follows. */
  const done = async (rows: readonly Sent[], more: object = {}) => {
    const sent = await send(rows, more)
    for (let part = 1; part <= sent.parts; part++) {
      expect((await deliver(sent.manifestId, part)).map(({ ok }) => ok)).not.toContain(false)
    }
    const results = await rowsOf(sent)
    for (const { caseId } of results)
      if (caseId !== undefined) await follow(caseId, caller(searcher, `search ${sent.manifestId} ${caseId}`))
    return results
  }
  const read = async (manifestId: string) => View.parse((await as(intake)('GET /v1/manifests/{manifestId}', { manifestId })).body)
  const versionsOf = async (results: readonly Row[]) =>
    Promise.all(results.map(async ({ caseId = '' }) => (await ports.cases.store.load(caseId))?.version ?? 0))
  return { ports, as, send, deliver, done, read, rowsOf, versionsOf }
}

const outcomes = (results: readonly Row[]) => results.map(({ outcome }) => outcome)

describe('a manifest', () => {
  test('is answered at once and processed part by part, in view', async () => {
    const it = service()
    const people = Array.from({ length: 60 }, (_, n) => person(n))
    const sent = await it.send(people)
    expect(sent).toMatchObject({ status: 'received', rows: 60, parts: 3, processed: 0 })
    await it.deliver(sent.manifestId, 2)
    expect(await it.read(sent.manifestId)).toMatchObject({ status: 'processing', processed: 25 })
    await it.deliver(sent.manifestId, 3)
    await it.deliver(sent.manifestId, 2)
    await it.deliver(sent.manifestId, 1)
    expect(await it.read(sent.manifestId)).toMatchObject({ status: 'done', processed: 60, counts: { created: 60, refused: 0 } })
    const [first] = await it.rowsOf(sent)
    const registered = await it.ports.cases.store.load(first?.caseId ?? '')
    expect(registered?.state).toMatchObject({
      office: 'niger',
      registration: { channel: 'manifest', presentIn: 'NE', searched: true, source: { manifestId: sent.manifestId, part: 1, row: 1 } },
    })
    const [commit] = await it.ports.cases.store.history(first?.caseId ?? '')
    expect(commit?.trail).toMatchObject({ by: intake.id, as: 'intake-officer', action: 'manifest:import' })
  })

  test('that is sent three times with one edited row changes one row', async () => {
    const it = service()
    const people = Array.from({ length: 30 }, (_, n) => person(n))
    const first = await it.done(people)
    expect(new Set(outcomes(first))).toEqual(new Set(['created']))
    const before = await it.versionsOf(first)

    const second = await it.done(people)
    expect(second.map(({ caseId }) => caseId)).toEqual(first.map(({ caseId }) => caseId))
    expect(new Set(outcomes(second))).toEqual(new Set(['matched']))
    expect(await it.versionsOf(first)).toEqual(before)

    const edited = people.map((one, n) => (n === 7 ? { ...one, birthDate: '1999' } : one))
    const third = await it.done(edited)
    expect(third.map(({ caseId }) => caseId)).toEqual(first.map(({ caseId }) => caseId))
    expect(outcomes(third)).toEqual(people.map((_, n) => (n === 7 ? 'updated' : 'matched')))
    const after = await it.versionsOf(first)
    expect(after.flatMap((version, n) => (version === before[n] ? [] : [n]))).toEqual([7])
    const changed = await it.ports.cases.store.load(first[7]?.caseId ?? '')
    expect(changed?.state.registration.person.birthDate).toBe('1999')
    expect(outcomes(await it.done(edited))).toEqual(people.map(() => 'matched'))
  })
})
