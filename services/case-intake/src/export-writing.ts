import {
  also,
  type Call,
  type Consumers,
  callOf,
  common,
  decide,
  execute,
  issued,
  newId,
  ok,
  type Refusal,
  type Result,
  refused,
} from '@wontanara/core'
import { ExportContinued, ExportRequested } from '@wontanara/events'
import { mergedPartition, officePartition } from './case.ts'
import { deskOf } from './export.app.ts'
import { type ExportState, mostParts, statusAt } from './export.ts'
import { atOffice, bulkClasses, lineOf, type Requester } from './export-columns.ts'
import { fileNameOf, keyOf, type Watermark, writers } from './export-file.ts'
import type { Ports } from './ports.ts'
import type { exportSubscriptions } from './subscriptions.ts'
import { CaseRow } from './views.ts'

type Part = ExportState['parts'][number]

/** Where files are written, part by part. */
export interface Files {
  /** @returns id of the upload */
  begin(key: string, type: string, name: string): Promise<string>
  part(key: string, upload: string, number: number, bytes: Uint8Array): Promise<Part>
  complete(key: string, upload: string, parts: readonly Part[]): Promise<void>
  abort(key: string, upload: string): Promise<void>
}

export type ExportPorts = Pick<Ports, 'cases' | 'caseExports' | 'exportDesks'> & {
  readonly files: Files
  /** ISO 8601 UTC. */
  now(): string
}

/** A part that is not the last has at least 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const smallestPart = 5 * 1024 * 1024
/** Rows of the list that are asked for at once, and cases of them that are read at the same time. */
const pageSize = 100
const atOnce = 20
/** No part is begun after so many milliseconds: another turn goes on, and has the whole time of a function. */
const turnTime = 90_000

/** The results in the order of the items, some of them at work at once. */
async function inOrder<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Array<R>(items.length)
  const waiting = items.entries()
  const work = async (): Promise<void> => {
    for (const [i, item] of waiting) results[i] = await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}

const markOf = ({ exportId, requester, requestedAt, office, status }: ExportState): Watermark => ({
  exportId,
  requestedBy: requester.id,
  requestedAt,
  office,
  status,
})

/** The first number of a part leaves room for every turn that may write it: nobody overwrites what another has written. */
const numberOf = ({ parts, turn }: ExportState): number => parts.length * 100 + turn
const mostTurns = 99

const isWritten = ({ parts, next }: ExportState): boolean => parts.length > 0 && next === undefined

/**
 * Writes an export, from where it stands, until it is done or the turn is over. Whoever takes it up last goes on: after a crash what was not
 * noted is written anew, and nothing twice.
 */
export function writing({ cases, caseExports, exportDesks, files, now }: ExportPorts) {
  /** The next part: whole pages of the list, as many as fill it. */
  async function nextPart(state: ExportState) {
    const { office, status, requestedAt, columns, language, format } = state
    const requester = { kind: 'staff', ...state.requester } as const
    const writer = writers[format]

    async function lineOfCase({ caseId }: { readonly caseId: string }): Promise<string> {
      const current = (await cases.store.load(caseId))?.state
      if (current === undefined || current.office !== office) return ''
      const access = decide(requester, 'case:export', cases.aggregate.resource(current))
      return access.allow ? writer.line(lineOf(current, columns, access.classes), columns, language) : ''
    }

    const pieces = state.parts.length === 0 ? [writer.top(markOf(state), columns, language)] : []
    let [size, rows, next] = [pieces.join('').length, 0, state.next]
    do {
      const page = await cases.store.list({
        index: 'gsi1',
        pk: status === 'merged' ? mergedPartition(office) : officePartition(office),
        ...(status === undefined ? {} : { prefix: `${status}#` }),
        limit: pageSize,
        ...(next === undefined ? {} : { after: next }),
      })
      // What has a status only since the request has stood elsewhere in the list before: it could be met twice.
      const listed = page.rows.map((row) => CaseRow.parse(row)).filter(({ since }) => since <= requestedAt)
      const lines = (await inOrder(listed, lineOfCase)).filter((line) => line !== '')
      pieces.push(...lines)
      rows += lines.length
      size += lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)
      next = page.next
    } while (next !== undefined && size < smallestPart)
    return { bytes: Buffer.from(pieces.join('')), rows, next }
  }

  return async (exportId: string, first: Call): Promise<Result<unknown, Refusal>> => {
    /** Each step is a request of its own; what it may do, the state says. */
    const step = (): Call => {
      const { principal, action, traceparent } = first
      return callOf({ principal, action, traceparent, at: now(), key: newId('step', new Date(now())), content: '' })
    }
    const leaving = (requester: Requester, call: Call) =>
      also(exportDesks, deskOf(requester), { type: 'leave', ...issued(call), exportId }, 'nothing')
    const fail = (requester: Requester, failure: 'not-permitted' | 'too-long') => {
      const call = step()
      return execute(caseExports, exportId, { type: 'fail', ...issued(call), failure }, call, [leaving(requester, call)])
    }

    const found = (await caseExports.store.load(exportId, { fresh: true }))?.state
    if (found === undefined) return refused(common.refuse('not-found'))
    const key = keyOf(exportId, found.format)
    const isOver = (state: ExportState): boolean => !['requested', 'running'].includes(statusAt(state, now()))
    /** What was written of an export that will not be done goes. */
    const stop = async (): Promise<Result<unknown, Refusal>> => {
      const state = (await caseExports.store.load(exportId, { fresh: true }))?.state
      if (state?.uploadId !== undefined && isOver(state) && state.progress !== 'ready') await files.abort(key, state.uploadId)
      return ok(undefined)
    }
    if (isOver(found)) return stop()
    const access = decide({ kind: 'staff', ...found.requester }, 'case:export', atOffice(found.office))
    const isTooLong = found.turn >= mostTurns || found.parts.length > mostParts
    if (!access.allow || isTooLong) {
      const failed = await fail(found.requester, access.allow ? 'too-long' : 'not-permitted')
      return failed.ok ? stop() : failed
    }

    const uploadId = found.uploadId ?? (await files.begin(key, writers[found.format].type, fileNameOf(markOf(found), found.format)))
    const begun = Date.parse(now())
    const taking = step()
    const taken = await execute(caseExports, exportId, { type: 'take-up', ...issued(taking), uploadId }, taking)
    // Somebody else began one at the same time, or it was cancelled.
    if (!taken.ok || taken.value.state.uploadId !== uploadId) await files.abort(key, uploadId)
    if (!taken.ok) return stop()
    let { state } = taken.value
    const { turn, uploadId: upload = uploadId } = state

    while (!isWritten(state)) {
      const { bytes, rows, next } = await nextPart(state)
      // The rest of the list holds nothing that is written.
      if (bytes.length === 0 && next === undefined) break
      const part = await files.part(key, upload, numberOf(state), bytes)
      const pauses = next !== undefined && (Date.parse(now()) - begun > turnTime || state.parts.length + 1 > mostParts)
      const noting = step()
      const noted = await execute(caseExports, exportId, { type: 'note-part', ...issued(noting), turn, part, next, rows, pauses }, noting)
      if (!noted.ok) return stop()
      state = noted.value.state
      if (pauses) return ok(undefined)
    }
    await files.complete(key, upload, state.parts)
    const finishing = step()
    const classes = [...bulkClasses(access.classes)]
    const along = [leaving(state.requester, finishing)]
    const finished = await execute(caseExports, exportId, { type: 'finish', ...issued(finishing), turn, classes }, finishing, along)
    return finished.ok ? finished : stop()
  }
}

/** What the events of an export do: each is a turn at writing it. */
export const exportConsumers = (ports: ExportPorts) => {
  const write = writing(ports)
  const turn = async (
    { data: { exportId } }: { readonly data: { readonly exportId: string } },
    callFor: (action: Call['action']) => Call,
  ): Promise<readonly Result<unknown, Refusal>[]> => [await write(exportId, callFor('export:run'))]
  return { [ExportRequested.type]: turn, [ExportContinued.type]: turn } satisfies Consumers<typeof exportSubscriptions>
}
