/** Wakes whoever waits for something to do. A wake-up while nobody waits is not lost. */
export interface Signal {
  wake(): void
  /** Resolves at the next wake-up, or at once if one was missed; after `timeout` milliseconds in any case. */
  wait(timeout: number): Promise<void>
}

export function signal(): Signal {
  let missed = false
  const waiting = new Set<() => void>()
  return {
    wake: () => {
      missed = waiting.size === 0
      for (const resume of [...waiting]) resume()
    },
    wait: (timeout) => {
      if (missed) {
        missed = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const resume = (): void => {
          clearTimeout(timer)
          waiting.delete(resume)
          resolve()
        }
        const timer = setTimeout(resume, Math.min(timeout, 2 ** 31 - 1))
        waiting.add(resume)
      })
    },
  }
}
