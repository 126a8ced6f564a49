/** Errors of SQS whose code was another before its JSON protocol; SDKs give both. */
const queryCodes: Readonly<Record<string, string>> = {
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
}
export const queryCode = (code: string): string => queryCodes[code] ?? code

/** An error as an AWS service answers it. */
export class AwsError extends Error {
  override readonly name: string
  readonly status: number
  /** What its answer holds besides code and message. */
  readonly details: Readonly<Record<string, unknown>>
  /** @param code the service's error code, such as `InvalidCiphertextException` */
  constructor(code: string, message: string, status = 400, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = code
    this.status = status
    this.details = details
  }
}
