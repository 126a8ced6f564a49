import { lookup } from 'node:dns/promises'
import type { HostLookup } from './ports.ts'

/** No request of a partner waits longer for a name, in milliseconds. */
const patience = 3000

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
