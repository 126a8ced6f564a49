import { findIndex, httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import { agendas } from './agenda.ts'
import { apiOf } from './api-of.ts'
import { handling } from './app.ts'
import { applications } from './application.ts'
import { appointments } from './appointment.ts'
import { caseRoutes } from './case.api.ts'
import { cases } from './case.ts'
import { catalogue } from './refusals.ts'
import { transfers } from './transfer.ts'

const { table, vault } = serviceEnvironment()
const ports = {
  cases: repository(cases),
  index: findIndex('case', table, vault),
  transfers: repository(transfers),
  applications: repository(applications),
  appointments: repository(appointments),
  agendas: repository(agendas),
}

export const handler = httpHandler(apiOf(caseRoutes), handling(ports), {
  refusals: catalogue,
  recordAccess: (record) => ports.cases.store.recordAccess(record),
})
