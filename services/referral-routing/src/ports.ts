import type { Repository } from '@wontanara/core'
import type { Attempt, AttemptLog } from './attempts.ts'
import type { CaseFile, CaseFileCommand, CaseFileEvent } from './case-file.ts'
import type { Deliveries } from './deliveries.ts'
import type { DisclosureLog } from './disclosure.ts'
import type { EncryptionKey, EncryptionKeyCommand, EncryptionKeyEvent } from './encryption-key.ts'
import type { Endpoints, EndpointsCommand, EndpointsEvent } from './endpoint.ts'
import type { Exception, ExceptionCommand, ExceptionEvent } from './exception.ts'
import type { Organisation, OrganisationCommand, OrganisationEvent } from './organisation.ts'
import type { PartnerFeed } from './partner-feed.ts'
import type { Referral, ReferralCommand, ReferralEvent } from './referral.ts'
import type { RefusalCode } from './refusals.ts'
import type { Replay, ReplayCommand, ReplayEvent } from './replay.ts'
import type { RoutingRule, RoutingRuleCommand, RoutingRuleEvent } from './routing-rule.ts'
import type { Service, ServiceCommand, ServiceEvent } from './service.ts'
import type { Tallies } from './tally.ts'
import type { Wake } from './wake.ts'

/** The records of this service and where they live. */
export interface Records {
  readonly referrals: Repository<Referral, ReferralCommand, ReferralEvent, RefusalCode>
  readonly caseFiles: Repository<CaseFile, CaseFileCommand, CaseFileEvent, RefusalCode>
  readonly encryptionKeys: Repository<EncryptionKey, EncryptionKeyCommand, EncryptionKeyEvent, RefusalCode>
  readonly exceptions: Repository<Exception, ExceptionCommand, ExceptionEvent, RefusalCode>
  readonly organisations: Repository<Organisation, OrganisationCommand, OrganisationEvent, RefusalCode>
  readonly services: Repository<Service, ServiceCommand, ServiceEvent, RefusalCode>
  readonly routingRules: Repository<RoutingRule, RoutingRuleCommand, RoutingRuleEvent, RefusalCode>
  readonly endpoints: Repository<Endpoints, EndpointsCommand, EndpointsEvent, RefusalCode>
  readonly replays: Repository<Replay, ReplayCommand, ReplayEvent, RefusalCode>
}

/**
 * The addresses that a name has now: none when there is no such name, undefined when that cannot be told at the moment. What a name leads to
 * may change: it is looked up again, and held to what was found, whenever it is called (webhook.http.ts).
 */
export type HostLookup = (hostname: string) => Promise<readonly string[] | undefined>

export interface Ports extends Records {
  readonly feed: PartnerFeed
  readonly attempts: AttemptLog
  readonly disclosures: DisclosureLog
  readonly tallies: Tallies
  /** Organisations to whose own event bus a rule leads. */
  readonly withBus: ReadonlySet<string>
  readonly addressesOf: HostLookup
  /** On a developer's machine, where an endpoint may be on loopback. */
  readonly local: boolean
}

/** What the consumer of events works with. */
export interface ConsumerPorts
  extends Pick<Ports, 'referrals' | 'caseFiles' | 'exceptions' | 'services' | 'organisations' | 'endpoints' | 'feed' | 'tallies'> {
  /** Has endpoints looked at. Each call is followed by a look that begins after it. */
  wake(endpoints: readonly Wake[]): Promise<void>
}

/** What a delivery attempt led to. It names no person, and no address. `unreachable`: and that the endpoint was given up. */
export interface DeliveryReport extends Pick<Attempt, 'status' | 'duration'> {
  readonly event: string
  readonly organisation: string
  readonly endpoint: string
  readonly outcome: Attempt['outcome'] | 'unreachable'
}

/** What an endpoint answered: the HTTP status, and its `Retry-After` as written. */
export interface Answer {
  readonly status: number
  readonly retryAfter?: string
}

export interface DeliveryPorts
  extends Pick<
    Ports & ConsumerPorts,
    'referrals' | 'caseFiles' | 'endpoints' | 'replays' | 'feed' | 'disclosures' | 'attempts' | 'withBus' | 'local' | 'wake'
  > {
  readonly deliveries: Deliveries
  /** Sends one request, waits 15 s at most, follows no redirect. @throws when there was no answer */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer>
  /** Puts an event on the bus of partners. @returns whether it was taken */
  publish(event: { readonly source: string; readonly type: string; readonly detail: string; readonly time: string }): Promise<boolean>
  report(report: DeliveryReport): void
  /** ISO 8601 UTC. */
  now(): string
  /** 0 to 1. */
  random(): number
}
