import { callOf, execute, issued, NotYet, newId } from '@wontanara/core'
import type { Attempt } from './attempts.ts'
import { type CaseFile, fileOf } from './case-file.ts'
import { type Delivery, delivered, dueAt, failed, firstParked, type Notice, putBehind, skipped, waitsBehind } from './delivery-state.ts'
import { type Endpoint, endpointOf, keysAt, takes } from './endpoint.ts'
import { groundOf, unallowed } from './ground.ts'
import type { PartnerEvent } from './partner-event.ts'
import type { FeedItem } from './partner-feed.ts'
import type { DeliveryPorts } from './ports.ts'
import type { Referral } from './referral.ts'
import { endpointFault, secondsUntil, signedHeaders } from './standard-webhook.ts'
import { TurnLost, takeTurn } from './turn.ts'
import type { Wake } from './waking.ts'

/** The message that brings it: its id, the same each time it comes, and how often it came. */
export interface Carrier {
  readonly id: string
  readonly receives: number
}

const mustDelete = ({ type }: Pick<PartnerEvent, 'type'>): boolean => type === 'referral.recalled' || type === 'referral.withdrawn'

/** Why an event may not be told to the partner any more; undefined when it may. That the partner must delete is always told. */
export function obstacleToTelling(
  event: Pick<PartnerEvent, 'type'>,
  referral: Referral | undefined,
  file: CaseFile | undefined,
  at: string,
): 'taken-back' | 'no-consent' | undefined {
  if (mustDelete(event)) return undefined
  if (referral === undefined || referral.status === 'recalled' || referral.status === 'entered-in-error') return 'taken-back'
  return unallowed(referral, file, at).length > 0 ? 'no-consent' : undefined
}

/** No attempt is begun with less left, in milliseconds: fifteen seconds for the answer, and something to note it. */
const attemptTime = 18_000
/** A message that came so often is replaced by a new one, far from where the queue would take it for poison. */
const mostReceives = 30
const pageSize = 25

type Result = Pick<Attempt, 'outcome' | 'status' | 'duration'> & { readonly retryAfter?: string | undefined }

/**
 * Tells an endpoint what is on its partner's feed after its cursor, until there is no more or the endpoint does not take it. Everything is
 * read anew at the moment of each sending, whenever the event happened.
 * @returns a function that throws `NotYet` when the message must come again, at the instant it names
 */
export function deliveries(ports: DeliveryPorts) {
  const { referrals, caseFiles, endpoints, feed, disclosures, attempts, local, now, random } = ports

  /** Sends what the feed holds, unless it may not be told. */
  async function send(endpoint: Endpoint, item: FeedItem, recipient: string): Promise<Result> {
    const referral = (await referrals.store.load(item.data.referralId, { fresh: true }))?.state
    const file = referral === undefined ? undefined : await fileOf(caseFiles.store, referral.facts.caseId)
    const at = now()
    const outcome = obstacleToTelling(item, referral, file, at)
    if (outcome !== undefined) return { outcome }
    if (referral === undefined) throw new Error('an event of a referral that is not there')
    const { caseId } = referral.facts
    const { kind: channel, url = '' } = endpoint
    if (endpointFault(url, local) !== undefined) return { outcome: 'no-answer' }
    const body = JSON.stringify(item)
    const what = mustDelete(item) ? 'notice' : 'codes'
    const ground = groundOf(referral, file, at)
    await disclosures.record({ caseId, at, referralId: referral.referralId, recipient, what, channel, format: 'json', ...ground, body })
    const headers = await signedHeaders(
      keysAt(endpoint, at).map(({ secret }) => secret),
      item.id,
      Math.floor(Date.parse(at) / 1000),
      body,
    )
    const begun = performance.now()
    const answer = await ports.post(url, headers, body).catch(() => undefined)
    const duration = Math.round(performance.now() - begun)
    if (answer === undefined) return { outcome: 'no-answer', duration }
    const { status, retryAfter } = answer
    if (status >= 200 && status < 300) return { outcome: 'delivered', status, duration }
    return { outcome: status === 410 ? 'gone' : 'refused', status, duration, retryAfter }
  }

  async function disable(organisationId: string, { endpointId, setAt }: Endpoint, why: 'gone' | 'unreachable'): Promise<void> {
    const call = callOf({
      principal: { kind: 'service', id: 'referral-routing' },
      action: 'directory:set-webhook',
      at: now(),
      key: `${endpointId} ${setAt} ${why}`,
      content: why,
    })
    const command = { type: 'disable', organisationId, endpointId, setAt, why, ...issued(call) } as const
    const done = await execute(endpoints, organisationId, command, call)
    if (!done.ok && done.refusal.code !== 'no-endpoint') throw new Error(`not disabled: ${done.refusal.code}`)
  }

  return async (wake: Wake, carrier: Carrier, timeLeft: () => number): Promise<void> => {
    const { organisationId, endpointId } = wake
    const endpointNow = async (): Promise<Endpoint | undefined> =>
      endpointOf((await endpoints.store.load(organisationId, { fresh: true }))?.state, endpointId)
    const first = await endpointNow()
    if (first?.status !== 'enabled') return
    const mine = await takeTurn(ports.deliveries, first, { by: newId('turn', new Date(now())), message: carrier.id, now })
    if (mine === undefined) return
    const turn = mine
    let page: readonly FeedItem[] = []
    try {
      await work()
    } catch (error) {
      // Whoever has the turn now goes on.
      if (error instanceof TurnLost) return
      // What failed is our own: others may go on at once, and this message comes again.
      if (!(error instanceof NotYet)) await turn.release(turn.state).catch(() => undefined)
      throw error
    }

    async function itemAt(sequence: number): Promise<FeedItem | undefined> {
      const isIt = (item: FeedItem): boolean => item.sequence === sequence
      const known = page.find(isIt)
      if (known === undefined) page = await feed.read(organisationId, sequence - 1, pageSize)
      return known ?? page.find(isIt)
    }

    /** The next event to deal with at this instant, or until when there is none; `undefined`: until somebody calls. */
    async function next(): Promise<FeedItem | { readonly until: string | undefined }> {
      const { state } = turn
      const due = dueAt(state, now())
      if (due.kind === 'wait') return due
      const item = await itemAt(due.kind === 'parked' ? due.sequence : state.cursor + 1)
      if (item !== undefined) return item
      const parked = firstParked(state)
      if (due.kind !== 'probe' || parked === undefined) return { until: parked?.nextAt }
      const [refused = 0] = parked.sequences
      const again = await itemAt(refused)
      if (again === undefined) throw new Error('an event that was on the feed is not')
      return again
    }

    async function work(): Promise<void> {
      for (;;) {
        const item = await next()
        if ('until' in item) {
          if (await rest(item.until)) return
          continue
        }
        const { state } = turn
        const notice: Notice = { sequence: item.sequence, referralId: item.data.referralId }
        const queued = notice.sequence > state.cursor ? waitsBehind(state, notice) : 'no'
        if (queued === 'yes') await turn.save(putBehind(state, notice))
        else if (queued === 'no-room') {
          if (await rest(firstParked(state)?.nextAt)) return
        } else if (timeLeft() < attemptTime) return handOver()
        else {
          const endpoint = await endpointNow()
          if (endpoint?.status !== 'enabled') return turn.release(turn.state)
          if (!takes(endpoint, item.type)) await turn.save(skipped(state, notice, now()))
          else await turn.save(await told(endpoint, item, notice))
        }
      }
    }

    /** One attempt, and what comes of it; a line in the endpoint's log. */
    async function told(endpoint: Endpoint, item: FeedItem, notice: Notice): Promise<Delivery> {
      const { state } = turn
      const { id: eventId, type, sequence } = item
      const { retryAfter, ...result } = await send(endpoint, item, organisationId)
      const at = now()
      const log = async (line: Pick<Attempt, 'outcome' | 'nextAt'> = { outcome: result.outcome }): Promise<void> => {
        ports.report({ event: eventId, organisation: organisationId, endpoint: endpointId, ...result, outcome: line.outcome })
        await attempts.record({ endpointId, at, eventId, type, sequence, ...result, ...line })
      }
      switch (result.outcome) {
        case 'delivered':
          await log()
          return delivered(state, notice, at)
        case 'taken-back':
        case 'no-consent':
          await log()
          return skipped(state, notice, at)
        case 'gone':
          await disable(organisationId, endpoint, 'gone')
          await log()
          return state
        case 'refused':
        case 'no-answer':
        case 'given-up': {
          const failure = { status: result.status, askedSeconds: secondsUntil(retryAfter, at) }
          const { state: after, gaveUp, unreachable } = failed(state, notice, failure, at, random())
          if (unreachable) await disable(organisationId, endpoint, 'unreachable')
          const nextAt = after.down?.nextAt ?? after.parked.find(({ referralId }) => referralId === notice.referralId)?.nextAt
          if (gaveUp) await log({ outcome: 'given-up' })
          else await log({ outcome: result.outcome, ...(nextAt && !unreachable ? { nextAt } : {}) })
          if (unreachable) ports.report({ event: eventId, organisation: organisationId, endpoint: endpointId, outcome: 'unreachable' })
          return unreachable ? { ...state, inARow: 0 } : after
        }
      }
    }

    /** A new message goes on: the function of this one has no time left, or it came too often. */
    async function handOver(): Promise<void> {
      const { timer: _, ...state } = turn.state
      await turn.release(state)
      await ports.wake([wake])
    }

    /**
     * Nothing is due until an instant, or until somebody calls.
     * @returns false when somebody called meanwhile
     * @throws NotYet when this message is the one that comes back then
     */
    async function rest(until: string | undefined): Promise<boolean> {
      const at = now()
      const { timer, ...state } = turn.state
      const other = timer === undefined || timer.message === carrier.id || timer.until <= at ? undefined : timer
      if (until === undefined || (other !== undefined && other.until <= until))
        return turn.end({ ...state, ...(other && { timer: other }) })
      if (carrier.receives >= mostReceives) {
        await handOver()
        return true
      }
      if (!(await turn.end({ ...state, timer: { message: carrier.id, until } }))) return false
      throw new NotYet('the endpoint does not take it yet', Math.max(1, Math.ceil((Date.parse(until) - Date.parse(at)) / 1000)))
    }
  }
}
