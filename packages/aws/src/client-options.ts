/**
 * Bounded waiting for every SDK client: a call that hangs is given up well before the function is, so that there is time to answer.
 * Without `throwOnRequestTimeout` the SDK only logs a warning when the time is over, and waits on.
 */
export const clientOptions = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2500, throwOnRequestTimeout: true },
  cacheMiddleware: true,
}
