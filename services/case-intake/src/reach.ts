import { type Call, common, decide, deny, ok, type Refusal, type Result, refused } from '@wontanara/core'
import type { Ports } from './ports.ts'
import type { CaseState } from './state.ts'

/** A case that something else rests on: it must be within the caller's reach, and nothing of it is shown. A refused attempt is recorded. */
export async function inReach({ cases }: Pick<Ports, 'cases'>, caseId: string, call: Call): Promise<Result<CaseState, Refusal>> {
  const stored = await cases.store.load(caseId, { fresh: true })
  if (stored === undefined) return refused(common.refuse('not-found'))
  const access = decide(call.principal, call.action, cases.aggregate.resource(stored.state))
  return access.allow ? ok(stored.state) : refused(await deny(cases.store, call, caseId, access))
}
