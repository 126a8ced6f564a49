import { type Counts, medianHours, smallest, type Tally, total } from './tally.ts'

/** A number of referrals, and where it is a part of some, of which the share is told, how many are not in it. */
export interface Cell {
  readonly part: number
  readonly rest?: number
}

const sum = (cells: readonly Cell[]): Cell => {
  const add = (of: (cell: Cell) => number): number => cells.reduce((all, cell) => all + of(cell), 0)
  return { part: add(({ part }) => part), ...(cells.some(({ rest }) => rest !== undefined) ? { rest: add(({ rest }) => rest ?? 0) } : {}) }
}
const isSmall = ({ part, rest = smallest }: Cell): boolean => part < smallest || rest < smallest

/**
 * Whether a column is told row by row, and whether its total is. Primary suppression: nothing below eleven, on neither side of a share.
 * Complementary suppression: one small cell takes all rows of its column along. What then is told is the total alone, so that whoever knows this
 * rule too finds every small number as possible as any other; to take along only as many as needed would tell something of their size.
 */
export function tellable(cells: readonly Cell[]): { readonly rows: boolean; readonly total: boolean } {
  return { rows: !cells.some(isSmall), total: cells.length > 0 && !isSmall(sum(cells)) }
}

/** What is told of a service, or of a whole organisation, in a period. What is absent is too little to be told, or would betray what is. */
export interface Figures {
  readonly sent?: number
  /** Hours from sending to the first sign that the partner had it. */
  readonly medianHours?: number
  readonly meanHours?: number
  /** Of those sent, whole percent: not acknowledged, or not answered, in time. */
  readonly overduePercent?: number
  /** Of those accepted, declined or expired. */
  readonly acceptedPercent?: number
  /** Of those completed or failed. */
  readonly completedPercent?: number
}

const share = ({ part, rest = 0 }: Cell): number => Math.round((100 * part) / (part + rest))
const hours = (tally: Tally): Figures => ({
  medianHours: Math.round(10 * (medianHours(tally) ?? 0)) / 10,
  meanHours: Math.round(tally.minutes / tally.counts.acknowledged / 6) / 10,
})

/** The columns: what each counts, and what is told of it. */
const columns: readonly { readonly cell: (counts: Counts) => Cell; readonly told: (tally: Tally, cell: Cell) => Figures }[] = [
  { cell: ({ sent }) => ({ part: sent }), told: (_, { part }) => ({ sent: part }) },
  { cell: ({ acknowledged }) => ({ part: acknowledged }), told: hours },
  { cell: ({ sent, overdue }) => ({ part: overdue, rest: sent - overdue }), told: (_, cell) => ({ overduePercent: share(cell) }) },
  {
    cell: ({ accepted, declined, expired }) => ({ part: accepted, rest: declined + expired }),
    told: (_, cell) => ({ acceptedPercent: share(cell) }),
  },
  { cell: ({ completed, failed }) => ({ part: completed, rest: failed }), told: (_, cell) => ({ completedPercent: share(cell) }) },
]

/**
 * The figures of the services of an organisation and of all together, with how many were left out. That nothing was sent to a service concerns
 * nobody: it is told, and no small number.
 */
export function measures(tallies: readonly Tally[]): {
  readonly rows: readonly Figures[]
  readonly total: Figures
  readonly suppressed: number
} {
  const used = tallies.filter(({ counts }) => counts.sent > 0)
  const figures = columns.map(({ cell, told }) => {
    const may = tellable(used.map(({ counts }) => cell(counts)))
    const figuresOf = (tally: Tally): Figures => told(tally, cell(tally.counts))
    return { may, row: may.rows ? figuresOf : () => ({}), total: may.total ? figuresOf(total(used)) : {} }
  })
  const merged = (parts: readonly Figures[]): Figures => Object.assign({}, ...parts)
  return {
    rows: tallies.map((tally) => (tally.counts.sent === 0 ? { sent: 0 } : merged(figures.map(({ row }) => row(tally))))),
    total: used.length === 0 ? { sent: 0 } : merged(figures.map((column) => column.total)),
    suppressed: used.length === 0 ? 0 : figures.reduce((n, { may }) => n + (may.rows ? 0 : used.length) + (may.total ? 0 : 1), 0),
  }
}

/** A quarter of a year, `2026-Q1`. Periods neither overlap nor add up: no figure is the difference of two others. */
export const quarterPattern = /^20\d{2}-Q[1-4]$/

const numberOf = (quarter: string): number => Number(quarter.slice(0, 4)) * 4 + Number(quarter.slice(6)) - 1
const quarterOf = (number: number): string => `${Math.floor(number / 4)}-Q${(number % 4) + 1}`

/** The quarters from one to another; none when the second comes first. */
export const quartersBetween = (from: string, to: string): readonly string[] =>
  Array.from({ length: Math.max(0, numberOf(to) - numberOf(from) + 1) }, (_, i) => quarterOf(numberOf(from) + i))

/** The first and the last month of a quarter. */
export function monthsOf(quarter: string): { readonly from: string; readonly to: string } {
  const month = (n: number): string => `${quarter.slice(0, 4)}-${String(n).padStart(2, '0')}`
  const last = Number(quarter.slice(6)) * 3
  return { from: month(last - 2), to: month(last) }
}

/** Whether a quarter has ended at an instant: the figures of a running one move with each referral, and would show it. */
export const hasEnded = (quarter: string, at: string): boolean => monthsOf(quarter).to < at.slice(0, 7)
