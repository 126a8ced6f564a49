import { httpHandler, repository } from '@wontanara/aws'
import { api } from './api.ts'
import { routes } from './app.ts'
import { cases } from './case.ts'
import { catalogue } from './refusals.ts'

const repo = repository(cases)

export const handler = httpHandler(api, routes({ cases: repo }), {
  refusals: catalogue,
  recordAccess: (record) => repo.store.recordAccess(record),
})
