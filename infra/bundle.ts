import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** Where the bundle of an entry lies: `folderOf('case-intake', 'api')` holds the `index.js` made of services/case-intake/src/api.lambda.ts. */
export const folderOf = (owner: string, entry: string): string => join(dist, owner, entry)

/** What must never ride along: each costs every cold start (figures in docs/adr/0002-bundles.md). */
const unwanted: readonly (readonly [RegExp, string])[] = [
  [/node_modules\/aws-xray-sdk-core\//, 'the X-Ray SDK'],
  [/node_modules\/zod\/.*\/locales\/(?!en\.)[^/]+$/, 'the locales of zod'],
  [/node_modules\/semver\//, 'semver'],
  [/node_modules\/@aws-sdk\/(client-sso|client-sso-oidc|client-sts|nested-clients)\//, 'clients of the credential chain'],
]

/** @throws naming the bundle and what slipped into it, or a package that is there in two versions */
function inspect({ outputs }: Metafile): void {
  const faults = Object.entries(outputs).flatMap(([output, { inputs }]) => {
    const used = Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : []))
    const versions = new Map<string, Set<string>>()
    for (const input of used) {
      const [, name, version] = /node_modules\/\.pnpm\/((?:@aws-sdk\+|@smithy\+|zod@)[^@/]*)@?([^/_(]+)/.exec(input) ?? []
      if (name !== undefined && version !== undefined) versions.set(name, (versions.get(name) ?? new Set()).add(version))
    }
    return [
      ...unwanted.flatMap(([pattern, name]) => (used.some((input) => pattern.test(input)) ? [`${output} holds ${name}`] : [])),
      ...[...versions].flatMap(([name, found]) => (found.size > 1 ? [`${output} holds ${name} twice: ${[...found].join(', ')}`] : [])),
    ]
  })
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

/** Modules that a bundle keeps as names only: no function calls them, and tree shaking cannot know. */
const uncalled: readonly (readonly [RegExp, string])[] = [
  // Every zod schema can write itself as JSON Schema. Ours are written at build time (tools/generate).
  [/\/zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/, 'JSON Schema is written at build time, not by functions'],
  // The SDK's protocols know event streams. DynamoDB, EventBridge, KMS and SQS have none, and no call that we make of S3.
  [/\/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/, 'no service used here has event streams'],
]

/** The names that an ES module exports, in the two forms that compilers write. */
function exportsOf(source: string): readonly string[] {
  const declared = [...source.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)].map(([, name]) => name ?? '')
  const listed = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','))
  return [...new Set([...declared, ...listed.map((item) => item.trim().split(' as ').at(-1) ?? '')])].filter((name) => name !== '')
}

const dialled = new Set(
  (
    'GN SN ML CI SL LR GW GM MR CV BF NE NG GH TG BJ CM TD CF GA CG CD AO DZ LY TN MA EH EG SD ' +
    'FR BE DE NL LU IT ES PT GB IE CH AT SE NO DK FI PL GR MT CY TR US CA BR SA AE KW QA LB'
  ).split(' '),
)

interface NumberingPlans {
  readonly version: number
  readonly country_calling_codes: Readonly<Record<string, readonly string[]>>
  readonly countries: Readonly<Record<string, unknown>>
}

/** The metadata of libphonenumber, of some countries only. */
function numberingPlans(text: string): NumberingPlans {
  const { version, country_calling_codes, countries }: NumberingPlans = JSON.parse(text)
  const codes = Object.entries(country_calling_codes).map(([code, of]) => [code, of.filter((country) => dialled.has(country))] as const)
  return {
    version,
    country_calling_codes: Object.fromEntries(codes.filter(([, of]) => of.length > 0)),
    countries: Object.fromEntries(Object.entries(countries).filter(([country]) => dialled.has(country))),
  }
}

const lean: Plugin = {
  name: 'lean',
  setup(builder) {
    for (const [filter, why] of uncalled) {
      builder.onLoad({ filter }, ({ path }) => {
        // A client of S3 passes its settings through it when it is made.
        const passed = 'resolveEventStreamSerdeConfig'
        const all = exportsOf(readFileSync(path, 'utf8'))
        const names = all.filter((name) => name !== passed)
        return {
          contents: `function absent() { throw new Error(${JSON.stringify(why)}) }\n${all.includes(passed) ? `export const ${passed} = (settings) => settings\n` : ''}export { ${names.map((name) => `absent as ${name}`).join(', ')} }`,
        }
      })
    }
    // A client reads its own package.json for its version, and would carry the rest of it along.
    builder.onLoad({ filter: /\/@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => ({
      loader: 'json',
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
    }))
    // Numbering plans of the countries that people of the programme leave, cross and reach: of all the world's they are four times as large.
    builder.onLoad({ filter: /\/libphonenumber-js\/metadata\.min\.json(\.js)?$/ }, ({ path }) => ({
      loader: 'json',
      contents: JSON.stringify(numberingPlans(readFileSync(join(dirname(path), 'metadata.min.json'), 'utf8'))),
    }))
    // The DynamoDB client makes a cache of discovered endpoints, which no command of this version of it reads.
    builder.onLoad({ filter: /\/@aws-sdk\/endpoint-cache\/dist-es\/index\.js$/ }, () => ({ contents: 'export class EndpointCache {}' }))
  },
}

/** How every function is bundled. `bench cold` measures a bare handler made with the same settings. */
export const preset = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  // require() instead: as an ES module node:http brings undici along, 15 ms of the first call to an emulator over plain HTTP.
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  // A name that a module no longer has is an error, not a warning: it would fail only when called.
  logOverride: { 'import-is-undefined': 'error' },
  alias: { '@aws-sdk/credential-provider-node': join(root, 'packages/aws/src/environment-credentials.ts') },
  plugins: [lean],
  metafile: true,
} satisfies BuildOptions

/** Bundles every entry in one call and leaves the sizes in dist/meta.json. */
export async function bundle(): Promise<void> {
  const entries = globSync(['services/*/src/*.lambda.ts', 'packages/aws/src/*.lambda.ts'], { cwd: root }).sort()
  const { metafile } = await build({
    ...preset,
    entryPoints: entries.map((entry) => ({
      in: entry,
      out: join(basename(dirname(dirname(entry))), basename(entry, '.lambda.ts'), 'index'),
    })),
    outdir: dist,
  })
  inspect(metafile)
  mkdirSync(dist, { recursive: true })
  writeFileSync(join(dist, 'meta.json'), JSON.stringify(metafile))
}
