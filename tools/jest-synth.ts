import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { synthesize } from './synth.ts'

/** Before tests that read the templates or run them: brings cdk.out up to date, once for all of them. */
// biome-ignore lint/style/noDefaultExport: jest asks for one
export default function setup(): void {
  if (existsSync(join(import.meta.dirname, '../infra/app.ts'))) synthesize()
}
