import type { Command } from '@wontanara/core'
import type * as z from 'zod'
import type { closureDecisions, closureReasons, correctionReasons, reopeningReasons, withdrawers } from './codes.ts'
import type { ConsentTerms } from './consent.ts'
import type { SessionTerms } from './counselling.ts'
import type { DeclarationTerms } from './declaration.ts'
import type { Candidate, DuplicateCheck } from './duplicates.ts'
import type { Answer, NeedTerms, ReferralLink } from './needs.ts'
import type { Registration } from './registration.ts'
import type { SafeguardTerms } from './safeguards.ts'
import type { Findings } from './screening.ts'
import type { CaseState, Interruption } from './state.ts'

type Code<L extends { readonly codes: readonly string[] }> = L['codes'][number]
type Terms<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>
type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never

/** What may be asked of a case, with who asks and when. */
export type CaseCommand = Command &
  (
    | {
        readonly type: 'register'
        readonly caseId: string
        readonly office: CaseState['office']
        readonly duplicates?: DuplicateCheck | undefined
        /** What the search for an earlier registration found; absent when there was none yet. */
        readonly found?: readonly Candidate[]
        readonly registration: Registration
      }
    | {
        readonly type: 'correct'
        readonly reason: Code<typeof correctionReasons>
        readonly facts: Pick<Registration, 'presentIn' | 'person' | 'household'>
      }
    | { readonly type: 'decide-duplicates'; readonly duplicates: DuplicateCheck }
    | { readonly type: 'note-candidates'; readonly found: readonly Candidate[] }
    | { readonly type: 'settle-candidate'; readonly other: string; readonly outcome: 'same-person' | 'another-person' }
    | { readonly type: 'assign'; readonly lead: string; readonly team: readonly string[] }
    | { readonly type: 'screen'; readonly findings: Findings }
    | { readonly type: 'record-session'; readonly terms: Terms<typeof SessionTerms> }
    | { readonly type: 'record-need'; readonly needId: string; readonly terms: Terms<typeof NeedTerms> }
    | { readonly type: 'answer-need'; readonly needId: string; readonly answer: Without<Answer, 'recordedBy'> }
    | { readonly type: 'note-referral'; readonly needId: string; readonly link: ReferralLink }
    | { readonly type: 'give-consent'; readonly consentId: string; readonly terms: Terms<typeof ConsentTerms> }
    | { readonly type: 'withdraw-consent'; readonly consentId: string; readonly withdrawnBy: Code<typeof withdrawers> }
    | { readonly type: 'record-safeguard'; readonly terms: SafeguardTerms }
    | { readonly type: 'declare'; readonly terms: Terms<typeof DeclarationTerms> }
    | { readonly type: 'withdraw'; readonly withdrawnBy: Code<typeof withdrawers> }
    | { readonly type: 'interrupt'; readonly interruption: Interruption }
    | { readonly type: 'resume' }
    | { readonly type: 'request-closure'; readonly reason: Code<typeof closureReasons> }
    | { readonly type: 'decide-closure'; readonly decision: Code<typeof closureDecisions> }
    | { readonly type: 'reopen'; readonly reason: Code<typeof reopeningReasons> }
  )
export type CommandOf<T extends CaseCommand['type']> = Extract<CaseCommand, { type: T }>
