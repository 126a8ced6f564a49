import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

/** What can be installed on a machine; `CHROME_PATH` names another one. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Nothing that Chromium does of its own accord leaves this machine. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A headless Chromium with a fresh profile: the one of this machine, else the one from npm. */
export async function openBrowser(): Promise<Browser> {
  const { CHROME_PATH } = process.env
  const found = [...(CHROME_PATH === undefined ? [] : [CHROME_PATH]), ...installed].find((path) => existsSync(path))
  if (found !== undefined) return chromium.launch({ executablePath: found, args: flags })
  const folder = await unpacked()
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: flags,
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  })
}

/**
 * Where the Chromium of `@sparticuz/chromium`, its libraries and fonts are unpacked: beside its package, once. By a process of its own,
 * because it unpacks into the folder for temporary files, and its libraries only where it takes this machine for a Lambda function.
 */
async function unpacked(): Promise<string> {
  const entry = require.resolve('@sparticuz/chromium')
  const folder = join(dirname(entry), '..', 'unpacked')
  if (existsSync(folder)) return folder
  const making = mkdtempSync(`${folder}-`)
  const script = `const { default: chromium } = await import(${JSON.stringify(pathToFileURL(entry).href)}); await chromium.executablePath()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, TMPDIR: making, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
  })
  try {
    renameSync(making, folder)
  } catch {
    // Another run was faster.
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}
