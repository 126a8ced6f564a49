import { defineSubscriptions } from '@wontanara/core'
import {
  CaseClosed,
  CaseInterrupted,
  CaseMerged,
  CaseRegistered,
  CaseReopened,
  CaseResumed,
  CaseTransferred,
  CaseUnmerged,
  ConsentGiven,
  ConsentWithdrawn,
  DayBegan,
  ReturnHeld,
  ReturnReleased,
  ReturnWithdrawn,
  VoluntaryReturnConfirmed,
} from '@wontanara/events'

/** What this service must know of a case: its office, whether the person means to return, and the consent to be examined; and that a day began. */
export const subscriptions = defineSubscriptions('medical-coordination', [
  CaseRegistered,
  VoluntaryReturnConfirmed,
  ReturnWithdrawn,
  ReturnHeld,
  ReturnReleased,
  CaseClosed,
  CaseInterrupted,
  CaseReopened,
  CaseResumed,
  CaseTransferred,
  ConsentGiven,
  ConsentWithdrawn,
  CaseMerged,
  CaseUnmerged,
  DayBegan,
])
