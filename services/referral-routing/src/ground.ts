import type { CaseFile, Exception, Scope } from './case-file.ts'
import { consentsInForce } from './case-file.ts'
import type { Ground } from './disclosure.ts'
import { type Snapshot, scopesOf } from './snapshot.ts'

/** What a ground is looked for: one referral, its recipient and what it discloses. */
interface Disclosable {
  readonly referralId: string
  readonly facts: { readonly organisationId: string; readonly snapshot: Snapshot }
}

/**
 * The exception in force for this one referral. A withdrawal that comes after it was confirmed ends a vital interest: the person speaks
 * again (IOM Data Protection principle 5). The safety of a child does not hang on it.
 */
const exceptionInForce = (file: CaseFile | undefined, { referralId, facts }: Disclosable, at: string): Exception | undefined =>
  file?.exceptions?.find(
    ({ referralId: of, basis, confirmedAt, until, rejected }) =>
      of === referralId &&
      rejected === undefined &&
      confirmedAt <= at &&
      at < until &&
      !(basis === 'vital-interest' && isWithdrawnSince(file, facts.organisationId, confirmedAt)),
  )

const isWithdrawnSince = (file: CaseFile, recipient: string, instant: string): boolean =>
  file.consents.some(({ given, withdrawnAt }) => withdrawnAt !== undefined && withdrawnAt >= instant && given?.recipient === recipient)

/** The scopes of a referral that neither a consent in force covers nor an exception opens; none when sharing is allowed. */
export function unallowed(referral: Disclosable, file: CaseFile | undefined, at: string): readonly Scope[] {
  const { organisationId, snapshot } = referral.facts
  const covered = new Set(consentsInForce(file, organisationId, at).flatMap(({ given }) => given?.scopes ?? []))
  const lacking = scopesOf(snapshot).filter((scope) => !covered.has(scope))
  return lacking.length > 0 && exceptionInForce(file, referral, at) !== undefined ? [] : lacking
}

/** What the sharing of a referral rests on at an instant: the consents that cover some of it and, where they do not cover all, the exception. */
export function groundOf(referral: Disclosable, file: CaseFile | undefined, at: string): Ground {
  const scopes = scopesOf(referral.facts.snapshot)
  const used = consentsInForce(file, referral.facts.organisationId, at).filter(
    ({ given }) => given?.scopes.some((scope) => scopes.includes(scope)) === true,
  )
  const covered = new Set(used.flatMap(({ given }) => given?.scopes ?? []))
  const exception = scopes.every((scope) => covered.has(scope)) ? undefined : exceptionInForce(file, referral, at)
  return {
    consents: used.map(({ consentId }) => consentId),
    ...(exception === undefined ? {} : { exception: { basis: exception.basis, confirmedAt: exception.confirmedAt } }),
  }
}

/** Whether the exception that opened this referral was rejected on review. */
export const isRejected = ({ referralId }: Disclosable, file: CaseFile | undefined): boolean =>
  file?.exceptions?.some((exception) => exception.referralId === referralId && exception.rejected === true) === true
