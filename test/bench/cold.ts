// Rows 1 and 12 of the goals: fresh processes, on a wire that answers at once.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { median, pairedRatio, spread, table, verdicts } from './statistics.ts'
import { type Probed, probed, subjects } from './subjects.ts'

/** @param rounds fresh processes of each subject, one after the other in turn */
export async function cold(rounds = 21): Promise<string> {
  const all = await subjects()
  try {
    const compared = [all.floor, all.leanFloor, all.ours, all.peer]
    const runs = new Map<string, Probed[]>(compared.map(({ name }) => [name, []]))
    for (let round = -1; round < rounds; round++) {
      for (const subject of compared) {
        const result = await probed(all, subject)
        // The first of each fills the page cache.
        if (round >= 0) runs.get(subject.name)?.push(result)
      }
    }
    const figures = (name: string, of: (run: Probed) => number): readonly number[] => (runs.get(name) ?? []).map(of)
    const ratio = (name: string): number =>
      pairedRatio(
        figures(name, ({ total }) => total),
        figures(all.floor.name, ({ total }) => total),
      )
    const rows = compared.map(({ name, file }) => {
      const source = readFileSync(file)
      return [
        name,
        source.length.toLocaleString('en'),
        gzipSync(source, { level: 9 }).length.toLocaleString('en'),
        spread(figures(name, ({ loaded }) => loaded)),
        spread(figures(name, ({ total, loaded }) => total - loaded)),
        spread(figures(name, ({ total }) => total)),
        ratio(name).toFixed(2),
        spread(figures(name, ({ megabytesAfterFirst }) => megabytesAfterFirst)),
      ]
    })
    const own = ratio(all.ours.name)
    const memory = median(figures(all.ours.name, ({ megabytesAfterFirst }) => megabytesAfterFirst))
    return [
      `cold: ${rounds} fresh processes of each, in turn; start -> loaded -> first 201`,
      table(['', 'bytes', 'gzip', 'loaded ms', 'first call ms', 'total ms', 'total / floor', 'RSS MB'], rows),
      verdicts([
        { goal: '1  total <= 0.95 x floor', measured: own.toFixed(2), met: own <= 0.95 },
        { goal: '12 RSS after the first call <= 72 MB', measured: `${memory.toFixed(0)} MB`, met: memory <= 72 },
      ]),
    ].join('\n')
  } finally {
    all.remove()
  }
}
