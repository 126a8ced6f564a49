import { codeList } from '@wontanara/events'

/** The forward states of state machine 2a that this service owns. */
export const stages = codeList('case-stage', {
  registered: { en: 'Registered', fr: 'Enregistré' },
  screened: { en: 'Screened', fr: 'Dépistage fait' },
  counselled: { en: 'Counselled', fr: 'Conseillé' },
  'voluntary-confirmed': { en: 'Voluntary return confirmed', fr: 'Volontariat confirmé' },
})
export type Stage = (typeof stages.codes)[number]

/** The states of a case: the forward ones, and the side states that may be entered from each of them. */
export const statuses = codeList('case-status', {
  registered: { en: 'Registered', fr: 'Enregistré' },
  screened: { en: 'Screened', fr: 'Dépistage fait' },
  counselled: { en: 'Counselled', fr: 'Conseillé' },
  'voluntary-confirmed': { en: 'Voluntary return confirmed', fr: 'Volontariat confirmé' },
  suspended: { en: 'Suspended', fr: 'Suspendu' },
  'lost-contact': { en: 'Contact lost', fr: 'Contact perdu' },
  withdrawn: { en: 'Withdrawn by the person', fr: 'Désistement' },
  ineligible: { en: 'Not eligible', fr: 'Non éligible' },
  deceased: { en: 'Deceased', fr: 'Décédé' },
  closed: { en: 'Closed', fr: 'Clôturé' },
})
export type Status = (typeof statuses.codes)[number]

/** How a person came to the programme. */
export const channels = codeList('intake-channel', {
  'intake-point': { en: 'Intake point', fr: "Point d'accueil" },
  'host-mission': { en: 'Host mission', fr: "Mission du pays d'accueil" },
  'self-application': { en: 'Own application', fr: 'Demande personnelle' },
  manifest: { en: 'Arrival manifest', fr: "Manifeste d'arrivée" },
})

export const sexes = codeList('sex', {
  female: { en: 'Female', fr: 'Féminin' },
  male: { en: 'Male', fr: 'Masculin' },
  other: { en: 'Other', fr: 'Autre' },
  'not-stated': { en: 'Not stated', fr: 'Non précisé' },
})

/** What a birth date rests on (state machine 2b). */
export const ageBases = codeList('age-basis', {
  declared: { en: 'Declared by the person', fr: 'Déclaré par la personne' },
  document: { en: 'Seen on a document', fr: 'Constaté sur un document' },
  assessed: { en: 'Age assessment', fr: "Évaluation de l'âge" },
  estimated: { en: 'Estimated by the officer', fr: "Estimé par l'agent" },
})

export const contactOwners = codeList('contact-owner', {
  self: { en: 'The person', fr: 'La personne' },
  relative: { en: 'A relative', fr: 'Un membre de la famille' },
  friend: { en: 'A friend', fr: 'Un ami' },
  other: { en: 'Somebody else', fr: 'Une autre personne' },
})

export const documentTypes = codeList('identity-document', {
  passport: { en: 'Passport', fr: 'Passeport' },
  'identity-card': { en: 'Identity card', fr: "Carte d'identité" },
  'consular-card': { en: 'Consular card', fr: 'Carte consulaire' },
  'birth-certificate': { en: 'Birth certificate', fr: 'Acte de naissance' },
  'laissez-passer': { en: 'Laissez-passer', fr: 'Laissez-passer' },
  'asylum-document': { en: 'Asylum or refugee document', fr: "Document de demandeur d'asile ou de réfugié" },
  other: { en: 'Other', fr: 'Autre' },
})

export const householdRoles = codeList('household-role', {
  head: { en: 'Head of household', fr: 'Chef de ménage' },
  spouse: { en: 'Spouse', fr: 'Conjoint' },
  child: { en: 'Child', fr: 'Enfant' },
  'other-relative': { en: 'Other relative', fr: 'Autre membre de la famille' },
  alone: { en: 'Travels alone', fr: 'Voyage seul' },
})

/** What the search for an earlier registration of the same person led to. */
export const duplicateOutcomes = codeList('duplicate-outcome', {
  'none-found': { en: 'No other registration found', fr: 'Aucun autre enregistrement trouvé' },
  'another-person': { en: 'Similar, but another person', fr: 'Ressemblance, mais une autre personne' },
  'same-person': { en: 'The same person is registered already', fr: 'La même personne est déjà enregistrée' },
})

/** How a consent or a declaration was taken. */
export const takings = codeList('how-taken', {
  'signed-on-paper': { en: 'Signed on paper', fr: 'Signé sur papier' },
  'signed-on-screen': { en: 'Signed on a screen', fr: "Signé à l'écran" },
  thumbprint: { en: 'Thumbprint', fr: 'Empreinte digitale' },
  'spoken-before-witness': { en: 'Spoken before a witness', fr: 'Oral, devant témoin' },
  'by-telephone': { en: 'By telephone', fr: 'Par téléphone' },
})

export const guardianRelations = codeList('guardian-relation', {
  mother: { en: 'Mother', fr: 'Mère' },
  father: { en: 'Father', fr: 'Père' },
  'appointed-guardian': { en: 'Guardian appointed by the judge', fr: 'Tuteur désigné par le juge' },
  'customary-guardian': { en: 'Guardian by custom', fr: 'Tuteur coutumier' },
  other: { en: 'Other', fr: 'Autre' },
})

/** Where a need stands (activity B13). */
export const needStatuses = codeList('need-status', {
  open: { en: 'Open', fr: 'Ouvert' },
  referred: { en: 'Referred to a partner', fr: 'Orienté vers un partenaire' },
  met: { en: 'Met', fr: 'Satisfait' },
  declined: { en: 'Declined, with the reason documented', fr: 'Refusé, motif consigné' },
})

/** The last known state of a referral, as far as a need depends on it. */
export const referralStates = codeList('need-referral-state', {
  sent: { en: 'Sent', fr: 'Envoyée' },
  declined: { en: 'Declined', fr: 'Refusée' },
  completed: { en: 'Completed', fr: 'Réalisée' },
  failed: { en: 'Failed', fr: 'Échouée' },
  recalled: { en: 'Recalled', fr: 'Retirée' },
})

export const providers = codeList('service-provider', {
  programme: { en: 'The programme itself', fr: 'Le programme lui-même' },
  authority: { en: 'A public authority', fr: 'Une autorité publique' },
  family: { en: 'Family or community', fr: 'La famille ou la communauté' },
  'other-organisation': { en: 'Another organisation', fr: 'Une autre organisation' },
})

export const needRefusalReasons = codeList('need-refusal-reason', {
  'person-declined': { en: 'The person does not wish it', fr: 'La personne ne le souhaite pas' },
  'not-available': { en: 'No such service within reach', fr: 'Aucun service de ce type accessible' },
  'outside-mandate': { en: 'Outside of the mandate of the programme', fr: 'Hors du mandat du programme' },
  'no-funds': { en: 'No funds', fr: 'Pas de financement' },
  'no-longer-relevant': { en: 'No longer relevant', fr: "Plus d'actualité" },
})
