import { type Call, execute, issued, list, outcomes, type Refusal, type Result } from '@wontanara/core'
import { ApplicationId, Instant, ManifestId, offices, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { applicationPartition, isForgotten } from './application.ts'
import { manifestsOf } from './manifest.ts'
import { partIdOf } from './manifest-part.ts'
import type { ErasurePorts } from './ports.ts'
import { keptSince, manifestDays } from './retention.ts'

/** Of an office, in one day: what is left waits for the next. A flood of applications must not keep the day's work from ending. */
const most = 200
const pageSize = 50

// Of the rows of the lists what is needed: their views would bring the whole API along.
const ApplicationRow = z.looseObject({ applicationId: ApplicationId, receivedAt: Instant, takenBy: StaffId.optional() })
const ManifestRow = z.looseObject({ manifestId: ManifestId, receivedAt: Instant })

/** What has been kept long enough, by its ids. */
export interface Due {
  readonly applications: readonly string[]
  readonly manifests: readonly string[]
}

/** What is to be erased of an office at an instant. It only looks: this is the dry run. */
export async function dueAt(
  { applications, manifests }: Pick<ErasurePorts, 'applications' | 'manifests'>,
  office: string,
  callFor: (action: Call['action']) => Call,
): Promise<Due> {
  const [ofApplication, ofManifest] = [callFor('application:erase'), callFor('manifest:erase')]
  const { at } = ofApplication
  const near = { offices: [office], assignees: [] }
  /** Ids of a partition, oldest first, until one is met that is too young. @param idOf undefined when it stays, 'young' when all further ones do */
  const oldest = async (
    store: Parameters<typeof list>[0],
    call: Call,
    query: { readonly pk: string; readonly prefix?: string },
    idOf: (row: unknown) => { readonly young: boolean; readonly id: string | undefined },
  ): Promise<readonly string[]> => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await list(store, call, near, { index: 'gsi1', ...query, limit: pageSize, cursor })
      if (!page.ok) throw new Error(`what is due is not listed: ${page.refusal.code}`)
      for (const row of page.value.rows.map(idOf)) {
        if (row.young || found.length === most) return found
        if (row.id !== undefined) found.push(row.id)
      }
      cursor = page.value.cursor
    } while (cursor !== undefined)
    return found
  }
  return {
    applications: await oldest(applications.store, ofApplication, { pk: applicationPartition(office), prefix: 'open#' }, (stored) => {
      const row = ApplicationRow.parse(stored)
      return {
        young: !isForgotten({ ...row, status: 'open', takenBy: undefined }, at),
        id: isForgotten({ status: 'open', ...row }, at) ? row.applicationId : undefined,
      }
    }),
    manifests: await oldest(manifests.store, ofManifest, { pk: manifestsOf(office) }, (stored) => {
      const { manifestId, receivedAt } = ManifestRow.parse(stored)
      return { young: receivedAt >= keptSince(manifestDays, at), id: manifestId }
    }),
  }
}

/**
 * Erases what has been kept long enough: applications that nobody took up, rows and results of manifests. The message may come again, at any
 * point; what is erased is not due any more, and a manifest only after all its parts.
 * @throws when something was not erased, after all else was
 */
export async function eraseDue(
  ports: ErasurePorts,
  callFor: (action: Call['action']) => Call,
): Promise<readonly Result<unknown, Refusal>[]> {
  const { applications, manifests, parts } = ports
  const [ofApplication, ofManifest] = [callFor('application:erase'), callFor('manifest:erase')]
  const order = { type: 'erase', ...issued(ofApplication) } as const
  const eraseManifest = async (manifestId: string): Promise<Result<unknown, Refusal>> => {
    const stored = await manifests.store.load(manifestId, { fresh: true })
    for (let part = 1; part <= (stored?.state.parts ?? 0); part++) {
      const erased = await execute(parts, partIdOf(manifestId, part), order, ofManifest)
      if (!erased.ok) return erased
    }
    return execute(manifests, manifestId, order, ofManifest)
  }
  const { settle, all } = outcomes()
  const ofOffice = async (office: string): Promise<undefined> => {
    const due = await dueAt(ports, office, callFor)
    for (const id of due.applications) await settle([execute(applications, id, order, ofApplication)])
    for (const id of due.manifests) await settle([eraseManifest(id)])
  }
  // One office after the other: nobody waits for it, and others read the table meanwhile.
  for (const office of offices.codes) await settle([ofOffice(office)])
  return all('records were not erased')
}
