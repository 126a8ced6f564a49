/** How long an application is kept that nobody takes up, in days. A setting of the programme. */
export const applicationDays = 180
/** How long the rows of a manifest are kept, and what became of each, in days. The cases that came of them have periods of their own. */
export const manifestDays = 90

/** What came before it has been kept long enough at an instant. */
export const keptSince = (days: number, at: string): string => new Date(Date.parse(at) - days * 86_400_000).toISOString()
