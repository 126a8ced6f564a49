import { changeHandler, findIndex, repository, serviceEnvironment } from '@wontanara/aws'
import { registrations } from './app.ts'
import { cases } from './case.ts'

const { table, vault } = serviceEnvironment()

/** Follows what is registered of people: places each case in the index by which it is found. */
export const handler = changeHandler(
  'case-intake',
  'case',
  registrations({ cases: repository(cases), index: findIndex('case', table, vault) }),
)
