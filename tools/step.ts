/** `✓   1.2 s  types`, or `✗` and the same. */
export const line = (ok: boolean, name: string, milliseconds: number, note = ''): string =>
  `${ok ? '✓' : '✗'} ${(milliseconds / 1000).toFixed(1).padStart(5)} s  ${name}${note === '' ? '' : `: ${note}`}`

/** Runs one step and tells of it: on a terminal its name while it runs, then a line with its seconds and the note made of its result. */
export async function step<T>(name: string, run: () => T | Promise<T>, note: (result: T) => string = () => ''): Promise<T> {
  const started = performance.now()
  if (process.stdout.isTTY) process.stdout.write(`… ${name}`)
  const tell = (ok: boolean, text = ''): void => {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K')
    console.log(line(ok, name, performance.now() - started, text))
  }
  try {
    const result = await run()
    tell(true, note(result))
    return result
  } catch (error) {
    tell(false)
    throw error
  }
}
