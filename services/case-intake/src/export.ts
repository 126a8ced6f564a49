import { accept, aggregate, type Command, type Decided, definePrivateEvent, type EventOf, refused, roles } from '@wontanara/core'
import {
  codeList,
  dataClasses,
  ExportContinued,
  ExportId,
  ExportRequested,
  Instant,
  offices,
  operational,
  StaffId,
} from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import { columnNames } from './export-columns.ts'
import { formats } from './export-file.ts'
import { type CaseRefusal, catalogue, refuse } from './refusals.ts'

export const exportStatuses = codeList('export-status', {
  requested: { en: 'Requested', fr: 'Demandé' },
  running: { en: 'Being written', fr: "En cours d'écriture" },
  ready: { en: 'Ready', fr: 'Prêt' },
  failed: { en: 'Failed', fr: 'Échoué' },
  expired: { en: 'Expired', fr: 'Expiré' },
  cancelled: { en: 'Cancelled', fr: 'Annulé' },
})
type Status = (typeof exportStatuses.codes)[number]

export const exportFailures = codeList('export-failure', {
  'not-permitted': { en: 'Whoever asked for it may not have it', fr: "Qui l'a demandé n'y a pas droit" },
  'too-long': { en: 'The list is too long for one file', fr: 'La liste est trop longue pour un seul fichier' },
  'out-of-time': { en: 'It was not done in time', fr: "Il n'a pas été terminé à temps" },
})

/** An export that is not done by then has failed; its queue has given it up before (infra/services.ts). In hours. */
const longest = 3
/** How long a file is there: the rule of the bucket deletes it at the next midnight. In hours. */
const kept = 24
/** More parts than this are not a list that somebody reads. Half a gigabyte, two million lines. */
export const mostParts = 99

/** What is asked for. */
export const ExportTerms = {
  office: operational(offices.schema),
  /** Only cases of this status. */
  status: operational(statuses.schema).optional(),
  format: operational(z.enum(formats)),
  /** In this order; all of them unless told. */
  columns: operational(z.array(z.enum(columnNames)).min(1).max(columnNames.length)).default([...columnNames]),
  /** Of the headers. In French, semicolons separate the cells, as spreadsheets there expect. */
  language: operational(z.enum(['en', 'fr'])).default('en'),
}

/** Who asked, as they were then: what they may see is decided by it while the file is written. */
const Requester = z.strictObject({
  id: StaffId,
  roles: operational(z.array(z.enum(roles))),
  offices: operational(z.array(z.string())),
})
const Part = operational(z.strictObject({ number: z.int().min(1), etag: z.string(), checksum: z.string() }))
/** The cases that were on the list: how many, and in which turn they were listed. Their ids lie beside the file. */
const Plan = operational(z.strictObject({ turn: z.int().min(1), cases: z.int().min(0) }))
const Count = operational(z.int().min(0))
const Classes = operational(z.array(z.enum(dataClasses)))

const Asked = z.strictObject({ exportId: ExportId, ...ExportTerms, requester: Requester, requestedAt: Instant })

export const ExportState = Asked.extend({
  progress: operational(exportStatuses.schema.exclude(['expired'])),
  uploadId: operational(z.string()).optional(),
  /** How often work on it was taken up. Whoever has taken it up last may write; its number is in the numbers of its parts, so that who comes late overwrites nothing. */
  turn: operational(z.int().min(0)),
  parts: z.array(Part),
  plan: Plan.optional(),
  /** How many cases of the plan are dealt with; fewer lines may have come of them. */
  done: Count,
  rows: Count,
  classes: Classes.optional(),
  endedAt: Instant.optional(),
  failure: operational(exportFailures.schema).optional(),
})
export type ExportState = z.output<typeof ExportState>

const requested = definePrivateEvent('export-asked', Asked)
const taken = definePrivateEvent('export-taken-up', z.strictObject({ turn: operational(z.int()), uploadId: operational(z.string()) }))
const planned = definePrivateEvent('export-planned', z.strictObject({ plan: Plan }))
const written = definePrivateEvent('export-part-written', z.strictObject({ part: Part, done: Count, rows: Count }))
/** The entry of the audit trail: how many lines of which classes left. */
const finished = definePrivateEvent('export-finished', z.strictObject({ at: Instant, rows: operational(z.int().min(0)), classes: Classes }))
const failed = definePrivateEvent('export-failed', z.strictObject({ at: Instant, failure: operational(exportFailures.schema) }))
const cancelled = definePrivateEvent('export-cancelled', z.strictObject({ at: Instant }))
const events = [requested, taken, planned, written, finished, failed, cancelled, ExportRequested, ExportContinued] as const
export type ExportEvent = EventOf<(typeof events)[number]>

export type ExportCommand = Command &
  (
    | { readonly type: 'request'; readonly asked: Omit<z.output<typeof Asked>, 'requestedAt'> }
    | { readonly type: 'take-up'; readonly uploadId: string }
    | { readonly type: 'plan'; readonly turn: number; readonly cases: number }
    | {
        readonly type: 'note-part'
        readonly turn: number
        readonly part: z.output<typeof Part>
        /** Cases that it deals with, and lines that it holds. */
        readonly done: number
        readonly rows: number
        /** Whether another turn goes on from here. */
        readonly pauses: boolean
      }
    | { readonly type: 'finish'; readonly turn: number; readonly classes: z.output<typeof Classes> }
    | { readonly type: 'fail'; readonly failure: (typeof exportFailures.codes)[number] }
    | { readonly type: 'cancel' }
  )

const hoursAfter = (instant: string, hours: number): string => new Date(Date.parse(instant) + hours * 3_600_000).toISOString()

/** Until when the file of an export is there; undefined while it is not. */
export const keptUntil = ({ progress, endedAt }: ExportState): string | undefined =>
  progress === 'ready' && endedAt !== undefined ? hoursAfter(endedAt, kept) : undefined

/** How an export stands at an instant: one that took too long has failed, and what was ready expires, without anybody's doing. */
export function statusAt(state: ExportState, at: string): Status {
  const { progress, requestedAt } = state
  const until = keptUntil(state)
  if (until !== undefined && at >= until) return 'expired'
  return isUnderWay(state) && at >= hoursAfter(requestedAt, longest) ? 'failed' : progress
}
export const failureAt = (state: ExportState, at: string): ExportState['failure'] =>
  state.failure ?? (statusAt(state, at) === 'failed' ? 'out-of-time' : undefined)

const isUnderWay = ({ progress }: ExportState): boolean => progress === 'requested' || progress === 'running'

/** A file with the cases of an office: who asked for it, what may be in it, and how far it is written. */
export const caseExports = aggregate<ExportState, ExportCommand, ExportEvent, CaseRefusal>({
  name: 'export',
  state: ExportState,
  events,
  refusals: catalogue,
  resource: ({ office, requester }) => ({ offices: [office], assignees: [requester.id] }),
  decide(state, command): Decided<ExportEvent, CaseRefusal> {
    const { at } = command
    if (command.type === 'request') {
      if (state !== undefined) return refused(refuse('already-exists'))
      const { exportId, office } = command.asked
      return accept(
        { type: 'export-asked', data: { ...command.asked, requestedAt: at } },
        { type: ExportRequested.type, data: { exportId, office } },
      )
    }
    if (state === undefined) return refused(refuse('not-found'))
    const status = statusAt(state, at)
    const ended = refused(refuse('export-ended', { status }))
    if (command.type === 'cancel') {
      if (status === 'cancelled') return accept()
      return status === 'failed' || status === 'expired' ? ended : accept({ type: 'export-cancelled', data: { at } })
    }
    if (status !== 'requested' && status !== 'running') return ended
    switch (command.type) {
      case 'take-up':
        return accept({ type: 'export-taken-up', data: { turn: state.turn + 1, uploadId: state.uploadId ?? command.uploadId } })
      case 'plan': {
        const { turn, cases } = command
        return turn === state.turn ? accept({ type: 'export-planned', data: { plan: { turn, cases } } }) : ended
      }
      case 'note-part': {
        // Somebody else has taken it up meanwhile: what was written since then counts.
        if (command.turn !== state.turn) return ended
        const { part, done, rows, pauses } = command
        const { exportId, office } = state
        return accept(
          { type: 'export-part-written', data: { part, done, rows } },
          ...(pauses ? [{ type: ExportContinued.type, data: { exportId, office } }] : []),
        )
      }
      case 'finish':
        if (command.turn !== state.turn) return ended
        return accept({ type: 'export-finished', data: { at, rows: state.rows, classes: command.classes } })
      case 'fail':
        return accept({ type: 'export-failed', data: { at, failure: command.failure } })
    }
  },
  evolve(state, event): ExportState {
    const before = state ?? blank
    switch (event.type) {
      case 'export-asked':
        return { ...event.data, progress: 'requested', turn: 0, parts: [], done: 0, rows: 0 }
      case 'export-taken-up':
        return { ...before, ...event.data, progress: 'running' }
      case 'export-planned':
        return { ...before, plan: event.data.plan }
      case 'export-part-written': {
        const { part, done, rows } = event.data
        return { ...before, parts: [...before.parts, part], done: before.done + done, rows: before.rows + rows }
      }
      case 'export-finished':
        return { ...before, progress: 'ready', endedAt: event.data.at, classes: event.data.classes }
      case 'export-failed':
        return { ...before, progress: 'failed', endedAt: event.data.at, failure: event.data.failure }
      case 'export-cancelled':
        return { ...before, progress: 'cancelled', endedAt: event.data.at }
      case ExportRequested.type:
      case ExportContinued.type:
        return before
    }
  },
})

const blank: ExportState = {
  exportId: '',
  office: 'conakry',
  format: 'csv',
  columns: [],
  language: 'en',
  requester: { id: '', roles: [], offices: [] },
  requestedAt: '',
  progress: 'requested',
  turn: 0,
  parts: [],
  done: 0,
  rows: 0,
}

const DeskState = z.strictObject({ exportId: ExportId.optional(), takenAt: Instant.optional() })
type DeskState = z.output<typeof DeskState>
const deskTaken = definePrivateEvent('desk-taken', z.strictObject({ exportId: ExportId, at: Instant }))
const deskLeft = definePrivateEvent('desk-left', z.strictObject({ exportId: ExportId }))
const deskEvents = [deskTaken, deskLeft] as const
type DeskEvent = EventOf<(typeof deskEvents)[number]>
type DeskCommand = Command & { readonly type: 'take' | 'leave'; readonly exportId: string }

/** Where somebody's exports are worked on: one at a time. It changes in the same transaction as they do. */
export const exportDesks = aggregate<DeskState, DeskCommand, DeskEvent, CaseRefusal>({
  name: 'export-desk',
  state: DeskState,
  events: deskEvents,
  refusals: catalogue,
  resource: () => ({ offices: [], assignees: [] }),
  decide(state, { type, exportId, at }): Decided<DeskEvent, CaseRefusal> {
    if (type === 'leave') return state?.exportId === exportId ? accept({ type: 'desk-left', data: { exportId } }) : accept()
    const isTaken = state?.takenAt !== undefined && at < hoursAfter(state.takenAt, longest)
    return isTaken ? refused(refuse('export-running')) : accept({ type: 'desk-taken', data: { exportId, at } })
  },
  evolve: (_, event) => (event.type === 'desk-taken' ? { exportId: event.data.exportId, takenAt: event.data.at } : {}),
})
