import { killRun } from './kill-run.ts'

test('ten kills while clients send commands: nothing acknowledged is lost or doubled, and reads are answered again each time', async () => {
  const { kills, commands, findings } = await killRun({ commands: 200, kills: 10, seed: 7, together: 9, limit: 230_000 })
  expect(kills.map(({ recovered }) => recovered > 0)).toEqual(Array.from({ length: 10 }, () => true))
  expect(commands).toBeGreaterThanOrEqual(200)
  expect(findings.acknowledged).toBeGreaterThanOrEqual(200)
  expect(findings).toMatchObject({ lost: [], doubled: [], silent: [] })
}, 240_000)
