import { createHash } from 'node:crypto'
import { expectStatus, type OrganisationId, organisations, type Programme, reasonsOf } from '@wontanara/examples'
import type { HttpClient } from '@wontanara/testing'
import { subjectFor } from './case-intake-commands.ts'
import type { Known } from './command.ts'
import type { FaultStage } from './stage.ts'
import { journey as all, type Step } from './subjects.ts'

/** One person's way through every command of every subject. */
export interface Journey {
  readonly name: string
  known: Known
}

const isPartner = (name: string): name is OrganisationId => organisations.some(({ organisationId }) => organisationId === name)

/** The same people at other offices: who has signed in stays so. */
const elsewhere = new WeakMap<Programme, Map<string, Promise<Programme>>>()
export function atOffice(programme: Programme, office: string): Promise<Programme> {
  if (office === programme.office) return Promise.resolve(programme)
  const known = elsewhere.get(programme) ?? new Map<string, Promise<Programme>>()
  elsewhere.set(programme, known)
  const there = known.get(office) ?? programme.at(office)
  known.set(office, there)
  return there
}

export async function clientOf(programme: Programme, { as, at, alone }: Step, { name = '' }: Known): Promise<HttpClient> {
  if (as === 'anybody') return programme.anybody
  if (isPartner(as)) return programme.partner(as)
  const there = await atOffice(programme, at ?? programme.office)
  return alone ? there.colleague(as, subjectFor(as, name)) : there.staff(as)
}

/** The Idempotency-Key of a request: where anybody may ask, one that looks random. */
export function keyOf({ open }: Step, text: string): string {
  if (!open) return text
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** The path of a step's request, and of the record that it is for. */
export function pathOf({ route, params = {} }: Step, known: Known): { readonly path: string; readonly record: string } {
  const pattern = route.slice(route.indexOf(' ') + 1)
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = known[params[name] ?? name]
      if (value === undefined) throw new Error(`${route}: nobody knows ${name}`)
      return value
    })
  return { path: fill(pattern), record: fill(/^[^{]*(\{\w+\})?/.exec(pattern)?.[0] ?? '') }
}

/** The version of a record as its reader sees it now. */
export async function etagOf(client: HttpClient, record: string): Promise<string | undefined> {
  const { headers } = await client.get(record, { headers: { 'cache-control': 'no-cache' } })
  return headers.etag
}

const newReads = 20

/** Takes one step of a journey; when the record has changed since it was read, it is read again and the step asked for anew. @throws StepFailed */
export async function take(programme: Programme, step: Step, place: number, journey: Journey): Promise<void> {
  const method = step.route.startsWith('PUT ') ? 'put' : 'post'
  for (let n = 1; ; n++) {
    if (step.before !== undefined) journey.known = { ...journey.known, ...(await step.before(programme, journey.known)) }
    const client = await clientOf(programme, step, journey.known)
    const { path, record } = pathOf(step, journey.known)
    const body = step.body?.(journey.known)
    const response = await client[method](path, {
      ifMatch: step.versioned ? await etagOf(client, record) : undefined,
      key: keyOf(step, `journey/${journey.name}/${place}/${n}`),
      ...(body === undefined ? {} : { body }),
    })
    const isOvertaken = response.status === 412 || (step.again !== undefined && reasonsOf(response).includes(step.again))
    if (isOvertaken && n < newReads) continue
    if (response.status >= 300 || response.status === 0) expectStatus(`${journey.name}: ${step.operation}`, 200, response)
    journey.known = { ...journey.known, ...step.learn?.(response.body, journey.known) }
    return
  }
}

export const begin = (programme: Programme, name: string): Journey => ({ name, known: { office: programme.office, name } })

/** Takes one step of several journeys at the same time. @throws StepFailed when one of them cannot be taken, after all others have */
export async function takeAll(programme: Programme, place: number, journeys: readonly Journey[]): Promise<void> {
  const step = all[place]
  if (step === undefined) return
  const taken = await Promise.allSettled(journeys.map((journey) => take(programme, step, place, journey)))
  for (const result of taken) if (result.status === 'rejected') throw result.reason
}

/**
 * Takes journeys to their end, step by step together.
 * @param quiet whether to wait before a step until nothing is left to do, not only where it rests on what others bring
 * @param before runs before the step at a place
 */
export async function travel(
  stage: Pick<FaultStage, 'settled'>,
  programme: Programme,
  names: readonly string[],
  {
    quiet = () => false,
    before,
  }: { readonly quiet?: (place: number) => boolean; readonly before?: (place: number) => void | Promise<void> } = {},
): Promise<void> {
  const journeys = names.map((name) => begin(programme, name))
  for (const [place, step] of all.entries()) {
    if (quiet(place) || step.rests) await stage.settled()
    await before?.(place)
    await takeAll(programme, place, journeys)
  }
  await stage.settled()
}
