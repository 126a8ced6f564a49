import { accept, aggregate, type Command, type Decided, definePrivateEvent, derivedId, type EventOf, refused } from '@wontanara/core'
import { CaseId, codeList, identity, ManifestId, ManifestPartId, ManifestPartReceived, offices, operational } from '@wontanara/events'
import * as z from 'zod'
import { Candidate } from './duplicates.ts'
import { columnNames } from './manifest-columns.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'
import { Registration } from './registration.ts'

/** What becomes of a row of a manifest. */
export const rowOutcomes = codeList('manifest-outcome', {
  created: { en: 'Registered', fr: 'Enregistré' },
  matched: { en: 'Registered before, nothing new', fr: 'Déjà enregistré, rien de nouveau' },
  updated: { en: 'Registered before, now corrected', fr: 'Déjà enregistré, corrigé' },
  'needs-decision': { en: 'Somebody must decide', fr: 'À décider' },
  refused: { en: 'Refused', fr: 'Refusé' },
})

const position = z.int().min(1)

/** Why: the column is that of the template, and the value is never told. */
export const RowReason = z.strictObject({
  code: z.string(),
  column: z.enum(columnNames).optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
})
export type RowReason = z.output<typeof RowReason>

/** A row as it was read. */
export const ManifestRow = z.strictObject({
  row: operational(position),
  fileNumber: identity(z.string()).optional(),
  /** The case that the row stands for, whether it exists yet or not. */
  caseId: CaseId.optional(),
  registration: Registration.optional(),
  /** The row that it says again, word for word or nearly: nobody is registered for it. */
  repeats: operational(position).optional(),
  /** Other rows that may be of the same person. */
  alike: z.array(z.strictObject({ row: operational(position), candidate: Candidate })).optional(),
  reasons: operational(z.array(RowReason)).optional(),
})
export type ManifestRow = z.output<typeof ManifestRow>

/** What became of a row, or would. */
export const RowResult = z.strictObject({
  row: position,
  outcome: rowOutcomes.schema,
  caseId: z.string().optional(),
  /** Cases that may be of the same person, and rows of this file that may be. */
  candidates: position.optional(),
  alike: z.array(position).optional(),
  reasons: z.array(RowReason).optional(),
})
export type RowResult = z.output<typeof RowResult>

const PartState = z.strictObject({
  partId: ManifestPartId,
  manifestId: ManifestId,
  office: operational(offices.schema),
  part: operational(position),
  results: operational(z.array(RowResult)).optional(),
  erased: operational(z.literal(true)).optional(),
})
export type PartState = z.output<typeof PartState>

/** The rows lie in this commit and nowhere else: a part never changes what it was read as. */
const entered = definePrivateEvent(
  'manifest-part-entered',
  PartState.omit({ results: true, erased: true }).extend({ rows: z.array(ManifestRow) }),
)
const settled = definePrivateEvent('manifest-part-settled', z.strictObject({ results: operational(z.array(RowResult)) }))
const erased = definePrivateEvent('manifest-part-erased', z.object({}), { erases: true })
const events = [entered, settled, erased, ManifestPartReceived] as const
export type PartEvent = EventOf<(typeof events)[number]>
export type EnteredPart = EventOf<typeof entered>['data']

export type PartCommand = Command &
  (
    | { readonly type: 'enter'; readonly entered: EnteredPart }
    | { readonly type: 'settle'; readonly results: readonly RowResult[] }
    | { readonly type: 'erase' }
  )

/** Where what a manifest says of a person lies. */
export const partIdOf = (manifestId: string, part: number): string => derivedId('part', manifestId, String(part))

/** As many rows as one message is about: a second's work. With a thousand rows, the parts and the manifest fit one transaction. */
export const rowsInPart = 25

/** Some rows of a manifest, and what became of them. */
export const manifestParts = aggregate<PartState, PartCommand, PartEvent, CaseRefusal>({
  name: 'manifest-part',
  state: PartState,
  events,
  refusals: catalogue,
  resource: ({ office }) => ({ offices: [office], assignees: [] }),
  decide(state, command): Decided<PartEvent, CaseRefusal> {
    if (command.type === 'enter') {
      const { partId, manifestId } = command.entered
      return state === undefined
        ? accept<PartEvent>(
            { type: 'manifest-part-entered', data: command.entered },
            { type: ManifestPartReceived.type, data: { manifestId, partId } },
          )
        : refused(refuse('already-exists'))
    }
    if (state === undefined) return refused(refuse('not-found'))
    if (command.type === 'erase') return state.erased === true ? accept() : accept({ type: 'manifest-part-erased', data: {} })
    if (state.erased === true) return accept()
    return state.results === undefined ? accept({ type: 'manifest-part-settled', data: { results: [...command.results] } }) : accept()
  },
  evolve(before, event) {
    const state: PartState = before ?? { partId: '', manifestId: '', office: 'conakry', part: 1 }
    switch (event.type) {
      case 'manifest-part-entered': {
        const { rows: _, ...part } = event.data
        return part
      }
      case 'manifest-part-settled':
        return { ...state, results: event.data.results }
      case 'manifest-part-erased': {
        const { results: _, ...rest } = state
        return { ...rest, erased: true }
      }
      case ManifestPartReceived.type:
        return state
    }
  },
})

/** The rows of a part, from its history. */
export const rowsOf = (history: readonly { readonly events: readonly PartEvent[] }[]): readonly ManifestRow[] =>
  history.flatMap(({ events: happened }) => happened.flatMap((event) => (event.type === 'manifest-part-entered' ? event.data.rows : [])))
