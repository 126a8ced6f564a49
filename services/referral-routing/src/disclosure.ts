import { newId } from '@wontanara/core'
import { accountability, ConsentId, codeList, exceptionBases, Instant, OrganisationId, ReferralId } from '@wontanara/events'
import * as z from 'zod'

/** What left: codes only, the consented data, or the notice that nothing more may be kept. */
export const disclosedKinds = codeList('disclosed-kind', {
  codes: { en: 'Codes, place and urgency', fr: 'Codes, lieu et urgence' },
  data: { en: 'Data of the person', fr: 'Données de la personne' },
  notice: { en: 'Notice to stop and delete', fr: "Avis d'arrêt et de suppression" },
})
/** The way by which it left. */
export const disclosureChannels = codeList('disclosure-channel', {
  api: { en: 'Answer of the API', fr: "Réponse de l'API" },
  feed: { en: 'Feed of events', fr: "Flux d'événements" },
  webhook: { en: 'Webhook', fr: 'Webhook' },
  'event-bridge': { en: 'Event bus of the partner', fr: "Bus d'événements du partenaire" },
})

/** What a disclosure rested on: consents that cover it or, where they do not, an exception by two named persons. */
export const Ground = {
  consents: accountability(z.array(ConsentId)),
  exception: z.strictObject({ basis: accountability(exceptionBases.schema), confirmedAt: Instant }).optional(),
}
export type Ground = Readonly<z.output<z.ZodObject<typeof Ground>>>

/** A line of the disclosure log: something about a person that left for a partner. It holds no value of what left. */
export const Disclosure = z.strictObject({
  disclosureId: accountability(z.string()),
  /** When it was about to leave. */
  at: Instant,
  referralId: ReferralId,
  recipient: OrganisationId,
  what: accountability(disclosedKinds.schema),
  channel: accountability(disclosureChannels.schema),
  format: accountability(z.enum(['json', 'fhir'])),
  ...Ground,
  /** Paths of the fields, elements of lists as `*`; those that were encrypted to the partner's key included. */
  fields: accountability(z.array(z.string())),
  /** SHA-256 of the exact body, hexadecimal. Of a list of several referrals, of the line about this one. */
  sha256: accountability(z.string().regex(/^[0-9a-f]{64}$/)),
  /** Id of the partner's key that the data was encrypted to. */
  encryptedTo: accountability(z.string()).optional(),
})
export type Disclosure = z.output<typeof Disclosure>

/** Something about to leave for a partner. */
export interface Leaving extends Omit<Disclosure, 'disclosureId' | 'fields' | 'sha256'> {
  readonly caseId: string
  /** The exact text, JSON. */
  readonly body: string
  /** What is encrypted within it, for its field names. */
  readonly sealed?: unknown
}

export interface DisclosurePage {
  readonly items: readonly Disclosure[]
  /** To ask for what comes after the last of them; absent when there is no more. */
  readonly next?: string
}

/**
 * What left about each person, to whom, when and on what ground. A line is written before its body leaves: it may stand for an answer that
 * got lost on the way, but nothing leaves without a line.
 */
export interface DisclosureLog {
  /** @throws when not all lines could be written: then nothing may leave */
  record(...leaving: readonly Leaving[]): Promise<void>
  /** The lines of a case, newest first. @param after `next` of the page before */
  read(caseId: string, limit: number, after?: string): Promise<DisclosurePage>
}

/** The paths of everything that a JSON value holds, without any of it. */
export function pathsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((element) => pathsOf(element, `${path}/*`)))]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, `${path}/${name}`))
  return value === undefined ? [] : [path]
}

/** SHA-256 of a text, hexadecimal. */
export const sha256Of = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex')

/** The line about something that leaves. */
export async function lineOf({ caseId: _, body, sealed, ...told }: Leaving): Promise<Disclosure> {
  const fields = [...pathsOf(JSON.parse(body)), ...(sealed === undefined ? [] : pathsOf(sealed))]
  return { disclosureId: newId('disclosure', new Date(told.at)), ...told, fields, sha256: await sha256Of(body) }
}

/** Where a line stands among those of a case. */
export const positionOf = ({ at, disclosureId }: Disclosure): string => `${at}#${disclosureId}`

/** A log for tests. */
export function memoryDisclosures(): DisclosureLog {
  const logs = new Map<string, readonly Disclosure[]>()
  return {
    record: async (...leaving) => {
      for (const one of leaving) logs.set(one.caseId, [...(logs.get(one.caseId) ?? []), Disclosure.parse(await lineOf(one))])
    },
    read: async (caseId, limit, after) => {
      const lines = [...(logs.get(caseId) ?? [])].sort((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1))
      const rest = after === undefined ? lines : lines.filter((line) => positionOf(line) < after)
      const items = structuredClone(rest.slice(0, limit))
      const last = items.at(-1)
      return last === undefined || rest.length <= limit ? { items } : { items, next: positionOf(last) }
    },
  }
}
