import type { Programme } from '@wontanara/examples'
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
  /** Figures that were measured. */
  readonly notes: readonly string[]
  /** What is lost, doubled or untold, and faults that never came about: the first of them. */
  readonly found: readonly string[]
  readonly passed: boolean
}

/** Calls that functions made during one step: `<function> <call>` -> how many. */
export type Calls = ReadonlyMap<string, number>

/** What scenarios need to know of a stage that nothing disturbs. */
export interface Undisturbed {
  readonly reference: Reference
  /** Calls for keys, of a stage that starts and its first journey. */
  readonly cold: Calls
  /** Other calls of each step of a later journey. */
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

/** Takes journeys to their end, and counts them. @param settled waits until all is done; the stage's own unless told */
export async function travel(
  stage: OpenStage,
  programme: Programme,
  names: readonly string[],
  { settled = stage.settled, ...rest }: Parameters<typeof travelOn>[3] & { readonly settled?: OpenStage['settled'] } = {},
): Promise<void> {
  await travelOn({ settled }, programme, names, rest)
  stage.journeys += names.length
}

/** Calls since those before. */
const since = (now: Calls, before: Calls): Calls =>
  new Map([...now].flatMap(([name, n]) => (n > (before.get(name) ?? 0) ? [[name, n - (before.get(name) ?? 0)] as const] : [])))

/** Opens a stage, and takes two journeys that nothing disturbs: what all others are compared with. The stage stays open. */
export async function undisturbed(from?: string): Promise<Undisturbed & { readonly stage: OpenStage }> {
  const stage = await openStage(from)
  try {
    const programme = await stage.programme(insist)
    await stage.prepare(programme)
    await stage.settled()
    const start = await look(stage)
    await travel(stage, programme, ['undisturbed-1'], { quiet: () => true })
    const reference = referenceOf(start, await look(stage))
    const cold = new Map(stage.seen.keyCalls)
    const laps: Calls[] = []
    const lap = (): void => void laps.push(new Map(stage.seen.calls))
    await travel(stage, programme, ['undisturbed-2'], { quiet: () => true, before: lap })
    lap()
    return { stage, reference, cold, warm: laps.slice(1).map((after, i) => since(after, laps[i] ?? new Map())) }
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

const shown = 12

/** Ends all faults, waits until all is done, and compares. */
export async function judge(
  context: Context,
  stage: OpenStage,
  what: {
    readonly scenario: string
    readonly injected: number
    readonly hits: number
    readonly notes?: readonly string[]
    /** What is not as the scenario wants it: faults that never came about, promises of its own. */
    readonly missed?: readonly string[]
    readonly alike?: boolean
    readonly dead?: number
    readonly idle?: ReadonlySet<string>
  },
): Promise<Verdict> {
  const { scenario, injected, hits, notes = [], missed = [], alike = true, ...expected } = what
  stage.cloud.faults.clear()
  await stage.settled()
  const findings: Findings = await audit(stage, context.undisturbed.reference, alike ? stage.journeys : undefined, expected)
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
    notes: [`${events} events, published ${publications} times`, ...notes],
    found: [...missed, ...found].slice(0, shown),
    passed: hits > 0 && hits >= injected && missed.length === 0 && found.length === 0,
  }
}
