import fc from 'fast-check'
import {
  adult,
  after,
  ask,
  caseId,
  child,
  declare,
  intake,
  manager,
  now,
  protector,
  recordNeed,
  refusedBy,
  register,
  safeguards,
  screen,
} from './builders.ts'
import { type Consent, comesOfAge, effectiveConsents, type Grounds, isForChild, type LedgerLine } from './consent.ts'
import { bodies } from './examples.ts'
import { consentsAt, ledgerOf } from './state.ts'

const bySelf: Grounds = bodies.consent.grounds
const guardian = { kind: 'guardian', name: 'Mamadou Tuteur-Exemple', relation: 'appointed-guardian', childAssents: true } as const
const byGuardian: Grounds = { ...bodies.consent.grounds, signatory: guardian }
const terms = { ...bodies.consent, scopes: [...bodies.consent.scopes] }
const give = (differs: object = {}, consentId = 'consent-3m9k2x7q4r8t') =>
  ({ type: 'give-consent', consentId, terms: { ...terms, ...differs } }) as const

const instant = fc.date({ min: new Date('2025-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
const consentId = fc.constantFrom('consent-000000000001', 'consent-000000000002', 'consent-000000000003')
const given: fc.Arbitrary<Consent> = fc
  .record({
    consentId,
    validFrom: instant,
    validUntil: fc.option(instant, { nil: undefined }),
    grounds: fc.constantFrom(bySelf, byGuardian),
  })
  .map((line) => ({ kind: 'given', purpose: 'referral', recipient: 'org-exemple', scopes: ['name'], recordedBy: 'staff-0001', ...line }))
const withdrawn: fc.Arbitrary<LedgerLine> = fc
  .record({ consentId, at: instant })
  .map((line) => ({ kind: 'withdrawn', by: 'person', recordedBy: 'staff-0001', ...line }))
const ledger = fc.array(fc.oneof(given, withdrawn), { maxLength: 8 })
const ids = (lines: readonly LedgerLine[], at: string, isChild = false): readonly string[] =>
  effectiveConsents(lines, at, isChild).map((consent) => consent.consentId)

describe('the ledger at any instant', () => {
  test('a withdrawal blocks from its instant on, and changes nothing before', () => {
    fc.assert(
      fc.property(ledger, consentId, instant, instant, fc.boolean(), (lines, id, t, at, isChild) => {
        const line: LedgerLine = { kind: 'withdrawn', consentId: id, by: 'person', at: t, recordedBy: 'staff-0001' }
        const then = ids([...lines, line], at, isChild)
        expect(then).toEqual(at >= t ? ids(lines, at, isChild).filter((other) => other !== id) : ids(lines, at, isChild))
      }),
    )
  })
  test('the order in which lines were entered does not matter', () => {
    fc.assert(
      fc.property(ledger, instant, (lines, at) => expect([...ids(lines.toReversed(), at)].sort()).toEqual([...ids(lines, at)].sort())),
    )
  })
  test('nothing holds before it begins, nor from its end on, nor signed by who may not speak', () => {
    fc.assert(
      fc.property(ledger, instant, fc.boolean(), (lines, at, isChild) => {
        for (const { validFrom, validUntil, grounds } of effectiveConsents(lines, at, isChild)) {
          expect(validFrom <= at && (validUntil === undefined || at < validUntil)).toBe(true)
          expect(isForChild(grounds)).toBe(isChild)
        }
      }),
    )
  })
})

test.each([
  ['2008-03-02', '2026-03-02T00:00:00.000Z'],
  ['2008-02-29', '2026-03-01T00:00:00.000Z'],
  ['2006-02', '2024-02-28T00:00:00.000Z'],
  ['2008', '2026-12-31T00:00:00.000Z'],
])('who was born %s is certainly of age from %s', (birth, expected) => {
  expect(comesOfAge(birth)).toBe(expected)
})

describe('who may sign', () => {
  const ofAdult = after(ask(register(adult), intake)).state
  const ofChild = after(ask(register(child), intake)).state
  const panel = (secondPerson: string): Grounds => ({
    ...bodies.consent.grounds,
    signatory: { kind: 'best-interests-decision', reference: 'EX-B-1', secondPerson },
  })
  const vital = (secondPerson: string): Grounds => ({ basis: 'vital-interest', justification: 'Exemple : danger immédiat', secondPerson })
  test.each([
    ['an adult for himself', ofAdult, bySelf, manager, []],
    ['a guardian for an adult', ofAdult, byGuardian, manager, ['person-must-sign']],
    ['a child alone', ofChild, bySelf, manager, ['guardian-must-sign']],
    ['a guardian for a child', ofChild, byGuardian, manager, []],
    ['two people in the best interests', ofChild, panel('staff-0099'), manager, []],
    ['one person in the best interests', ofChild, panel(manager.id), manager, ['second-person-needed']],
    ['a vital interest by a case manager', ofAdult, vital('staff-0099'), manager, ['protection-officer-needed']],
    ['a vital interest by a protection officer and another', ofAdult, vital('staff-0099'), protector, []],
    ['a vital interest by one protection officer', ofAdult, vital(protector.id), protector, ['second-person-needed']],
    ['a law', ofChild, { basis: 'legal-obligation', legalReference: 'Exemple' } as const, manager, []],
  ])('%s', (_, state, grounds, by, expected) => {
    expect(refusedBy(state, ask(give({ grounds, validUntil: undefined }), by))).toEqual(expected)
  })
})

test.each([
  ['no recipient', { recipient: undefined }, ['recipient-needed']],
  ['no field group', { scopes: [] }, ['recipient-needed']],
  ['from tomorrow', { validFrom: '2026-03-03T09:00:00.000Z' }, ['date-in-future']],
  ['ended already', { validUntil: '2026-03-01T09:00:00.000Z' }, ['ends-before-it-begins']],
  ['taken on paper yesterday', { validFrom: '2026-03-01T09:00:00.000Z' }, []],
])('a consent to share with %s', (_, differs, expected) => {
  expect(refusedBy(after(ask(register(), intake)).state, ask(give(differs), manager))).toEqual(expected)
})

test.each([
  [
    'an end that was said is never moved',
    { validFrom: '2025-01-01T00:00:00.000Z', validUntil: '2026-01-01T00:00:00.000Z' },
    '2026-01-01T00:00:00.000Z',
  ],
  [
    'an instant may be written shorter',
    { validFrom: '2026-03-02T09:00:00Z', validUntil: '2026-09-01T00:00:00Z' },
    '2026-09-01T00:00:00.000Z',
  ],
])('%s', (_, differs, expected) => {
  const { history } = after(ask(register(child), intake), ask(give({ grounds: byGuardian, ...differs }), manager))
  expect(history.at(-1)?.data).toMatchObject({ validUntil: expected })
})

test("a guardian's consent is published with the day on which the child comes of age as its end", () => {
  const { history } = after(
    ask(register(child), intake),
    ask(give({ grounds: byGuardian, validUntil: '2040-01-01T00:00:00.000Z' }), manager),
  )
  expect(history.at(-1)?.data).toMatchObject({ validUntil: '2031-12-31T00:00:00.000Z' })
})

test('when a grown man turns out to be a child, what he signed no longer holds, and whoever rests on it is told', () => {
  const { state, history } = after(ask(register(), intake), ask(give(), manager), ask(screen({ birthDate: '2010-01-01' })))
  expect(consentsAt(state, now)).toEqual([])
  expect(refusedBy(state, ask(recordNeed(), manager))).toEqual([])
  const told = history.filter(({ type }) => type === 'case-intake.consent-withdrawn.v1').map(({ data }) => data)
  expect(told).toEqual([{ caseId, consentId: 'consent-3m9k2x7q4r8t', purpose: 'referral', recipient: 'org-exemple-sante' }])
})

test('what lapsed so does not come back when the doubt about the age is gone', () => {
  const { state } = after(
    ask(register(), intake),
    ask(give(), manager),
    ask(screen({ ageInDoubt: true })),
    ask(screen({ loweredBecause: 'Exemple : acte de naissance vu le 2 mars' })),
  )
  expect(consentsAt(state, now).map(({ purpose }) => purpose)).toEqual(['data-processing'])
})

test('for an unaccompanied child only a guardian who is named signs, and others do not learn why', () => {
  const alone = { ...after(ask(register(child), intake), ask(screen())).state, team: [protector.id] }
  const sign = (by: typeof manager) => ask(give({ grounds: byGuardian, validUntil: undefined }), by)
  expect(refusedBy(alone, sign(protector))).toEqual(['guardian-missing'])
  expect(refusedBy(alone, sign(manager))).toEqual(['protection-step-open'])
  const named = after(ask(register(child), protector), ask(screen()), ...safeguards.slice(0, 1).map((one) => ask(one))).state
  expect(refusedBy(named, sign(manager))).toEqual([])
})

test('a guardian who is named signs, and nobody else who says to be one', () => {
  const named = after(ask(register(child), protector), ask(screen()), ...safeguards.slice(0, 1).map((one) => ask(one))).state
  const sign = (name: string, by: typeof manager) =>
    ask(give({ grounds: { ...byGuardian, signatory: { ...guardian, name } }, validUntil: undefined }), by)
  expect(refusedBy(named, sign('Ibrahima Passeur-Exemple', protector))).toEqual(['signatory-not-the-guardian'])
  expect(refusedBy(named, sign('Ibrahima Passeur-Exemple', manager))).toEqual(['protection-step-open'])
  expect(refusedBy(named, sign('TUTEUR EXEMPLE  Mamadou', manager))).toEqual([])
})

test('when a child turns out to be alone, what somebody signed as its guardian no longer holds, and whoever rests on it is told', () => {
  const withParent = [ask(register(child), intake), ask(give({ grounds: byGuardian, validUntil: undefined }), manager)]
  const told = (...commands: readonly ReturnType<typeof ask>[]) =>
    after(...withParent, ...commands).history.filter(({ type }) => type === 'case-intake.consent-withdrawn.v1')
  expect(told(ask(screen({ accompaniment: 'parent' })))).toEqual([])
  expect(told(ask(screen({ accompaniment: 'nobody' }))).map(({ data }) => data)).toEqual([
    { caseId, consentId: 'consent-3m9k2x7q4r8t', purpose: 'referral', recipient: 'org-exemple-sante' },
  ])
  const [naming] = safeguards
  expect(told(...(naming === undefined ? [] : [ask(naming)]), ask(screen({ accompaniment: 'nobody' })))).toEqual([])
})

test('who may be a child by the papers, and is classified as an adult, is signed for by a guardian who is named', () => {
  const young = { ...child, person: { ...child.person, birthDate: '2008' } }
  const override = { classification: 'adult', reason: 'Exemple : paraît plus âgée que sur le papier' } as const
  const { state } = after(ask(register(young), protector), ask(screen({ override })))
  expect(refusedBy(state, ask(give({ grounds: byGuardian, validUntil: undefined })))).toEqual(['guardian-missing'])
  expect(refusedBy(state, ask(declare(state)))).toContain('guardian-missing')
})

test('withdrawing twice is withdrawing once, and an unknown consent is not there', () => {
  const { state } = after(ask(register(), intake), ask(give(), manager))
  const withdraw = (id: string) => ask({ type: 'withdraw-consent', consentId: id, withdrawnBy: 'person' }, manager)
  const [first] = ledgerOf(state)
  const twice = after(ask(register(), intake), withdraw(first?.consentId ?? ''), withdraw(first?.consentId ?? ''))
  expect(twice.history.map(({ type }) => type)).toEqual([
    'case-intake.case-registered.v1',
    'registered',
    'consent-taken-back',
    'case-intake.consent-withdrawn.v1',
  ])
  expect(refusedBy(state, withdraw('consent-000000000000'))).toEqual(['consent-not-found'])
})
