import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { decideToReturn, type Programme, people, recordNeed, refer, somebodyLike } from '@wontanara/examples'
import type { Observation } from '@wontanara/local-cloud'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

/*
 * What a partner's developer does by API alone: add endpoints, send itself a test, read what came of each attempt, ask for events again.
 */
const clinic = 'org-sante-solidaire'
const withBus = 'org-metiers-avenir'
type Organisation = Parameters<Programme['partner']>[0]

interface Received {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
let stage: Awaited<ReturnType<typeof openLocalStage>>
let programme: Programme
let server: Server
let origin: string
const received: Received[] = []
const observed: Observation[] = []
const answers = new Map<string, number>()

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(answers.get(request.url ?? '') ?? 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stage = await openLocalStage()
  stage.cloud.observe((observation) => void observed.push(observation))
  programme = await stage.programme()
})
afterAll(async () => {
  await stage.close()
  await new Promise((resolve) => server.close(resolve))
})

const Endpoint = z.object({ endpointId: z.string(), secret: z.string().optional(), publicKey: z.string().optional() })
const Log = z.object({
  items: z.array(z.object({ eventId: z.string(), type: z.string(), outcome: z.string(), replayId: z.string().optional() })),
})

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400 && !(await condition()); n++) await sleep(50)
  expect(await condition()).toBe(true)
}
const add = async (organisation: Organisation, body: object) => {
  const answer = await programme.partner(organisation).post('/v1/partner-endpoints', { body })
  expect([answer.status, answer.body]).toMatchObject([201, {}])
  return Endpoint.parse(answer.body)
}
const logOf = async (organisation: Organisation, { endpointId }: { readonly endpointId: string }) =>
  Log.parse((await programme.partner(organisation).get(`/v1/partner-endpoints/${endpointId}/attempts?limit=25`)).body).items
const at = (path: string): readonly Received[] => received.filter((request) => request.path === path)

test('two endpoints, one of which does not answer: the other is told, and both logs say what came of it', async () => {
  answers.set('/dead', 503)
  const dead = await add(clinic, { kind: 'webhook', url: `${origin}/dead` })
  const alive = await add(clinic, { kind: 'webhook', url: `${origin}/alive`, signing: 'v1a' })
  const person = somebodyLike(people.mechanic, randomUUID())
  const caseId = await decideToReturn(programme, person)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const { referralId } = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
  await until(() => at('/alive').length > 0 && at('/dead').length > 0)

  const [{ headers, body }] = at('/alive') as [Received]
  expect(JSON.parse(body)).toMatchObject({ type: 'referral.sent', data: { referralId } })
  expect(body).not.toContain(caseId)
  const signature = Buffer.from(String(headers['webhook-signature']).slice('v1a,'.length), 'base64')
  const x = Buffer.from((alive.publicKey ?? '').slice('whpk_'.length), 'base64').toString('base64url')
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  expect(verify(null, content, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature)).toBe(true)

  const eventId = String(headers['webhook-id'])
  await until(async () => (await logOf(clinic, alive)).length > 0 && (await logOf(clinic, dead)).length > 0)
  expect(await logOf(clinic, alive)).toMatchObject([{ eventId, outcome: 'delivered' }])
  expect((await logOf(clinic, dead)).at(-1)).toMatchObject({ eventId, outcome: 'refused' })

  answers.delete('/dead')
  await stage.cloud.advance('1h')
  await until(async () => (await logOf(clinic, dead))[0]?.outcome === 'delivered')
  const asked = await programme.partner(clinic).post(`/v1/partner-endpoints/${alive.endpointId}/replays`, { body: { eventId } })
  expect(asked.status).toBe(201)
  await until(async () => (await logOf(clinic, alive))[0]?.replayId !== undefined)
  expect(at('/alive').filter((request) => request.headers['webhook-id'] === eventId)).toHaveLength(2)
})

test('a test reaches an endpoint, and the event bus in the account of another partner', async () => {
  const hook = await add(clinic, { kind: 'webhook', url: `${origin}/test`, types: ['referral.accepted'] })
  expect((await programme.partner(clinic).post(`/v1/partner-endpoints/${hook.endpointId}/tests`)).status).toBe(201)
  await until(() => at('/test').length === 1)
  expect(JSON.parse(at('/test')[0]?.body ?? '')).toMatchObject({ type: 'endpoint.test', data: { endpointId: hook.endpointId } })

  expect((await programme.partner(clinic).post('/v1/partner-endpoints', { body: { kind: 'event-bridge' } })).body).toMatchObject({
    code: 'no-event-bus',
  })
  const bus = await add(withBus, { kind: 'event-bridge' })
  expect((await programme.partner(withBus).post(`/v1/partner-endpoints/${bus.endpointId}/tests`)).status).toBe(201)
  const left = () => observed.flatMap((one) => (one.kind === 'event' && one.type === 'endpoint.test' ? one.buses : []))
  await until(() => left().length > 0)
  expect(left()).toEqual([expect.stringMatching(/^arn:aws:events:us-east-1:\d{12}:event-bus\/partner$/)])
  await until(async () => (await logOf(withBus, bus)).length > 0)
  expect(await logOf(withBus, bus)).toMatchObject([{ type: 'endpoint.test', outcome: 'delivered' }])
})
