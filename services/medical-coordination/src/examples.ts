/** A synthetic person for the reference: nobody real. */
export const fitnessId = 'fit-26k47qx9tm2r'
export const caseId = 'case-26k47qx9tm2r'
export const doctor = 'b3a1c2d4-0000-4000-8000-000000000007'
export const travelExample = { date: '2026-03-20', departureAt: '2026-03-20T11:30:00Z', carrier: 'XX' }
export const clinicalExample = {
  findings: 'Well. Blood pressure 115/70. No oedema.',
  diagnoses: [{ code: 'Z34.9', name: 'Normal pregnancy' }],
  medications: [{ name: 'Iron and folic acid', dose: 'one tablet a day' }],
  pregnancy: {
    status: 'pregnant',
    age: { weeks: 29, days: 3 },
    measuredOn: '2026-03-02',
    expecting: 'single',
    letter: { issuedOn: '2026-03-02', dueDate: '2026-05-15' },
  },
} as const
export const decisionExample = {
  decision: 'fit-with-conditions',
  conditions: ['aisle-seat', 'medical-letter'],
  validUntil: '2026-03-31',
} as const
export const requested = {
  fitnessId,
  caseId,
  office: 'conakry',
  status: 'requested',
  requestedAt: '2026-03-01T10:00:00Z',
  consent: true,
  missing: [
    { step: 'examine', code: 'not-scheduled', en: 'No examination is scheduled.', fr: "Aucun examen n'est planifié." },
    { step: 'decide', code: 'travel-date-missing', en: 'The travel date is not set.', fr: "La date du voyage n'est pas fixée." },
  ],
  travelRules: [],
} as const
export const scheduled = {
  ...requested,
  status: 'scheduled',
  travel: travelExample,
  officer: doctor,
  appointment: { appointmentAt: '2026-03-02T09:00:00Z', place: 'Health centre, Matam' },
  missing: [{ step: 'decide', code: 'not-examined', en: 'The person has not been examined.', fr: "La personne n'a pas été examinée." }],
} as const
export const examined = {
  ...requested,
  status: 'examined',
  travel: travelExample,
  officer: doctor,
  examination: { ...clinicalExample, examinedAt: '2026-03-02T09:40:00Z', by: doctor },
  missing: [],
} as const
export const decided = {
  ...examined,
  status: 'decided',
  decision: { ...decisionExample, decidedAt: '2026-03-02T09:45:00Z', by: doctor },
} as const
export const cleared = {
  ...decided,
  status: 'cleared',
  clearance: { checkedAt: '2026-03-18T09:00:00Z', by: doctor, departureAt: '2026-03-20T11:30:00Z' },
} as const
export const page = {
  items: [{ fitnessId, caseId, status: 'decided', decision: 'fit-with-conditions', validUntil: '2026-03-31', travelDate: '2026-03-20' }],
} as const
export const appointments = {
  items: [{ fitnessId, caseId, status: 'scheduled', travelDate: '2026-03-20', appointmentAt: '2026-03-02T09:00:00Z' }],
} as const
