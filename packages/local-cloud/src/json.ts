/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Parses JSON without believing what is in it. @throws SyntaxError */
export const parseJson = (text: string): unknown => JSON.parse(text)

/** Parses JSON that may be none. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
