// Partner organisations for the benches of delivery: as many as wanted, with referrals before them and endpoints on one server of ours.
import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { consent, type Programme, people, recordNeed, register, sendReferral, somebodyLike } from '@wontanara/examples'
import type { LocalCloud } from '@wontanara/local-cloud'
import { type HttpClient, httpClient, sendPatiently, type TestResponse } from '@wontanara/testing'
import * as z from 'zod'

/** A partner and its access to the API. */
export interface Partner {
  readonly organisationId: string
  readonly serviceId: string
  readonly client: HttpClient
}

export function done({ status, body }: TestResponse): unknown {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** Does something with each, a few at a time. */
export async function each<T>(items: readonly T[], run: (item: T, index: number) => Promise<unknown>, atOnce = 8): Promise<void> {
  const left = items.map((item, index) => ({ item, index }))
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next.item, next.index)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Enters partners, each with one service, in the directory. */
export async function openPartners(cloud: LocalCloud, programme: Programme, count: number): Promise<readonly Partner[]> {
  const coordinator = programme.staff('referral-coordinator')
  const partners: Partner[] = []
  for (let n = 1; n <= count; n++) {
    const [organisationId, serviceId] = [`org-bench-${n}`, `svc-bench-${n}`]
    const common = { name: `Exemple ${n}`, status: 'active', organisationId }
    done(await coordinator.post('/v1/organisations', { body: { ...common, type: 'ngo' } }))
    const service = { ...common, serviceId, type: 'psychosocial', serviceAreas: ['GN'], languages: [], requiredDocuments: [] }
    done(await coordinator.post('/v1/services', { body: service }))
    const signIn = () => cloud.token({ sub: `client-${organisationId}`, scope: `organisation/${organisationId}` })
    partners.push({ organisationId, serviceId, client: await httpClient(cloud.apiUrl, signIn, sendPatiently) })
  }
  return partners
}

const Drafted = z.object({ referralId: z.string() })
/** So many of one person's needs are referred: more would make of one case what no case is. */
const perCase = 10

/** Drafts one referral to each of these partners, who may be named more than once. @returns the ids, in the same order */
export async function draftReferrals(programme: Programme, partners: readonly Partner[]): Promise<readonly string[]> {
  const drafted: string[] = []
  const groups = Array.from({ length: Math.ceil(partners.length / perCase) }, (_, i) => partners.slice(i * perCase, (i + 1) * perCase))
  await each(groups, async (group, index) => {
    const person = somebodyLike(people.hairdresser, randomUUID())
    const caseId = await register(programme, person)
    for (const [i, { organisationId: recipient, serviceId }] of group.entries()) {
      const needId = await recordNeed(programme, caseId, 'psychosocial')
      await consent(programme, caseId, { purpose: 'referral', recipient, scopes: ['name', 'needs'] })
      const snapshot = { name: person.name, needs: { situation: 'Exemple: revient après un long trajet.' } }
      const terms = { office: programme.office, priority: 'urgent', place: person.origin, forReturn: false, age: 27, languages: ['fuf'] }
      const body = { caseId, needId, serviceId, snapshot, ...terms }
      drafted[index * perCase + i] = Drafted.parse(
        done(await programme.staff('referral-coordinator').post('/v1/referrals', { body })),
      ).referralId
    }
  })
  return drafted
}

/** Sends referrals to partners, who accept and begin. @returns the ids, in the same order */
export async function beginReferrals(programme: Programme, partners: readonly Partner[]): Promise<readonly string[]> {
  const referralIds = await draftReferrals(programme, partners)
  await each(referralIds, async (referralId, i) => {
    await sendReferral(programme, referralId)
    for (const step of ['acceptance', 'start'])
      done((await partners[i]?.client.post(`/v1/referrals/${referralId}/${step}`)) as TestResponse)
  })
  return referralIds
}

/** A webhook that came. */
export interface Arrival {
  readonly name: string
  readonly id: string
  readonly type: string
  readonly referralId: string
  readonly at: number
}
const Notice = z.object({ id: z.string(), type: z.string(), data: z.object({ referralId: z.string() }) })

/** Endpoints at one server, by the last part of their path. */
export async function startEndpoints(onArrival: (arrival: Arrival) => void) {
  /** Those that take what comes and never say so, and what waits there. */
  const silent = new Set<string>()
  const waiting = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const at = performance.now()
    const name = (request.url ?? '').slice(1)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (silent.has(name)) return void waiting.add(response)
      const text = Buffer.concat(chunks).toString()
      response.writeHead(204).end()
      if (text === '') return
      const { id, type, data } = Notice.parse(JSON.parse(text))
      onArrival({ name, id, type, referralId: data.referralId, at })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (name: string): string => `http://127.0.0.1:${port}/${name}`,
    silent,
    stop: async (): Promise<void> => {
      for (const response of waiting) response.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An address at which nobody listens. */
export async function nobodysUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/nobody`
}
