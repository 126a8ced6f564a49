// How well two registrations of one person are told from those of two: precision and recall, on labelled synthetic pairs and in a store.
import { comparableTerms, lookupTerms, type Resemblance, resemblance, threshold } from '@wontanara/case-intake/same-person'
import { type LabelledPair, populationOf, type SyntheticPerson } from './matcher-people.ts'
import { table } from './statistics.ts'

export interface Measure {
  readonly precision: number
  readonly recall: number
}

const scored = (pairs: readonly LabelledPair[]) => pairs.map((pair) => ({ ...pair, found: resemblance(pair.a, pair.b) }))

function measureAt(results: readonly { readonly same: boolean; readonly found: Resemblance }[], from: number): Measure {
  const flagged = results.filter(({ found }) => found.score >= from)
  const right = flagged.filter(({ same }) => same).length
  return { precision: right / flagged.length, recall: right / results.filter(({ same }) => same).length }
}

/** Precision and recall on pairs, at the threshold that is in use. */
export const measurePairs = (set: 'tuning' | 'held-out', seed: number, count: number): Measure =>
  measureAt(scored(populationOf(seed, set).pairs(count)), threshold)

/**
 * Precision and recall in a store of registrations with some people twice in it, found through the terms of the index, at most `most` a term.
 * @returns also how many registrations a new one is compared with
 */
export function measureStore(seed: number, people: number, duplicates: number, most = 50) {
  const { person, again } = populationOf(seed, 'held-out')
  const stored: SyntheticPerson[] = Array.from({ length: people }, person)
  const index = new Map<string, number[]>()
  for (const [id, each] of stored.entries()) {
    for (const { kind, value } of comparableTerms(each)) index.set(`${kind} ${value}`, [...(index.get(`${kind} ${value}`) ?? []), id])
  }
  let right = 0
  let wrong = 0
  let compared = 0
  for (let n = 0; n < duplicates; n++) {
    const id = Math.floor((n * people) / duplicates)
    const original = stored[id]
    if (original === undefined) throw new Error('nobody')
    const newcomer = again(original)
    const candidates = new Set(lookupTerms(newcomer).flatMap(({ kind, value }) => (index.get(`${kind} ${value}`) ?? []).slice(0, most)))
    compared += candidates.size
    for (const candidate of candidates) {
      const other = stored[candidate]
      if (other === undefined || !resemblance(newcomer, other).suspected) continue
      if (candidate === id) right++
      else wrong++
    }
  }
  return {
    precision: right / (right + wrong),
    recall: right / duplicates,
    compared: compared / duplicates,
    flaggedWrongly: wrong / duplicates,
  }
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

export async function matcher(): Promise<string> {
  const tuning = scored(populationOf(1, 'tuning').pairs(10_000))
  const heldOut = scored(populationOf(2, 'held-out').pairs(10_000))
  const started = performance.now()
  for (const { a, b } of heldOut) resemblance(a, b)
  const microseconds = ((performance.now() - started) * 1000) / heldOut.length
  const at = [threshold - 2, threshold - 1, threshold, threshold + 1, threshold + 2, threshold + 4]
  const row = (from: number): readonly string[] => {
    const [one, other] = [measureAt(tuning, from), measureAt(heldOut, from)]
    return [
      `${from}${from === threshold ? ' (in use)' : ''}`,
      percent(one.precision),
      percent(one.recall),
      percent(other.precision),
      percent(other.recall),
    ]
  }
  const kinds = [...new Set(heldOut.map(({ kind }) => kind))]
  const store = measureStore(3, 20_000, 1000)
  return [
    'Pairs of registrations, 10,000 each, half of them one person; the others namesakes, twins, brothers and sisters, parent and child.',
    table(['from points', 'tuning: precision', 'recall', 'held out: precision', 'recall'], at.map(row)),
    'Held out, flagged by kind of pair:',
    table(
      ['kind', 'pairs', 'flagged'],
      kinds.map((kind) => {
        const of = heldOut.filter((pair) => pair.kind === kind)
        return [kind, String(of.length), percent(of.filter(({ found }) => found.suspected).length / of.length)]
      }),
    ),
    `One comparison: ${microseconds.toFixed(1)} us.`,
    `In a store of 20,000 people, 1,000 of them registered again: recall ${percent(store.recall)}, precision ${percent(store.precision)}, ${store.compared.toFixed(0)} comparisons a registration.`,
  ].join('\n')
}
