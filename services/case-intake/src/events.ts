import { definePrivateEvent, type EventOf } from '@wontanara/core'
import {
  CaseClosed,
  CaseId,
  CaseInterrupted,
  CaseMerged,
  CaseRegistered,
  CaseReopened,
  CaseResumed,
  CaseScreened,
  CasesLinked,
  CasesUnlinked,
  CaseTransferred,
  CaseUnmerged,
  ConsentGiven,
  ConsentWithdrawn,
  Instant,
  LinkId,
  NeedId,
  NeedRecorded,
  offices,
  operational,
  protection,
  ReturnHeld,
  ReturnReleased,
  ReturnWithdrawn,
  StaffId,
  TransferId,
  VoluntaryReturnConfirmed,
} from '@wontanara/events'
import * as z from 'zod'
import { closureReasons, linkEndings, reopeningReasons, stages, withdrawers } from './codes.ts'
import { Consent, ConsentWithdrawal } from './consent.ts'
import { Session } from './counselling.ts'
import { Declaration } from './declaration.ts'
import { Candidate, DuplicateCheck } from './duplicates.ts'
import { FamilyLink, ProtectionLink } from './links.ts'
import { Entries, Joined } from './merge-record.ts'
import { Answer, Need, ReferralLink } from './needs.ts'
import { Person, Registration } from './registration.ts'
import { Safeguard } from './safeguards.ts'
import { Screening } from './screening.ts'
import { Interruption, RegistrationOnFile } from './state.ts'

/*
 * What happened, as this service keeps it. Published events are notices beside these facts: they carry ids and codes to others and
 * change no state here, but for the registration, which says once what case it is.
 */
const facts = {
  registered: definePrivateEvent(
    'registered',
    // A plain object, so that the event stays below 1 KB with the person in it.
    RegistrationOnFile.extend({ team: z.array(StaffId).optional() }),
  ),
  corrected: definePrivateEvent(
    'registration-corrected',
    Registration.omit({ processing: true, channel: true }).extend({ source: RegistrationOnFile.shape.source }),
  ),
  duplicatesDecided: definePrivateEvent('duplicates-decided', z.object({ duplicates: DuplicateCheck })),
  candidatesNoted: definePrivateEvent('duplicate-candidates-noted', z.object({ candidates: z.array(Candidate) })),
  goneUnder: definePrivateEvent(
    'merged-into-another',
    z.object({ into: CaseId, at: Instant, office: operational(offices.schema), lead: StaffId.optional(), team: z.array(StaffId) }),
  ),
  takenIn: definePrivateEvent(
    'another-case-taken-in',
    z.object({
      caseId: CaseId,
      person: Person,
      entries: Entries,
      candidates: z.array(Candidate),
      screening: protection(Screening).optional(),
      lead: StaffId.optional(),
      team: z.array(StaffId),
      joined: Joined,
    }),
  ),
  stoodUp: definePrivateEvent('merge-undone', z.object({ at: Instant, entries: Entries, candidates: z.array(Candidate) })),
  givenBack: definePrivateEvent(
    'another-case-given-back',
    z.object({
      caseId: CaseId,
      moved: operational(z.array(z.string())),
      candidates: z.array(Candidate),
      screening: protection(Screening).optional(),
    }),
  ),
  assigned: definePrivateEvent('case-assigned', z.object({ lead: StaffId, team: z.array(StaffId) })),
  stageReached: definePrivateEvent('stage-reached', z.object({ stage: operational(stages.schema), at: Instant })),
  screened: definePrivateEvent('screening-recorded', z.object({ screening: protection(Screening) })),
  counselled: definePrivateEvent('counselling-recorded', z.object({ session: Session })),
  needEntered: definePrivateEvent('need-entered', z.object({ need: Need })),
  needAnswered: definePrivateEvent('need-answered', z.object({ needId: NeedId, answer: Answer })),
  referralNoted: definePrivateEvent('need-referral-noted', z.object({ needId: NeedId, link: ReferralLink })),
  consentNoted: definePrivateEvent('consent-noted', Consent.omit({ kind: true })),
  consentTakenBack: definePrivateEvent('consent-taken-back', ConsentWithdrawal.omit({ kind: true })),
  safeguardRecorded: definePrivateEvent('safeguard-recorded', z.object({ safeguard: protection(Safeguard) })),
  declared: definePrivateEvent('voluntariness-declared', z.object({ declaration: Declaration })),
  withdrawn: definePrivateEvent('wish-to-return-withdrawn', z.object({ by: operational(withdrawers.schema), at: Instant })),
  interrupted: definePrivateEvent('case-put-aside', z.object({ interruption: Interruption, at: Instant })),
  resumed: definePrivateEvent('case-taken-up', z.object({ at: Instant })),
  closureRequested: definePrivateEvent(
    'closure-requested',
    z.object({ reason: operational(closureReasons.schema), at: Instant, by: StaffId }),
  ),
  closureReturned: definePrivateEvent('closure-returned', z.object({ by: StaffId })),
  closed: definePrivateEvent('closure-approved', z.object({ at: Instant, by: StaffId })),
  reopened: definePrivateEvent('case-taken-back', z.object({ reason: operational(reopeningReasons.schema), at: Instant })),
  familyLinked: definePrivateEvent('family-link-noted', z.object({ link: FamilyLink })),
  protectionLinked: definePrivateEvent('protection-link-noted', z.object({ link: ProtectionLink })),
  /** Sealed whatever the link was: that two people are reunited tells that they were separated. */
  unlinked: definePrivateEvent('link-ended', z.object({ linkId: LinkId, reason: protection(linkEndings.schema) })),
  transferOffered: definePrivateEvent(
    'transfer-offered',
    z.object({ transferId: TransferId, to: operational(offices.schema), at: Instant }),
  ),
  /** The transfer was declined or recalled. */
  kept: definePrivateEvent('kept', z.object({ transferId: TransferId })),
  handedOver: definePrivateEvent('handed-over', z.object({ transferId: TransferId, to: operational(offices.schema), at: Instant })),
} as const

export const events = [
  facts.registered,
  facts.corrected,
  facts.duplicatesDecided,
  facts.candidatesNoted,
  facts.goneUnder,
  facts.takenIn,
  facts.stoodUp,
  facts.givenBack,
  facts.assigned,
  facts.stageReached,
  facts.screened,
  facts.counselled,
  facts.needEntered,
  facts.needAnswered,
  facts.referralNoted,
  facts.consentNoted,
  facts.consentTakenBack,
  facts.safeguardRecorded,
  facts.declared,
  facts.withdrawn,
  facts.interrupted,
  facts.resumed,
  facts.closureRequested,
  facts.closureReturned,
  facts.closed,
  facts.reopened,
  facts.familyLinked,
  facts.protectionLinked,
  facts.unlinked,
  facts.transferOffered,
  facts.kept,
  facts.handedOver,
  CaseMerged,
  CaseUnmerged,
  CaseRegistered,
  CaseScreened,
  NeedRecorded,
  ConsentGiven,
  ConsentWithdrawn,
  VoluntaryReturnConfirmed,
  ReturnWithdrawn,
  ReturnHeld,
  ReturnReleased,
  CaseInterrupted,
  CaseResumed,
  CaseClosed,
  CaseReopened,
  CasesLinked,
  CasesUnlinked,
  CaseTransferred,
] as const
export type CaseEvent = EventOf<(typeof events)[number]>
