// `pnpm run deploy --stage dev`: synthesizes and hands the stacks of that stage to the CDK CLI, with any further arguments (`--profile` ...).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { assemblyOf, synthesize } from './synth.ts'

const [flag, stage, ...passed] = process.argv.slice(2)
if (flag !== '--stage' || stage === undefined || stage === 'local') {
  console.error('Usage: pnpm run deploy --stage dev|staging|prod [arguments of cdk deploy]')
  process.exit(2)
}

console.log(synthesize() === 'unchanged' ? 'The stacks are up to date.' : 'The stacks are synthesized.')
const cdk = spawnSync('cdk', ['deploy', '--app', assemblyOf(stage), '--all', ...passed], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
})
process.exitCode = cdk.status ?? 1
