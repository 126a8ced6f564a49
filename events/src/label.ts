import * as z from 'zod'

/**
 * Data classes. C0 public; C1 operational; C2 identity; C3 special category, one compartment each; C4 secrets.
 * Source: the programme's data-protection design, after IOM Data Protection Manual principles 1-8.
 */
export const dataClasses = ['C0', 'C1', 'C2', 'C3-medical', 'C3-protection', 'C3-trafficking', 'C4'] as const
export type DataClass = (typeof dataClasses)[number]

/** What a field is kept for. The codes head the record of processing. */
export type Purpose =
  | 'publication'
  | 'case-management'
  | 'identification'
  | 'contact'
  | 'medical-care'
  | 'child-and-survivor-protection'
  | 'referral'
  | 'accountability'
  | 'security'

/** Which retention rule of the programme ends the field's life. */
export type Retention =
  | 'indefinite'
  | 'case-file'
  | 'medical-file'
  | 'protection-file'
  | 'referral-file'
  | 'directory'
  | 'audit'
  | 'until-rotated'

/** The label every stored or sent field carries. */
export interface DataLabel {
  readonly class: DataClass
  readonly purpose: Purpose
  readonly retention: Retention
}

/** Makes a function that labels a schema, and with it everything below it, unless a field below carries its own label. */
export const labelled =
  (label: DataLabel) =>
  <S extends z.ZodType>(schema: S): S =>
    schema.meta({ ...label })

/** The labels that most fields need; a rarer combination is written out with `labelled`. */
export const open = labelled({ class: 'C0', purpose: 'publication', retention: 'indefinite' })
export const operational = labelled({ class: 'C1', purpose: 'case-management', retention: 'case-file' })
export const identity = labelled({ class: 'C2', purpose: 'identification', retention: 'case-file' })
export const contact = labelled({ class: 'C2', purpose: 'contact', retention: 'case-file' })
export const medical = labelled({ class: 'C3-medical', purpose: 'medical-care', retention: 'medical-file' })
export const protection = labelled({ class: 'C3-protection', purpose: 'child-and-survivor-protection', retention: 'protection-file' })
export const accountability = labelled({ class: 'C1', purpose: 'accountability', retention: 'audit' })
export const secret = labelled({ class: 'C4', purpose: 'security', retention: 'until-rotated' })

const isLabel = (meta: unknown): meta is DataLabel =>
  typeof meta === 'object' && meta !== null && 'class' in meta && 'purpose' in meta && 'retention' in meta

/** The label written on this very schema, looking through optional, nullable, default and readonly wrappers. */
export function labelOf(schema: z.core.$ZodType): DataLabel | undefined {
  const meta = z.globalRegistry.get(schema)
  if (isLabel(meta)) return meta
  const inner = unwrap(schema)
  return inner === undefined ? undefined : labelOf(inner)
}

/** The schema inside an optional, nullable, default or readonly wrapper; undefined when there is no wrapper. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return schema.def.innerType
  return undefined
}
