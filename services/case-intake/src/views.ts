import { referenceOf, type Seen } from '@wontanara/core'
import { CaseId, Instant, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import { CaseState } from './state.ts'

/** The reference of a case, `26K4-7QX9-TM2R-H`. */
const Reference = operational(z.string())

/** A case as its readers see it: fields that they may not see are absent. */
export const CaseView = z.strictObject({ ...CaseState.shape, reference: Reference })

/** A line of a list. No personal data. */
export const CaseRow = z.strictObject({
  caseId: CaseId,
  office: operational(offices.schema),
  status: operational(statuses.schema),
  since: Instant,
  lead: StaffId.optional(),
})

export const caseView = ({ state }: Seen<CaseState>): z.output<typeof CaseView> => ({ ...state, reference: referenceOf(state.caseId) })
