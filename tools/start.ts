// `npm start`: the synthesized stacks of stage "local", running on this machine until Ctrl-C.
//   --port 8080      the API's port, instead of a free one
//   --data folder    keep the data there, instead of in a temporary folder that goes when it stops
//   --exit           stop after the summary
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { api as caseIntake } from '@wontanara/case-intake/api'
import { mayEver, type Role, type RouteDefinition, roles } from '@wontanara/core'
import { type LocalCloud, startLocalCloud } from '@wontanara/local-cloud'
import { api as medicalCoordination } from '@wontanara/medical-coordination/api'
import { api as referralRouting } from '@wontanara/referral-routing/api'
import { step } from './step.ts'
import { assemblyOf, synthesize } from './synth.ts'

const office = 'conakry'
const tokenSeconds = 12 * 3600
const folder = join(import.meta.dirname, '../.wontanara')
const routes: readonly RouteDefinition[] = [caseIntake, medicalCoordination, referralRouting].flatMap((api) => Object.values(api.routes))

/** A route that this role may read without knowing the id of a record. */
function listFor(role: Role): RouteDefinition | undefined {
  const principal = { kind: 'staff', id: role, roles: [role], offices: [office] } as const
  return routes.find(({ route, permit }) => route.startsWith('GET ') && !route.includes('{') && mayEver(principal, permit))
}

/** One line a person can paste. The token is in a file that curl reads: in the line it would hide the rest. */
async function curl(cloud: LocalCloud, role: Role, { route, example }: RouteDefinition): Promise<string> {
  const token = await cloud.token({ sub: `example-${role}`, groups: [role, `office-${office}`], expiresIn: tokenSeconds })
  const file = join(folder, `${role}.header`)
  writeFileSync(file, `authorization: Bearer ${token}\n`, { mode: 0o600 })
  const query = new URLSearchParams(example.query).toString()
  const url = `${cloud.apiUrl.replace(/\/$/, '')}${route.slice('GET '.length)}${query === '' ? '' : `?${query}`}`
  return `curl -H @${relative(process.cwd(), file)} '${url}'`
}

async function summary(cloud: LocalCloud): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const lines: string[] = []
  const idle: Role[] = []
  for (const role of roles) {
    const route = listFor(role)
    if (route) lines.push(`  ${role.padEnd(25)}${await curl(cloud, role, route)}`)
    else idle.push(role)
  }
  return [
    '',
    `API               ${cloud.apiUrl}`,
    `API reference     ${cloud.apiUrl.replace(/\/$/, '')}/v1/openapi.json`,
    `Event reference   ${cloud.apiUrl.replace(/\/$/, '')}/v1/asyncapi.json`,
    '',
    `As each role at the office of ${office} (tokens for ${tokenSeconds / 3600} hours, kept in .wontanara):`,
    ...lines,
    ...(idle.length > 0 ? [`  no list to read: ${idle.join(', ')}`] : []),
    '',
  ].join('\n')
}

const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' }, exit: { type: 'boolean' } } })

try {
  await step('Synthesize the stacks', synthesize, (result) => (result === 'unchanged' ? 'nothing changed' : ''))
  const cloud = await step('Start the local cloud', () =>
    startLocalCloud({
      assembly: assemblyOf('local'),
      ...(values.data === undefined ? {} : { data: values.data }),
      ...(values.port === undefined ? {} : { port: Number(values.port) }),
    }),
  )
  const stop = async (): Promise<void> => {
    await cloud.stop()
    process.exit()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  console.log(await summary(cloud))
  if (values.exit) await stop()
  else console.log('Ctrl-C stops it.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
