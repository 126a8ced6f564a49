import { CaseId, Instant, offices, operational, protection, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import { LedgerLine } from './consent.ts'
import { Session } from './counselling.ts'
import { FamilyLink, ProtectionLink } from './links.ts'
import { Need } from './needs.ts'
import { Person } from './registration.ts'
import { Safeguard } from './safeguards.ts'
import { Screening } from './screening.ts'

/** What is attached to a case and goes where the case goes. What another case brought says so in `from`. */
export const Entries = z.strictObject({
  sessions: z.array(Session),
  needs: z.array(Need),
  consents: z.array(LedgerLine),
  safeguards: protection(z.array(Safeguard)),
  links: z.array(FamilyLink).optional(),
  protectionLinks: z.array(ProtectionLink).optional(),
})
export type Entries = z.output<typeof Entries>

/** Whom the person was registered as in a case that was merged into this one. */
export const Former = z.strictObject({ caseId: CaseId, person: Person })

/** What a merged case gets back when the merge is undone. */
export const BeforeMerge = z.strictObject({
  office: operational(offices.schema),
  status: operational(statuses.schema),
  lead: StaffId.optional(),
  team: z.array(StaffId),
})

/** The cases that were merged into this one, and what of its own the merge set aside, until somebody screens or assigns anew. */
export const Joined = z.strictObject({
  cases: z.array(z.strictObject({ caseId: CaseId, at: Instant, screening: protection(Screening).optional() })),
  own: z.strictObject({
    screening: protection(Screening).optional(),
    lead: StaffId.optional(),
    team: z.array(StaffId).optional(),
  }),
})
export type Joined = z.output<typeof Joined>
