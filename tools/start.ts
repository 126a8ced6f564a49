// `npm start`: the synthesized stacks of stage "local", running on this machine until Ctrl-C.
//   --port 8080      the API's port, instead of a free one
//   --data folder    keep the data there, instead of in a temporary folder that goes when it stops
//   --exit           stop after the examples; the status says whether they went well
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type Role, roles } from '@wontanara/core'
import { caseload, fillDirectory, type Outcome, openProgramme, organisations } from '@wontanara/examples'
import { type LocalCloud, startLocalCloud, type TokenRequest } from '@wontanara/local-cloud'
import { reference } from './reference.ts'
import { step } from './step.ts'
import { assemblyOf, synthesize } from './synth.ts'

const office = 'conakry'
const partner = organisations[0].organisationId
const tokenHours = 12
const folder = join(import.meta.dirname, '../.wontanara')

/** What each role may look at first. */
function firstLook(role: Role | 'partner', example: Outcome | undefined): string {
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
      return example === undefined ? '/v1/code-lists' : `/v1/cases/${example.caseId}/timeline`
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
  const file = join(folder, `${name}.header`)
  const token = await cloud.token({ ...request, expiresIn: tokenHours * 3600 })
  writeFileSync(file, `authorization: Bearer ${token}\n`, { mode: 0o600 })
  return `  ${name.padEnd(25)}curl -H @${relative(process.cwd(), file)} '${cloud.apiUrl}${path}'`
}

/** Plays the examples one after the other. @returns what each led to, and how many failed */
async function play(cloud: LocalCloud): Promise<{ readonly outcomes: readonly Outcome[]; readonly failures: number }> {
  const partners = organisations.map(({ organisationId }) => organisationId)
  const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), partners, { office })
  const isNew = await step('Fill the directory', () => fillDirectory(programme))
  const outcomes: Outcome[] = []
  if (!isNew) {
    console.log('  The examples were played before: what they left is in the data folder.')
    return { outcomes, failures: 0 }
  }
  let failures = 0
  for (const [index, { title, play: playOne }] of caseload.entries()) {
    try {
      outcomes.push(
        await step(
          `Example ${index + 1} of ${caseload.length}: ${title}`,
          () => playOne(programme),
          ({ summary }) => summary,
        ),
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
  return { outcomes, failures: failures + lost.length }
}

async function summary(cloud: LocalCloud, example: Outcome | undefined): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const lines = await Promise.all([
    ...roles.map((role) => curl(cloud, role, { sub: `example-${role}`, groups: [role, `office-${office}`] }, firstLook(role, example))),
    curl(cloud, 'partner', { sub: `client-${partner}`, scope: `organisation/${partner}` }, firstLook('partner', example)),
  ])
  return [
    '',
    `API               ${cloud.apiUrl}/v1`,
    `API reference     ${cloud.apiUrl}/reference/`,
    `Event reference   ${cloud.apiUrl}/reference/events/`,
    ...(cloud.logFile === undefined ? [] : [`Function logs     ${cloud.logFile}`]),
    '',
    `As each role at the office of ${office}, and as the partner ${partner} (tokens for ${tokenHours} hours, kept in .wontanara):`,
    ...lines,
    '',
  ].join('\n')
}

const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' }, exit: { type: 'boolean' } } })

try {
  await step('Synthesize the stacks', synthesize, (result) => (result === 'unchanged' ? 'nothing changed' : ''))
  const cloud = await step('Start the local cloud', () =>
    startLocalCloud({
      assembly: assemblyOf('local'),
      documents: reference,
      ...(values.data === undefined ? {} : { data: values.data }),
      ...(values.port === undefined ? {} : { port: Number(values.port) }),
    }),
  )
  const stop = async (status: number): Promise<void> => {
    await cloud.stop()
    process.exit(status)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(0))
  const { outcomes, failures } = await play(cloud)
  console.log(await summary(cloud, outcomes[0]))
  if (values.exit) await stop(failures === 0 ? 0 : 1)
  else console.log('Ctrl-C stops it.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
