import { type Call, callOf, create, decide, execute, issued, type Principal, type Refusal, type Stored } from '@wontanara/core'
import { type Candidate, isOpen, mostCandidates } from './duplicates.ts'
import type { ManifestState } from './manifest.ts'
import { type ManifestRow, partIdOf, type RowReason, type RowResult, rowsOf } from './manifest-part.ts'
import { columnOfField, columnOfRefusal } from './manifest-row.ts'
import type { ManifestPorts } from './ports.ts'
import { Person, type Registration } from './registration.ts'
import type { CaseState } from './state.ts'
import { suspectsOf } from './suspects.ts'

/** What a row says of a person, and what a case holds of it. */
type Facts = Pick<Registration, 'presentIn' | 'person' | 'household'>

/** Its fields in one flat list, so that each is compared by itself. */
const fieldsOf = ({ presentIn, person, household }: Facts): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ['presentIn', presentIn],
    ['household', household],
    // Parsed, so that the fields within stand in one order, and compare as text.
    ...Object.entries(Person.parse(person)).map(([name, value]): [string, unknown] => [`person.${name}`, value]),
  ])
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * What a row brings to a case: only what changed in the row since it was last read, so that what people corrected in the case since then stays.
 * Where the same field was changed there to something else, somebody must decide.
 */
export function changesOf(
  before: Facts,
  now: Facts,
  current: Facts,
): { readonly facts: Facts; readonly changed: boolean; readonly conflicts: readonly string[] } {
  const [old, next, held] = [fieldsOf(before), fieldsOf(now), fieldsOf(current)]
  const edited = [...new Set([...old.keys(), ...next.keys()])].filter((field) => !isSame(old.get(field), next.get(field)))
  const news = edited.filter((field) => !isSame(held.get(field), next.get(field)))
  const merged = new Map([...held, ...news.map((field): [string, unknown] => [field, next.get(field)])])
  const person = [...merged].flatMap(([field, value]) => (field.startsWith('person.') ? [[field.slice('person.'.length), value]] : []))
  const household = news.includes('household') ? now.household : current.household
  return {
    facts: {
      presentIn: news.includes('presentIn') ? now.presentIn : current.presentIn,
      person: Person.parse(Object.fromEntries(person)),
      ...(household && { household }),
    },
    changed: news.length > 0,
    conflicts: news.filter((field) => !isSame(held.get(field), old.get(field))),
  }
}

/** How many cases may be of the same person and await a decision. */
const openIn = ({ candidates = [] }: CaseState): Pick<RowResult, 'candidates'> => {
  const count = candidates.filter(isOpen).length
  return count === 0 ? {} : { candidates: count }
}

const refusedFor = (row: number, { code, params }: Pick<Refusal, 'code' | 'params'>, caseId?: string): RowResult => {
  const column = columnOfRefusal[code]
  const reason: RowReason = { code, ...(column && { column }), ...(params && { params: { ...params } }) }
  return { row, outcome: 'refused', ...(caseId && { caseId }), reasons: [reason] }
}

/** What a part of a manifest is processed with. */
export interface Importing {
  readonly ports: ManifestPorts
  readonly manifest: ManifestState
  readonly part: number
  /** Every case that a row of the file stands for: rows of one file are compared with each other already. */
  readonly ofFile: ReadonlySet<string>
  readonly at: string
  readonly traceparent: string | undefined
}

/** Rows at work at once: they wait for the database most of the time, each for a dozen answers together. */
const atOnce = 4

/** What becomes of each row, done or, in a dry run, only told. What was done before an interruption is found done. */
export async function importRows(rows: readonly ManifestRow[], importing: Importing): Promise<readonly RowResult[]> {
  const earlier = new Map<string, Promise<readonly ManifestRow[]>>()
  const { parts } = importing.ports
  const rowsRead = (partId: string): Promise<readonly ManifestRow[]> => {
    const known = earlier.get(partId) ?? parts.store.history(partId, 1).then(rowsOf)
    earlier.set(partId, known)
    return known
  }
  const results: RowResult[] = []
  const waiting = [...rows]
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) results.push(await importRow(row, importing, rowsRead))
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
  return results.toSorted((a, b) => a.row - b.row)
}

type RowsRead = (partId: string) => Promise<readonly ManifestRow[]>

async function importRow(read: ManifestRow, importing: Importing, rowsRead: RowsRead): Promise<RowResult> {
  const { row, caseId, registration, repeats, reasons = [] } = read
  if (repeats !== undefined) return { row, outcome: 'needs-decision', alike: [repeats] }
  if (caseId === undefined || registration === undefined) return { row, outcome: 'refused', reasons }
  const existing = await importing.ports.cases.store.load(caseId, { fresh: true })
  if (existing === undefined) return register({ ...read, caseId, registration }, importing, rowsRead)
  return again({ ...read, caseId, registration }, existing, importing, rowsRead)
}

type Readable = ManifestRow & { readonly caseId: string; readonly registration: Registration }

/** In the name of the officer who sent the manifest; a row of it is one request, however often it is tried. */
function callFor({ row }: ManifestRow, { manifest: { manifestId, officer }, at, traceparent }: Importing): Call {
  const principal: Principal = { kind: 'staff', ...officer }
  const key = `${manifestId} ${row}`
  return callOf({ principal, action: 'manifest:import', at, key, content: key, traceparent })
}

const sourceOf = ({ row }: ManifestRow, { manifest: { manifestId }, part }: Importing) => ({ manifestId, part, row })

async function register(read: Readable, importing: Importing, rowsRead: RowsRead): Promise<RowResult> {
  const { row, caseId, registration, alike = [] } = read
  const { ports, manifest, ofFile } = importing
  const suspects = await suspectsOf(ports.cases.store, ports.index, registration.person, ofFile, false)
  const found: readonly Candidate[] = [...alike.map(({ candidate }) => candidate), ...suspects].slice(0, mostCandidates)
  const call = callFor(read, importing)
  const source = sourceOf(read, importing)
  const command = { type: 'register', ...issued(call), caseId, office: manifest.office, registration, found, source } as const
  const rows = alike.length === 0 ? {} : { alike: alike.map((other) => other.row) }
  const outcome = (count: number): RowResult => ({
    row,
    outcome: count > 0 ? 'needs-decision' : 'created',
    caseId,
    ...(count > 0 ? { candidates: count } : {}),
    ...rows,
  })
  if (manifest.dryRun) {
    const decided = ports.cases.aggregate.decide(undefined, command)
    return decided.ok ? outcome(found.length) : refusedFor(row, decided.refusal)
  }
  const created = await create(ports.cases, caseId, command, call)
  if (created.ok) return outcome(found.length)
  // Somebody sent the same row at the same time.
  const existing = created.refusal.code === 'already-exists' ? await ports.cases.store.load(caseId, { fresh: true }) : undefined
  return existing === undefined ? refusedFor(row, created.refusal) : again(read, existing, importing, rowsRead)
}

/** The row was registered before: by this very run, which was interrupted; or from an earlier sending of the manifest. */
async function again(read: Readable, existing: Stored<CaseState>, importing: Importing, rowsRead: RowsRead): Promise<RowResult> {
  const { row, caseId, registration, alike = [] } = read
  const { ports, manifest } = importing
  const { cases } = ports
  const call = callFor(read, importing)
  const access = decide(call.principal, call.action, cases.aggregate.resource(existing.state))
  if (!access.allow) return refusedFor(row, { code: 'not-found' })
  const { source } = existing.state.registration
  if (source !== undefined && source.manifestId === manifest.manifestId && source.row === row) {
    const [first] = await cases.store.history(caseId, 1)
    const registered = first?.events.find((event) => event.type === 'registered')
    if (registered?.data.source?.manifestId !== manifest.manifestId) return { row, outcome: 'updated', caseId, ...openIn(existing.state) }
    const noted = first?.events.find((event) => event.type === 'duplicate-candidates-noted')
    const count = noted?.data.candidates.length ?? 0
    return {
      row,
      outcome: count > 0 ? 'needs-decision' : 'created',
      caseId,
      ...(count > 0 ? { candidates: count } : {}),
      ...(alike.length === 0 ? {} : { alike: alike.map((other) => other.row) }),
    }
  }
  const lastRead =
    source && (await rowsRead(partIdOf(source.manifestId, source.part))).find((other) => other.row === source.row)?.registration
  const { facts, changed, conflicts } = changesOf(lastRead ?? existing.state.registration, registration, existing.state.registration)
  if (!changed) return { row, outcome: 'matched', caseId, ...openIn(existing.state) }
  // What the row was is erased: whether people changed the case since, or the mission the row, is for somebody to say.
  const isForgotten = source !== undefined && lastRead === undefined
  if (isForgotten) return { row, outcome: 'needs-decision', caseId, ...openIn(existing.state), reasons: [{ code: 'changed-here-too' }] }
  if (conflicts.length > 0) {
    const reasons = conflicts.map((field): RowReason => {
      const column = columnOfField(field)
      return { code: 'changed-here-too', ...(column && { column }) }
    })
    return { row, outcome: 'needs-decision', caseId, ...openIn(existing.state), reasons }
  }
  const command = {
    type: 'correct',
    ...issued(call),
    reason: 'manifest-sent-again',
    facts,
    source: sourceOf(read, importing),
  } as const
  const outcome = manifest.dryRun ? cases.aggregate.decide(existing.state, command) : await execute(cases, caseId, command, call)
  return outcome.ok ? { row, outcome: 'updated', caseId, ...openIn(existing.state) } : refusedFor(row, outcome.refusal, caseId)
}
