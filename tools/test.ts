// Everything CI runs, in one command: `npm test`. Arguments go to jest (`npm test -- packages/core`), which still runs last, so that the
// output ends with its summary. `--checks` leaves jest out.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { line } from './step.ts'

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** A file without which there is nothing to check yet. */
  readonly needs?: string
}

interface Outcome {
  readonly status: number
  readonly output: string
  readonly milliseconds: number
}

const colour = process.stdout.isTTY === true
const root = join(import.meta.dirname, '..')
const folders = ['events', 'packages', 'services', 'infra', 'examples', 'test', 'tools']

const steps: readonly Step[] = [
  {
    name: 'lint and format',
    command: ['biome', 'check', '--error-on-warnings', '--diagnostic-level=warn', `--colors=${colour ? 'force' : 'off'}`],
  },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'imports', command: ['depcruise', '--output-type', 'err-long', ...folders] },
  { name: 'unused code', command: ['knip', '--no-config-hints', '--no-progress'] },
  { name: 'generated files', command: ['node', 'tools/generate.ts', '--check'], needs: 'tools/generate.ts' },
  { name: 'stacks and cdk-nag', command: ['node', 'tools/synth.ts'], needs: 'infra/app.ts' },
]

const running = new Set<ChildProcess>()

function run({ command: [program, ...args] }: Step): Promise<Outcome> {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...(colour ? { FORCE_COLOR: '1' } : {}) } })
    const output: Buffer[] = []
    const end = (status: number): void => {
      running.delete(child)
      resolve({ status, output: Buffer.concat(output).toString(), milliseconds: performance.now() - started })
    }
    running.add(child)
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => {
      output.push(Buffer.from(error.message))
      end(1)
    })
    child.on('close', (status) => end(status ?? 1))
  })
}

/** Runs the steps two at a time, tells of them in their order, and stops at the first that fails. */
async function check(): Promise<boolean> {
  const due = steps.filter(({ needs }) => needs === undefined || existsSync(join(root, needs)))
  const outcomes: Promise<Outcome>[] = []
  const start = (): void => {
    const step = due[outcomes.length]
    if (step) outcomes.push(run(step))
  }
  start()
  start()
  for (const [index, { name, command }] of due.entries()) {
    const outcome = await outcomes[index]
    if (!outcome) throw new Error(`${name} was not started`)
    const { status, output, milliseconds } = outcome
    console.log(line(status === 0, name, milliseconds))
    if (status !== 0) {
      for (const child of running) child.kill()
      console.log(`\n${output.trimEnd()}\n\nFailed: ${command.join(' ')}`)
      return false
    }
    start()
  }
  return true
}

function jest(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('jest', args, { cwd: root, stdio: 'inherit' })
    running.add(child)
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(1)
  })
}

const args = process.argv.slice(2)
const checksOnly = args.includes('--checks')
process.exitCode = (await check()) ? (checksOnly ? 0 : await jest(args)) : 1
