import { readFileSync } from 'node:fs'
import { eventually, type Programme, people, register } from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const View = z.object({
  exportId: z.string(),
  status: z.string(),
  rows: z.number(),
  link: z.object({ url: z.string(), until: z.string() }).optional(),
})
const Lines = z.object({ items: z.array(z.object({ caseId: z.string() })) })

const viewOf = async (programme: Programme, exportId: string) => {
  const { status, body } = await programme.staff('supervisor').get(`/v1/exports/${exportId}`)
  if (status !== 200) throw new Error(`${status}`)
  return View.parse(body)
}
const ready = (programme: Programme, exportId: string) =>
  eventually('the export', async () => {
    const view = await viewOf(programme, exportId)
    return view.status === 'ready' && view.link !== undefined ? { ...view, link: view.link } : undefined
  })
const request = async (programme: Programme, body: object) => {
  const answer = await programme.staff('supervisor').post('/v1/exports', { body: { office: programme.office, ...body } })
  expect(answer.status).toBe(201)
  return View.parse(answer.body).exportId
}
const jsonLines = (text: string): readonly Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a supervisor takes the list of the office along, marked, for a short while, and nobody else may', async () => {
  const stage = await openLocalStage()
  try {
    const programme = await stage.programme()
    const cases = [await register(programme, people.seamstress), await register(programme, people.mechanic)]
    await stage.cloud.settled()

    const exportId = await request(programme, { format: 'csv' })
    const { link, rows } = await ready(programme, exportId)
    expect(rows).toBe(2)
    const file = await fetch(link.url)
    expect(file.status).toBe(200)
    expect(file.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="wontanara-${programme.office}-\\d{4}-\\d{2}-\\d{2}-${exportId}\\.csv"$`),
    )
    // Blob.text, and not Response.text, would keep the mark.
    const text = Buffer.from(await file.arrayBuffer()).toString('utf8')
    const [mark = '', header = '', ...lines] = text.trimEnd().split('\r\n')
    expect(mark).toContain('\uFEFF')
    for (const part of [exportId, programme.idOf('supervisor')]) expect(mark).toContain(part)
    expect(header).toMatch(/^Reference,Case id,/)
    const listed = Lines.parse((await programme.staff('supervisor').get(`/v1/cases?office=${programme.office}&limit=100`)).body)
    expect(lines.map((line) => line.split(',')[1])).toEqual(listed.items.map(({ caseId }) => caseId))
    expect(cases.every((caseId) => text.includes(caseId))).toBe(true)
    expect(text).toContain(people.seamstress.name.given)

    const lineObjects = jsonLines(
      await (
        await fetch(
          (
            await ready(programme, await request(programme, { format: 'json-lines', columns: ['caseId', 'givenName', 'birthDate'] }))
          ).link.url,
        )
      ).text(),
    )
    expect(lineObjects[0]).toMatchObject({
      export: { requestedBy: programme.idOf('supervisor'), columns: ['caseId', 'givenName', 'birthDate'] },
    })
    expect(new Set(lineObjects.slice(1).flatMap((line) => Object.keys(line)))).toEqual(new Set(['caseId', 'givenName', 'birthDate']))

    // Not for those who see names only of the people they work with, nor for whoever did not ask for it.
    for (const role of ['protection-officer', 'intake-officer', 'case-manager'] as const) {
      const client = programme.staff(role)
      expect(await client.post('/v1/exports', { body: { office: programme.office, format: 'csv' } })).toMatchObject({ status: 403 })
      expect(await client.get(`/v1/exports/${exportId}`)).toMatchObject({ status: 403 })
    }
    const elsewhere = await programme.staff('supervisor').post('/v1/exports', { body: { office: 'kankan', format: 'csv' } })
    expect(elsewhere.status).toBe(404)

    // The link is what it was signed for, and no longer than that.
    expect((await fetch(link.url.replace(exportId, exportId.replace(/.$/, 'z')))).status).toBe(403)
    expect((await fetch(link.url.replace('X-Amz-Expires=300', 'X-Amz-Expires=3000'))).status).toBe(403)
    expect((await fetch(link.url.split('?')[0] ?? '')).status).toBe(403)
    await stage.cloud.advance('6m')
    expect((await fetch(link.url)).status).toBe(403)
    const again = await ready(programme, exportId)
    expect((await fetch(again.link.url)).status).toBe(200)
    await stage.cloud.advance('24h')
    expect((await viewOf(programme, exportId)).status).toBe('expired')
    await stage.cloud.advance('24h')
    expect((await fetch(again.link.url)).status).toBe(403)

    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
    const log = readFileSync(stage.cloud.logFile ?? '', 'utf8')
    for (const told of [people.seamstress.name.given, people.seamstress.name.family ?? '', people.seamstress.phone.slice(1)]) {
      expect(log).not.toContain(told)
      expect(link.url).not.toContain(told)
    }
  } finally {
    await stage.close()
  }
})
