import { type DataClass, type DataLabel, labelOf, unwrap } from '@wontanara/events'
import * as z from 'zod'

/** A shape that says, for every leaf of a schema, which class it belongs to. */
type Plan =
  | { readonly kind: 'leaf'; readonly label: DataLabel }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Plan> }
  | { readonly kind: 'array'; readonly element: Plan }
  | { readonly kind: 'choice'; readonly discriminator: string; readonly options: ReadonlyMap<unknown, Plan> }

const plans = new WeakMap<z.core.$ZodType, Plan>()

/**
 * Reads the labels of a schema.
 * @throws when a field carries no label, naming it: an unlabelled field fails the build
 */
export function planOf(schema: z.core.$ZodType, path = ''): Plan {
  const known = plans.get(schema)
  if (known !== undefined) return known
  const plan = build(schema, path)
  plans.set(schema, plan)
  return plan
}

function build(schema: z.core.$ZodType, path: string): Plan {
  const label = labelOf(schema)
  if (label !== undefined) return { kind: 'leaf', label }
  const inner = unwrap(schema)
  if (inner !== undefined) return planOf(inner, path)
  if (schema instanceof z.ZodArray) return { kind: 'array', element: planOf(schema.def.element, `${path}[]`) }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape).map(([name, field]): [string, Plan] => [name, planOf(field, `${path}/${name}`)])
    return { kind: 'object', fields: new Map(fields) }
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const discriminator = schema.def.discriminator
    const options = new Map<unknown, Plan>()
    for (const option of schema.def.options) {
      if (!(option instanceof z.ZodObject)) throw new Error(`${path}: every option of a choice must be an object`)
      const tag = option.shape[discriminator]
      if (!(tag instanceof z.ZodLiteral)) throw new Error(`${path}: the discriminator ${discriminator} must be a literal`)
      for (const value of tag.def.values) options.set(value, planOf(option, `${path}(${String(value)})`))
    }
    return { kind: 'choice', discriminator, options }
  }
  throw new Error(`field ${path === '' ? '/' : path} carries no data label`)
}

type Tree = { [name: string]: unknown }
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

const optionOf = (plan: Extract<Plan, { kind: 'choice' }>, value: Tree): Plan => {
  const option = plan.options.get(value[plan.discriminator])
  if (option === undefined) throw new Error(`no option for this ${plan.discriminator}`)
  return option
}

/**
 * Keeps of a value what belongs to the wanted classes. Objects lose the other fields; arrays keep their length, so that parts
 * of the same value can be put together again by `merge`.
 */
function pick(plan: Plan, value: unknown, wanted: (dataClass: DataClass) => boolean): unknown {
  if (value === undefined || value === null) return undefined
  switch (plan.kind) {
    case 'leaf':
      return wanted(plan.label.class) ? value : undefined
    case 'array': {
      if (!Array.isArray(value)) return undefined
      if (plan.element.kind === 'leaf') return wanted(plan.element.label.class) ? value : undefined
      return value.map((element) => pick(plan.element, element, wanted) ?? {})
    }
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

/** The classes above C1 that a value really holds. */
export function classesIn(plan: Plan, value: unknown, found: Set<DataClass> = new Set()): Set<DataClass> {
  if (value === undefined || value === null) return found
  switch (plan.kind) {
    case 'leaf':
      if (plan.label.class !== 'C0' && plan.label.class !== 'C1') found.add(plan.label.class)
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
  const sealed = new Map<DataClass, unknown>()
  for (const dataClass of classesIn(plan, value))
    sealed.set(
      dataClass,
      pick(plan, value, (c) => c === dataClass),
    )
  return { open: pick(plan, value, (c) => c === 'C0' || c === 'C1'), sealed }
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
  return right
}

/** What a reader who may see `classes` gets of a value: the other fields are absent. Nullable fields stay out as well when they are not visible. */
export function project(schema: z.core.$ZodType, value: unknown, classes: ReadonlySet<DataClass>): unknown {
  return pick(planOf(schema), value, (c) => classes.has(c))
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
