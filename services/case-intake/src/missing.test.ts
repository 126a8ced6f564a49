import {
  after,
  ask,
  atStage,
  child,
  counsel,
  declare,
  intake,
  manager,
  now,
  protector,
  recordNeed,
  refusedBy,
  register,
  registerUndecided,
  safeguards,
  screen,
  supervisor,
} from './builders.ts'
import { cases } from './case.ts'
import type { CaseCommand } from './commands.ts'
import { guardsOf, knownTo, type Step } from './missing.ts'
import type { CaseState } from './state.ts'

const codes = (state: CaseState, step: Step, at = now): readonly string[] => guardsOf(state, step, at).map(({ code }) => code)
const given = (...commands: readonly CaseCommand[]): CaseState => after(ask(register(), intake), ...commands).state
const minor = (...commands: readonly CaseCommand[]): CaseState => after(ask(register(child), intake), ...commands).state
const evolved = (state: CaseState, command: CaseCommand): CaseState => {
  const decided = cases.decide(state, command)
  return decided.ok ? decided.value.reduce<CaseState>(cases.evolve, state) : state
}
const sameDay = { reference: 'EX-1', date: '2026-02-01' }

describe('what is missing before the next step', () => {
  test.each<[string, CaseState, Step, readonly string[]]>([
    ['nothing but the screening after registration', given(), 'screened', ['screening-missing']],
    ['duplicates not looked for', after(ask(registerUndecided(), intake)).state, 'screened', ['duplicates-pending', 'screening-missing']],
    [
      'registered already',
      given(ask({ type: 'decide-duplicates', duplicates: { outcome: 'same-person' } }, intake)),
      'screened',
      ['registered-twice', 'screening-missing'],
    ],
    [
      'consent to the processing withdrawn',
      given(ask({ type: 'withdraw-consent', consentId: 'consent-26k47qx9tm2r', withdrawnBy: 'person' }, intake)),
      'screened',
      ['processing-not-allowed', 'screening-missing'],
    ],
    [
      'suspended',
      given(ask({ type: 'interrupt', interruption: { status: 'suspended', reason: 'medical' } })),
      'screened',
      ['case-not-active', 'screening-missing'],
    ],
    ['counselling', given(ask(screen())), 'counselled', ['counselling-on-return-missing', 'counselling-on-reintegration-missing']],
    ['eligibility left open', given(ask(counsel, manager), ask(screen({ eligibility: undefined }))), 'counselled', ['eligibility-open']],
    ['a pending claim', given(ask(counsel, manager), ask(screen({ asylumClaim: 'pending' }))), 'counselled', ['asylum-claim-pending']],
    [
      'A4 without proof and without counselling on it',
      given(ask(counsel, manager), ask(screen({ eligibility: 'asylum-claim-not-pursued', asylumClaim: 'withdrawn' }))),
      'counselled',
      ['claim-withdrawal-unproven', 'counselling-on-asylum-missing'],
    ],
    [
      'A4 with proof, but the claim is said to be pending',
      given(
        ask(counsel, manager),
        ask(screen({ eligibility: 'asylum-claim-not-pursued', asylumClaim: 'pending', claimWithdrawal: sameDay })),
      ),
      'counselled',
      ['asylum-claim-pending', 'claim-withdrawal-unproven', 'counselling-on-asylum-missing'],
    ],
    [
      'A5 without the decision',
      given(ask(counsel, manager), ask(screen({ eligibility: 'not-in-need-of-international-protection', asylumClaim: 'decided' }))),
      'counselled',
      ['claim-decision-missing'],
    ],
    [
      'A5 with the decision',
      given(
        ask(counsel, manager),
        ask(screen({ eligibility: 'not-in-need-of-international-protection', asylumClaim: 'decided', claimDecision: sameDay })),
      ),
      'counselled',
      [],
    ],
    [
      'a claim said to be withdrawn, without proof and without counselling on it, in another category',
      given(ask(counsel, manager), ask(screen({ asylumClaim: 'withdrawn' }))),
      'counselled',
      ['claim-withdrawal-unproven', 'counselling-on-asylum-missing'],
    ],
    [
      'a claim said to be decided, without the decision, in another category',
      given(ask(counsel, manager), ask(screen({ asylumClaim: 'decided' }))),
      'counselled',
      ['claim-decision-missing'],
    ],
    [
      'a last session at which the person did not wish to return',
      given(
        ask(screen()),
        ask(counsel, manager),
        ask({ ...counsel, terms: { ...counsel.terms, outcome: 'does-not-wish-to-return' } }, manager),
      ),
      'voluntary-confirmed',
      ['wish-to-return-denied'],
    ],
    [
      'nothing when a later session says otherwise',
      given(
        ask(screen()),
        ask(counsel, manager),
        ask({ ...counsel, terms: { ...counsel.terms, heldOn: '2026-02-27', outcome: 'does-not-wish-to-return' } }, manager),
      ),
      'voluntary-confirmed',
      [],
    ],
    [
      'trafficking not asked',
      given(ask(counsel, manager), ask(screen({ trafficking: 'not-asked' }))),
      'counselled',
      ['trafficking-not-asked'],
    ],
    [
      'counselled in a language not understood',
      given(ask(screen()), ask({ ...counsel, terms: { ...counsel.terms, language: 'wol' } }, manager)),
      'counselled',
      ['counselling-on-return-missing', 'counselling-on-reintegration-missing'],
    ],
    ['nothing for a man whose papers are in order', atStage.counselled(), 'voluntary-confirmed', []],
    [
      'every safeguard of an unaccompanied girl',
      minor(ask(screen()), ask(counsel, manager)),
      'voluntary-confirmed',
      ['guardian-missing', 'child-views-missing', 'best-interests-missing'],
    ],
    ['none for a girl with her mother', minor(ask(screen({ accompaniment: 'parent' })), ask(counsel, manager)), 'voluntary-confirmed', []],
    [
      'none once they are recorded',
      minor(ask(screen()), ask(counsel, manager), ...safeguards.map((one) => ask(one))),
      'voluntary-confirmed',
      [],
    ],
    [
      'a guardian whose office ended',
      minor(
        ask(screen()),
        ask(counsel, manager),
        ...safeguards.map((one) => ask(one)),
        ask({
          type: 'record-safeguard',
          terms: { kind: 'guardianship-ended', authority: 'juvenile-judge', date: '2026-03-01', reference: 'EX-J-2' },
        }),
      ),
      'voluntary-confirmed',
      ['guardian-missing'],
    ],
    [
      'the assessment of a survivor',
      given(ask(screen({ trafficking: 'yes' })), ask(counsel, manager)),
      'voluntary-confirmed',
      ['safe-return-missing'],
    ],
    ['the declaration', atStage.counselled(), 'in-preparation', ['declaration-missing']],
    ['an answer to a need', given(ask(recordNeed(), manager)), 'closed', ['need-open', 'closure-not-requested']],
  ])('%s', (_, state, step, expected) => {
    expect(codes(state, step)).toEqual(expected)
  })

  test('a declaration holds for 90 days', () => {
    const state = atStage['voluntary-confirmed']()
    expect(codes(state, 'in-preparation', '2026-05-31T09:00:00.000Z')).toEqual([])
    expect(codes(state, 'in-preparation', '2026-05-31T09:00:00.001Z')).toEqual(['declaration-expired'])
  })

  test('a declaration does not hold when who signed turns out to be a child', () => {
    const before = given(ask(screen()), ask(counsel, manager))
    const declared = [ask(screen()), ask(counsel, manager), ask(declare(before), manager)]
    expect(codes(given(...declared), 'in-preparation')).toEqual([])
    expect(codes(given(...declared, ask(screen({ birthDate: '2012' }))), 'in-preparation')).toContain('declaration-not-by-guardian')
  })

  test('a declaration that a guardian signed does not hold once the child is of age', () => {
    const young = { ...child, person: { ...child.person, birthDate: '2008-03-20' } }
    const ready = after(ask(register(young), intake), ask(screen()), ask(counsel, manager), ...safeguards.map((one) => ask(one))).state
    const declared = evolved(ready, ask(declare(ready), manager))
    expect(codes(declared, 'in-preparation')).toEqual([])
    expect(codes(declared, 'in-preparation', '2026-03-20T09:00:00.000Z')).toEqual(['declaration-not-by-person'])
  })

  test('a declaration does not hold when the guardian who signed it is no longer the one in office', () => {
    const ready = minor(ask(screen()), ask(counsel, manager), ...safeguards.map((one) => ask(one)))
    const declared = evolved(ready, ask(declare(ready), manager))
    const terms = {
      kind: 'guardian-named',
      authority: 'juvenile-judge',
      date: '2026-03-01',
      reference: 'EX-J-3',
      guardian: 'Aïssata Tutrice-Exemple',
    } as const
    expect(codes(evolved(declared, ask({ type: 'record-safeguard', terms })), 'in-preparation')).toEqual(['signatory-not-the-guardian'])
  })

  test.each([
    ['the child objects', { kind: 'child-views', outcome: 'objects', authority: 'psychosocial-officer' }, 'child-objects'],
    [
      'another solution is better',
      {
        kind: 'best-interests-determination',
        outcome: 'local-integration',
        compared: ['return', 'local-integration'],
        authority: 'best-interests-panel',
      },
      'best-interests-elsewhere',
    ],
    ['the return is not safe', { kind: 'safe-return-assessment', outcome: 'negative', authority: 'programme' }, 'return-not-safe'],
  ] as const)('the last word of a kind counts: %s', (_, differs, expected) => {
    const terms = { ...differs, date: '2026-03-01', reference: 'EX-2' }
    const last = terms.kind === 'best-interests-determination' ? { ...terms, compared: [...terms.compared] } : terms
    const state = minor(
      ask(screen()),
      ask(counsel, manager),
      ...safeguards.map((one) => ask(one)),
      ask({ type: 'record-safeguard', terms: last }),
    )
    expect(codes(state, 'voluntary-confirmed')).toEqual([expected])
  })
})

describe('who may know', () => {
  const survivor = { ...minor(ask(screen({ trafficking: 'yes' })), ask(counsel, manager)), team: [protector.id] }
  const resource = cases.resource(survivor)

  test('an assigned protection officer reads every guard', () => {
    expect(knownTo(guardsOf(survivor, 'voluntary-confirmed', now), protector, resource).map(({ code }) => code)).toEqual([
      'guardian-missing',
      'child-views-missing',
      'best-interests-missing',
      'safe-return-missing',
    ])
    expect(refusedBy(survivor, ask(declare(survivor), protector))).toContain('safe-return-missing')
  })
  test.each([
    ['a case manager', manager],
    ['a supervisor', supervisor],
    ['a protection officer of another case', { ...protector, id: 'staff-0008' }],
  ])('%s learns only that a step of protection is open, whatever it is', (_, reader) => {
    expect(refusedBy(survivor, ask(declare(survivor), reader))).toEqual(['protection-step-open'])
    expect(knownTo(guardsOf(survivor, 'voluntary-confirmed', now), reader, resource)).toEqual([{ code: 'protection-step-open' }])
  })
})
