import { api as caseIntake, entries as caseIntakeEntries } from '@wontanara/case-intake/api'
import { subscriptions as caseIntakeEvents, exportSubscriptions, manifestSubscriptions } from '@wontanara/case-intake/subscriptions'
import { api as medicalCoordination } from '@wontanara/medical-coordination/api'
import { subscriptions as medicalCoordinationEvents } from '@wontanara/medical-coordination/subscriptions'
import { api as referralRouting, entries as referralRoutingEntries } from '@wontanara/referral-routing/api'
import { subscriptions as referralRoutingEvents } from '@wontanara/referral-routing/subscriptions'
import { Duration, type Stack } from 'aws-cdk-lib'
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import { alarm } from './alarm.ts'
import { exportFiles } from './export-files.ts'
import { partnerBus } from './partner-bus.ts'
import type { Platform } from './platform.ts'
import { Service } from './service.ts'

/** What is routed, beside the documents of the API itself. */
export const apis = [caseIntake, medicalCoordination, referralRouting]

/** What each service's stack is made of. What is special to one service is ordinary CDK in its own function. */
export const services: Readonly<Record<string, (stack: Stack, platform: Platform) => void>> = {
  'case-intake': (stack, platform) => {
    const service = new Service(stack, 'Service', {
      platform,
      api: caseIntake,
      entries: caseIntakeEntries,
      consumers: { events: caseIntakeEvents, manifests: manifestSubscriptions, exports: exportSubscriptions },
      classes: ['C2', 'C3-protection', 'find'],
      impact: 'People who arrive or ask to return cannot be registered.',
    })
    // Each part of a manifest is a second's work and hundreds of reads: one at a time in a process, and as many processes as parts.
    const mapping = service.consumers.manifests?.function.node.findAll().find((child) => child instanceof CfnEventSourceMapping)
    if (!(mapping instanceof CfnEventSourceMapping)) throw new Error('the service has no consumer "manifests"')
    mapping.batchSize = 1
    service.onChange('registrations', ['state#registration'], 'People who were registered are not found again.')
    exportFiles(service, platform.settings)
    const { apply } = service.answering
    if (apply === undefined) throw new Error('the service has no entry "apply"')
    // More than one a second for five minutes: what people who ask for help send stays far below.
    alarm(service, 'ApplicationsFlood', {
      metric: apply.metricInvocations({ period: Duration.minutes(5) }),
      threshold: 300,
      text: 'Applications without a login come in a flood: those of people who need help may be refused, or drown among them.',
      runbook: 'applications-flood',
      action: platform.alarms,
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
    const service = new Service(stack, 'Service', {
      platform,
      api: referralRouting,
      entries: referralRoutingEntries,
      consumers: { events: referralRoutingEvents },
      queues: ['webhooks'],
      classes: ['C2', 'C4'],
      impact: 'People who need shelter, care or legal help are not referred to partners.',
    })
    const { events, webhooks } = service.consumers
    if (events === undefined || webhooks === undefined) throw new Error('the service has no consumers "events" and "webhooks"')
    // Whoever adds to a feed has its endpoints looked at; a partner's endpoint may be down for days, and the function itself spaces the attempts.
    for (const { function: sender } of [events, webhooks]) {
      sender.addEnvironment('QUEUE_URL', webhooks.queue.queueUrl)
      webhooks.queue.grant(sender, 'sqs:SendMessage')
    }
    webhooks.queue.grant(webhooks.function, 'sqs:ChangeMessageVisibility')
    // Names are looked up, and signatures made, on libuv's threads. Of four, the slow names of one partner could take all; a batch has ten.
    webhooks.function.addEnvironment('UV_THREADPOOL_SIZE', '16')
    const { defaultChild } = webhooks.queue.node
    if (!(defaultChild instanceof CfnQueue)) throw new Error('the queue "webhooks" is not a queue')
    // A message that waits is received at every attempt, and once in twelve hours; it replaces itself after thirty. Ten are left for our own faults.
    defaultChild.addPropertyOverride('RedrivePolicy.maxReceiveCount', 40)
    partnerBus(service, platform)
    service.alarmAt('EndpointDisabled', 'endpoint-disabled', 'A partner is told nothing any more at one of its endpoints.')
    service.alarmAt(
      'NoticeGivenUp',
      'notice-given-up',
      'A partner was not told of something at its endpoint, which refused it for three days.',
    )
  },
}
