// Row 2 of the goals: how large each bundle is, and of what.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { table } from './statistics.ts'

const dist = join(import.meta.dirname, '../../dist')
const ours = /^(events|packages|services)\//
const documents = /^(docs|events\/generated)/

export interface BundleSize {
  /** `case-intake/api` */
  readonly name: string
  readonly bytes: number
  readonly gzip: number
  /** SDK clients it holds, such as `client-kms`. */
  readonly clients: readonly string[]
  /** What it may weigh: the goal for one SDK client, and for each further one as much as that is worth. */
  readonly goal: { readonly bytes: number; readonly gzip: number }
  /** Bytes of each npm package and each of our own folders. */
  readonly parts: ReadonlyMap<string, number>
  /** Of these, what is not ours; and the documents that are served, which are data. */
  readonly libraries: number
  readonly documents: number
}

interface Meta {
  readonly outputs: Readonly<
    Record<string, { readonly bytes: number; readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >
}

const one = { bytes: 280_000, gzip: 92_000 }
const further = { bytes: 60_000, gzip: 20_000 }
/** S3 alone speaks XML, sums what it sends and has a hundred commands in one schema: only what writes files in the background carries it. */
const files = { bytes: 160_000, gzip: 45_000 }

/** The npm package of a bundled file, or the two folders that name our own. */
const partOf = (file: string): string =>
  /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file)?.[1] ?? file.split('/').slice(0, 2).join('/')

/** What lies in dist, by name. */
export function bundleSizes(): readonly BundleSize[] {
  const meta = JSON.parse(readFileSync(join(dist, 'meta.json'), 'utf8')) as Meta
  return Object.entries(meta.outputs).map(([file, { bytes, inputs }]) => {
    const parts = new Map<string, number>()
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0) parts.set(partOf(input), (parts.get(partOf(input)) ?? 0) + bytesInOutput)
    }
    const clients = [...parts.keys()].filter((name) => name.startsWith('@aws-sdk/client-')).map((name) => name.slice('@aws-sdk/'.length))
    const writesFiles = clients.includes('client-s3')
    const more = Math.max(0, clients.length - (writesFiles ? 2 : 1))
    const goalOf = (unit: 'bytes' | 'gzip'): number => one[unit] + more * further[unit] + (writesFiles ? files[unit] : 0)
    const sum = (wanted: (name: string) => boolean): number =>
      [...parts].reduce((total, [name, size]) => total + (wanted(name) ? size : 0), 0)
    return {
      name: file.split('/').slice(1, 3).join('/'),
      bytes,
      gzip: gzipSync(readFileSync(join(dist, '..', file)), { level: 9 }).length,
      clients,
      goal: { bytes: goalOf('bytes'), gzip: goalOf('gzip') },
      parts,
      libraries: sum((name) => !ours.test(name) && !documents.test(name)),
      documents: sum((name) => documents.test(name)),
    }
  })
}

export async function size(): Promise<string> {
  const sizes = bundleSizes()
  const number = (n: number): string => n.toLocaleString('en')
  const rows = sizes.map(({ name, bytes, gzip, clients, goal, libraries, documents }) => [
    name,
    number(bytes),
    number(gzip),
    number(libraries),
    number(bytes - libraries - documents),
    number(documents),
    clients.join(', '),
    `${number(goal.bytes)} / ${number(goal.gzip)}`,
    bytes - documents <= goal.bytes && gzip <= goal.gzip ? 'met' : 'MISSED',
  ])
  const largest = sizes.toSorted((a, b) => b.bytes - b.documents - (a.bytes - a.documents))[0]
  const parts = [...(largest?.parts ?? [])].sort((a, b) => b[1] - a[1]).slice(0, 15)
  return [
    table(['function', 'bytes', 'gzip', 'of libraries', 'of our own', 'documents', 'SDK clients', 'goal', ''], rows),
    '',
    `What the largest is made of, ${largest?.name ?? ''}:`,
    table(
      ['package', 'bytes'],
      parts.map(([name, bytes]) => [name, number(bytes)]),
    ),
  ].join('\n')
}
