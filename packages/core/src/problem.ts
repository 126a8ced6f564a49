import type { Language } from '@wontanara/events'
import type * as z from 'zod'
import { type Reason, type Refusal, type RefusalCatalogue, type RefusalKind, textOf } from './refusal.ts'

/** Problem details, RFC 9457, with a machine code, every reason and a trace id. Holds no submitted value, no stack and no name of our infrastructure. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly traceId: string
  readonly errors?: readonly { readonly pointer?: string; readonly code: string; readonly detail: string }[]
}

/** The one mapping of refusals to HTTP. */
export const statusOf: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  'not-permitted': 403,
  'not-found': 404,
  conflict: 409,
  stale: 412,
  unprocessable: 422,
  'precondition-required': 428,
}

/** Refusals of the HTTP layer itself, and the reasons why a field is not valid. */
export const httpTexts = {
  unauthorized: {
    kind: 'not-permitted',
    en: 'The token does not say who you are in this programme.',
    fr: 'Le jeton ne dit pas qui vous êtes dans ce programme.',
  },
  'not-json': { kind: 'invalid', en: 'The body is not JSON.', fr: "Le corps de la requête n'est pas du JSON." },
  'body-too-large': { kind: 'invalid', en: 'The body is larger than {limit} bytes.', fr: 'Le corps dépasse {limit} octets.' },
  'body-too-deep': {
    kind: 'invalid',
    en: 'The body is nested deeper than {limit} levels.',
    fr: 'Le corps est imbriqué sur plus de {limit} niveaux.',
  },
  'unsupported-media-type': { kind: 'invalid', en: 'Send application/json.', fr: 'Envoyez du application/json.' },
  'unexpected-body': { kind: 'invalid', en: 'This request takes no body.', fr: "Cette requête n'a pas de corps." },
  'try-again': {
    kind: 'conflict',
    en: 'Something failed on our side and nothing was lost. Send the same request again, with the same Idempotency-Key.',
    fr: "Une panne de notre côté, rien n'est perdu. Renvoyez la même requête avec la même Idempotency-Key.",
  },
  'rate-limited': {
    kind: 'conflict',
    en: 'Too many requests came from where you are. Send this one again later.',
    fr: 'Trop de requêtes sont venues de là où vous êtes. Renvoyez celle-ci plus tard.',
  },
  'random-key-required': {
    kind: 'precondition-required',
    en: 'Send an Idempotency-Key header that nobody else can have: a random UUID, the same when you send this again.',
    fr: "Envoyez un en-tête Idempotency-Key que personne d'autre ne peut avoir : un UUID aléatoire, le même si vous renvoyez cette requête.",
  },
  'unknown-field': { kind: 'invalid', en: 'There is no field {name} here.', fr: "Il n'y a pas de champ {name} ici." },
  required: { kind: 'invalid', en: 'This field is required.', fr: 'Ce champ est obligatoire.' },
  'wrong-type': { kind: 'invalid', en: 'Expected: {expected}.', fr: 'Attendu : {expected}.' },
  'too-short': { kind: 'invalid', en: 'At least {minimum}.', fr: 'Au moins {minimum}.' },
  'too-long': { kind: 'invalid', en: 'At most {maximum}.', fr: 'Au plus {maximum}.' },
  'wrong-format': { kind: 'invalid', en: 'Not in the expected form ({format}).', fr: 'Pas dans la forme attendue ({format}).' },
  'not-in-list': { kind: 'invalid', en: 'Not one of: {values}.', fr: 'Ne fait pas partie de : {values}.' },
  'no-such-date': {
    kind: 'invalid',
    en: 'There is no such date. Write YYYY, YYYY-MM or YYYY-MM-DD.',
    fr: "Cette date n'existe pas. Écrivez AAAA, AAAA-MM ou AAAA-MM-JJ.",
  },
  'not-a-phone-number': {
    kind: 'invalid',
    en: 'Not a telephone number in international form (+224…).',
    fr: "Ce n'est pas un numéro de téléphone international (+224…).",
  },
  'not-a-country': { kind: 'invalid', en: 'Not an ISO 3166-1 alpha-2 country code.', fr: "Ce n'est pas un code pays ISO 3166-1 alpha-2." },
  'not-valid': { kind: 'invalid', en: 'Not valid.', fr: 'Non valide.' },
} as const satisfies RefusalCatalogue

type HttpCode = keyof typeof httpTexts
/** A refusal of the HTTP layer itself. */
export const httpRefusal = (code: HttpCode, params?: Refusal['params'], reasons: Refusal['reasons'] = []): Refusal => ({
  kind: httpTexts[code].kind,
  code,
  reasons,
  ...(params === undefined ? {} : { params }),
})
/** Codes whose HTTP status is not that of their kind. */
export const specialStatus: Readonly<Partial<Record<string, number>>> = {
  unauthorized: 401,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'try-again': 503,
  'rate-limited': 429,
}

/** A refusal as problem details. */
export function problemOf(
  refusal: Refusal,
  catalogue: RefusalCatalogue,
  language: Language,
  traceId: string,
  status = statusOf[refusal.kind],
): Problem {
  const texts = { ...httpTexts, ...catalogue }
  const errors = refusal.reasons.map(({ code, params, pointer }) => ({
    ...(pointer === undefined ? {} : { pointer }),
    code,
    detail: textOf(texts, code, language, params),
  }))
  return {
    type: `/problems/${refusal.code}`,
    title: textOf(texts, refusal.code, language, refusal.params),
    status,
    code: refusal.code,
    traceId,
    ...(errors.length === 0 ? {} : { errors }),
  }
}

/** A field's name as it may be repeated in an answer: short, and only if it looks like a name. A value sent in the wrong place must not come back. */
const safeName = (name: PropertyKey): string => (/^([A-Za-z][A-Za-z0-9_-]{0,39}|\d{1,9})$/.test(String(name)) ? String(name) : '?')

/** The JSON pointer (RFC 6901) of a place in a request. */
export const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${safeName(part)}`).join('')

export const unknownField = (pointer: string): Reason => ({
  pointer,
  code: 'unknown-field',
  params: { name: pointer.slice(pointer.lastIndexOf('/') + 1) },
})

const notInList = (pointer: string, values: readonly unknown[]): Reason => ({
  pointer,
  code: 'not-in-list',
  params: { values: values.slice(0, 30).map(String).join(', ') },
})
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

/** The faults of a request, without the values. At most 50: a client mends the first ones first. */
export function reasonsOf(error: z.core.$ZodError, within = ''): Refusal['reasons'] {
  return error.issues.slice(0, 50).flatMap((issue): Refusal['reasons'] => {
    const pointer = within + pointerOf(issue.path)
    const missing = 'input' in issue && issue.input === undefined
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.slice(0, 20).map((name) => unknownField(pointer + pointerOf([name])))
      case 'invalid_type':
        return missing ? [{ pointer, code: 'required' }] : [{ pointer, code: 'wrong-type', params: { expected: issue.expected } }]
      case 'too_small':
        return [{ pointer, code: 'too-short', params: { minimum: String(issue.minimum) } }]
      case 'too_big':
        return [{ pointer, code: 'too-long', params: { maximum: String(issue.maximum) } }]
      case 'invalid_format':
        return [{ pointer, code: 'wrong-format', params: { format: issue.format } }]
      case 'invalid_value':
        return missing ? [{ pointer, code: 'required' }] : [notInList(pointer, issue.values)]
      case 'invalid_union':
        if (issue.discriminator === undefined || !('options' in issue)) return [{ pointer, code: 'not-valid' }]
        return fieldOf(issue.input, issue.discriminator) === undefined
          ? [{ pointer, code: 'required' }]
          : [notInList(pointer, issue.options ?? [])]
      case 'custom': {
        const code: unknown = issue.params?.code
        return [{ pointer, code: typeof code === 'string' ? code : 'not-valid' }]
      }
      default:
        return [{ pointer, code: 'not-valid' }]
    }
  })
}

/** The faults of stored or answered data, for a log or an error: codes and pointers only. */
export const faultsOf = (error: z.core.$ZodError): string =>
  reasonsOf(error)
    .map(({ code, pointer }) => `${code} at ${pointer === '' ? '/' : pointer}`)
    .join(', ')
