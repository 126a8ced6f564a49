import * as z from 'zod'
import { type DataClass, labelOf, unwrap } from './label.ts'

/** A published event: the one declaration from which type, check, JSON Schema, AsyncAPI page and rule pattern come. */
export interface EventDefinition<T extends string = string, D extends z.ZodType = z.ZodType> {
  readonly published: true
  readonly type: T
  /** CloudEvents `source` and EventBridge `Source`, `wontanara.<service>`. */
  readonly source: string
  readonly summary: string
  readonly data: D
  /** The whole CloudEvent, for generated documents. */
  readonly schema: z.ZodObject
  /** Reads a CloudEvent of this type. @throws z.ZodError when it is not one; unknown fields are dropped, so that producers may add optional ones. */
  parse(input: unknown): CloudEvent<T, z.output<D>>
  /** The EventBridge rule pattern that selects this event. */
  readonly pattern: { readonly source: readonly [string]; readonly 'detail-type': readonly [T] }
}

/**
 * A CloudEvents 1.0 envelope with the extensions `sequence` (version of the aggregate that emitted it; the order of its events)
 * and `traceparent` (W3C Trace Context).
 */
export interface CloudEvent<T extends string = string, D = unknown> {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: T
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly dataschema: string
  readonly sequence: string
  readonly traceparent?: string | undefined
  readonly data: D
}

const typePattern = /^([a-z][a-z-]*)\.([a-z][a-z-]*)\.v([1-9][0-9]*)$/
const busClasses: ReadonlySet<DataClass> = new Set(['C0', 'C1'])

/**
 * What `dataschema` says: an absolute URI, as CloudEvents asks, that names the schema wherever the API is deployed. The schema itself is
 * read at `/v1/schemas/<type>.json` of any stage.
 */
export const schemaReference = (type: string): string => `urn:wontanara:schema:${type}`

/** Envelopes are made when first asked for: an API function declares events, but reads none. */
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/**
 * Declares a published event.
 * @param type `<service>.<fact-in-past-tense>.v<n>`
 * @param definition `summary`: one sentence; `data`: object of ids and codes, each field labelled C0 or C1
 * @throws when the type is malformed or a field is unlabelled or above C1: no personal data ever rides the bus
 */
export function defineEvent<const T extends string, D extends z.ZodObject>(
  type: T,
  definition: { readonly summary: string; readonly data: D },
): EventDefinition<T, D> {
  const service = typePattern.exec(type)?.[1]
  if (service === undefined) throw new Error(`event type ${type} is not <service>.<fact>.v<n>`)
  for (const [field, schema] of Object.entries(definition.data.shape)) requireBusClass(`${type}.${field}`, schema)
  const source = `wontanara.${service}`
  const envelope = once(() =>
    z.object({
      specversion: z.literal('1.0'),
      id: z.string().min(1).max(120),
      source: z.literal(source),
      type: z.literal(type),
      subject: z.string().min(1).max(64),
      time: z.iso.datetime(),
      datacontenttype: z.literal('application/json'),
      dataschema: z.literal(schemaReference(type)),
      sequence: z.string().regex(/^[0-9]+$/),
      traceparent: z.string().optional(),
      data: z.unknown(),
    }),
  )
  const schema = once(() => envelope().extend({ data: definition.data }))
  return {
    published: true,
    type,
    source,
    summary: definition.summary,
    data: definition.data,
    get schema() {
      return schema()
    },
    pattern: { source: [source], 'detail-type': [type] },
    parse: (input) => {
      const { data, ...context } = envelope().parse(input)
      return { ...context, type, data: definition.data.parse(data) }
    },
  }
}

function requireBusClass(path: string, schema: z.core.$ZodType): void {
  const label = labelOf(schema)
  if (label !== undefined) {
    if (!busClasses.has(label.class)) throw new Error(`${path} is ${label.class}: only C0 and C1 may ride the bus`)
    return
  }
  const inner = unwrap(schema) ?? schema
  if (inner instanceof z.ZodArray) requireBusClass(`${path}[]`, inner.def.element)
  else if (inner instanceof z.ZodObject)
    for (const [field, child] of Object.entries(inner.shape)) requireBusClass(`${path}.${field}`, child)
  else throw new Error(`${path} carries no data label`)
}
