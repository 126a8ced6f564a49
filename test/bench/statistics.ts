/** Statistics of a few dozen to a few thousand figures, and how they are printed. */
import { availableParallelism, loadavg } from 'node:os'

/** The value below which a share `q` (0 to 1) of the figures lies, interpolated. */
export function quantile(figures: readonly number[], q: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (figures: readonly number[]): number => quantile(figures, 0.5)

/** `117 [91-135]`: median, 10th and 90th percentile. */
export const spread = (figures: readonly number[], digits = 0): string =>
  `${median(figures).toFixed(digits)} [${quantile(figures, 0.1).toFixed(digits)}-${quantile(figures, 0.9).toFixed(digits)}]`

/** Median of the ratios of figures taken in the same round: what a noisy machine disturbs least. */
export const pairedRatio = (figures: readonly number[], floor: readonly number[]): number =>
  median(figures.map((figure, round) => figure / (floor[round] ?? Number.NaN)))

/** A Markdown table: what is printed can be pasted into the README. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** One goal of the performance plan and what came of it. */
export interface Verdict {
  readonly goal: string
  readonly measured: string
  readonly met: boolean
}

export const verdicts = (list: readonly Verdict[]): string =>
  list.map(({ goal, measured, met }) => `${met ? 'met   ' : 'MISSED'}  ${goal}: ${measured}`).join('\n')

/** How busy the machine was: what is timed beside other work says little by itself. */
export const busyness = (): string =>
  `Load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')} (1, 5, 15 minutes) on ${availableParallelism()} cores, this bench included.`
