import { millisecondsOf } from './duration.ts'

/** The time of the local cloud: the machine's, and what was let pass on top of it. */
export interface Clock {
  /** Now, in milliseconds since 1970. */
  (): number
  /** How far it is ahead of the machine, in milliseconds. */
  readonly offset: number
  /**
   * Lets time pass at once, and then tells everybody whose work time brings.
   * @param by milliseconds, `72h`, `3d`, `90m`, or ISO 8601 such as `PT72H`
   * @returns when all of them have done what is due at once
   * @throws RangeError when it is no length of time, or leads beyond the year 9999
   */
  advance(by: string | number): Promise<void>
  /** Runs each time that time was let pass, before what was registered after it. */
  onAdvance(run: (milliseconds: number) => unknown): void
}

/** Beyond it, ISO 8601 writes years otherwise. */
const lastInstant = Date.UTC(10_000, 0) - 1

export function movableClock(initial = 0): Clock {
  let offset = initial
  const listeners: ((milliseconds: number) => unknown)[] = []
  const now = (): number => Date.now() + offset
  return Object.defineProperty(
    Object.assign(now, {
      offset,
      advance: async (by: string | number): Promise<void> => {
        const milliseconds = millisecondsOf(by)
        if (milliseconds === undefined) throw new RangeError(`not a length of time such as "72h", "PT72H" or milliseconds: ${by}`)
        if (now() + milliseconds > lastInstant) throw new RangeError('time ends with the year 9999')
        offset += milliseconds
        await Promise.all(listeners.map((run) => run(milliseconds)))
      },
      onAdvance: (run: (milliseconds: number) => unknown): void => {
        listeners.push(run)
      },
    }),
    'offset',
    { get: () => offset },
  )
}
