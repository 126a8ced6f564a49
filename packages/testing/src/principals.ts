import { type Action, type Call, callOf, type Principal, type Role } from '@wontanara/core'

/** The instant at which tests happen unless they say otherwise. */
export const now = '2026-03-02T09:00:00.000Z'

/** A moment some hours after `now`. */
export const hoursLater = (hours: number, from: string = now): string => new Date(Date.parse(from) + hours * 3_600_000).toISOString()

/** A member of staff; `office` conakry unless said. */
export const staff = (
  role: Role | readonly Role[],
  { id, office = 'conakry' }: { id?: string; office?: string } = {},
): Extract<Principal, { kind: 'staff' }> => {
  const roles: readonly Role[] = typeof role === 'string' ? [role] : role
  return { kind: 'staff', id: id ?? `${roles.join('+')}-1`, roles, offices: [office] }
}
export const partnerOf = (organisation: string): Principal => ({ kind: 'partner', id: `client-${organisation}`, organisation })
export const serviceNamed = (name: string): Principal => ({ kind: 'service', id: name })

let calls = 0
/** A call as the HTTP layer or a consumer would make it; each has a key of its own unless one is given. */
export const callBy = (
  principal: Principal,
  action: Action,
  { key, at = now, ifMatch, content = '' }: { key?: string; at?: string; ifMatch?: number; content?: string } = {},
): Call => callOf({ principal, action, at, key: key ?? `test-${++calls}`, content, ...(ifMatch === undefined ? {} : { ifMatch }) })
