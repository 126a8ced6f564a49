import { codeList } from './code-list.ts'

/** Offices that hold case files: the regions of Guinea (after ISO 3166-2:GN) and host missions. */
export const offices = codeList('office', {
  conakry: { en: 'Conakry', fr: 'Conakry' },
  boke: { en: 'Boké', fr: 'Boké' },
  kindia: { en: 'Kindia', fr: 'Kindia' },
  mamou: { en: 'Mamou', fr: 'Mamou' },
  labe: { en: 'Labé', fr: 'Labé' },
  faranah: { en: 'Faranah', fr: 'Faranah' },
  kankan: { en: 'Kankan', fr: 'Kankan' },
  nzerekore: { en: "N'Zérékoré", fr: "N'Zérékoré" },
  niger: { en: 'Niger mission', fr: 'Mission du Niger' },
  algeria: { en: 'Algeria mission', fr: "Mission d'Algérie" },
  tunisia: { en: 'Tunisia mission', fr: 'Mission de Tunisie' },
  libya: { en: 'Libya mission', fr: 'Mission de Libye' },
  morocco: { en: 'Morocco mission', fr: 'Mission du Maroc' },
  mali: { en: 'Mali mission', fr: 'Mission du Mali' },
  senegal: { en: 'Senegal mission', fr: 'Mission du Sénégal' },
  belgium: { en: 'Belgium mission', fr: 'Mission de Belgique' },
})

/** What a person may need and a partner may offer. After the Primero service types and the programme's activities A14-A22, B13-B15, D10-D12. */
export const serviceTypes = codeList('service-type', {
  'safe-shelter': { en: 'Safe shelter', fr: 'Hébergement sûr' },
  health: { en: 'Health care', fr: 'Soins de santé' },
  psychosocial: { en: 'Psychosocial support', fr: 'Appui psychosocial' },
  'legal-assistance': { en: 'Legal assistance', fr: 'Assistance juridique' },
  police: { en: 'Police and security', fr: 'Police et sécurité' },
  livelihoods: { en: 'Livelihoods', fr: "Moyens d'existence" },
  'child-protection': { en: 'Child protection', fr: "Protection de l'enfant" },
  'family-mediation': { en: 'Family mediation', fr: 'Médiation familiale' },
  'family-tracing': { en: 'Family tracing and reunification', fr: 'Recherche et réunification familiales' },
  education: { en: 'Education', fr: 'Éducation' },
  'vocational-training': { en: 'Vocational training', fr: 'Formation professionnelle' },
  food: { en: 'Food', fr: 'Alimentation' },
  'non-food-items': { en: 'Non-food items', fr: 'Articles non alimentaires' },
  registration: { en: 'Civil registration and documents', fr: 'État civil et documents' },
  accommodation: { en: 'Accommodation', fr: 'Logement' },
  transport: { en: 'Transport', fr: 'Transport' },
  other: { en: 'Other', fr: 'Autre' },
})

/** How soon a need must be answered. Clocks: emergency 24 h, urgent 72 h, normal 14 days (Inter-Agency Referral Form). */
export const priorities = codeList('priority', {
  emergency: { en: 'Emergency (24 hours)', fr: 'Urgence vitale (24 heures)' },
  urgent: { en: 'Urgent (72 hours)', fr: 'Urgent (72 heures)' },
  normal: { en: 'Normal (14 days)', fr: 'Normal (14 jours)' },
})

/** For what a person may allow the use or the sharing of data. IOM Data Protection Principles 2, 4 and 5. */
export const consentPurposes = codeList('consent-purpose', {
  'data-processing': { en: 'Processing of personal data by the programme', fr: 'Traitement des données personnelles par le programme' },
  referral: { en: 'Referral to a partner organisation', fr: 'Orientation vers une organisation partenaire' },
  'medical-examination': { en: 'Medical examination', fr: 'Examen médical' },
  'family-tracing': { en: 'Tracing of family members', fr: 'Recherche de la famille' },
  'travel-documents': { en: 'Request of travel documents', fr: 'Demande de documents de voyage' },
  'follow-up': { en: 'Contact and follow-up after return', fr: 'Contact et suivi après le retour' },
  research: { en: 'Anonymised research', fr: 'Recherche anonymisée' },
})

/** The field groups that a consent to share covers. A partner never receives a field outside of the groups consented to. */
export const dataScopes = codeList('data-scope', {
  name: { en: 'Name', fr: 'Nom' },
  'birth-date': { en: 'Date of birth', fr: 'Date de naissance' },
  sex: { en: 'Sex', fr: 'Sexe' },
  contact: { en: 'Telephone and address', fr: 'Téléphone et adresse' },
  documents: { en: 'Identity documents', fr: "Documents d'identité" },
  household: { en: 'Family and household', fr: 'Famille et ménage' },
  needs: { en: 'Needs and situation', fr: 'Besoins et situation' },
  health: { en: 'Health information', fr: 'Informations de santé' },
  languages: { en: 'Languages', fr: 'Langues' },
})

/** What another person is to somebody, as far as both have a case. Each has its opposite: a parent's is a child. */
export const caseRelations = codeList('case-relation', {
  spouse: { en: 'Spouse', fr: 'Conjoint' },
  parent: { en: 'Parent', fr: 'Parent' },
  child: { en: 'Child', fr: 'Enfant' },
  sibling: { en: 'Brother or sister', fr: 'Frère ou sœur' },
  'travelling-with': { en: 'Travels together with', fr: 'Voyage avec' },
  guardian: { en: 'Guardian, by law or custom', fr: 'Tuteur, selon la loi ou la coutume' },
  ward: { en: 'Ward', fr: 'Pupille' },
  'separated-from': { en: 'Separated from', fr: 'Séparé de' },
})

/** The doctor's decision on fitness to travel (state machine 2d). */
export const fitnessDecisions = codeList('fitness-decision', {
  fit: { en: 'Fit to travel', fr: 'Apte au voyage' },
  'fit-with-conditions': { en: 'Fit to travel with conditions', fr: 'Apte au voyage sous conditions' },
  'temporarily-unfit': { en: 'Temporarily unfit to travel', fr: 'Inapte temporaire au voyage' },
  unfit: { en: 'Unfit to travel', fr: 'Inapte au voyage' },
})

/** Languages people of the programme speak, ISO 639-3. */
export const languages = codeList('language', {
  fra: { en: 'French', fr: 'Français' },
  fuf: { en: 'Pular', fr: 'Pular' },
  emk: { en: 'Eastern Maninkakan', fr: 'Maninka' },
  sus: { en: 'Susu', fr: 'Soussou' },
  gkp: { en: 'Guinea Kpelle', fr: 'Guerzé (Kpelle)' },
  kqs: { en: 'Northern Kissi', fr: 'Kissi' },
  tod: { en: 'Toma', fr: 'Toma' },
  eng: { en: 'English', fr: 'Anglais' },
  ara: { en: 'Arabic', fr: 'Arabe' },
  por: { en: 'Portuguese', fr: 'Portugais' },
  bam: { en: 'Bambara', fr: 'Bambara' },
  wol: { en: 'Wolof', fr: 'Wolof' },
  hau: { en: 'Hausa', fr: 'Haoussa' },
  dje: { en: 'Zarma', fr: 'Zarma' },
})

/** Why a partner does not take a referral. Mandatory on a decline (state machine 2c). */
export const declineReasons = codeList('decline-reason', {
  'no-capacity': { en: 'No capacity', fr: 'Pas de capacité' },
  'not-eligible': { en: 'The person is not eligible for this service', fr: "La personne n'est pas éligible à ce service" },
  'out-of-area': { en: 'Outside of the area served', fr: 'Hors de la zone couverte' },
  'service-closed': { en: 'The service is closed', fr: 'Le service est fermé' },
  'insufficient-information': { en: 'Not enough information to decide', fr: 'Informations insuffisantes pour décider' },
  'already-served': { en: 'Already served by this organisation', fr: 'Déjà pris en charge par cette organisation' },
  other: { en: 'Other', fr: 'Autre' },
})

/** How a service ended. */
export const referralOutcomes = codeList('referral-outcome', {
  'fully-served': { en: 'Served in full', fr: 'Service rendu en totalité' },
  'partly-served': { en: 'Served in part', fr: 'Service rendu en partie' },
  'person-not-reached': { en: 'The person could not be reached', fr: "La personne n'a pas pu être jointe" },
  'person-declined': { en: 'The person no longer wished it', fr: 'La personne ne le souhaitait plus' },
  'service-unavailable': { en: 'The service was not available', fr: "Le service n'était pas disponible" },
})

/** On what a referral may be shared without consent, once two named persons say so (IOM Data Protection principle 5; Code de l'enfant). */
export const exceptionBases = codeList('exception-basis', {
  'vital-interest': { en: 'Vital interest of the person', fr: 'Intérêt vital de la personne' },
  'child-safeguarding': { en: 'Safety of a child', fr: "Protection de l'enfant" },
})

/** What the third person finds who reviews such an exception. */
export const exceptionOutcomes = codeList('exception-outcome', {
  upheld: { en: 'Upheld', fr: 'Maintenue' },
  rejected: { en: 'Rejected', fr: 'Rejetée' },
})

/** Why a sent referral is taken back. */
export const recallReasons = codeList('recall-reason', {
  'consent-withdrawn': { en: 'Consent was withdrawn', fr: 'Le consentement a été retiré' },
  'return-withdrawn': { en: 'The person no longer wishes to return', fr: 'La personne ne souhaite plus rentrer' },
  'no-longer-needed': { en: 'No longer needed', fr: 'Plus nécessaire' },
  'sent-in-error': { en: 'Sent in error', fr: 'Envoyée par erreur' },
  'case-closed': { en: 'The case was closed', fr: 'Le dossier a été clôturé' },
  'case-interrupted': { en: 'The case was interrupted', fr: 'Le dossier a été interrompu' },
  'exception-rejected': { en: 'The exception was rejected on review', fr: "L'exception a été rejetée à l'examen" },
})

/** Why nothing more is sent to a partner's endpoint. Its events remain on the feed. */
export const endpointStops = codeList('endpoint-stop', {
  'by-partner': { en: 'Switched off by the partner', fr: 'Désactivé par le partenaire' },
  gone: { en: 'It answered that it is gone (410)', fr: "A répondu qu'il n'existe plus (410)" },
  unreachable: { en: 'It took nothing for 75 hours', fr: "N'a rien accepté pendant 75 heures" },
})

/** Why a partner puts a service on hold. After the on-hold reasons of referral practice: the person, the papers, the partner, the place. */
export const holdReasons = codeList('hold-reason', {
  'person-asked': { en: 'The person asked to wait', fr: 'La personne a demandé un délai' },
  'person-not-reached': { en: 'The person cannot be reached for now', fr: "La personne n'est pas joignable pour le moment" },
  'documents-awaited': { en: 'Documents are awaited', fr: 'Des documents sont attendus' },
  'no-capacity-now': { en: 'No place for now', fr: 'Pas de place pour le moment' },
  'access-or-security': { en: 'The place cannot be reached safely', fr: "Le lieu n'est pas accessible en sécurité" },
  other: { en: 'Another reason', fr: 'Autre raison' },
})

/** Whether somebody came to an appointment. FHIR R4 Appointment: fulfilled, noshow, cancelled. */
export const attendances = codeList('attendance', {
  attended: { en: 'Came', fr: 'Présent' },
  missed: { en: 'Did not come', fr: 'Absent' },
  cancelled: { en: 'Cancelled beforehand', fr: "Annulé à l'avance" },
})

/** Why the coordinator of an office must look at a referral. */
export const escalationReasons = codeList('escalation-reason', {
  'not-answered': { en: 'Received, but not answered in time', fr: 'Reçue, mais sans réponse dans le délai' },
  'hold-over': { en: 'On hold longer than was said', fr: 'En attente au-delà de la date prévue' },
  'no-next-partner': {
    en: 'Expired, and no other partner may receive it',
    fr: 'Expirée, et aucun autre partenaire ne peut la recevoir',
  },
})
