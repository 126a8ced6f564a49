import type { FindIndex, Repository } from '@wontanara/core'
import type { CaseCommand } from './commands.ts'
import type { CaseEvent } from './events.ts'
import type { CaseRefusal } from './refusals.ts'
import type { CaseState } from './state.ts'

/** What the functions of this service work with. */
export interface Ports {
  readonly cases: Repository<CaseState, CaseCommand, CaseEvent, CaseRefusal>
  /** Where cases are found by what is registered of a person. */
  readonly index: FindIndex
}
