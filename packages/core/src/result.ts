/** The outcome of something that may be refused. Refusals are values; only faults are thrown. */
export type Result<T, R> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: R }

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value })
export const refused = <R>(refusal: R): Result<never, R> => ({ ok: false, refusal })
