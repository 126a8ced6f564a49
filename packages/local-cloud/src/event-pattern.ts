import { BlockList, isIPv4, isIPv6 } from 'node:net'
import * as z from 'zod'
import { errorText, isObject } from './json.ts'

/*
 * Event patterns of EventBridge rules and of Lambda's event filters:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 * What those pages leave open is as in the library that EventBridge runs, https://github.com/aws/event-ruler: an event is the list of its
 * leaves by path, and what must hold of the members of one array must hold of the same member.
 */

/** Tells whether an event matches. */
export type Matcher = (event: unknown) => boolean
/** Lambda's event filters know fewer operators than rules. */
export type Dialect = 'rule' | 'filter'

/** A value in an event that is neither object nor array, and which member of which arrays it belongs to. */
interface Leaf {
  readonly value: unknown
  readonly members: ReadonlyMap<unknown, number>
}
/** `absent` matches where there is no leaf at all. */
type Test = 'absent' | ((value: unknown) => boolean)
/** Path -> tests, of which one must hold. All paths must match. */
type Fields = readonly (readonly [path: string, tests: readonly Test[]])[]

/** No names of fields inside of `$or`. */
const keywords: ReadonlySet<string> = new Set([
  ...['exactly', 'exists', 'anything-but', 'cidr', 'numeric', 'prefix', 'suffix', 'equals-ignore-case', 'wildcard'],
  ...['=', '<', '<=', '>', '>='],
])
/** `$or` multiplies a pattern: AWS takes so many combinations. */
const mostCombinations = 1000
/** AWS refuses what its own measure finds too complex, which it does not publish: six wildcards in one value are. */
const mostWildcards = 5

/**
 * Compiles a pattern.
 * @throws naming the operator, when it is malformed or uses one that does not exist or is not supported there
 */
export function compilePattern(pattern: unknown, dialect: Dialect = 'rule'): Matcher {
  if (!isObject(pattern)) fail('Filter is not an object')
  const alternatives = alternativesOf(pattern, '', dialect)
  return (event) => {
    const leaves = new Map<string, Leaf[]>()
    collect(event, '', new Map(), leaves)
    return alternatives.some((fields) => matches(fields, leaves, new Map()))
  }
}

/** Characters of a pattern: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html and the Filter of Lambda's API. */
const mostCharacters: Readonly<Record<Dialect, number>> = { rule: 2048, filter: 4096 }

/** A pattern among the properties of a resource, compiled. What is wrong with it is said with the resource's name. */
export const patternOf = (dialect: Dialect) =>
  z.unknown().transform((pattern, context): Matcher => {
    const length = JSON.stringify(pattern ?? null).length
    if (length > mostCharacters[dialect])
      context.addIssue(`Event pattern of ${length} characters, over the quota of ${mostCharacters[dialect]}`)
    try {
      return compilePattern(pattern, dialect)
    } catch (error) {
      context.addIssue(errorText(error))
      return z.NEVER
    }
  })

/** What `$or` says, multiplied out. */
function alternativesOf(pattern: unknown, parent: string, dialect: Dialect): readonly Fields[] {
  if (!isObject(pattern)) return fail('Only objects are allowed in array of $or relationship.')
  const entries = Object.entries(pattern)
  if (entries.length === 0) fail('Empty objects are not allowed')
  return entries.reduce<readonly Fields[]>(
    (before, [name, part]) => {
      const after = partsOf(name, part, parent === '' ? name : `${parent}.${name}`, parent, dialect)
      if (before.length * after.length > mostCombinations) fail(`more than ${mostCombinations} combinations of $or`)
      return before.flatMap((left) => after.map((right) => [...left, ...right]))
    },
    [[]],
  )
}

function partsOf(name: string, part: unknown, path: string, parent: string, dialect: Dialect): readonly Fields[] {
  if (name === '$or') {
    if (!Array.isArray(part) || part.length < 2) fail('There must have at least 2 Objects in $or relationship.')
    const reserved = part.flatMap((option) => (isObject(option) ? Object.keys(option) : [])).find((field) => keywords.has(field))
    if (reserved !== undefined) fail(`${reserved} is Ruler reserved fieldName which cannot be used inside $or.`)
    return part.flatMap((option) => alternativesOf(option, parent, dialect))
  }
  if (isObject(part)) return alternativesOf(part, path, dialect)
  if (!Array.isArray(part)) return fail(`"${name}" must be an object or an array`)
  if (part.length === 0) fail('Empty arrays are not allowed')
  return [[[path, part.map((expected) => testOf(expected, dialect))]]]
}

/** Members of an array that are plain values all stand for the array itself. */
function collect(value: unknown, path: string, members: ReadonlyMap<unknown, number>, leaves: Map<string, Leaf[]>): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      collect(item, path, typeof item === 'object' && item !== null ? new Map(members).set(value, i) : members, leaves)
    }
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) collect(item, path === '' ? name : `${path}.${name}`, members, leaves)
  } else {
    const known = leaves.get(path)
    if (known === undefined) leaves.set(path, [{ value, members }])
    else known.push({ value, members })
  }
}

function matches([first, ...rest]: Fields, leaves: ReadonlyMap<string, readonly Leaf[]>, members: ReadonlyMap<unknown, number>): boolean {
  if (first === undefined) return true
  const [path, tests] = first
  const found = leaves.get(path) ?? []
  if (found.length === 0) return tests.includes('absent') && matches(rest, leaves, members)
  return found.some(
    (leaf) =>
      tests.some((test) => test !== 'absent' && test(leaf.value)) &&
      [...leaf.members].every(([array, i]) => (members.get(array) ?? i) === i) &&
      matches(rest, leaves, new Map([...members, ...leaf.members])),
  )
}

function testOf(expected: unknown, dialect: Dialect): Test {
  if (Array.isArray(expected)) fail('Match value must be String, number, true, false, or null')
  if (!isObject(expected)) return (value) => value === expected
  const [operator, argument] = only(expected)
  if (dialect === 'filter' && !isOfFilters(operator, argument))
    fail(`${operatorText(operator, argument)} is not supported by event filters`)
  switch (operator) {
    case 'exists':
      if (typeof argument !== 'boolean') fail('exists match pattern must be either true or false.')
      return argument ? () => true : 'absent'
    case 'numeric':
      return numeric(argument)
    case 'anything-but': {
      const refused = anythingBut(argument)
      return (value) => !refused(value)
    }
    case 'cidr':
      return cidr(argument)
    case 'prefix':
    case 'suffix':
      if (isObject(argument)) return ignoringCase(operator, argument)
  }
  return textTest(operator, argument, `${operator} match pattern must be a string`)
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax */
const isOfFilters = (operator: string, argument: unknown): boolean =>
  ['exists', 'numeric', 'anything-but', 'prefix', 'suffix', 'equals-ignore-case'].includes(operator) && !isObject(argument)

const operatorText = (operator: string, argument: unknown): string =>
  isObject(argument) ? `${operator} with ${Object.keys(argument).join()}` : operator

function only(expression: Readonly<Record<string, unknown>>): readonly [string, unknown] {
  const [first = fail('Match expression name not found'), ...more] = Object.entries(expression)
  if (more.length > 0) fail('Only one key allowed in match expression')
  return first
}

/** Operators on texts, all of which an anything-but can turn round. */
const textOperators: Readonly<Record<string, (wanted: string) => (value: string) => boolean>> = {
  prefix: (wanted) => (value) => value.startsWith(wanted),
  suffix: (wanted) => (value) => value.endsWith(wanted),
  'equals-ignore-case': (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase(),
  wildcard,
}

function textTest(operator: string, wanted: unknown, reason: string): (value: unknown) => boolean {
  const make = Object.hasOwn(textOperators, operator) ? textOperators[operator] : undefined
  if (make === undefined) return fail(`Unrecognized match type ${operator}`)
  if (typeof wanted !== 'string') return fail(reason)
  const holds = make(wanted)
  return (value) => typeof value === 'string' && holds(value)
}

function ignoringCase(operator: 'prefix' | 'suffix', expression: Readonly<Record<string, unknown>>): (value: unknown) => boolean {
  const [name, wanted] = only(expression)
  if (name !== 'equals-ignore-case') fail(`Unsupported ${operator} pattern: ${name}`)
  if (typeof wanted !== 'string') return fail('equals-ignore-case match pattern must be a string')
  const holds = textTest(operator, wanted.toLowerCase(), '')
  return (value) => typeof value === 'string' && holds(value.toLowerCase())
}

/** What an anything-but refuses: values, or texts that an operator fits; one, or any of a list. */
function anythingBut(argument: unknown): (value: unknown) => boolean {
  if (!isObject(argument)) {
    const refused: readonly unknown[] = Array.isArray(argument) ? argument : [argument]
    const types = new Set(refused.map((item) => typeof item))
    if (types.size !== 1 || !(types.has('string') || types.has('number')))
      fail('Value of anything-but must be an array or single string/number value, of one type')
    return (value) => refused.includes(value)
  }
  const [operator, wanted] = only(argument)
  const options: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  if (options.length === 0) fail(`Empty list of ${operator} in anything-but`)
  if ((operator === 'prefix' || operator === 'suffix') && options.includes('')) fail('Null prefix/suffix not allowed')
  const tests = options.map((option) => textTest(operator, option, `${operator} match pattern must be a string in anything-but`))
  return (value) => tests.some((holds) => holds(value))
}

/** `*` is any text; `\*` and `\\` stand for themselves. */
function wildcard(pattern: string): (value: string) => boolean {
  const plain = pattern.replace(/\\[*\\]/g, '')
  if (plain.includes('\\')) fail('Invalid escape character')
  if (plain.includes('**')) fail('Consecutive wildcard characters')
  if (plain.split('*').length - 1 > mostWildcards) fail('Rule is too complex - try using fewer wildcard characters')
  const source = pattern.replace(/\\([*\\])|\*|[.+?^${}()|[\]]/g, (found: string, escaped: string | undefined) =>
    escaped !== undefined ? `\\${escaped}` : found === '*' ? '[\\s\\S]*' : `\\${found}`,
  )
  const expression = new RegExp(`^${source}$`)
  return (value) => expression.test(value)
}

const comparisons: Readonly<Record<string, (limit: number) => (value: number) => boolean>> = {
  '=': (limit) => (value) => value === limit,
  '<': (limit) => (value) => value < limit,
  '<=': (limit) => (value) => value <= limit,
  '>': (limit) => (value) => value > limit,
  '>=': (limit) => (value) => value >= limit,
}

/** `["=", 5]`, `["<", 5]`, `[">", 0, "<=", 5]`: a range begins at its lower end. */
function numeric(argument: unknown): (value: unknown) => boolean {
  if (!Array.isArray(argument)) return fail('Value of numeric must be an array.')
  const [first, low, second, high, ...more]: readonly unknown[] = argument
  const compare = (operator: unknown, limit: unknown): ((value: number) => boolean) => {
    const make = typeof operator === 'string' && Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined
    if (make === undefined) return fail(`Unrecognized numeric range operator: ${String(operator)}`)
    return typeof limit === 'number' ? make(limit) : fail(`Value of ${String(operator)} must be numeric`)
  }
  const tests = [compare(first, low)]
  if (argument.length > 2) {
    if (!String(first).startsWith('>') || more.length > 0) fail('Too many elements in numeric expression')
    if (second !== '<' && second !== '<=') fail(`Bad numeric range operator: ${String(second)}`)
    tests.push(compare(second, high))
    if (Number(low) >= Number(high)) fail('Bottom must be less than top')
  }
  return (value) => typeof value === 'number' && tests.every((holds) => holds(value))
}

/** `10.0.0.0/24`, `2001:db8::/64`: whether an address is in the block. */
function cidr(argument: unknown): (value: unknown) => boolean {
  if (typeof argument !== 'string') return fail('cidr match pattern must be a string')
  const [address = '', mask = '', ...more] = argument.split('/')
  if (mask === '' || more.length > 0) fail("Malformed CIDR, one '/' required")
  if (!/^\d+$/.test(mask)) fail('Malformed CIDR, mask bits must be an integer')
  const family = familyOf(address)
  if (family === undefined) return fail(`Nonstandard IP address: ${address}`)
  const bits = family === 'ipv4' ? 32 : 128
  if (Number(mask) >= bits) fail(`${family === 'ipv4' ? 'IPv4' : 'IPv6'} mask bits must be < ${bits}`)
  const block = new BlockList()
  block.addSubnet(address, Number(mask), family)
  return (value) => typeof value === 'string' && familyOf(value) === family && block.check(value, family)
}

const familyOf = (text: string): 'ipv4' | 'ipv6' | undefined => (isIPv4(text) ? 'ipv4' : isIPv6(text) ? 'ipv6' : undefined)

function fail(reason: string): never {
  throw new Error(`Event pattern is not valid. Reason: ${reason}`)
}
