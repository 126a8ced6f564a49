import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from './json.ts'

/** dynoxide, a native DynamoDB emulator, in a process of its own. */
export interface Dynoxide {
  /** Where it listens; waits while it is started again. @throws when it cannot be started */
  url(): Promise<URL>
  end(): Promise<void>
}

/** One process of it. */
interface Launched {
  readonly url: URL
  /** Resolves when it has ended, by itself or because it was ended. */
  readonly ended: Promise<void>
  end(): Promise<void>
}

/** A process that ends sooner than after so many milliseconds is not started again at once. */
const shortLife = 1000

/**
 * Starts dynoxide on a database file, and again whenever it ends: it answers nothing that it has not committed, and goes on from the file.
 * A call that was under way fails as on a broken connection.
 */
export async function startDynoxide(file: string): Promise<Dynoxide> {
  let stopped = false
  let current = launch(file)
  function restart({ ended }: Launched): void {
    const begun = Date.now()
    void ended.then(async () => {
      if (stopped) return
      const pause = Date.now() - begun < shortLife ? shortLife : 0
      current = sleep(pause).then(() => launch(file))
      current.then(restart, (error) => process.emitWarning(`local cloud: ${errorText(error)}`))
    })
  }
  restart(await current)
  return {
    url: async () => (await current).url,
    end: async () => {
      stopped = true
      await current.then((launched) => launched.end()).catch(() => undefined)
    },
  }
}

/** The binary of this platform, inside an npm package. */
function binary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  try {
    const file = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide')
    if (existsSync(file)) return file
  } catch {
    // Said below, with what to do about it.
  }
  throw new Error(`There is no ${name} here. Set AWS_ENDPOINT_URL_DYNAMODB to any other DynamoDB endpoint, such as DynamoDB Local.`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/**
 * A shell stands between us and it. It ends when dynoxide does, and one of its own waits for our input to end: that ends dynoxide even when
 * we are killed, or the shell is.
 */
const script = 'exec 3<&0; "$@" 3<&- & child=$!; { read -r _ <&3; kill -9 $child; } 2>/dev/null & wait $child; kill -9 $! 2>/dev/null'

/** It says when it listens: a port that somebody else took in the meantime stays silent, and another is tried. */
async function launch(file: string): Promise<Launched> {
  for (let tries = 0; tries < 3; tries++) {
    const port = await freePort()
    const child = spawn('/bin/sh', ['-c', script, 'dynoxide', binary(), 'serve', '--port', String(port), '--db-path', file], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {},
    })
    // All of them gone, and with them the last who holds the pipe.
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.once('exit', () => child.stdin.destroy())
    const end = (): Promise<void> => {
      child.stdin.destroy()
      return ended
    }
    const listening = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 3000)
      const told = (yes: boolean) => (): void => {
        clearTimeout(timer)
        resolve(yes)
      }
      child.once('error', told(false)).once('exit', told(false))
      child.stderr.once('data', told(true))
    })
    child.stderr.resume()
    if (listening) return { url: new URL(`http://127.0.0.1:${port}/`), ended, end }
    await end()
  }
  throw new Error(`${binary()} does not start on ${file}`)
}
