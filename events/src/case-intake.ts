import * as z from 'zod'
import { caseRelations, consentPurposes, dataScopes, offices, priorities, serviceTypes } from './codes.ts'
import { defineEvent } from './define-event.ts'
import {
  AppointmentId,
  CalendarDate,
  CaseId,
  ConsentId,
  ExportId,
  Instant,
  ManifestId,
  ManifestPartId,
  NeedId,
  OrganisationId,
} from './ids.ts'
import { operational } from './label.ts'

const office = operational(offices.schema)

export const CaseRegistered = defineEvent('case-intake.case-registered.v1', {
  summary: 'A person was registered and a case opened at an office.',
  data: z.object({ caseId: CaseId, office }),
})

export const CaseScreened = defineEvent('case-intake.case-screened.v1', {
  summary: 'A screening was recorded; its content stays in the case.',
  data: z.object({ caseId: CaseId, office, screening: operational(z.int().min(1)) }),
})

export const NeedRecorded = defineEvent('case-intake.need-recorded.v1', {
  summary: 'A need was entered in the register; it ends in a service, a referral or a documented refusal.',
  data: z.object({
    caseId: CaseId,
    needId: NeedId,
    office,
    service: operational(serviceTypes.schema),
    priority: operational(priorities.schema),
  }),
})

export const ConsentGiven = defineEvent('case-intake.consent-given.v1', {
  summary: 'A person allowed a use or a sharing of data: for this purpose, this recipient and these field groups, until this instant.',
  data: z.object({
    caseId: CaseId,
    consentId: ConsentId,
    purpose: operational(consentPurposes.schema),
    /** Absent: consent. The exceptions are accounted for in the case. */
    basis: operational(z.enum(['consent', 'vital-interest', 'legal-obligation'])).optional(),
    recipient: OrganisationId.optional(),
    scopes: operational(z.array(dataScopes.schema)),
    validFrom: Instant,
    validUntil: Instant.optional(),
  }),
})

export const ConsentWithdrawn = defineEvent('case-intake.consent-withdrawn.v1', {
  summary: 'A consent was withdrawn: whatever rests on it stops at once.',
  data: z.object({
    caseId: CaseId,
    consentId: ConsentId,
    purpose: operational(consentPurposes.schema),
    recipient: OrganisationId.optional(),
  }),
})

export const VoluntaryReturnConfirmed = defineEvent('case-intake.voluntary-return-confirmed.v1', {
  summary: 'A person declared, freely and informed, the wish to return. Preparation may begin, starting with fitness to travel.',
  data: z.object({ caseId: CaseId, office, intendedTravelDate: CalendarDate.optional() }),
})

export const ReturnWithdrawn = defineEvent('case-intake.return-withdrawn.v1', {
  summary: 'The person, or the guardian of a child, no longer wishes to return: what was prepared for the return stops.',
  data: z.object({ caseId: CaseId, office }),
})

export const ReturnHeld = defineEvent('case-intake.return-held.v1', {
  summary:
    'Something that came to light after the declaration of voluntary return stands against it. Nobody travels on it until it is released, or made anew.',
  data: z.object({ caseId: CaseId, office }),
})

export const ReturnReleased = defineEvent('case-intake.return-released.v1', {
  summary: 'What stood against a confirmed return has been settled: the preparation goes on.',
  data: z.object({ caseId: CaseId, office }),
})

export const CaseInterrupted = defineEvent('case-intake.case-interrupted.v1', {
  summary:
    'A case stopped on its way: suspended, out of contact, not eligible, or the person died. What is prepared for the return waits or stops.',
  data: z.object({ caseId: CaseId, office, status: operational(z.enum(['suspended', 'lost-contact', 'ineligible', 'deceased'])) }),
})

export const CaseResumed = defineEvent('case-intake.case-resumed.v1', {
  summary: 'A suspended or lost case goes on where it stood.',
  data: z.object({ caseId: CaseId, office }),
})

export const CaseMerged = defineEvent('case-intake.case-merged.v1', {
  summary:
    'Two cases turned out to be of one person: this one goes under, and everything attached to it belongs to the other from now on. A declaration of voluntary return that was made on it no longer holds.',
  data: z.object({ caseId: CaseId, into: CaseId, office }),
})

export const CaseUnmerged = defineEvent('case-intake.case-unmerged.v1', {
  summary: 'A merge was undone: the case stands for itself again, with what belonged to it, before the declaration of voluntary return.',
  data: z.object({ caseId: CaseId, into: CaseId, office }),
})

export const CaseClosed = defineEvent('case-intake.case-closed.v1', {
  summary: 'A case was closed by two people.',
  data: z.object({ caseId: CaseId, office }),
})

export const CaseReopened = defineEvent('case-intake.case-reopened.v1', {
  summary: 'A closed case was opened again.',
  data: z.object({ caseId: CaseId, office }),
})

export const ManifestPartReceived = defineEvent('case-intake.manifest-part-received.v1', {
  summary: 'Some rows of an arrival manifest wait to be processed.',
  data: z.object({ manifestId: ManifestId, partId: ManifestPartId }),
})

export const ManifestProcessed = defineEvent('case-intake.manifest-processed.v1', {
  summary: 'Every row of an arrival manifest was processed; what became of each is read at the manifest.',
  data: z.object({
    manifestId: ManifestId,
    office,
    dryRun: operational(z.boolean()),
    rows: operational(z.int().min(1)),
    needsDecision: operational(z.int().min(0)),
  }),
})

export const CaseTransferred = defineEvent('case-intake.case-transferred.v1', {
  summary: 'Another office accepted a case and holds it from now on; the one that handed it over holds nothing of it any more.',
  data: z.object({ caseId: CaseId, from: office, to: office }),
})

/** Guardianship and separation are protection data: whoever needs them asks for the household of the case. */
const relation = operational(caseRelations.schema.exclude(['guardian', 'ward', 'separated-from']))
const pair = z.object({ caseId: CaseId, otherCaseId: CaseId, relation })

export const CasesLinked = defineEvent('case-intake.cases-linked.v1', {
  summary: 'Two cases are those of relatives, or of people who travel together: `relation` is what the other is to the first.',
  data: pair,
})

export const CasesUnlinked = defineEvent('case-intake.cases-unlinked.v1', {
  summary: 'Two cases are no longer linked in this way.',
  data: pair,
})

export const AppointmentDue = defineEvent('case-intake.appointment-due.v1', {
  summary: 'A counselling appointment is due tomorrow, or today when there was no day before: whoever sends messages reminds the person.',
  data: z.object({ caseId: CaseId, appointmentId: AppointmentId, office, at: Instant }),
})

export const ExportRequested = defineEvent('case-intake.export-requested.v1', {
  summary: "Somebody asked for an office's list of cases as a file.",
  data: z.object({ exportId: ExportId, office }),
})

export const ExportContinued = defineEvent('case-intake.export-continued.v1', {
  summary: 'A part of an export was written; another one goes on from there.',
  data: z.object({ exportId: ExportId, office }),
})
