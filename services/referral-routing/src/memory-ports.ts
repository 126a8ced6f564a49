import { memoryStore } from '@wontanara/core'
import { memoryAttempts } from './attempts.ts'
import { caseFiles } from './case-file.ts'
import { memoryDisclosures } from './disclosure.ts'
import { encryptionKeys } from './encryption-key.ts'
import { endpoints } from './endpoint.ts'
import { exceptions } from './exception.ts'
import { organisations } from './organisation.ts'
import { memoryFeed } from './partner-feed.ts'
import type { Ports } from './ports.ts'
import { referrals } from './referral.ts'
import { replays } from './replay.ts'
import { routingRules } from './routing-rule.ts'
import { services } from './service.ts'
import { memoryTallies } from './tally.ts'

/** What the service works with in tests: nothing of it is kept. */
export const memoryPorts = () =>
  ({
    referrals: { aggregate: referrals, store: memoryStore(referrals) },
    caseFiles: { aggregate: caseFiles, store: memoryStore(caseFiles) },
    encryptionKeys: { aggregate: encryptionKeys, store: memoryStore(encryptionKeys) },
    exceptions: { aggregate: exceptions, store: memoryStore(exceptions) },
    organisations: { aggregate: organisations, store: memoryStore(organisations) },
    services: { aggregate: services, store: memoryStore(services) },
    routingRules: { aggregate: routingRules, store: memoryStore(routingRules) },
    endpoints: { aggregate: endpoints, store: memoryStore(endpoints) },
    replays: { aggregate: replays, store: memoryStore(replays) },
    feed: memoryFeed(),
    attempts: memoryAttempts(),
    withBus: new Set<string>(),
    addressesOf: async () => ['93.184.215.14'],
    disclosures: memoryDisclosures(),
    tallies: memoryTallies(),
    local: false,
  }) satisfies Ports
