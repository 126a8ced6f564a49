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
  merged: { en: 'Merged into another case', fr: 'Fusionné avec un autre dossier' },
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

/** What speaks for or against two registrations being those of one person. */
export const resemblances = codeList('resemblance', {
  'same-document': { en: 'Same document number', fr: 'Même numéro de document' },
  'other-document': { en: 'Other number on a document of the same kind', fr: 'Autre numéro sur un document du même type' },
  'same-phone': { en: 'Same telephone', fr: 'Même téléphone' },
  'same-name': { en: 'Same name', fr: 'Même nom' },
  'similar-name': { en: 'Similar name', fr: 'Nom ressemblant' },
  'other-given-name': { en: 'Other given name', fr: 'Autre prénom' },
  'other-family-name': { en: 'Other family name', fr: 'Autre nom de famille' },
  'same-birth-date': { en: 'Same birth date', fr: 'Même date de naissance' },
  'near-birth-date': { en: 'Near or less exact birth date', fr: 'Date de naissance proche ou moins précise' },
  'other-birth-date': { en: 'Other birth date', fr: 'Autre date de naissance' },
  'other-sex': { en: 'Other sex', fr: 'Autre sexe' },
  'same-parents': { en: 'Same parents', fr: 'Mêmes parents' },
  'other-parents': { en: 'Other parents', fr: 'Autres parents' },
  'same-origin': { en: 'Same place of origin', fr: "Même lieu d'origine" },
  'other-origin': { en: 'Other place of origin', fr: "Autre lieu d'origine" },
  siblings: { en: 'Brothers, sisters or twins rather than one person', fr: "Frères, sœurs ou jumeaux plutôt qu'une seule personne" },
})

/** How a consent or a declaration was taken. */
export const takings = codeList('how-taken', {
  'signed-on-paper': { en: 'Signed on paper', fr: 'Signé sur papier' },
  'signed-on-screen': { en: 'Signed on a screen', fr: "Signé à l'écran" },
  thumbprint: { en: 'Thumbprint', fr: 'Empreinte digitale' },
  'spoken-before-witness': { en: 'Spoken before a witness', fr: 'Oral, devant témoin' },
  'by-telephone': { en: 'By telephone', fr: 'Par téléphone' },
  online: { en: 'Online, by the person', fr: 'En ligne, par la personne' },
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
  expired: { en: 'Expired: not acknowledged in time', fr: 'Expirée : sans accusé de réception dans le délai' },
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

/** Why a person is looked at again (activity B6). */
export const screeningOccasions = codeList('screening-occasion', {
  registration: { en: 'Registration', fr: 'Enregistrement' },
  'pre-departure': { en: 'Before departure', fr: 'Avant le départ' },
  arrival: { en: 'Arrival', fr: 'Arrivée' },
  'follow-up': { en: 'Follow-up', fr: 'Suivi' },
})

/** Eligibility for assisted voluntary return, activities A1-A5. */
export const eligibilityCategories = codeList('eligibility-category', {
  stranded: { en: 'Stranded migrant', fr: 'Migrant en détresse' },
  irregular: { en: 'Migrant in an irregular situation', fr: 'Migrant en situation irrégulière' },
  regular: { en: 'Migrant in a regular situation', fr: 'Migrant en situation régulière' },
  'asylum-claim-not-pursued': {
    en: 'Asylum seeker who does not pursue the claim',
    fr: "Demandeur d'asile qui ne maintient pas sa demande",
  },
  'not-in-need-of-international-protection': {
    en: 'Not in need of international protection',
    fr: "N'a pas besoin de protection internationale",
  },
})

export const asylumClaims = codeList('asylum-claim', {
  none: { en: 'No claim', fr: 'Aucune demande' },
  pending: { en: 'A claim is pending', fr: 'Demande en cours' },
  withdrawn: { en: 'The claim was withdrawn', fr: 'Demande retirée' },
  decided: { en: 'The claim was finally decided', fr: 'Demande tranchée définitivement' },
})

/** Determinants of migrant vulnerability, four levels (IOM). */
export const individualFactors = codeList('individual-factor', {
  'pregnant-or-nursing': { en: 'Pregnant or nursing', fr: 'Enceinte ou allaitante' },
  disability: { en: 'Disability', fr: 'Handicap' },
  'serious-illness': { en: 'Serious illness', fr: 'Maladie grave' },
  'mental-distress': { en: 'Mental distress', fr: 'Détresse psychologique' },
  'survivor-of-violence': { en: 'Survivor of violence, abuse or torture', fr: 'Survivant de violences, abus ou torture' },
  'older-person': { en: 'Older person', fr: 'Personne âgée' },
  'no-shared-language': { en: 'Shares no language with those around', fr: "Ne partage aucune langue avec l'entourage" },
})
export const householdFactors = codeList('household-factor', {
  'single-parent': { en: 'Single parent', fr: 'Parent isolé' },
  'separated-from-family': { en: 'Separated from the family', fr: 'Séparé de la famille' },
  debt: { en: 'Debt for the journey', fr: 'Dettes liées au voyage' },
  'family-violence': { en: 'Violence in the family', fr: 'Violences familiales' },
  'family-rejection': { en: 'Rejected by the family', fr: 'Rejet par la famille' },
  'many-dependants': { en: 'Dependants without other support', fr: 'Personnes à charge sans autre soutien' },
})
export const communityFactors = codeList('community-factor', {
  'stigma-of-return': { en: 'Stigma of return', fr: 'Stigmatisation du retour' },
  discrimination: { en: 'Discrimination', fr: 'Discrimination' },
  threats: { en: 'Threats in the community', fr: 'Menaces dans la communauté' },
  'no-support-network': { en: 'No support network', fr: 'Aucun réseau de soutien' },
  'harmful-practices': { en: 'Harmful practices', fr: 'Pratiques néfastes' },
})
export const structuralFactors = codeList('structural-factor', {
  'no-legal-identity': { en: 'No proof of legal identity', fr: "Aucune preuve d'identité juridique" },
  statelessness: { en: 'Statelessness', fr: 'Apatridie' },
  conflict: { en: 'Armed conflict or unrest', fr: 'Conflit armé ou troubles' },
  disaster: { en: 'Disaster or environmental change', fr: 'Catastrophe ou changement environnemental' },
  'no-basic-services': { en: 'No access to basic services', fr: "Pas d'accès aux services de base" },
  'no-livelihood': { en: 'No livelihood', fr: "Pas de moyens d'existence" },
})

/** Whether there are signs of trafficking. `not-asked` is an answer that may be kept, but opens no way. */
export const traffickingPresumptions = codeList('trafficking-presumption', {
  yes: { en: 'Yes', fr: 'Oui' },
  no: { en: 'No', fr: 'Non' },
  'not-asked': { en: 'Not asked', fr: 'Non posée' },
})

/** With whom a child is. The most responsible adult counts. */
export const accompaniments = codeList('accompaniment', {
  parent: { en: 'A parent', fr: 'Un parent' },
  'legal-representative': { en: 'A legal representative', fr: 'Un représentant légal' },
  'responsible-adult': { en: 'An adult responsible by law or custom', fr: 'Un adulte responsable selon la loi ou la coutume' },
  'other-relative': { en: 'Another relative', fr: 'Un autre membre de la famille' },
  'unrelated-adult': { en: 'An adult without responsibility', fr: 'Un adulte sans responsabilité légale ou coutumière' },
  nobody: { en: 'Nobody', fr: 'Personne' },
  'not-known': { en: 'Not known', fr: 'Inconnu' },
})
export type Accompaniment = (typeof accompaniments.codes)[number]

/** HTCDS 2.0: separated or unaccompanied child; the other values complete the list. */
export const childClassifications = codeList('child-classification', {
  adult: { en: 'Adult', fr: 'Adulte' },
  'accompanied-child': { en: 'Accompanied child', fr: 'Enfant accompagné' },
  'separated-child': { en: 'Separated child', fr: 'Enfant séparé' },
  'child-alone-in-own-country': { en: 'Child alone in the own country', fr: 'Enfant seul dans son propre pays' },
  'unaccompanied-child': { en: 'Unaccompanied child', fr: 'Enfant non accompagné' },
})
export type ChildClass = (typeof childClassifications.codes)[number]

/** The facts that led to a classification. */
export const classificationFacts = codeList('classification-fact', {
  'of-age': { en: 'Certainly 18 or older', fr: '18 ans ou plus avec certitude' },
  'under-18': { en: 'Certainly under 18', fr: 'Moins de 18 ans avec certitude' },
  'possibly-under-18': {
    en: 'Possibly under 18: the benefit of the doubt goes to childhood',
    fr: "Peut-être moins de 18 ans : le doute profite à l'enfance",
  },
  'age-in-doubt': {
    en: 'The stated age is in doubt: treated as a child',
    fr: "L'âge déclaré est douteux : traité comme un enfant",
  },
  'outside-country-of-nationality': { en: 'Outside of the country of nationality', fr: 'Hors du pays de nationalité' },
  'nationality-not-known': { en: 'No known nationality', fr: 'Aucune nationalité connue' },
  'in-country-of-nationality': { en: 'In the country of nationality', fr: 'Dans le pays de nationalité' },
  'with-responsible-adult': {
    en: 'With a parent, a legal representative or an adult responsible by law or custom',
    fr: 'Avec un parent, un représentant légal ou un adulte responsable selon la loi ou la coutume',
  },
  'with-other-relative': { en: 'With another relative', fr: 'Avec un autre membre de la famille' },
  'without-responsible-adult': {
    en: 'With no adult responsible by law or custom',
    fr: 'Sans adulte responsable selon la loi ou la coutume',
  },
  overridden: { en: 'Set by a protection officer, with a reason', fr: 'Fixé par un agent de protection, avec motif' },
  'separated-since-screening': {
    en: 'Separated since the screening, says a link: taken for alone until the next one',
    fr: "Séparé depuis le dépistage, selon un lien : considéré comme seul jusqu'au prochain",
  },
  'linked-adult-along': {
    en: 'A parent or guardian travels along, says a link: to be confirmed at the next screening',
    fr: 'Un parent ou un tuteur voyage avec la personne, selon un lien : à confirmer au prochain dépistage',
  },
})
export type ClassificationFact = (typeof classificationFacts.codes)[number]

/** What counselling is about (activities A9, A10). */
export const counsellingSubjects = codeList('counselling-subject', {
  return: { en: 'Return', fr: 'Retour' },
  reintegration: { en: 'Reintegration', fr: 'Réintégration' },
})
export const counsellingModes = codeList('counselling-mode', {
  'in-person': { en: 'In person', fr: 'En présence' },
  telephone: { en: 'Telephone', fr: 'Téléphone' },
  video: { en: 'Video', fr: 'Vidéo' },
})
export const counsellingTopics = codeList('counselling-topic', {
  'right-to-change-mind': { en: "The right to change one's mind", fr: "Le droit de changer d'avis" },
  'asylum-and-protection': { en: 'Asylum and protection', fr: 'Asile et protection' },
  'legal-stay': { en: 'Ways to stay lawfully', fr: 'Possibilités de séjour régulier' },
  'journey-and-documents': { en: 'Journey and documents', fr: 'Voyage et documents' },
  'situation-at-origin': { en: 'Situation in the country of origin', fr: "Situation dans le pays d'origine" },
  'entry-bans': { en: 'Consequences for a later entry', fr: 'Conséquences pour une entrée ultérieure' },
  'reintegration-support': { en: 'Support for reintegration', fr: 'Aide à la réintégration' },
  'data-protection': { en: 'Use of personal data', fr: 'Utilisation des données personnelles' },
  complaints: { en: 'How to complain', fr: 'Comment se plaindre' },
})
export const counsellingOptions = codeList('counselling-option', {
  'voluntary-return': { en: 'Voluntary return', fr: 'Retour volontaire' },
  'lawful-stay': { en: 'Lawful stay', fr: 'Séjour régulier' },
  asylum: { en: 'Asylum', fr: 'Asile' },
  'family-reunification': { en: 'Family reunification', fr: 'Regroupement familial' },
  'local-support': { en: 'Support where one is', fr: 'Aide sur place' },
  'small-business': { en: 'Small business', fr: 'Petite entreprise' },
  training: { en: 'Training', fr: 'Formation' },
  education: { en: 'Education', fr: 'Éducation' },
  employment: { en: 'Employment', fr: 'Emploi' },
})
export const counsellingOutcomes = codeList('counselling-outcome', {
  'wishes-to-return': { en: 'Wishes to return', fr: 'Souhaite rentrer' },
  undecided: { en: 'Undecided', fr: 'Indécis' },
  'does-not-wish-to-return': { en: 'Does not wish to return', fr: 'Ne souhaite pas rentrer' },
  'needs-more-information': { en: 'Needs more information', fr: "A besoin de plus d'informations" },
})

/** Who stands behind a safeguard. CNLTPPA and OPROGEM are the national trafficking committee and the gender and child police office. */
export const authorities = codeList('authority', {
  'juvenile-judge': { en: 'Juvenile judge', fr: 'Juge des mineurs' },
  'child-protection-directorate': { en: 'National directorate for children', fr: "Direction nationale de l'enfance (DNE)" },
  'best-interests-panel': { en: 'Best interests panel', fr: "Comité de l'intérêt supérieur" },
  'psychosocial-officer': { en: 'Psychosocial officer', fr: 'Agent psychosocial' },
  'counter-trafficking-committee': {
    en: 'National committee against trafficking (CNLTPPA)',
    fr: 'Comité national de lutte contre la traite (CNLTPPA)',
  },
  oprogem: { en: 'Gender and child protection police (OPROGEM)', fr: 'OPROGEM' },
  consulate: { en: 'Consulate', fr: 'Consulat' },
  programme: { en: 'The programme', fr: 'Le programme' },
})
export const childViews = codeList('child-views', {
  agrees: { en: 'The child wishes to return', fr: "L'enfant souhaite rentrer" },
  undecided: { en: 'The child is undecided', fr: "L'enfant est indécis" },
  objects: { en: 'The child does not wish to return', fr: "L'enfant ne souhaite pas rentrer" },
})
/** The durable solutions that a best interests determination compares (EMM). */
export const durableSolutions = codeList('durable-solution', {
  return: { en: 'Return', fr: 'Retour' },
  'local-integration': { en: 'Local integration', fr: 'Intégration sur place' },
  'third-country': { en: 'Third country', fr: 'Pays tiers' },
})
export const safeReturnOutcomes = codeList('safe-return-outcome', {
  positive: { en: 'Return is safe', fr: 'Le retour est sûr' },
  negative: { en: 'Return is not safe', fr: "Le retour n'est pas sûr" },
})

/** Whether a person is able to decide (freedom of choice, informed decision). */
export const capacities = codeList('decision-capacity', {
  'not-in-doubt': { en: 'Not in doubt', fr: 'Pas de doute' },
  'assessed-present': { en: 'Assessed: able to decide', fr: 'Évaluée : capable de décider' },
  'assessed-lacking': { en: 'Assessed: not able to decide', fr: 'Évaluée : incapable de décider' },
})

export const suspensionReasons = codeList('suspension-reason', {
  medical: { en: 'Medical', fr: 'Médical' },
  security: { en: 'Security', fr: 'Sécurité' },
  document: { en: 'Documents', fr: 'Documents' },
  other: { en: 'Other', fr: 'Autre' },
})
export const ineligibilityReasons = codeList('ineligibility-reason', {
  'asylum-claim-pending': { en: 'An asylum claim is pending', fr: "Une demande d'asile est en cours" },
  'return-not-safe': { en: 'Return is not safe', fr: "Le retour n'est pas sûr" },
  'not-in-best-interests': { en: 'Not in the best interests of the child', fr: "Contraire à l'intérêt supérieur de l'enfant" },
  'outside-programme': { en: 'Outside of the programme', fr: 'Hors du programme' },
  'assisted-before': { en: 'Assisted before', fr: 'Déjà aidé' },
})
/** Who may take a wish to return back: the person, or who speaks for them; nobody else. */
export const withdrawers = codeList('withdrawn-by', {
  person: { en: 'The person', fr: 'La personne' },
  guardian: { en: 'The guardian', fr: 'Le tuteur' },
  'legal-representative': { en: 'The legal representative', fr: 'Le représentant légal' },
})
export const closureReasons = codeList('closure-reason', {
  completed: { en: 'Completed', fr: 'Terminé' },
  'return-withdrawn': { en: 'The person no longer wishes to return', fr: 'La personne ne souhaite plus rentrer' },
  'not-eligible': { en: 'Not eligible', fr: 'Non éligible' },
  'contact-lost': { en: 'Contact lost', fr: 'Contact perdu' },
  deceased: { en: 'Deceased', fr: 'Décès' },
  'registered-twice': { en: 'Registered twice', fr: 'Enregistré deux fois' },
})
/** Why a merge is undone: whether the two are of one person is decided with it. */
export const unmergeReasons = codeList('unmerge-reason', {
  'another-person': { en: 'Not the same person', fr: "Ce n'est pas la même personne" },
  'other-case-goes-on': { en: 'The other case is to go on', fr: "C'est l'autre dossier qui doit continuer" },
})
export const closureDecisions = codeList('closure-decision', {
  approved: { en: 'Approved', fr: 'Approuvée' },
  returned: { en: 'Returned to the case manager', fr: 'Renvoyée au gestionnaire de cas' },
})
export const reopeningReasons = codeList('reopening-reason', {
  'person-returned': { en: 'The person came back', fr: 'La personne est revenue' },
  'new-facts': { en: 'New facts', fr: 'Faits nouveaux' },
  'closed-in-error': { en: 'Closed in error', fr: 'Clôturé par erreur' },
  'contact-restored': { en: 'Contact restored', fr: 'Contact rétabli' },
})
export const correctionReasons = codeList('correction-reason', {
  'person-asked': { en: 'The person asked for it', fr: 'À la demande de la personne' },
  'document-seen': { en: 'A document was seen', fr: "Au vu d'un document" },
  'typing-error': { en: 'Typing error', fr: 'Erreur de saisie' },
  'situation-changed': { en: 'The situation changed', fr: 'La situation a changé' },
})

/** Where an application of somebody who came without our help stands. */
export const applicationStatuses = codeList('application-status', {
  open: { en: 'Nobody has decided yet', fr: "Personne n'a encore décidé" },
  accepted: { en: 'A case was opened', fr: 'Un dossier a été ouvert' },
  declined: { en: 'Declined', fr: 'Refusée' },
  known: { en: 'The person has a case already', fr: 'La personne a déjà un dossier' },
  erased: { en: 'Nobody took it up in time: erased', fr: "Personne ne l'a traitée à temps : effacée" },
})

/** What a person asks for who applies. */
export const applicationWishes = codeList('application-wish', {
  return: { en: 'To return', fr: 'Rentrer' },
  information: { en: 'Information and counselling', fr: 'Information et conseil' },
  protection: { en: 'Protection', fr: 'Protection' },
  care: { en: 'Medical or psychological help', fr: 'Aide médicale ou psychologique' },
  family: { en: 'To find family again', fr: 'Retrouver sa famille' },
})

/** Why an application is declined. */
export const applicationRefusals = codeList('application-refusal', {
  'outside-programme': { en: 'Not within the programme', fr: 'Hors du programme' },
  'information-given': { en: 'Answered with information', fr: 'Réponse donnée par une information' },
  'not-reached': { en: 'The person could not be reached', fr: "La personne n'a pas pu être jointe" },
  'taken-back': { en: 'Taken back by the person', fr: 'Retirée par la personne' },
  'not-an-application': { en: 'Not an application of a person', fr: "Ce n'est pas la demande d'une personne" },
})

/** Where an appointment stands. */
export const appointmentStatuses = codeList('appointment-status', {
  booked: { en: 'Booked', fr: 'Fixé' },
  cancelled: { en: 'Cancelled', fr: 'Annulé' },
  attended: { en: 'Attended', fr: 'Honoré' },
  missed: { en: 'Missed by the person', fr: 'Manqué par la personne' },
})

/** Why an appointment was moved or cancelled. */
export const appointmentChanges = codeList('appointment-change', {
  'person-asked': { en: 'The person asked for it', fr: 'À la demande de la personne' },
  'counsellor-unavailable': { en: 'The counsellor is not available', fr: "Le conseiller n'est pas disponible" },
  'interpreter-unavailable': { en: 'No interpreter is available', fr: "Aucun interprète n'est disponible" },
  'office-closed': { en: 'The office is closed', fr: 'Le bureau est fermé' },
  'not-safe': { en: 'It would not be safe', fr: 'Ce ne serait pas sûr' },
  'no-longer-needed': { en: 'No longer needed', fr: 'Plus nécessaire' },
})

/** How a link between two people is known. */
export const linkBases = codeList('link-basis', {
  declared: { en: 'Declared by the person', fr: 'Déclaré par la personne' },
  document: { en: 'Seen on a document', fr: 'Constaté sur un document' },
  'court-decision': { en: 'Decision of a court or authority', fr: "Décision d'un tribunal ou d'une autorité" },
  custom: { en: 'Custom, confirmed by the family or the community', fr: 'Coutume, confirmée par la famille ou la communauté' },
  observed: { en: 'Observed by the officer', fr: "Constaté par l'agent" },
})
export const linkEndings = codeList('link-ending', {
  'entered-in-error': { en: 'Entered in error', fr: 'Saisi par erreur' },
  'no-longer-so': { en: 'No longer so', fr: "Ce n'est plus le cas" },
  reunited: { en: 'Reunited', fr: 'Réunis' },
})

/** Where a transfer of a case between two offices stands. */
export const transferStatuses = codeList('transfer-status', {
  pending: { en: 'Waiting for an answer', fr: 'En attente de réponse' },
  accepted: { en: 'Accepted', fr: 'Accepté' },
  declined: { en: 'Declined', fr: 'Refusé' },
  recalled: { en: 'Recalled', fr: 'Retiré' },
})
export type TransferStatus = (typeof transferStatuses.codes)[number]
export const transferReasons = codeList('transfer-reason', {
  'person-moved': { en: 'The person has moved', fr: "La personne s'est déplacée" },
  return: { en: 'Return to the country of origin', fr: "Retour au pays d'origine" },
  'closer-office': { en: 'Another office is closer', fr: 'Un autre bureau est plus proche' },
  'family-there': { en: 'The family is there', fr: "La famille s'y trouve" },
  protection: { en: 'Better looked after there', fr: 'Meilleure prise en charge là-bas' },
  'registered-at-wrong-office': { en: 'Registered at the wrong office', fr: 'Enregistré au mauvais bureau' },
})
export const transferDeclineReasons = codeList('transfer-decline-reason', {
  'no-capacity': { en: 'No capacity', fr: 'Pas de capacité' },
  'not-our-area': { en: 'Outside of our area', fr: 'Hors de notre zone' },
  'services-not-available': { en: 'The services needed are not there', fr: "Les services nécessaires n'existent pas" },
  'not-enough-known': { en: 'Not enough is known to decide', fr: 'Informations insuffisantes pour décider' },
  'not-safe': { en: 'Not safe here', fr: "Pas de sécurité à l'arrivée" },
})
export const transferRecallReasons = codeList('transfer-recall-reason', {
  'sent-in-error': { en: 'Sent in error', fr: 'Envoyé par erreur' },
  'person-stays': { en: 'The person stays', fr: 'La personne reste' },
  'no-answer': { en: 'No answer', fr: 'Pas de réponse' },
})
export const transferDirections = codeList('transfer-direction', {
  incoming: { en: 'Offered to the office', fr: 'Proposé au bureau' },
  outgoing: { en: 'Offered by the office', fr: 'Proposé par le bureau' },
})
