import { AwsError } from './aws-error.ts'
import type { Around, AwsCall } from './front-door.ts'
import type { LambdaFunction } from './lambda.ts'
import type { Observations } from './observations.ts'

/** What goes wrong, where, and how often. */
export interface Fault {
  /** Part of the function's path in the construct tree, such as `case-intake/Relay`. */
  readonly function: string
  /** The AWS call, such as `EventBridge.PutEvents` or `DynamoDB.TransactWriteItems`. */
  readonly call: string
  /**
   * `kill-before`: the function is killed and the call not performed; `kill-after`: it is performed, and the function killed before it
   * hears the answer; `lose-answer`: it is performed, and the connection breaks before the answer; `throttle`: the call is refused with ThrottlingException.
   */
  readonly how: 'kill-before' | 'kill-after' | 'lose-answer' | 'throttle'
  /** How many calls it hits; 1 unless told. */
  readonly times?: number
}

/** A fault at work. */
export interface InjectedFault {
  /** How many calls it has hit. */
  readonly hits: number
}

export interface Faults {
  inject(fault: Fault): InjectedFault
  /** From now on each message sent to a queue is delivered so many times. */
  repeatMessages(times: number): void
  /** Ends all faults. */
  clear(): void
}

/** @returns the control, what runs around each AWS call, and how often a message is to be delivered */
export function faultInjection(tell: Observations['tell']): {
  readonly faults: Faults
  readonly around: Around
  readonly repeat: () => number
} {
  let active: { readonly fault: Fault; readonly counter: { hits: number } }[] = []
  let copies = 1

  function hit(call: AwsCall): { readonly fault: Fault; readonly target: LambdaFunction } | undefined {
    if (active.length === 0) return undefined
    const target = call.by?.fn
    if (target === undefined) return undefined
    const found = active.find(
      ({ fault, counter }) =>
        target.path.includes(fault.function) && fault.call === `${call.service}.${call.action}` && counter.hits < (fault.times ?? 1),
    )
    if (found === undefined) return undefined
    found.counter.hits++
    return { fault: found.fault, target }
  }

  return {
    faults: {
      inject: (fault) => {
        const counter = { hits: 0 }
        active.push({ fault, counter })
        return counter
      },
      repeatMessages: (times) => {
        copies = times
      },
      clear: () => {
        active = []
        copies = 1
      },
    },
    repeat: () => copies,
    around: async (call, perform) => {
      const found = hit(call)
      if (found === undefined) return perform()
      tell({ kind: 'fault', function: found.target.path, at: found.fault.call, how: found.fault.how })
      if (found.fault.how === 'throttle') throw new AwsError('ThrottlingException', 'Rate exceeded')
      if (found.fault.how !== 'kill-before') await perform()
      if (found.fault.how !== 'lose-answer') found.target.kill(call.caller)
      return 'no answer'
    },
  }
}
