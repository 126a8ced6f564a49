import { type HttpClient, httpClient, type Send, type TestResponse } from '@wontanara/testing'
import * as z from 'zod'
import type { OrganisationId } from './directory.ts'

/** The staff of the examples: one person for each role that has a part in them. */
export const staffRoles = [
  'intake-officer',
  'case-manager',
  'supervisor',
  'protection-officer',
  'child-protection-officer',
  'medical-officer',
  'return-officer',
  'referral-coordinator',
] as const
export type StaffRole = (typeof staffRoles)[number]

/** Who asks for a token. */
export interface TokenRequest {
  readonly sub: string
  readonly groups?: readonly string[]
  readonly scope?: string
}
/** Gives access tokens: the local cloud's issuer, or what signs people in at a deployed stage. */
export type TokenIssuer = (request: TokenRequest) => Promise<string>

/** Everybody who takes part, each with access to the public API. */
export interface Programme {
  readonly office: string
  /** What time it is for everybody, in milliseconds since 1970: a stage's clock may be ahead of this machine's. */
  now(): number
  staff(role: StaffRole): HttpClient
  partner(organisation: OrganisationId): HttpClient
  /** Somebody who has no login. */
  readonly anybody: HttpClient
  /** Subject of a member of staff: how assignments name a person. */
  idOf(role: StaffRole): string
  /** The same people, at another office. */
  at(office: string): Promise<Programme>
  /** Another person who has a role at this office. @param id its subject */
  colleague(role: StaffRole, id: string): Promise<HttpClient>
}

/** A step that did not go as it should. Its message names the step, the status and the codes of the answer; it holds nothing personal. */
export class StepFailed extends Error {}

/**
 * Signs everybody in.
 * @param now their clock; this machine's unless told
 * @param send how requests are sent; a test may send each twice
 */
export async function openProgramme(
  apiUrl: string,
  issue: TokenIssuer,
  partners: readonly OrganisationId[],
  { office = 'conakry', now = Date.now, send }: { readonly office?: string; readonly now?: () => number; readonly send?: Send } = {},
): Promise<Programme> {
  const idOf = (role: string): string => `example-${role}`
  const clients = new Map<string, HttpClient>()
  const colleague = (role: StaffRole, sub: string): Promise<HttpClient> =>
    httpClient(apiUrl, () => issue({ sub, groups: [role, `office-${office}`] }), send)
  for (const role of staffRoles) clients.set(role, await colleague(role, idOf(role)))
  for (const partner of partners) {
    clients.set(partner, await httpClient(apiUrl, () => issue({ sub: `client-${partner}`, scope: `organisation/${partner}` }), send))
  }
  const client = (name: string): HttpClient => {
    const found = clients.get(name)
    if (found === undefined) throw new Error(`nobody called ${name} takes part`)
    return found
  }
  const at = (other: string): Promise<Programme> =>
    openProgramme(apiUrl, issue, partners, { office: other, now, ...(send === undefined ? {} : { send }) })
  return { office, now, staff: client, partner: client, anybody: await httpClient(apiUrl, undefined, send), idOf, at, colleague }
}

const Problem = z.object({ code: z.string(), errors: z.array(z.object({ code: z.string(), pointer: z.string().optional() })).default([]) })

/** The code of a refusal, and of every reason it lists. */
export function reasonsOf({ body }: TestResponse): readonly string[] {
  const problem = Problem.safeParse(body)
  return problem.success ? [problem.data.code, ...problem.data.errors.map(({ code }) => code)] : []
}

/**
 * What a client needs of an answer, when it has the wanted status.
 * @throws StepFailed
 */
export function expectStatus<S extends z.ZodType = typeof Anything>(
  step: string,
  wanted: number,
  response: TestResponse,
  needed?: S,
): z.output<S>
export function expectStatus(step: string, wanted: number, response: TestResponse, needed: z.ZodType = Anything): unknown {
  const { status, body } = response
  if (status !== wanted) throw new StepFailed(`${step}: expected ${wanted}, got ${status} ${reasonsOf(response).join(', ')}`)
  const read = needed.safeParse(body)
  if (!read.success) throw new StepFailed(`${step}: the answer lacks ${read.error.issues.map(({ path }) => path.join('/')).join(', ')}`)
  return read.data
}
const Anything = z.unknown()
