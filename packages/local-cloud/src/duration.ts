const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const short = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/
/** ISO 8601, without the units that have no fixed length: years and months. */
const iso = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * A length of time in milliseconds.
 * @param duration milliseconds, `500ms`, `30s`, `90m`, `72h`, `3d`, `2w`, or ISO 8601: `PT72H`, `P1DT12H`
 * @returns undefined when it is none of these
 */
export function millisecondsOf(duration: string | number): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) && duration >= 0 ? duration : undefined
  const [, value, unit = ''] = short.exec(duration) ?? []
  if (value !== undefined) return Math.round(Number(value) * (units[unit] ?? Number.NaN))
  const parts = iso.exec(duration)?.slice(1)
  if (parts === undefined) return undefined
  return Math.round(['w', 'd', 'h', 'm', 's'].reduce((sum, unit, i) => sum + Number(parts[i] ?? 0) * (units[unit] ?? 0), 0))
}
