// Entry of `npm start` and `npm test`: plain JavaScript for any Node >= 20, no dependencies. It makes node_modules match the lockfile
// and hands over to the TypeScript program, run by the workspace's own Node (the version that runs on Lambda).
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const windows = process.platform === 'win32'
const nodeDir = join(root, 'node_modules', 'node', 'bin')
const node = join(nodeDir, windows ? 'node.exe' : 'node')
const programs = { start: 'tools/start.ts', test: 'tools/test.ts' }

/** Prints a message a person can act on and ends. */
function fail(message) {
  console.error(message)
  process.exit(1)
}

/** pnpm leaves a copy of the lockfile it installed; the same text and a Node that runs mean nothing is to be done. */
function installed() {
  const copy = join(root, 'node_modules', '.pnpm', 'lock.yaml')
  if (!existsSync(node) || !existsSync(copy)) return false
  return readFileSync(copy, 'utf8') === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
}

function install() {
  const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
  console.log(`Installing dependencies with ${pnpm} (first start, or the lockfile has changed) ...`)
  const started = Date.now()
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false', '--reporter=append-only']
  const result = spawnSync('npx', args, { cwd: root, shell: windows, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (result.error) fail(`Could not run npx, which comes with npm: ${result.error.message}`)
  if (result.status !== 0) fail(`${result.stdout}${result.stderr}\nInstalling the dependencies failed (npx ${args.join(' ')}).`)
  if (!existsSync(node)) fail(`The install ended well but left no Node in ${nodeDir}. Remove node_modules and try again.`)
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
}

function run(program, args) {
  const path = [nodeDir, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(node, [join(root, program), ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } })
  // A terminal sends Ctrl-C to the whole group, so the child has it already; a supervisor signals only this process.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // npm passes a signal only to the shell between us, which dies without passing it on: then we have a new parent.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || child.kill(), 500).unref()
  child.on('error', (error) => fail(`Could not run ${node}: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

const [command, ...args] = process.argv.slice(2)
const program = programs[command]
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or later is needed to start; this is ${process.version}.`)
if (!program) fail(`Usage: node tools/bootstrap.mjs ${Object.keys(programs).join('|')} [arguments]`)
if (!installed()) install()
run(program, args)
