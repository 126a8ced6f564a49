import type { OrganisationId, Programme, StaffRole } from '@wontanara/examples'

/** What a journey has learnt so far: name -> id. */
export type Known = Readonly<Record<string, string>>

/** One command of a journey. */
export interface Command {
  /** Name of the route in the service's API. */
  readonly operation: string
  /** `anybody`: without a login. */
  readonly as: StaffRole | OrganisationId | 'anybody'
  /** The office at which whoever sends it works; that of the journey unless told. */
  readonly at?: string
  /** Sent by a member of staff whom no other journey has: what a person may do once at a time. */
  readonly alone?: true
  readonly body?: (known: Known) => unknown
  /** Parameter of the path -> the name of what is known for it, where the two differ. */
  readonly params?: Readonly<Record<string, string>>
  /** What the caller looks up before. */
  readonly before?: (programme: Programme, known: Known) => Promise<Known>
  /** The refusal after which the caller looks up anew and asks for something else. */
  readonly again?: string
  /** The ids that the answer brings. */
  readonly learn?: (answer: unknown, known: Known) => Known
  /** What comes before it can no longer be asked for once it is done. */
  readonly ends?: true
  /** Asked for again, it is done again: the later word counts. */
  readonly anew?: true
  /** Rests on what events of other commands bring: everything before it must be done. */
  readonly rests?: true
}
