import { eventHandler, repository } from '@wontanara/aws'
import { consumers } from './app.ts'
import { fitness } from './fitness.ts'
import { subscriptions } from './subscriptions.ts'

export const handler = eventHandler(subscriptions, consumers({ assessments: repository(fitness) }))
