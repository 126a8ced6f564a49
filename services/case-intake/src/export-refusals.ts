import type { RefusalCatalogue } from '@wontanara/core'

/** Why an export is not begun, or does not go on. */
export const exportRefusals = {
  'export-running': {
    kind: 'conflict',
    en: 'Another export of yours is not done yet: wait for it or cancel it.',
    fr: "Un autre de vos exports n'est pas terminé : attendez-le ou annulez-le.",
  },
  'export-ended': {
    kind: 'conflict',
    en: 'The export has ended: {status}.',
    fr: "L'export est terminé : {status}.",
  },
} as const satisfies RefusalCatalogue
