import type { Term } from '@wontanara/core'
import type { Registration } from './registration.ts'

/** Letters and digits only, in capitals: how the number of a document is compared, however it was written. */
export const documentNumber = (text: string): string =>
  text
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')

export const documentTerm = (issuedBy: string, number: string): Term => ({
  kind: 'document',
  value: `${issuedBy} ${documentNumber(number)}`,
})
export const phoneTerm = (phone: string): Term => ({ kind: 'phone', value: phone })

/** What a case is found by. */
export const termsOf = ({ person: { documents = [], contacts = [] } }: Pick<Registration, 'person'>): readonly Term[] => [
  ...documents.map(({ issuedBy, number }) => documentTerm(issuedBy, number)),
  ...contacts.map(({ phone }) => phoneTerm(phone)),
]
