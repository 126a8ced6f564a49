import { readFileSync } from 'node:fs'
import { awaitExport, people, readExport, register, requestExport, somebodyLike } from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const List = z.object({ items: z.array(z.object({ caseId: z.string() })) })
const isOf = ({ name, phone, birthDate }: (typeof people)['seamstress']): readonly string[] => [
  ...Object.values(name).filter((part) => part !== undefined),
  phone.slice(1),
  birthDate,
]
const text = async (url: string): Promise<string> => Buffer.from(await (await fetch(url)).arrayBuffer()).toString('utf8')
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
const jsonLines = (file: string): readonly unknown[] =>
  file
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
const idsIn = (file: string): readonly string[] =>
  jsonLines(file)
    .slice(1)
    .map((line) => z.object({ caseId: z.string() }).parse(line).caseId)

test('a supervisor takes the list of the office along, marked, for a short while; nobody else may, and the names leave no trace', async () => {
  const stage = await openLocalStage()
  const sent: string[] = []
  // Keys and names of files, and what rides the bus; of a file's content a call tells nothing.
  stage.cloud.observe((observation) => {
    if (observation.kind === 'call' && ['S3', 'EventBridge', 'SQS'].includes(observation.service))
      sent.push(JSON.stringify(observation.input()))
  })
  try {
    const programme = await stage.programme()
    await register(programme, people.seamstress)
    await register(programme, people.mechanic)
    await stage.cloud.settled()
    const supervisor = programme.staff('supervisor')
    const { items } = List.parse((await supervisor.get(`/v1/cases?office=${programme.office}&limit=100`)).body)

    const exportId = await requestExport(programme, { format: 'csv' })
    const { link, rows } = await awaitExport(programme, exportId)
    expect(rows).toBe(2)
    const saved = new RegExp(`^attachment; filename="wontanara-${programme.office}-\\d{4}-\\d{2}-\\d{2}-${exportId}\\.csv"$`)
    expect((await fetch(link.url)).headers.get('content-disposition')).toMatch(saved)
    const [mark = '', header = '', ...lines] = (await text(link.url)).trimEnd().split('\r\n')
    expect(mark).toMatch(/^\uFEFF# /)
    for (const told of [exportId, programme.idOf('supervisor')]) expect(mark).toContain(told)
    expect(header).toMatch(/^Reference,Case id,/)
    expect(lines.map((line) => line.split(',')[1])).toEqual(items.map(({ caseId }) => caseId))
    expect(lines.join()).toContain(people.seamstress.name.given)

    const columns = ['caseId', 'givenName', 'birthDate']
    const other = await awaitExport(programme, await requestExport(programme, { format: 'json-lines', columns }))
    const [first, ...rest] = jsonLines(await text(other.link.url))
    expect(first).toMatchObject({ export: { requestedBy: programme.idOf('supervisor'), columns } })
    expect(rest.map((line) => Object.keys(Object(line)))).toEqual([columns, columns])

    // Not for those who see names only of the people they work with, nor for another office.
    for (const role of ['protection-officer', 'intake-officer', 'case-manager'] as const) {
      const client = programme.staff(role)
      expect(await client.post('/v1/exports', { body: { office: programme.office, format: 'csv' } })).toMatchObject({ status: 403 })
      expect(await client.get(`/v1/exports/${exportId}`)).toMatchObject({ status: 403 })
    }
    expect(await supervisor.post('/v1/exports', { body: { office: 'kankan', format: 'csv' } })).toMatchObject({ status: 404 })

    // A link is for the file that it was signed for, and no longer than that.
    for (const forged of [
      link.url.replace(exportId, exportId.replace(/.$/, 'z')),
      link.url.replace('X-Amz-Expires=300', 'X-Amz-Expires=3000'),
      link.url.split('?')[0] ?? '',
    ])
      expect(await statusOf(forged)).toBe(403)
    await stage.cloud.advance('6m')
    expect(await statusOf(link.url)).toBe(403)
    expect(await statusOf((await awaitExport(programme, exportId)).link.url)).toBe(200)
    await stage.cloud.advance('24h')
    expect(await readExport(programme, exportId)).toMatchObject({ status: 'expired' })

    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
    const log = readFileSync(stage.cloud.logFile ?? '', 'utf8')
    for (const told of isOf(people.seamstress)) {
      expect(log).not.toContain(told)
      expect(link.url).not.toContain(told)
      expect(sent.join()).not.toContain(told)
    }
    expect(sent.join()).toContain(`exports/${exportId}.csv`)
    expect(sent.join()).toContain('case-intake.export-requested.v1')
  } finally {
    await stage.close()
  }
})

test.each([
  ['S3.UploadPart', 'kill-after'],
  ['S3.CompleteMultipartUpload', 'kill-after'],
  ['DynamoDB.TransactWriteItems', 'kill-after'],
] as const)('a writer that dies at %s (%s) is followed by another, and nobody is in the file twice', async (at, how) => {
  const stage = await openLocalStage()
  try {
    const programme = await stage.programme()
    const cases: string[] = []
    for (let i = 0; i < 5; i++) cases.push(await register(programme, somebodyLike(people.seamstress, `export-${i}`)))
    await stage.cloud.settled()
    const fault = stage.cloud.faults.inject({ function: 'case-intake/Service/exports', at, how, times: 2 })
    const exportId = await requestExport(programme, { format: 'json-lines' })
    // The message of who died comes again when it has been hidden for long enough.
    for (let wait = 0; wait < 20 && (await readExport(programme, exportId)).status !== 'ready'; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      if (wait % 4 === 3) await stage.cloud.advance('31m')
    }
    expect(fault.hits).toBe(2)
    const { link, rows } = await awaitExport(programme, exportId)
    const ids = idsIn(await text(link.url))
    expect(rows).toBe(5)
    expect(ids.toSorted()).toEqual(cases.toSorted())
    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
  } finally {
    await stage.close()
  }
})
