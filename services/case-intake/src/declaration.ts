import { line } from '@wontanara/core'
import { CalendarDate, Instant, identity, languages, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { capacities, takings } from './codes.ts'
import { Signatory } from './consent.ts'

const Witness = z.discriminatedUnion('kind', [
  z.strictObject({ kind: operational(z.literal('staff')), id: StaffId }),
  z.strictObject({ kind: operational(z.literal('other')), name: identity(line(120)), standing: identity(line(80)) }),
])

/** The declaration of voluntary return: freedom of choice and informed decision (activity A24). */
export const DeclarationTerms = {
  language: operational(languages.schema),
  taken: operational(takings.schema),
  signatory: Signatory,
  witness: Witness,
  /** Able to decide: assessed where there is doubt. */
  capacity: identity(capacities.schema),
  intendedTravelDate: CalendarDate.optional(),
}
export const Declaration = z.strictObject({ ...DeclarationTerms, at: Instant, recordedBy: StaffId })
export type Declaration = z.output<typeof Declaration>

/** Days that a declaration holds: a setting of the programme, no published limit was found. */
export const declarationDays = 90

/** Whether a declaration is too old to rest on. */
export const isExpired = ({ at }: Declaration, now: string): boolean => Date.parse(now) - Date.parse(at) > declarationDays * 86_400_000
