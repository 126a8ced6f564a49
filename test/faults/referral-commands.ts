import { ownConsent } from '@wontanara/examples'
import * as z from 'zod'
import { itsTime, self as person, soon } from './case-intake-commands.ts'
import type { Command, Known } from './command.ts'

/*
 * The ways of referrals: one that is served, one that is taken back when consent is, and those that end otherwise.
 */

export const clinic = 'org-sante-solidaire'
export const shelter = 'org-toit-et-droit'
/** A partner to which nobody consented. */
export const school = 'org-metiers-avenir'

export const consentTo = (recipient: string) => () => ({
  purpose: 'referral',
  recipient,
  scopes: ['name', 'contact', 'needs'],
  grounds: ownConsent,
})

const ReferralId = z.object({ referralId: z.string() })

/** A draft for a need, which is known by that name from then on. */
const draft = (serviceId: string, need: string, as: string): Command => ({
  operation: 'draftReferral',
  as: 'referral-coordinator',
  body: (known: Known) => ({
    caseId: known.caseId,
    needId: known[need],
    serviceId,
    office: known.office,
    priority: 'urgent',
    place: person.origin,
    forReturn: false,
    age: 27,
    sex: person.sex,
    languages: ['fuf'],
    snapshot: {
      name: person.name,
      contact: { phones: [person.phone] },
      needs: { situation: 'Exemple: revient après un long trajet, souhaite un appui.' },
    },
  }),
  learn: (answer) => ({ [as]: ReferralId.parse(answer).referralId }),
})

const step = (operation: string, as: Command['as'], referralId: string, body?: Command['body'], more: Partial<Command> = {}): Command => ({
  operation,
  as,
  params: { referralId },
  ...(body && { body }),
  ...more,
})

export const referralWays: readonly Command[] = [
  draft('svc-ecoute-kankan', 'needId', 'referralId'),
  draft('svc-abri', 'shelterNeedId', 'shelterReferralId'),
  step('sendReferral', 'referral-coordinator', 'referralId', undefined, { rests: true }),
  step('sendReferral', 'referral-coordinator', 'shelterReferralId'),
  step('acknowledgeReferral', clinic, 'referralId'),
  step('acceptReferral', clinic, 'referralId'),
  step('setReferralAppointment', clinic, 'referralId', ({ at }) => ({ at }), { before: soon, again: 'date-passed' }),
  step('recordReferralAttendance', clinic, 'referralId', () => ({ attendance: 'attended' }), { before: itsTime }),
  step('putOnHold', clinic, 'referralId', () => ({ reason: 'documents-awaited' })),
  step('startReferral', clinic, 'referralId'),
  step('completeReferral', clinic, 'referralId', () => ({ outcome: 'fully-served' })),

  draft('svc-ecoute-kankan', 'otherNeedId', 'mistakenReferralId'),
  step('enterInError', 'referral-coordinator', 'mistakenReferralId'),
  draft('svc-ecoute-kankan', 'otherNeedId', 'declinedReferralId'),
  step('sendReferral', 'referral-coordinator', 'declinedReferralId'),
  step('declineReferral', clinic, 'declinedReferralId', () => ({ reason: 'no-capacity' })),
  draft('svc-ecoute-kankan', 'otherNeedId', 'failedReferralId'),
  step('sendReferral', 'referral-coordinator', 'failedReferralId'),
  step('acceptReferral', clinic, 'failedReferralId'),
  step('holdReferral', clinic, 'failedReferralId'),
  step('failReferral', clinic, 'failedReferralId', () => ({ outcome: 'person-not-reached' })),
  draft('svc-abri', 'shelterNeedId', 'recalledReferralId'),
  step('sendReferral', 'referral-coordinator', 'recalledReferralId'),
  step('recallReferral', 'referral-coordinator', 'recalledReferralId', () => ({ reason: 'sent-in-error' })),

  // Nobody consented: two persons open this one, and a third closes it again.
  draft('svc-mecanique', 'trainingNeedId', 'exceptedReferralId'),
  step(
    'askException',
    'referral-coordinator',
    'exceptedReferralId',
    () => ({
      basis: 'vital-interest',
      reason: 'Exemple : sans connaissance, il lui faut un lit ce soir.',
      second: 'example-protection-officer',
    }),
    { anew: true },
  ),
  step('confirmException', 'protection-officer', 'exceptedReferralId'),
  step('sendReferral', 'referral-coordinator', 'exceptedReferralId'),
  step('acceptReferral', school, 'exceptedReferralId'),
  step('reviewException', 'supervisor', 'exceptedReferralId', () => ({ outcome: 'rejected' })),
]
