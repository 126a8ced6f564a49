import * as z from 'zod'
import { type Chain, type ChainEntry, chainHash, genesis } from './store.ts'

/** The first entry of a record's history that is not as it was written. `version` is the place in the history, from 1. */
export interface BadEntry {
  readonly version: number
  /**
   * `missing`: not there, though a later one or the state says so; `misplaced`: stands where another belongs; `unlinked`: does not follow
   * from the one before; `altered`: its text is not what was hashed; `sealed-part`: a sealed part is not the one that was written;
   * `head`: the state names another last commit.
   */
  readonly fault: 'missing' | 'misplaced' | 'unlinked' | 'altered' | 'sealed-part' | 'head'
}

const Text = z.object({ version: z.int(), sealed: z.record(z.string(), z.string()).default({}) })

/**
 * Verifies a record's history without any key. Whoever can rewrite everything, the state included, can make it hold again: only a head
 * kept elsewhere shows that.
 * @returns the first bad entry, or undefined when every entry is as it was written
 */
export function verifyHistory({ entries, head }: Chain): BadEntry | undefined {
  let previous = genesis
  for (const [i, entry] of entries.entries()) {
    const version = i + 1
    if (entry.version !== version) return { version, fault: entry.version > version ? 'missing' : 'misplaced' }
    if (entry.previous !== previous) return { version, fault: 'unlinked' }
    if (chainHash(previous, entry.text) !== entry.hash) return { version, fault: 'altered' }
    const told = toldBy(entry)
    if (told === undefined || told.version !== version) return { version, fault: 'altered' }
    if (!sameParts(told.sealed, entry.sealed)) return { version, fault: 'sealed-part' }
    previous = entry.hash
  }
  if (head === undefined) return entries.length === 0 ? undefined : { version: entries.length, fault: 'head' }
  if (entries.length < head.version) return { version: entries.length + 1, fault: 'missing' }
  return entries.length > head.version || head.hash !== previous ? { version: entries.length, fault: 'head' } : undefined
}

function toldBy({ text }: ChainEntry): z.output<typeof Text> | undefined {
  try {
    return Text.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const sameParts = (told: Readonly<Record<string, string>>, there: Readonly<Record<string, string>>): boolean =>
  Object.keys(told).length === Object.keys(there).length && Object.entries(told).every(([name, digest]) => there[name] === digest)
