// Synthesizes every stage into cdk.out, unless nothing that the templates and bundles are made of has changed since the last time.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const out = join(root, 'cdk.out')
const stamp = join(out, '.inputs')

/** What the templates and the bundles are made of. */
const inputs = [
  '{events,infra,services/*,packages/{core,aws}}/package.json',
  '{events/{src,generated},infra,services/*/src,packages/{core,aws}/src}/**/*.{ts,json,mjs}',
  'docs/**/*.json',
  '{cdk,package}.json',
  'pnpm-{lock,workspace}.yaml',
  'tools/synth.ts',
]

/** A digest of names and contents. */
function fingerprint(): string {
  const hash = createHash('sha256')
  const files = globSync(inputs, { cwd: root, exclude: (path) => /(^|\/)node_modules$|\.test\.ts$/.test(path) })
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

/** cdk-nag's findings end the synthesis; a missing report would mean that it did not run. */
function requireReport(): void {
  const file = join(out, 'validation-report.json')
  if (!existsSync(file)) throw new Error(`cdk-nag left no ${file}: are its rules still added in infra/app.ts?`)
  const report = read(file) as { pluginReports: readonly { pluginName: string; conclusion: string }[] }
  const failed = report.pluginReports.filter(({ conclusion }) => conclusion !== 'success')
  if (failed.length > 0) throw new Error(`Findings of ${failed.map(({ pluginName }) => pluginName).join(', ')}: see ${file}`)
}

/**
 * Brings cdk.out up to date.
 * @returns whether it was already
 * @throws when a template or a rule of cdk-nag fails, with the output of the CDK app
 */
export function synthesize(): 'unchanged' | 'synthesized' {
  const wanted = fingerprint()
  if (existsSync(stamp) && existsSync(join(root, 'dist/meta.json')) && readFileSync(stamp, 'utf8') === wanted) return 'unchanged'
  rmSync(stamp, { force: true })
  const app = spawnSync(process.execPath, ['infra/app.ts'], { cwd: root, env: { ...process.env, CDK_OUTDIR: out }, encoding: 'utf8' })
  if (app.error) throw app.error
  if (app.status !== 0) throw new Error(`${app.stdout}${app.stderr}`.trimEnd())
  requireReport()
  writeFileSync(stamp, wanted)
  return 'synthesized'
}

/** The folder of one stage's assembly: the one whose manifest lists that stage's stacks. */
export function assemblyOf(stage: string): string {
  const manifest = read(join(out, 'manifest.json')) as {
    artifacts: Readonly<Record<string, { type: string; properties?: { directoryName?: string; displayName?: string } }>>
  }
  const nested = Object.values(manifest.artifacts).find(
    ({ type, properties }) => type === 'cdk:cloud-assembly' && properties?.displayName === stage,
  )
  if (!nested?.properties?.directoryName) throw new Error(`No stage "${stage}" in ${out}`)
  return join(out, nested.properties.directoryName)
}

if (import.meta.main) {
  try {
    synthesize()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
