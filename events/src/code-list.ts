import * as z from 'zod'

/** A text in both working languages. A missing one does not compile. */
export interface Bilingual {
  readonly en: string
  readonly fr: string
}
export type Language = keyof Bilingual

/** A closed list of codes with their labels, in the order in which people read them. */
export interface CodeList<C extends string = string> {
  readonly name: string
  readonly codes: readonly [C, ...C[]]
  readonly schema: z.ZodEnum<{ [K in C]: K }>
  label(code: C, language: Language): string
}

const keys = <K extends string>(entries: Readonly<Record<K, Bilingual>>): readonly [K, ...K[]] => {
  const codes: K[] = []
  for (const key in entries) codes.push(key)
  const [first, ...rest] = codes
  if (first === undefined) throw new Error('a code list needs at least one code')
  return [first, ...rest]
}

/**
 * Declares a code list.
 * @param name kebab-case name under which the list is published (`x-code-list` in OpenAPI)
 * @param entries code -> labels
 */
export function codeList<C extends string>(name: string, entries: Readonly<Record<C, Bilingual>>): CodeList<C> {
  const codes = keys(entries)
  const schema: z.ZodEnum<{ [K in C]: K }> = z.enum(codes).meta({ 'x-code-list': name })
  return { name, codes, schema, label: (code, language) => entries[code][language] }
}
