import { CaseId, Instant, offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { stages, statuses } from './codes.ts'
import { ConsentEntry } from './consent.ts'
import { Need } from './needs.ts'
import { Registration } from './registration.ts'

/**
 * A case. What is hot (status, who works on it) is one item of its table; each of the cold fields is another, written only when it
 * changes and absent until it is first needed.
 */
export const CaseState = z.strictObject({
  caseId: CaseId,
  office: operational(offices.schema),
  status: operational(statuses.schema),
  /** The furthest forward state; where a suspended or reopened case goes on. */
  stage: operational(stages.schema),
  /** Since when it has this status. */
  since: Instant,
  registeredAt: Instant,
  lead: StaffId.optional(),
  team: z.array(StaffId),
  registration: Registration,
  consents: z.array(ConsentEntry).optional(),
  needs: z.array(Need).optional(),
})
export type CaseState = z.output<typeof CaseState>

export const coldFields = ['registration', 'consents', 'needs'] as const satisfies readonly (keyof CaseState)[]

/** The state before anything is known: what an event out of the blue is folded into, so that `evolve` is total. */
export const blank: CaseState = {
  caseId: '',
  office: 'conakry',
  status: 'registered',
  stage: 'registered',
  since: '',
  registeredAt: '',
  team: [],
  registration: {
    channel: 'intake-point',
    presentIn: 'GN',
    person: { name: {}, sex: 'not-stated', birthDate: '1900', ageBasis: 'estimated', nationalities: [], languages: [] },
    processing: { basis: 'legal-obligation', legalReference: '' },
  },
}
