import type { Refusal } from './refusal.ts'
import type { Result } from './result.ts'

type Outcome = Result<unknown, Refusal>

/** What has become of changes of which each stands alone. */
export interface Outcomes {
  /** Waits for work that is done side by side. What it gives is kept; what it throws as well, until all is done. */
  settle(work: readonly Promise<Outcome | undefined>[]): Promise<void>
  /**
   * What the work gave.
   * @param what says in an error what was not done: "deadlines were not kept"
   * @throws when some of the work has thrown, with the kinds of the errors and none of their texts, which may hold personal data
   */
  all(what: string): readonly Outcome[]
}

/** For the work of a day or an hour on many records: one that fails keeps no other from being done. */
export function outcomes(): Outcomes {
  const results: Outcome[] = []
  const faults: unknown[] = []
  return {
    async settle(work) {
      for (const settled of await Promise.allSettled(work))
        if (settled.status === 'rejected') faults.push(settled.reason)
        else if (settled.value !== undefined) results.push(settled.value)
    },
    all(what) {
      if (faults.length === 0) return results
      const kinds = new Set(faults.map((fault) => (fault instanceof Error ? fault.name : typeof fault)))
      throw new Error(`${faults.length} of ${faults.length + results.length} ${what}: ${[...kinds].join(', ')}`)
    },
  }
}
