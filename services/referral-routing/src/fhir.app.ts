import { type Api, ok, type Routes, read } from '@wontanara/core'
import type { fhirRoutes } from './fhir.api.ts'
import { fhirBundle } from './fhir.ts'
import { type AnsweringPorts, answering } from './partner-answers.ts'

/** Referrals in the words of health systems: the same answer as the referral itself, in other words. */
export function translating(ports: AnsweringPorts) {
  const { answer } = answering(ports)
  return {
    readReferralAsFhir: async ({ params: { referralId }, call, language }) => {
      const found = read(ports.referrals, referralId, call.principal.kind === 'partner' ? { ...call, fresh: true } : call)
      const result = await answer(found, call, 'data', undefined, 'fhir')
      return result.ok ? ok({ ...result.value, body: fhirBundle(result.value.body, call.at, language) }) : result
    },
  } satisfies Routes<Api<typeof fhirRoutes>>
}
