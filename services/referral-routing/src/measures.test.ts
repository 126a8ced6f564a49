import { create, defineApi, issued, memoryStore, type Principal } from '@wontanara/core'
import { callBy, client, hoursLater, now, partnerOf, staff } from '@wontanara/testing'
import fc from 'fast-check'
import * as examples from './examples.ts'
import { measuresRoutes } from './measures.api.ts'
import { measuring } from './measures.app.ts'
import { type Cell, hasEnded, measures, monthsOf, quartersBetween, tellable } from './measures.ts'
import { organisations } from './organisation.ts'
import { catalogue } from './refusals.ts'
import { Service, services } from './service.ts'
import { emptyTally, memoryTallies, smallest, type Tally, tally } from './tally.ts'

const sum = (cells: readonly Cell[]): Cell => ({
  part: cells.reduce((all, { part }) => all + part, 0),
  ...(cells.some(({ rest }) => rest !== undefined) && { rest: cells.reduce((all, { rest = 0 }) => all + rest, 0) }),
})
const isSmall = ({ part, rest = smallest }: Cell): boolean => part < smallest || rest < smallest
/** What a reader sees of a column. */
const seen = (cells: readonly Cell[]) => {
  const { rows, total } = tellable(cells)
  return { rows: rows ? cells : cells.length, total: total ? sum(cells) : undefined }
}
/** Mostly around the threshold, where it matters. */
const figure = fc.oneof(fc.nat(14), fc.nat(60))
const column: fc.Arbitrary<readonly Cell[]> = fc.oneof(
  fc.array(fc.record({ part: figure }), { maxLength: 6 }),
  fc.array(fc.record({ part: figure, rest: figure }), { maxLength: 6 }),
)

describe('small numbers', () => {
  test.each<[string, readonly Cell[], ReturnType<typeof tellable>]>([
    ['nothing at all', [], { rows: true, total: false }],
    ['all are large', [{ part: 11 }, { part: 50 }], { rows: true, total: true }],
    ['a single service', [{ part: 10 }], { rows: false, total: false }],
    ['one of many', [{ part: 30 }, { part: 10 }, { part: 40 }], { rows: false, total: true }],
    ['all, and enough together', [{ part: 8 }, { part: 8 }], { rows: false, total: true }],
    ['all, and few together', [{ part: 3 }, { part: 4 }], { rows: false, total: false }],
    ['the other side of a share', [{ part: 30, rest: 2 }], { rows: false, total: false }],
    [
      'the other side of one share of two',
      [
        { part: 30, rest: 2 },
        { part: 20, rest: 20 },
      ],
      { rows: false, total: true },
    ],
  ])('%s', (_, cells, expected) => expect(tellable(cells)).toEqual(expected))

  test('no number below eleven is told, on neither side of a share', () => {
    fc.assert(
      fc.property(column, (cells) => {
        const { rows, total } = tellable(cells)
        if (rows) expect(cells.filter(isSmall)).toEqual([])
        if (total) expect(isSmall(sum(cells))).toBe(false)
      }),
    )
  })

  test('whoever knows the rule, and all that is told, finds every small number as possible as any other', () => {
    fc.assert(
      fc.property(column, fc.nat(smallest - 1), (cells, other) => {
        const told = seen(cells)
        for (const [i, { part, rest }] of cells.entries()) {
          if (part >= smallest) continue
          // Another table with the other number here: some one service takes the difference, or, where no total is told, all others have nothing.
          const taker = cells.findIndex((_, j) => j !== i)
          const table = cells.map((cell, j): Cell => {
            if (told.total === undefined) return { part: j === i ? other : 0, ...(rest !== undefined && { rest: 0 }) }
            return { ...cell, part: j === i ? other : j === taker ? told.total.part - other : 0 }
          })
          expect(table[i]?.part).toBe(other)
          expect(table.every((cell) => cell.part >= 0)).toBe(true)
          expect(seen(table)).toEqual(told)
        }
      }),
    )
  })

  test('nothing is left out where nothing is small', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ part: fc.integer({ min: smallest, max: 99 }) }), { minLength: 1 }), (cells) => {
        expect(tellable(cells)).toEqual({ rows: true, total: true })
      }),
    )
  })
})

const tallied = (counts: Partial<Tally['counts']>, hours = 6): Tally => {
  const { acknowledged = 0 } = counts
  return {
    counts: { ...emptyTally.counts, ...counts },
    minutes: acknowledged * hours * 60,
    hours: emptyTally.hours.map((_, i) => (i === 3 ? acknowledged : 0)),
  }
}

test('figures are told of each service and of all together', () => {
  const counts = { sent: 60, acknowledged: 50, overdue: 15, accepted: 30, declined: 10, expired: 5, completed: 12, failed: 11 }
  const figures = { sent: 60, medianHours: 6, meanHours: 6, overduePercent: 25, acceptedPercent: 67, completedPercent: 52 }
  expect(measures([tallied(counts), tallied(counts)])).toEqual({
    rows: [figures, figures],
    total: { ...figures, sent: 120 },
    suppressed: 0,
  })
})

test('each column is judged by itself; what is left out is counted', () => {
  const { rows, total, suppressed } = measures([
    tallied({ sent: 40, acknowledged: 30, overdue: 10, accepted: 20, declined: 3, completed: 5 }),
  ])
  expect(rows).toEqual([{ sent: 40, medianHours: 6, meanHours: 6 }])
  expect(total).toEqual(rows[0])
  expect(suppressed).toBe(6)
})

test('that nothing was sent is told, and takes nobody along', () => {
  expect(measures([])).toEqual({ rows: [], total: { sent: 0 }, suppressed: 0 })
  const { rows, total } = measures([tallied({}), tallied({ sent: 12 }), tallied({ sent: 30 })])
  expect(rows).toEqual([{ sent: 0 }, { sent: 12 }, { sent: 30 }])
  expect(total).toEqual({ sent: 42 })
})

test('quarters', () => {
  expect(quartersBetween('2025-Q4', '2026-Q2')).toEqual(['2025-Q4', '2026-Q1', '2026-Q2'])
  expect(quartersBetween('2026-Q2', '2025-Q4')).toEqual([])
  expect(monthsOf('2026-Q4')).toEqual({ from: '2026-10', to: '2026-12' })
  expect(hasEnded('2025-Q4', '2025-12-31T23:59:59.999Z')).toBe(false)
  expect(hasEnded('2025-Q4', '2026-01-01T00:00:00.000Z')).toBe(true)
})

describe('GET /v1/partner-measures', () => {
  const { organisationId, serviceId } = examples
  const at = '2026-07-01T00:00:00.000Z'
  const query = { organisationId, from: '2026-Q1', to: '2026-Q3' }
  const coordinator = staff('referral-coordinator')

  /** A partner with this many referrals, sent on 2 March and acknowledged after six hours. */
  async function partnerWith(count: number) {
    const ports = {
      organisations: { aggregate: organisations, store: memoryStore(organisations) },
      services: { aggregate: services, store: memoryStore(services) },
      tallies: memoryTallies(),
    }
    const by = { ...issued(callBy(coordinator, 'directory:edit')), type: 'add' } as const
    const organisation = { organisationId, ...examples.organisation }
    await create(ports.organisations, organisationId, { ...by, organisation }, callBy(coordinator, 'directory:edit'))
    const service = Service.parse({ serviceId, organisationId, ...examples.service })
    await create(ports.services, serviceId, { ...by, service }, callBy(coordinator, 'directory:edit'))
    for (let n = 0; n < count; n++)
      for (const [step, hours] of [
        ['sent', 0],
        ['received', 6],
      ] as const) {
        const event = { type: `referral-routing.referral-${step}.v1`, time: hoursLater(hours), data: { referralId: `ref-${n}`, serviceId } }
        await tally(ports.tallies, event, async () => ({ sentAt: now, facts: { priority: 'urgent' } }))
      }
    const api = defineApi('referral-routing', { en: '', fr: '' }, measuresRoutes)
    const { as } = client(api, measuring(ports), { refusals: catalogue, recordAccess: ports.organisations.store.recordAccess })
    return (principal: Principal, changes: object = {}) =>
      as(principal)('GET /v1/partner-measures', {}, { query: { ...query, ...changes }, at })
  }

  test('tells each quarter that has ended', async () => {
    const ask = await partnerWith(12)
    const { status, body } = await ask(coordinator)
    const figures = { sent: 12, medianHours: 6, meanHours: 6 }
    const nothing = { period: '2026-Q2', total: { sent: 0 }, services: [{ serviceId, sent: 0 }], suppressed: 0 }
    expect([status, body]).toEqual([
      200,
      { organisationId, periods: [{ period: '2026-Q1', total: figures, services: [{ serviceId, ...figures }], suppressed: 6 }, nothing] },
    ])
  })

  test('tells of ten no more than that there were some', async () => {
    const ask = await partnerWith(10)
    const { body } = await ask(staff('analyst'), { to: '2026-Q1' })
    expect(body).toEqual({ organisationId, periods: [{ period: '2026-Q1', total: {}, services: [{ serviceId }], suppressed: 10 }] })
  })

  test.each<[string, Principal, object, number]>([
    ['the partner itself', partnerOf(organisationId), {}, 200],
    ['another partner', partnerOf('org-autre-association'), {}, 404],
    ['a grants officer', staff('grants-officer'), {}, 403],
    ['of an organisation that is not in the directory', coordinator, { organisationId: 'org-inconnue' }, 422],
    ['of quarters in the wrong order', coordinator, { from: '2026-Q2', to: '2026-Q1' }, 400],
    ['of nine quarters', coordinator, { from: '2024-Q1', to: '2026-Q1' }, 400],
    ['of a month', coordinator, { from: '2026-01' }, 400],
  ])('%s', async (_, principal, changes, status) => {
    expect((await (await partnerWith(0))(principal, changes)).status).toBe(status)
  })
})
