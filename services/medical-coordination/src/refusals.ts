import { defineRefusals } from '@wontanara/core'

/** Refusals of this service: guards of state machine 2d (409), contents that contradict themselves (422), rules of air travel. */
export const {
  catalogue: refusals,
  refuse,
  refuseAll,
} = defineRefusals({
  'case-closed': { kind: 'conflict', en: 'The case is closed or has ended.', fr: 'Le dossier est clôturé ou a pris fin.' },
  'case-suspended': {
    kind: 'conflict',
    en: 'The case is suspended, its return is held, or contact with the person is lost.',
    fr: 'Le dossier est suspendu, son retour est retenu, ou le contact avec la personne est perdu.',
  },
  'return-withdrawn': { kind: 'conflict', en: 'The person no longer wishes to return.', fr: 'La personne ne souhaite plus rentrer.' },
  'case-merged': {
    kind: 'conflict',
    en: 'The case was merged into another: go on with the assessment {assessment}.',
    fr: "Le dossier a été fusionné avec un autre : poursuivez avec l'évaluation {assessment}.",
  },
  'already-open': {
    kind: 'conflict',
    en: 'An assessment of this case is already under way.',
    fr: 'Une évaluation de ce dossier est déjà en cours.',
  },
  'already-cleared': {
    kind: 'conflict',
    en: 'The person is cleared for boarding already.',
    fr: 'La personne est déjà autorisée à embarquer.',
  },
  'not-requested': { kind: 'conflict', en: 'No assessment is under way.', fr: "Aucune évaluation n'est en cours." },
  'not-scheduled': { kind: 'conflict', en: 'No examination is scheduled.', fr: "Aucun examen n'est planifié." },
  'not-examined': { kind: 'conflict', en: 'The person has not been examined.', fr: "La personne n'a pas été examinée." },
  'not-decided': { kind: 'conflict', en: 'There is no decision.', fr: "Il n'y a pas de décision." },
  'not-decided-fit': {
    kind: 'conflict',
    en: 'There is no decision that the person is fit to travel.',
    fr: "Il n'y a pas de décision d'aptitude au voyage.",
  },
  'consent-missing': {
    kind: 'conflict',
    en: 'There is no valid consent to a medical examination.',
    fr: "Il n'y a pas de consentement valable à un examen médical.",
  },
  'travel-date-missing': { kind: 'conflict', en: 'The travel date is not set.', fr: "La date du voyage n'est pas fixée." },
  'travel-date-passed': { kind: 'conflict', en: 'The travel date {date} has passed.', fr: 'La date du voyage {date} est passée.' },
  'validity-ends-before-travel': {
    kind: 'conflict',
    en: 'The decision is valid until {validUntil}, before the travel date {date}.',
    fr: "La décision est valable jusqu'au {validUntil}, avant la date du voyage {date}.",
  },
  'validity-passed': {
    kind: 'conflict',
    en: 'The decision was valid until {validUntil}.',
    fr: "La décision était valable jusqu'au {validUntil}.",
  },
  'departure-unknown': { kind: 'conflict', en: 'The time of departure is not known.', fr: "L'heure de départ n'est pas connue." },
  'too-early-before-departure': {
    kind: 'conflict',
    en: 'The check is made 24 to 72 hours before departure: from {opensAt} on.',
    fr: 'Le contrôle se fait 24 à 72 heures avant le départ : à partir du {opensAt}.',
  },
  'too-late-before-departure': {
    kind: 'conflict',
    en: 'The check is made 24 to 72 hours before departure: until {closesAt}.',
    fr: "Le contrôle se fait 24 à 72 heures avant le départ : jusqu'au {closesAt}.",
  },
  'still-valid': { kind: 'conflict', en: 'The decision is still valid.', fr: 'La décision est encore valable.' },
  'pregnancy-letter-missing': {
    kind: 'conflict',
    en: 'On {date} the pregnancy is at {weeks} weeks + {days} days: from week {fromWeeks} on a letter with the due date is needed.',
    fr: "Le {date}, la grossesse sera de {weeks} semaines + {days} jours : à partir de la semaine {fromWeeks}, une lettre avec la date prévue d'accouchement est nécessaire.",
  },
  'pregnancy-single-too-late': {
    kind: 'conflict',
    en: 'On {date} the pregnancy is at {weeks} weeks + {days} days: with one child, travel by air ends at {lastWeeks} weeks + {lastDays} days.',
    fr: "Le {date}, la grossesse sera de {weeks} semaines + {days} jours : pour un seul enfant, le voyage aérien n'est possible que jusqu'à {lastWeeks} semaines + {lastDays} jours.",
  },
  'pregnancy-multiple-too-late': {
    kind: 'conflict',
    en: 'On {date} the pregnancy is at {weeks} weeks + {days} days: with more than one child, travel by air ends at {lastWeeks} weeks + {lastDays} days.',
    fr: "Le {date}, la grossesse sera de {weeks} semaines + {days} jours : pour une grossesse multiple, le voyage aérien n'est possible que jusqu'à {lastWeeks} semaines + {lastDays} jours.",
  },
  'newborn-too-young': {
    kind: 'conflict',
    en: 'On {date} the newborn is {hours} hours old: travel by air is possible from {fromHours} hours on.',
    fr: 'Le {date}, le nouveau-né aura {hours} heures : le voyage aérien est possible à partir de {fromHours} heures.',
  },
  'newborn-young': {
    kind: 'conflict',
    en: 'On {date} the newborn is {hours} hours old: it is better to wait until {fromHours} hours.',
    fr: 'Le {date}, le nouveau-né aura {hours} heures : il vaut mieux attendre {fromHours} heures.',
  },
  'contradictory-content': {
    kind: 'unprocessable',
    en: 'The content contradicts itself: each fault is listed.',
    fr: 'Le contenu se contredit : chaque erreur est indiquée.',
  },
  'conditions-required': { kind: 'unprocessable', en: 'Name at least one condition.', fr: 'Indiquez au moins une condition.' },
  'conditions-not-allowed': { kind: 'unprocessable', en: 'This decision has no conditions.', fr: "Cette décision n'a pas de conditions." },
  'valid-until-required': {
    kind: 'unprocessable',
    en: 'Say until when the decision holds.',
    fr: "Indiquez jusqu'à quand la décision est valable.",
  },
  'valid-until-not-allowed': {
    kind: 'unprocessable',
    en: 'This decision has no end of validity.',
    fr: "Cette décision n'a pas de fin de validité.",
  },
  'in-the-past': { kind: 'unprocessable', en: 'This day has passed.', fr: 'Ce jour est passé.' },
  'in-the-future': { kind: 'unprocessable', en: 'This lies in the future.', fr: "C'est dans le futur." },
  'override-not-needed': {
    kind: 'unprocessable',
    en: 'The person consents: the examination rests on that, and on nothing else.',
    fr: "La personne consent : l'examen repose sur ce consentement, et sur rien d'autre.",
  },
  'departure-on-another-day': {
    kind: 'unprocessable',
    en: 'The time of departure is not on the travel date.',
    fr: "L'heure de départ ne tombe pas à la date du voyage.",
  },
})
