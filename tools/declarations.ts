// Finds everything that the code declares: there is no list to keep, only the folders of the services.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import type { Aggregate, Api, Command, DomainEvent, RefusalCatalogue, Subscriptions } from '@wontanara/core'
import * as core from '@wontanara/core'
import type { Bilingual, CodeList, EventDefinition } from '@wontanara/events'
import * as events from '@wontanara/events'
import * as z from 'zod'

export type AnyAggregate = Aggregate<unknown, Command, DomainEvent, string>

/** What one service declares. */
export interface ServiceDeclarations {
  readonly name: string
  readonly apis: readonly Api[]
  readonly subscriptions: readonly Subscriptions[]
  readonly aggregates: readonly AnyAggregate[]
  /** Every refusal that the service knows, by code. */
  readonly refusals: RefusalCatalogue
  /** Schemas by the name they are exported under, in the order of the files. */
  readonly schemas: ReadonlyMap<z.ZodType, string>
}

/** Published events that partner organisations are told of: the name that they know, and the status that a referral has then. */
export type PartnerTypes = Readonly<Record<string, readonly [name: string, status: string]>>

/** The columns of a file that people fill in: name -> header and description in both languages. */
export type Columns = Readonly<Record<string, { readonly header: Bilingual; readonly description: Bilingual }>>

export interface Declarations {
  readonly columns: readonly Columns[]
  readonly events: readonly EventDefinition[]
  readonly codeLists: readonly CodeList[]
  readonly partnerTypes: PartnerTypes
  readonly services: readonly ServiceDeclarations[]
  /** Schemas that `events` and `core` export. */
  readonly schemas: ReadonlyMap<z.ZodType, string>
}

const has = (value: unknown, ...names: readonly string[]): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && names.every((name) => name in value)

const isEvent = (value: unknown): value is EventDefinition => has(value, 'published', 'type', 'pattern') && value.published === true
const isCodeList = (value: unknown): value is CodeList => has(value, 'name', 'codes', 'schema', 'label')
const isApi = (value: unknown): value is Api => has(value, 'service', 'summary', 'routes')
const isSubscriptions = (value: unknown): value is Subscriptions => has(value, 'service', 'events') && Array.isArray(value.events)
const isAggregate = (value: unknown): value is AnyAggregate => has(value, 'name', 'state', 'events', 'decide', 'evolve')
const isColumns = (value: unknown): value is Columns =>
  has(value) && Object.keys(value).length > 0 && Object.values(value).every((entry) => has(entry, 'header', 'description', 'also'))
const isPartnerTypes = (value: unknown): value is PartnerTypes =>
  has(value) &&
  Object.entries(value).length > 0 &&
  Object.entries(value).every(([type, told]) => /^[a-z-]+\.[a-z-]+\.v\d+$/.test(type) && Array.isArray(told) && told.length === 2)
const isCatalogue = (value: unknown): value is RefusalCatalogue =>
  has(value) && Object.keys(value).length > 0 && Object.values(value).every((entry) => has(entry, 'kind', 'en', 'fr'))

const found = <T>(values: readonly unknown[], is: (value: unknown) => value is T): readonly T[] => [...new Set(values.filter(is))]

const schemasOf = (modules: readonly object[]): ReadonlyMap<z.ZodType, string> =>
  new Map(
    modules
      .flatMap((module) => Object.entries(module))
      .flatMap(([name, value]) => (value instanceof z.ZodType && /^[A-Z]/.test(name) ? [[value, name] as const] : [])),
  )

function serviceOf(name: string, modules: readonly object[]): ServiceDeclarations {
  const values = modules.flatMap((module) => Object.values(module))
  const aggregates = found(values, isAggregate)
  // A catalogue is exported, or what `defineRefusals` returns is, or an aggregate holds it.
  const catalogues = [
    ...found(values, isCatalogue),
    ...values.flatMap((value) => (has(value, 'catalogue') && isCatalogue(value.catalogue) ? [value.catalogue] : [])),
    ...aggregates.map(({ refusals }) => refusals),
  ]
  return {
    name,
    apis: found(values, isApi),
    subscriptions: found(values, isSubscriptions),
    aggregates,
    refusals: Object.assign({}, ...catalogues),
    schemas: schemasOf(modules),
  }
}

const byKey = <T>(items: readonly T[], key: (item: T) => string): readonly T[] =>
  [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))

/** Loads the pure files of every service (not its entries and adapters) and reads what they export. */
export async function declarations(): Promise<Declarations> {
  const files = globSync('services/*/src/*.ts', { cwd: join(import.meta.dirname, '..') })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
  const modules = new Map<string, object[]>()
  for (const file of files) {
    if (/\.(test|lambda|dynamo)\.ts$/.test(file)) continue
    const service = file.split('/')[1] ?? ''
    const module: object = await import(`../${file}`)
    modules.set(service, [...(modules.get(service) ?? []), module])
  }
  const shared: readonly object[] = [events, core]
  const values = [...shared, ...[...modules.values()].flat()].flatMap((module) => Object.values(module))
  return {
    events: byKey(found(values, isEvent), ({ type }) => type),
    columns: found(values, isColumns),
    codeLists: byKey(found(values, isCodeList), ({ name }) => name),
    partnerTypes: Object.assign({}, ...found(values, isPartnerTypes)),
    services: [...modules].map(([name, loaded]) => serviceOf(name, loaded)),
    schemas: schemasOf(shared),
  }
}
