import { eventHandler, repository } from '@wontanara/aws'
import { agendas } from './agenda.ts'
import { consumers } from './app.ts'
import { appointments } from './appointment.ts'
import { cases } from './case.ts'
import { subscriptions } from './subscriptions.ts'

export const handler = eventHandler(
  subscriptions,
  consumers({ cases: repository(cases), appointments: repository(appointments), agendas: repository(agendas) }),
)
