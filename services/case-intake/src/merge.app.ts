import { type Also, type Api, also, type Call, execute, type Issued, issued, ok, type Routes, read, reply, textOf } from '@wontanara/core'
import type { CaseCommand } from './commands.ts'
import type { mergeRoutes } from './merge.api.ts'
import { type MergeGuard, mergeGuards } from './merging.ts'
import { knownTo } from './missing.ts'
import type { Ports } from './ports.ts'
import { type CaseRefusal, catalogue } from './refusals.ts'
import type { CaseState } from './state.ts'
import { caseView } from './views.ts'

/** What is asked of one of two cases, made from the other as it is. */
type Half = (other: CaseState | undefined, by: Issued) => CaseCommand

export const merging = ({ cases }: Pick<Ports, 'cases'>) => {
  /** Another case as it now is; undefined when it is out of the caller's reach, which is answered as if it did not exist. */
  const within = async (caseId: string | undefined, call: Call): Promise<CaseState | undefined> => {
    if (caseId === undefined) return undefined
    const seen = await read(cases, caseId, { ...call, fresh: true })
    return seen.ok ? seen.value.state : undefined
  }

  /**
   * Changes two cases that rest on each other, in one transaction: each decides on the other as it then is.
   * @param otherOf the other case, as the first one names it
   */
  const both = (caseId: string, otherOf: (state: CaseState) => string | undefined, own: Half, its: Half, call: Call) => {
    let self: CaseState | undefined
    let seen: CaseState | undefined
    const along: Also<CaseRefusal> = async (given) => {
      let now: CaseState | undefined
      const write = await also(cases, seen?.caseId ?? '', async (other) => {
        now = other
        return its(self, issued(given))
      })(given)
      // It has changed since the first case decided on it: both decide anew.
      return JSON.stringify(now) === JSON.stringify(seen) ? write : 'conflict'
    }
    const command = async (state: CaseState) => {
      self = state
      seen = await within(otherOf(state), call)
      return own(seen, issued(call))
    }
    return reply(execute(cases, caseId, command, call, [along]), caseView)
  }

  return {
    readMerge: async ({ params: { caseId }, query: { into }, call }) => {
      const [seen, other] = [await read(cases, caseId, call), await read(cases, into, call)]
      if (!seen.ok) return seen
      if (!other.ok) return other
      const { state } = seen.value
      const guards: readonly MergeGuard[] = knownTo(mergeGuards(state, other.value.state), call.principal, cases.aggregate.resource(state))
      const missing = guards.map(({ code, params }) => ({
        code,
        en: textOf(catalogue, code, 'en', params),
        fr: textOf(catalogue, code, 'fr', params),
      }))
      return ok({ body: { into, missing }, version: seen.value.version, classes: seen.value.classes })
    },
    mergeCase: ({ params: { caseId }, body: { into }, call }) =>
      both(
        caseId,
        () => into,
        (other, by) => ({ type: 'merge', other, ...by }),
        (other, by) => ({ type: 'take-in', other, ...by }),
        call,
      ),
    unmergeCase: ({ params: { caseId }, body: { reason, move = [] }, call }) =>
      both(
        caseId,
        ({ registration }) => registration.mergedInto,
        (other, by) => ({ type: 'unmerge', reason, move, other, ...by }),
        (other, by) => ({ type: 'give-back', reason, move, other, ...by }),
        call,
      ),
  } satisfies Routes<Api<typeof mergeRoutes>>
}
