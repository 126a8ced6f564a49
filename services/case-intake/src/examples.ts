/** Synthetic people for the reference: nobody real. */
export const registrationExample = {
  office: 'conakry',
  channel: 'host-mission',
  presentIn: 'NE',
  person: {
    name: { given: 'Fodéba', family: 'Exemple-Camara' },
    sex: 'male',
    birthDate: '1998-04',
    ageBasis: 'declared',
    nationalities: ['GN'],
    origin: 'GN-K',
    languages: ['emk', 'fra'],
    contacts: [{ phone: '+22790000000', owner: 'self', safe: true }],
  },
  processing: {
    basis: 'consent',
    language: 'emk',
    noticeVersion: '2026.1',
    taken: 'thumbprint',
    signatory: { kind: 'self' },
  },
} as const

const { office, ...registration } = registrationExample

export const caseExample = {
  caseId: 'case-26k47qx9tm2r',
  reference: '26K4-7QX9-TM2R-V',
  office,
  status: 'registered',
  stage: 'registered',
  since: '2026-03-02T09:00:00.000Z',
  registeredAt: '2026-03-02T09:00:00.000Z',
  team: [],
  registration,
} as const

export const rowExample = { caseId: 'case-26k47qx9tm2r', office, status: 'registered', since: '2026-03-02T09:00:00.000Z' } as const
