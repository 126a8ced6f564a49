import { contextOf, undisturbed, type Verdict } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const seed = 1

/** Scenarios on few journeys. Those that do not mind share a stage: what one spoils, those after it find too. */
export interface Sample {
  /** @throws when there is no such scenario, or a journey cannot be taken to its end */
  verdictOf(name: string): Promise<Verdict>
  close(): Promise<void>
}

export async function sample(): Promise<Sample> {
  const { stage, ...known } = await undisturbed()
  const context = contextOf(known, { seed, brief: true, shared: stage })
  const all = new Map(scenarios(seed).map((scenario) => [scenario.name, scenario]))
  return {
    verdictOf: async (name) => {
      const scenario = all.get(name)
      if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
      return scenario.run(context)
    },
    close: async () => {
      await context.close()
      await stage.close()
    },
  }
}
