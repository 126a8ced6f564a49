import { defineRefusals, type RefusalCatalogue } from '@wontanara/core'

const own = {
  'organisation-unknown': { kind: 'unprocessable', en: 'There is no such organisation.', fr: "Cette organisation n'existe pas." },
  'service-unknown': {
    kind: 'unprocessable',
    en: 'There is no such service in the directory.',
    fr: "Ce service n'existe pas dans le répertoire.",
  },
  'health-not-carried': {
    kind: 'invalid',
    en: 'Health information is not carried by referrals. The medical service hands it over.',
    fr: "Les orientations ne transportent pas d'informations de santé. Le service médical les transmet.",
  },
  'nothing-to-disclose': {
    kind: 'invalid',
    en: 'Choose at least one group of data that the partner will need.',
    fr: 'Choisissez au moins un groupe de données dont le partenaire aura besoin.',
  },
  'service-or-type': {
    kind: 'invalid',
    en: 'Name a service, or the type of service that the best one is to be chosen of; not both.',
    fr: 'Nommez un service, ou le type de service parmi lequel choisir le meilleur ; pas les deux.',
  },
  'no-service-fits': {
    kind: 'conflict',
    en: 'No service of this type takes the person now with the consent that was given. The ranking says why.',
    fr: "Aucun service de ce type n'accueille la personne actuellement avec le consentement donné. Le classement en donne les raisons.",
  },
  'schedule-not-weekly': {
    kind: 'invalid',
    en: 'Only weekly hours are kept: days of the week, opening and closing time, in UTC, which is the time of Guinea.',
    fr: "Seuls des horaires hebdomadaires sont conservés : jours de la semaine, heures d'ouverture et de fermeture, en UTC, qui est l'heure de la Guinée.",
  },
  'place-not-said': {
    kind: 'invalid',
    en: 'Say the prefecture as external_identifier, with external_identifier_type ISO 3166-2.',
    fr: 'Indiquez la préfecture dans external_identifier, avec external_identifier_type ISO 3166-2.',
  },
  'currency-not-known': {
    kind: 'invalid',
    en: 'Not a currency of the programme.',
    fr: "Cette devise n'est pas utilisée par le programme.",
  },
  'language-not-known': {
    kind: 'invalid',
    en: 'Not a language of the programme.',
    fr: "Cette langue n'est pas utilisée par le programme.",
  },
  'other-organisation': {
    kind: 'conflict',
    en: 'In the directory this service is of another organisation.',
    fr: 'Dans le répertoire, ce service appartient à une autre organisation.',
  },
  'too-many-services': {
    kind: 'invalid',
    en: 'Too many services in one request: at most {limit}.',
    fr: 'Trop de services dans une requête : au plus {limit}.',
  },
  'said-twice': { kind: 'invalid', en: 'The same record is in the file twice.', fr: 'Le même élément figure deux fois dans le fichier.' },
  'referral-meanwhile': {
    kind: 'conflict',
    en: 'Another referral was sent for this case meanwhile.',
    fr: 'Une autre orientation a été envoyée entre-temps pour ce dossier.',
  },
  'ages-reversed': {
    kind: 'invalid',
    en: 'The minimum age is above the maximum age.',
    fr: "L'âge minimum dépasse l'âge maximum.",
  },
  'hours-reversed': {
    kind: 'invalid',
    en: 'The closing time is not after the opening time. Write hours that pass midnight as two entries.',
    fr: "L'heure de fermeture n'est pas après l'heure d'ouverture. Écrivez en deux lignes les horaires qui passent minuit.",
  },
  'dates-reversed': { kind: 'invalid', en: 'The last day is before the first.', fr: 'Le dernier jour précède le premier.' },
  'shelter-location': {
    kind: 'invalid',
    en: 'The directory is public: it never says where a safe shelter lies.',
    fr: 'Le répertoire est public : il ne dit jamais où se trouve un hébergement sûr.',
  },
  'choose-a-list': {
    kind: 'invalid',
    en: 'Ask for an office and a status, or for a case.',
    fr: 'Demandez un bureau et un statut, ou un dossier.',
  },
  'not-a-partner-filter': {
    kind: 'invalid',
    en: 'A partner lists what is before it, without a filter.',
    fr: 'Un partenaire liste ce qui lui est soumis, sans filtre.',
  },
  'not-a-period': {
    kind: 'invalid',
    en: 'Ask for one to eight quarters, the earlier first.',
    fr: "Demandez un à huit trimestres, le plus ancien d'abord.",
  },
  'follows-not-possible': {
    kind: 'unprocessable',
    en: 'The referral that this one follows does not exist, concerns another case or need, or has not ended.',
    fr: "L'orientation que celle-ci suit n'existe pas, concerne un autre dossier ou besoin, ou n'est pas terminée.",
  },

  'not-draft': { kind: 'conflict', en: 'This referral was sent already.', fr: 'Cette orientation a déjà été envoyée.' },
  'not-sent': { kind: 'conflict', en: 'This referral was not sent yet.', fr: "Cette orientation n'a pas encore été envoyée." },
  'already-accepted': {
    kind: 'conflict',
    en: 'This referral was accepted already, by somebody else or in another request.',
    fr: 'Cette orientation a déjà été acceptée, par une autre personne ou par une autre requête.',
  },
  'already-ended': {
    kind: 'conflict',
    en: 'This referral has ended: {status}.',
    fr: 'Cette orientation est terminée : {status}.',
  },
  recalled: {
    kind: 'conflict',
    en: 'This referral was taken back. Stop, and delete what you received.',
    fr: 'Cette orientation a été retirée. Arrêtez et supprimez ce que vous avez reçu.',
  },
  expired: {
    kind: 'conflict',
    en: 'This referral was not acknowledged in time. It has expired, and may be with another partner.',
    fr: "Cette orientation n'a pas fait l'objet d'un accusé de réception dans le délai. Elle a expiré et peut être chez un autre partenaire.",
  },
  'not-expired': { kind: 'conflict', en: 'This referral has not expired.', fr: "Cette orientation n'a pas expiré." },
  'date-passed': { kind: 'unprocessable', en: 'This day has passed.', fr: 'Ce jour est passé.' },
  'no-appointment': { kind: 'conflict', en: 'No appointment was made.', fr: "Aucun rendez-vous n'a été pris." },
  'appointment-ahead': {
    kind: 'conflict',
    en: 'The day of the appointment has not come yet.',
    fr: "Le jour du rendez-vous n'est pas encore venu.",
  },
  'not-accepted': { kind: 'conflict', en: 'This referral was not accepted yet.', fr: "Cette orientation n'a pas encore été acceptée." },
  'not-started': { kind: 'conflict', en: 'The service has not begun yet.', fr: "Le service n'a pas encore commencé." },

  'need-unknown': {
    kind: 'conflict',
    en: 'No such need is in the register of this case at this office.',
    fr: 'Ce besoin ne figure pas au registre de ce dossier dans ce bureau.',
  },
  'consent-missing': {
    kind: 'conflict',
    en: 'No valid consent to share with this organisation: {scopes}.',
    fr: 'Pas de consentement valable pour partager avec cette organisation : {scopes}.',
  },
  'key-not-usable': {
    kind: 'invalid',
    en: 'Nothing can be encrypted to this key: its point is not on the curve.',
    fr: "Rien ne peut être chiffré avec cette clé : son point n'est pas sur la courbe.",
  },
  'exception-not-possible': {
    kind: 'conflict',
    en: 'An exception is for a draft, or for a referral that is before the partner.',
    fr: 'Une exception concerne un brouillon, ou une orientation en cours chez le partenaire.',
  },
  'exception-not-needed': {
    kind: 'conflict',
    en: 'This referral may be shared already: no exception is needed.',
    fr: "Cette orientation peut déjà être partagée : aucune exception n'est nécessaire.",
  },
  'exception-not-reviewed': {
    kind: 'conflict',
    en: 'The exception before this one was not reviewed yet.',
    fr: "L'exception précédente n'a pas encore été examinée.",
  },
  'exception-rejected': {
    kind: 'conflict',
    en: 'An exception for this referral was rejected on review.',
    fr: "Une exception pour cette orientation a été rejetée à l'examen.",
  },
  'exception-lapsed': {
    kind: 'conflict',
    en: 'It was asked more than 72 hours ago. Ask anew.',
    fr: 'La demande date de plus de 72 heures. Demandez à nouveau.',
  },
  'exception-not-confirmed': {
    kind: 'conflict',
    en: 'The second person has not confirmed this exception.',
    fr: "La deuxième personne n'a pas confirmé cette exception.",
  },
  'exception-reviewed': {
    kind: 'conflict',
    en: 'This exception was reviewed already, with the other outcome.',
    fr: "Cette exception a déjà été examinée, avec l'autre résultat.",
  },
  'not-a-child': {
    kind: 'conflict',
    en: 'The safety of a child is invoked for a child only, whose age is known.',
    fr: "La protection de l'enfant ne s'invoque que pour un enfant dont l'âge est connu.",
  },
  'two-persons-needed': {
    kind: 'conflict',
    en: 'One person asks, and another whom that one names confirms.',
    fr: 'Une personne demande, et une autre, désignée par la première, confirme.',
  },
  'third-person-needed': {
    kind: 'conflict',
    en: 'Somebody reviews who neither asked nor confirmed.',
    fr: "L'examen revient à quelqu'un qui n'a ni demandé ni confirmé.",
  },
  'protection-officer-needed': {
    kind: 'conflict',
    en: 'One of the two persons must be a protection officer.',
    fr: 'Une des deux personnes doit être un agent de protection.',
  },
  'partner-inactive': { kind: 'conflict', en: 'The organisation is not active.', fr: "L'organisation n'est pas active." },
  'service-not-open': { kind: 'conflict', en: 'The service is not open: {status}.', fr: "Le service n'est pas ouvert : {status}." },
  'service-closed': {
    kind: 'conflict',
    en: 'The service is closed from {from}.',
    fr: 'Le service est fermé à partir du {from}.',
  },
  'no-capacity': { kind: 'conflict', en: 'The service has no free place.', fr: "Le service n'a pas de place libre." },
  'too-young': { kind: 'conflict', en: 'The service takes people from {age} years.', fr: 'Le service accueille à partir de {age} ans.' },
  'too-old': { kind: 'conflict', en: 'The service takes people up to {age} years.', fr: "Le service accueille jusqu'à {age} ans." },
  'age-unknown': {
    kind: 'conflict',
    en: 'The service has an age limit, and the age is not given.',
    fr: "Le service a une limite d'âge, et l'âge n'est pas indiqué.",
  },
  'sex-not-served': {
    kind: 'conflict',
    en: "The service is not for people of this person's sex.",
    fr: "Le service n'est pas destiné aux personnes de ce sexe.",
  },
  'sex-unknown': {
    kind: 'conflict',
    en: 'The service depends on the sex, and the sex is not given.',
    fr: "Le service dépend du sexe, et le sexe n'est pas indiqué.",
  },
  'out-of-area': { kind: 'conflict', en: 'The service does not cover {place}.', fr: 'Le service ne couvre pas {place}.' },
  'no-common-language': {
    kind: 'conflict',
    en: 'The service speaks none of the languages of the person.',
    fr: 'Le service ne parle aucune des langues de la personne.',
  },
  'case-interrupted': {
    kind: 'conflict',
    en: 'The case is interrupted: nothing is sent for the return, and nothing at all for a person who died.',
    fr: "Le dossier est interrompu : rien n'est envoyé pour le retour, et rien du tout pour une personne décédée.",
  },
  'case-closed': { kind: 'conflict', en: 'The case is closed.', fr: 'Le dossier est clôturé.' },
  'return-withdrawn': {
    kind: 'conflict',
    en: 'The referral serves the return, and the person no longer wishes to return.',
    fr: "L'orientation sert le retour, et la personne ne souhaite plus rentrer.",
  },

  'no-endpoint': { kind: 'not-found', en: 'There is no such endpoint.', fr: "Ce point de réception n'existe pas." },
  'too-many-endpoints': {
    kind: 'conflict',
    en: 'An organisation has at most {maximum} endpoints. Remove one first.',
    fr: "Une organisation a au plus {maximum} points de réception. Supprimez-en un d'abord.",
  },
  'no-event-bus': {
    kind: 'conflict',
    en: 'No way leads to an event bus of your organisation yet. Ask the programme, and name the ARN of the bus.',
    fr: "Aucune voie ne mène encore à un bus d'événements de votre organisation. Adressez-vous au programme en indiquant l'ARN du bus.",
  },
  'address-of-webhooks': {
    kind: 'invalid',
    en: 'A webhook has an address, and says how it is signed; an event bus has neither.',
    fr: "Un webhook a une adresse et un mode de signature ; un bus d'événements n'a ni l'un ni l'autre.",
  },
  'endpoint-off': {
    kind: 'conflict',
    en: 'The endpoint is switched off. Switch it on first.',
    fr: "Le point de réception est désactivé. Activez-le d'abord.",
  },
  'event-unknown': { kind: 'unprocessable', en: 'There is no such event on your feed.', fr: "Cet événement n'est pas dans votre flux." },
  'one-or-while': {
    kind: 'invalid',
    en: 'Name one event, or the beginning and the end of a while.',
    fr: "Indiquez un événement, ou le début et la fin d'une période.",
  },
  'nothing-to-rotate': {
    kind: 'conflict',
    en: 'Nothing that is sent to this endpoint is signed with a key of its own.',
    fr: "Rien de ce qui est envoyé à ce point de réception n'est signé avec une clé propre.",
  },
  'not-a-url': { kind: 'invalid', en: 'Not an absolute URL.', fr: "Ce n'est pas une URL absolue." },
  'not-https': { kind: 'invalid', en: 'The endpoint must be reached by https.', fr: "L'adresse doit être en https." },
  'credentials-in-url': {
    kind: 'invalid',
    en: 'The URL must not hold a user name or a password.',
    fr: "L'URL ne doit pas contenir d'identifiant ni de mot de passe.",
  },
  'unknown-host': { kind: 'invalid', en: 'There is no such host.', fr: "Cet hôte n'existe pas." },
  'not-a-public-address': {
    kind: 'invalid',
    en: 'The endpoint must be a public host.',
    fr: "L'adresse doit être celle d'un hôte public.",
  },
} as const satisfies RefusalCatalogue

export const { catalogue, refuse, refuseAll } = defineRefusals<keyof typeof own>(own)
export type RefusalCode = keyof typeof catalogue
/** A reason within a refusal that lists every failed guard. */
export type GuardCode = keyof typeof own
