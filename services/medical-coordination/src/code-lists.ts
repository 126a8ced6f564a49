import { codeList } from '@wontanara/events'

/** Where an assessment stands (state machine 2d). `not-requested`: the case is known here and nobody has asked for an assessment. */
export const fitnessStatuses = codeList('fitness-status', {
  'not-requested': { en: 'Not requested', fr: 'Non demandé' },
  requested: { en: 'Requested', fr: 'Demandé' },
  scheduled: { en: 'Scheduled', fr: 'Planifié' },
  examined: { en: 'Examined', fr: 'Examiné' },
  decided: { en: 'Decided', fr: 'Décidé' },
  cleared: { en: 'Cleared for boarding', fr: "Autorisé à l'embarquement" },
  revoked: { en: 'Revoked', fr: 'Révoqué' },
  cancelled: { en: 'Cancelled', fr: 'Annulé' },
})

/** What must be in place for the journey. After the IATA special-assistance codes (MEDA, OXYG, WCHR, WCHS, WCHC, STCR, EXST, MAAS). */
export const travelConditions = codeList('travel-condition', {
  'medical-escort': { en: 'Medical escort', fr: 'Escorte médicale' },
  'non-medical-escort': { en: 'Non-medical escort', fr: 'Accompagnateur non médical' },
  medication: { en: 'Medication carried in the cabin', fr: 'Médicaments en cabine' },
  oxygen: { en: 'Oxygen on board', fr: 'Oxygène à bord' },
  'wheelchair-ramp': { en: 'Wheelchair to the aircraft', fr: "Fauteuil roulant jusqu'à l'avion" },
  'wheelchair-steps': { en: 'Wheelchair, cannot climb steps', fr: 'Fauteuil roulant, ne peut pas monter les marches' },
  'wheelchair-cabin': { en: 'Wheelchair to the seat', fr: "Fauteuil roulant jusqu'au siège" },
  stretcher: { en: 'Stretcher', fr: 'Civière' },
  'extra-seat': { en: 'Extra seat', fr: 'Siège supplémentaire' },
  'aisle-seat': { en: 'Aisle seat', fr: 'Siège côté couloir' },
  'meet-and-assist': { en: 'Met and assisted at the airport', fr: "Accueil et assistance à l'aéroport" },
  'medical-letter': { en: 'Carries a medical letter', fr: "Porteur d'une lettre médicale" },
})

/** Why somebody asks for an assessment. */
export const requestReasons = codeList('fitness-request-reason', {
  'health-need': { en: 'A health need was identified', fr: 'Un besoin de santé a été identifié' },
  'return-planned': { en: 'A return is being planned', fr: 'Un retour est en préparation' },
  're-examination': { en: 'A new examination after an earlier decision', fr: 'Nouvel examen après une décision antérieure' },
})

/** Why a doctor takes a decision back. */
export const revocationReasons = codeList('fitness-revocation-reason', {
  'new-condition': { en: 'A new condition', fr: 'Un nouvel état de santé' },
  'validity-passed': { en: 'The validity has passed', fr: 'La validité est dépassée' },
  'decision-in-error': { en: 'The decision was made in error', fr: 'Décision prise par erreur' },
})

/** On what an examination rests when there is no consent. IOM Data Protection Principle 2; nothing but the vital interest of the person. */
export const consentOverrides = codeList('consent-override', {
  'vital-interest': { en: 'Vital interest of the person', fr: 'Intérêt vital de la personne' },
})

/** What the check before boarding found. */
export const boardingOutcomes = codeList('boarding-check-outcome', {
  confirmed: { en: 'Fitness confirmed', fr: 'Aptitude confirmée' },
  'not-confirmed': { en: 'Fitness not confirmed', fr: 'Aptitude non confirmée' },
})
