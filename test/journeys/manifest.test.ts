import { awaitManifest, exampleManifest, manifestFile, manifestRows, mistakes, type Programme, sendManifest } from '@wontanara/examples'
import { type OpenStage, openStage } from './stage.ts'

let stage: OpenStage
let programme: Programme
beforeAll(async () => {
  stage = await openStage()
  programme = await stage.programme()
})
afterAll(() => stage.close())

test('a charter of 180 people: tried, registered, sent again', async () => {
  const charter = `EX-${Date.now()}`
  const file = Buffer.from(manifestFile(exampleManifest()))
  const officer = programme.staff('intake-officer')

  const tried = await awaitManifest(programme, (await sendManifest(programme, charter, file, { dryRun: true })).manifestId)
  const told = await manifestRows(programme, tried)
  expect(told.filter(({ outcome }) => outcome === 'refused').map(({ row }) => row)).toEqual(Object.keys(mistakes).map(Number))
  expect(told.filter(({ alike }) => alike !== undefined).map(({ row, alike }) => [row, alike])).toEqual([
    [32, [152]],
    [152, [32]],
  ])
  const [first] = told
  expect((await officer.get(`/v1/cases/${first?.caseId}`)).status).toBe(404)

  const done = await awaitManifest(programme, (await sendManifest(programme, charter, file)).manifestId)
  expect(done).toMatchObject({ rows: 180, processed: 180, counts: { created: 173, 'needs-decision': 2, refused: 5 } })
  expect(await manifestRows(programme, done)).toEqual(told)
  expect(await officer.get(`/v1/cases/${first?.caseId}`)).toMatchObject({
    status: 200,
    body: { source: { manifestId: done.manifestId, row: 2 } },
  })

  const again = await awaitManifest(programme, (await sendManifest(programme, charter, file)).manifestId)
  expect(again.counts).toMatchObject({ created: 0, matched: 175, updated: 0, refused: 5 })

  const result = await officer.get(`/v1/manifests/${done.manifestId}/result`, { headers: { 'accept-language': 'fr' } })
  expect(result.headers['content-type']).toBe('text/csv; charset=utf-8')
  const lines = String(result.body).split('\r\n')
  expect(lines).toHaveLength(182)
  expect(lines[0]).toContain('Ligne;Numéro de dossier;Prénoms;Nom;Résultat;Dossier')
  expect(lines.filter((line) => line.includes(';Refusé;'))).toHaveLength(5)
})
