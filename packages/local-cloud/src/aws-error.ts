/** An error as an AWS service answers it. */
export class AwsError extends Error {
  override readonly name: string
  readonly status: number
  /** @param code the service's error code, such as `InvalidCiphertextException` */
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = code
    this.status = status
  }
}
