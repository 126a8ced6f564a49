import { type DataClass, type DataLabel, dataClasses, labelOf, unwrap } from '@wontanara/events'
import * as z from 'zod'

/** A shape that says, for every leaf of a schema, which class it belongs to. `classes` are those of all its leaves. */
type Plan = { readonly classes: ReadonlySet<DataClass> } & (
  | { readonly kind: 'leaf'; readonly label: DataLabel }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Plan> }
  | { readonly kind: 'array'; readonly element: Plan }
  | { readonly kind: 'choice'; readonly discriminator: string; readonly options: ReadonlyMap<unknown, Plan> }
)

const plans = new WeakMap<z.core.$ZodType, Plan>()

/**
 * Reads the labels of a schema. A label holds for everything below it that has none of its own.
 * @throws when a field carries no label, naming it: an unlabelled field fails the build
 */
export function planOf(schema: z.core.$ZodType, path = ''): Plan {
  const known = plans.get(schema)
  if (known !== undefined) return known
  const plan = build(schema, path, undefined)
  plans.set(schema, plan)
  return plan
}

const planBelow = (schema: z.core.$ZodType, path: string, above: DataLabel | undefined): Plan =>
  above === undefined ? planOf(schema, path) : build(schema, path, above)

function build(schema: z.core.$ZodType, path: string, above: DataLabel | undefined): Plan {
  const label = labelOf(schema) ?? above
  const bare = unwrapped(schema)
  // What lies below matters only under a label; asked at every level, it would make each cold start walk every schema many times.
  if (label !== undefined && labelsBelow(bare).every((other) => other.class === label.class))
    return { kind: 'leaf', label, classes: new Set([label.class]) }
  const plan = container(bare, path, label)
  if (plan === undefined)
    throw new Error(
      label === undefined
        ? `field ${path === '' ? '/' : path} carries no data label`
        : `field ${path} cannot be split: what lies in it must carry the label of the whole`,
    )
  return plan
}

function container(schema: z.core.$ZodType, path: string, label: DataLabel | undefined): Plan | undefined {
  if (schema instanceof z.ZodArray) {
    const element = planBelow(schema.def.element, `${path}[]`, label)
    return { kind: 'array', element, classes: element.classes }
  }
  if (schema instanceof z.ZodObject) {
    const fields = new Map(
      Object.entries(schema.shape).map(([name, field]): [string, Plan] => [name, planBelow(field, `${path}/${name}`, label)]),
    )
    return { kind: 'object', fields, classes: classesOf(fields.values()) }
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const discriminator = schema.def.discriminator
    const options = new Map<unknown, Plan>()
    for (const option of schema.def.options) {
      if (!(option instanceof z.ZodObject)) throw new Error(`${path}: every option of a choice must be an object`)
      const tag = option.shape[discriminator]
      const literal = tag === undefined ? undefined : unwrapped(tag)
      if (!(literal instanceof z.ZodLiteral)) throw new Error(`${path}: the discriminator ${discriminator} must be a literal`)
      for (const value of literal.def.values) options.set(value, planBelow(option, `${path}(${String(value)})`, label))
    }
    return { kind: 'choice', discriminator, options, classes: classesOf(options.values()) }
  }
  return undefined
}

const classesOf = (plans: Iterable<Plan>): ReadonlySet<DataClass> => new Set([...plans].flatMap(({ classes }) => [...classes]))

const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType => {
  const inner = unwrap(schema)
  return inner === undefined ? schema : unwrapped(inner)
}

/** Every label inside a schema of any kind, its own not included. */
function labelsBelow(schema: z.core.$ZodType, seen: Set<unknown> = new Set()): readonly DataLabel[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const held = schema instanceof z.ZodLazy ? [schema.unwrap()] : Object.values(schema._zod.def).flatMap(schemasIn)
  return held.flatMap((inner) => {
    const label = z.globalRegistry.get(inner) === undefined ? undefined : labelOf(inner)
    return [...(label === undefined ? [] : [label]), ...labelsBelow(inner, seen)]
  })
}

const schemasIn = (value: unknown): readonly z.core.$ZodType[] => {
  if (value instanceof z.ZodType) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).filter((inner) => inner instanceof z.ZodType) : []
}

type Tree = { [name: string]: unknown }
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

const optionOf = (plan: Extract<Plan, { kind: 'choice' }>, value: Tree): Plan => {
  const option = plan.options.get(value[plan.discriminator])
  if (option === undefined) throw new Error(`no option for this ${plan.discriminator}`)
  return option
}

type Wanted = ReadonlySet<DataClass>
const openClasses: Wanted = new Set(['C0', 'C1'])
/** Whether a class is stored sealed only. */
export const isSealed = (dataClass: DataClass): boolean => !openClasses.has(dataClass)
/** Whether something of the plan is wanted; what has no field at all hides nothing. */
const meets = ({ classes }: Plan, wanted: Wanted): boolean => classes.size === 0 || [...classes].some((dataClass) => wanted.has(dataClass))
const placed = (part: unknown): unknown => (part === undefined ? {} : part)

/**
 * Keeps of a value what belongs to the wanted classes. What holds nothing of them is absent, empty or not; arrays of what is partly
 * wanted keep their length, so that parts of the same value can be put together again by `joined`.
 */
function pick(plan: Plan, value: unknown, wanted: Wanted): unknown {
  if (value === undefined || !meets(plan, wanted)) return undefined
  if (value === null) return null
  switch (plan.kind) {
    case 'leaf':
      return value
    case 'array':
      return Array.isArray(value) ? value.map((element) => placed(pick(plan.element, element, wanted))) : undefined
    case 'choice':
      return isTree(value) ? pick(optionOf(plan, value), value, wanted) : undefined
    case 'object': {
      if (!isTree(value)) return undefined
      const kept: Tree = {}
      for (const [name, field] of plan.fields) {
        const part = pick(field, value[name], wanted)
        if (part !== undefined) kept[name] = part
      }
      return kept
    }
  }
}

/** The classes above C1 that a value really holds; of what is empty or null, the one class in which that is remembered. */
export function classesIn(plan: Plan, value: unknown, found: Set<DataClass> = new Set()): Set<DataClass> {
  if (value === undefined) return found
  const [home] = dataClasses.filter((dataClass) => plan.classes.has(dataClass))
  if (home !== undefined && isSealed(home)) found.add(home)
  if (value === null) return found
  switch (plan.kind) {
    case 'leaf':
      return found
    case 'array':
      if (Array.isArray(value)) for (const element of value) classesIn(plan.element, element, found)
      return found
    case 'choice':
      return isTree(value) ? classesIn(optionOf(plan, value), value, found) : found
    case 'object':
      if (isTree(value)) for (const [name, field] of plan.fields) classesIn(field, value[name], found)
      return found
  }
}

/** A value split by sensitivity: what may lie open, and one part for each class that must be sealed. */
export interface SplitValue {
  readonly open: unknown
  readonly sealed: ReadonlyMap<DataClass, unknown>
}

/** Splits a value of a labelled schema; `joined` puts the parts together again. */
export function split(schema: z.core.$ZodType, value: unknown): SplitValue {
  const plan = planOf(schema)
  const sealed = new Map([...classesIn(plan, value)].map((dataClass) => [dataClass, pick(plan, value, new Set([dataClass]))] as const))
  return { open: pick(plan, value, openClasses), sealed }
}

/** Puts split parts together. Order does not matter; two parts never hold the same leaf. */
export function joined(parts: readonly unknown[]): unknown {
  return parts.reduce((whole, part) => mergeTwo(whole, part), undefined)
}

function mergeTwo(left: unknown, right: unknown): unknown {
  if (left === undefined) return right
  if (right === undefined) return left
  if (Array.isArray(left) && Array.isArray(right)) {
    const longer = left.length >= right.length ? left : right
    return longer.map((_, i) => mergeTwo(left[i], right[i]))
  }
  if (isTree(left) && isTree(right)) {
    const whole: Tree = { ...left }
    for (const [name, value] of Object.entries(right)) whole[name] = mergeTwo(whole[name], value)
    return whole
  }
  return isTree(right) ? left : right
}

/** What a reader who may see `classes` gets of a value: the rest is absent, and so is what holds nothing else, be it empty or null. */
export function project(schema: z.core.$ZodType, value: unknown, classes: ReadonlySet<DataClass>): unknown {
  return pick(planOf(schema), value, classes)
}

/** Every label of a schema with its JSON-pointer-like path, for generated documents and the record of processing. */
export function labelsOf(schema: z.core.$ZodType): readonly { readonly path: string; readonly label: DataLabel }[] {
  const list = (plan: Plan, path: string): readonly { readonly path: string; readonly label: DataLabel }[] => {
    switch (plan.kind) {
      case 'leaf':
        return [{ path, label: plan.label }]
      case 'array':
        return list(plan.element, `${path}/*`)
      case 'choice':
        return [...plan.options.values()].flatMap((option) => list(option, path))
      case 'object':
        return [...plan.fields].flatMap(([name, field]) => list(field, `${path}/${name}`))
    }
  }
  return list(planOf(schema), '')
}
