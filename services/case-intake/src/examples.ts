/*
 * Synthetic people and papers for the reference: nobody real. The names are clearly invented.
 */
const caseId = 'case-26k47qx9tm2r'
const at = '2026-03-02T09:00:00.000Z'
const counsellor = 'staff-0003'

const person = {
  name: { given: 'Fodéba', family: 'Exemple-Camara' },
  sex: 'male',
  birthDate: '1998-04',
  ageBasis: 'declared',
  nationalities: ['GN'],
  origin: 'GN-K',
  languages: ['emk', 'fra'],
  contacts: [{ phone: '+22790000000', owner: 'self', safe: true }],
} as const
const processing = {
  basis: 'consent',
  language: 'emk',
  noticeVersion: '2026.1',
  taken: 'thumbprint',
  signatory: { kind: 'self' },
} as const
const registration = { channel: 'host-mission', presentIn: 'NE', person } as const

/** Bodies of the requests. */
export const bodies = {
  registration: { office: 'niger', ...registration, processing, duplicates: { outcome: 'none-found' } },
  correction: {
    reason: 'document-seen',
    presentIn: 'NE',
    household: { role: 'alone' },
    person: {
      ...person,
      birthDate: '1998-04-17',
      ageBasis: 'document',
      aliases: ['Fodé'],
      documents: [{ type: 'consular-card', number: 'EX-000-000', issuedBy: 'GN' }],
    },
  },
  duplicates: { outcome: 'another-person', comparedWith: ['case-7tm2r26k4qx9'] },
  assignment: { lead: counsellor, team: ['staff-0007'] },
  screening: {
    occasion: 'registration',
    eligibility: 'stranded',
    asylumClaim: 'none',
    factors: { individual: [], household: ['debt'], community: ['stigma-of-return'], structural: ['no-livelihood'] },
    trafficking: 'no',
    accompaniment: 'nobody',
    ageInDoubt: false,
  },
  session: {
    subjects: ['return', 'reintegration'],
    heldOn: '2026-03-02',
    mode: 'in-person',
    language: 'emk',
    interpreted: true,
    topics: ['right-to-change-mind', 'journey-and-documents', 'reintegration-support'],
    optionsShown: ['voluntary-return', 'local-support', 'training'],
    outcome: 'wishes-to-return',
  },
  need: { service: 'psychosocial', priority: 'urgent' },
  service: { provider: 'programme', on: '2026-03-02' },
  refusal: { reason: 'person-declined' },
  consent: {
    purpose: 'referral',
    recipient: 'org-exemple-sante',
    scopes: ['name', 'contact', 'needs'],
    grounds: processing,
    validUntil: '2026-09-02T00:00:00.000Z',
  },
  withdrawal: { by: 'person' },
  safeguard: {
    safeguard: {
      kind: 'safe-return-assessment',
      authority: 'programme',
      date: '2026-03-02',
      reference: 'EX-SRA-0001',
      outcome: 'positive',
    },
  },
  declaration: {
    language: 'emk',
    taken: 'thumbprint',
    signatory: { kind: 'self' },
    witness: { kind: 'other', name: 'Aïssatou Témoin-Exemple', standing: 'Association des ressortissants' },
    capacity: 'not-in-doubt',
    intendedTravelDate: '2026-04-20',
  },
  interruption: { interruption: { status: 'lost-contact', attempts: 3, lastContactOn: '2026-02-20' } },
  closureRequest: { reason: 'return-withdrawn' },
  closureDecision: { decision: 'approved' },
  reopening: { reason: 'person-returned' },
} as const

const consent = { ...bodies.consent, consentId: 'consent-3m9k2x7q4r8t', validFrom: at, recordedBy: counsellor, effective: true } as const

/** Answers. */
export const rowExample = { caseId, office: 'niger', status: 'registered', since: at } as const
export const caseExample = {
  ...rowExample,
  reference: '26K4-7QX9-TM2R-V',
  status: 'counselled',
  stage: 'counselled',
  registeredAt: at,
  ...bodies.assignment,
  duplicates: bodies.registration.duplicates,
  registration,
  screening: { ...bodies.screening, version: 1, at, registeredBirthDate: person.birthDate },
  childClassification: { classification: 'adult', facts: ['of-age'] },
  specificNeeds: true,
  sessions: [{ ...bodies.session, counsellor }],
  needs: [{ needId: 'need-9q4r8t3m2k7x', ...bodies.need, recordedAt: at, status: 'open' }],
  consents: [consent],
} as const
export const searchExample = { office: 'niger', name: 'Kamara Fodeba', birthYear: 1998, limit: 25 } as const
export const foundExample = {
  ...rowExample,
  reference: '26K4-7QX9-TM2R-V',
  name: person.name,
  sex: person.sex,
  birthDate: person.birthDate,
  origin: person.origin,
} as const
export const consentsExample = { at, consents: [consent] } as const
export const screeningsExample = { items: [{ ...caseExample.screening, by: 'staff-0007' }] } as const
export const nextStepsExample = {
  steps: [
    { step: 'screened', missing: [] },
    {
      step: 'counselled',
      missing: [
        {
          code: 'counselling-on-reintegration-missing',
          en: 'There was no counselling on reintegration in a language that the person understands.',
          fr: "Il n'y a pas eu de conseil sur la réintégration dans une langue comprise par la personne.",
        },
      ],
    },
  ],
} as const
export const timelineExample = {
  items: [
    {
      version: 1,
      at,
      action: 'case:register',
      by: 'staff-0001',
      as: 'intake-officer',
      offices: ['niger'],
      events: ['registered', 'case-intake.case-registered.v1'],
      hash: 'ZXhhbXBsZS1oYXNoLW9mLWEtY29tbWl0LTAwMDAwMDE',
    },
  ],
} as const
