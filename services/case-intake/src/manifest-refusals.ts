import type { RefusalCatalogue } from '@wontanara/core'

/** Why a manifest, or a row of it, is not taken. */
export const manifestRefusals = {
  'file-or-rows': {
    kind: 'invalid',
    en: 'Send a file or rows, and not both.',
    fr: 'Envoyez un fichier ou des lignes, mais pas les deux.',
  },
  'columns-missing': {
    kind: 'unprocessable',
    en: 'No row of headers was found with a name and a birth date. Take the template.',
    fr: "Aucune ligne d'en-têtes avec un nom et une date de naissance n'a été trouvée. Prenez le modèle.",
  },
  'column-twice': {
    kind: 'unprocessable',
    en: 'Two columns of the file are the same.',
    fr: 'Deux colonnes du fichier sont les mêmes.',
  },
  'manifest-erased': {
    kind: 'conflict',
    en: 'Its rows were kept long enough and are erased; the cases that came of them are there.',
    fr: 'Ses lignes ont été conservées assez longtemps et sont effacées ; les dossiers qui en sont issus existent toujours.',
  },
  'manifest-empty': { kind: 'unprocessable', en: 'There is nobody in it.', fr: 'Il ne contient personne.' },
  'manifest-too-long': {
    kind: 'unprocessable',
    en: 'It has more than {limit} rows: send it in parts.',
    fr: 'Il a plus de {limit} lignes : envoyez-le en plusieurs parties.',
  },
  'manifest-too-large': {
    kind: 'unprocessable',
    en: 'So much is said of its people that it cannot be kept as one: send it in parts.',
    fr: "Il en dit tant sur les personnes qu'il ne peut être conservé d'un seul tenant : envoyez-le en plusieurs parties.",
  },
  'date-not-understood': {
    kind: 'invalid',
    en: 'Not a date: write 17/04/1998 (day first), 1998-04-17, 04/1998 or 1998.',
    fr: "Ce n'est pas une date : écrivez 17/04/1998, 1998-04-17, 04/1998 ou 1998.",
  },
  'cell-not-understood': {
    kind: 'invalid',
    en: 'Not understood: see the description of the column.',
    fr: 'Non compris : voyez la description de la colonne.',
  },
  'ground-missing': {
    kind: 'unprocessable',
    en: 'Nothing says on what the use of the data rests: a consent or a legal ground is needed.',
    fr: "Rien ne dit sur quoi repose l'usage des données : il faut un consentement ou un fondement légal.",
  },
  'number-repeated': {
    kind: 'unprocessable',
    en: 'Another person of the file has the same number: each needs a number of its own.',
    fr: 'Une autre personne du fichier a le même numéro : chacune doit avoir le sien.',
  },
  'changed-here-too': {
    kind: 'conflict',
    en: 'It was corrected in the case as well: decide there which is right.',
    fr: 'Cela a aussi été corrigé dans le dossier : décidez-y ce qui est juste.',
  },
} as const satisfies RefusalCatalogue
