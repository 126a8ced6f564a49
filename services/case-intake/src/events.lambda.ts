import { eventHandler, repository } from '@wontanara/aws'
import { consumers } from './app.ts'
import { cases } from './case.ts'
import { subscriptions } from './subscriptions.ts'

export const handler = eventHandler(subscriptions, consumers({ cases: repository(cases) }))
