// Manifests: rows a second and units a row, while the number of stored cases grows.
import { awaitManifest, manifestFile, manifestRows, peopleOfCharter, sendManifest } from '@wontanara/examples'
import { warmedUp } from './every-route.ts'
import { fill, type Original, originalOf } from './growth.ts'
import { type Bill, meteredCloud } from './metered-cloud.ts'
import { table, verdicts } from './statistics.ts'

/** One manifest at one number of stored cases. */
export interface Import {
  /** `others`: nobody like them is on file. `again`: everybody is, on another charter, and under each of their names stand more and more. */
  readonly whom: 'others' | 'again'
  readonly stored: number
  readonly rows: number
  readonly rowsPerSecond: number
  /** Of all functions, for one row: until it is registered, and, for the function that follows the stream, found again. */
  readonly calls: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly followed: { readonly calls: number; readonly readUnits: number; readonly writeUnits: number }
}

const perRow = (rows: number, bills: readonly Bill[]) => ({
  calls: bills.reduce((sum, { calls }) => sum + calls, 0) / rows,
  readUnits: bills.reduce((sum, { readUnits }) => sum + readUnits, 0) / rows,
  writeUnits: bills.reduce((sum, { writeUnits, indexWriteUnits }) => sum + writeUnits + indexWriteUnits, 0) / rows,
})

/** @param sizes stored cases, growing @param rows of each manifest */
export async function importsAtSizes(sizes: readonly number[], rows: number): Promise<readonly Import[]> {
  const cloud = await meteredCloud()
  try {
    const { programme, footprints } = cloud
    await warmedUp(programme)
    const known = manifestFile(peopleOfCharter('KNOWN', rows))
    const first = await awaitManifest(programme, (await sendManifest(programme, 'KNOWN', Buffer.from(known))).manifestId)
    await cloud.cloud.settled({ timeout: 60_000 })
    const originals: Original[] = []
    for (const { caseId } of await manifestRows(programme, first)) {
      if (caseId !== undefined && originals.length < 20) originals.push(await originalOf(cloud.cloud.endpoint, caseId))
    }
    const [{ TableName, item }] = originals as [Original]
    const original = { TableName, item, places: originals.flatMap(({ places }) => places) }
    const caseId = (item.pk as { S: string }).S.slice('case#'.length)
    const imports: Import[] = []
    let stored = rows
    for (const size of sizes) {
      await fill(cloud, original, caseId, stored, size)
      stored = size
      for (const [whom, file] of [
        ['others', manifestFile(peopleOfCharter(`N${size}`, rows))],
        ['again', known],
      ] as const) {
        const started = performance.now()
        await sendManifest(programme, `${whom} ${size}`, Buffer.from(file))
        const seconds = (performance.now() - started) / 1000
        const sent = footprints.findLast(({ route }) => route === 'POST /v1/manifests')
        if (sent === undefined) throw new Error('no manifest was sent')
        const follower = [...sent.after].filter(([name]) => name.endsWith('/registrations')).map(([, bill]) => bill)
        const others = [...sent.after].filter(([name]) => name.startsWith('case-intake/') && !name.endsWith('/registrations'))
        imports.push({
          whom,
          stored,
          rows,
          rowsPerSecond: rows / seconds,
          ...perRow(rows, [sent.request, ...others.map(([, bill]) => bill)]),
          followed: perRow(rows, follower),
        })
      }
    }
    return imports
  } finally {
    await cloud.stop()
  }
}

export async function imported(rows = 60): Promise<string> {
  const sizes = [1000, 10_000]
  const imports = await importsAtSizes(sizes, rows)
  const figure = (n: number): string => n.toFixed(1)
  const others = imports.filter(({ whom }) => whom === 'others')
  const growth = (others.at(-1)?.readUnits ?? 0) / (others[0]?.readUnits ?? 1)
  return [
    `import: a manifest of ${rows} rows at ${sizes.join(' and ')} stored cases, from its sending until everybody in it is found again.`,
    table(
      ['whom', 'stored', 'rows/s', 'a row registered: calls, RRU, WRU', 'and found again: calls, RRU, WRU'],
      imports.map(({ whom, stored, rowsPerSecond, calls, readUnits, writeUnits, followed }) => [
        whom,
        stored.toLocaleString('en'),
        figure(rowsPerSecond),
        [calls, readUnits, writeUnits].map(figure).join(', '),
        [followed.calls, followed.readUnits, followed.writeUnits].map(figure).join(', '),
      ]),
    ),
    verdicts([{ goal: 'units of a row do not grow with the cases on file', measured: `${growth.toFixed(2)} x`, met: growth <= 1.05 }]),
  ].join('\n')
}
