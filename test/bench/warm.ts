// Rows 3, 4, 12 and 15 of the goals: a process that has been running for a while, one request at a time.
import { startDynoxide } from '@wontanara/testing/dynoxide'
import { keyService } from './key-service.ts'
import type { ProbeTask } from './probe.ts'
import { median, pairedRatio, quantile, spread, table, type Verdict, verdicts } from './statistics.ts'
import { type Probed, probed, registration, type Subject, type Subjects, subjects } from './subjects.ts'

const warmUp = 1000
const counted = 5000

type Runs = ReadonlyMap<Subject, Probed[]>

/** Fresh processes of each subject in turn. `run` is called once for each. */
async function interleaved(compared: readonly Subject[], rounds: number, run: (subject: Subject) => Promise<Probed>): Promise<Runs> {
  const runs = new Map<Subject, Probed[]>(compared.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) for (const subject of compared) runs.get(subject)?.push(await run(subject))
  return runs
}

const cpu = (runs: Runs, subject: Subject): readonly number[] => (runs.get(subject) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds)
const at = (runs: Runs, subject: Subject, q: number): readonly number[] =>
  (runs.get(subject) ?? []).map(({ milliseconds }) => quantile(milliseconds, q) * 1000)
const memory = (runs: Runs, subject: Subject): readonly number[] => (runs.get(subject) ?? []).map(({ megabytes }) => megabytes)

function report(runs: Runs, floor: Subject): string {
  const rows = [...runs.keys()].map((subject) => [
    subject.name,
    spread(cpu(runs, subject)),
    pairedRatio(cpu(runs, subject), cpu(runs, floor)).toFixed(2),
    spread(at(runs, subject, 0.5)),
    pairedRatio(at(runs, subject, 0.5), at(runs, floor, 0.5)).toFixed(2),
    spread(at(runs, subject, 0.99)),
    pairedRatio(at(runs, subject, 0.99), at(runs, floor, 0.99)).toFixed(2),
    spread(memory(runs, subject)),
    String(median((runs.get(subject) ?? []).map(({ calls }) => calls)) / counted),
  ])
  return table(['', 'CPU us', 'CPU / floor', 'p50 us', 'p50 / floor', 'p99 us', 'p99 / floor', 'RSS MB', 'calls'], rows)
}

/** A body that names a field too many and lacks one. */
const refusedBody: Pick<ProbeTask, 'event' | 'status'> = {
  event: { ...registration, body: JSON.stringify({ ...JSON.parse(registration.body), person: undefined, surplus: true }) },
  status: 400,
}

/** How much larger a process is after 20,000 requests than one is after 5,000. */
async function growthOf(all: Subjects, subject: Subject): Promise<number> {
  const longer = await probed(all, subject, { warmUp: 5000, counted: 15_000 })
  const shorter = await probed(all, subject, { warmUp: 1000, counted: 4000 })
  return longer.megabytes / shorter.megabytes
}

/** On a wire that answers at once: what our own process spends. */
export async function warmStub(rounds = 5): Promise<string> {
  const all = await subjects()
  try {
    const compared = [all.floor, all.leanFloor, all.ours, all.peer]
    const runs = await interleaved(compared, rounds, (subject) => probed(all, subject, { warmUp, counted }))
    const refused: Subject = { ...all.ours, name: 'case-intake api, 400' }
    const refusals = await interleaved([refused], rounds, (subject) => probed(all, subject, { ...refusedBody, warmUp, counted }))
    const growth = await growthOf(all, all.ours)
    const floorGrowth = await growthOf(all, all.floor)
    const ratio = pairedRatio(cpu(runs, all.ours), cpu(runs, all.floor))
    const tail = pairedRatio(at(runs, all.ours, 0.99), at(runs, all.floor, 0.99))
    const refusal = median(cpu(refusals, refused)) / median(cpu(runs, all.ours))
    const refusedCalls = (refusals.get(refused) ?? []).reduce((sum, { calls }) => sum + calls, 0)
    const size = pairedRatio(memory(runs, all.ours), memory(runs, all.floor))
    const list: Verdict[] = [
      { goal: '3  CPU <= 1.30 x floor', measured: ratio.toFixed(2), met: ratio <= 1.3 },
      { goal: '3  p99 <= 1.5 x floor', measured: tail.toFixed(2), met: tail <= 1.5 },
      { goal: '12 RSS after 6,000 <= 1.15 x floor', measured: size.toFixed(2), met: size <= 1.15 },
      {
        goal: '12 RSS growth from 5,000 to 20,000 <= 1.10',
        measured: `${growth.toFixed(2)} (floor ${floorGrowth.toFixed(2)})`,
        met: growth <= 1.1,
      },
      { goal: '15 refused body <= 0.5 x the accepted path', measured: refusal.toFixed(2), met: refusal <= 0.5 },
      { goal: '15 no AWS call for a refused body', measured: String(refusedCalls), met: refusedCalls === 0 },
    ]
    return [
      `warm --stub: ${rounds} processes of each, in turn; ${counted} requests after ${warmUp}`,
      report(new Map([...runs, ...refusals]), all.floor),
      verdicts(list),
    ].join('\n')
  } finally {
    all.remove()
  }
}

/** A fresh emulator for each process, its stream off: what a stream costs is the emulator's own matter (performance goals, section 8). */
async function onEmulator(all: Subjects, subject: Subject): Promise<Probed> {
  const dynoxide = await startDynoxide()
  const keys = await keyService()
  try {
    await dynoxide.createTable('case-intake', { stream: false })
    return await probed(
      all,
      subject,
      { stub: false, warmUp, counted },
      { AWS_ENDPOINT_URL_DYNAMODB: dynoxide.endpoint, AWS_ENDPOINT_URL_KMS: keys.url },
    )
  } finally {
    await dynoxide.stop()
    keys.stop()
  }
}

/** Against the emulator. */
export async function warm(rounds = 3): Promise<string> {
  const all = await subjects()
  try {
    const runs = await interleaved([all.floor, all.leanFloor, all.ours, all.peer], rounds, (subject) => onEmulator(all, subject))
    const ratio = pairedRatio(at(runs, all.ours, 0.5), at(runs, all.floor, 0.5))
    return [
      `warm: against the emulator, stream off, fresh for each of ${rounds} processes; ${counted} requests after ${warmUp}`,
      report(runs, all.floor),
      verdicts([{ goal: '4  p50 <= 1.05 x floor', measured: ratio.toFixed(2), met: ratio <= 1.05 }]),
    ].join('\n')
  } finally {
    all.remove()
  }
}
