import { type Call, execute, issued, type ListPosition, outcomes, type Refusal, type Repository, type Result } from '@wontanara/core'
import { offices } from '@wontanara/events'
import type * as z from 'zod'
import {
  officePartition,
  type Referral,
  type ReferralCommand,
  type ReferralEvent,
  ReferralRow,
  type Status,
  strandedPartition,
} from './referral.ts'
import type { RefusalCode } from './refusals.ts'

type Referrals = Repository<Referral, ReferralCommand, ReferralEvent, RefusalCode>
type Row = z.output<typeof ReferralRow>

/** The states in which a deadline runs: for the receipt, for the answer, for the end of a hold. */
const awaited = ['sent', 'received', 'on-hold'] as const satisfies readonly Status[]
const pageSize = 25
const hour = 3_600_000

/**
 * A list that begins with what has waited longest, up to the first that is still in time. What it reads grows with what has waited beyond
 * its deadline, by up to a page more, and not with the store.
 */
async function* waiting(
  { store }: Pick<Referrals, 'store'>,
  query: { readonly index: 'gsi1' | 'gsi2'; readonly pk: string },
  upTo: string,
) {
  let after: ListPosition | undefined
  do {
    const page = await store.list({ ...query, limit: pageSize, ...(after && { after }) })
    for (const found of page.rows) {
      const row = ReferralRow.parse(found)
      if (row.dueAt === undefined || row.dueAt > upTo) return
      yield row
    }
    after = page.next
  } while (after !== undefined)
}

/**
 * Whether a later hour has begun since this one: then it is left to that. What is due at an hour is everything that was due before, so of
 * many that come at once, after an outage or when days are played, one looks and finds it all.
 */
export const isOvertaken = (began: string, now: string): boolean => Date.parse(now) >= Date.parse(began) + hour

/**
 * Every deadline that has passed when an hour begins: what was not acknowledged expires, what is not answered or resumed is escalated, once.
 * Each by its own command, under the key of the hour's event: the message may come again, at any point.
 * @throws when some could not be changed, after all others have been: one record that fails keeps nobody else waiting
 */
export async function keepTime(referrals: Referrals, began: string, call: Call): Promise<readonly Result<unknown, Refusal>[]> {
  if (isOvertaken(began, call.at)) return []
  const upTo = new Date(began).toISOString()
  const { settle, all } = outcomes()
  async function keepIn(office: string, status: Status): Promise<undefined> {
    let due: Row[] = []
    const keep = async () => {
      const order = { type: 'keep-time', upTo, ...issued(call) } as const
      await settle(due.map(({ referralId }) => execute(referrals, referralId, order, call)))
      due = []
    }
    // What changes leaves the list behind the place that was read: nothing is passed over.
    for await (const row of waiting(referrals, { index: 'gsi1', pk: officePartition(office, status) }, upTo)) {
      if (row.escalated !== undefined) continue
      due.push(row)
      if (due.length === pageSize) await keep()
    }
    await keep()
  }
  // Office by office: most have nothing due, and nobody waits for an hour to be through in a tenth of a second.
  for (const office of offices.codes) await settle(awaited.map((status) => keepIn(office, status)))
  return all('deadlines were not kept')
}

/**
 * What waits at an office beyond its deadline, or expired and was not seen to since; the longest first.
 * @param at instant by which the deadline has passed
 */
export async function overdue(referrals: Pick<Referrals, 'store'>, office: string, at: string, limit: number): Promise<readonly Row[]> {
  const first = async (query: Parameters<typeof waiting>[1]): Promise<readonly Row[]> => {
    const rows: Row[] = []
    for await (const row of waiting(referrals, query, at)) if (rows.push(row) === limit) break
    return rows
  }
  const lists = await Promise.all([
    ...awaited.map((status) => first({ index: 'gsi1', pk: officePartition(office, status) })),
    first({ index: 'gsi2', pk: strandedPartition(office) }),
  ])
  return lists
    .flat()
    .sort((a, b) => (a.dueAt ?? '').localeCompare(b.dueAt ?? '') || a.referralId.localeCompare(b.referralId))
    .slice(0, limit)
}
