import type { Bilingual } from '@wontanara/events'

/** A column of a manifest: what heads it, what stands below, and what else people head it with. */
export interface Column {
  readonly header: Bilingual
  readonly description: Bilingual
  /** Other headers under which it is recognised; case, accents and punctuation do not matter. */
  readonly also: readonly string[]
}

/**
 * The columns of an arrival manifest: the one table from which files are read, the template is written and the documentation is made.
 * The names are those of the fields of a row in JSON.
 */
export const columns = {
  fileNumber: {
    header: { en: 'File number', fr: 'Numéro de dossier' },
    description: {
      en: 'Number that the mission gave to the person, not to the family. It says which row is which when the manifest is sent again.',
      fr: 'Numéro que la mission a donné à la personne, non à la famille. Il dit quelle ligne est laquelle quand le manifeste est renvoyé.',
    },
    also: ['file no', 'case number', 'case no', 'individual number', 'n° de dossier', 'n° dossier', 'no dossier', 'dossier', 'matricule'],
  },
  givenName: {
    header: { en: 'Given names', fr: 'Prénoms' },
    description: {
      en: 'Given names. Who bears one name only has it here or under the family name.',
      fr: "Prénoms. Qui ne porte qu'un seul nom l'a ici ou comme nom de famille.",
    },
    also: ['given name', 'first name', 'first names', 'forename', 'prénom', 'prénom(s)'],
  },
  familyName: {
    header: { en: 'Family name', fr: 'Nom' },
    description: { en: 'Family name.', fr: 'Nom de famille.' },
    also: ['last name', 'surname', 'nom de famille', 'noms'],
  },
  fullName: {
    header: { en: 'Full name', fr: 'Nom complet' },
    description: {
      en: 'The whole name, where given and family name do not stand in columns of their own.',
      fr: "Le nom entier, là où prénom et nom n'ont pas chacun leur colonne.",
    },
    also: ['name', 'nom et prénom', 'nom et prénoms', 'nom et prénom(s)', 'prénom et nom', 'prénoms et nom', 'noms et prénoms'],
  },
  sex: {
    header: { en: 'Sex', fr: 'Sexe' },
    description: {
      en: 'F, M, other or "not stated"; the French words and H are understood too.',
      fr: 'F, M ou H, autre ou « non précisé » ; les mots anglais sont compris aussi.',
    },
    also: ['gender', 'genre'],
  },
  birthDate: {
    header: { en: 'Birth date', fr: 'Date de naissance' },
    description: {
      en: 'As exact as it is known: 17/04/1998 (day first) or 1998-04-17, 04/1998 or 1998.',
      fr: 'Aussi précise que connue : 17/04/1998 ou 1998-04-17, 04/1998 ou 1998.',
    },
    also: ['date of birth', 'dob', 'born', 'birth year', 'year of birth', 'né le', 'né(e) le', 'née le', 'année de naissance', 'ddn'],
  },
  ageBasis: {
    header: { en: 'Birth date rests on', fr: 'Source de la date de naissance' },
    description: {
      en: 'What the birth date rests on: declared, document, assessed or estimated. Empty: declared by the person.',
      fr: 'Ce sur quoi repose la date de naissance : déclaré, document, évalué ou estimé. Vide : déclaré par la personne.',
    },
    also: ['age basis', 'base de la date de naissance'],
  },
  nationality: {
    header: { en: 'Nationality', fr: 'Nationalité' },
    description: {
      en: 'Country as a name or a code (GN, GIN); several with a slash; "stateless" or "not known" where there is none. Empty: what is said for everybody.',
      fr: "Pays, par son nom ou son code (GN, GIN) ; plusieurs avec une barre oblique ; « apatride » ou « inconnue » s'il n'y en a pas. Vide : ce qui est dit pour tous.",
    },
    also: ['nationalities', 'citizenship', 'nationalités', 'pays de nationalité'],
  },
  origin: {
    header: { en: 'Place of origin', fr: "Lieu d'origine" },
    description: {
      en: 'Region or prefecture of Guinea, as a name ("Préfecture de Kankan" where the region bears the same) or ISO 3166-2 code.',
      fr: 'Région ou préfecture de Guinée, par son nom (« Préfecture de Kankan » quand la région porte le même) ou son code ISO 3166-2.',
    },
    also: [
      'origin',
      'region of origin',
      'region',
      'prefecture',
      'origine',
      "région d'origine",
      'région',
      "préfecture d'origine",
      'préfecture',
    ],
  },
  languages: {
    header: { en: 'Languages', fr: 'Langues' },
    description: {
      en: 'Languages that the person understands, names or ISO 639-3 codes, with a slash between. Empty: what is said for everybody.',
      fr: "Langues comprises par la personne, par leur nom ou leur code ISO 639-3, séparées d'une barre oblique. Vide : ce qui est dit pour tous.",
    },
    also: ['language', 'spoken languages', 'langue', 'langues parlées', 'langue parlée'],
  },
  phone: {
    header: { en: 'Telephone', fr: 'Téléphone' },
    description: {
      en: "The person's own telephone; without a country code it is one of the country that the person is in, or else of Guinea.",
      fr: "Téléphone de la personne ; sans indicatif, c'est un numéro du pays où elle se trouve, sinon de Guinée.",
    },
    also: ['phone', 'phone number', 'telephone number', 'mobile', 'tel', 'tél', 'n° de téléphone', 'numéro de téléphone', 'contact'],
  },
  familyPhone: {
    header: { en: 'Telephone of the family', fr: 'Téléphone de la famille' },
    description: {
      en: 'Telephone of a relative; without a country code it is one of Guinea.',
      fr: "Téléphone d'un membre de la famille ; sans indicatif, c'est un numéro de Guinée.",
    },
    also: [
      'family phone',
      'relative phone',
      'family contact',
      'contact famille',
      'contact de la famille',
      'tél famille',
      'téléphone famille',
    ],
  },
  phoneSafe: {
    header: { en: 'Safe to call', fr: 'Appel sans danger' },
    description: {
      en: 'Yes where one may call these numbers without putting the person in danger. Empty: not known, therefore no.',
      fr: "Oui si l'on peut appeler ces numéros sans mettre la personne en danger. Vide : inconnu, donc non.",
    },
    also: ['safe', 'appel sûr'],
  },
  address: {
    header: { en: 'Address', fr: 'Adresse' },
    description: { en: 'Address after arrival.', fr: "Adresse après l'arrivée." },
    also: [],
  },
  documentType: {
    header: { en: 'Document', fr: 'Document' },
    description: {
      en: 'Kind of the document: passport, laissez-passer, identity card, consular card ... Empty: other.',
      fr: "Type du document : passeport, laissez-passer, carte d'identité, carte consulaire ... Vide : autre.",
    },
    also: ['document type', 'type of document', 'type de document', 'pièce', 'type de pièce'],
  },
  documentNumber: {
    header: { en: 'Document number', fr: 'Numéro du document' },
    description: { en: 'Number of the document.', fr: 'Numéro du document.' },
    also: [
      'passport number',
      'document no',
      'n° du document',
      'n° de document',
      'numéro de document',
      'n° de pièce',
      'n° passeport',
      'n° de passeport',
    ],
  },
  documentCountry: {
    header: { en: 'Document issued by', fr: 'Document délivré par' },
    description: {
      en: 'Country that issued the document. Empty: the country of nationality.',
      fr: 'Pays qui a délivré le document. Vide : le pays de nationalité.',
    },
    also: ['issued by', 'issuing country', 'pays de délivrance', 'délivré par'],
  },
  fatherName: {
    header: { en: "Father's name", fr: 'Nom du père' },
    description: { en: 'Name of the father.', fr: 'Nom du père.' },
    also: ['father', 'père'],
  },
  motherName: {
    header: { en: "Mother's name", fr: 'Nom de la mère' },
    description: { en: 'Name of the mother.', fr: 'Nom de la mère.' },
    also: ['mother', 'mère'],
  },
  householdRole: {
    header: { en: 'Place in the household', fr: 'Place dans le ménage' },
    description: {
      en: 'Head of household, spouse, child, other relative or travels alone.',
      fr: 'Chef de ménage, conjoint, enfant, autre membre de la famille ou voyage seul.',
    },
    also: ['household role', 'relationship', 'lien de parenté', 'situation familiale'],
  },
  consentLanguage: {
    header: { en: 'Language of the consent', fr: 'Langue du consentement' },
    description: {
      en: 'Language in which the notice was explained. Empty: what is said for everybody.',
      fr: 'Langue dans laquelle la notice a été expliquée. Vide : ce qui est dit pour tous.',
    },
    also: ['consent language'],
  },
  noticeVersion: {
    header: { en: 'Version of the notice', fr: 'Version de la notice' },
    description: {
      en: 'Version of the information notice. Empty: what is said for everybody.',
      fr: "Version de la notice d'information. Vide : ce qui est dit pour tous.",
    },
    also: ['notice version', 'notice'],
  },
  consentTaken: {
    header: { en: 'How the consent was taken', fr: 'Recueil du consentement' },
    description: {
      en: 'Signed on paper, thumbprint, spoken before a witness ... Empty: what is said for everybody.',
      fr: 'Signé sur papier, empreinte digitale, oral devant témoin ... Vide : ce qui est dit pour tous.',
    },
    also: ['consent taken', 'consent', 'consentement'],
  },
  guardianName: {
    header: { en: 'Guardian', fr: 'Tuteur' },
    description: {
      en: 'Who signed for a child. Needed for whoever may be under 18, unless a legal ground is recorded.',
      fr: 'Qui a signé pour un enfant. Nécessaire pour qui peut avoir moins de 18 ans, sauf si un fondement légal est consigné.',
    },
    also: ['guardian name', 'nom du tuteur', 'représentant légal', 'responsable'],
  },
  guardianRelation: {
    header: { en: 'Relation of the guardian', fr: 'Lien du tuteur' },
    description: {
      en: 'Mother, father, guardian appointed by the judge, guardian by custom, other.',
      fr: 'Mère, père, tuteur désigné par le juge, tuteur coutumier, autre.',
    },
    also: ['guardian relation', 'lien avec le tuteur'],
  },
  childAssents: {
    header: { en: 'Child agrees', fr: "Accord de l'enfant" },
    description: { en: 'Whether the child itself agrees: yes or no.', fr: "Si l'enfant est lui-même d'accord : oui ou non." },
    also: ['child assents', 'assent', "assentiment de l'enfant", 'assentiment'],
  },
  legalReference: {
    header: { en: 'Legal ground', fr: 'Fondement légal' },
    description: {
      en: 'Text on which the use of the data rests where it is not consent. It goes before what is said for everybody.',
      fr: "Texte sur lequel repose l'usage des données quand ce n'est pas le consentement. Il prime sur ce qui est dit pour tous.",
    },
    also: ['legal basis', 'base légale', 'base juridique'],
  },
} as const satisfies Readonly<Record<string, Column>>
export type ColumnName = keyof typeof columns

const isColumn = (name: string): name is ColumnName => Object.hasOwn(columns, name)
export const columnNames: readonly ColumnName[] = Object.keys(columns).filter(isColumn)

/** The longest text that any cell may hold. */
export const longestCell = 200

/** A text as it is compared: without case, accents and punctuation, in whatever script. */
export const bare = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

const byHeader: ReadonlyMap<string, ColumnName> = new Map(
  columnNames.flatMap((name) => {
    const { header, also } = columns[name]
    return [name, header.en, header.fr, ...also].map((text): [string, ColumnName] => [bare(text), name])
  }),
)

/** The column that a header stands for. */
export const columnOf = (header: string): ColumnName | undefined => byHeader.get(bare(header))
