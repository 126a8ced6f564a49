/*
 * A stage on a data folder is killed with SIGKILL at random moments while clients send commands to it, each with its own Idempotency-Key and
 * again until it is answered. At the end, what was acknowledged is compared with what is in the tables, in the histories, on the bus and on
 * the partners' feeds.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@wontanara/events'
import { fillDirectory, openProgramme, organisations, type Programme, type TokenRequest } from '@wontanara/examples'
import { type LocalCloud, startLocalCloud } from '@wontanara/local-cloud'
import { controlClient } from '@wontanara/local-cloud/client'
import * as z from 'zod'
import { audit, type Findings, look, referenceOf } from './audit.ts'
import { clientOf, travel } from './journeys.ts'
import { insist, ledger, type Manner } from './ledger.ts'
import { frozen } from './mutants.ts'
import type { FaultStage, Seen } from './stage.ts'
import { journey, subjects } from './subjects.ts'

const reader: TokenRequest = { sub: 'example-case-manager', groups: ['case-manager', 'office-conakry'] }
const nameOf = (journey: number): string => `kill-${journey}`

/** What is killed: every process of the stage at once, the local cloud's own (the others have to notice), the tables', one function's. */
const targets = ['group', 'cloud', 'dynoxide', 'worker'] as const
type Target = (typeof targets)[number]
/** What the stage is doing then: starting, answering commands, or working off what commands brought about. */
const phases = ['starting', 'commands', 'events'] as const
type Phase = (typeof phases)[number]

interface Plan {
  readonly commands: number
  readonly kills: number
  readonly seed: number
  /** Journeys at the same time. */
  readonly together: number
  /** Milliseconds after which the run gives up. */
  readonly limit: number
  readonly tell?: (line: string) => void
}

interface Killed {
  readonly phase: Phase
  readonly target: Target
  /** Milliseconds until a read was answered again. */
  readonly recovered: number
}

interface KillReport {
  readonly commands: number
  readonly seconds: number
  readonly kills: readonly Killed[]
  readonly findings: Findings
}

/**
 * A copy of the stage that nobody changes meanwhile. What a consumer holds when it is killed counts as received, as on AWS; it may be held
 * at several kills in a row, and is no message that nobody can process.
 */
function patientStage(): ReturnType<typeof frozen> {
  const copy = frozen()
  for (const file of readdirSync(copy.folder).filter((name) => name.endsWith('.template.json'))) {
    const path = join(copy.folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"maxReceiveCount":\s*\d+/g, '"maxReceiveCount": 1000'))
  }
  return copy
}

/** As long as a message may be hidden after it failed, in milliseconds: longer than any queue's visibility timeout. */
const hiddenTime = 181_000

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const Ready = z.object({ apiUrl: z.string(), ahead: z.number() })
/** Tokens outlast the time that all starts let pass, in seconds. */
const tokenLife = 90 * 24 * 3600

/** A stage in processes of its own. */
interface Child {
  readonly pid: number
  /** What it said when it was ready; undefined when it ended before. */
  readonly ready: Promise<z.output<typeof Ready> | undefined>
  readonly ended: Promise<void>
  readonly isReady: () => boolean
}

function launch(assembly: string, data: string, port: number): Child {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'killed-cloud.ts'), assembly, data, String(port)], {
    // A group of its own, to be killed as a whole.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let isReady = false
  let text = ''
  const ready = new Promise<z.output<typeof Ready> | undefined>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (!text.includes('\n')) return
      isReady = true
      resolve(Ready.parse(JSON.parse(text)))
    })
    child.once('exit', () => resolve(undefined))
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stdin?.on('error', () => undefined)
  return { pid: child.pid ?? 0, ready, ended, isReady: () => isReady }
}

const readProc = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** The processes of a stage: those of its group. */
function processesOf(group: number): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(/\) \S \d+ (\d+) /.exec(readProc(pid, 'stat'))?.[1]) === group)
    .map((pid) => ({ pid, command: readProc(pid, 'cmdline') }))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

/** Every archived event of a service under test, as a bus that was watched would have been seen. Taken from the file of a stage that stands still. */
function archived(data: string): Seen {
  const database = new DatabaseSync(join(data, 'cloud.db'))
  const rows = z.array(z.object({ event: z.string() })).parse(database.prepare('SELECT event FROM archive ORDER BY position').all())
  const waiting = z.array(z.object({ body: z.string() })).parse(database.prepare('SELECT body FROM message').all())
  database.close()
  const left = new Set(waiting.map(({ body }) => (JSON.parse(body) as { readonly id?: string }).id))
  const bus = new Map<string, { type: string; texts: Set<string>; envelopes: string[] }>()
  const done = new Map<string, number>()
  for (const { event } of rows) {
    const { id: envelope, detail } = JSON.parse(event) as { readonly id: string; readonly detail: CloudEvent }
    if (!subjects.some(({ service }) => detail.source === `wontanara.${service}`)) continue
    const known = bus.get(detail.id) ?? { type: detail.type, texts: new Set(), envelopes: [] }
    known.texts.add(JSON.stringify(detail))
    known.envelopes.push(envelope)
    bus.set(detail.id, known)
    // It came into the archive and the queues in one transaction, and leaves a queue only when a consumer has done it.
    if (left.has(envelope)) continue
    for (const { service, consumers } of subjects)
      for (const entry of Object.keys(consumers)) done.set(`${service}/Service/${entry} ${envelope}`, 1)
  }
  return { bus, done }
}

/**
 * Runs it.
 * @throws when a client is not answered in time, or the run takes longer than its limit
 */
export async function killRun({ commands, kills, seed, together, limit, tell = () => undefined }: Plan): Promise<KillReport> {
  const begun = performance.now()
  const draw = random(seed)
  const data = mkdtempSync(join(tmpdir(), 'kill-'))
  const { folder: assembly, remove } = patientStage()
  const books = ledger(async (seconds) => {
    const until = now() + seconds * 1000
    // Nobody answers while the stage is killed.
    while (now() < until) await (cloud === undefined ? letPass(until - now()) : cloud.advance(until - now()))
  })
  const partners = organisations.map(({ organisationId }) => organisationId)
  /** The stage in this process, while it is looked at. */
  let cloud: LocalCloud | undefined
  /** The stage in processes of its own, while it is killed. */
  let child: Child | undefined
  let said: z.output<typeof Ready> = { apiUrl: 'http://127.0.0.1:0', ahead: 0 }
  const now = (): number => cloud?.now() ?? Date.now() + said.ahead
  /** Given by a stage that stands still; its keys are kept in its folder. */
  const tokens = new Map<string, string>()
  let seen: Seen = { bus: new Map(), done: new Map() }
  /** How often clients have waited for events, and whether they do now. */
  let waits = 0
  let waiting = false

  const tokenFor = async (request: TokenRequest): Promise<string> => {
    const name = JSON.stringify(request)
    const token = tokens.get(name) ?? (await cloud?.token({ ...request, expiresIn: tokenLife }))
    if (token === undefined) throw new Error('a token that was not asked for before')
    tokens.set(name, token)
    return token
  }
  const programme = (manner: Manner = insist): Promise<Programme> =>
    openProgramme(cloud?.apiUrl ?? said.apiUrl, tokenFor, partners, { now, send: books.send(manner) })
  const stage: FaultStage = {
    get cloud() {
      if (cloud === undefined) throw new Error('the stage runs in a process of its own')
      return cloud
    },
    ledger: books,
    get seen() {
      return seen
    },
    endpoints: [],
    programme,
    settled: () => (cloud === undefined ? settledThroughKills() : cloud.settled({ timeout: 60_000 })),
    close: async () => cloud?.stop(),
  }
  /** Opens the folder in this process, to look at everything in it. */
  async function open(): Promise<void> {
    cloud = await startLocalCloud({ assembly, data, log: () => undefined })
  }
  async function close(): Promise<void> {
    await cloud?.stop()
    cloud = undefined
  }

  const restart = (): void => {
    child = launch(assembly, data, Number(new URL(said.apiUrl).port))
  }
  /** Waits for a stage that is ready; a start that failed is made again, as by whoever supervises it. */
  async function up(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const now = await child?.ready
      if (now !== undefined) {
        said = now
        return
      }
      if (tries === 5) throw new Error('the stage does not start')
      await sleep(200)
      restart()
    }
  }

  const answersReads = async (): Promise<boolean> => {
    const token = await tokenFor(reader)
    const response = await fetch(`${said.apiUrl}/v1/cases?office=conakry&limit=1`, { headers: { authorization: `Bearer ${token}` } }).catch(
      () => undefined,
    )
    await response?.arrayBuffer().catch(() => undefined)
    return response?.status === 200
  }

  const killed: Killed[] = []
  let finished = false
  /** Kills at moments that the seed decides, and starts again what does not start by itself. */
  async function supervise(): Promise<void> {
    const marks = Array.from({ length: kills }, () => books.asked.length + draw() * commands * 0.95).sort((left, right) => left - right)
    for (const mark of marks) {
      await until(() => finished || books.asked.length >= mark)
      await next()
      if (finished) return
      if (killed.length % 10 === 0)
        tell(`${killed.length} kills, ${books.asked.length} commands, ${Math.round((performance.now() - begun) / 1000)} s`)
    }
  }

  /** One kill, until reads are answered again. */
  async function next(): Promise<void> {
    const [lot, share, moment, which] = [draw(), draw(), draw(), draw()]
    const planned: Phase = lot < 0.2 ? 'starting' : lot < 0.6 ? 'events' : 'commands'
    // While it starts, there is nothing but the whole or the local cloud's own process.
    const wanted: Target =
      planned === 'starting' ? (share < 0.5 ? 'group' : 'cloud') : (targets[Math.floor(share * targets.length)] ?? 'group')
    if (planned === 'starting') {
      // The start that is killed follows another end.
      await end('group')
      await sleep(moment * 900)
    } else if (planned === 'events') {
      const before = waits
      await until(() => finished || waits > before || waiting)
      await sleep(moment * 150)
    } else await sleep(moment * 30)
    if (finished) return
    const phase: Phase = child?.isReady() === true ? (waiting ? 'events' : 'commands') : 'starting'
    const at = performance.now()
    const target = await end(wanted, which)
    await up()
    while (!finished && !(await answersReads())) await sleep(5)
    killed.push({ phase, target, recovered: Math.round(performance.now() - at) })
  }

  /** Kills, and starts again what does not start by itself. @returns what was killed: of a part that is not there, the whole */
  async function end(wanted: Target, which = 0): Promise<Target> {
    if (child === undefined) throw new Error('nothing to kill')
    const part = wanted === 'dynoxide' ? '/dynoxide\0' : wanted === 'worker' ? 'runtime.cjs' : undefined
    const found = part === undefined ? [] : processesOf(child.pid).filter(({ command }) => command.includes(part))
    const one = found[Math.floor(which * found.length)]?.pid
    if (one !== undefined) {
      kill(one)
      return wanted
    }
    kill(wanted === 'cloud' ? child.pid : -child.pid)
    await child.ended
    restart()
    return wanted === 'cloud' ? 'cloud' : 'group'
  }

  /** Lets time pass for the stage that is killed, if it answers. */
  async function letPass(milliseconds: number): Promise<void> {
    const time = await controlClient(said.apiUrl)
      .advance(milliseconds)
      .catch(() => undefined)
    if (time === undefined) await sleep(20)
    else said = { ...said, ahead: time.offset }
  }

  /** Waits until the stage has nothing left to do, through kills. */
  async function settledThroughKills(): Promise<void> {
    waits++
    waiting = true
    try {
      for (const end = Date.now() + 120_000; ; ) {
        const { settled } = controlClient(said.apiUrl)
        try {
          return void (await settled(300))
        } catch (error) {
          if (Date.now() > end) throw error
          const left = error instanceof Error ? error.message : String(error)
          // Only what is hidden is left: nobody works on it, so the time that it is hidden may pass.
          const hidden = left.includes('not settled') && !/running|[1-9]\d* waiting|stream/.test(left)
          if (hidden) await letPass(hiddenTime)
          else await sleep(20)
        }
      }
    } finally {
      waiting = false
    }
  }

  /** Journeys, so many at a time, until there were enough commands and kills. */
  async function send(from: number): Promise<number> {
    let journeys = from
    const people = await programme()
    const first = books.asked.length
    while (books.asked.length - first < commands || killed.length < kills) {
      const missing = Math.ceil((commands - (books.asked.length - first)) / journey.length)
      const names = Array.from({ length: Math.max(1, Math.min(together, missing)) }, (_, i) => nameOf(journeys + i))
      await travel(stage, people, names)
      journeys += names.length
    }
    return journeys
  }

  const tooLong = async (): Promise<never> => {
    await sleep(limit, undefined, { ref: false })
    throw new Error(`not done after ${limit} ms`)
  }
  async function run(): Promise<KillReport> {
    // What one journey leaves behind when nothing disturbs it.
    await open()
    const undisturbed = await programme()
    await fillDirectory(undisturbed)
    await stage.settled()
    const before = await look(stage)
    await travel(stage, undisturbed, ['undisturbed'], { quiet: () => true })
    const reference = referenceOf(before, await look(stage))
    // Whoever will take part signs in while there is somebody to sign in with.
    const most = 2 * Math.ceil(commands / journey.length) + kills + together
    const own = journey.filter(({ alone }) => alone)
    for (let i = 1; i <= most; i++) for (const step of own) await clientOf(undisturbed, step, { name: nameOf(i) })
    await tokenFor(reader)
    await close()

    const asked = books.asked.length
    restart()
    await up()
    const supervised = supervise()
    const sent = send(1).finally(() => {
      finished = true
    })
    const [journeys] = await Promise.all([sent, supervised])
    await last()

    // What a consumer held in the end is hidden: three minutes later it comes again.
    await open()
    await cloud?.advance(hiddenTime)
    await stage.settled()
    await close()
    seen = archived(data)
    await open()
    const findings = await audit(stage, reference, journeys)
    return { commands: books.asked.length - asked, seconds: Math.round((performance.now() - begun) / 1000), kills: killed, findings }
  }
  async function last(): Promise<void> {
    finished = true
    if (child !== undefined) kill(-child.pid)
    await child?.ended
  }
  try {
    return await Promise.race([run(), tooLong()])
  } finally {
    await last()
    await close()
    remove()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  }
}

const middle = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((left, right) => left - right)[Math.floor((numbers.length - 1) * share)] ?? 0

/** What a run showed, in lines for people. */
export function linesOf({ commands, seconds, kills, findings }: KillReport): readonly string[] {
  const { acknowledged, events, publications, lost, doubled, silent } = findings
  const table = phases.map((phase) => [
    phase,
    ...targets.map((target) => kills.filter((one) => one.phase === phase && one.target === target).length),
  ])
  const times = (only: (one: Killed) => boolean): string => {
    const found = kills.filter(only).map(({ recovered }) => recovered)
    return `median ${middle(found, 0.5)} ms, 95 % ${middle(found, 0.95)} ms, longest ${middle(found, 1)} ms`
  }
  return [
    `${commands} commands, ${kills.length} kills with SIGKILL in ${seconds} s; ${acknowledged} changes acknowledged; ${events} events, published ${publications} times`,
    ['killed while', ...targets].map((text) => text.padEnd(12)).join(''),
    ...table.map((row) => row.map((cell) => String(cell).padEnd(12)).join('')),
    `Reads answered again after a kill of the group or the cloud: ${times(({ target }) => target === 'group' || target === 'cloud')}`,
    `                                      of dynoxide or a worker: ${times(({ target }) => target === 'dynoxide' || target === 'worker')}`,
    ...[
      ...lost.map((text) => `LOST ${text}`),
      ...doubled.map((text) => `DOUBLED ${text}`),
      ...silent.map((text) => `UNTRUE ${text}`),
    ].slice(0, 50),
    `lost ${lost.length}, doubled ${doubled.length}, untrue ${silent.length}`,
  ]
}
