import type { RouteDefinition } from '@wontanara/core'
import * as z from 'zod'
import { EncryptionKey, PublicKey } from './encryption-key.ts'
import { organisationId } from './examples.ts'

/** The point of RFC 7517, appendix A.1. */
const key = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
} as const
const example = {
  organisationId,
  key,
  kid: 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
  status: 'active',
  setAt: '2026-03-02T09:00:00.000Z',
} as const
const settings = { permit: 'encryption-key:set', response: EncryptionKey } as const

/** The key to which a partner has the data of its referrals encrypted. */
export const encryptionKeyRoutes = {
  setEncryptionKey: {
    ...settings,
    route: 'PUT /v1/partner-encryption-key',
    summary:
      'Sets the public key, on P-256 or X25519, to which the data of accepted referrals is encrypted from now on: `encrypted` takes the place of `snapshot`. Of a private part nothing is taken.',
    unversioned: true,
    body: z.object({ key: PublicKey }),
    refusals: ['key-not-usable'],
    example: { body: { key }, response: example },
  },
  readEncryptionKey: {
    ...settings,
    route: 'GET /v1/partner-encryption-key',
    summary: 'Reads the key that is set.',
    example: { response: example },
  },
  removeEncryptionKey: {
    ...settings,
    route: 'DELETE /v1/partner-encryption-key',
    summary: 'Removes the key: the data leaves under TLS alone again.',
    unversioned: true,
    example: { response: { ...example, status: 'removed' } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
