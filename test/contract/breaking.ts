/**
 * Which way values travel. `taken`: clients write them, so it must not get harder to write a valid one. `sent`: clients read them,
 * so nothing may come that they did not expect. `event`: both, because old events are read again and new ones by old consumers.
 */
export type Direction = 'taken' | 'sent' | 'event'

type Json = unknown
type Schema = Readonly<Record<string, Json>>
/** How a change moves the set of valid values. */
type Effect = 'narrower' | 'wider' | 'always'

export const isRecord = (value: Json): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
const record = (value: Json): Schema => (isRecord(value) ? value : {})
const list = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [])
const text = (value: Json): string => JSON.stringify(value)
const without = (a: readonly Json[], b: readonly Json[]): readonly Json[] => a.filter((x) => !b.some((y) => text(x) === text(y)))

const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
const exact = ['pattern', 'format', 'multipleOf', 'uniqueItems', 'contentEncoding']

const breaks: Readonly<Record<Direction, readonly Effect[]>> = {
  taken: ['always', 'narrower'],
  sent: ['always', 'wider'],
  event: ['always', 'narrower', 'wider'],
}

/** The part of a document that a reference names, or the schema itself. */
function resolved(schema: Json, document: Json): Json {
  const reference = record(schema).$ref
  if (typeof reference !== 'string') return schema
  const parts = reference.replace(/^#\//, '').split('/')
  return resolved(
    parts.reduce<Json>((at, part) => record(at)[part.replace(/~1/g, '/').replace(/~0/g, '~')], document),
    document,
  )
}

/**
 * What a new version of a schema breaks for those who rely on the old one; empty when nothing.
 * A new optional property, a further code of a code list (`x-code-list`: documented to grow) and annotations break nothing.
 * @param documents what references in the old and the new schema point into
 */
export function breaking(
  before: Json,
  after: Json,
  direction: Direction,
  documents: readonly [Json, Json] = [before, after],
): readonly string[] {
  const found: string[] = []
  const visited = new Set<string>()

  function compare(oldNode: Json, newNode: Json, path: string): void {
    const pair = `${text(record(oldNode).$ref)} ${text(record(newNode).$ref)}`
    if (isRecord(oldNode) && isRecord(newNode) && '$ref' in oldNode && '$ref' in newNode) {
      if (visited.has(pair)) return
      visited.add(pair)
    }
    const a = record(resolved(oldNode, documents[0]))
    const b = record(resolved(newNode, documents[1]))
    const report = (effect: Effect, what: string): void => {
      if (breaks[direction].includes(effect)) found.push(`${path === '' ? '/' : path}: ${what}`)
    }
    types(a, b, report)
    codes(a, b, report)
    limits(a, b, report)
    properties(a, b, path, report)
    if (a.items !== undefined && b.items !== undefined) compare(a.items, b.items, `${path}/items`)
    else if ((a.items === undefined) !== (b.items === undefined)) report('always', 'items appeared or disappeared')
    for (const keyword of ['anyOf', 'oneOf', 'allOf']) options(list(a[keyword]), list(b[keyword]), `${path}/${keyword}`)
  }

  function properties(a: Schema, b: Schema, path: string, report: (effect: Effect, what: string) => void): void {
    const [had, has] = [record(a.properties), record(b.properties)]
    const [required, requires] = [list(a.required), list(b.required)]
    for (const [name, schema] of Object.entries(had)) {
      if (!(name in has)) report('always', `property ${name} was removed`)
      else compare(schema, has[name], `${path}/${name}`)
    }
    for (const name of without(requires, required)) report('narrower', `property ${name} became required`)
    for (const name of without(required, requires)) if (String(name) in has) report('wider', `property ${name} became optional`)
    const [open, opens] = [a.additionalProperties, b.additionalProperties]
    if (isRecord(open) && isRecord(opens)) compare(open, opens, `${path}/*`)
    else if (open !== false && opens === false) report('narrower', 'further properties are refused')
    else if (open === false && opens !== false) report('wider', 'further properties are allowed')
  }

  /** Pairs each option with its successor: the unchanged one, else the one in the same place. */
  function options(had: readonly Json[], has: readonly Json[], path: string): void {
    had.forEach((option, i) => {
      if (has.some((other) => breaking(option, other, 'event', documents).length === 0)) return
      if (has[i] === undefined) {
        if (breaks[direction].includes('narrower')) found.push(`${path}: option ${i} was removed`)
      } else compare(option, has[i], `${path}/${i}`)
    })
    if (has.length > had.length && breaks[direction].includes('wider')) found.push(`${path}: an option was added`)
  }

  compare(before, after, '')
  return found
}

function types(a: Schema, b: Schema, report: (effect: Effect, what: string) => void): void {
  const [had, has] = [[a.type ?? []].flat(), [b.type ?? []].flat()]
  const [gone, come] = [without(had, has), without(has, had)]
  if (gone.length > 0 && come.length > 0) report('always', `type ${text(a.type)} became ${text(b.type)}`)
  else if (gone.length > 0) report(has.length === 0 ? 'wider' : 'narrower', `type ${gone.map(text)} was removed`)
  else if (come.length > 0) report(had.length === 0 ? 'narrower' : 'wider', `type ${come.map(text)} was added`)
}

function codes(a: Schema, b: Schema, report: (effect: Effect, what: string) => void): void {
  const [had, has] = [a, b].map((schema) => (schema.const === undefined ? schema.enum : [schema.const]))
  if (had === undefined && has !== undefined) report('narrower', 'only listed values are left')
  if (had !== undefined && has === undefined) report('wider', 'values are no longer listed')
  if (had === undefined || has === undefined) return
  for (const value of without(list(had), list(has))) report('narrower', `value ${text(value)} was removed`)
  const grows = a['x-code-list'] !== undefined && a['x-code-list'] === b['x-code-list']
  if (!grows) for (const value of without(list(has), list(had))) report('wider', `value ${text(value)} was added`)
}

function limits(a: Schema, b: Schema, report: (effect: Effect, what: string) => void): void {
  const bound = (keyword: string, sign: 1 | -1): void => {
    const none = -Infinity
    const [was, is] = [a, b].map((schema) => (typeof schema[keyword] === 'number' ? sign * Number(schema[keyword]) : none))
    if (was === is) return
    report(
      (is ?? none) > (was ?? none) ? 'narrower' : 'wider',
      `${keyword} ${text(a[keyword]) ?? 'none'} became ${text(b[keyword]) ?? 'none'}`,
    )
  }
  for (const keyword of lower) bound(keyword, 1)
  for (const keyword of upper) bound(keyword, -1)
  for (const keyword of exact) {
    if (text(a[keyword]) === text(b[keyword])) continue
    const effect = a[keyword] === undefined ? 'narrower' : b[keyword] === undefined ? 'wider' : 'always'
    report(effect, `${keyword} ${text(a[keyword]) ?? 'none'} became ${text(b[keyword]) ?? 'none'}`)
  }
}

const success = (operation: Schema): readonly (readonly [string, Json])[] =>
  Object.entries(record(operation.responses)).filter(([status]) => status.startsWith('2'))
const jsonOf = (content: Json): Json => record(record(record(content).content)['application/json']).schema

/** What a new version of an OpenAPI document breaks for clients of the old one; empty when nothing. */
export function apiBreaking(before: Json, after: Json): readonly string[] {
  const documents = [before, after] as const
  const found: string[] = []
  for (const [path, methods] of Object.entries(record(record(before).paths))) {
    for (const [method, value] of Object.entries(record(methods))) {
      const route = `${method.toUpperCase()} ${path}`
      const operation = record(value)
      const next = record(record(record(record(after).paths)[path])[method])
      const add = (where: string, faults: readonly string[]): void =>
        void found.push(...faults.map((fault) => `${route} ${where} ${fault}`))
      if (Object.keys(next).length === 0) {
        found.push(`${route} was removed`)
        continue
      }
      if (operation.operationId !== next.operationId) found.push(`${route} is no longer called ${text(operation.operationId)}`)
      parameters(operation, next, documents, add)
      const [body, newBody] = [resolved(operation.requestBody, before), resolved(next.requestBody, after)]
      if (isRecord(body) !== isRecord(newBody)) found.push(`${route} ${isRecord(body) ? 'no longer takes' : 'now takes'} a body`)
      else if (isRecord(body)) add('body', breaking(jsonOf(body), jsonOf(newBody), 'taken', documents))
      for (const [status, response] of success(operation)) {
        const newResponse = record(next.responses)[status]
        if (newResponse === undefined) found.push(`${route} no longer answers ${status}`)
        else {
          const [had, has] = [resolved(response, before), resolved(newResponse, after)]
          add(status, breaking(jsonOf(had), jsonOf(has), 'sent', documents))
          for (const name of Object.keys(record(record(had).headers)))
            if (!(name in record(record(has).headers))) found.push(`${route} ${status} lost the header ${name}`)
        }
      }
    }
  }
  return found
}

function parameters(
  operation: Schema,
  next: Schema,
  documents: readonly [Json, Json],
  add: (where: string, faults: readonly string[]) => void,
): void {
  const key = (parameter: Json): string => `${record(parameter).in} ${record(parameter).name}`
  const [had, has] = [operation, next].map(
    (side, i) =>
      new Map(
        list(side.parameters)
          .map((parameter) => resolved(parameter, documents[i]))
          .map((found) => [key(found), record(found)]),
      ),
  )
  for (const [name, parameter] of had ?? []) {
    const successor = has?.get(name)
    if (successor === undefined) add('parameter', [`${name} was removed`])
    else {
      if (parameter.required !== true && successor.required === true) add('parameter', [`${name} became required`])
      add(`parameter ${name}`, breaking(parameter.schema, successor.schema, 'taken', documents))
    }
  }
  for (const [name, parameter] of has ?? [])
    if (had?.has(name) === false && parameter.required === true) add('parameter', [`${name} is new and required`])
}
