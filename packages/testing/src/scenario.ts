import { type Aggregate, type Command, type DomainEvent, fold } from '@wontanara/core'

/** What a command led to: events and the state after them, or the codes of the refusal. */
export interface Outcome<S, E> {
  readonly events: readonly E[]
  readonly state: S | undefined
  /** Code of the refusal and of every failed guard; empty when accepted. */
  readonly refused: readonly string[]
}

/**
 * Given events, when command, then events or refusal.
 * @example scenario(cases).given(registered).when({ type: 'close-case', ... }).refused // ['guards-failed', 'open-need']
 */
export const scenario = <S, C extends Command, E extends DomainEvent, R extends string>(aggregate: Aggregate<S, C, E, R>) => ({
  given: (...events: readonly E[]) => ({
    state: fold(aggregate, undefined, events),
    when: (command: C): Outcome<S, E> => {
      const state = fold(aggregate, undefined, events)
      const decided = aggregate.decide(state, command)
      if (!decided.ok) return { events: [], state, refused: [decided.refusal.code, ...decided.refusal.reasons.map(({ code }) => code)] }
      return { events: decided.value, state: fold(aggregate, state, decided.value), refused: [] }
    },
  }),
})
