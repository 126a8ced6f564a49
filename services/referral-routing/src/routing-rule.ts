import { accept, aggregate, type Command, definePrivateEvent, type EventOf } from '@wontanara/core'
import { Instant, offices, operational, priorities, StaffId, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode } from './refusals.ts'

/** What a rule is for: one office, one type of service, one priority. */
export const ruleFields = {
  office: operational(offices.schema),
  service: operational(serviceTypes.schema),
  priority: operational(priorities.schema),
}

/**
 * Whether an office sends a referral by itself, to the best service that takes the person and that the person consented to. Without a rule,
 * or with one that is switched off, the officer chooses and sends. A supervisor answers for the own office, so a rule is always one office's.
 */
export const RoutingRule = z.strictObject({
  ...ruleFields,
  automatic: operational(z.boolean()),
  setBy: StaffId,
  setAt: Instant,
})
export type RoutingRule = z.output<typeof RoutingRule>

const events = [definePrivateEvent('routing-rule-set', RoutingRule)] as const
export type RoutingRuleEvent = EventOf<(typeof events)[number]>
export type RoutingRuleCommand = Command & { readonly type: 'set'; readonly rule: Omit<RoutingRule, 'setBy' | 'setAt'> }

/** The one id that a rule can have. */
export const ruleId = ({ office, service, priority }: Pick<RoutingRule, keyof typeof ruleFields>): string =>
  `${office}-${service}-${priority}`

export const routingRules = aggregate<RoutingRule, RoutingRuleCommand, RoutingRuleEvent, RefusalCode>({
  name: 'routing-rule',
  state: RoutingRule,
  events,
  refusals: catalogue,
  resource: ({ office }) => ({ offices: [office], assignees: [] }),
  index: (rule) => ({ gsi1: { pk: `routing-rules#${rule.office}`, sk: `${rule.service}#${rule.priority}` }, row: rule }),
  decide(state, { rule, by, at }) {
    if (state?.automatic === rule.automatic) return accept()
    return accept({ type: 'routing-rule-set', data: { ...rule, setBy: by.id, setAt: at } })
  },
  evolve: (_, { data }) => data,
})
