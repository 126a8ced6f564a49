// What an export costs while the list grows: time, memory and units.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '@wontanara/aws'
import { cases } from '@wontanara/case-intake/case'
import { awaitExport, openProgramme, type Programme, people, readExport, register, requestExport } from '@wontanara/examples'
import { between, type LocalCloud, type Observation, quantityOf, startLocalCloud, usdOfUsage } from '@wontanara/local-cloud'
import { table, verdicts } from './statistics.ts'

const writer = 'case-intake/Service/exports'
const assembly = join(import.meta.dirname, '../../cdk.out/assembly-local')

/** The stage without the function that follows registrations: what is stored here is not to be found, and placing it takes hours. */
function assemblyOfBench(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-export-'))
  const copy = join(folder, 'assembly')
  cpSync(assembly, copy, { recursive: true })
  // The assembly names its assets by where they lie beside it.
  for (const name of readdirSync(join(assembly, '..')).filter((asset) => asset.startsWith('asset.')))
    symlinkSync(join(assembly, '..', name), join(folder, name))
  for (const name of readdirSync(copy).filter((file) => file.includes('caseintake') && file.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(copy, name), 'utf8')) as { Resources: Record<string, unknown> }
    for (const id of Object.keys(template.Resources).filter((id) => id.startsWith('ServiceregistrationsStream')))
      delete template.Resources[id]
    writeFileSync(join(copy, name), JSON.stringify(template))
  }
  return copy
}

/** Lets this process work on the service's table, as its functions do. */
function openTable({ endpoint, region, resources }: LocalCloud) {
  const of = (type: string, path: string) => {
    const found = resources(type).find((resource) => resource.path === path)
    if (found === undefined) throw new Error(`no ${path}`)
    return found
  }
  const keys = Object.fromEntries(['C2', 'C3-protection', 'find'].map((name) => [name, of('AWS::KMS::Key', `platform/Key${name}`).arn]))
  Object.assign(process.env, {
    STAGE: 'local',
    SERVICE: 'case-intake',
    TABLE_NAME: of('AWS::DynamoDB::Table', 'case-intake/Service/Table').name,
    CLASS_KEYS: JSON.stringify(keys),
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  })
  return repository(cases).store
}
type CaseStore = ReturnType<typeof openTable>

const idOf = (n: number): string => `case-${n.toString(8).padStart(12, '0')}`

/** Stores people of their own names, each as a registration does. */
async function fill(store: CaseStore, caseId: string, from: number, to: number): Promise<void> {
  const original = await store.load(caseId)
  if (original === undefined) throw new Error('no case to begin with')
  const { state } = original
  const { person } = state.registration
  let n = from
  const work = async (): Promise<void> => {
    for (let i = n++; i < to; i = n++) {
      const named = { ...person, name: { given: `Personne-${i}`, family: 'Exemple' } }
      const trail = { at: state.since, by: 'bench', as: 'bench', offices: [], action: 'case:register' }
      const one = { ...state, caseId: idOf(i), registration: { ...state.registration, person: named } }
      await store.append({ id: idOf(i), from: undefined, state: one, events: [], trail, mark: 'bench-bench-1234' })
    }
  }
  await Promise.all(Array.from({ length: 12 }, work))
}

/** The most memory that a process of the writer has held, in MB; where the system tells (Linux). */
function peakOf(functionName: string): number | undefined {
  const peaks = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}\0`)) return []
      return [Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024]
    } catch {
      // Another's, or gone meanwhile.
      return []
    }
  })
  return peaks.length === 0 ? undefined : Math.max(...peaks)
}

interface Written {
  readonly cases: number
  readonly seconds: number
  readonly turns: number
  readonly peak: number | undefined
  readonly readUnits: number
  readonly requests: number
  readonly usd: number
}

async function one(cloud: LocalCloud, programme: Programme, functionName: string, rows: number): Promise<Written> {
  const invocations: Extract<Observation, { kind: 'invocation' }>[] = []
  const end = cloud.observe((observation) => {
    if (observation.kind === 'invocation' && observation.function === writer) invocations.push(observation)
  })
  const before = cloud.usage()
  const exportId = await requestExport(programme, { format: 'csv' })
  while (['requested', 'running'].includes((await readExport(programme, exportId)).status))
    await new Promise((resolve) => setTimeout(resolve, 500))
  const view = await awaitExport(programme, exportId)
  if (view.rows !== rows) throw new Error(`${view.rows} rows of ${rows}`)
  const peak = peakOf(functionName)
  await cloud.settled({ timeout: 60_000 })
  end()
  const used = between(before, cloud.usage()).filter((entry) => entry.function === writer)
  const text = await (await fetch(view.link.url)).text()
  if (new Set(text.match(/case-[0-9a-z]+/g)).size !== rows) throw new Error('somebody is missing, or twice in the file')
  return {
    cases: rows,
    seconds: invocations.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000,
    turns: invocations.length,
    peak,
    readUnits: quantityOf(used, 'dynamodb.reads'),
    requests: quantityOf(used, 's3.writes') + quantityOf(used, 's3.reads'),
    usd: usdOfUsage(used),
  }
}

export async function exported(sizes: readonly number[] = [1000, 10_000, 100_000]): Promise<string> {
  const folder = assemblyOfBench()
  const cloud = await startLocalCloud({ assembly: folder })
  try {
    const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), [])
    const store = openTable(cloud)
    const caseId = await register(programme, people.teacher)
    const functionName = cloud.resources('AWS::Lambda::Function').find(({ path }) => path === writer)?.name ?? ''
    const all: Written[] = []
    let stored = 1
    for (const size of sizes) {
      await fill(store, caseId, stored, size)
      stored = size
      await cloud.settled({ timeout: 600_000 })
      all.push(await one(cloud, programme, functionName, size))
      // Filling takes its time: who waits sees that it goes on.
      console.error(JSON.stringify(all.at(-1)))
    }
    const [first, last] = [all[0], all.at(-1)]
    const perRow = (written: Written | undefined): number => (written === undefined ? Number.NaN : written.readUnits / written.cases)
    const growth = perRow(last) / perRow(first)
    return [
      'export: CSV, all columns. Floor: units of a row that do not grow with the list, 1.00.',
      table(
        ['rows', 'rows/s', 'turns', 'peak MB', 'RRU per row', 'S3 requests', 'USD'],
        all.map(({ cases: rows, seconds, turns, peak, readUnits, requests, usd }) => [
          rows.toLocaleString('en'),
          (rows / seconds).toFixed(0),
          String(turns),
          peak?.toFixed(0) ?? 'not known',
          (readUnits / rows).toFixed(2),
          String(requests),
          usd.toFixed(4),
        ]),
      ),
      verdicts([
        { goal: 'units per row <= 1.1 x', measured: growth.toFixed(2), met: growth <= 1.1 },
        { goal: 'peak RSS <= 512 MB at the largest', measured: `${last?.peak?.toFixed(0)} MB`, met: (last?.peak ?? 0) <= 512 },
      ]),
    ].join('\n')
  } finally {
    await cloud.stop()
    rmSync(join(folder, '..'), { recursive: true, force: true })
  }
}
