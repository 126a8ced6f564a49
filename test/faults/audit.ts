import { type Action, actions, appliedMark, callOf } from '@wontanara/core'
import type { CloudEvent } from '@wontanara/events'
import type { Programme } from '@wontanara/examples'
import * as z from 'zod'
import { atOffice } from './journeys.ts'
import { type Asked, essence, insist } from './ledger.ts'
import type { FaultStage } from './stage.ts'
import { type StoredRecord, storedRecords } from './store.ts'
import { type Published, type Read, type Subject, subjects } from './subjects.ts'

/** What a stage owes after what was asked of it, and does not have; all of it, in words without anything personal. */
export interface Findings {
  /** Changes that were answered with success. */
  readonly acknowledged: number
  /** Acknowledged or published, and not there. */
  readonly lost: readonly string[]
  /** There more often than it was asked for, or without having been asked for. */
  readonly doubled: readonly string[]
  /** Something else happened than was said. */
  readonly silent: readonly string[]
  /** Events that the histories say must be on the bus, and how often the bus accepted one of them. */
  readonly events: number
  readonly publications: number
}

/** How often each thing is there. */
type Counted = ReadonlyMap<string, number>
const counted = (things: Iterable<string>): Counted => {
  const counts = new Map<string, number>()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  return counts
}

/** What the records of a stage look like when nothing disturbs it: those that are there from the start, and those of one journey. */
export interface Reference {
  readonly before: Counted
  readonly journey: Counted
}

const partOf = ({ name, id }: StoredRecord): string => `${name}#${id}`
const subjectOf = ({ name }: StoredRecord): Subject | undefined => subjects.find(({ records }) => name in records)

/** An id as the services make them: a prefix, a hyphen, and twelve of Crockford's digits; one in a hundred has no numeral among them. */
const anId =
  /\b(?:(application|appointment|case|consent|export|fit|link|manifest|need|part|ref|transfer)-[0-9a-hjkmnp-tv-z]{12}|([a-z]+(?:-[a-z]+)*)-(?=[a-z]*\d)[0-9a-hjkmnp-tv-z]{12})\b/g
const aReference = /\b(?:A-)?[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b/g
const aDate = /\b\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?/g
/** Every journey is another person's. */
const aName = /"(given|family|phone|birthDate|number|charter)":"[^"]*"/g
const aPort = /127\.0\.0\.1:\d+/g
/** A list of nothing but ids, after these were named. */
const namedIds = /\["[a-z-]+-\d+"(?:,"[a-z-]+-\d+")+\]/g

/**
 * What a text says apart from what differs between two journeys that went alike: ids by the order in which they come, instants, dates, who it
 * is. A list of ids stands in the order in which their news came, which another delivery changes and which means nothing.
 */
function shapeOf(text: string): string {
  const known = new Map<string, string>()
  return text
    .replace(anId, (id, usual: string | undefined, other: string | undefined) => {
      const name = known.get(id) ?? `${usual ?? other}-${known.size + 1}`
      known.set(id, name)
      return name
    })
    .replace(namedIds, (ids) => JSON.stringify(z.array(z.string()).parse(JSON.parse(ids)).sort()))
    .replace(aReference, 'a reference')
    .replace(aDate, 'a date')
    .replace(aName, '"$1":"a name"')
    .replace(aPort, 'a port')
}

/** Shapes that were looked at already, by stage: a record that did not change since need not be read again. */
const looked = new WeakMap<
  FaultStage,
  Map<string, { readonly version: number; readonly shape: string; readonly silent: readonly string[] }>
>()

const Data = z.record(z.string(), z.unknown())
const Located = z.object({ office: z.string() })
/** The office that has a record, where it says so. */
const officeOf = ({ open }: StoredRecord): string | undefined => Located.safeParse(open[0]).data?.office

const Links = z.array(z.object({ referralId: z.string(), sequence: z.number(), state: z.string() })).min(2)
/** The referrals of a need stand in the order in which their news came, which means nothing: here they stand by how they ended. */
function inNoOrder(value: unknown): unknown {
  const links = Links.safeParse(value)
  return links.success ? links.data.toSorted((left, right) => left.sequence - right.sequence || (left.state < right.state ? -1 : 1)) : value
}

/** Lists of what came from other services, in an order that does not depend on which came first. */
const asHeard = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 1
    ? value
        .map((item) => ({ item, text: JSON.stringify(item).replace(anId, '').replace(aDate, '') }))
        .toSorted((a, b) => a.text.localeCompare(b.text))
        .map(({ item }) => item)
    : value

/** A record as the API shows it and the table holds it. */
async function looksOf(stage: FaultStage, programme: Programme, record: StoredRecord) {
  const known = looked.get(stage) ?? new Map()
  looked.set(stage, known)
  const before = known.get(partOf(record))
  if (before?.version === record.version) return before
  const { as, own, by, paths, apart = [], contents }: Read = subjectOf(record)?.records[record.name] ?? { as: 'supervisor', paths: [] }
  const silent: string[] = []
  const views: unknown[] = []
  // What nobody reads is what a service has heard of others.
  const inOrder = paths.length === 0 ? asHeard : inNoOrder
  const there = await atOffice(programme, officeOf(record) ?? programme.office)
  const client = own ? await there.colleague(as, record.steps[0]?.by ?? '') : there.staff(as)
  const id = by === undefined ? record.id : String(Data.parse(record.open[0])[by])
  for (const path of paths) {
    const { status, headers, body } = await client.get(path.replace('{id}', id), { headers: { 'cache-control': 'no-cache' } })
    if (status !== 200) silent.push(`${partOf(record)}: ${status} to its reader`)
    // What is read beside a record, such as its rows, may name no version.
    else if (headers.etag !== `"${record.version}"` && (headers.etag !== undefined || path === paths[0]))
      silent.push(`${partOf(record)}: shown as ${headers.etag}, is ${record.version}`)
    views.push(body)
    silent.push(...((await contents?.(body)) ?? []).map((text) => `${partOf(record)}: ${text}`))
  }
  const looks = {
    version: record.version,
    shape: shapeOf(
      JSON.stringify([record.name, views, record.open, record.places.noted.size], (field, value) =>
        apart.includes(field) ? undefined : inOrder(value),
      ),
    ),
    silent,
  }
  known.set(partOf(record), looks)
  return looks
}

async function shapesOf(stage: FaultStage, records: readonly StoredRecord[]) {
  const programme = await stage.programme(insist)
  const looks = await Promise.all(records.map((record) => looksOf(stage, programme, record)))
  return { shapes: counted(looks.map(({ shape }) => shape)), silent: looks.flatMap((look) => look.silent) }
}

/** The records of a stage as they look now. */
export const look = async (stage: FaultStage): Promise<Counted> => (await shapesOf(stage, await storedRecords(stage.cloud))).shapes

/** What is in `left` more often than in `right`. */
const without = (left: Counted, right: Counted): readonly string[] =>
  [...left].flatMap(([thing, times]) => Array.from({ length: Math.max(0, times - (right.get(thing) ?? 0)) }, () => thing))

/** What an undisturbed journey adds to what is there. */
export const referenceOf = (before: Counted, after: Counted): Reference => ({ before, journey: counted(without(after, before)) })

/** Where what is missed first differs from what is there instead. */
function difference(shape: string, extra: readonly string[]): string {
  const alike = (other: string): number => {
    const at = [...shape].findIndex((character, i) => character !== other[i])
    return at < 0 ? shape.length : at
  }
  const kind = shape.slice(0, shape.indexOf(','))
  const [nearest] = extra.filter((other) => other.startsWith(kind)).toSorted((left, right) => alike(right) - alike(left))
  if (nearest === undefined) return ''
  const from = Math.max(0, alike(nearest) - 60)
  return `: …${nearest.slice(from, from + 120)}… instead of …${shape.slice(from, from + 120)}…`
}

const allActions = Object.keys(actions).filter((name): name is Action => name in actions)

/** The marks that an event may leave with the services that listen to it. */
function marksOf({ id, source, type }: CloudEvent): readonly string[] {
  return subjects.flatMap(({ consumers }) =>
    Object.values(consumers)
      .filter(({ events }) => events.some((definition) => definition.type === type))
      .flatMap(({ service }) =>
        allActions.map((action) => {
          const key = `${source} ${id} ${action}`
          const call = callOf({ principal: { kind: 'service', id: service }, action, at: '', key, content: id })
          return appliedMark(call.key, call.fingerprint)
        }),
      ),
  )
}

const publishedOf = ({ id, type, data }: CloudEvent): Published => ({ id, type, data: Data.parse(data) })

/** The marks that an event may leave in somebody's name. */
const marksOnBehalf = (event: CloudEvent): readonly string[] =>
  subjects.flatMap(({ onBehalf }) => {
    const { of, keys } = onBehalf?.(publishedOf(event)) ?? { of: '', keys: [] }
    return keys.map((key) => {
      const call = callOf({ principal: { kind: 'service', id: of }, action: 'case:read', at: '', key, content: key })
      return appliedMark(call.key, call.fingerprint)
    })
  })

/** Whether a version is one of several steps of something that was begun once. */
const isStep = ({ name, steps }: StoredRecord, version: number): boolean =>
  subjects.some(({ service, inSteps }) =>
    Object.entries(inSteps ?? {}).some(([action, records]) => {
      const step = steps[version - 1]
      return step?.by === service && step.action === action && records?.includes(name)
    }),
  )

/** Changes against histories: what was acknowledged is there, once, as the version that was told; and nothing else is. */
function commands(asked: readonly Asked[], records: readonly StoredRecord[], published: readonly CloudEvent[]) {
  const lost: string[] = []
  const doubled: string[] = []
  const silent: string[] = []
  const places = new Map<string, { readonly record: StoredRecord; readonly version: number }[]>()
  for (const record of records) {
    if (record.fault !== undefined) silent.push(`${partOf(record)}: ${record.fault}`)
    for (const [i, mark] of record.marks.entries()) places.set(mark, [...(places.get(mark) ?? []), { record, version: i + 1 }])
    const { noted, there, underWay } = record.places
    if ([...noted].some((place) => !there.has(place))) lost.push(`${partOf(record)}: not found everywhere`)
    if (underWay || [...there].some((place) => !noted.has(place))) doubled.push(`${partOf(record)}: found where it no longer should be`)
    const twice = [...counted(record.marks)].filter(([, times]) => times > 1)
    if (twice.length > 0) doubled.push(`${partOf(record)}: a command applied twice`)
  }
  const byEvents = new Set(published.flatMap((event) => [...marksOf(event), ...marksOnBehalf(event)]))
  const byPeople = new Set(asked.map(({ mark }) => mark))
  for (const [mark, [place]] of places) {
    if (!byEvents.has(mark) && !byPeople.has(mark) && place !== undefined && !isStep(place.record, place.version))
      doubled.push(`${partOf(place.record)}: nobody asked for version ${place.version}`)
  }
  for (const { target, answers, mark, anonymous } of asked) {
    const [answer, ...others] = answers
    const there = places.get(mark) ?? []
    if (answer === undefined) silent.push(`${target}: never answered`)
    else if (others.some((other) => essence(other) !== essence(answer))) silent.push(`${target}: answered in two ways`)
    else if (answer.status >= 300) {
      if (there.length > 0) silent.push(`${target}: answered ${answer.status}, and carried out`)
    } else if (there.length === 0) lost.push(`${target}: acknowledged, and not in any history`)
    else if (anonymous ? answer.headers.etag !== undefined : !there.some(({ version }) => answer.headers.etag === `"${version}"`))
      silent.push(`${target}: another version was told`)
  }
  return { lost, doubled, silent }
}

/** Histories against the bus, and the bus against those who listen. */
function bus({ seen }: FaultStage, published: readonly CloudEvent[]) {
  const expected = new Map(published.map((event) => [event.id, event]))
  // Whoever listens takes the second of two with one id for a repeat.
  const shared = published
    .filter((event) => expected.get(event.id) !== event)
    .map(({ id, type }) => `${type} ${id}: another event has its id`)
  const lost = [...expected.values()].filter(({ id }) => !seen.bus.has(id)).map(({ id, type }) => `${type} ${id}: not on the bus`)
  const doubled = [...seen.bus].filter(([id]) => !expected.has(id)).map(([id, { type }]) => `${type} ${id}: on the bus, and in no history`)
  const silent: string[] = []
  for (const [id, { type, texts, envelopes }] of seen.bus) {
    const event = expected.get(id)
    if (event !== undefined && (texts.size !== 1 || !texts.has(JSON.stringify(event)))) silent.push(`${type} ${id}: not as in the history`)
    for (const { service, consumers } of subjects) {
      for (const [entry, { events }] of Object.entries(consumers)) {
        if (!events.some((definition) => definition.type === type)) continue
        for (const envelope of envelopes)
          if (!seen.done.has(`${service}/Service/${entry} ${envelope}`)) lost.push(`${type} ${id}: not done by ${service}/${entry}`)
      }
    }
  }
  return { lost: [...shared, ...lost], doubled, silent }
}

/** Histories against what is told to those outside, and what is kept beside them. */
async function feeds(stage: FaultStage, published: readonly CloudEvent[]) {
  const lost: string[] = []
  const doubled: string[] = []
  const silent: string[] = []
  const programme = await stage.programme(insist)
  const compare = (where: string, expected: Counted, there: Counted): void => {
    lost.push(...without(expected, there).map((id) => `${id}: not ${where}`))
    doubled.push(...without(there, expected).map((id) => `${id}: once more ${where}`))
  }
  for (const feed of subjects.flatMap((subject) => subject.feeds)) {
    const expected = counted(published.flatMap((event) => feed.idOf(publishedOf(event)) ?? []))
    const items = await feed.read(programme)
    compare(`on the feed of ${feed.reader}`, expected, counted(items.map(({ id }) => id)))
    if (items.some(({ sequence }, i) => sequence !== i + 1)) silent.push(`the feed of ${feed.reader} has a gap`)
    const endpoint = stage.endpoints.find(({ reader }) => reader === feed.reader)
    if (endpoint !== undefined) compare(`at the endpoint of ${feed.reader}`, expected, counted(new Set(endpoint.received)))
  }
  for (const { beside } of subjects) {
    const found = await beside?.(stage.cloud, published.map(publishedOf))
    lost.push(...(found?.lost ?? []))
    doubled.push(...(found?.doubled ?? []))
  }
  return { lost, doubled, silent }
}

/**
 * Compares what was acknowledged with what is in the tables, in the histories, on the bus, with those who listen, and on the feeds.
 * Call it when the stage has settled and no fault is at work any more.
 * @param journeys how many journeys were taken to their end; undefined when what records look like is not to be compared
 * @param options.dead how many messages must be in dead-letter queues
 * @param options.idle marks of commands that found everything as they ask for it, and left no trace
 */
export async function audit(
  stage: FaultStage,
  reference: Reference,
  journeys: number | undefined,
  { dead: expectedDead = 0, idle = new Set() }: { readonly dead?: number; readonly idle?: ReadonlySet<string> } = {},
): Promise<Findings> {
  const records = await storedRecords(stage.cloud)
  const published = records.flatMap((record) => record.published)
  const asked = stage.ledger.asked.filter(({ mark }) => !idle.has(mark))
  const parts = [commands(asked, records, published), bus(stage, published), await feeds(stage, published)]
  const { shapes, silent } = await shapesOf(stage, records)
  const wanted = new Map(reference.before)
  for (const [shape, times] of reference.journey) wanted.set(shape, (wanted.get(shape) ?? 0) + times * (journeys ?? 0))
  const name = (shape: string): string => shape.slice(2, shape.indexOf('"', 2))
  const missing = journeys === undefined ? [] : without(wanted, shapes)
  const extra = journeys === undefined ? [] : without(shapes, wanted)
  const dead = await stage.cloud.deadLetters()
  return {
    acknowledged: stage.ledger.asked.filter(({ answers: [answer] }) => answer !== undefined && answer.status < 300).length,
    lost: [
      ...parts.flatMap((part) => part.lost),
      ...missing.map((shape) => `a ${name(shape)} does not look as after an undisturbed journey${difference(shape, extra)}`),
      ...dead.slice(expectedDead).map(({ queue }) => `a message nobody could process is in ${queue}`),
      ...(dead.length < expectedDead ? ['a message nobody could process is not in a dead-letter queue'] : []),
    ],
    // A record that looks different is there instead of one that is missed, not besides it.
    doubled: [...parts.flatMap((part) => part.doubled), ...extra.slice(missing.length).map((shape) => `one ${name(shape)} too many`)],
    silent: [...parts.flatMap((part) => part.silent), ...silent],
    events: published.length,
    publications: [...stage.seen.bus.values()].reduce((sum, { envelopes }) => sum + envelopes.length, 0),
  }
}
