/** Synthetic examples: nobody here exists. */
export const organisationId = 'org-avocats-sans-rive'
export const serviceId = 'svc-legal-aid-conakry'
export const referralId = 'ref-26k47qx9tm2r'
export const caseId = 'case-26k47qx9tm2r'
export const needId = 'need-7h2m9c4x1v6b'
export const consentId = 'consent-8j3n5d2w9q7z'

export const organisation = {
  name: 'Avocats sans rive',
  description: 'Free legal advice for people who came back.',
  type: 'legal-service',
  status: 'active',
  website: 'https://avocats-sans-rive.example',
} as const

export const service = {
  name: 'Legal aid, Conakry',
  type: 'legal-assistance',
  status: 'active',
  serviceAreas: ['GN-C', 'GN-D'],
  languages: ['fra', 'sus'],
  minimumAge: 18,
  requiredDocuments: [],
  locations: [
    {
      locationId: 'loc-legal-aid-kaloum',
      name: 'Kaloum office',
      place: 'GN-C',
      coordinates: { latitude: 9.51, longitude: -13.71 },
      accessibility: ['Ground floor, without steps'],
    },
  ],
  schedules: [{ weekdays: ['MO', 'TU', 'WE', 'TH', 'FR'], opens: '08:30', closes: '16:30' }],
  costs: [],
  assuredOn: '2026-01-12',
  reviewBy: '2026-07-12',
  capacity: { available: 12, maximum: 30 },
} as const

export const question = {
  office: 'conakry',
  service: 'legal-assistance',
  place: 'GN-C',
  priority: 'urgent',
  age: 27,
  languages: ['sus', 'fra'],
  consent: { caseId, scopes: ['name', 'contact', 'needs'] },
} as const

export const rule = { office: 'conakry', service: 'legal-assistance', priority: 'emergency', automatic: true } as const
export const ruleSet = { ...rule, setBy: '5f0c2a8e-staff', setAt: '2026-03-02T08:00:00.000Z' } as const

export const ranked = {
  serviceId,
  organisationId,
  name: service.name,
  eligible: true,
  obstacles: [],
  points: 80,
  reasons: [
    { code: 'place-near', points: 30, of: 30, en: 'About 0 km away.', fr: 'À environ 0 km.' },
    {
      code: 'language-best',
      points: 20,
      of: 20,
      en: 'Speaks the language that the person speaks best.',
      fr: 'Parle la langue que la personne parle le mieux.',
    },
    { code: 'open-now', points: 15, of: 15, en: 'Is open now.', fr: 'Est ouvert en ce moment.' },
    {
      code: 'acknowledgement-unknown',
      points: 0,
      of: 20,
      en: 'How fast it acknowledges is not known yet.',
      fr: 'On ne sait pas encore à quelle vitesse il accuse réception.',
    },
    { code: 'places-free', points: 10, of: 10, en: 'Free places: 12.', fr: 'Places libres : 12.' },
    { code: 'reviewed', points: 5, of: 5, en: 'Its entry is up to date.', fr: 'Sa fiche est à jour.' },
  ],
} as const

export const snapshot = {
  name: { given: 'Mariama', family: 'Exemple' },
  contact: { phones: ['+224620000001'], safeTimes: 'in the morning' },
  needs: { situation: 'Wages of two months were withheld by an employer abroad.' },
} as const

export const draft = {
  caseId,
  needId,
  office: 'conakry',
  serviceId,
  priority: 'urgent',
  place: 'GN-C',
  forReturn: false,
  age: 27,
  languages: ['sus', 'fra'],
  snapshot,
} as const

export const drafted = {
  ...draft,
  referralId,
  status: 'draft',
  organisationId,
  service: 'legal-assistance',
  draftedBy: '5f0c2a8e-staff',
  draftedAt: '2026-03-02T09:00:00.000Z',
  scopes: ['name', 'contact', 'needs'],
  consents: [],
} as const

export const sent = {
  ...drafted,
  status: 'sent',
  sentAt: '2026-03-02T09:30:00.000Z',
  dueAt: '2026-03-05T09:30:00.000Z',
  consents: [consentId],
} as const

/** What the partner sees before acceptance. */
export const addressed = {
  referralId,
  status: 'received',
  organisationId,
  serviceId,
  service: 'legal-assistance',
  priority: 'urgent',
  place: 'GN-C',
  sentAt: sent.sentAt,
  dueAt: sent.dueAt,
} as const

const obligations = {
  purpose: 'legal-assistance',
  onwardSharing: 'not-allowed',
  deleteAfterEndDays: 90,
  onWithdrawal: 'stop-and-delete',
} as const

/** And after. */
export const disclosed = { ...addressed, status: 'accepted', disclosedAt: '2026-03-02T11:00:00.000Z', snapshot, obligations } as const

export const row = {
  referralId,
  organisationId,
  serviceId,
  status: 'sent',
  priority: 'urgent',
  place: 'GN-C',
  dueAt: sent.dueAt,
} as const

export const feedItem = {
  sequence: 42,
  id: `${referralId}_2_1`,
  type: 'referral.sent',
  timestamp: sent.sentAt,
  data: { referralId, serviceId, status: 'sent', version: 2 },
} as const
