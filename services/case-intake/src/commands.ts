import type { Command } from '@wontanara/core'
import type * as z from 'zod'
import type {
  closureDecisions,
  closureReasons,
  correctionReasons,
  linkEndings,
  reopeningReasons,
  unmergeReasons,
  withdrawers,
} from './codes.ts'
import type { ConsentTerms } from './consent.ts'
import type { SessionTerms } from './counselling.ts'
import type { DeclarationTerms } from './declaration.ts'
import type { Candidate, DuplicateCheck } from './duplicates.ts'
import type { Link } from './links.ts'
import type { Answer, NeedTerms, ReferralLink } from './needs.ts'
import type { Registration } from './registration.ts'
import type { SafeguardTerms } from './safeguards.ts'
import type { Findings } from './screening.ts'
import type { CaseState, Interruption, Source } from './state.ts'

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
        readonly source?: Source
      }
    | {
        readonly type: 'correct'
        readonly reason: Code<typeof correctionReasons> | 'manifest-sent-again'
        readonly facts: Pick<Registration, 'presentIn' | 'person' | 'household'>
        /** Of a correction that a manifest brought. */
        readonly source?: Source
      }
    | { readonly type: 'decide-duplicates'; readonly duplicates: DuplicateCheck }
    | { readonly type: 'note-candidates'; readonly found: readonly Candidate[] }
    | { readonly type: 'settle-candidate'; readonly other: string; readonly outcome: 'same-person' | 'another-person' }
    /** `other` is the case that goes on; not there when it is out of reach. */
    | { readonly type: 'merge'; readonly other: CaseState | undefined }
    /** The other side of it: `other` is the case that goes under. */
    | { readonly type: 'take-in'; readonly other: CaseState | undefined }
    | {
        readonly type: 'unmerge'
        readonly reason: Code<typeof unmergeReasons>
        readonly move: readonly string[]
        readonly other: CaseState | undefined
      }
    | {
        readonly type: 'give-back'
        readonly reason: Code<typeof unmergeReasons>
        readonly move: readonly string[]
        readonly other: CaseState | undefined
      }
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
    /** `leads`: on the side that was asked. */
    /** `known`: the cases that were merged into the other one, by which a link of this case may name it. */
    | { readonly type: 'link'; readonly link: Link; readonly leads: boolean; readonly known?: readonly string[] }
    | { readonly type: 'end-link'; readonly linkId: string; readonly why: Code<typeof linkEndings>; readonly leads: boolean }
    | { readonly type: 'offer-transfer'; readonly transferId: string; readonly from: CaseState['office']; readonly to: CaseState['office'] }
    | { readonly type: 'keep'; readonly transferId: string }
    | { readonly type: 'hand-over'; readonly transferId: string }
    /** Of a case that was merged into the one that is handed over. */
    | { readonly type: 'move-along'; readonly transferId: string; readonly to: CaseState['office'] }
    | { readonly type: 'reopen'; readonly reason: Code<typeof reopeningReasons> }
  )
export type CommandOf<T extends CaseCommand['type']> = Extract<CaseCommand, { type: T }>
