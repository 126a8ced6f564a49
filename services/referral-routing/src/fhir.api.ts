import type { RouteDefinition } from '@wontanara/core'
import * as examples from './examples.ts'
import { FhirBundle, fhirBundle } from './fhir.ts'
import { ReferralView } from './views.ts'

/** Referrals in the words of health systems. */
export const fhirRoutes = {
  readReferralAsFhir: {
    route: 'GET /v1/referrals/{referralId}/fhir',
    summary:
      'Reads a referral as HL7 FHIR R4 (4.0.1): a Bundle of Task, ServiceRequest and Patient. It shows what the referral itself would show to the same reader, and is logged like it.',
    permit: 'referral:read',
    mediaType: 'application/fhir+json',
    response: FhirBundle,
    example: { response: fhirBundle(ReferralView.parse(examples.disclosed), examples.disclosed.disclosedAt, 'en') },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
