import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'
import { faultsOf } from '@wontanara/core'
import * as z from 'zod'

// Every function passes here first. zod would otherwise write and compile code for each schema that parses for the first time: 8 ms of a
// cold start, and no less CPU afterwards (`bench cold`, `bench warm`).
z.config({ jitless: true })

/** The log of the function: JSON lines. What is logged is named field by field at the call; bodies, views and states never are. */
export const logger = new Logger()

const metrics = new Metrics()

/** Counts something, in CloudWatch embedded metric format. No dimension but the service: each combination of values is billed. */
export const count = (
  name: 'Refused' | 'Fault' | 'EventRefused' | 'EventFailed' | 'AccessDenied' | 'PublishRetried' | 'EndpointDisabled' | 'NoticeGivenUp',
  value = 1,
): void => {
  metrics.addMetric(name, MetricUnit.Count, value)
}

/** Puts the request's id on every log line and writes the counters at the end; an invocation that counted nothing writes nothing. */
export const observed = (): MiddlewareObj => ({
  before: ({ context }) => {
    logger.appendKeys({ requestId: context.awsRequestId })
  },
  after: flush,
  onError: flush,
})

function flush(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
}

/**
 * An error as it may be logged: its kind and where it was thrown. The message only if it is of our own making or an AWS service's: those of
 * the language and of validation quote values (`Unexpected token … "<text>" is not valid JSON`). Of a validation, the fields.
 */
export function errorFields(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return { error: typeof error }
  const at = error.stack?.split('\n').find((line) => /^\s+at .+:\d+:\d+\)?$/.test(line))
  const ours = error.name === 'Error' && !('code' in error)
  const ofService = '$metadata' in error && error.name !== 'ValidationException'
  return {
    error: error.name,
    ...(ours || ofService ? { reason: error.message.slice(0, 200) } : {}),
    ...(error instanceof z.ZodError ? { reason: faultsOf(error).slice(0, 500) } : {}),
    at: at?.trim().slice(0, 160) ?? '',
  }
}
