import { NotYet } from '@wontanara/core'
import type { Deliveries } from './deliveries.ts'
import { type Asked, ask, beginning, Delivery, revived } from './delivery-state.ts'
import type { Endpoint } from './endpoint.ts'

/** Whoever works on an endpoint has it for so long, in milliseconds: a little longer than a function lives. */
const leaseTime = 35_000
/** As many as may meet at one endpoint. */
const mostAttempts = 20

/** Somebody else has the endpoint: whoever had it was slower than its lease. */
export class TurnLost extends Error {}

/** The turn at an endpoint. */
export interface Turn {
  readonly state: Delivery
  /** @throws TurnLost */
  save(next: Delivery): Promise<void>
  /** Ends the turn, unless somebody called since it began. @returns whether it ended @throws TurnLost */
  end(next: Delivery): Promise<boolean>
  /** Ends the turn, whoever called. */
  release(next: Delivery): Promise<void>
}

/**
 * One works on an endpoint at a time. Whoever comes meanwhile leaves a mark and goes; whoever works looks for marks before it stops: so no
 * call is lost. Whoever dies at work is succeeded when its lease is over.
 * @param by names this turn
 * @param message that brings the call: while it is the endpoint's timer and goes, there is none
 * @param asked what the call asks to be told besides
 * @throws NotYet when too much is asked for already
 * @returns undefined when it is somebody else's turn, who knows of the call now
 */
export async function takeTurn(
  deliveries: Deliveries,
  endpoint: Endpoint,
  {
    by,
    message,
    asked,
    now,
  }: { readonly by: string; readonly message: string; readonly asked?: Asked | undefined; readonly now: () => string },
): Promise<Turn | undefined> {
  const { endpointId } = endpoint
  for (let n = 1; n <= mostAttempts; n++) {
    const found = await deliveries.load(endpointId)
    const at = now()
    const before = found?.state ?? beginning(endpoint)
    const state = asked === undefined ? before : ask(before, asked)
    if (state === undefined) throw new NotYet('too much is asked for already', 60)
    const version = found?.version ?? 0
    // Its own: the answer to an earlier attempt was lost.
    if (state.lease?.by === by) return turnOf(deliveries, endpointId, by, version, state)
    if (state.lease !== undefined && at < state.lease.until) {
      const { timer, ...rest } = state
      const marked = { ...rest, wakes: state.wakes + 1, ...(timer === undefined || timer.message === message ? {} : { timer }) }
      if (await deliveries.save(endpointId, version, marked)) return undefined
    } else {
      const current = state.life === endpoint.setAt ? state : revived(state, endpoint.setAt, at)
      const mine = { ...current, lease: { by, until: new Date(Date.parse(at) + leaseTime).toISOString() } }
      if (await deliveries.save(endpointId, version, mine)) return turnOf(deliveries, endpointId, by, version + 1, mine)
    }
  }
  throw new Error('too many at one endpoint')
}

/** In the order of the schema, whatever order the fields were set in. */
const same = (left: Delivery, right: Delivery): boolean => JSON.stringify(Delivery.parse(left)) === JSON.stringify(Delivery.parse(right))

/** During a turn nobody else changes anything but marks, what is asked for and, by going, the timer. */
function turnOf(deliveries: Deliveries, endpointId: string, by: string, version: number, state: Delivery): Turn {
  let held = { version, state }
  const put = async (next: Delivery): Promise<boolean> => {
    if (!(await deliveries.save(endpointId, held.version, next))) return false
    held = { version: held.version + 1, state: next }
    return true
  }
  /** What is there now; whatever the turn has changed, it has saved or will. */
  async function look(): Promise<Delivery> {
    const found = await deliveries.load(endpointId)
    if (found?.state.lease?.by !== by) throw new TurnLost('the turn is over')
    held = { version: found.version, state: found.state }
    return found.state
  }
  /** What others have added; what the turn has done stays. */
  const withNews = ({ timer: _, ...next }: Delivery, { wakes, timer, asked, known }: Delivery, before: Delivery): Delivery => {
    const added = asked.filter(({ replayId }) => !before.known.includes(replayId))
    return { ...next, wakes, known, asked: [...next.asked, ...added], ...(timer && { timer }) }
  }

  async function save(next: Delivery): Promise<void> {
    let wanted = next
    for (let n = 1; n <= mostAttempts; n++) {
      if (await put(wanted)) return
      const before = held.state
      wanted = withNews(wanted, await look(), before)
    }
    throw new Error('too many at one endpoint')
  }
  async function end(next: Delivery): Promise<boolean> {
    const { lease: _, ...free } = next
    if (await put(free)) return true
    const found = await deliveries.load(endpointId)
    // Saved, and the answer lost.
    if (found !== undefined && same(found.state, free)) return true
    const before = held.state
    await save(withNews(next, await look(), before))
    return held.state.wakes === before.wakes ? end(held.state) : false
  }
  async function release(next: Delivery): Promise<void> {
    for (let n = 1; n <= mostAttempts; n++) if (await end(n === 1 ? next : held.state)) return
    throw new Error('too many at one endpoint')
  }
  return {
    get state() {
      return held.state
    },
    save,
    end,
    release,
  }
}
