import { createHash } from 'node:crypto'

/*
 * Synthetic people: nobody real. Each stands for a way through the programme.
 */
const consent = { basis: 'consent', language: 'fuf', noticeVersion: '2026.1', taken: 'thumbprint', signatory: { kind: 'self' } } as const

/** What a person says at registration: body of `POST /v1/cases`, without the office. */
export interface ExamplePerson {
  readonly name: { readonly given: string; readonly family?: string }
  readonly sex: 'female' | 'male'
  readonly birthDate: string
  readonly origin: string
  readonly phone: string
}

export const people = {
  mechanic: {
    name: { given: 'Mamadou Exemple', family: 'Diallo' },
    sex: 'male',
    birthDate: '1998-04',
    origin: 'GN-K',
    phone: '+22790000001',
  },
  seamstress: {
    name: { given: 'Fatoumata', family: 'Exemple-Camara' },
    sex: 'female',
    birthDate: '1995-11-02',
    origin: 'GN-B',
    phone: '+22790000002',
  },
  teacher: { name: { given: 'Exemplaire' }, sex: 'male', birthDate: '1989', origin: 'GN-N', phone: '+22790000003' },
  hairdresser: {
    name: { given: 'Aïssatou Fictive', family: 'Bah' },
    sex: 'female',
    birthDate: '2001-06-30',
    origin: 'GN-L',
    phone: '+22790000004',
  },
  boy: { name: { given: 'Ibrahima Exemple', family: 'Touré' }, sex: 'male', birthDate: '2012', origin: 'GN-F', phone: '+22790000005' },
  returnee: {
    name: { given: 'Mariama Inventée', family: 'Sylla' },
    sex: 'female',
    birthDate: '1990-08-12',
    origin: 'GN-M',
    phone: '+22790000007',
  },
  undecided: {
    name: { given: 'Sékou Fictif', family: 'Kourouma' },
    sex: 'male',
    birthDate: '1993-01-15',
    origin: 'GN-N',
    phone: '+22790000006',
  },
} as const satisfies Readonly<Record<string, ExamplePerson>>

/**
 * Another person in the same situation, for whoever needs many: nobody the programme would take for the same.
 * @param key tells them apart; the same key is the same person
 */
export function somebodyLike(person: ExamplePerson, key: string): ExamplePerson {
  const hash = createHash('sha256').update(`${person.phone} ${key}`).digest()
  const syllable = (i: number): string => `${'bdfgklmnprst'[(hash[i] ?? 0) % 12]}a`
  // So long a given name that of thousands no two sound alike.
  const name = (from: number, syllables: number): string => Array.from({ length: syllables }, (_, i) => syllable(from + i)).join('')
  const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
  return {
    ...person,
    name: { given: `${capital(name(0, 6))} Exemple`, family: capital(name(6, 3)) },
    phone: `+2279${String(hash.readUInt32BE(9) % 10_000_000).padStart(7, '0')}`,
  }
}

/** Body of `POST /v1/cases` for a person. */
export const registrationOf = ({ phone, name, ...person }: ExamplePerson, office: string) => ({
  office,
  channel: 'host-mission',
  presentIn: 'NE',
  person: {
    ...person,
    name,
    ageBasis: 'declared',
    nationalities: ['GN'],
    languages: ['fuf', 'fra'],
    contacts: [{ phone, owner: 'self', safe: true }],
  },
  household: { role: 'alone' },
  processing: isMinor(person.birthDate)
    ? {
        ...consent,
        signatory: { kind: 'best-interests-decision', reference: 'EX-BID-0001', secondPerson: 'example-child-protection-officer' },
      }
    : consent,
  duplicates: { outcome: 'none-found' },
})

/** Body of `POST /v1/self-applications`: what a person writes who has no login, from where the programme has no mission. */
export const applicationOf = ({ phone, ...person }: ExamplePerson) => ({
  person: { ...person, nationalities: ['GN'], languages: ['fuf', 'fra'], contacts: [{ phone, owner: 'self', safe: true }] },
  presentIn: 'CI',
  wishes: ['return', 'information'],
  message: 'Exemple : je voudrais rentrer.',
  consent: { language: 'fra', noticeVersion: '2026.1' },
})

const isMinor = (birthDate: string): boolean => Number(birthDate.slice(0, 4)) > new Date().getUTCFullYear() - 18

/** Grounds of a consent that an adult gives in person. */
export const ownConsent = consent
