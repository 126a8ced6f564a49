import { accept, aggregate, type Command, type Decided, definePrivateEvent, type EventOf } from '@wontanara/core'
import { Instant, OrganisationId, operational } from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

const base64url = (bytes: number) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`))

/** A public key, as a JWK (RFC 7517): on P-256 or X25519. A private part is an unknown field, and refused by its name. */
export const PublicKey = operational(
  z.discriminatedUnion('kty', [
    z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: base64url(32), y: base64url(32) }),
    z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: base64url(32) }),
  ]),
)
export type PublicKey = z.output<typeof PublicKey>

/** The key that a partner's data is encrypted to. */
export const EncryptionKey = z.strictObject({
  organisationId: OrganisationId,
  key: PublicKey,
  /** Thumbprint of the key (RFC 7638, SHA-256). */
  kid: operational(z.string()),
  status: operational(z.enum(['active', 'removed'])),
  setAt: Instant,
})
export type EncryptionKey = z.output<typeof EncryptionKey>

const { organisationId, key, kid } = EncryptionKey.shape
const events = [
  definePrivateEvent('encryption-key-set', z.object({ organisationId, key, kid, at: Instant })),
  definePrivateEvent('encryption-key-removed', z.object({ organisationId })),
] as const
export type EncryptionKeyEvent = EventOf<(typeof events)[number]>
export type EncryptionKeyCommand = Command &
  ({ readonly type: 'set'; readonly organisationId: string; readonly key: PublicKey; readonly kid: string } | { readonly type: 'remove' })

export const encryptionKeys = aggregate<EncryptionKey, EncryptionKeyCommand, EncryptionKeyEvent, RefusalCode>({
  name: 'encryption-key',
  state: EncryptionKey,
  events,
  refusals: catalogue,
  resource: ({ organisationId }) => ({ offices: [], assignees: [], addressedTo: [organisationId] }),
  decide(state, command): Decided<EncryptionKeyEvent, RefusalCode> {
    switch (command.type) {
      case 'set': {
        const { organisationId, key, kid, at } = command
        const isSame = state?.status === 'active' && state.kid === kid
        return isSame ? accept() : accept({ type: 'encryption-key-set', data: { organisationId, key, kid, at } })
      }
      case 'remove':
        if (state === undefined) return { ok: false, refusal: refuse('not-found') }
        return state.status === 'removed'
          ? accept()
          : accept({ type: 'encryption-key-removed', data: { organisationId: state.organisationId } })
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'encryption-key-set': {
        const { organisationId, key, kid, at } = event.data
        return { organisationId, key, kid, status: 'active', setAt: at }
      }
      case 'encryption-key-removed':
        if (state === undefined) throw new Error('no key to remove')
        return { ...state, status: 'removed' }
    }
  },
})
