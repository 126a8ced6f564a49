import type { Around, AwsCall } from './front-door.ts'
import { isObject, parseJson } from './json.ts'
import type { LambdaFunction } from './lambda.ts'

/** One AWS call that a function made, and what it was answered. */
export interface MeteredCall {
  /** The function's path in the construct tree; undefined when the caller is none of them. */
  readonly function: string | undefined
  readonly service: string
  readonly action: string
  readonly status: number
  /** What was sent and answered, parsed. Answers of DynamoDB hold `ConsumedCapacity` with its indexes, as if it had been asked for. */
  readonly input: unknown
  readonly output: unknown
}

/** Has DynamoDB say what a call costs; the caller, who did not ask, ignores it. */
export function asking(call: AwsCall): AwsCall {
  const input = call.service === 'DynamoDB' ? parseJson(call.body) : undefined
  return isObject(input) ? { ...call, body: JSON.stringify({ ...input, ReturnConsumedCapacity: 'INDEXES' }) } : call
}

/** Tells of each call, after it was performed and before the caller learns of it. */
export function metered(around: Around, functions: () => Iterable<LambdaFunction>, meter: (call: MeteredCall) => void): Around {
  return (call, perform) =>
    around(call, async () => {
      const answer = await perform()
      meter({
        function: [...functions()].find((fn) => fn.owns(call.caller))?.path,
        service: call.service,
        action: call.action,
        status: answer.status,
        input: call.body === '' ? {} : parseJson(call.body),
        output: parseJson(answer.body),
      })
      return answer
    })
}
