/** What can go wrong. Which of them can where: `points`. */
export const hows = [
  /** Performed; the connection breaks before the answer. Of an invocation: it ran, and who invoked it does not hear; a batch comes again. */
  'lose-answer',
  /** Refused as the service refuses what is too much; for a transaction with `ThrottlingError` as the reason. An invocation does not begin. */
  'throttle',
  /** Writes and transactions of DynamoDB: `TransactionConflictException`, or cancelled with `TransactionConflict` as the reason. */
  'conflict',
  /** The service's own 500; not performed. */
  'error',
  /** The connection breaks before the call is performed. */
  'reset',
  /** Performed; the answer comes so many `milliseconds` later, also when nobody waits for it any more. An invocation begins later. */
  'delay',
  /** Some entries of a batch fail, at least one; the others are performed. Which, the seed decides. */
  'partial',
  /** The function's process is killed and the call not performed; of an invocation: before its handler begins. */
  'kill-before',
  /** Performed, and the function's process killed before it hears; of an invocation: its handler has ended, nobody hears its answer. */
  'kill-after',
] as const
export type How = (typeof hows)[number]

/** A fault that hits now. */
export interface Hit {
  readonly how: How
  readonly milliseconds: number
  /** Further numbers from 0 to 1, for what else is left to chance. */
  draw(n: number): number
}
