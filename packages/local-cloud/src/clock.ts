/** The time of the local cloud: the machine's, and what was let pass on top of it. */
export interface Clock {
  /** Now, in milliseconds since 1970. */
  (): number
  /** How far it is ahead of the machine, in milliseconds. */
  readonly offset: number
  /** Lets time pass at once, and then tells everybody whose work time brings. */
  advance(milliseconds: number): void
  /** Runs each time that time was let pass. */
  onAdvance(run: (milliseconds: number) => void): void
}

export function movableClock(): Clock {
  let offset = 0
  const listeners: ((milliseconds: number) => void)[] = []
  return Object.defineProperty(
    Object.assign((): number => Date.now() + offset, {
      offset: 0,
      advance: (milliseconds: number): void => {
        if (!(milliseconds >= 0)) throw new RangeError(`time does not pass by ${milliseconds} ms`)
        offset += milliseconds
        for (const run of listeners) run(milliseconds)
      },
      onAdvance: (run: (milliseconds: number) => void): void => {
        listeners.push(run)
      },
    }),
    'offset',
    { get: () => offset },
  )
}
