import { callOf, execute, issued, NotYet, newId } from '@wontanara/core'
import type { Attempt } from './attempts.ts'
import {
  type Asked,
  advanced,
  type Delivery,
  delivered,
  dueAt,
  failed,
  fails,
  firstParked,
  isOfEndpoint,
  isUnreachable,
  type Notice,
  putBehind,
  skipped,
  waitsBehind,
  works,
} from './delivery-state.ts'
import { type Endpoint, endpointOf, takes } from './endpoint.ts'
import type { FeedItem } from './partner-feed.ts'
import type { DeliveryPorts } from './ports.ts'
import { secondsUntil } from './standard-webhook.ts'
import { type Told, telling, testType } from './telling.ts'
import { type Turn, TurnLost, takeTurn } from './turn.ts'
import type { Wake } from './wake.ts'

/** The message that brings it: its id, the same each time it comes, and how often it came. */
export interface Carrier {
  readonly id: string
  readonly receives: number
}

/** No attempt is begun with less left, in milliseconds: fifteen seconds for the answer, and something to note it. */
const attemptTime = 18_000
/** A message that came so often is replaced by a new one, far from where the queue would take it for poison. */
const mostReceives = 30
const pageSize = 50

/** The next thing to do: an event of the feed, something that was asked for, or nothing until an instant (undefined: until somebody calls). */
type Next = { readonly item: FeedItem } | { readonly asked: Asked } | { readonly until: string | undefined }

/**
 * Tells an endpoint what is on its partner's feed after its cursor, and what the partner asked for, until there is no more or the endpoint
 * does not take it.
 * @returns a function that throws `NotYet` when the message must come again, at the instant it names
 */
export function deliveries(ports: DeliveryPorts) {
  const { endpoints, replays, feed, attempts, now, random } = ports
  const tell = telling(ports)

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

  async function askedBy({ replayId }: Wake): Promise<Asked | undefined> {
    const replay = replayId === undefined ? undefined : (await replays.store.load(replayId, { fresh: true }))?.state
    if (replay === undefined) return undefined
    const { kind, after, upTo, from, to } = replay
    return { replayId: replay.replayId, kind, after, upTo, ...(from && { from }), ...(to && { to }) }
  }

  return async (wake: Wake, carrier: Carrier, timeLeft: () => number): Promise<void> => {
    const { organisationId, endpointId } = wake
    const endpointNow = async (): Promise<Endpoint | undefined> =>
      endpointOf((await endpoints.store.load(organisationId, { fresh: true }))?.state, endpointId)
    const [first, asked] = await Promise.all([endpointNow(), askedBy(wake)])
    if (first?.status !== 'enabled') return
    const turn = await takeTurn(ports.deliveries, first, { by: newId('turn', new Date(now())), message: carrier.id, asked, now })
    if (turn === undefined) return
    try {
      await work(turn)
    } catch (error) {
      // Whoever has the turn now goes on; it may count on this message to come back.
      if (error instanceof TurnLost) throw new NotYet('another has the turn', 5)
      // What failed is our own: others may go on at once, and this message comes again.
      if (!(error instanceof NotYet)) await turn.release(turn.state).catch(() => undefined)
      throw error
    }

    async function work(turn: Turn): Promise<void> {
      const page = pages(feed, organisationId)
      for (;;) {
        const next = await nextOf(turn.state, page)
        if ('until' in next) {
          if (await rest(turn, next.until)) return
          continue
        }
        const notice = 'item' in next ? noticeOf(next.item) : undefined
        const queued = notice !== undefined && notice.sequence > turn.state.cursor ? waitsBehind(turn.state, notice) : 'no'
        if (notice !== undefined && queued === 'yes') await turn.save(putBehind(turn.state, notice))
        else if (queued === 'no-room') {
          if (await rest(turn, firstParked(turn.state)?.nextAt)) return
        } else if (timeLeft() < attemptTime) return handOver(turn)
        else {
          const endpoint = await endpointNow()
          if (endpoint?.status !== 'enabled') return turn.release(turn.state)
          await turn.save(
            'item' in next ? await toldOf(endpoint, next.item, turn.state) : await given(endpoint, next.asked, turn.state, page),
          )
        }
      }
    }

    /** A line in the endpoint's log, and one in ours. */
    async function note(
      of: Pick<Attempt, 'eventId' | 'type' | 'sequence' | 'replayId'>,
      told: Told,
      line: Pick<Attempt, 'outcome' | 'nextAt'> = told,
    ) {
      const { status, duration } = told
      ports.report({ event: of.eventId, organisation: organisationId, endpoint: endpointId, status, duration, outcome: line.outcome })
      const { outcome, nextAt } = line
      const optional = { ...(status !== undefined && { status }), ...(duration !== undefined && { duration }), ...(nextAt && { nextAt }) }
      await attempts.record({ endpointId, at: now(), ...of, outcome, ...optional })
    }

    async function giveUp(endpoint: Endpoint, event: string): Promise<void> {
      await disable(organisationId, endpoint, 'unreachable')
      ports.report({ event, organisation: organisationId, endpoint: endpointId, outcome: 'unreachable' })
    }

    /** One attempt at an event of the feed. */
    async function toldOf(endpoint: Endpoint, item: FeedItem, state: Delivery): Promise<Delivery> {
      const notice = noticeOf(item)
      if (!takes(endpoint, item.type)) return skipped(state, notice, now())
      const of = { eventId: item.id, type: item.type, sequence: item.sequence }
      const told = await tell.event(endpoint, item, organisationId)
      const at = now()
      switch (told.outcome) {
        case 'delivered':
          await note(of, told)
          return delivered(state, notice, at)
        case 'taken-back':
        case 'no-consent':
          await note(of, told)
          return skipped(state, notice, at)
        case 'gone':
          await disable(organisationId, endpoint, 'gone')
          await note(of, told)
          return state
        case 'refused':
        case 'no-answer': {
          const { state: after, gaveUp, unreachable } = failed(state, notice, failureOf(told, at), at, random())
          const nextAt = after.down?.nextAt ?? after.parked.find(({ referralId }) => referralId === notice.referralId)?.nextAt
          if (unreachable) await giveUp(endpoint, item.id)
          const { outcome } = told
          await note(of, told, gaveUp ? { outcome: 'given-up' } : { outcome, ...(nextAt && !unreachable ? { nextAt } : {}) })
          return unreachable ? state : after
        }
      }
    }

    /** One attempt at what was asked for. What is refused is not tried again: it may be asked for again. */
    async function given(endpoint: Endpoint, asked: Asked, state: Delivery, page: Page): Promise<Delivery> {
      const { replayId, kind, upTo } = asked
      const item = kind === 'test' ? undefined : await nextAsked(asked, page, (type) => takes(endpoint, type))
      if (kind === 'events' && item === undefined) return advanced(state, asked, upTo)
      const eventId = item?.id ?? replayId
      const told =
        item === undefined ? await tell.test(endpoint, eventId, organisationId) : await tell.event(endpoint, item, organisationId)
      const at = now()
      const failure = failureOf(told, at)
      const isDown = item !== undefined && (told.outcome === 'refused' || told.outcome === 'no-answer') && isOfEndpoint(failure)
      if (told.outcome === 'gone') await disable(organisationId, endpoint, 'gone')
      if (isDown && isUnreachable(state, at)) await giveUp(endpoint, eventId)
      await note({ eventId, type: item?.type ?? testType, replayId, ...(item && { sequence: item.sequence }) }, told)
      if (isDown) return fails(state, failure, at, random())
      const onward = advanced(state, asked, item?.sequence ?? upTo)
      return told.outcome === 'delivered' ? works(onward, at) : onward
    }

    /** A new message goes on: the function of this one has no time left, or it came too often. */
    async function handOver(turn: Turn): Promise<void> {
      const { timer: _, ...state } = turn.state
      await turn.release(state)
      await ports.wake([{ organisationId, endpointId }])
    }

    /**
     * Nothing is due until an instant, or until somebody calls.
     * @returns false when somebody called meanwhile
     * @throws NotYet when this message is the one that comes back then
     */
    async function rest(turn: Turn, until: string | undefined): Promise<boolean> {
      const at = now()
      const { timer, ...state } = turn.state
      const other = timer === undefined || timer.message === carrier.id || timer.until <= at ? undefined : timer
      if (until === undefined || (other !== undefined && other.until <= until))
        return turn.end({ ...state, ...(other && { timer: other }) })
      if (carrier.receives >= mostReceives) {
        await handOver(turn)
        return true
      }
      if (!(await turn.end({ ...state, timer: { message: carrier.id, until } }))) return false
      throw new NotYet('the endpoint does not take it yet', Math.max(1, Math.ceil((Date.parse(until) - Date.parse(at)) / 1000)))
    }

    async function nextOf(state: Delivery, page: Page): Promise<Next> {
      // A test is how a partner shows that its endpoint works again: it waits for nothing.
      const test = state.asked.find(({ kind }) => kind === 'test')
      if (test !== undefined) return { asked: test }
      const due = dueAt(state, now())
      if (due.kind === 'wait') return due
      const item = await page(due.kind === 'parked' ? due.sequence : state.cursor + 1)
      if (item !== undefined) return { item }
      const [asked] = state.asked
      if (asked !== undefined) return { asked }
      const parked = firstParked(state)
      if (due.kind !== 'probe' || parked === undefined) return { until: parked?.nextAt }
      const again = await page(parked.sequences[0] ?? 0)
      if (again === undefined) throw new Error('an event that was on the feed is not')
      return { item: again }
    }
  }
}

const noticeOf = ({ sequence, data: { referralId } }: FeedItem): Notice => ({ sequence, referralId })

const failureOf = ({ status, retryAfter }: Told, at: string) => ({ status, askedSeconds: secondsUntil(retryAfter, at) })

type Page = (sequence: number) => Promise<FeedItem | undefined>

/** The events of a feed by their numbers, some read ahead. */
function pages(feed: DeliveryPorts['feed'], organisationId: string): Page {
  let page: readonly FeedItem[] = []
  return async (sequence) => {
    const isIt = (item: FeedItem): boolean => item.sequence === sequence
    const known = page.find(isIt)
    if (known !== undefined) return known
    page = await feed.read(organisationId, sequence - 1, pageSize)
    return page.find(isIt)
  }
}

/** The next event of what was asked for; undefined when there is no more. */
async function nextAsked({ after, upTo, from, to }: Asked, page: Page, isTaken: (type: string) => boolean): Promise<FeedItem | undefined> {
  for (let sequence = after + 1; sequence <= upTo; sequence++) {
    const item = await page(sequence)
    if (item === undefined) return undefined
    const isWithin = (from === undefined || from <= item.timestamp) && (to === undefined || item.timestamp <= to)
    if (isWithin && isTaken(item.type)) return item
  }
  return undefined
}
