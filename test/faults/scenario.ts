import { audit, type Findings, look, type Reference, referenceOf } from './audit.ts'
import { travel as travelOn } from './journeys.ts'
import { insist } from './ledger.ts'
import { type OpenStage, openStage } from './stage.ts'

/** What came of a scenario. */
export interface Verdict {
  readonly scenario: string
  /** Faults that were injected, and those of them that hit. One that never hits is a failure of the scenario. */
  readonly injected: number
  readonly hits: number
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  readonly silent: number
  /** Figures that were measured, and the first things found. */
  readonly notes: readonly string[]
  readonly passed: boolean
}

/** Calls that functions made during one step: `<function> <call>` -> how many. */
export type Calls = ReadonlyMap<string, number>

/** What scenarios need to know of a stage that nothing disturbs. */
export interface Undisturbed {
  readonly reference: Reference
  /** Calls of a stage that starts: first those of its preparation, then those of each step of its first journey. */
  readonly cold: readonly Calls[]
  /** Calls of each step of a later journey. */
  readonly warm: readonly Calls[]
}

/** What a scenario works with. */
export interface Context {
  readonly seed: number
  /** A sample, for every day; otherwise all there is. */
  readonly brief: boolean
  readonly undisturbed: Undisturbed
  /** A prepared stage: one that others have used too, where that does not matter. */
  stage(): Promise<OpenStage>
  /** A stage of the scenario's own. */
  fresh(options?: { readonly prepared?: boolean; readonly assembly?: string }): Promise<OpenStage>
  /** A name for a journey that no other has. */
  name(): string
  /** Told how far it is. */
  progress(text: string): void
}

export interface Scenario {
  readonly name: string
  /** What is promised while this goes wrong. */
  readonly promise: string
  run(context: Context): Promise<Verdict>
}

/** Takes journeys to their end, and counts them. */
export async function travel(stage: OpenStage, ...rest: Tail<Parameters<typeof travelOn>>): Promise<void> {
  await travelOn(stage, ...rest)
  stage.journeys += rest[1].length
}
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

/** Calls since those before. */
const since = (now: Calls, before: Calls): Calls =>
  new Map([...now].flatMap(([name, n]) => (n > (before.get(name) ?? 0) ? [[name, n - (before.get(name) ?? 0)] as const] : [])))

/** Opens a stage, and takes two journeys that nothing disturbs: what all others are compared with. The stage stays open. */
export async function undisturbed(from?: string): Promise<Undisturbed & { readonly stage: OpenStage }> {
  const stage = await openStage(from)
  try {
    const programme = await stage.programme(insist)
    let before: Calls = new Map()
    let parts: Calls[] = []
    const lap = (): void => {
      parts.push(since(stage.seen.calls, before))
      before = new Map(stage.seen.calls)
    }
    await stage.prepare(programme)
    await stage.settled()
    const start = await look(stage)
    // Looking is no part of it.
    const forget = (): void => {
      before = new Map(stage.seen.calls)
    }
    parts = [before.size === 0 ? new Map(stage.seen.calls) : before]
    forget()
    const journey = async (name: string): Promise<void> => {
      await travel(stage, programme, [name], { quiet: true, before: (place) => (place === 0 ? forget() : lap()) })
      lap()
    }
    await journey('undisturbed-1')
    const cold = parts
    const reference = referenceOf(start, await look(stage))
    parts = []
    forget()
    await journey('undisturbed-2')
    return { stage, reference, cold, warm: parts }
  } catch (error) {
    await stage.close()
    throw error
  }
}

/**
 * The context of scenarios.
 * @param shared a prepared stage for those that do not mind
 */
export function contextOf(
  undisturbedStage: Undisturbed,
  options: {
    readonly seed: number
    readonly brief: boolean
    readonly shared?: OpenStage
    /** Folder of the stage; the synthesized one unless told. */
    readonly assembly?: string
    readonly progress?: (text: string) => void
  },
): Context & { close(): Promise<void> } {
  const open = new Set<OpenStage>()
  let names = 0
  const fresh: Context['fresh'] = async ({ prepared = true, assembly = options.assembly } = {}) => {
    const stage = await openStage(assembly)
    open.add(stage)
    stage.cloud.faults.seed(options.seed)
    if (prepared) {
      await stage.prepare(await stage.programme(insist))
      await stage.settled()
    }
    return stage
  }
  return {
    seed: options.seed,
    brief: options.brief,
    undisturbed: undisturbedStage,
    stage: async () => {
      options.shared?.cloud.faults.seed(options.seed)
      return options.shared ?? fresh()
    },
    fresh,
    name: () => `run-${++names}`,
    progress: options.progress ?? (() => undefined),
    close: async () => {
      for (const stage of open) await stage.close()
      open.clear()
    },
  }
}

const shown = 3

/** Ends all faults, waits until all is done, and compares. */
export async function judge(
  context: Context,
  stage: OpenStage,
  what: {
    readonly scenario: string
    readonly injected: number
    readonly hits: number
    readonly notes?: readonly string[]
    /** Whether what the scenario promises besides holds. */
    readonly holds?: boolean
    readonly alike?: boolean
    readonly dead?: number
  },
): Promise<Verdict> {
  const { scenario, injected, hits, notes = [], holds = true, alike = true, dead } = what
  stage.cloud.faults.clear()
  await stage.settled()
  const findings: Findings = await audit(stage, context.undisturbed.reference, alike ? stage.journeys : undefined, dead)
  const { acknowledged, lost, doubled, silent, events, publications } = findings
  const found = [...lost, ...doubled, ...silent]
  return {
    scenario,
    injected,
    hits,
    acknowledged,
    lost: lost.length,
    doubled: doubled.length,
    silent: silent.length,
    notes: [`${events} events, published ${publications} times`, ...notes, ...found.slice(0, shown)],
    passed: holds && hits > 0 && hits >= injected && found.length === 0,
  }
}
