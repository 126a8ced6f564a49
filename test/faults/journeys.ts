import { expectStatus, type OrganisationId, organisations, type Programme } from '@wontanara/examples'
import type { HttpClient } from '@wontanara/testing'
import type { FaultStage } from './stage.ts'
import { journey as all, type Known, type Step } from './subjects.ts'

/** One person's way through every command of every subject. */
export interface Journey {
  readonly name: string
  known: Known
}

const isPartner = (name: string): name is OrganisationId => organisations.some(({ organisationId }) => organisationId === name)
export const clientOf = (programme: Programme, { as }: Step): HttpClient => (isPartner(as) ? programme.partner(as) : programme.staff(as))

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
  if (step.before !== undefined) journey.known = { ...journey.known, ...(await step.before(programme, journey.known)) }
  const client = clientOf(programme, step)
  const { path, record } = pathOf(step, journey.known)
  const method = step.route.startsWith('PUT ') ? 'put' : 'post'
  const body = step.body?.(journey.known)
  for (let n = 1; ; n++) {
    const response = await client[method](path, {
      ifMatch: step.versioned ? await etagOf(client, record) : undefined,
      key: `journey/${journey.name}/${place}/${n}`,
      ...(body === undefined ? {} : { body }),
    })
    if (response.status === 412 && n < newReads) continue
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
 * @param quiet waits after each step until nothing is left to do, instead of only where a step rests on what others bring
 * @param before runs before the step at a place
 */
export async function travel(
  stage: Pick<FaultStage, 'settled'>,
  programme: Programme,
  names: readonly string[],
  { quiet = false, before }: { readonly quiet?: boolean; readonly before?: (place: number) => void | Promise<void> } = {},
): Promise<void> {
  const journeys = names.map((name) => begin(programme, name))
  for (const [place, step] of all.entries()) {
    if (quiet || step.rests) await stage.settled()
    await before?.(place)
    await takeAll(programme, place, journeys)
  }
  await stage.settled()
}
