import type { Bilingual, Language } from '@wontanara/events'

/** Why a request is refused; each maps to one HTTP status. */
export type RefusalKind = 'invalid' | 'not-permitted' | 'not-found' | 'conflict' | 'stale' | 'unprocessable' | 'precondition-required'

/** Values named in a message, for example a date or a code. Never personal data. */
export type Params = Readonly<Record<string, string | number>>

/** One reason, with a machine code. `pointer` is the JSON pointer of the field it is about. */
export interface Reason<C extends string = string> {
  readonly code: C
  readonly params?: Params
  readonly pointer?: string
}

/** A refused request: the main reason, and every guard that failed. */
export interface Refusal<C extends string = string> {
  readonly kind: RefusalKind
  readonly code: C
  readonly params?: Params
  readonly reasons: readonly Reason[]
  /** Current version of the record, for a stale request. */
  readonly version?: number
}

/** A catalogue of refusal codes: what kind of refusal each is, and what people read. `{name}` in a text is replaced by the parameter. */
export type RefusalCatalogue<C extends string = string> = Readonly<Record<C, Bilingual & { readonly kind: RefusalKind }>>

/** Refusals that any service may give. */
export const commonRefusals = {
  'not-found': {
    kind: 'not-found',
    en: 'There is no such record, or it is not within your reach.',
    fr: "Ce dossier n'existe pas ou n'est pas à votre portée.",
  },
  'not-permitted': { kind: 'not-permitted', en: 'Your role does not allow this action.', fr: 'Votre rôle ne permet pas cette action.' },
  'stale-version': {
    kind: 'stale',
    en: 'The record has changed since you read it. Read it again.',
    fr: 'Le dossier a changé depuis votre lecture. Relisez-le.',
  },
  'if-match-required': {
    kind: 'precondition-required',
    en: 'Send the ETag you read in the If-Match header.',
    fr: "Envoyez l'ETag que vous avez lu dans l'en-tête If-Match.",
  },
  'idempotency-key-required': {
    kind: 'precondition-required',
    en: 'Send an Idempotency-Key header of 8 to 128 printable characters.',
    fr: 'Envoyez un en-tête Idempotency-Key de 8 à 128 caractères imprimables.',
  },
  'idempotency-key-reused': {
    kind: 'unprocessable',
    en: 'This Idempotency-Key was used with another request.',
    fr: 'Cette Idempotency-Key a servi à une autre requête.',
  },
  'already-exists': { kind: 'conflict', en: 'It exists already.', fr: 'Cet élément existe déjà.' },
  'guards-failed': {
    kind: 'conflict',
    en: 'The step cannot be taken yet: each reason is listed.',
    fr: "L'étape n'est pas encore possible : chaque raison est indiquée.",
  },
  'invalid-request': {
    kind: 'invalid',
    en: 'The request is not valid: each fault is listed.',
    fr: "La requête n'est pas valide : chaque erreur est indiquée.",
  },
  'invalid-cursor': {
    kind: 'invalid',
    en: 'The cursor does not belong to this list and filter.',
    fr: "Le curseur n'appartient pas à cette liste et à ce filtre.",
  },
} as const satisfies RefusalCatalogue
export type CommonRefusalCode = keyof typeof commonRefusals

/**
 * Declares a service's refusals, the common ones included.
 * @returns the catalogue and `refuse`, which accepts only declared codes
 */
export function defineRefusals<C extends string>(own: RefusalCatalogue<C>) {
  const catalogue: RefusalCatalogue<C | CommonRefusalCode> = { ...commonRefusals, ...own }
  return {
    catalogue,
    /** A refusal for one reason. */
    refuse: (code: C | CommonRefusalCode, params?: Params): Refusal<C | CommonRefusalCode> => ({
      kind: catalogue[code].kind,
      code,
      reasons: [],
      ...(params === undefined ? {} : { params }),
    }),
    /** A refusal that lists every failed guard. */
    refuseAll: (reasons: readonly Reason<C | CommonRefusalCode>[]): Refusal<C | CommonRefusalCode> => ({
      kind: 'conflict',
      code: 'guards-failed',
      reasons,
    }),
  }
}

/** The common refusals, for code that belongs to no service. */
export const common = defineRefusals({})

/** The text of a code in a language, with its parameters filled in; the code itself when the catalogue does not know it. */
export function textOf(catalogue: Readonly<Record<string, Bilingual>>, code: string, language: Language, params: Params = {}): string {
  const entry = catalogue[code]
  if (entry === undefined) return code
  return entry[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}
