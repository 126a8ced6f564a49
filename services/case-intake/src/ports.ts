import type { Aggregate, FindIndex, Repository } from '@wontanara/core'
import type { AgendaCommand, AgendaEvent, AgendaState } from './agenda.ts'
import type { ApplicationCommand, ApplicationEvent, ApplicationState } from './application.ts'
import type { AppointmentCommand, AppointmentEvent, AppointmentState } from './appointment.ts'
import type { CaseCommand } from './commands.ts'
import type { CaseEvent } from './events.ts'
import type { caseExports, exportDesks } from './export.ts'
import type { ManifestCommand, ManifestEvent, ManifestState } from './manifest.ts'
import type { PartCommand, PartEvent, PartState } from './manifest-part.ts'
import type { CaseRefusal } from './refusals.ts'
import type { CaseState } from './state.ts'
import type { Transfer, TransferCommand, TransferEvent } from './transfer.ts'

/** What the functions of this service work with. */
export interface Ports {
  readonly cases: Repository<CaseState, CaseCommand, CaseEvent, CaseRefusal>
  /** Where cases are found by what is registered of a person. */
  readonly index: FindIndex
  readonly transfers: Repository<Transfer, TransferCommand, TransferEvent, CaseRefusal>
  readonly manifests: Repository<ManifestState, ManifestCommand, ManifestEvent, CaseRefusal>
  readonly parts: Repository<PartState, PartCommand, PartEvent, CaseRefusal>
  readonly applications: Repository<ApplicationState, ApplicationCommand, ApplicationEvent, CaseRefusal>
  readonly appointments: Repository<AppointmentState, AppointmentCommand, AppointmentEvent, CaseRefusal>
  readonly agendas: Repository<AgendaState, AgendaCommand, AgendaEvent, CaseRefusal>
  readonly caseExports: RepositoryOf<typeof caseExports>
  readonly exportDesks: RepositoryOf<typeof exportDesks>
  /** A link to a file, that holds for some seconds from an instant on. */
  linkTo(key: string, at: string, seconds: number): Promise<string>
}

type RepositoryOf<A> = A extends Aggregate<infer S, infer C, infer E, infer R> ? Repository<S, C, E, R> : never

/** What appointments are kept with. */
export type AppointmentPorts = Pick<Ports, 'cases' | 'appointments' | 'agendas'>

/** What is erased once it has been kept long enough. */
export type ErasurePorts = Pick<Ports, 'applications' | 'manifests' | 'parts'>

/** What arrival manifests are taken in and processed with. */
export type ManifestPorts = Pick<Ports, 'cases' | 'index' | 'manifests' | 'parts'>
