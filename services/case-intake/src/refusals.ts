import { defineRefusals } from '@wontanara/core'

export const { catalogue, refuse, refuseAll } = defineRefusals({
  'name-needed': { kind: 'invalid', en: 'Give at least one name.', fr: 'Indiquez au moins un nom.' },
  'mistyped-reference': {
    kind: 'unprocessable',
    en: 'This reference is mistyped: its check character does not fit. Read it again.',
    fr: 'Cette référence est mal saisie : son caractère de contrôle ne correspond pas. Relisez-la.',
  },
  'birth-date-in-future': {
    kind: 'unprocessable',
    en: 'The birth date lies in the future.',
    fr: 'La date de naissance est dans le futur.',
  },
  'guardian-must-sign': {
    kind: 'unprocessable',
    en: 'For a child a guardian signs, or two people decide in the best interests of the child.',
    fr: "Pour un enfant, un tuteur signe, ou deux personnes décident dans l'intérêt supérieur de l'enfant.",
  },
  'need-not-found': { kind: 'not-found', en: 'This case has no such need.', fr: "Ce dossier n'a pas ce besoin." },
})
export type CaseRefusal = Parameters<typeof refuse>[0]
