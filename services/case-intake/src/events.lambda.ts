import { eventHandler, repository } from '@wontanara/aws'
import { agendas } from './agenda.ts'
import { consumers } from './app.ts'
import { applications } from './application.ts'
import { appointments } from './appointment.ts'
import { cases } from './case.ts'
import { manifests } from './manifest.ts'
import { manifestParts } from './manifest-part.ts'
import { subscriptions } from './subscriptions.ts'

export const handler = eventHandler(
  subscriptions,
  consumers({
    cases: repository(cases),
    appointments: repository(appointments),
    agendas: repository(agendas),
    applications: repository(applications),
    manifests: repository(manifests),
    parts: repository(manifestParts),
  }),
)
