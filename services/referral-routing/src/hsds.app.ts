import {
  type Api,
  type Call,
  createOrExecute,
  httpTexts,
  issued,
  type ListPosition,
  list,
  ok,
  type Reason,
  type Refusal,
  type Resource,
  type Result,
  type Routes,
  refused,
  type Stored,
  textOf,
} from '@wontanara/core'
import type { Language } from '@wontanara/events'
import * as z from 'zod'
import type { hsdsRoutes } from './hsds.api.ts'
import { hsdsOf } from './hsds.ts'
import { idsIn, type Known, type Read, type ReadOrganisation, readHsds } from './hsds-reading.ts'
import type { Organisation } from './organisation.ts'
import type { Records } from './ports.ts'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'
import { type Service, timed } from './service.ts'

type HsdsPorts = Pick<Records, 'organisations' | 'services'>

const everywhere: Resource = { offices: [], assignees: [] }
const servicesAtMost = 200
/** So many records are written at once. */
const atOnce = 8
const OrganisationKey = z.object({ organisationId: z.string() })
const ServiceKey = z.object({ serviceId: z.string() })

const told = (reason: Reason) => {
  const text = (language: Language) => textOf({ ...httpTexts, ...catalogue }, reason.code, language, reason.params)
  return { pointer: reason.pointer ?? '', code: reason.code, en: text('en'), fr: text('fr') }
}

type Outcome = 'added' | 'changed' | 'unchanged' | 'refused' | 'held-back'
/** What a request makes, or has made already, of a record. */
function outcomeOf<T>(call: Call, before: Stored<T> | undefined, becomes: T): Outcome {
  const made = before?.applied.findIndex((mark) => mark.startsWith(call.key)) ?? -1
  if (before === undefined || made === 0) return 'added'
  return made > 0 || JSON.stringify(before.state) !== JSON.stringify(becomes) ? 'changed' : 'unchanged'
}

/** A record of the file, what it becomes, and how it is written. */
interface Item {
  readonly kind: 'organisation' | 'service'
  readonly read: Read<unknown>
  readonly outcome: Outcome
  write(): Promise<Result<unknown, Refusal>>
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += atOnce) await Promise.all(items.slice(i, i + atOnce).map(work))
}

/** Takes over HSDS, and gives it. */
export const exchanging = (ports: HsdsPorts) => {
  const { organisations, services } = ports

  async function loaded(organizations: readonly unknown[]) {
    const ids = idsIn(organizations)
    const [partners, offered] = [new Map<string, Stored<Organisation>>(), new Map<string, Stored<Service>>()]
    await inTurns(ids.organisations, async (id) => {
      const stored = await organisations.store.load(id, { fresh: true })
      if (stored !== undefined) partners.set(id, stored)
    })
    await inTurns(ids.services, async (id) => {
      const stored = await services.store.load(id, { fresh: true })
      if (stored !== undefined) offered.set(id, stored)
    })
    return { partners, offered }
  }

  function itemsOf({ organisation, services: offered }: ReadOrganisation, before: Awaited<ReturnType<typeof loaded>>, call: Call): Item[] {
    const { record, id } = organisation
    const own: Item = {
      kind: 'organisation',
      read: organisation,
      outcome: record === undefined ? 'refused' : outcomeOf(call, before.partners.get(id), record),
      write: async () =>
        record === undefined
          ? ok(undefined)
          : createOrExecute(organisations, id, { type: 'describe', organisation: record, ...issued(call) }, call),
    }
    return [
      own,
      ...offered.map((read): Item => {
        const known = before.offered.get(read.id)
        const becomes = read.record === undefined ? undefined : timed(read.record, known?.state, call.at)
        return {
          kind: 'service',
          read,
          outcome: becomes === undefined ? 'refused' : outcomeOf(call, known, becomes),
          write: async () =>
            becomes === undefined
              ? ok(undefined)
              : createOrExecute(services, read.id, { type: 'describe', service: becomes, ...issued(call) }, call),
        }
      }),
    ]
  }

  /** The first refusal of what was written; undefined when all was. The organisation comes before its services; what is as it was is left. */
  async function written(items: readonly Item[]): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined
    const write = async (item: Item) => {
      const result = await item.write()
      if (!result.ok) refusal ??= result.refusal
    }
    for (const kind of ['organisation', 'service'] as const)
      if (refusal === undefined)
        await inTurns(
          items.filter((item) => item.kind === kind && item.outcome !== 'unchanged'),
          write,
        )
    return refusal
  }

  async function servicesOf(organisationId: string): Promise<readonly Service[]> {
    const ids: string[] = []
    let after: ListPosition | undefined
    do {
      const page = await services.store.list({ index: 'gsi2', pk: `services-of#${organisationId}`, limit: 100, ...(after && { after }) })
      ids.push(...page.rows.map((row) => ServiceKey.parse(row).serviceId))
      after = page.next
    } while (after !== undefined)
    return (await Promise.all(ids.map((id) => services.store.load(id)))).flatMap((stored) => (stored === undefined ? [] : [stored.state]))
  }

  return {
    importDirectory: async ({ body: { organizations, together, dryRun, meanings }, call }) => {
      const before = await loaded(organizations)
      const states = <T>(stored: ReadonlyMap<string, Stored<T>>) => new Map([...stored].map(([id, { state }]) => [id, state]))
      const known: Known = { organisations: states(before.partners), services: states(before.offered) }
      const groups = readHsds(organizations, known, meanings).map((read) => itemsOf(read, before, call))
      if (groups.flat().length - groups.length > servicesAtMost)
        return refused<Refusal<RefusalCode>>({ ...refuse('too-many-services'), params: { limit: servicesAtMost } })
      const isWhole = (items: readonly Item[]): boolean => items.every(({ outcome }) => outcome !== 'refused')
      const taken = together === 'all' && !groups.every(isWhole) ? [] : groups.filter(isWhole)
      if (!dryRun) {
        const refusal = await written(taken.flat())
        if (refusal !== undefined) return refused(refusal)
      }
      const items = groups.flatMap((group) =>
        group.map(({ kind, read: { id, pointer, reasons, notKept, unknown }, outcome }) => ({
          kind,
          ...(id === '' ? {} : { id }),
          pointer,
          outcome: outcome === 'refused' || taken.includes(group) ? outcome : ('held-back' as const),
          reasons: reasons.map(told),
          notKept: [...notKept],
          unknown: [...unknown],
        })),
      )
      return ok({ body: { applied: !dryRun && taken.length > 0, items }, classes: new Set(['C0' as const]) })
    },
    exportDirectory: async ({ query: { limit, cursor }, call }) => {
      const page = await list(organisations.store, call, everywhere, { index: 'gsi1', pk: 'organisations', limit, cursor })
      if (!page.ok) return page
      const { rows, cursor: next, classes } = page.value
      const ids = rows.map((row) => OrganisationKey.parse(row).organisationId)
      const found = await Promise.all(
        ids.map(async (id) => {
          const [organisation, offered] = await Promise.all([organisations.store.load(id), servicesOf(id)])
          return organisation === undefined ? [] : [hsdsOf(organisation.state, offered)]
        }),
      )
      return ok({ body: { items: found.flat(), ...(next === undefined ? {} : { next }) }, classes })
    },
  } satisfies Routes<Api<typeof hsdsRoutes>>
}
