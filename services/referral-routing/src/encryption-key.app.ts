import { type Api, common, createOrExecute, execute, issued, type Routes, read, refused, reply } from '@wontanara/core'
import { isUsable, kidOf } from './encryption.ts'
import type { encryptionKeyRoutes } from './encryption-key.api.ts'
import type { Ports } from './ports.ts'
import { refuse } from './refusals.ts'

/** The key to which a partner has the data of its referrals encrypted. */
export const encrypting = ({ encryptionKeys }: Pick<Ports, 'encryptionKeys'>) =>
  ({
    setEncryptionKey: async ({ body: { key }, call }) => {
      const { principal } = call
      if (principal.kind !== 'partner') return refused(common.refuse('not-permitted'))
      if (!(await isUsable(key))) return refused({ ...refuse('invalid-request'), reasons: [{ code: 'key-not-usable', pointer: '/key' }] })
      const organisationId = principal.organisation
      const command = { type: 'set', organisationId, key, kid: await kidOf(key), ...issued(call) } as const
      return reply(createOrExecute(encryptionKeys, organisationId, command, call), ({ state }) => state)
    },
    readEncryptionKey: async ({ call }) => {
      const { principal } = call
      if (principal.kind !== 'partner') return refused(common.refuse('not-permitted'))
      return reply(read(encryptionKeys, principal.organisation, call), ({ state }) => state)
    },
    removeEncryptionKey: async ({ call }) => {
      const { principal } = call
      if (principal.kind !== 'partner') return refused(common.refuse('not-permitted'))
      return reply(execute(encryptionKeys, principal.organisation, { type: 'remove', ...issued(call) }, call), ({ state }) => state)
    },
  }) satisfies Routes<Api<typeof encryptionKeyRoutes>>
