import { accept, aggregate, type Command, type Decided, definePrivateEvent, type EventOf, refused, roles } from '@wontanara/core'
import { CalendarDate, CaseId, codeList, Instant, ManifestId, ManifestProcessed, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { rowOutcomes } from './manifest-part.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'

export const manifestStatuses = codeList('manifest-status', {
  received: { en: 'Received', fr: 'Reçu' },
  processing: { en: 'Being processed', fr: 'En cours de traitement' },
  done: { en: 'Done', fr: 'Terminé' },
  erased: { en: 'Rows and results erased', fr: 'Lignes et résultats effacés' },
})

/** How many rows came to which end. */
export const Counts = z.record(rowOutcomes.schema, z.int().min(0))
export type Counts = z.output<typeof Counts>

export const noCounts: Counts = { created: 0, matched: 0, updated: 0, 'needs-decision': 0, refused: 0 }
export const summed = (a: Counts, b: Counts): Counts => ({
  created: a.created + b.created,
  matched: a.matched + b.matched,
  updated: a.updated + b.updated,
  'needs-decision': a['needs-decision'] + b['needs-decision'],
  refused: a.refused + b.refused,
})

/** What a manifest is about. */
export const ManifestTerms = {
  /** The office that registers the people. */
  office: operational(offices.schema),
  /** The host mission that sent it. */
  mission: operational(offices.schema),
  /** The mission's own reference of the charter: with it and the mission, rows sent again are recognised. */
  charter: operational(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 ./-]{1,39}$/),
  ),
  arrivalOn: CalendarDate,
  /** Nothing is registered: only what would become of each row is told. */
  dryRun: operational(z.boolean()),
}

const Header = z.strictObject({
  manifestId: ManifestId,
  ...ManifestTerms,
  receivedAt: Instant,
  /** Who sent it: people are registered in that name, and only where it may register them. */
  officer: z.strictObject({
    id: StaffId,
    roles: operational(z.array(z.enum(roles))),
    offices: operational(z.array(z.string())),
  }),
  rows: operational(z.int().min(1)),
  parts: operational(z.int().min(1)),
  /** Columns of the file, from 1, that were not read. */
  ignoredColumns: operational(z.array(z.int().min(1))),
})

export const ManifestState = Header.extend({
  /** The parts that are done. */
  done: operational(z.array(z.int().min(1))),
  counts: operational(Counts),
  erased: operational(z.literal(true)).optional(),
})
export type ManifestState = z.output<typeof ManifestState>

/** What was received. `caseIds`: every case that a row of it stands for, so that rows of one file are compared with each other only once. */
const received = definePrivateEvent('manifest-received', Header.extend({ caseIds: z.array(CaseId) }))
const partNoted = definePrivateEvent(
  'manifest-part-noted',
  z.strictObject({ part: operational(z.int().min(1)), counts: operational(Counts) }),
)
const erased = definePrivateEvent('manifest-erased', z.object({ at: Instant }))
const events = [received, partNoted, erased, ManifestProcessed] as const
export type ManifestEvent = EventOf<(typeof events)[number]>

export type ManifestCommand = Command &
  (
    | { readonly type: 'receive'; readonly manifest: EventOf<typeof received>['data'] }
    | { readonly type: 'note-part'; readonly part: number; readonly counts: Counts }
    /** After all its parts. */
    | { readonly type: 'erase' }
  )

export const manifestsOf = (office: string): string => `manifests#${office}`
/** Apart, so that whoever looks for what is to be erased does not meet them again every day. */
export const erasedManifestsOf = (office: string): string => `manifests#${office}#erased`

/** How far a manifest is. */
export const statusOf = ({
  done,
  parts,
  erased: gone,
}: Pick<ManifestState, 'done' | 'parts' | 'erased'>): (typeof manifestStatuses.codes)[number] =>
  gone === true ? 'erased' : done.length === 0 ? 'received' : done.length < parts ? 'processing' : 'done'

const blank: ManifestState = {
  manifestId: '',
  office: 'conakry',
  mission: 'conakry',
  charter: '',
  arrivalOn: '',
  dryRun: true,
  receivedAt: '',
  officer: { id: '', roles: [], offices: [] },
  rows: 1,
  parts: 1,
  ignoredColumns: [],
  done: [],
  counts: noCounts,
}

/** An arrival manifest: who sent it, for which charter, and how far it is. Its rows lie in its parts. */
export const manifests = aggregate<ManifestState, ManifestCommand, ManifestEvent, CaseRefusal>({
  name: 'manifest',
  state: ManifestState,
  events,
  refusals: catalogue,
  resource: ({ office }) => ({ offices: [office], assignees: [] }),
  index: (state) => {
    const { manifestId, office, mission, charter, arrivalOn, dryRun, receivedAt, rows } = state
    return {
      gsi1: { pk: state.erased === true ? erasedManifestsOf(office) : manifestsOf(office), sk: receivedAt },
      row: { manifestId, mission, charter, arrivalOn, dryRun, receivedAt, rows, status: statusOf(state) },
    }
  },
  decide(state, command): Decided<ManifestEvent, CaseRefusal> {
    if (command.type === 'receive')
      return state === undefined ? accept({ type: 'manifest-received', data: command.manifest }) : refused(refuse('already-exists'))
    if (state === undefined) return refused(refuse('not-found'))
    if (command.type === 'erase') return state.erased === true ? accept() : accept({ type: 'manifest-erased', data: { at: command.at } })
    const { part, counts } = command
    if (state.done.includes(part)) return accept()
    const noted: ManifestEvent = { type: 'manifest-part-noted', data: { part, counts } }
    const { manifestId, office, dryRun, rows } = state
    return state.done.length + 1 < state.parts
      ? accept(noted)
      : accept<ManifestEvent>(noted, {
          type: ManifestProcessed.type,
          data: { manifestId, office, dryRun, rows, needsDecision: state.counts['needs-decision'] + counts['needs-decision'] },
        })
  },
  evolve(before, event) {
    const state = before ?? blank
    switch (event.type) {
      case 'manifest-received': {
        const { caseIds: _, ...header } = event.data
        return { ...header, done: [], counts: noCounts }
      }
      case 'manifest-part-noted':
        return { ...state, done: [...state.done, event.data.part], counts: summed(state.counts, event.data.counts) }
      case 'manifest-erased':
        return { ...state, erased: true }
      case ManifestProcessed.type:
        return state
    }
  },
})
