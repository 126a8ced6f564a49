import { findIndex, httpHandler, repository, serviceEnvironment } from '@wontanara/aws'
import { api } from './api.ts'
import { routes } from './app.ts'
import { cases } from './case.ts'
import { catalogue } from './refusals.ts'

const repo = repository(cases)
const { table, vault } = serviceEnvironment()

export const handler = httpHandler(api, routes({ cases: repo, index: findIndex('case', table, vault) }), {
  refusals: catalogue,
  recordAccess: (record) => repo.store.recordAccess(record),
})
