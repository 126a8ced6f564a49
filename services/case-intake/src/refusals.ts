import { defineRefusals, type RefusalCatalogue } from '@wontanara/core'
import { exportRefusals } from './export-refusals.ts'
import { manifestRefusals } from './manifest-refusals.ts'

/** The guards of the steps: what a person reads under "what is missing", and in a refusal. */
const guards = {
  'case-not-active': {
    kind: 'conflict',
    en: 'The case is not on its way: {status}.',
    fr: "Le dossier n'est pas en cours : {status}.",
  },
  'processing-not-allowed': {
    kind: 'conflict',
    en: 'Nothing allows the processing of the data: a consent or a legal ground is needed.',
    fr: "Rien n'autorise le traitement des données : il faut un consentement ou un fondement légal.",
  },
  'duplicates-pending': {
    kind: 'conflict',
    en: 'The search for an earlier registration of the person has not ended yet: try again in a moment.',
    fr: "La recherche d'un enregistrement antérieur de la personne n'est pas terminée : réessayez dans un instant.",
  },
  'duplicates-undecided': {
    kind: 'conflict',
    en: 'Nobody has decided whether the person is registered already: a case that resembles this one was found.',
    fr: "Personne n'a décidé si la personne est déjà enregistrée : un dossier ressemblant a été trouvé.",
  },
  'registered-twice': {
    kind: 'conflict',
    en: 'The person is registered already: go on with the other case.',
    fr: "La personne est déjà enregistrée : poursuivez avec l'autre dossier.",
  },
  'same-person-undecided': {
    kind: 'conflict',
    en: 'Nobody has decided that the two cases are of the same person.',
    fr: "Personne n'a décidé que les deux dossiers sont ceux de la même personne.",
  },
  'merge-into-itself': { kind: 'conflict', en: 'A case is not merged into itself.', fr: 'Un dossier ne se fusionne pas avec lui-même.' },
  'merge-holds-others': {
    kind: 'conflict',
    en: 'Other cases were merged into this one ({count}): it is the one to go on, or undo those merges first.',
    fr: "D'autres dossiers ont été fusionnés avec celui-ci ({count}) : c'est lui qui doit continuer, ou défaites d'abord ces fusions.",
  },
  'merge-states-differ': {
    kind: 'conflict',
    en: 'One case stands at {status}, the other at {other}: decide first on the one, or the other, so that both say the same.',
    fr: "Un dossier est à l'état {status}, l'autre à l'état {other} : décidez d'abord sur l'un ou l'autre, pour que les deux disent la même chose.",
  },
  'merge-across-missions': {
    kind: 'conflict',
    en: 'The cases are held by different missions: one of them is transferred first.',
    fr: "Les dossiers sont tenus par des missions différentes : l'un d'eux est d'abord transféré.",
  },
  'merge-linked': {
    kind: 'conflict',
    en: 'The two cases are linked to each other, or say of a third person what contradicts itself: end the link that is wrong first.',
    fr: "Les deux dossiers sont liés l'un à l'autre, ou se contredisent sur une troisième personne : mettez d'abord fin au lien erroné.",
  },
  'closure-pending': {
    kind: 'conflict',
    en: 'The closure of one of the cases is requested: decide on it first.',
    fr: "La clôture de l'un des dossiers est demandée : décidez-en d'abord.",
  },
  'screening-missing': { kind: 'conflict', en: 'There is no screening yet.', fr: "Le dépistage n'est pas fait." },
  'eligibility-open': { kind: 'conflict', en: 'The eligibility category is open.', fr: "La catégorie d'éligibilité n'est pas fixée." },
  'asylum-claim-pending': { kind: 'conflict', en: 'An asylum claim is pending.', fr: "Une demande d'asile est en cours." },
  'claim-withdrawal-unproven': {
    kind: 'conflict',
    en: 'There is no proof that the asylum claim was withdrawn.',
    fr: "Le retrait de la demande d'asile n'est pas prouvé.",
  },
  'claim-decision-missing': {
    kind: 'conflict',
    en: 'The decision on international protection is missing: its reference and date.',
    fr: 'La décision sur la protection internationale manque : sa référence et sa date.',
  },
  'trafficking-not-asked': {
    kind: 'conflict',
    en: 'The question of trafficking has not been answered.',
    fr: "La question de la traite n'a pas reçu de réponse.",
  },
  'counselling-on-return-missing': {
    kind: 'conflict',
    en: 'There was no counselling on return in a language that the person understands.',
    fr: "Il n'y a pas eu de conseil sur le retour dans une langue comprise par la personne.",
  },
  'counselling-on-reintegration-missing': {
    kind: 'conflict',
    en: 'There was no counselling on reintegration in a language that the person understands.',
    fr: "Il n'y a pas eu de conseil sur la réintégration dans une langue comprise par la personne.",
  },
  'counselling-on-asylum-missing': {
    kind: 'conflict',
    en: 'There was no counselling on what giving up the asylum claim means.',
    fr: "Il n'y a pas eu de conseil sur les conséquences de l'abandon de la demande d'asile.",
  },
  'guardian-missing': { kind: 'conflict', en: 'No guardian is named for the child.', fr: "Aucun tuteur n'est désigné pour l'enfant." },
  'signatory-not-the-guardian': {
    kind: 'conflict',
    en: 'Who signs is not the guardian named for the child.',
    fr: "La personne qui signe n'est pas le tuteur désigné pour l'enfant.",
  },
  'child-views-missing': {
    kind: 'conflict',
    en: 'The views of the child are not recorded.',
    fr: "L'avis de l'enfant n'est pas consigné.",
  },
  'child-objects': { kind: 'conflict', en: 'The child does not wish to return.', fr: "L'enfant ne souhaite pas rentrer." },
  'best-interests-missing': {
    kind: 'conflict',
    en: 'There is no best interests determination.',
    fr: "La détermination de l'intérêt supérieur de l'enfant manque.",
  },
  'best-interests-elsewhere': {
    kind: 'conflict',
    en: 'The best interests determination decided for another solution than return.',
    fr: "La détermination de l'intérêt supérieur a retenu une autre solution que le retour.",
  },
  'safe-return-missing': {
    kind: 'conflict',
    en: 'There is no assessment that the return is safe.',
    fr: "L'évaluation de la sécurité du retour manque.",
  },
  'return-not-safe': { kind: 'conflict', en: 'The return was assessed as not safe.', fr: "Le retour a été évalué comme n'étant pas sûr." },
  'protection-step-open': {
    kind: 'conflict',
    en: 'A step of the protection officer is open: ask the protection officer of the case.',
    fr: "Une étape de protection est en attente : adressez-vous à l'agent de protection du dossier.",
  },
  'declaration-missing': {
    kind: 'conflict',
    en: 'There is no declaration of voluntary return.',
    fr: "Il n'y a pas de déclaration de retour volontaire.",
  },
  'declaration-expired': {
    kind: 'conflict',
    en: 'The declaration of voluntary return is too old.',
    fr: 'La déclaration de retour volontaire est trop ancienne.',
  },
  'declaration-not-by-guardian': {
    kind: 'conflict',
    en: 'The person has turned out to be a child, and no guardian signed the declaration.',
    fr: "La personne s'est révélée être un enfant, et aucun tuteur n'a signé la déclaration.",
  },
  'declaration-not-by-person': {
    kind: 'conflict',
    en: 'A guardian signed the declaration, and the person is of age: the declaration is for the person to make.',
    fr: "Un tuteur a signé la déclaration, et la personne est majeure : c'est à elle de la faire.",
  },
  'wish-to-return-denied': {
    kind: 'conflict',
    en: 'At the last counselling session the person did not wish to return.',
    fr: 'Au dernier entretien de conseil, la personne ne souhaitait pas rentrer.',
  },
  'need-open': { kind: 'conflict', en: 'Needs without an answer: {count}.', fr: 'Besoins sans réponse : {count}.' },
  'need-referred': { kind: 'conflict', en: 'Needs still with a partner: {count}.', fr: 'Besoins encore chez un partenaire : {count}.' },
  'closure-outdated': {
    kind: 'conflict',
    en: 'The case has moved since the closure was requested: request it anew.',
    fr: 'Le dossier a évolué depuis la demande de clôture : renouvelez la demande.',
  },
  'closure-not-requested': { kind: 'conflict', en: 'Nobody has requested the closure.', fr: "La clôture n'a pas été demandée." },
} as const satisfies RefusalCatalogue
export type GuardCode = keyof typeof guards

export const { catalogue, refuse, refuseAll } = defineRefusals({
  ...guards,
  ...manifestRefusals,
  ...exportRefusals,
  'case-merged': {
    kind: 'conflict',
    en: 'The case was merged into another, which goes on: {reference}.',
    fr: 'Le dossier a été fusionné avec un autre, qui continue : {reference}.',
  },
  'not-merged': { kind: 'conflict', en: 'The case is not merged into another.', fr: "Le dossier n'est pas fusionné avec un autre." },
  'not-to-be-moved': {
    kind: 'unprocessable',
    en: 'Only needs and consents that were added to the other case since the merge can go along.',
    fr: "Seuls les besoins et consentements ajoutés à l'autre dossier depuis la fusion peuvent suivre.",
  },
  'name-needed': { kind: 'invalid', en: 'Give at least one name.', fr: 'Indiquez au moins un nom.' },
  'nothing-asked': {
    kind: 'invalid',
    en: 'Ask for something: a reference, a document, a telephone, a name, a birth year or a place of origin.',
    fr: "Demandez quelque chose : une référence, un document, un téléphone, un nom, une année de naissance ou un lieu d'origine.",
  },
  'status-or-lead': {
    kind: 'invalid',
    en: 'Ask by status or by who leads, not by both.',
    fr: 'Demandez par statut ou par responsable, pas les deux.',
  },
  'status-or-attention': {
    kind: 'invalid',
    en: 'Ask by status or for what waits for a protection officer, not both.',
    fr: 'Demandez par statut ou ce qui attend un agent de protection, pas les deux.',
  },
  'no-way-to-answer': {
    kind: 'unprocessable',
    en: 'Give a telephone, or another safe way to reach you: we could not answer.',
    fr: 'Indiquez un téléphone, ou un autre moyen sûr de vous joindre : nous ne pourrions pas répondre.',
  },
  'application-decided': {
    kind: 'conflict',
    en: 'It has been decided on this application: {status}.',
    fr: 'Cette demande a déjà reçu une décision : {status}.',
  },
  'case-not-found': {
    kind: 'unprocessable',
    en: 'There is no such case, or it is not within your reach.',
    fr: "Ce dossier n'existe pas ou n'est pas à votre portée.",
  },
  'appointment-in-past': { kind: 'unprocessable', en: 'This time has passed.', fr: 'Cette heure est passée.' },
  'appointment-over-midnight': {
    kind: 'unprocessable',
    en: 'An appointment ends on the day on which it begins (UTC).',
    fr: 'Un rendez-vous se termine le jour où il commence (UTC).',
  },
  'appointment-over': {
    kind: 'conflict',
    en: 'This appointment stands no more: {status}. Book another.',
    fr: "Ce rendez-vous n'est plus fixé : {status}. Fixez-en un autre.",
  },
  'appointment-ahead': {
    kind: 'conflict',
    en: 'The time of the appointment has not come yet.',
    fr: "L'heure du rendez-vous n'est pas encore venue.",
  },
  'counsellor-busy': {
    kind: 'conflict',
    en: 'The counsellor has another appointment at this time.',
    fr: 'Le conseiller a un autre rendez-vous à cette heure.',
  },
  'mistyped-reference': {
    kind: 'unprocessable',
    en: 'This reference is mistyped: its check character does not fit. Read it again.',
    fr: 'Cette référence est mal saisie : son caractère de contrôle ne correspond pas. Relisez-la.',
  },
  'not-a-telephone': {
    kind: 'unprocessable',
    en: 'This is no telephone number: write it with its country code, or as it is dialled in Guinea.',
    fr: "Ce n'est pas un numéro de téléphone : écrivez-le avec l'indicatif du pays, ou comme on le compose en Guinée.",
  },
  'date-in-future': { kind: 'unprocessable', en: 'A date lies in the future.', fr: 'Une date est dans le futur.' },
  'ends-before-it-begins': { kind: 'unprocessable', en: 'It would end before it begins.', fr: 'La fin précéderait le début.' },
  'guardian-must-sign': {
    kind: 'unprocessable',
    en: 'For a child a guardian signs, or two people decide in the best interests of the child.',
    fr: "Pour un enfant, un tuteur signe, ou deux personnes décident dans l'intérêt supérieur de l'enfant.",
  },
  'person-must-sign': {
    kind: 'unprocessable',
    en: 'An adult signs in person, or through a legal representative.',
    fr: 'Un adulte signe lui-même, ou par un représentant légal.',
  },
  'second-person-needed': {
    kind: 'unprocessable',
    en: 'Two different people must stand for this.',
    fr: 'Deux personnes différentes doivent en répondre.',
  },
  'protection-officer-needed': {
    kind: 'unprocessable',
    en: 'Only a protection officer may invoke a vital interest.',
    fr: 'Seul un agent de protection peut invoquer un intérêt vital.',
  },
  'person-must-withdraw': {
    kind: 'unprocessable',
    en: 'An adult decides in person, or through a legal representative: ask the person, and record the answer.',
    fr: 'Un adulte décide lui-même, ou par un représentant légal : demandez-lui, et consignez sa réponse.',
  },
  'candidates-open': {
    kind: 'conflict',
    en: '{count} cases that may be of the same person were found: say of each which it is.',
    fr: "Des dossiers qui sont peut-être ceux de la même personne ont été trouvés ({count}) : dites pour chacun ce qu'il en est.",
  },
  'register-full': {
    kind: 'conflict',
    en: 'The case holds {limit} entries of this kind, as many as it can.',
    fr: "Le dossier contient {limit} entrées de ce type, c'est le maximum.",
  },
  'recipient-needed': {
    kind: 'unprocessable',
    en: 'A consent to share names the organisation and at least one field group.',
    fr: "Un consentement au partage nomme l'organisation et au moins un groupe de données.",
  },
  'consent-not-found': { kind: 'not-found', en: 'This case has no such consent.', fr: "Ce dossier n'a pas ce consentement." },
  'need-not-found': { kind: 'not-found', en: 'This case has no such need.', fr: "Ce dossier n'a pas ce besoin." },
  'need-answered': { kind: 'conflict', en: 'This need has its answer already.', fr: 'Ce besoin a déjà sa réponse.' },
  'need-with-partner': {
    kind: 'conflict',
    en: 'A partner has this need: recall the referral first.',
    fr: "Un partenaire s'occupe de ce besoin : retirez d'abord l'orientation.",
  },
  'lowers-protection': {
    kind: 'conflict',
    en: 'This screening finds less need of protection than the one before: say why.',
    fr: 'Ce dépistage conclut à un moindre besoin de protection que le précédent : indiquez pourquoi.',
  },
  'override-against-age': {
    kind: 'conflict',
    en: 'Who is certainly under 18 cannot be classified as an adult.',
    fr: 'Une personne de moins de 18 ans avec certitude ne peut pas être classée comme adulte.',
  },
  'solution-not-compared': {
    kind: 'unprocessable',
    en: 'The outcome must be among the solutions compared, each named once.',
    fr: 'La solution retenue doit figurer parmi celles comparées, chacune citée une fois.',
  },
  'guardian-did-not-sign': {
    kind: 'conflict',
    en: 'For a child the guardian signs the declaration.',
    fr: "Pour un enfant, c'est le tuteur qui signe la déclaration.",
  },
  'child-does-not-assent': { kind: 'conflict', en: 'The child does not assent.', fr: "L'enfant ne donne pas son accord." },
  'capacity-does-not-fit': {
    kind: 'conflict',
    en: 'Who is able to decide signs in person; for who is not, the legal representative signs.',
    fr: 'Qui est capable de décider signe en personne ; sinon, le représentant légal signe.',
  },
  'witness-is-counsellor': {
    kind: 'conflict',
    en: 'The witness must be somebody else than the counsellor.',
    fr: 'Le témoin doit être une autre personne que le conseiller.',
  },
  'language-not-understood': {
    kind: 'conflict',
    en: 'The declaration was not made in a language of the person.',
    fr: "La déclaration n'a pas été faite dans une langue de la personne.",
  },
  'linked-to-itself': {
    kind: 'unprocessable',
    en: 'A case cannot be linked to itself.',
    fr: 'Un dossier ne peut pas être lié à lui-même.',
  },
  'linked-already': { kind: 'conflict', en: 'This link is on file already.', fr: 'Ce lien est déjà enregistré.' },
  'link-contradicts': {
    kind: 'conflict',
    en: 'This contradicts another link between the two: end that one first.',
    fr: "Cela contredit un autre lien entre les deux : mettez-y fin d'abord.",
  },
  'protection-officer-links': {
    kind: 'unprocessable',
    en: 'Guardianship and separation are recorded by a protection officer.',
    fr: 'La tutelle et la séparation sont consignées par un agent de protection.',
  },
  'link-not-found': { kind: 'not-found', en: 'This case has no such link.', fr: "Ce dossier n'a pas ce lien." },
  'transfer-to-itself': {
    kind: 'unprocessable',
    en: 'The case lies at this office already.',
    fr: 'Le dossier se trouve déjà dans ce bureau.',
  },
  'transfer-pending': {
    kind: 'conflict',
    en: 'The case is offered to another office already: recall that transfer first.',
    fr: "Le dossier est déjà proposé à un autre bureau : retirez d'abord ce transfert.",
  },
  'transfer-ended': {
    kind: 'conflict',
    en: 'This transfer has its answer already: {status}.',
    fr: 'Ce transfert a déjà sa réponse : {status}.',
  },
  'other-side-decides': {
    kind: 'not-permitted',
    en: 'This is for the other office to do.',
    fr: "C'est à l'autre bureau de le faire.",
  },
  'case-ended': {
    kind: 'conflict',
    en: 'The case has ended: {status}. Reopen it first.',
    fr: "Le dossier est terminé : {status}. Rouvrez-le d'abord.",
  },
  'not-interrupted': {
    kind: 'conflict',
    en: 'The case is neither suspended nor out of contact.',
    fr: "Le dossier n'est ni suspendu ni sans contact.",
  },
  'not-ended': { kind: 'conflict', en: 'The case has not ended.', fr: "Le dossier n'est pas terminé." },
  'same-person-approves': {
    kind: 'conflict',
    en: 'Who requested the closure cannot decide on it.',
    fr: 'Qui a demandé la clôture ne peut pas en décider.',
  },
})
export type CaseRefusal = Parameters<typeof refuse>[0]
