import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, type Metafile } from 'esbuild'

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

/** Bundles every entry in one call and leaves the sizes in dist/meta.json. */
export async function bundle(): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  const entries = globSync(['services/*/src/*.lambda.ts', 'packages/aws/src/*.lambda.ts'], { cwd: root }).sort()
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({
      in: entry,
      out: join(basename(dirname(dirname(entry))), basename(entry, '.lambda.ts'), 'index'),
    })),
    outdir: dist,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
    alias: { '@aws-sdk/credential-provider-node': join(root, 'packages/aws/src/environment-credentials.ts') },
    metafile: true,
  })
  inspect(metafile)
  mkdirSync(dist, { recursive: true })
  writeFileSync(join(dist, 'meta.json'), JSON.stringify(metafile))
}
