import { createHash } from 'node:crypto'

/*
 * Finding records by what must not be a key: a name, a phone number, the number of a document. Such words are turned into terms; a store
 * keeps only a keyed digest of each (a blind index), so that whoever reads the table learns nothing, and equal terms are found in one read.
 */

/** One thing a record is found by. The value is normalised by whoever makes it: equal values are found, others are not. */
export interface Term {
  /** kebab-case, such as `phone`: the same value of another kind is another term. */
  readonly kind: string
  readonly value: string
}

/** Where a record is found: its id, and the scope it lies in, such as an office. */
export interface Found {
  readonly scope: string
  readonly id: string
}

export interface FoundPage {
  /** In the order of scope, then id. */
  readonly found: readonly Found[]
  /** Where the next page begins; absent at the end. */
  readonly next?: Found
}

/** The index of one kind of record. It follows the records a little later: what was just stored may not be found yet. */
export interface FindIndex {
  /**
   * A keyed digest of a text that must not be guessed from it, such as a name: 128 bits, the same each time. For ids that have to be found again
   * from what people write.
   */
  digest(text: string): Promise<string>
  /**
   * Has a record found under these terms and no others. May be repeated, and goes on where it was interrupted.
   * Called for one record by one process at a time.
   */
  place(id: string, scope: string, terms: readonly Term[]): Promise<void>
  /**
   * Records under a term, in one scope or in all. What it reads grows with `limit`, not with the number of records.
   * `fresh`: what was placed before is found, at twice the price.
   */
  find(
    term: Term,
    options: { readonly scope?: string; readonly limit: number; readonly after?: Found; readonly fresh?: boolean },
  ): Promise<FoundPage>
}

const inOrder = (a: Found, b: Found): number => (a.scope === b.scope ? compare(a.id, b.id) : compare(a.scope, b.scope))
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** An index for tests: same behaviour as the real one, nothing kept, and nothing hidden. */
export function memoryFindIndex(): FindIndex {
  const places = new Map<string, { readonly scope: string; readonly terms: ReadonlySet<string> }>()
  const keyOf = ({ kind, value }: Term): string => `${kind} ${value}`
  return {
    digest: async (text) => createHash('sha256').update(text).digest('base64url').slice(0, 22),
    place: async (id, scope, terms) => void places.set(id, { scope, terms: new Set(terms.map(keyOf)) }),
    find: async (term, { scope, limit, after }) => {
      const all = [...places]
        .filter(([, place]) => place.terms.has(keyOf(term)) && (scope === undefined || place.scope === scope))
        .map(([id, place]): Found => ({ scope: place.scope, id }))
        .filter((found) => after === undefined || inOrder(found, after) > 0)
        .sort(inOrder)
      const found = all.slice(0, limit)
      const next = found.at(-1)
      return next !== undefined && all.length > limit ? { found, next } : { found }
    },
  }
}
