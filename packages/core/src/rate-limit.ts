/** How many requests one network may send to a route in a while, in seconds. */
export interface Allowance {
  readonly most: number
  readonly seconds: number
}

/** The attribute of a count by which DynamoDB deletes it when nobody needs it any more: seconds since 1970. */
export const expiryAttribute = 'expires'

/** Counts what comes from where, without keeping where that is. */
export interface RateLimit {
  /**
   * Counts a request that is made now.
   * @param source what requests are counted for; never kept in clear
   * @returns seconds to wait when there were too many already; undefined when this one may go on
   */
  take(source: string, allowance: Allowance, at: string): Promise<number | undefined>
}

/** The while that an instant lies in: its number, and how many seconds of it are left. */
export function whileOf({ seconds }: Allowance, at: string): { readonly number: number; readonly left: number } {
  const now = Date.parse(at) / 1000
  const number = Math.floor(now / seconds)
  return { number, left: Math.ceil((number + 1) * seconds - now) }
}

/** A limit for tests: same behaviour as the real one, nothing kept. */
export function memoryRateLimit(): RateLimit {
  const counts = new Map<string, number>()
  return {
    take: async (source, allowance, at) => {
      const { number, left } = whileOf(allowance, at)
      const key = `${source} ${number}`
      const count = counts.get(key) ?? 0
      if (count >= allowance.most) return left
      counts.set(key, count + 1)
      return undefined
    },
  }
}

/**
 * The network of an address: /24 of IPv4, /48 of IPv6. An address alone would let whoever has many send at will; a camp, or a country's mobile
 * network, shares one, so what it is allowed must be for many people.
 */
export function networkOf(address: string): string {
  const [, four] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address) ?? []
  if (four !== undefined) return `${four}.0/24`
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const groups = [...left, ...zeros, ...right].slice(0, 3).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.join(':')}::/48`
}
