import { isObject } from './json.ts'

/*
 * Event patterns of EventBridge rules, also used by Lambda's event filters:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */

/** Tells whether an event matches. */
export type Matcher = (event: unknown) => boolean
type Leaf = (values: readonly unknown[]) => boolean

/**
 * Compiles a pattern.
 * @throws when it is malformed or uses an operator that does not exist
 */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new Error('Event pattern is not valid. Reason: Filter is not an object')
  return object(pattern)
}

function object(pattern: Readonly<Record<string, unknown>>): Matcher {
  const fields = Object.entries(pattern).map(([name, part]): Matcher => {
    if (name === '$or' && Array.isArray(part) && part.length > 1) {
      const options = part.map((option) => (isObject(option) ? object(option) : fail('$or takes objects')))
      return (event) => options.some((matches) => matches(event))
    }
    if (Array.isArray(part)) {
      if (part.length === 0) fail('Empty arrays are not allowed')
      const leaves = part.map(leaf)
      return (event) => {
        const values = valuesAt(event, name)
        return leaves.some((matches) => matches(values))
      }
    }
    if (!isObject(part)) return fail(`"${name}" must be an object or an array`)
    const matches = object(part)
    return (event) => {
      const below = isObject(event) ? event[name] : undefined
      // An array of objects matches when one of them does.
      return Array.isArray(below) ? below.some(matches) : matches(below)
    }
  })
  return (event) => fields.every((matches) => matches(event))
}

/** The values of a field; none when it is absent or an object. An array stands for each of its members. */
function valuesAt(event: unknown, name: string): readonly unknown[] {
  const value = isObject(event) ? event[name] : undefined
  return value === undefined
    ? []
    : (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]).filter((item) => !isObject(item))
}

function leaf(expected: unknown): Leaf {
  if (!isObject(expected)) return (values) => values.some((value) => same(value, expected))
  const [[operator, argument] = fail('empty operator'), ...more] = Object.entries(expected)
  if (more.length > 0) fail('Only one key allowed in match expression')
  if (operator === 'exists') {
    if (typeof argument !== 'boolean') fail('exists match pattern must be either true or false')
    return (values) => values.length > 0 === argument
  }
  if (operator === 'anything-but') {
    const refused = isObject(argument) ? text(argument) : anyOf(argument)
    return (values) => values.some((value) => !refused(value))
  }
  const matches = operator === 'numeric' ? numeric(argument) : text(expected)
  return (values) => values.some(matches)
}

const anyOf = (argument: unknown) => {
  const refused = Array.isArray(argument) ? argument : [argument]
  return (value: unknown): boolean => refused.some((item) => same(value, item))
}

/** Numbers compare by value, texts exactly, true, false and null by themselves. */
const same = (value: unknown, expected: unknown): boolean => value === expected

/** Operators on texts; the argument may be a list of which one must match where the operator stands in an anything-but. */
function text(expression: Readonly<Record<string, unknown>>): (value: unknown) => boolean {
  const [[operator, argument] = fail('empty operator')] = Object.entries(expression)
  const options = (Array.isArray(argument) ? argument : [argument]).map((option): ((value: string) => boolean) => {
    if (isObject(option)) {
      const ignored = option['equals-ignore-case']
      if ((operator !== 'prefix' && operator !== 'suffix') || typeof ignored !== 'string')
        return fail(`${operator} match pattern must be a string`)
      const wanted = ignored.toLowerCase()
      return (value) => (operator === 'prefix' ? value.toLowerCase().startsWith(wanted) : value.toLowerCase().endsWith(wanted))
    }
    if (typeof option !== 'string') return fail(`${operator} match pattern must be a string`)
    switch (operator) {
      case 'prefix':
        return (value) => value.startsWith(option)
      case 'suffix':
        return (value) => value.endsWith(option)
      case 'equals-ignore-case':
        return (value) => value.toLowerCase() === option.toLowerCase()
      case 'wildcard': {
        const expression = wildcard(option)
        return (value) => expression.test(value)
      }
      default:
        return fail(`Unrecognized match type ${operator}`)
    }
  })
  return (value) => typeof value === 'string' && options.some((matches) => matches(value))
}

/** `*` is any text; `\*` and `\\` stand for themselves. */
function wildcard(pattern: string): RegExp {
  if (pattern.replace(/\\[*\\]/g, '').includes('**')) fail('Consecutive wildcard characters')
  const source = pattern.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (found: string, escaped: string | undefined) =>
    escaped !== undefined ? `\\${escaped}` : found === '*' ? '[\\s\\S]*' : `\\${found}`,
  )
  return new RegExp(`^${source}$`)
}

/** `["=", 5]`, `[">", 0, "<=", 5]`. */
function numeric(argument: unknown): (value: unknown) => boolean {
  if (!Array.isArray(argument) || argument.length === 0 || argument.length % 2 !== 0)
    return fail('Value of numeric must be an array of pairs')
  const tests: ((value: number) => boolean)[] = []
  for (let i = 0; i < argument.length; i += 2) {
    const operator: unknown = argument[i]
    const limit: unknown = argument[i + 1]
    if (typeof limit !== 'number') return fail('numeric takes numbers')
    if (operator === '=') tests.push((value) => value === limit)
    else if (operator === '<') tests.push((value) => value < limit)
    else if (operator === '<=') tests.push((value) => value <= limit)
    else if (operator === '>') tests.push((value) => value > limit)
    else if (operator === '>=') tests.push((value) => value >= limit)
    else return fail(`Unrecognized numeric range operator: ${String(operator)}`)
  }
  return (value) => typeof value === 'number' && tests.every((matches) => matches(value))
}

function fail(reason: string): never {
  throw new Error(`Event pattern is not valid. Reason: ${reason}`)
}
