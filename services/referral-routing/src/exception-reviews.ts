import { type Call, execute, issued, type ListPosition, type Refusal, type Result } from '@wontanara/core'
import { ExceptionRow, exceptionIdOf, reviewPartition } from './exception.ts'
import type { Ports } from './ports.ts'

const pageSize = 25

/** A day began: each exception whose review is overdue is called so, until somebody reviews it. The list holds only those that wait. */
export async function remindOfReviews({ exceptions }: Pick<Ports, 'exceptions'>, call: Call): Promise<readonly Result<unknown, Refusal>[]> {
  const results: Result<unknown, Refusal>[] = []
  let after: ListPosition | undefined
  do {
    const page = await exceptions.store.list({
      index: 'gsi2',
      pk: reviewPartition,
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    const rows = page.rows.map((row) => ExceptionRow.parse(row))
    const overdue = rows.filter(({ reviewDueAt }) => reviewDueAt !== undefined && reviewDueAt <= call.at)
    results.push(
      ...(await Promise.all(
        overdue.map(({ referralId }) => execute(exceptions, exceptionIdOf(referralId), { type: 'remind', ...issued(call) }, call)),
      )),
    )
    // They stand in the order of their dates: the first that is not due ends the search.
    after = overdue.length === rows.length ? page.next : undefined
  } while (after !== undefined)
  return results
}
