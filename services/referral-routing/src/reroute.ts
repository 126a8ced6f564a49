import { also, type Call, create, execute, issued, type Refusal, type Result } from '@wontanara/core'
import { fileOf } from './case-file.ts'
import type { Ports } from './ports.ts'
import { officeOf, type Referral } from './referral.ts'
import { needOf, nextBest } from './routing.ts'
import { scopesOf } from './snapshot.ts'

type ReroutePorts = Pick<Ports, 'referrals' | 'caseFiles' | 'services' | 'organisations' | 'tallies'>

/** The organisations of a chain, from a referral back to the one that began it: none of them is asked again. */
async function passedBy({ referrals }: Pick<Ports, 'referrals'>, last: Referral): Promise<ReadonlySet<string>> {
  const passed = new Set([last.facts.organisationId])
  let before = last.facts.follows
  while (before !== undefined) {
    const earlier = await referrals.store.load(before)
    if (earlier !== undefined) passed.add(earlier.state.facts.organisationId)
    before = earlier?.state.facts.follows
  }
  return passed
}

/** That a referral takes the place of another, which it follows: both are written together, so that a chain has no loose end and no branch. */
export const takingUp = (referrals: Ports['referrals'], follows: string, nextReferralId: string, call: Call) =>
  also(referrals, follows, { type: 'take-up', nextReferralId, ...issued(call) }, 'nothing')(call)

/**
 * Sends what a partner let expire to the next that may receive it: eligible now, consented to by the person for every scope of the data, and
 * not yet in the chain. Both records change in one transaction. Where there is none, or it may not be sent, the coordinator is told.
 */
export async function reroute(ports: ReroutePorts, referralId: string, call: Call): Promise<readonly Result<unknown, Refusal>[]> {
  const { referrals } = ports
  const expired = (await referrals.store.load(referralId, { fresh: true }))?.state
  // A repeat, or somebody was faster.
  if (expired?.status !== 'expired' || expired.nextReferralId !== undefined || expired.settled === true) return []
  const sent = await sendOn(ports, expired, call)
  if (sent?.ok === true) return [sent]
  return [...(sent === undefined ? [] : [sent]), await execute(referrals, referralId, { type: 'escalate', ...issued(call) }, call)]
}

async function sendOn(ports: ReroutePorts, expired: Referral, call: Call): Promise<Result<unknown, Refusal> | undefined> {
  const { referrals, caseFiles, services, organisations } = ports
  const { referralId, facts, holder } = expired
  const { draftedBy, draftedAt: _, organisationId: __, serviceId: ___, ...terms } = facts
  const { snapshot } = facts
  const file = await fileOf(caseFiles.store, facts.caseId)
  const need = needOf(facts, call.at)
  const choice = { file, scopes: scopesOf(snapshot), passed: await passedBy(ports, expired) }
  const next = await nextBest(ports, need, choice)
  if (next === undefined) return undefined
  const nextReferralId = call.newId('ref')
  const fresh = { fresh: true }
  const [service, organisation] = await Promise.all([
    services.store.load(next.serviceId, fresh),
    organisations.store.load(next.organisationId, fresh),
  ])
  const { organisationId, serviceId } = next
  const draft = { ...terms, chosenBy: 'ranking' as const, organisationId, serviceId, office: officeOf(expired), follows: referralId }
  return create(
    referrals,
    nextReferralId,
    {
      type: 'draft-and-send',
      referralId: nextReferralId,
      draft,
      // Whoever wrote it works on the next as well, unless the case has left their office since.
      draftedBy: holder === undefined ? draftedBy : call.principal.id,
      file,
      service: service?.state,
      organisation: organisation?.state,
      ...issued(call),
    },
    call,
    [(made) => takingUp(referrals, referralId, nextReferralId, made)],
  )
}
