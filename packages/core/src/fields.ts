import * as z from 'zod'

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** ISO 3166-1 alpha-2 country code. */
export const country = () =>
  z
    .string()
    .regex(/^[A-Z]{2}$/)
    .refine((code) => /^[A-Z]{2}$/.test(code) && regions.of(code) !== undefined, { params: { code: 'not-a-country' } })

/** ISO 3166-2:GN subdivision code: a region or prefecture of Guinea. */
export const guineaPlace = () => z.string().regex(/^GN-[A-Z]{1,2}$/)

/** Telephone number, E.164. */
export const phone = () => z.string().regex(/^\+[1-9]\d{6,14}$/)

/** One line of text people write: trimmed, no control characters. */
export const line = (maximum: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .regex(/^\P{Cc}*$/u)

/** Text of several lines. */
export const note = (maximum: number) => z.string().trim().min(1).max(maximum)
