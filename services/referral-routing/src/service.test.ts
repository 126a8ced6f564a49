import type { Organisation } from './organisation.ts'
import { obstacles, type Service } from './service.ts'

const service: Service = {
  serviceId: 'svc-legal-aid',
  organisationId: 'org-avocats',
  name: 'Legal aid',
  type: 'legal-assistance',
  status: 'active',
  serviceAreas: ['GN-C', 'GN-N'],
  languages: ['fra', 'gkp'],
  minimumAge: 18,
  maximumAge: 60,
  requiredDocuments: [],
  capacity: { available: 1 },
}
const organisation: Organisation = { organisationId: 'org-avocats', name: 'Avocats', type: 'legal-service', status: 'active' }
const applicant = { place: 'GN-C', age: 30, languages: ['fra'] }
const day = '2026-03-02'

test.each<[string, Partial<Service>, Partial<Organisation>, object, readonly string[]]>([
  ['a person who fits', {}, {}, {}, []],
  ['an inactive organisation', {}, { status: 'inactive' }, {}, ['partner-inactive']],
  ['a service closed for a time', { status: 'temporarily-closed' }, {}, {}, ['service-not-open']],
  ['a defunct service', { status: 'defunct' }, {}, {}, ['service-not-open']],
  ['a closure that is ahead', { closure: { from: '2026-03-03' } }, {}, {}, []],
  ['the first day of a closure', { closure: { from: '2026-03-02', to: '2026-03-09' } }, {}, {}, ['service-closed']],
  ['the last day of a closure', { closure: { from: '2026-02-20', to: '2026-03-02' } }, {}, {}, ['service-closed']],
  ['a closure that is over', { closure: { from: '2026-02-20', to: '2026-03-01' } }, {}, {}, []],
  ['closed for good', { closure: { from: '2025-12-31' } }, {}, {}, ['service-closed']],
  ['women, at a service for women', { sexes: ['female'] }, {}, { sex: 'female' }, []],
  ['men, at a service for women', { sexes: ['female'] }, {}, { sex: 'male' }, ['sex-not-served']],
  ['an unknown sex where it matters', { sexes: ['female'] }, {}, {}, ['sex-unknown']],
  ['a sex not stated where it matters', { sexes: ['female'] }, {}, { sex: 'not-stated' }, ['sex-unknown']],
  ['an unknown sex where it does not matter', {}, {}, {}, []],
  ['no free place', { capacity: { available: 0 } }, {}, {}, ['no-capacity']],
  ['places that are not counted', { capacity: undefined }, {}, {}, []],
  ['a prefecture of a region served', {}, {}, { place: 'GN-YO' }, []],
  ['another region', {}, {}, { place: 'GN-L' }, ['out-of-area']],
  ['a prefecture of another region', {}, {}, { place: 'GN-PI' }, ['out-of-area']],
  ['the region, where one prefecture is served', { serviceAreas: ['GN-NZ'] }, {}, { place: 'GN-N' }, ['out-of-area']],
  ['a service for the whole country', { serviceAreas: ['GN'] }, {}, { place: 'GN-SI' }, []],
  ['no language in common', {}, {}, { languages: ['fuf'] }, ['no-common-language']],
  ['one language in common', {}, {}, { languages: ['fuf', 'gkp'] }, []],
  ['unknown languages', {}, {}, { languages: [] }, []],
  ['a service that depends on no language', { languages: [] }, {}, { languages: ['fuf'] }, []],
  ['the youngest', {}, {}, { age: 18 }, []],
  ['a year too young', {}, {}, { age: 17 }, ['too-young']],
  ['the oldest', {}, {}, { age: 60 }, []],
  ['a year too old', {}, {}, { age: 61 }, ['too-old']],
  ['an unknown age', {}, {}, { age: undefined }, ['age-unknown']],
  ['an unknown age where age does not matter', { minimumAge: undefined, maximumAge: undefined }, {}, { age: undefined }, []],
  ['a birth date before the given age', {}, {}, { birthDate: '2010-01-01', age: 30 }, ['too-young']],
  ['eighteen today', {}, {}, { birthDate: '2008-03-02' }, []],
  ['eighteen tomorrow', {}, {}, { birthDate: '2008-03-03' }, ['too-young']],
  ['a year of birth that may be enough', {}, {}, { birthDate: '2008' }, []],
  [
    'everything at once',
    { status: 'inactive', capacity: { available: 0 } },
    { status: 'inactive' },
    { place: 'GN-L', age: 5, languages: ['fuf'] },
    ['partner-inactive', 'service-not-open', 'no-capacity', 'out-of-area', 'no-common-language', 'too-young'],
  ],
])('%s', (_, serviceChanges, organisationChanges, applicantChanges, codes) => {
  const found = obstacles(
    { ...service, ...serviceChanges },
    { ...organisation, ...organisationChanges },
    { ...applicant, ...applicantChanges },
    day,
  )
  expect(found.map(({ code }) => code)).toEqual(codes)
})

test('a service or an organisation that is not there', () => {
  expect(obstacles(undefined, undefined, applicant, day).map(({ code }) => code)).toEqual(['partner-inactive', 'service-unknown'])
})
