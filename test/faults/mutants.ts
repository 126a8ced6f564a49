import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { preset } from '@wontanara/infra/bundle'
import { build } from 'esbuild'
import { assembly } from './stage.ts'
import { subjects } from './subjects.ts'

/** A defect that the suite must find: put into a copy of the stage, never into the source. */
export interface Mutant {
  readonly name: string
  /** `services/case-intake/src/api.lambda.ts` and the like: every function made of such an entry gets it. */
  readonly entries: readonly { readonly stack: string; readonly function: string; readonly source: string }[]
  /** The file to change, from the root, and what to write instead of what. */
  readonly file: string
  readonly instead: readonly [string, string]
}

const services = subjects.map(({ service }) => service)
const root = join(import.meta.dirname, '../..')
const relays = services.map((stack) => ({ stack, function: 'relay', source: 'packages/aws/src/relay.lambda.ts' }))
const entryOf = (stack: string, name: string) => ({ stack, function: name, source: `services/${stack}/src/${name}.lambda.ts` })
const apis = [
  ...services.map((stack) => entryOf(stack, 'api')),
  entryOf('case-intake', 'lists'),
  entryOf('case-intake', 'apply'),
  entryOf('referral-routing', 'offers'),
  entryOf('referral-routing', 'partners'),
]
const consumers = services.map((stack) => entryOf(stack, 'events'))

export const mutants = {
  relayTrustsTheBus: {
    name: 'a relay that does not look at FailedEntryCount',
    entries: relays,
    file: 'packages/aws/src/relay.ts',
    instead: ['if (FailedEntryCount === 0) return', 'if (FailedEntryCount >= 0) return'],
  },
  commandsAreForgotten: {
    name: 'a store that does not recognise what it has applied',
    entries: [...apis, ...consumers],
    file: 'packages/core/src/execute.ts',
    instead: ['if (version === 0) return undefined', 'if (version >= 0) return undefined'],
  },
  failuresAreSwallowed: {
    name: 'a consumer that acknowledges what failed',
    entries: consumers,
    file: 'packages/aws/src/event-handler.ts',
    instead: ['await onFailure?.(message, error)\n          throw error', 'await onFailure?.(message, error)'],
  },
  feedTakesEverything: {
    name: 'a feed that does not look whether it has an event already',
    entries: consumers.filter(({ stack }) => stack === 'referral-routing'),
    file: 'services/referral-routing/src/partner-feed.dynamo.ts',
    instead: ['sk: { S: `id#', 'sk: { S: Math.random() + `id#'],
  },
  placesAreOnlyNoted: {
    name: 'an index that notes where a record is found, and does not write it',
    entries: [{ stack: 'case-intake', function: 'registrations', source: 'services/case-intake/src/registrations.lambda.ts' }],
    file: 'packages/aws/src/find-index.ts',
    instead: ['await write([', 'await Promise.all(['],
  },
} as const satisfies Readonly<Record<string, Mutant>>

interface Assets {
  readonly files: Readonly<Record<string, { readonly displayName?: string; readonly source: { path?: string } }>>
}

/** A copy of the synthesized stage that nobody changes meanwhile. */
export function frozen(): { readonly folder: string; remove(): void } {
  const top = mkdtempSync(join(tmpdir(), 'faults-'))
  const folder = join(top, 'assembly')
  cpSync(assembly, folder, { recursive: true })
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.assets.json'))) {
    const { files } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Assets
    for (const { source } of Object.values(files))
      if (source.path?.startsWith('../') === true) cpSync(join(assembly, source.path), join(folder, source.path), { recursive: true })
  }
  const remove = (): void => rmSync(top, { recursive: true, force: true })
  process.once('exit', remove)
  return { folder, remove }
}

/** A copy of the stage with a defect in it. @throws when the source is not as it was when the defect was thought of */
export async function mutated({ entries, file, instead: [was, is] }: Mutant): Promise<{ readonly folder: string; remove(): void }> {
  const copy = frozen()
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(was).length !== 2) throw new Error(`${file} does not hold once: ${was}`)
  const contents = text.replace(was, () => is)
  for (const { stack, function: name, source } of entries) {
    const outdir = join(copy.folder, '..', `mutant-${stack}-${name}`)
    mkdirSync(outdir, { recursive: true })
    await build({
      ...preset,
      entryPoints: [{ in: join(root, source), out: 'index' }],
      outdir,
      plugins: [
        ...preset.plugins,
        {
          name: 'defect',
          setup: (builder) => {
            builder.onLoad({ filter: /\.ts$/ }, (loaded) => (loaded.path === path ? { contents, loader: 'ts' } : undefined))
          },
        },
      ],
    })
    patch(copy.folder, stack, name, `../mutant-${stack}-${name}`)
  }
  return copy
}

function patch(folder: string, stack: string, name: string, path: string): void {
  let patched = 0
  const prefix = `local${stack.replaceAll('-', '')}`
  for (const file of readdirSync(folder).filter((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.assets.json'))) {
    const assets = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Assets
    for (const { displayName, source } of Object.values(assets.files)) {
      if (displayName !== `Service/${name}/Code`) continue
      source.path = path
      patched++
    }
    writeFileSync(join(folder, file), JSON.stringify(assets))
  }
  if (patched !== 1) throw new Error(`${stack} has ${patched} functions ${name}`)
}
