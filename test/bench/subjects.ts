// What the timed benches compare, bundled into a temporary folder; and how one is run in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { api } from '@wontanara/case-intake/api'
import { people, registrationOf } from '@wontanara/examples'
import { folderOf, preset } from '@wontanara/infra/bundle'
import { type BuildOptions, build } from 'esbuild'
import { functionEnvironment, httpEvent, staffClaims } from './lambda.ts'
import type { ProbeResult, ProbeTask } from './probe.ts'

export interface Subject {
  readonly name: string
  readonly file: string
}
export interface Subjects {
  /** Our registration: the unmodified bundle. */
  readonly ours: Subject
  /** The floor as the SDK ships: its whole credential chain, an ES module. The goals are ratios to this. */
  readonly floor: Subject
  /** The floor with our bundle settings. */
  readonly leanFloor: Subject
  readonly peer: Subject
  readonly probe: string
  /** Deletes the bundles. */
  remove(): void
}

/** esbuild's own defaults for ES modules on Lambda, as the documentation of CDK, SST and Powertools shows them. */
const usual = {
  ...preset,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  alias: {},
  plugins: [],
} satisfies BuildOptions

export async function subjects(): Promise<Subjects> {
  const folder = mkdtempSync(join(tmpdir(), 'wontanara-bench-'))
  const source = (name: string): string => join(import.meta.dirname, `${name}.ts`)
  await build({ ...usual, entryPoints: ['floor', 'peer', 'probe'].map(source), outdir: folder })
  // Away from our package.json, which would have it read as an ES module: on Lambda there is none.
  const ours = join(folder, 'ours.js')
  copyFileSync(join(folderOf('case-intake', 'api'), 'index.js'), ours)
  await build({ ...preset, entryPoints: { lean: source('floor') }, outdir: folder })
  return {
    ours: { name: 'case-intake api', file: ours },
    floor: { name: 'floor (bare handler)', file: join(folder, 'floor.mjs') },
    leanFloor: { name: 'floor, our bundling', file: join(folder, 'lean.js') },
    peer: { name: 'typical peer', file: join(folder, 'peer.mjs') },
    probe: join(folder, 'probe.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The registration that every subject carries out: an example person. */
const office = 'conakry'
export const registration = httpEvent(api.routes.registerCase.route, {
  claims: staffClaims('intake-officer', { office }),
  body: registrationOf(people.mechanic, office),
})

export interface Probed extends ProbeResult {
  /** Milliseconds from the start of the process until the handler was there, and until its first answer. */
  readonly loaded: number
  readonly total: number
}

/** Runs a subject in a fresh process. @throws with what the process wrote when it failed */
export async function probed(
  { probe }: Pick<Subjects, 'probe'>,
  { file }: Subject,
  task: Partial<ProbeTask> = {},
  // An address that nobody answers at, with TLS as on AWS: plain HTTP takes another way through the SDK.
  environment: Readonly<Record<string, string>> = { AWS_ENDPOINT_URL: 'https://127.0.0.1:1' },
): Promise<Probed> {
  const whole: ProbeTask = { file, event: registration, stub: true, warmUp: 0, counted: 0, status: 201, ...task }
  const started = performance.timeOrigin + performance.now()
  const child = spawn(process.execPath, [probe, JSON.stringify(whole)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...functionEnvironment('case-intake', ['C2', 'C3-protection', 'find']), ...environment },
  })
  const written = [child.stderr, child.stdio[3]].map((stream) => text(stream as Readable))
  await once(child, 'close')
  const [errors = '', output = ''] = await Promise.all(written)
  // A thrown error is shown with the line it came from, which is the whole bundle.
  if (child.exitCode !== 0) throw new Error(`${file}: ${errors.slice(-600)}`)
  const result = JSON.parse(output) as ProbeResult
  return { ...result, loaded: result.loadedAt - started, total: result.answeredAt - started }
}
