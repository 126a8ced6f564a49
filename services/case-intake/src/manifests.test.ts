import { type Call, callOf } from '@wontanara/core'
import { ManifestPartReceived } from '@wontanara/events'
import { client, serviceNamed, staff } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { registrations, routes } from './app.ts'
import { intake, now, protector, searcher, supervisor } from './builders.ts'
import { readCsv, writeCsv } from './csv.ts'
import { dueAt, eraseDue } from './erasing.app.ts'
import { partIdOf } from './manifest-part.ts'
import { manifestConsumers } from './manifests.app.ts'
import { memoryPorts } from './memory-ports.ts'
import { catalogue } from './refusals.ts'
import { manifestDays } from './retention.ts'

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

/** A thousand people of one name, of whom a lot is said. */
const namesakes = Array.from({ length: 1000 }, (_, n) => ({
  fileNumber: `EX-${n}`,
  givenName: `Mamadou ${'é'.repeat(70)}`,
  familyName: `Diallo ${'é'.repeat(70)}`,
  sex: 'M',
  birthDate: '1980',
  address: 'é'.repeat(160),
  fatherName: 'é'.repeat(80),
  motherName: 'é'.repeat(80),
  documentNumber: `EX-${n}-${'0'.repeat(30)}`,
  legalReference: 'é'.repeat(120),
}))

/** The service on stores of its own, with what its queue and the stream of its table bring about. */
function service() {
  const memory = memoryPorts()
  /** Changes of cases, counted; told to, the store fails before or after one of them. */
  const trouble: { changes: number; at?: number; how?: 'not-done' | 'answer-lost' } = { changes: 0 }
  const append: typeof memory.cases.store.append = async (change, along) => {
    const fails = ++trouble.changes === trouble.at
    if (fails && trouble.how === 'not-done') throw new Error('not done')
    const appended = await memory.cases.store.append(change, along)
    if (fails) throw new Error('done, and nobody heard')
    return appended
  }
  const ports = { ...memory, cases: { ...memory.cases, store: { ...memory.cases.store, append } } }
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
  return { ports, trouble, as, send, deliver, done, read, rowsOf, versionsOf }
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

  test('that is sent again with the same key is the same manifest', async () => {
    const it = service()
    const body = { ...terms, rows: [person(1)] }
    const first = await it.as(intake)('POST /v1/manifests', {}, { body, key: 'the-same-key' })
    await it.deliver(View.parse(first.body).manifestId, 1)
    const again = await it.as(intake)('POST /v1/manifests', {}, { body, key: 'the-same-key' })
    expect(again).toMatchObject({ status: 201, body: first.body })
    expect(await it.as(intake)('POST /v1/manifests', {}, { body: { ...body, dryRun: true }, key: 'the-same-key' })).toMatchObject({
      status: 422,
    })
  })

  test('as a file is the same as in rows', async () => {
    const it = service()
    const people = [person(1), person(2), person(3)]
    const [head = [], ...rest] = [Object.keys(people[0] ?? {}), ...people.map((one) => Object.values(one))]
    const file = Buffer.from(writeCsv([head, ...rest], ';')).toString('base64')
    const sent = await it.as(intake)('POST /v1/manifests', {}, { body: { ...terms, file } })
    const { manifestId } = View.parse(sent.body)
    await it.deliver(manifestId, 1)
    const results = await it.rowsOf(View.parse(sent.body))
    expect(results.map(({ row, outcome }) => [row, outcome])).toEqual([2, 3, 4].map((row) => [row, 'created']))
    expect(outcomes(await it.done(people))).toEqual(people.map(() => 'matched'))
  })

  test.each([
    ['neither a file nor rows', {}, 400, 'file-or-rows'],
    ['both', { rows: [person(1)], file: 'QQ==' }, 400, 'file-or-rows'],
    ['a file that is no manifest', { file: 'QQ==' }, 422, 'columns-missing'],
    ['a file with headers only', { file: Buffer.from('Nom;Date de naissance').toString('base64') }, 422, 'manifest-empty'],
    ['a file that is too long', { file: Buffer.from(`Nom;Né le\n${'A;1\n'.repeat(1001)}`).toString('base64') }, 422, 'manifest-too-long'],
    ['a list of namesakes that says too much', { rows: namesakes }, 422, 'manifest-too-large'],
    ['a vital interest for everybody', { rows: [person(1)], everybody: { processing: { basis: 'vital-interest' } } }, 400, 'not-in-list'],
    ['a column that there is not', { rows: [{ ...person(1), salary: '7' }] }, 400, 'unknown-field'],
  ])('%s is refused', async (_, more, status, code) => {
    const response = await service().as(intake)('POST /v1/manifests', {}, { body: { ...terms, ...more } })
    expect(response.status).toBe(status)
    expect(JSON.stringify(response.body)).toContain(`"${code}"`)
  })

  test('is for the intake officers and supervisors of its office', async () => {
    const it = service()
    const { manifestId } = await it.send([person(1)])
    const elsewhere = staff('intake-officer', { office: 'mali' })
    for (const route of [
      'GET /v1/manifests/{manifestId}',
      'GET /v1/manifests/{manifestId}/rows',
      'GET /v1/manifests/{manifestId}/result',
    ]) {
      expect((await it.as(supervisor)(route, { manifestId })).status).toBe(200)
      expect((await it.as(elsewhere)(route, { manifestId })).status).toBe(404)
      expect((await it.as(protector)(route, { manifestId })).status).toBe(403)
    }
    expect((await it.as(elsewhere)('POST /v1/manifests', {}, { body: { ...terms, rows: [person(1)] } })).status).toBe(404)
    expect((await it.as(elsewhere)('GET /v1/manifests', {}, { query: { office: 'niger' } })).status).toBe(404)
    expect(await it.as(supervisor)('GET /v1/manifests', {}, { query: { office: 'niger' } })).toMatchObject({
      body: { items: [{ manifestId, office: 'niger', rows: 1, status: 'received' }] },
    })
  })
})

describe('a row', () => {
  test('of somebody on file already is registered and flagged, on both sides', async () => {
    const it = service()
    const [known] = await it.done([person(1)], { charter: 'AN EARLIER ONE' })
    const [row, other] = await it.done([{ ...person(1), fileNumber: 'NEW-1' }, person(2)])
    expect(row).toMatchObject({ outcome: 'needs-decision', candidates: 1 })
    expect(other).toMatchObject({ outcome: 'created' })
    const flagged = await it.ports.cases.store.load(row?.caseId ?? '')
    expect(flagged?.state.candidates).toMatchObject([{ caseId: known?.caseId }])
    const back = await it.ports.cases.store.load(known?.caseId ?? '')
    expect(back?.state.registration.person).toEqual(flagged?.state.registration.person)
  })

  test('of the same person as another row is registered and flagged, and so is the other', async () => {
    const it = service()
    const double = { ...person(1), fileNumber: 'EX-OTHER', birthDate: '1971' }
    const results = await it.done([person(1), person(2), { ...double, birthDate: person(1).birthDate }])
    expect(results).toMatchObject([
      { row: 1, outcome: 'needs-decision', candidates: 1, alike: [3] },
      { row: 2, outcome: 'created' },
      { row: 3, outcome: 'needs-decision', candidates: 1, alike: [1] },
    ])
    const [one, , two] = await Promise.all(results.map(({ caseId = '' }) => it.ports.cases.store.load(caseId)))
    expect(one?.state.candidates?.map(({ caseId }) => caseId)).toEqual([two?.id])
    expect(two?.state.candidates?.map(({ caseId }) => caseId)).toEqual([one?.id])
  })

  test('that says another again under the same number registers nobody', async () => {
    const it = service()
    const results = await it.done([person(1), person(1)])
    expect(results).toMatchObject([
      { row: 1, outcome: 'created' },
      { row: 2, outcome: 'needs-decision', alike: [1] },
    ])
    expect(results[1]?.caseId).toBeUndefined()
  })

  test('with the number of another person is refused, and so is the other: who is whom would change with their order', async () => {
    const results = await service().done([person(1), { ...person(2), fileNumber: person(1).fileNumber }, person(3)])
    expect(outcomes(results)).toEqual(['refused', 'refused', 'created'])
    expect(results[0]?.reasons).toMatchObject([{ code: 'number-repeated', column: 'fileNumber' }])
  })

  test('without a number is known again by its document, or by name and birth date', async () => {
    const it = service()
    const unnumbered = (n: number): Sent => {
      const { fileNumber: _, ...rest } = person(n)
      return rest
    }
    const family = { documentNumber: 'EX-FAMILY' }
    const rows = [
      { ...unnumbered(1), documentNumber: 'EX 12-3' },
      unnumbered(2),
      { ...unnumbered(3), ...family },
      { ...unnumbered(4), ...family },
    ]
    const first = await it.done(rows)
    expect(outcomes(first)).toEqual(['created', 'created', 'created', 'created'])
    const changed = [{ ...unnumbered(1), documentNumber: 'ex123', givenName: 'Autrement' }, ...rows.slice(1).toReversed()]
    const second = await it.done(changed)
    expect(outcomes(second)).toEqual(['updated', 'matched', 'matched', 'matched'])
    expect(new Set(second.map(({ caseId }) => caseId))).toEqual(new Set(first.map(({ caseId }) => caseId)))
  })

  test('of somebody who shares name and birth date with another is never written into the case of that other', async () => {
    const it = service()
    const { fileNumber: _, ...namesake } = person(1)
    const rows = [
      { ...namesake, address: 'Ici' },
      { ...namesake, address: 'Ailleurs' },
    ]
    const first = await it.done(rows)
    expect(outcomes(first)).toEqual(['needs-decision', 'needs-decision'])
    const before = await it.versionsOf(first)
    expect(outcomes(await it.done(rows.toReversed()))).toEqual(['matched', 'matched'])
    expect(await it.versionsOf(first)).toEqual(before)
    expect(
      outcomes(
        await it.done([
          { ...namesake, address: 'Ici et là' },
          { ...namesake, address: 'Ailleurs' },
        ]),
      ),
    ).toEqual(['needs-decision', 'matched'])
    const addresses = await Promise.all(
      first.map(async ({ caseId = '' }) => (await it.ports.cases.store.load(caseId))?.state.registration.person.address),
    )
    expect(addresses).toEqual(['Ici', 'Ailleurs'])
  })

  test('of names in another script is known again', async () => {
    const it = service()
    const rows = ['محمد', 'ابراهيم', 'يوسف'].map((givenName): Sent => {
      const { fileNumber: _, familyName: __, ...rest } = person(1)
      return { ...rest, givenName }
    })
    const first = await it.done(rows)
    const second = await it.done(rows.toReversed())
    expect(outcomes(second)).toEqual(['matched', 'matched', 'matched'])
    expect(second.map(({ caseId }) => caseId)).toEqual(first.map(({ caseId }) => caseId).toReversed())
  })

  test('whose field was corrected in the case to something else needs a decision; what the row does not change stays corrected', async () => {
    const it = service()
    const [first] = await it.done([person(1)])
    const caseId = first?.caseId ?? ''
    const before = await it.ports.cases.store.load(caseId)
    const { presentIn, person: registered } = before?.state.registration ?? { presentIn: '', person: {} }
    const corrected = await it.as(intake)(
      'PUT /v1/cases/{caseId}/person',
      { caseId },
      {
        ifMatch: before?.version ?? 0,
        body: { reason: 'document-seen', presentIn, person: { ...registered, birthDate: '1990-01-05', ageBasis: 'document' } },
      },
    )
    expect(corrected.status).toBe(200)
    expect(await it.done([person(1)])).toMatchObject([{ outcome: 'matched' }])

    const [moved] = await it.done([{ ...person(1), address: 'Quartier Exemple' }])
    expect(moved).toMatchObject({ outcome: 'updated' })
    expect((await it.ports.cases.store.load(caseId))?.state.registration.person).toMatchObject({
      birthDate: '1990-01-05',
      ageBasis: 'document',
      address: 'Quartier Exemple',
    })
    const [both] = await it.done([{ ...person(1), address: 'Quartier Exemple', birthDate: '1985' }])
    expect(both).toMatchObject({ outcome: 'needs-decision', reasons: [{ code: 'changed-here-too', column: 'birthDate' }] })
    expect((await it.ports.cases.store.load(caseId))?.state.registration.person.birthDate).toBe('1990-01-05')

    const [cleared] = await it.done([person(1)])
    expect(cleared).toMatchObject({ outcome: 'updated' })
    expect((await it.ports.cases.store.load(caseId))?.state.registration.person.address).toBeUndefined()
  })

  test('of a child needs who signed for it, or a legal ground', async () => {
    const child = { ...person(1), birthDate: '02/03/2014' }
    const guardian = { guardianName: 'Tante Exemple', guardianRelation: 'mère', childAssents: 'oui' }
    const results = await service().done([
      child,
      { ...child, ...guardian, fileNumber: 'EX-2', givenName: 'Zozoba' },
      { ...child, legalReference: 'Accord 12', fileNumber: 'EX-3', givenName: 'Kikuku' },
      { ...person(4), ...guardian },
    ])
    expect(outcomes(results)).toEqual(['refused', 'created', 'created', 'refused'])
    expect(results[0]?.reasons).toMatchObject([{ code: 'guardian-must-sign', column: 'guardianName' }])
    expect(results[3]?.reasons).toMatchObject([{ code: 'person-must-sign', column: 'guardianName' }])
  })
})

describe('the result', () => {
  test('is a file for spreadsheets in the language of the caller, with reasons by column and nothing that runs', async () => {
    const it = service()
    const sent = await it.send([
      { ...person(1), familyName: '=HYPERLINK("x")' },
      { ...person(2), birthDate: 'Zzyzx' },
    ])
    const result = async (language: string) => {
      const { headers, body } = await it.as(intake)(
        'GET /v1/manifests/{manifestId}/result',
        { manifestId: sent.manifestId },
        { headers: { 'accept-language': language } },
      )
      expect(headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="manifest-result.csv"',
      })
      expect(String(body).startsWith('\uFEFF')).toBe(true)
      return readCsv(String(body).slice(1), language === 'fr' ? ';' : ',')
    }
    expect((await result('fr')).map((record) => record[4])).toEqual(['Résultat', 'Pas encore traité', 'Pas encore traité'])
    await it.deliver(sent.manifestId, 1)
    const [, good, bad] = await result('fr')
    expect(good?.slice(0, 5)).toEqual(['1', 'EX-1', person(1).givenName, '\'=HYPERLINK("x")', 'Enregistré'])
    expect(good?.[5]).toMatch(/^[0-9A-Z]{4}-/)
    expect(bad?.[8]).toBe("Date de naissance : Ce n'est pas une date : écrivez 17/04/1998, 1998-04-17, 04/1998 ou 1998.")
    expect((await result('en'))[2]?.[8]).toBe('Birth date: Not a date: write 17/04/1998 (day first), 1998-04-17, 04/1998 or 1998.')
    expect(JSON.stringify(await result('en'))).not.toContain('Zzyzx')
    const taken = await it.ports.manifests.store.accesses(sent.manifestId)
    expect(taken[0]).toMatchObject({ trail: { by: intake.id, action: 'manifest:read' }, decision: 'allowed', classes: ['C2'] })
  })

  test('the template has every column, in the language of the caller', async () => {
    const template = async (language: string) =>
      String((await service().as(intake)('GET /v1/manifest-template', {}, { headers: { 'accept-language': language } })).body)
    expect(await template('fr')).toMatch(/^\uFEFFNuméro de dossier;Prénoms;Nom;.*\r\n$/)
    expect(await template('en')).toMatch(/^\uFEFFFile number,Given names,Family name,.*\r\n$/)
  })
})

interface AnyRow {
  readonly n: number
  readonly number: string
  readonly birthDate?: string | undefined
  readonly address?: string | undefined
  readonly legalReference?: string | undefined
}
/** Manifests of few people, with everything that rows may come to. */
const anyRow = fc.record(
  {
    n: fc.integer({ min: 0, max: 6 }),
    number: fc.constantFrom('same', 'none', 'other'),
    birthDate: fc.constantFrom(undefined, '1980', '31/02/1980', '2015', ''),
    address: fc.constantFrom(undefined, 'Ici', 'Là-bas'),
    legalReference: fc.constantFrom(undefined, 'Accord 12'),
  },
  { requiredKeys: ['n', 'number'] },
)
const rowFrom = ({ n, number, birthDate, address, legalReference }: AnyRow): Sent => {
  const { fileNumber, ...rest } = person(n)
  return {
    ...rest,
    ...(number === 'same' ? { fileNumber } : number === 'other' ? { fileNumber: `${fileNumber}-B` } : {}),
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(address === undefined ? {} : { address }),
    ...(legalReference === undefined ? {} : { legalReference }),
  }
}
const anyManifest = fc.array(anyRow, { minLength: 1, maxLength: 8 }).map((rows) => rows.map(rowFrom))

test('a dry run tells what the real run does, whatever is on file, and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyManifest, anyManifest, async (earlier, rows) => {
      const it = service()
      await it.done(earlier)
      const changes = it.trouble.changes
      const told = await it.done(rows, { dryRun: true })
      expect(it.trouble.changes).toBe(changes)
      expect(await it.done(rows)).toEqual(told)
    }),
    { numRuns: 40 },
  )
})

test('a part that was interrupted anywhere, before or after a change was kept, comes to the same end', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyManifest,
      anyManifest,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('not-done', 'answer-lost'),
      async (earlier, rows, at, how) => {
        const it = service()
        await it.done(earlier)
        const told = await it.done(rows, { dryRun: true })
        const sent = await it.send(rows)
        it.trouble.at = it.trouble.changes + at
        it.trouble.how = how
        await it.deliver(sent.manifestId, 1).catch(() => undefined)
        await it.deliver(sent.manifestId, 1)
        expect(await it.rowsOf(sent)).toEqual(told)
        const registered = told
          .filter(({ outcome }) => outcome !== 'refused')
          .flatMap(({ caseId }) => (caseId === undefined ? [] : [caseId]))
        for (const caseId of registered) expect(await it.ports.cases.store.load(caseId)).toBeDefined()
      },
    ),
    { numRuns: 40 },
  )
})

describe('a manifest that was kept long enough', () => {
  const later = (days: number): string => new Date(Date.parse(now) + days * 86_400_000).toISOString()
  const callsAt =
    (at: string) =>
    (action: Call['action']): Call =>
      callOf({ principal: serviceNamed('case-intake'), action, at, key: `day ${at}`, content: '' })

  test('has no rows and no results any more; the cases that came of it are there', async () => {
    const it = service()
    const { manifestId, parts } = await it.send([person(1)])
    expect(parts).toBe(1)
    await it.deliver(manifestId, 1)
    const [{ caseId = '' } = {}] = await it.rowsOf({ manifestId, parts, status: '', processed: 1, counts: {} })
    expect((await dueAt(it.ports, 'niger', callsAt(later(manifestDays)))).manifests).toEqual([])
    const late = callsAt(later(manifestDays + 1))
    expect((await dueAt(it.ports, 'niger', late)).manifests).toEqual([manifestId])
    expect((await eraseDue(it.ports, late)).every(({ ok }) => ok)).toBe(true)
    expect((await it.as(intake)('GET /v1/manifests/{manifestId}', { manifestId })).body).toMatchObject({ status: 'erased', rows: 1 })
    for (const route of ['GET /v1/manifests/{manifestId}/rows', 'GET /v1/manifests/{manifestId}/result'])
      expect(await it.as(intake)(route, { manifestId })).toMatchObject({ status: 409, body: { code: 'manifest-erased' } })
    const history = await it.ports.parts.store.history(partIdOf(manifestId, 1))
    expect(JSON.stringify(history)).not.toContain(person(1).familyName)
    expect((await it.ports.cases.store.load(caseId))?.state.registration.person.name.family).toBe(person(1).familyName)
    expect((await dueAt(it.ports, 'niger', late)).manifests).toEqual([])
    // The message of a part that comes so late finds nothing to do.
    expect(await it.deliver(manifestId, 1)).toEqual([])
  })

  test('and is sent again with a changed row leaves the case as it is, for somebody to decide', async () => {
    const it = service()
    await it.done([person(1)])
    await eraseDue(it.ports, callsAt(later(manifestDays + 1)))
    const same = await it.done([person(1)])
    expect(same).toMatchObject([{ outcome: 'matched' }])
    const changed = await it.done([{ ...person(1), birthDate: '01/01/1961' }])
    expect(changed).toMatchObject([{ outcome: 'needs-decision', reasons: [{ code: 'changed-here-too' }] }])
  })
})
