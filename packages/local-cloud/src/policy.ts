import * as z from 'zod'
import { errorText } from './json.ts'

/*
 * IAM policies: their grammar, and what a set of them says about one request. Pure; knows no service.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

/** Values of a condition key, given in lower case; undefined when the request does not have it. */
export type Context = (key: string) => readonly string[] | undefined

/** Who asks: a session of a role, or a service of AWS, such as `events.amazonaws.com`. */
export type Principal =
  | { readonly role: string; readonly session: string; readonly account: string }
  | { readonly service: string; readonly account?: never }

export interface Request {
  readonly principal: Principal
  /** `dynamodb:PutItem` */
  readonly action: string
  readonly resource: string
  readonly context: Context
}

/** The patterns of a statement that fit a request. */
export interface Fit {
  readonly statement: Statement
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}

/**
 * How far a statement's principal fits who asks: its session, its role or everybody, or only the account, which then decides by its own
 * policies.
 */
type Reach = 'session' | 'role' | 'account' | 'none'

export interface Statement {
  /** Its `Sid`, or its place in the policy, from 1. */
  readonly id: string
  readonly effect: 'Allow' | 'Deny'
  /** Action patterns x resource patterns, as written; those of NotAction and NotResource begin with `not `. */
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** Condition keys and variables in it, in lower case. */
  readonly keys: ReadonlySet<string>
  /** Whether the action, and the resource as far as it does not depend on the request, fit. */
  concerns(action: string, resource: string): boolean
  reach(principal: Principal): Reach
  /** @returns undefined when it does not apply */
  fit(request: Request): Fit | undefined
}

/** Policies that decide together. */
export interface Policies {
  readonly identity: readonly Statement[]
  /** A permissions boundary; undefined when there is none. */
  readonly boundary: readonly Statement[] | undefined
  readonly resource: readonly Statement[]
  /** Whether identity policies count only as far as the resource's policy lets the account decide: that of a KMS key. */
  readonly delegated: boolean
}

/** `because`: the end of the sentence with which AWS refuses. */
export type Decision = { readonly allowed: true; readonly by: readonly Fit[] } | { readonly allowed: false; readonly because: string }

/**
 * Decides on one request within one account: an explicit deny wins, then something must allow. What a resource's policy gives to a session
 * or a service stands alone; what it gives to a role stands beside the role's own policies, and within its boundary.
 */
export function decide({ identity, boundary, resource, delegated }: Policies, request: Request): Decision {
  const { action, principal } = request
  const fits = (statements: readonly Statement[], effect: Statement['effect']): Fit[] =>
    statements.flatMap((statement) => (statement.effect === effect ? (statement.fit(request) ?? []) : []))
  const refuse = (because: string): Decision => ({ allowed: false, because })
  const nothingIn = (kind: string): Decision => refuse(`because no ${kind} allows the ${action} action`)

  if (fits(identity, 'Deny').length > 0) return refuse('with an explicit deny in an identity-based policy')
  if (fits(resource, 'Deny').length > 0) return refuse('with an explicit deny in a resource-based policy')
  if (boundary !== undefined && fits(boundary, 'Deny').length > 0) return refuse('with an explicit deny in a permissions boundary')

  const reached = new Set(fits(resource, 'Allow').map(({ statement }) => statement.reach(principal)))
  if (reached.has('session')) return { allowed: true, by: [] }
  if ('service' in principal) return nothingIn('resource-based policy')
  const own = fits(identity, 'Allow')
  const toRole = reached.has('role')
  if (delegated && !toRole && !reached.has('account')) return nothingIn('resource-based policy')
  if (own.length === 0 && !toRole) return nothingIn('identity-based policy')
  if (boundary !== undefined && fits(boundary, 'Allow').length === 0) return nothingIn('permissions boundary')
  return { allowed: true, by: own }
}

const Texts = z.union([z.string().transform((text) => [text]), z.array(z.string())])
const Values = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const StatementShape = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: Texts.optional(),
    NotAction: Texts.optional(),
    Resource: Texts.optional(),
    NotResource: Texts.optional(),
    Principal: z.union([z.literal('*'), z.strictObject({ AWS: Texts.optional(), Service: Texts.optional() })]).optional(),
    NotPrincipal: z.never({ error: 'NotPrincipal is not emulated' }).optional(),
    Condition: z.record(z.string(), z.record(z.string(), z.union([Values.transform((value) => [value]), z.array(Values)]))).default({}),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), 'one of Action and NotAction')
  .refine(({ Resource, NotResource }) => Resource === undefined || NotResource === undefined, 'one of Resource and NotResource')
const Document = z.strictObject({
  Version: z.enum(['2012-10-17', '2008-10-17']).default('2008-10-17'),
  Id: z.string().optional(),
  Statement: z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(StatementShape)),
})

/** `identity`: of a role, or a boundary; `resource`: of a queue, key, bus, table, function; `trust`: who may assume a role. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

/**
 * Compiles a policy document.
 * @param where what a person calls it, for errors
 * @throws when it is malformed, or holds an element or an operator that is not emulated
 */
export function compilePolicy(document: unknown, kind: PolicyKind, where: string): readonly Statement[] {
  const parsed = Document.safeParse(document)
  if (!parsed.success) throw new Error(`${where}: ${z.prettifyError(parsed.error)}`)
  const { Version, Statement } = parsed.data
  return Statement.map((statement, i) => {
    const id = statement.Sid ?? `statement ${i + 1}`
    try {
      return compileStatement(statement, kind, id, Version === '2012-10-17')
    } catch (error) {
      throw new Error(`${where}, ${id}: ${errorText(error)}`, { cause: error })
    }
  })
}

function compileStatement(shape: z.output<typeof StatementShape>, kind: PolicyKind, id: string, variables: boolean): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, Condition } = shape
  if ((kind === 'identity') !== (Principal === undefined)) throw new Error(`${kind === 'identity' ? 'no' : 'a'} Principal is expected`)
  if (kind !== 'trust' && Resource === undefined && NotResource === undefined) throw new Error('a Resource is expected')
  const keys = new Set<string>()
  // Neither part of an action minds its case.
  const actions = patternList(Action, NotAction, (text) => compilePattern(text, 'text', false, keys, 'is'))
  const resources = patternList(Resource ?? (kind === 'trust' ? ['*'] : undefined), NotResource, (text) =>
    compilePattern(text, 'resource', variables, keys),
  )
  const conditions = Object.entries(Condition).flatMap(([operator, pairs]) =>
    Object.entries(pairs).map(([key, values]) => {
      keys.add(key.toLowerCase())
      return compileCondition(operator, key.toLowerCase(), values, variables, keys)
    }),
  )
  const reach = compilePrincipal(Principal)
  const statement: Statement = {
    id,
    effect: Effect,
    actions: actions.texts,
    resources: resources.texts,
    keys,
    reach,
    concerns: (action, resource) => actions.fit(action, none).length > 0 && (resources.depends || resources.fit(resource, none).length > 0),
    fit: ({ action, resource, context, principal }) => {
      // A deny to an account denies everybody in it.
      if (kind !== 'identity' && reach(principal) === 'none') return undefined
      const byAction = actions.fit(action, context)
      const byResource = byAction.length === 0 ? [] : resources.fit(resource, context)
      return byResource.length > 0 && conditions.every((holds) => holds(context))
        ? { statement, actions: byAction, resources: byResource }
        : undefined
    },
  }
  return statement
}

const none: Context = () => undefined

/** Whether a text fits; some patterns depend on the request, through its variables. */
interface Pattern {
  readonly text: string
  readonly depends: boolean
  test(value: string, context: Context): boolean
}

/** Patterns of which one must fit, or none. */
function patternList(yes: readonly string[] | undefined, no: readonly string[] | undefined, compile: (text: string) => Pattern) {
  const patterns = (yes ?? no ?? []).map(compile)
  const negated = yes === undefined
  const texts = negated ? [`not ${patterns.map(({ text }) => text).join(', ')}`] : patterns.map(({ text }) => text)
  return {
    texts,
    depends: patterns.some(({ depends }) => depends),
    /** The texts of the patterns that fit. */
    fit: (value: string, context: Context): readonly string[] => {
      const found = patterns.filter((pattern) => pattern.test(value, context))
      return negated ? (found.length === 0 ? texts : []) : found.map(({ text }) => text)
    },
  }
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** A piece of a pattern: text, a wildcard, or a variable with what stands for it when the request does not have it. */
type Piece = string | { readonly wildcard: '*' | '?' } | { readonly key: string; readonly otherwise: string | undefined }

/** Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html; `${*}`, `${?}` and `${$}` are the characters. */
function piecesOf(text: string, variables: boolean, wildcards: boolean): readonly Piece[] {
  return [...text.matchAll(variables ? /\$\{([^}]*)\}|./gs : /./gs)].flatMap(([whole, inside]): Piece[] => {
    if (inside === undefined) return [wildcards && (whole === '*' || whole === '?') ? { wildcard: whole } : whole]
    if (inside === '*' || inside === '?' || inside === '$') return [inside]
    const [, key, otherwise] = /^\s*([\w:/.+=@-]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inside) ?? []
    if (key === undefined) throw new Error(`not a policy variable: ${whole}`)
    return [{ key: key.toLowerCase(), otherwise }]
  })
}

/**
 * How wildcards run. `text`: over everything. `arn`: within one of the six parts of an ARN. `resource`: so too, but the last of a part may
 * run on: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
type Wildcards = 'none' | 'text' | 'arn' | 'resource'

function compilePattern(text: string, mode: Wildcards, variables: boolean, keys: Set<string>, flags = 's'): Pattern {
  const pieces = piecesOf(text, variables, mode !== 'none')
  let colons = 0
  const sources = pieces.map((piece, i): string | ((context: Context) => string | undefined) => {
    if (typeof piece === 'string') {
      if (piece === ':') colons++
      return literal(piece)
    }
    if ('wildcard' in piece) {
      const next = pieces[i + 1]
      const runsOn = mode === 'text' || colons >= 5 || next === undefined || (mode === 'resource' && next === ':')
      return piece.wildcard === '?' ? (mode === 'text' || colons >= 5 ? '.' : '[^:]') : runsOn ? '.*' : '[^:]*'
    }
    keys.add(piece.key)
    return (context) => {
      // A key of several values does not stand for one.
      const [value, ...more] = context(piece.key) ?? []
      const used = more.length > 0 ? undefined : (value ?? piece.otherwise)
      return used === undefined ? undefined : literal(used)
    }
  })
  const compile = (parts: readonly string[]): RegExp => new RegExp(`^${parts.join('')}$`, flags)
  const fixed = sources.filter((source) => typeof source === 'string')
  if (fixed.length === sources.length) {
    const regexp = compile(fixed)
    return { text, depends: false, test: (value) => regexp.test(value) }
  }
  return {
    text,
    depends: true,
    test: (value, context) => {
      const parts = sources.map((source) => (typeof source === 'string' ? source : source(context)))
      const found = parts.filter((part) => part !== undefined)
      return found.length === parts.length && compile(found).test(value)
    },
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function compilePrincipal(shape: z.output<typeof StatementShape>['Principal']): (principal: Principal) => Reach {
  if (shape === undefined) return () => 'none'
  const names = shape === '*' ? ['*'] : (shape.AWS ?? [])
  const services = shape === '*' ? [] : (shape.Service ?? [])
  return (principal) => {
    if ('service' in principal) return services.includes(principal.service) || names.includes('*') ? 'session' : 'none'
    if (names.includes(principal.session)) return 'session'
    if (names.includes('*') || names.includes(principal.role)) return 'role'
    return names.includes(principal.account) || names.includes(`arn:aws:iam::${principal.account}:root`) ? 'account' : 'none'
  }
}

type Holds = (context: Context) => boolean
/** Makes the test of one value against one operand. */
type Compare = (operand: string, pattern: (mode: Wildcards, flags?: string) => Pattern) => (value: string, context: Context) => boolean

const asPattern =
  (mode: Wildcards, flags?: string): Compare =>
  (_, pattern) =>
    pattern(mode, flags).test
const asNumbers =
  (read: (text: string) => number, holds: (value: number, operand: number) => boolean): Compare =>
  (operand) => {
    const known = read(operand)
    if (Number.isNaN(known)) throw new Error(`not an operand: ${operand}`)
    return (value) => holds(read(value), known)
  }
const number = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))
/** ISO 8601, or seconds since 1970. */
const instant = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text))
const bool: Compare = (operand) => {
  if (!/^(true|false)$/i.test(operand)) throw new Error(`not an operand: ${operand}`)
  return (value) => value.toLowerCase() === operand.toLowerCase()
}

const ordered = (type: string, read: (text: string) => number): Readonly<Record<string, Compare>> => ({
  [`${type}Equals`]: asNumbers(read, (value, operand) => value === operand),
  [`${type}LessThan`]: asNumbers(read, (value, operand) => value < operand),
  [`${type}LessThanEquals`]: asNumbers(read, (value, operand) => value <= operand),
  [`${type}GreaterThan`]: asNumbers(read, (value, operand) => value > operand),
  [`${type}GreaterThanEquals`]: asNumbers(read, (value, operand) => value >= operand),
})
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const positive: Readonly<Record<string, Compare>> = {
  StringEquals: asPattern('none'),
  StringEqualsIgnoreCase: asPattern('none', 'is'),
  StringLike: asPattern('text'),
  ArnEquals: asPattern('arn'),
  ArnLike: asPattern('arn'),
  Bool: bool,
  ...ordered('Numeric', number),
  ...ordered('Date', instant),
}
/** Name of an operator that says no -> what it says no to. */
const negative: Readonly<Record<string, Compare>> = Object.fromEntries(
  ['String', 'Arn', 'Numeric', 'Date'].flatMap((type) =>
    ['Equals', 'EqualsIgnoreCase', 'Like'].flatMap((way) => {
      const compare = positive[`${type}${way}`]
      return compare === undefined ? [] : [[`${type}Not${way}`, compare]]
    }),
  ),
)

/**
 * One key of one operator. Operands are alternatives; an operator that says no holds when none of them fits, and when the key is missing.
 * Sets: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
function compileCondition(operator: string, key: string, operands: readonly string[], variables: boolean, keys: Set<string>): Holds {
  if (operator === 'Null') {
    const tests = operands.map((operand) => bool(operand, () => compilePattern(operand, 'none', false, keys)))
    return (context) => tests.some((test) => test(String((context(key) ?? []).length === 0), context))
  }
  const [, set, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  const compare = positive[name] ?? negative[name]
  if (compare === undefined) throw new Error(`the condition operator ${operator} is not emulated`)
  const says = name in positive
  const tests = operands.map((operand) => compare(operand, (mode, flags) => compilePattern(operand, mode, variables, keys, flags)))
  return (context) => {
    const values = context(key) ?? []
    if (values.length === 0) return ifExists !== undefined || set === 'ForAllValues' || (!says && set === undefined)
    const fits = (value: string): boolean => tests.some((test) => test(value, context)) === says
    // Without a set operator a key has one value; where it has more, yes means one of them, no means none.
    return set === 'ForAllValues' || (set === undefined && !says) ? values.every(fits) : values.some(fits)
  }
}
