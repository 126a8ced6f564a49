import type { LocalCloud } from '@wontanara/local-cloud'
import * as z from 'zod'
import { dynamo } from '../bench/dynamo.ts'

/** A published event, as far as it is counted. */
interface Published {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/*
 * How partners answer is counted beside the referrals, from their events: each once, however often and in whatever order they came.
 */

/** What counts of a referral, by the end of its event's name. */
const counted = ['sent', 'accepted', 'declined', 'completed', 'failed', 'recalled', 'expired'] as const

const Text = z.object({ S: z.string() })
const Page = z.object({ Items: z.array(z.object({ sk: Text, c: Text })), LastEvaluatedKey: z.unknown().optional() })
const Line = z.object({ marks: z.array(z.string()) })
const Month = z.object({ counts: z.record(z.string(), z.number()) })

/** What each published event says of a referral: `ref-… sent`. One that was sent in error counts for nothing. */
function expected(published: readonly Published[]): ReadonlySet<string> {
  const said = published.flatMap(({ type, data }) => {
    const [, kind] = /^referral-routing\.referral-(\w+)\.v1$/.exec(type) ?? []
    if (kind === undefined || !counted.some((each) => each === kind)) return []
    return [`${data.referralId} ${kind === 'recalled' && data.reason === 'sent-in-error' ? 'in-error' : kind}`]
  })
  return new Set(said)
}

/** The tallies of a table against the events that were published: each line, and the sums of the months. */
export async function tallied(cloud: LocalCloud, published: readonly Published[]) {
  const [table] = cloud.resources('AWS::DynamoDB::Table').filter(({ path }) => path.startsWith('referral-routing/'))
  const items: z.output<typeof Page>['Items'] = []
  let start: unknown
  do {
    const page = Page.parse(
      await dynamo(cloud.endpoint, 'Scan', {
        TableName: table?.name,
        ConsistentRead: true,
        FilterExpression: 'begins_with(pk, :tally)',
        ExpressionAttributeValues: { ':tally': { S: 'tally#' } },
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    )
    items.push(...page.Items)
    start = page.LastEvaluatedKey
  } while (start !== undefined)
  const there = new Set(
    items
      .filter(({ sk }) => sk.S.startsWith('line#'))
      .flatMap(({ sk, c }) =>
        Line.parse(JSON.parse(c.S))
          .marks.filter((mark) => mark !== 'overdue')
          .map((mark) => `${sk.S.slice('line#'.length)} ${mark}`),
      ),
  )
  const wanted = expected(published)
  const months = items.filter(({ sk }) => sk.S.startsWith('month#')).map(({ c }) => Month.parse(JSON.parse(c.S)).counts)
  const inError = new Set([...wanted].filter((text) => text.endsWith(' in-error')).map((text) => text.split(' ')[0]))
  const sums = counted.map((kind) => {
    const of = [...wanted].filter((text) => text.endsWith(` ${kind}`) && !inError.has(text.split(' ')[0])).length
    return { kind, of, is: months.reduce((sum, counts) => sum + (counts[kind] ?? 0), 0) }
  })
  return {
    lost: [
      ...[...wanted].filter((text) => !there.has(text)).map((text) => `${text}: not counted`),
      ...sums.filter(({ of, is }) => is < of).map(({ kind, of, is }) => `${of} were ${kind}, ${is} are counted`),
    ],
    doubled: [
      ...[...there].filter((text) => !wanted.has(text)).map((text) => `${text}: counted, and did not happen`),
      ...sums.filter(({ of, is }) => is > of).map(({ kind, of, is }) => `${of} were ${kind}, ${is} are counted`),
    ],
  }
}
