import type { Repository } from '@wontanara/core'
import type { CaseFile, CaseFileCommand, CaseFileEvent } from './case-file.ts'
import type { DisclosureLog } from './disclosure.ts'
import type { Organisation, OrganisationCommand, OrganisationEvent } from './organisation.ts'
import type { PartnerFeed } from './partner-feed.ts'
import type { Referral, ReferralCommand, ReferralEvent } from './referral.ts'
import type { RefusalCode } from './refusals.ts'
import type { RoutingRule, RoutingRuleCommand, RoutingRuleEvent } from './routing-rule.ts'
import type { Service, ServiceCommand, ServiceEvent } from './service.ts'
import type { Tallies } from './tally.ts'
import type { Webhook, WebhookCommand, WebhookEvent } from './webhook.ts'

/** The records of this service and where they live. */
export interface Records {
  readonly referrals: Repository<Referral, ReferralCommand, ReferralEvent, RefusalCode>
  readonly caseFiles: Repository<CaseFile, CaseFileCommand, CaseFileEvent, RefusalCode>
  readonly organisations: Repository<Organisation, OrganisationCommand, OrganisationEvent, RefusalCode>
  readonly services: Repository<Service, ServiceCommand, ServiceEvent, RefusalCode>
  readonly routingRules: Repository<RoutingRule, RoutingRuleCommand, RoutingRuleEvent, RefusalCode>
  readonly webhooks: Repository<Webhook, WebhookCommand, WebhookEvent, RefusalCode>
}

export interface Ports extends Records {
  readonly feed: PartnerFeed
  readonly disclosures: DisclosureLog
  readonly tallies: Tallies
  /** On a developer's machine, where an endpoint may be on loopback. */
  readonly local: boolean
}

/** What a delivery attempt led to. It names no person, and no address. */
export interface DeliveryReport {
  readonly event: string
  readonly organisation: string
  readonly outcome: 'delivered' | 'gone' | 'failed' | 'no-endpoint' | 'taken-back' | 'no-consent'
  readonly status?: number
}

/** What an endpoint answered: the HTTP status, and its `Retry-After` as written. */
export interface Answer {
  readonly status: number
  readonly retryAfter?: string
}

export interface DeliveryPorts extends Pick<Ports, 'referrals' | 'caseFiles' | 'webhooks' | 'local'> {
  /** Sends one request, waits 15 s at most, follows no redirect. @throws when there was no answer */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer>
  report(report: DeliveryReport): void
}
