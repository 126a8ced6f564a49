/*
 * What happens in the local cloud, told once, in the order in which it happens. The meter, the operator's window and tests listen; nothing
 * else counts or watches. No observation but a call's `input` and `output` holds what a function sends or stores.
 */

/** One AWS call that was performed or refused. An answer that a fault lost was performed. */
export interface CallObservation {
  readonly kind: 'call'
  /** Who called, by its path in the construct tree; undefined when it was no function. */
  readonly function: string | undefined
  /** The invocation in which it was made. */
  readonly requestId: string | undefined
  readonly service: string
  readonly action: string
  /** HTTP status of the answer. */
  readonly status: number
  /** Code of the error answered, such as `ConditionalCheckFailedException`. */
  readonly error: string | undefined
  readonly milliseconds: number
  /** What was sent and answered, parsed when asked for. Answers of DynamoDB hold `ConsumedCapacity` with its indexes. */
  input(): unknown
  output(): unknown
}

/** One invocation, when it has ended. */
export interface InvocationObservation {
  readonly kind: 'invocation'
  readonly function: string
  readonly requestId: string
  /** What invoked it: the API, a queue or a table's stream. */
  readonly by: 'http' | 'queue' | 'stream'
  /** Whether an instance was started for it. */
  readonly cold: boolean
  /** How long it ran, without waiting for an instance. */
  readonly milliseconds: number
  /** How long the start of its instance took, until the handler was loaded; 0 when none was started for it. */
  readonly initMilliseconds: number
  /** Memory of the function, in MB. */
  readonly memory: number
  readonly architecture: 'arm64' | 'x86_64'
  /** Type of the error with which it failed. */
  readonly error: string | undefined
}

/** One request to the HTTP API, when it was answered. */
export interface RequestObservation {
  readonly kind: 'request'
  /** `POST /v1/cases/{caseId}/needs`; undefined when no route fits. */
  readonly route: string | undefined
  /** The function that the route leads to. */
  readonly function: string | undefined
  /** Whether the authorizer let it through; so it does where there is none. */
  readonly authorized: boolean
  readonly status: number
  readonly milliseconds: number
  /** Bytes of the request's body and of the answer's. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/** One event that a bus accepted. */
export interface EventObservation {
  readonly kind: 'event'
  readonly bus: string
  /** Id that EventBridge gave it. */
  readonly id: string
  /** Its detail type. */
  readonly type: string
  readonly source: string
  /** The function that published it; undefined when it was a schedule or an SDK client. */
  readonly function: string | undefined
  /** Size of the entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
  readonly bytes: number
  /** Size of the whole event, as archives and queues receive it. */
  readonly eventBytes: number
  /** Names of the queues that received it. */
  readonly queues: readonly string[]
  /** ARNs of the buses outside of the stage that rules led it on to. */
  readonly buses: readonly string[]
  /** Names of the archives that kept it. */
  readonly archives: readonly string[]
}

/** What became of one message or stream record that was handed to a function. */
export interface DeliveryObservation {
  readonly kind: 'delivery'
  readonly function: string
  /** Name of the queue, or of the table whose stream it is. */
  readonly from: string
  readonly messageId: string
  /** Which attempt this was, from 1. */
  readonly attempt: number
  /** `given-up`: it went to the dead-letter queue or the failure destination, or nowhere when there is none. */
  readonly outcome: 'done' | 'failed' | 'given-up'
  /** Detail type and id of the event in it, when it is one of a bus. */
  readonly event: { readonly type: string; readonly id: string } | undefined
}

/** What the queue poller or stream reader of a mapping asked for: it is billed although no function calls. */
export interface PollObservation {
  readonly kind: 'poll'
  readonly function: string
  /** Name of the queue or table; of `SendMessage`, the queue that receives what was given up. */
  readonly from: string
  readonly action: 'ReceiveMessage' | 'DeleteMessageBatch' | 'SendMessage' | 'GetRecords'
  readonly records: number
  /** Size of the messages' bodies. */
  readonly bytes: number
}

/** A function wrote a line. */
export interface LogObservation {
  readonly kind: 'log'
  readonly function: string
  readonly requestId: string | undefined
  readonly bytes: number
}

/** A fault that was injected has hit. */
export interface FaultObservation {
  readonly kind: 'fault'
  readonly function: string
  /** The AWS call or the point at which it hit. */
  readonly at: string
  readonly how: string
}

/** Time was let pass. */
export interface TimeObservation {
  readonly kind: 'time'
  readonly milliseconds: number
}

export type Observation =
  | CallObservation
  | InvocationObservation
  | RequestObservation
  | EventObservation
  | DeliveryObservation
  | PollObservation
  | LogObservation
  | FaultObservation
  | TimeObservation

export interface Observations {
  tell(observation: Observation): void
  /** @returns what ends the listening */
  listen(listener: (observation: Observation) => void): () => void
}

export function observations(): Observations {
  const listeners = new Set<(observation: Observation) => void>()
  return {
    tell: (observation) => {
      for (const listener of listeners) listener(observation)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
