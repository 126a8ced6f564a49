// Row 13 of the goals: from the command to the first answer of a fresh stage.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { synthesize } from '@wontanara/tools/synth'
import { median, spread, table, verdicts } from './statistics.ts'

/** Milliseconds until a process that starts the local cloud has its first 201. */
async function firstAnswer(): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start-child.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let took = Number.NaN
  for await (const line of createInterface({ input: child.stdout })) if (line === '201') took = performance.now() - started
  const [code] = await exit
  if (code !== 0 || Number.isNaN(took)) throw new Error(`the local cloud did not answer (exit status ${code})`)
  return took
}

/** @param rounds fresh starts with everything built */
export async function start(rounds = 11): Promise<string> {
  const cached: number[] = []
  for (let round = -1; round < rounds; round++) {
    const took = await firstAnswer()
    if (round >= 0) cached.push(took)
  }
  const built: number[] = []
  for (let round = 0; round < 3; round++) {
    rmSync(join(import.meta.dirname, '../../cdk.out/.inputs'), { force: true })
    const started = performance.now()
    synthesize()
    built.push(performance.now() - started + (await firstAnswer()))
  }
  return [
    `start: ${rounds} fresh starts of the local cloud, and 3 with all stacks synthesized and all bundles built first`,
    table(
      ['', 'command -> first 201, ms'],
      [
        ['everything built', spread(cached)],
        ['nothing built', spread(built)],
      ],
    ),
    'Floor: emulator 3 ms + bare handler about 100 ms + tables (`bench cold`). Peer: none measured.',
    verdicts([
      { goal: '13 <= 600 ms built', measured: median(cached).toFixed(0), met: median(cached) <= 600 },
      { goal: '13 <= 2,000 ms with build', measured: median(built).toFixed(0), met: median(built) <= 2000 },
    ]),
  ].join('\n')
}
