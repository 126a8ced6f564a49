import { lookup } from 'node:dns/promises'

/** No request of a partner waits longer for a name, in milliseconds. */
const patience = 3000

/**
 * The addresses that a name has now: none when there is no such name, undefined when that cannot be told at the moment. What a name leads to
 * may change: it is looked up again, and held to what was found, whenever it is called (webhook.http.ts).
 */
export type HostLookup = (hostname: string) => Promise<readonly string[] | undefined>

/** Looks names up as this machine does. */
export function hostLookup(
  find: (hostname: string) => Promise<readonly { readonly address: string }[]> = (name) => lookup(name, { all: true }),
): HostLookup {
  return async (hostname) => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patience)
    })
    const found = find(hostname).then(
      (all) => all.map(({ address }) => address),
      (error: unknown) => (isUnknown(error) ? [] : undefined),
    )
    return Promise.race([found, late]).finally(() => clearTimeout(timer))
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA')
