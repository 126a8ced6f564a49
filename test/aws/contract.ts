import { knownDifferences } from './known-differences.ts'
import { local } from './target.ts'

/** Real time passes on AWS. */
const timeout = local ? 60_000 : 600_000

/** A test of the contract. On the local cloud a known difference must still be one. */
export function contract(name: string, run: () => Promise<void>): void {
  const differs = local && Object.hasOwn(knownDifferences, name)
  if (differs) test.failing(name, run, timeout)
  else test(name, run, timeout)
}

/** What an SDK call is refused with. @throws when it is not */
export async function refusal(call: Promise<unknown>): Promise<Error> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error('it was not refused')
}
