import { setTimeout as sleep } from 'node:timers/promises'
import type { OrganisationId, Programme } from '@wontanara/examples'
import type { How } from '@wontanara/local-cloud'
import type { Known } from './command.ts'
import { begin, clientOf, etagOf, keyOf, pathOf, take, takeAll } from './journeys.ts'
import { insist, isOpen, type Manner, repeatedly } from './ledger.ts'
import { type Mutant, mutants, mutated } from './mutants.ts'
import { putPoison, sendTo, theQueue } from './queues.ts'
import { type Calls, type Context, judge, type Scenario, travel, type Verdict } from './scenario.ts'
import type { OpenStage } from './stage.ts'
import { poison, storedRecords } from './store.ts'
import { journey, type Step, subjects } from './subjects.ts'

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, n) => total + n, 0)

/** How often something was done again by who listens. */
const repeats = ({ seen }: OpenStage): number => sum(seen.done.values()) - seen.done.size

const duplicates = (times: number): Scenario => ({
  name: `duplicates: everything ${times} times`,
  promise:
    'Each message, each batch of a stream and each request comes so many times: everything happens once, every repeat is answered alike.',
  run: async (context) => {
    const stage = await context.stage()
    const before = repeats(stage)
    stage.cloud.faults.delivery({ copies: times, streamCopies: times })
    await travel(stage, await stage.programme(repeatedly(times)), context.brief ? [context.name()] : [context.name(), context.name()])
    const again = repeats(stage) - before
    return judge(context, stage, {
      scenario: `duplicates: everything ${times} times`,
      injected: times,
      hits: again,
      notes: [`${again} deliveries done again`],
    })
  },
})

/** Pairs of publications that a function has done in another order than that in which they were published. */
function overtakings({ seen }: OpenStage): number {
  const places = new Map([...seen.bus.values()].flatMap(({ envelopes }) => envelopes).map((envelope, place) => [envelope, place]))
  const last = new Map<string, number>()
  let found = 0
  for (const name of seen.done.keys()) {
    const [fn = '', envelope = ''] = name.split(' ')
    const place = places.get(envelope)
    if (place === undefined) continue
    if (place < (last.get(fn) ?? -1)) found++
    last.set(fn, place)
  }
  return found
}

const anyOrder = (seed: number): Scenario => ({
  name: `random order, seed ${seed}`,
  promise: 'Messages overtake each other, and some come twice: every service arrives at the same state.',
  run: async (context) => {
    const stage = await context.stage()
    const before = overtakings(stage)
    stage.cloud.faults.seed(seed)
    stage.cloud.faults.delivery({ shuffleWithin: 300, copies: 1 + (seed % 2) })
    await travel(stage, await stage.programme(insist), Array.from({ length: context.brief ? 2 : 4 }, context.name))
    const hits = overtakings(stage) - before
    return judge(context, stage, { scenario: `random order, seed ${seed}`, injected: 1, hits, notes: [`${hits} overtakings`] })
  },
})

/** One place where one fault is to hit: the call of a function that comes as the n-th after the step has begun. */
interface Point {
  readonly function: string
  readonly at: string
  readonly skip: number
  readonly how: How
}

/** So many of the calls of one kind that a function makes in one step: a list of a hundred cases is read by a hundred. */
const most = 6

const pointsOf = (calls: Calls, hows: (at: string) => readonly How[]): readonly Point[] =>
  [...calls].flatMap(([name, n]) => {
    const space = name.lastIndexOf(' ')
    const [path, at] = [name.slice(0, space), name.slice(space + 1)]
    return hows(at).flatMap((how) =>
      Array.from(
        { length: Math.min(n, most) },
        (_, i): Point => ({ function: path, at, skip: Math.floor((i * n) / Math.min(n, most)), how }),
      ),
    )
  })

const tries = 4

/**
 * A fault that did not come about, once more where it was; then at the call before: how often a function looks, such as the one that tells
 * partners, may depend on who comes first.
 */
const again = ({ point, tried }: { readonly point: Point; readonly tried: number }) => ({
  point: tried === 0 ? point : { ...point, skip: Math.max(0, point.skip - 1) },
  tried: tried + 1,
})

/**
 * Lets exactly one fault hit after the other: one in each step of a journey, and all is done before the next.
 * @param points for each step of a journey; a fault that did not come about is tried again in a further journey
 */
async function oneByOne(
  context: Context,
  stage: OpenStage,
  points: readonly (readonly Point[])[],
): Promise<{ injected: number; hits: number; missed: readonly Point[] }> {
  const left = points.map((list) => list.map((point) => ({ point, tried: 0 })))
  const injected = sum(points.map(({ length }) => length))
  const missed: Point[] = []
  let hits = 0
  const programme = await stage.programme(insist)
  while (left.some(({ length }) => length > 0)) {
    let end: (() => void) | undefined
    await travel(stage, programme, [context.name()], {
      // What the step before is about must be done, and what this one will be about must not be under way.
      quiet: (place) => end !== undefined || (left[place]?.length ?? 0) > 0,
      before: (place) => {
        end?.()
        end = undefined
        const next = left[place]?.shift()
        if (next === undefined) return
        const fault = stage.cloud.faults.inject(next.point)
        end = () => {
          fault.end()
          hits += fault.hits
          if (fault.hits > 0) return
          if (next.tried + 1 < tries) left[place]?.push(again(next))
          else missed.push(next.point)
        }
      },
    })
    end?.()
    context.progress(`${hits} of ${injected}`)
  }
  return { injected, hits, missed }
}

const textOf = ({ function: path, at, skip, how }: Point): string => `${how} at ${path} ${at} ${skip + 1}`

/** Of every so many lists one thing, by the seed. */
const sample = <T>(lists: readonly (readonly T[])[], seed: number, every = 1): readonly (readonly T[])[] =>
  lists.map((list, i) => (list.length === 0 || (seed + i) % every > 0 ? [] : list.slice((seed + i * 7) % list.length).slice(0, 1)))

async function warmPoints(context: Context, scenario: string, hows: (at: string) => readonly How[]): Promise<Verdict> {
  const all = context.undisturbed.warm.map((calls) => pointsOf(calls, hows))
  const stage = await context.stage()
  const { injected, hits, missed } = await oneByOne(context, stage, context.brief ? sample(all, context.seed, 3) : all)
  return judge(context, stage, { scenario, injected, hits, missed: missed.map(textOf) })
}

/**
 * The same for what functions ask while they start: each function meets one fault of its own in each of several stages.
 * Who comes first makes a key, and the others open it: a call that was not made in one stage is awaited in a further one.
 */
async function coldPoints(context: Context, scenario: string, hows: (at: string) => readonly How[]): Promise<Verdict> {
  const points = [...Map.groupBy(pointsOf(context.undisturbed.cold, hows), (point) => point.function).values()]
  const left = (context.brief ? sample(points, context.seed) : points).map((list) => list.map((point) => ({ point, tried: 0 })))
  const injected = sum(left.map(({ length }) => length))
  const verdicts: Verdict[] = []
  const missed: string[] = []
  let hits = 0
  while (left.some(({ length }) => length > 0)) {
    const stage = await context.fresh({ prepared: false })
    const programme = await stage.programme(insist)
    const now = left.flatMap((points) => {
      const next = points.shift()
      if (next === undefined) return []
      // A function that found its keys made, or that others started in its place, is started anew.
      if (next.tried > 0) stage.cloud.faults.inject({ function: next.point.function, at: 'Lambda.Invoke', how: 'kill-before', skip: 2 })
      return [{ points, next, fault: stage.cloud.faults.inject(next.point) }]
    })
    await stage.prepare(programme)
    await stage.settled()
    await travel(stage, programme, [context.name()], { quiet: () => true })
    for (const { points, next, fault } of now) {
      hits += fault.hits
      if (fault.hits > 0) continue
      if (next.tried + 1 < tries) points.push({ ...next, tried: next.tried + 1 })
      else missed.push(textOf(next.point))
    }
    verdicts.push(await judge(context, stage, { scenario, injected: 1, hits: 1 }))
    context.progress(`${hits} of ${injected}`)
    await stage.close()
  }
  const total = (of: (verdict: Verdict) => number): number => sum(verdicts.map(of))
  return {
    scenario,
    injected,
    hits,
    acknowledged: total(({ acknowledged }) => acknowledged),
    lost: total(({ lost }) => lost),
    doubled: total(({ doubled }) => doubled),
    silent: total(({ silent }) => silent),
    notes: [`${verdicts.length} stages`],
    found: [...missed, ...verdicts.flatMap(({ found }) => found)],
    passed: hits === injected && verdicts.every(({ passed }) => passed),
  }
}

const isInvocation = (at: string): boolean => at === 'Lambda.Invoke'
const losing = (at: string): readonly How[] => (isInvocation(at) ? [] : ['lose-answer'])
const killing = (at: string): readonly How[] =>
  isInvocation(at) ? ['kill-before', 'kill-after', 'lose-answer'] : ['kill-before', 'kill-after']

/** Sends once, then, when that failed, looks what is in the tables; and then insists. */
const onceAndLook =
  (stage: OpenStage, partial: string[]): Manner =>
  async (attempt, asked) => {
    const first = await attempt()
    if (!isOpen(first)) return first
    for (let n = 1; ; n++) {
      const records = await storedRecords(stage.cloud)
      const torn = records.filter(({ fault }) => fault !== undefined)
      const there = records.reduce((times, { marks }) => times + marks.filter((mark) => mark === asked.mark).length, 0)
      // Whoever reads a table while others write it may see half of what they do; looking again tells.
      if (torn.length === 0 && there <= 1) break
      if (n === 5) {
        partial.push(`${asked.target}: ${torn.map(({ name, fault }) => `${name} ${fault}`).join()}`)
        break
      }
      await sleep(50)
    }
    return insist(attempt, asked)
  }

/** All at once that may go wrong with a call: a fifth of the faults each. */
const everyHow = ['throttle', 'error', 'reset', 'lose-answer', 'conflict'] as const

const share = (how: How | 'all kinds', percent: number): Scenario => ({
  name: `${how}: ${percent} % of calls`,
  promise:
    percent <= 10
      ? 'At least 99 % of commands succeed although sent only once; what fails is a 503 with Retry-After and leaves nothing or everything; sent again, all succeed.'
      : 'What fails is a 503 with Retry-After and leaves nothing or everything; sent again, all succeed.',
  run: async (context) => {
    const stage = await context.fresh()
    const hows = how === 'all kinds' ? everyHow : [how]
    let hits = 0
    const begin = (): (() => void) => {
      const faults = hows.map((each) =>
        stage.cloud.faults.inject({ at: '*', how: each, probability: percent / 100 / hows.length, times: 'always' }),
      )
      return () => {
        for (const fault of faults) {
          fault.end()
          hits += fault.hits
        }
      }
    }
    let end = begin()
    // Who needs ten calls in a row does not end while half of them fail: what is not done after some time is done in a pause.
    const settled = async (): Promise<void> => {
      const done = stage.settled()
      await Promise.race([done, sleep(15_000)])
      end()
      await done
      end = begin()
    }
    const partial: string[] = []
    const setup = stage.ledger.asked.length
    const together = context.brief ? 2 : 8
    const enough = context.brief ? 90 : percent === 10 ? 800 : 180
    const programme = await stage.programme(onceAndLook(stage, partial))
    while (stage.ledger.asked.length - setup < enough) {
      await travel(stage, programme, Array.from({ length: together }, context.name), percent > 10 ? { settled } : {})
      context.progress(`${stage.ledger.asked.length - setup} of ${enough} commands`)
    }
    end()
    const asked = stage.ledger.asked.slice(setup)
    const failed = asked.filter(({ attempts: [first] }) => first === undefined || isOpen(first))
    const untold = asked.filter(({ attempts }) => attempts.some(({ told }) => !told))
    const rate = 1 - failed.length / asked.length
    return judge(context, stage, {
      scenario: `${how}: ${percent} % of calls`,
      injected: 1,
      hits,
      notes: [`sent once ${(100 * rate).toFixed(1)} % of ${asked.length} commands succeed, sent again all`],
      missed: [
        // Of few commands, chance alone may let a few more fail.
        ...(percent > 10 || failed.length <= asked.length / 100 + (context.brief ? 4 : 0) ? [] : ['less than 99 % of commands succeed']),
        ...untold.map(({ target }) => `${target}: a failure was no 503 with Retry-After`),
        ...partial,
      ],
    })
  },
})

/** Bodies that nobody can process. */
const harmful: readonly ((type: string, source: string) => string)[] = [
  () => 'not JSON',
  () => JSON.stringify({ detail: 'no event of a bus' }),
  (_, source) =>
    JSON.stringify({ 'detail-type': 'nobody.knows-this.v1', source, detail: { id: 'harm.1.0', type: 'nobody.knows-this.v1' } }),
  (type, source) => JSON.stringify({ 'detail-type': type, source, detail: { id: 'harm.1.0', type, data: { no: 'such field' } } }),
]

const poisoned = (service: string, entry: string, kind: number): Scenario => ({
  name: `poison in a batch of ten: ${service}/${entry}`,
  promise: 'Nine are done; the one that nobody can process is in the dead-letter queue, as it was sent; nothing is held up.',
  run: async (context) => {
    const scenario = `poison in a batch of ten: ${service}/${entry}`
    const stage = await context.fresh()
    const path = `${service}/Service/${entry}`
    const place = context.undisturbed.warm.findIndex((calls) => calls.has(`${path} Lambda.Invoke`))
    const programme = await stage.programme(insist)
    const journeys = Array.from({ length: 9 }, () => begin(programme, context.name()))
    for (let before = 0; before < place; before++) {
      if (journey[before]?.rests) await stage.settled()
      await takeAll(programme, before, journeys)
    }
    await stage.settled()
    // Its nine messages stay in the queue, hidden, until the tenth is with them.
    const block = stage.cloud.faults.inject({ function: path, at: 'Lambda.Invoke', how: 'throttle', times: 'always' })
    await takeAll(programme, place, journeys)
    const queue = theQueue(stage.cloud, path)
    await stage.settled(queue.name)
    block.end()
    const [event] = subjects.find((subject) => subject.service === service)?.consumers[entry]?.events ?? []
    const body = (harmful[kind % harmful.length] ?? String)(event?.type ?? '', event?.source ?? '')
    await sendTo(stage.cloud, queue.url, body, 60)
    const before = stage.seen.calls.get(`${path} batch-of-ten`) ?? 0
    for (let next = place + 1; next < journey.length; next++) {
      if (next === place + 1 || journey[next]?.rests) await stage.settled()
      await takeAll(programme, next, journeys)
    }
    await stage.settled()
    stage.journeys += journeys.length
    const dead = (await stage.cloud.deadLetters()).map((letter) => letter.body)
    const tens = (stage.seen.calls.get(`${path} batch-of-ten`) ?? 0) - before
    return judge(context, stage, {
      scenario,
      injected: 1,
      hits: tens,
      dead: 1,
      missed: dead.length === 1 && dead[0] === body ? [] : ['it is not in the dead-letter queue as it was sent'],
      notes: [`${tens} batches of ten`],
    })
  },
})

const poisonedStream = (service: string): Scenario => ({
  name: `poison in a table's stream: ${service}`,
  promise:
    'What came before is published at once; the record that cannot be read is given up alone, and named; what came after is published then.',
  run: async (context) => {
    const stage = await context.fresh()
    const [table] = stage.cloud.resources('AWS::DynamoDB::Table').filter(({ path }) => path.startsWith(`${service}/`))
    const programme = await stage.programme(insist)
    const place = context.undisturbed.warm.findIndex((calls) => calls.has(`${service}/Service/relay Lambda.Invoke`))
    const journeys = [begin(programme, context.name()), begin(programme, context.name())]
    for (let before = 0; before < place; before++) {
      if (journey[before]?.rests) await stage.settled()
      await takeAll(programme, before, journeys)
    }
    await stage.settled()
    const published = stage.seen.bus.size
    const [first, second] = journeys
    if (first === undefined || second === undefined || table === undefined) throw new Error('no table')
    await takeAll(programme, place, [first])
    await putPoison(stage.cloud, table.name, `${poison}#1`)
    await takeAll(programme, place, [second])
    for (let n = 0; n < 100 && stage.seen.bus.size === published; n++) await sleep(20)
    await sleep(300)
    const held = stage.seen.bus.size - published
    // As old as the relay lets a record become.
    await stage.cloud.advance('23h')
    await stage.cloud.advance('1m')
    await stage.settled()
    const dead = await stage.cloud.deadLetters()
    for (let next = place + 1; next < journey.length; next++) {
      if (journey[next]?.rests) await stage.settled()
      await takeAll(programme, next, journeys)
    }
    await stage.settled()
    stage.journeys += journeys.length
    const alone = dead.length === 1 && /"batchSize":1\b/.test(dead[0]?.body ?? '')
    return judge(context, stage, {
      scenario: `poison in a table's stream: ${service}`,
      injected: 1,
      hits: dead.length,
      dead: 1,
      missed: alone ? [] : ['it was not given up alone'],
      notes: [`${held} events published before it, the others held until it was given up`],
    })
  },
})

/** Hours that the endpoint is down, and those after which it was tried again at the latest: twelve, and what is left to chance. */
const [hoursDown, hoursBack] = [26, 15]

const endpointDown: Scenario = {
  name: `a partner endpoint down for ${hoursDown} hours`,
  promise:
    'Nothing else is held up; when it is back, every event reaches it, those of each referral in their order, once after repeats are recognised by their id.',
  run: async (context) => {
    const stage = await context.fresh()
    const programme = await stage.programme(insist)
    for (const endpoint of stage.endpoints) endpoint.answer(503)
    const journeys = Array.from({ length: context.brief ? 1 : 3 }, () => begin(programme, context.name()))
    for (const [place, step] of journey.entries()) {
      if (step.rests) await stage.settled('webhooks')
      await takeAll(programme, place, journeys)
    }
    const pass = async (hours: number): Promise<void> => {
      const step = context.brief ? 2 : 1
      for (let hour = 0; hour < hours; hour += step) {
        await stage.settled('webhooks')
        await stage.cloud.advance(`${step}h`)
      }
      await stage.settled('webhooks')
    }
    await pass(hoursDown)
    const during = sum(stage.endpoints.map(({ received }) => received.length))
    const refused = sum(stage.endpoints.map((endpoint) => endpoint.refused))
    // What it took first it could not say.
    for (const endpoint of stage.endpoints) endpoint.answer(204, 1)
    await pass(hoursBack)
    await stage.settled()
    stage.journeys += journeys.length
    const received = stage.endpoints.map((endpoint) => endpoint.received)
    const accepted = received.map((ids) => [...new Set(ids)])
    const told = await Promise.all(stage.endpoints.map(({ reader }) => feedIds(programme, reader)))
    const repeated = received.flat().length - accepted.flat().length
    return judge(context, stage, {
      scenario: `a partner endpoint down for ${hoursDown} hours`,
      injected: 1,
      hits: Math.min(refused, repeated),
      missed: [
        ...(during === 0 ? [] : ['something was taken while it was down']),
        ...(accepted.every((ids, i) => asTold(ids, told[i] ?? []))
          ? []
          : ['the events of a referral came in another order than on the feed']),
        ...(accepted.every(inOrder) ? [] : ['the events of a referral came in another order than they happened']),
      ],
      notes: [
        `${refused} requests refused`,
        `then ${received.flat().length} taken, ${accepted.flat().length} by id, each referral in its order`,
      ],
    })
  },
}

const feedIds = async (programme: Programme, reader: OrganisationId): Promise<readonly string[]> => {
  const feed = subjects.flatMap(({ feeds }) => feeds).find((each) => each.reader === reader)
  return (await feed?.read(programme))?.map(({ id }) => id) ?? []
}

/** Whether the events of each record come in the order in which the feed has them. */
function asTold(ids: readonly string[], feed: readonly string[]): boolean {
  const ofRecord = (list: readonly string[]) => Map.groupBy(list, (id) => id.split('_')[0])
  const told = ofRecord(feed.filter((id) => ids.includes(id)))
  return [...ofRecord(ids)].every(([record, own]) => own.join() === told.get(record)?.join())
}

/** Whether ids such as `ref-…_4_0` come in the order of their versions, record by record. */
function inOrder(ids: readonly string[]): boolean {
  const last = new Map<string, number>()
  return ids.every((id) => {
    const [record = '', version = ''] = id.split('_')
    const follows = Number(version) >= (last.get(record) ?? 0)
    last.set(record, Number(version))
    return follows
  })
}

const down = (service: 'KMS' | 'EventBridge' | 'DynamoDB'): Scenario => ({
  name: `${service} down for a while`,
  promise:
    service === 'EventBridge'
      ? 'Commands are acknowledged all the same; what happened meanwhile is published as soon as the bus takes it.'
      : 'Commands that need it are told 503 with Retry-After; sent again, all succeed.',
  run: async (context) => {
    const stage = await context.fresh({ prepared: service === 'EventBridge' })
    let hits = 0
    const outage = async (milliseconds: number): Promise<void> => {
      const fault = stage.cloud.faults.inject({ at: `${service}.*`, how: 'error', times: 'always' })
      // Class keys that functions hold are used up: they must ask again.
      await stage.cloud.advance('6m')
      await sleep(milliseconds)
      fault.end()
      hits += fault.hits
    }
    const programme = await stage.programme(insist)
    if (service !== 'EventBridge') {
      const first = outage(1500)
      await stage.prepare(programme)
      await first
    }
    const outages: Promise<void>[] = []
    await travel(stage, programme, [context.name(), context.name()], {
      before: async (place) => {
        if (service === 'EventBridge' ? place % 8 === 1 : journey[place]?.versioned === false) outages.push(outage(1500))
      },
    })
    await Promise.all(outages)
    const failed = [...stage.ledger.asked.flatMap(({ attempts }) => attempts), ...stage.ledger.failedReads].filter(isOpen)
    const untold = failed.filter(({ told }) => !told).length
    return judge(context, stage, {
      scenario: `${service} down for a while`,
      injected: outages.length,
      hits,
      missed: [
        ...(untold === 0 ? [] : [`${untold} failures were no 503 with Retry-After`]),
        ...(service === 'EventBridge' && failed.length > 0 ? [`${failed.length} attempts failed`] : []),
      ],
      notes: [`${failed.length} attempts told to come again`],
    })
  },
})

const twins: Scenario = {
  name: 'two alike at once',
  promise: 'Of two requests that differ in nothing but their key, one changes the record; the other is told.',
  run: async (context) => {
    const stage = await context.fresh()
    const programme = await stage.programme(insist)
    const one = begin(programme, context.name())
    const unfair: string[] = []
    let pairs = 0
    let refusals = 0
    const idle = new Set<string>()
    for (const [place, step] of journey.entries()) {
      if (step.rests) await stage.settled()
      if (step.creates || step.anew) {
        // Two creations are two records, and two words on one thing two versions.
        await take(programme, step, place, one)
        continue
      }
      await stage.settled()
      if (step.before !== undefined) one.known = { ...one.known, ...(await step.before(programme, one.known)) }
      const from = stage.ledger.asked.length
      const answers = await Promise.all(
        (await requestsOf(programme, step, one.known, 2)).map((request, i) => request(`journey/${one.name}/${place}/twin-${i}`)),
      )
      pairs++
      const marks = new Set((await storedRecords(stage.cloud)).flatMap((record) => record.marks))
      const outcomes = stage.ledger.asked.slice(from).map(({ mark, answers: [answer] }) => {
        const status = answer?.status ?? 0
        if (marks.has(mark)) return status < 300 ? 'won' : 'silent'
        // Not found: the first has taken it out of the caller's reach.
        if (status === 404 || status === 409 || status === 412) return 'told'
        // What needs no version may find that it is so already, and be answered so; what rests on one may not.
        if (status >= 300 || step.versioned) return 'failed'
        idle.add(mark)
        return 'as it was'
      })
      refusals += outcomes.filter((outcome) => outcome === 'told').length
      if (
        outcomes.filter((outcome) => outcome === 'won').length !== 1 ||
        outcomes.some((outcome) => ['silent', 'failed'].includes(outcome))
      )
        unfair.push(`${step.operation}: ${outcomes.join(', ')}`)
      const won = answers.find(({ status }) => status < 300)
      one.known = { ...one.known, ...step.learn?.(won?.body, one.known) }
    }
    await stage.settled()
    stage.journeys++
    return judge(context, stage, {
      scenario: 'two alike at once',
      injected: pairs,
      hits: pairs,
      idle,
      missed: unfair,
      notes: [`${pairs} pairs: ${refusals} told, ${idle.size} found it so already`],
    })
  },
}

/** So many requests of a step that rest on the same version. */
async function requestsOf(programme: Programme, step: Step, known: Known, times: number) {
  const client = await clientOf(programme, step, known)
  const { path, record } = pathOf(step, known)
  const ifMatch = step.versioned ? await etagOf(client, record) : undefined
  const body = step.body?.(known)
  const method = step.route.startsWith('PUT ') ? 'put' : 'post'
  return Array.from(
    { length: times },
    () => (key: string) => client[method](path, { ifMatch, key: keyOf(step, key), ...(body === undefined ? {} : { body }) }),
  )
}

const rivals: Scenario = {
  name: 'two different ones at once',
  promise: 'Of two different commands on one version of a record, one changes it; the other is told, and nothing of it is there.',
  run: async (context) => {
    const stage = await context.fresh()
    const programme = await stage.programme(insist)
    const one = begin(programme, context.name())
    const unfair: string[] = []
    let pairs = 0
    for (let place = 0; place < journey.length; place++) {
      const step = journey[place]
      const next = journey[place + 1]
      if (step === undefined) break
      await stage.settled()
      if (step.before !== undefined) one.known = { ...one.known, ...(await step.before(programme, one.known)) }
      const record = recordOf(step, one.known)
      const alike = next?.versioned === true && next.before === undefined && next.ends === undefined && record === recordOf(next, one.known)
      // Who is not assigned to a record yet cannot read it.
      if (
        !alike ||
        record === undefined ||
        (await etagOf(await clientOf(programme, next, one.known), record)) === undefined ||
        !step.versioned
      ) {
        await take(programme, step, place, one)
        continue
      }
      const [left] = await requestsOf(programme, step, one.known, 1)
      const [right] = await requestsOf(programme, next, one.known, 1)
      const from = stage.ledger.asked.length
      const answers = await Promise.all([
        left?.(`journey/${one.name}/${place}/rival-0`),
        right?.(`journey/${one.name}/${place + 1}/rival-1`),
      ])
      pairs++
      const marks = new Set((await storedRecords(stage.cloud)).flatMap((record) => record.marks))
      const won = stage.ledger.asked.slice(from).filter(({ mark }) => marks.has(mark)).length
      const told = answers.filter((answer) => answer?.status === 409 || answer?.status === 412).length
      if (won !== 1 || told !== 1)
        unfair.push(`${step.operation} and ${next.operation}: ${answers.map((answer) => answer?.status).join(', ')}`)
      const steps = [step, next]
      for (const [i, answer] of answers.entries()) {
        const each = steps[i]
        if (each === undefined) continue
        if (answer !== undefined && answer.status < 300) one.known = { ...one.known, ...each.learn?.(answer.body, one.known) }
        else await take(programme, each, place + i, one)
      }
      place++
    }
    await stage.settled()
    stage.journeys++
    return judge(context, stage, {
      scenario: 'two different ones at once',
      injected: pairs,
      hits: pairs,
      missed: unfair,
      // The order in which they were taken is another.
      alike: false,
      notes: [`${pairs} pairs`],
    })
  },
}

function recordOf(step: Step, known: Known): string | undefined {
  try {
    return pathOf(step, known).record
  } catch {
    return undefined
  }
}

/** What goes wrong while a defect is there. */
const provocations: Readonly<Record<string, (stage: OpenStage) => Manner>> = {
  [mutants.relayTrustsTheBus.name]: ({ cloud }) => {
    cloud.faults.inject({ at: 'EventBridge.PutEvents', how: 'partial', probability: 0.3, times: 'always' })
    return insist
  },
  [mutants.failuresAreSwallowed.name]: ({ cloud }) => {
    cloud.faults.inject({ function: '/events', at: 'DynamoDB.Query', how: 'error', probability: 0.7, times: 'always' })
    return insist
  },
}

const found = (mutant: Mutant): Scenario => ({
  name: `defect: ${mutant.name}`,
  promise: 'The suite finds it.',
  run: async (context) => {
    const { folder, remove } = await mutated(mutant)
    try {
      const stage = await context.fresh({ assembly: folder })
      const provoke = provocations[mutant.name]
      if (provoke === undefined) stage.cloud.faults.delivery({ copies: 2, streamCopies: 2 })
      const manner = provoke?.(stage) ?? repeatedly(2)
      const broken = await travel(stage, await stage.programme(manner), [context.name()]).catch((error: unknown) => String(error))
      const verdict = await judge(context, stage, { scenario: `defect: ${mutant.name}`, injected: 1, hits: 1, alike: broken === undefined })
      // A journey that cannot be taken to its end fails a scenario, too.
      const caught = broken !== undefined || verdict.lost + verdict.doubled + verdict.silent > 0
      return {
        ...verdict,
        hits: caught ? 1 : 0,
        passed: caught,
        notes: [...verdict.notes, caught ? 'found' : 'not found', ...(broken === undefined ? [] : [broken])],
      }
    } finally {
      remove()
    }
  },
})

const consumers = subjects.flatMap(({ service, consumers: entries }) => Object.keys(entries).map((entry) => ({ service, entry })))

/** Every scenario of a full run; a run for every day takes some of them, and samples. */
export const scenarios = (seed: number): readonly Scenario[] => [
  ...[2, 3, 4, 5].map(duplicates),
  ...[0, 1, 2, 3].map((n) => anyOrder(seed + n)),
  {
    name: 'lost answers, one at a time',
    promise: 'The answer of each AWS call of each function is lost once: nothing is lost, doubled or told otherwise.',
    run: (context) => warmPoints(context, 'lost answers, one at a time', losing),
  },
  {
    name: 'lost answers of keys, one at a time',
    promise: 'The same for what a function asks while it starts.',
    run: (context) => coldPoints(context, 'lost answers of keys, one at a time', losing),
  },
  {
    name: 'kills, one at a time',
    promise:
      'Each function is killed before and after each of its calls, before its handler, after it, and between what it did and the end of the delivery: nothing is lost, doubled or told otherwise.',
    run: (context) => warmPoints(context, 'kills, one at a time', killing),
  },
  {
    name: 'kills while keys are fetched, one at a time',
    promise: 'The same for what a function asks while it starts.',
    run: (context) => coldPoints(context, 'kills while keys are fetched, one at a time', killing),
  },
  ...(['throttle', 'conflict', 'all kinds'] as const).flatMap((how) => [1, 10, 50].map((percent) => share(how, percent))),
  share('partial', 50),
  ...consumers.map(({ service, entry }, i) => poisoned(service, entry, seed + i)),
  ...subjects.map(({ service }) => poisonedStream(service)),
  endpointDown,
  down('KMS'),
  down('EventBridge'),
  down('DynamoDB'),
  twins,
  rivals,
  ...Object.values(mutants).map(found),
]
