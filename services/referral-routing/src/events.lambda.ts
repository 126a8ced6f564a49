import { eventHandler, queueSender } from '@wontanara/aws'
import { consumers } from './app.ts'
import { records } from './records.dynamo.ts'
import { subscriptions } from './subscriptions.ts'

export const handler = eventHandler(subscriptions, consumers({ ...records(), wake: queueSender() }))
