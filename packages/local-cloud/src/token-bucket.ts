/**
 * The token bucket by which API Gateway throttles: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 * @param rate tokens that come back each second @param burst as many as it holds @param clock milliseconds
 * @returns takes a token; false when there is none
 */
export function tokenBucket(rate: number, burst: number, clock: () => number): () => boolean {
  let tokens = burst
  let looked = clock()
  return () => {
    const now = clock()
    tokens = Math.min(burst, tokens + (Math.max(0, now - looked) / 1000) * rate)
    looked = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}
