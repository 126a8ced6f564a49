import { api as caseIntake } from '@wontanara/case-intake/api'
import { subscriptions as caseIntakeEvents } from '@wontanara/case-intake/subscriptions'
import { api as medicalCoordination } from '@wontanara/medical-coordination/api'
import { subscriptions as medicalCoordinationEvents } from '@wontanara/medical-coordination/subscriptions'
import { api as referralRouting } from '@wontanara/referral-routing/api'
import { subscriptions as referralRoutingEvents } from '@wontanara/referral-routing/subscriptions'
import type { Stack } from 'aws-cdk-lib'
import type { Platform } from './platform.ts'
import { Service } from './service.ts'

/** What each service's stack is made of. What is special to one service is ordinary CDK in its own function. */
export const services: Readonly<Record<string, (stack: Stack, platform: Platform) => void>> = {
  'case-intake': (stack, platform) => {
    new Service(stack, 'Service', {
      platform,
      api: caseIntake,
      consumers: { events: caseIntakeEvents },
      classes: ['C2', 'C3-protection'],
      impact: 'People who arrive or ask to return cannot be registered.',
    })
  },
  'medical-coordination': (stack, platform) => {
    new Service(stack, 'Service', {
      platform,
      api: medicalCoordination,
      consumers: { events: medicalCoordinationEvents },
      classes: ['C3-medical'],
      impact: 'Nobody can be examined or cleared for travel: departures stop.',
    })
  },
  'referral-routing': (stack, platform) => {
    new Service(stack, 'Service', {
      platform,
      api: referralRouting,
      consumers: { events: referralRoutingEvents },
      classes: ['C2', 'C4'],
      impact: 'People who need shelter, care or legal help are not referred to partners.',
    })
  },
}
