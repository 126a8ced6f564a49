import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDirectory, openProgramme, organisations, type Programme, type TokenIssuer } from '@wontanara/examples'
import { type LocalCloud, startLocalCloud } from '@wontanara/local-cloud'
import type { Send } from '@wontanara/testing'
import * as z from 'zod'

/** The assembly of the stage of this machine. */
export const assembly = join(__dirname, '../../cdk.out/assembly-local')

/** Where journeys run. */
export interface OpenStage {
  readonly apiUrl: string
  /** Signs everybody in anew, sending requests as told. */
  programme(send?: Send): Promise<Programme>
  close(): Promise<void>
}

const signIn = async (apiUrl: string, issue: TokenIssuer, now: () => number, send?: Send): Promise<Programme> =>
  openProgramme(
    apiUrl,
    issue,
    organisations.map(({ organisationId }) => organisationId),
    { now, ...(send === undefined ? {} : { send }) },
  )

/** A stage of its own on this machine, with the example directory in it. */
export async function openLocalStage(): Promise<OpenStage & { readonly cloud: LocalCloud }> {
  const cloud = await startLocalCloud({ assembly })
  const programme = (send?: Send): Promise<Programme> => signIn(cloud.apiUrl, (request) => cloud.token(request), cloud.now, send)
  await fillDirectory(await programme())
  return { cloud, apiUrl: cloud.apiUrl, programme, close: () => cloud.stop() }
}

/**
 * The stage that the environment names, or one of its own. `STAGE_API_URL`: base of a deployed API; `STAGE_TOKENS`: a JSON file, subject
 * of each member of staff (`example-<role>`) and client (`client-<organisation>`) -> access token.
 */
export async function openStage(): Promise<OpenStage> {
  const { STAGE_API_URL, STAGE_TOKENS } = process.env
  if (STAGE_API_URL === undefined || STAGE_TOKENS === undefined) return openLocalStage()
  const tokens = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(STAGE_TOKENS, 'utf8')))
  const issue: TokenIssuer = ({ sub }) => {
    const token = tokens[sub]
    return token === undefined ? Promise.reject(new Error(`${STAGE_TOKENS} holds no token for ${sub}`)) : Promise.resolve(token)
  }
  const programme = (send?: Send): Promise<Programme> => signIn(STAGE_API_URL, issue, Date.now, send)
  await fillDirectory(await programme())
  return { apiUrl: STAGE_API_URL, programme, close: () => Promise.resolve() }
}
