import { dataClasses } from '@wontanara/events'
import * as z from 'zod'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The text of a generated file. */
export const textOfJson = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`

/** Patterns of zod that say no more than the format beside them, and would fill the page. */
const plainFormats = new Set(['date', 'email', 'uuid', 'uri'])

const isLabelled = (schema: JsonObject): boolean => dataClasses.some((name) => name === schema.class) && 'retention' in schema

/** A node of a JSON Schema in the published form: the data label shortened to `x-data-class`, formats without zod's own patterns. */
function published(schema: JsonObject): JsonObject {
  const { class: dataClass, purpose, retention, ...rest } = schema
  const { pattern, ...open } = isLabelled(schema) ? { ...rest, 'x-data-class': dataClass ?? null } : schema
  if (pattern === undefined || plainFormats.has(String(schema.format))) return open
  return { ...open, pattern: schema.format === 'date-time' ? 'Z$' : pattern }
}

const single = ['items', 'additionalProperties', 'not', 'propertyNames']
const several = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const named = ['properties', '$defs', 'patternProperties']

/** Rewrites every schema within a JSON Schema, the innermost first. Only places that hold a schema are visited: a property may well be called "items". */
export function mapSchema(schema: Json, change: (schema: JsonObject) => JsonObject): Json {
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).map(([keyword, value]): [string, Json] => {
    if (single.includes(keyword)) return [keyword, mapSchema(value, change)]
    if (several.includes(keyword) && Array.isArray(value)) return [keyword, value.map((item) => mapSchema(item, change))]
    if (named.includes(keyword) && isObject(value))
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapSchema(item, change)]))]
    return [keyword, value]
  })
  return change(Object.fromEntries(entries))
}

/** A zod schema's JSON Schema, as what is sent must look. @throws when zod cannot write it */
export function jsonSchema(schema: z.core.$ZodType): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return mapSchema(JSON.parse(JSON.stringify(rest)), published) as JsonObject
}

/** JSON Schemas that refer to each other: of each named schema, its own; within it, `reference` instead of a copy of another named one. */
export function jsonSchemas(
  schemas: ReadonlyMap<z.core.$ZodType, string>,
  reference: (name: string) => string,
): ReadonlyMap<string, JsonObject> {
  const registry = z.registry<{ id: string }>()
  for (const [schema, id] of schemas) registry.add(schema, { id })
  const written = z.toJSONSchema(registry, { io: 'input', uri: reference })
  return new Map(
    Object.entries(written.schemas).map(([name, { $schema, $id, ...rest }]) => [
      name,
      mapSchema(JSON.parse(JSON.stringify(rest)), published) as JsonObject,
    ]),
  )
}

/**
 * A value that a schema allows, made of its examples, constants and first codes; optional fields are there as well.
 * @throws when a text is constrained and has no example
 */
export function sampleOf(schema: Json, path = ''): Json {
  if (!isObject(schema)) return null
  if (schema.const !== undefined) return schema.const
  const [example] = Array.isArray(schema.examples) ? (schema.examples as Json[]) : []
  if (example !== undefined) return example
  if (Array.isArray(schema.enum)) return (schema.enum[0] as Json) ?? null
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(isObject(schema.properties) ? schema.properties : {}).map(([k, v]) => [k, sampleOf(v, `${path}/${k}`)]),
      )
    case 'array':
      return [sampleOf(schema.items ?? null, `${path}[]`)]
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    default:
      throw new Error(`${path}: no example can be made; give the schema one with .meta({ examples: [...] })`)
  }
}
