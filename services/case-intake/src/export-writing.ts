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
import { fileNameOf, keyOf, planKeyOf, type Watermark, writers } from './export-file.ts'
import type { Ports } from './ports.ts'
import type { exportSubscriptions } from './subscriptions.ts'
import { CaseRow } from './views.ts'

type Part = ExportState['parts'][number]

/** Where files are written, as a whole or part by part. */
export interface Files {
  put(key: string, text: string): Promise<void>
  get(key: string): Promise<string>
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

/** How much is done at once. */
interface Pace {
  /** Bytes. A part that is not the last has at least 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
  readonly part: number
  /** Rows of the list in one read. */
  readonly page: number
  /** Cases read one after the other until the size of the part is looked at. */
  readonly chunk: number
  /** No part is begun after so many milliseconds: another turn goes on, and has the whole time of a function. */
  readonly turn: number
}
const usual: Pace = { part: 5 * 1024 * 1024, page: 500, chunk: 200, turn: 90_000 }
/** Cases that are read at the same time. */
const atOnce = 20

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

const isWritten = ({ parts, plan, done }: ExportState): boolean => parts.length > 0 && done === plan?.cases

/**
 * Writes an export, from where it stands, until it is done or the turn is over. Whoever takes it up last goes on: after a crash what was not
 * noted is written anew, and nothing twice.
 */
export function writing({ cases, caseExports, exportDesks, files, now }: ExportPorts, pace: Pace = usual) {
  /**
   * The ids of the list, read at one go: while the file is written cases change their status, and with it their place in the list. Whoever
   * goes through it slowly meets some twice and others never.
   */
  async function listed({ office, status }: ExportState): Promise<readonly string[]> {
    const ids = new Set<string>()
    let after: { readonly id: string; readonly sk: string } | undefined
    do {
      const page = await cases.store.list({
        index: 'gsi1',
        pk: status === 'merged' ? mergedPartition(office) : officePartition(office),
        ...(status === undefined ? {} : { prefix: `${status}#` }),
        limit: pace.page,
        ...(after === undefined ? {} : { after }),
      })
      for (const row of page.rows) ids.add(CaseRow.parse(row).caseId)
      after = page.next
    } while (after !== undefined)
    return [...ids]
  }

  /** The next part: as many cases as fill it. */
  async function nextPart(state: ExportState, ids: readonly string[]) {
    const { office, columns, language, format, requester } = state
    const writer = writers[format]

    async function lineOfCase(caseId: string): Promise<string> {
      const current = (await cases.store.load(caseId))?.state
      // It went to another office meanwhile.
      if (current === undefined || current.office !== office) return ''
      const access = decide({ kind: 'staff', ...requester }, 'case:export', cases.aggregate.resource(current))
      return access.allow ? writer.line(lineOf(current, columns, access.classes), columns, language) : ''
    }

    const pieces = state.parts.length === 0 ? [writer.top(markOf(state), columns, language)] : []
    let [size, rows, at] = [0, 0, state.done]
    while (at < ids.length && size < pace.part) {
      const chunk = ids.slice(at, at + pace.chunk)
      const lines = (await inOrder(chunk, lineOfCase)).filter((line) => line !== '')
      pieces.push(...lines)
      rows += lines.length
      size += lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)
      at += chunk.length
    }
    return { bytes: Buffer.from(pieces.join('')), rows, done: at - state.done, isLast: at >= ids.length }
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

    let ids: readonly string[]
    if (state.plan === undefined) {
      ids = await listed(state)
      await files.put(planKeyOf(exportId, turn), ids.join('\n'))
      const planning = step()
      const noted = await execute(caseExports, exportId, { type: 'plan', ...issued(planning), turn, cases: ids.length }, planning)
      if (!noted.ok) return stop()
      state = noted.value.state
    } else ids = (await files.get(planKeyOf(exportId, state.plan.turn))).split('\n').filter((id) => id !== '')

    while (!isWritten(state)) {
      const { bytes, rows, done, isLast } = await nextPart(state, ids)
      // Nobody of the rest of the list is here any more.
      if (bytes.length === 0) break
      const part = await files.part(key, upload, numberOf(state), bytes)
      const pauses = !isLast && (Date.parse(now()) - begun > pace.turn || state.parts.length + 1 > mostParts)
      const noting = step()
      const note = { type: 'note-part', ...issued(noting), turn, part, done, rows, pauses } as const
      const noted = await execute(caseExports, exportId, note, noting)
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
