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
  application: {
    person: {
      name: person.name,
      sex: person.sex,
      birthDate: person.birthDate,
      nationalities: person.nationalities,
      languages: person.languages,
      contacts: [{ phone: '90 00 00 00', owner: 'self', safe: true }],
    },
    presentIn: 'NE',
    wishes: ['return', 'information'],
    message: 'Exemple : je voudrais rentrer chez moi.',
    consent: { language: 'fra', noticeVersion: '2026.1' },
  },
  appointment: {
    at: '2026-03-09T10:00:00.000Z',
    minutes: 45,
    mode: 'in-person',
    place: 'Bureau Exemple, salle 2',
    counsellor,
    language: 'emk',
    interpreter: 'staff-0011',
  },
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
export const mergeExample = { into: 'case-7tm2r26k4qx9' } as const
/** A case that went under: what was attached to it is found in the other. */
export const mergedExample = {
  ...rowExample,
  status: 'merged',
  reference: caseExample.reference,
  stage: 'counselled',
  registeredAt: at,
  ...bodies.assignment,
  registration,
  mergedInto: mergeExample.into,
  specificNeeds: false,
  needs: [],
  consents: [],
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
export const applicationRowExample = {
  applicationId: 'application-26k47qx9tm2r',
  reference: 'A-26K4-7QX9-TM2R-V',
  office: 'niger',
  status: 'open',
  receivedAt: at,
} as const
export const applicationExample = {
  ...applicationRowExample,
  application: { ...bodies.application, person: { ...bodies.application.person, contacts: person.contacts } },
} as const
const { place: _, ...openly } = bodies.appointment
export const appointmentRowExample = {
  appointmentId: 'appointment-26k47qx9tm2r',
  caseId,
  office: 'niger',
  status: 'booked',
  ...openly,
} as const
export const appointmentExample = { ...appointmentRowExample, place: bodies.appointment.place } as const
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

const otherCase = 'case-7tm2r26k4qx9'
export const linkExamples = {
  link: { other: otherCase, relation: 'spouse', since: '2019-01-01', basis: 'declared' },
  end: { reason: 'entered-in-error' },
} as const
export const householdExample = {
  caseId,
  members: [
    { caseId: otherCase, reference: '7TM2-R26K-4QX9-B', office: 'niger', status: 'registered', relations: ['spouse', 'travelling-with'] },
  ],
  others: 0,
} as const

const offer = {
  transferId: 'transfer-26k47qx9tm2r',
  caseId,
  from: 'niger',
  to: 'kankan',
  reason: 'return',
  requestedAt: at,
} as const
const transfer = { ...offer, requestedBy: counsellor, reference: '26K4-7QX9-TM2R-V', fromMission: 'NE', toMission: 'GN' } as const
const ended = { ...transfer, endedAt: at, endedBy: 'staff-0012' } as const
export const transferExamples = {
  request: { to: 'kankan', reason: 'return', note: 'Sa sœur l’attend à la gare (exemple).' },
  decline: { reason: 'no-capacity' },
  recall: { reason: 'person-stays' },
  row: { ...offer, status: 'pending' },
  pending: {
    ...transfer,
    status: 'pending',
    handover: {
      status: 'counselled',
      stage: 'counselled',
      since: at,
      presentIn: 'NE',
      specificNeeds: true,
      needs: [{ service: 'psychosocial', priority: 'urgent', status: 'open' }],
      urgency: 'urgent',
      travel: { confirmed: false, held: false },
      travellingAlong: 0,
    },
  },
  accepted: { ...ended, status: 'accepted' },
  declined: { ...ended, status: 'declined', declineReason: 'no-capacity' },
  recalled: { ...ended, endedBy: counsellor, status: 'recalled', recallReason: 'person-stays' },
} as const
