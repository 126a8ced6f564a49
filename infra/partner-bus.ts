import { Stack } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { deadLetterQueue } from './alarm.ts'
import type { Platform } from './platform.ts'
import type { Service } from './service.ts'

/**
 * The way to partners that have AWS accounts of their own: a bus that holds what partners may be told and nothing else, and for each of them
 * a rule that leads what is theirs to their bus. The partner lets our account put events on it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
 */
export function partnerBus(service: Service, { settings, alarms }: Platform): void {
  const bus = new EventBus(service, 'PartnerBus', {
    description: `Wontanara ${settings.name}: what partners are told on buses of their own`,
  })
  const { webhooks } = service.consumers
  const { partners: answering } = service.answering
  if (webhooks === undefined || answering === undefined) throw new Error('the service has no consumer "webhooks" or no entry "partners"')
  const partners = Object.entries(settings.partnerBuses)
  webhooks.function.addEnvironment('PARTNER_BUS', bus.eventBusName)
  webhooks.function.addToRolePolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }))
  // Whom a rule leads to: an event for anybody else would be taken, and go nowhere.
  for (const worker of [answering, webhooks.function])
    worker.addEnvironment('PARTNERS_WITH_BUS', partners.map(([organisation]) => organisation).join())
  for (const [organisation, arn] of partners) {
    const deadLetters = deadLetterQueue(service, `PartnerDeadLetters-${organisation}`, {
      text: `The partner ${organisation} is not told of its referrals on its event bus.`,
      runbook: 'partner-bus',
      action: alarms,
    })
    const role = new Role(service, `PartnerRole-${organisation}`, {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(service).account } },
      }),
    })
    new Rule(service, `PartnerRule-${organisation}`, {
      eventBus: bus,
      eventPattern: { source: ['wontanara.partners'], detail: { organisationId: [organisation] } },
      targets: [new BusTarget(EventBus.fromEventBusArn(service, `BusOf-${organisation}`, arn), { role, deadLetterQueue: deadLetters })],
    })
  }
}
