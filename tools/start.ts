// `npm start`: the synthesized stacks of stage "local", running on this machine until Ctrl-C.
import { globSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type Role, roles } from '@wontanara/core'
import {
  caseload,
  expectStatus,
  fillDirectory,
  openProgramme,
  organisations,
  type Programme,
  type SandboxPartner,
  startSandboxPartner,
} from '@wontanara/examples'
import { DataFolderRefused, type LocalCloud, startLocalCloud, type TokenRequest } from '@wontanara/local-cloud'
import * as z from 'zod'
import { reference } from './reference.ts'
import { step } from './step.ts'
import { assemblyOf, synthesize } from './synth.ts'

const office = 'conakry'
const { organisationId: partner, name: partnerName } = organisations[0]
const tokenHours = 12
const folder = join(import.meta.dirname, '../.wontanara')

const help = `npm start [-- options]    every service on this machine, with the example caseload, until Ctrl-C

  --port 8080    port of the API; a free one unless told
  --data DIR     folder that keeps everything for the next start; .wontanara/data unless told
  --fresh        starts over: what the folder holds is forgotten
  --exit         stops after the examples; the exit status says whether they went well. Starts from nothing in a temporary folder each
                 time, unless --data names one
  --help         this text
`
const values = options()
function options() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        fresh: { type: 'boolean', default: false },
        exit: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`)
    return process.exit(1)
  }
}
/** None: a temporary one. */
const data = values.data ?? (values.exit ? undefined : join(folder, 'data'))
/** Beside the data that they go with. */
const tokenFolder = values.data ?? folder
const here = (path: string): string => relative(process.cwd(), path) || '.'

/** What each role may look at first. */
function firstLook(role: Role | 'partner', caseId: string | undefined): string {
  switch (role) {
    case 'intake-officer':
    case 'case-manager':
    case 'protection-officer':
    case 'child-protection-officer':
      return `/v1/cases?office=${office}`
    case 'supervisor':
      return `/v1/cases?office=${office}&status=voluntary-confirmed`
    case 'medical-officer':
    case 'return-officer':
      return `/v1/fitness-assessments?office=${office}&status=cleared`
    case 'referral-coordinator':
      return `/v1/referrals?office=${office}&status=completed`
    case 'data-protection-officer':
    case 'auditor':
      return caseId === undefined ? '/v1/code-lists' : `/v1/cases/${caseId}/timeline`
    case 'partner':
      return '/v1/partner-events'
    case 'grants-officer':
    case 'grants-approver':
    case 'campaign-editor':
    case 'analyst':
    case 'administrator':
      return '/v1/code-lists'
  }
}

/** One line a person can paste. The token is in a file that curl reads: in the line it would hide the rest. */
async function curl(cloud: LocalCloud, name: string, request: TokenRequest, path: string): Promise<string> {
  const file = join(tokenFolder, `${name}.header`)
  const token = await cloud.token({ ...request, expiresIn: tokenHours * 3600 })
  writeFileSync(file, `authorization: Bearer ${token}\n`, { mode: 0o600 })
  return `  ${name.padEnd(25)}curl -H @${here(file)} '${cloud.apiUrl}${path}'`
}

const Page = z.object({ items: z.array(z.object({ caseId: z.string() })), next: z.string().optional() })
/** Counting more than this takes too long. */
const countedPages = 20

/** The cases of the office. @returns their number, `2000+` when there are more than are counted, and one of them */
async function casesOf(programme: Programme): Promise<{ readonly count: string; readonly caseId: string | undefined }> {
  let count = 0
  let caseId: string | undefined
  let cursor = ''
  for (let page = 1; ; page++) {
    const response = await programme.staff('case-manager').get(`/v1/cases?office=${office}&limit=100${cursor}`)
    const { items, next } = expectStatus('list the cases', 200, response, Page)
    count += items.length
    caseId ??= items[0]?.caseId
    if (next === undefined) return { count: String(count), caseId }
    if (page === countedPages) return { count: `${count}+`, caseId }
    cursor = `&cursor=${encodeURIComponent(next)}`
  }
}

/** When something was last written to a data folder; undefined when nothing was. */
function lastWritten(from: string | undefined): Date | undefined {
  const times = from === undefined ? [] : globSync('*.db*', { cwd: from }).map((file) => statSync(join(from, file)).mtimeMs)
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

/** Plays the examples one after the other. @returns how many failed */
async function play(cloud: LocalCloud, programme: Programme): Promise<number> {
  await step('Fill the directory', () => fillDirectory(programme))
  let failures = 0
  for (const [index, { title, play: playOne }] of caseload.entries()) {
    try {
      await step(
        `Example ${index + 1} of ${caseload.length}: ${title}`,
        () => playOne(programme),
        ({ summary }) => summary,
      )
    } catch (error) {
      failures++
      console.log(`    ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  await step('Let every event arrive', () => cloud.settled())
  const lost = await cloud.deadLetters()
  if (lost.length > 0)
    console.log(`    ${lost.length} message(s) could not be handled: ${[...new Set(lost.map(({ queue }) => queue))].join(', ')}`)
  return failures + lost.length
}

/** The examples where there is no case yet; otherwise what was kept. @returns how many examples failed, and a case */
async function fill(cloud: LocalCloud, programme: Programme, before: Date | undefined) {
  const kept = await casesOf(programme)
  for (const [queue, messages] of cloud.leftBehind)
    console.log(`    ${messages} message(s) of ${queue}, a queue that the stacks no longer have, stay in the folder.`)
  if (kept.caseId === undefined) return { failures: await play(cloud, programme), caseId: (await casesOf(programme)).caseId }
  const when = before
    ?.toISOString()
    .replace(/:\d\d\.\d+Z$/, ' UTC')
    .replace('T', ' ')
  console.log(`    Kept from before: ${kept.count} cases in the office of ${office}, last written ${when}. --fresh starts over.`)
  return { failures: 0, caseId: kept.caseId }
}

async function summary(cloud: LocalCloud, sandbox: SandboxPartner, caseId: string | undefined): Promise<string> {
  mkdirSync(tokenFolder, { recursive: true })
  const lines = await Promise.all([
    ...roles.map((role) => curl(cloud, role, { sub: `example-${role}`, groups: [role, `office-${office}`] }, firstLook(role, caseId))),
    curl(cloud, 'partner', { sub: `client-${partner}`, scope: `organisation/${partner}` }, firstLook('partner', caseId)),
  ])
  return [
    '',
    `API               ${cloud.apiUrl}/v1`,
    `API reference     ${cloud.apiUrl}/reference/`,
    `Event reference   ${cloud.apiUrl}/reference/events/`,
    `Operator's window ${cloud.apiUrl}/_local/`,
    `Sandbox partner   ${sandbox.url}/`,
    ...(data === undefined ? [] : [`Data              ${here(data)}`]),
    ...(cloud.logFile === undefined ? [] : [`Function logs     ${cloud.logFile}`]),
    '',
    `As each role at the office of ${office}, and as the partner ${partner} (tokens for ${tokenHours} hours, kept in ${here(tokenFolder)}):`,
    ...lines,
    '',
  ].join('\n')
}

async function start(): Promise<void> {
  await step('Synthesize the stacks', synthesize, (result) => (result === 'unchanged' ? 'nothing changed' : ''))
  const before = values.fresh ? undefined : lastWritten(data)
  const cloud = await step('Start the local cloud', () =>
    startLocalCloud({
      assembly: assemblyOf('local'),
      documents: reference,
      fresh: values.fresh,
      ...(data === undefined ? {} : { data }),
      ...(values.port === undefined ? {} : { port: Number(values.port) }),
    }),
  )
  let sandbox: SandboxPartner | undefined
  const stop = async (status: number): Promise<void> => {
    await cloud.stop()
    await sandbox?.stop()
    process.exit(status)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(0))
  const partners = organisations.map(({ organisationId }) => organisationId)
  const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), partners, { office, now: cloud.now })
  sandbox = await step(`Start the sandbox partner ${partner}`, () =>
    startSandboxPartner({ client: programme.partner(partner), name: partnerName, now: cloud.now }),
  )
  const { failures, caseId } = await fill(cloud, programme, before)
  console.log(await summary(cloud, sandbox, caseId))
  if (values.exit) await stop(failures === 0 ? 0 : 1)
  else console.log('Ctrl-C stops it.')
}

if (values.help) console.log(help)
else {
  try {
    await start()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    if (error instanceof DataFolderRefused)
      console.error(
        error.inUse
          ? 'Stop the other one, or use another folder: npm start -- --data DIR'
          : 'To start over and forget what the folder holds: npm start -- --fresh\nTo leave it as it is and use another: npm start -- --data DIR',
      )
    process.exit(1)
  }
}
