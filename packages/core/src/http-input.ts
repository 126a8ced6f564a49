import { unwrap } from '@wontanara/events'
import * as z from 'zod'
import { httpRefusal, pointerOf, reasonsOf, unknownField } from './problem.ts'
import { common, type Reason, type Refusal } from './refusal.ts'
import { ok, type Result, refused } from './result.ts'

/** Bodies are small: the largest, a manifest page, stays far below. In bytes. */
export const bodyLimit = 256 * 1024
export const depthLimit = 16
/** Of a body that anybody may send. In bytes. */
export const publicBodyLimit = 8 * 1024

/** How deep a JSON text nests, without parsing it: a hostile body is refused before anything recursive sees it. */
export function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (quoted) {
      if (character === 92) i++
      else if (character === 34) quoted = false
    } else if (character === 34) quoted = true
    else if (character === 91 || character === 123) deepest = Math.max(deepest, ++depth)
    else if (character === 93 || character === 125) depth--
  }
  return deepest
}

/** Reads a body: size, media type, depth, JSON, then the schema, strictly. */
export function parseBody(
  schema: z.ZodObject | undefined,
  contentType: string | undefined,
  text = '',
  limit = bodyLimit,
): Result<unknown, Refusal> {
  if (schema === undefined) return text === '' ? ok(undefined) : refused(httpRefusal('unexpected-body'))
  if (text.length > limit || Buffer.byteLength(text) > limit) return refused(httpRefusal('body-too-large', { limit }))
  if (!/^application\/([a-z.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '')) return refused(httpRefusal('unsupported-media-type'))
  if (nesting(text) > depthLimit) return refused(httpRefusal('body-too-deep', { limit: depthLimit }))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refused(httpRefusal('not-json'))
  }
  return parseStrictly(schema, json)
}

const noQuery = z.object({})

/** Reads a query: a route that declares none takes none. */
export const parseQuery = (schema: z.ZodObject | undefined, query: Readonly<Record<string, string>>): Result<unknown, Refusal> =>
  parseStrictly(schema ?? noQuery, query, '/query')

function parseStrictly(schema: z.ZodObject, input: unknown, within = ''): Result<unknown, Refusal> {
  // The input of an issue tells a missing field from a wrong one; it goes nowhere else.
  const parsed = schema.safeParse(input, { reportInput: true })
  const unknown = unknownIn(schema, input, []).map((path) => unknownField(within + pointerOf(path)))
  const reasons: readonly Reason[] = [...(parsed.success ? [] : reasonsOf(parsed.error, within)), ...unknown]
  if (parsed.success && reasons.length === 0) return ok(parsed.data)
  const once = new Map(reasons.map((reason) => [`${reason.code} ${reason.pointer}`, reason]))
  return refused({ ...common.refuse('invalid-request'), reasons: [...once.values()].slice(0, 50) })
}

/** The fields of an input that its schema does not declare, at any depth: an object schema may not say itself that it is strict. */
function unknownIn(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): readonly (readonly PropertyKey[])[] {
  const inner = unwrap(schema) ?? (schema instanceof z.ZodPipe ? schema.def.in : undefined)
  if (inner !== undefined) return unknownIn(inner, value, path)
  if (schema instanceof z.ZodArray)
    return Array.isArray(value) ? value.flatMap((element, i) => unknownIn(schema.def.element, element, [...path, i])) : []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const option = schema.def.options.find((candidate) => isOption(candidate, schema.def.discriminator, value))
    return option === undefined ? [] : unknownIn(option, value, path)
  }
  if (!(schema instanceof z.ZodObject) || (schema.def.catchall !== undefined && !(schema.def.catchall instanceof z.ZodNever))) return []
  return Object.entries(value).flatMap(([name, field]) => {
    const declared = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined
    return declared === undefined ? [[...path, name]] : unknownIn(declared, field, [...path, name])
  })
}

function isOption(candidate: z.core.$ZodType, discriminator: string, value: object): boolean {
  const tag = candidate instanceof z.ZodObject ? candidate.shape[discriminator] : undefined
  return tag !== undefined && z.safeParse(tag, Object.entries(value).find(([name]) => name === discriminator)?.[1]).success
}
