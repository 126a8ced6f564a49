import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LocalCloud, startLocalCloud } from '@wontanara/local-cloud'
import * as z from 'zod'

/** Outputs of the stack, as `cdk deploy --outputs-file` writes them. Named: nobody's credentials are used by accident. */
const { AWS_CONTRACT_OUTPUTS: deployed } = process.env

/** Whether the suite runs on the local cloud. */
export const local = deployed === undefined

const Outputs = z.object({
  QueueUrl: z.string(),
  QueueArn: z.string(),
  DeadLettersUrl: z.string(),
  SmallUrl: z.string(),
  BusName: z.string(),
  EventsUrl: z.string(),
  TableName: z.string(),
  SeenName: z.string(),
  KeyArn: z.string(),
  OtherKeyArn: z.string(),
  FailuresUrl: z.string(),
  InboxUrl: z.string(),
  UsersId: z.string(),
  UsersTokenUrl: z.string(),
  OthersId: z.string(),
  OthersTokenUrl: z.string(),
  TrustedId: z.string(),
  StrangerId: z.string(),
  OtherId: z.string(),
  ApiUrl: z.string(),
})

/** What the suite works on. */
export interface Target extends z.infer<typeof Outputs> {
  /** An SDK client for it. */
  client<C extends { destroy(): void }>(make: new (options: object) => C): C
  /** Time passes: at once on the local cloud, really on any other. */
  pass(seconds: number): Promise<void>
  close(): Promise<void>
}

const Assembly = z.record(z.string(), Outputs)

/** @throws when the stack cannot be synthesized, or its outputs are not those of this version */
export async function openTarget(): Promise<Target> {
  const clients: { destroy(): void }[] = []
  const clientsOf =
    (options: object): Target['client'] =>
    (make) => {
      const known = clients.find((client) => client instanceof make)
      if (known instanceof make) return known
      const made = new make(options)
      clients.push(made)
      return made
    }
  const destroy = (): void => {
    for (const client of clients) client.destroy()
  }
  if (deployed !== undefined) {
    const outputs = outputsIn(JSON.parse(readFileSync(deployed, 'utf8')))
    // Credentials, region and AWS_ENDPOINT_URL as the SDK finds them.
    return { ...outputs, client: clientsOf({}), pass: (seconds) => sleep(seconds * 1000), close: async () => destroy() }
  }
  const assembly = mkdtempSync(join(tmpdir(), 'contract-'))
  const synthesis = spawnSync(process.execPath, [join(__dirname, 'stack.ts')], {
    env: { ...process.env, CDK_OUTDIR: assembly },
    encoding: 'utf8',
  })
  if (synthesis.status !== 0) throw new Error(`${synthesis.stdout}${synthesis.stderr}`)
  const cloud: LocalCloud = await startLocalCloud({ assembly })
  const tokens = `${cloud.endpoint}/oauth2/token`
  return {
    ...outputsIn(cloud.outputs),
    ApiUrl: cloud.apiUrl,
    UsersTokenUrl: tokens,
    OthersTokenUrl: tokens,
    client: clientsOf({
      endpoint: cloud.endpoint,
      region: cloud.region,
      credentials: { accessKeyId: 'contract', secretAccessKey: 'contract' },
    }),
    pass: async (seconds) => void (await cloud.advance(seconds * 1000)),
    close: async () => {
      destroy()
      await cloud.stop()
      rmSync(assembly, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function outputsIn(value: unknown): z.infer<typeof Outputs> {
  const [outputs] = Object.values(Assembly.parse(value))
  if (outputs === undefined) throw new Error('no outputs')
  return outputs
}

/** Asks until there is something to say. @throws after a while */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + (local ? 10_000 : 120_000)
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > until) throw new Error('it never happened')
    await sleep(local ? 20 : 1000)
  }
}
