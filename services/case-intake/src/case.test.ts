import { eventSchema, type Principal } from '@wontanara/core'
import { scenario } from '@wontanara/testing'
import fc from 'fast-check'
import {
  type Asked,
  adult,
  after,
  ask,
  atStage,
  caseId,
  child,
  counsel,
  declare,
  findings,
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
  searcher,
  supervisor,
} from './builders.ts'
import { cases } from './case.ts'
import { referralStates, stages } from './codes.ts'
import type { CaseCommand } from './commands.ts'
import type { Grounds } from './consent.ts'
import type { CaseEvent } from './events.ts'
import { bodies } from './examples.ts'
import { guardsOf, knownTo } from './missing.ts'
import { CaseState, isChildAt } from './state.ts'

const types = ({ history }: ReturnType<typeof after>): readonly string[] => history.map(({ type }) => type)
const withdraw: Asked = { type: 'withdraw', withdrawnBy: 'person' }
const suspend: Asked = { type: 'interrupt', interruption: { status: 'suspended', reason: 'medical' } }
const lose: Asked = { type: 'interrupt', interruption: { status: 'lost-contact', attempts: 3, lastContactOn: '2026-02-20' } }
const exclude: Asked = { type: 'interrupt', interruption: { status: 'ineligible', reason: 'outside-programme' } }
const die: Asked = { type: 'interrupt', interruption: { status: 'deceased', on: '2026-03-01', source: 'Exemple' } }
const close: Asked = { type: 'request-closure', reason: 'completed' }
const approve: Asked = { type: 'decide-closure', decision: 'approved' }
const reopen: Asked = { type: 'reopen', reason: 'new-facts' }
const then = (state: CaseState, ...commands: readonly CaseCommand[]): CaseState =>
  commands.reduce<CaseState>((current, command) => {
    const { state: next, refused } = scenarioOf(current, command)
    expect(refused).toEqual([])
    return next
  }, state)
const scenarioOf = (state: CaseState, command: CaseCommand) => {
  const decided = cases.decide(state, command)
  return { refused: refusedBy(state, command), state: decided.ok ? decided.value.reduce<CaseState>(cases.evolve, state) : state }
}

describe('registration', () => {
  test('opens a case and publishes ids only', () => {
    const { events, state } = scenario(cases).given().when(ask(register(), intake))
    expect(events.map(({ type }) => type)).toEqual(['case-intake.case-registered.v1', 'registered'])
    expect(events[0]?.data).toEqual({ caseId, office: 'niger' })
    expect(state).toMatchObject({ status: 'registered', since: now, team: [] })
  })
  test('a protection officer who registers somebody works on the case', () => {
    expect(after(ask(register(), protector)).state.team).toEqual([protector.id])
  })
  test.each([
    ['born tomorrow', { ...adult, person: { ...adult.person, birthDate: '2026-03-03' } }, 'date-in-future'],
    ['a child who signs alone', { ...child, processing: adult.processing }, 'guardian-must-sign'],
    ['possibly a child who signs alone', { ...adult, person: { ...adult.person, birthDate: '2008' } }, 'guardian-must-sign'],
  ])('%s is refused', (_, registration, expected) => {
    expect(refusedBy(undefined, ask(register(registration), intake))).toEqual([expected])
  })
})

test.each([
  ['2026-03-02T22:30:00.000Z', '2026-03-03', []],
  ['2026-03-02T22:30:00.000Z', '2026-03-04', ['date-in-future']],
  ['2026-03-02T09:00:00.000Z', '2026-03-03', ['date-in-future']],
])('at %s, in the night of Tripoli already, a session of %s: %j', (at, heldOn, expected) => {
  expect(refusedBy(atStage.registered(), ask({ ...counsel, terms: { ...counsel.terms, heldOn } }, manager, at))).toEqual(expected)
})

test('the forward states are reached when what they need is there, in whatever order it is recorded', () => {
  const steps = [ask(screen()), ask(counsel, manager), ask({ type: 'note-candidates', found: [] }, searcher)]
  for (const order of [steps, steps.toReversed(), [steps[1], steps[0], steps[2]]]) {
    const { state, history } = after(ask(registerUndecided(), intake), ...order.filter((one) => one !== undefined))
    expect(state.status).toBe('counselled')
    expect(history.filter(({ type }) => type === 'stage-reached')).toHaveLength(2)
  }
})

describe('screening', () => {
  const risky: NonNullable<Parameters<typeof screen>[0]> = {
    trafficking: 'yes',
    asylumClaim: 'pending',
    accompaniment: 'nobody',
    ageInDoubt: true,
  }
  const first = after(ask(register(), intake), ask(screen(risky))).state

  test.each<[string, NonNullable<Parameters<typeof screen>[0]>]>([
    ['a presumption dropped', { ...risky, trafficking: 'no' }],
    ['a presumption no longer asked', { ...risky, trafficking: 'not-asked' }],
    ['a pending claim forgotten', { ...risky, asylumClaim: 'none' }],
    ['a child now with a relative', { ...risky, accompaniment: 'other-relative' }],
    ['a doubt about the age gone', { ...risky, ageInDoubt: false }],
    ['a factor gone', { ...risky, factors: { individual: [], household: [], community: [], structural: [] } }],
    ['a child classified as an adult', { ...risky, override: { classification: 'adult', reason: 'Exemple : document vu à l’ambassade' } }],
  ])('%s needs a reason, and is accepted with one', (_, differs) => {
    expect(refusedBy(first, ask(screen(differs)))).toEqual(['lowers-protection'])
    expect(refusedBy(first, ask(screen({ ...differs, loweredBecause: 'Exemple : nouvel entretien le 2 mars' })))).toEqual([])
  })
  test('finding the same or more needs none, and is a new version', () => {
    const { state } = after(ask(register(), intake), ask(screen(risky)), ask(screen({ ...risky, occasion: 'pre-departure' })))
    expect(state.screening).toMatchObject({ version: 2, occasion: 'pre-departure' })
  })
  test('who is certainly a child cannot be made an adult', () => {
    const ofChild = after(ask(register(child), intake)).state
    const override = { classification: 'adult', reason: 'Exemple : paraît plus âgée que sur le papier' } as const
    expect(refusedBy(ofChild, ask(screen({ override })))).toEqual(['override-against-age'])
  })
  test('is not believed about a day that lies ahead', () => {
    const registered = atStage.registered()
    const ahead = { reference: 'EX-1', date: '2026-03-04' }
    expect(refusedBy(registered, ask(screen({ claimWithdrawal: ahead })))).toEqual(['date-in-future'])
    expect(refusedBy(registered, ask(screen({ claimDecision: ahead })))).toEqual(['date-in-future'])
  })
  test('its content is never published', () => {
    const { history } = after(ask(register(), intake), ask(screen(risky)))
    const published = history.filter(({ type }) => type.includes('.'))
    expect(published.at(-1)).toEqual({ type: 'case-intake.case-screened.v1', data: { caseId, office: 'niger', screening: 1 } })
  })
  test('a corrected birth date alone makes no adult of a child', () => {
    const doubted = after(ask(register(child), intake), ask(screen({ birthDate: '2012' }))).state
    const { channel: _, processing: __, ...facts } = adult
    const corrected = then(doubted, ask({ type: 'correct', reason: 'typing-error', facts }, intake))
    expect(isChildAt(corrected, now)).toBe(true)
  })
  test('nor of a child that a screening found by the registered date: the next screening must say why', () => {
    const found = after(ask(register(child), intake), ask(screen())).state
    const { channel: _, processing: __, ...facts } = adult
    const corrected = then(found, ask({ type: 'correct', reason: 'typing-error', facts }, intake))
    expect(isChildAt(corrected, now)).toBe(true)
    expect(guardsOf(corrected, 'voluntary-confirmed', now).map(({ code }) => code)).toContain('best-interests-missing')
    expect(refusedBy(corrected, ask(screen()))).toEqual(['lowers-protection'])
    const again = then(corrected, ask(screen({ loweredBecause: 'Exemple : passeport vu le 2 mars' })))
    expect(isChildAt(again, now)).toBe(false)
  })
})

describe('the declaration', () => {
  const ready = atStage.counselled()
  const declared = (state: CaseState, differs: Partial<ReturnType<typeof declare>['terms']>) => {
    const command = declare(state)
    return ask({ ...command, terms: { ...command.terms, ...differs } }, manager)
  }
  const guardian = { kind: 'guardian', name: 'Mamadou Tuteur-Exemple', relation: 'appointed-guardian', childAssents: true } as const
  const representative = { kind: 'legal-representative', name: 'Exemple', reference: 'EX-LR-1' } as const

  test('confirms the wish to return and names the day hoped for', () => {
    const run = after(ask(register(), intake), ask(screen()), ask(counsel, manager), ask(declare(ready), manager))
    expect(types(run).slice(-2)).toEqual(['voluntariness-declared', 'case-intake.voluntary-return-confirmed.v1'])
    expect(run.history.at(-1)?.data).toEqual({ caseId, office: 'niger', intendedTravelDate: '2026-04-20' })
    expect(run.state.status).toBe('voluntary-confirmed')
  })
  test.each<[string, Parameters<typeof declared>[1], readonly string[]]>([
    ['witnessed by the counsellor', { witness: { kind: 'staff', id: manager.id } }, ['witness-is-counsellor']],
    ['witnessed by a colleague', { witness: { kind: 'staff', id: supervisor.id } }, []],
    ['in a language of nobody', { language: 'wol' }, ['language-not-understood']],
    ['signed by a guardian of a grown man', { signatory: guardian }, ['capacity-does-not-fit']],
    ['signed by who was found unable to decide', { capacity: 'assessed-lacking' }, ['capacity-does-not-fit']],
    ['signed for who was found unable to decide', { capacity: 'assessed-lacking', signatory: representative }, []],
    ['signed for who is able to decide', { capacity: 'assessed-present', signatory: representative }, ['capacity-does-not-fit']],
    [
      'wrong in every way',
      { witness: { kind: 'staff', id: manager.id }, language: 'wol', signatory: guardian },
      ['capacity-does-not-fit', 'witness-is-counsellor', 'language-not-understood'],
    ],
  ])('%s', (_, differs, expected) => {
    expect(refusedBy(ready, declared(ready, differs))).toEqual(expected)
  })
  test.each([
    [{ kind: 'self' }, ['guardian-did-not-sign']],
    [{ ...guardian, childAssents: false }, ['child-does-not-assent']],
    [guardian, []],
  ] as const)('of a child signed by %j', (signatory, expected) => {
    const ofChild = after(ask(register(child), intake), ask(screen()), ask(counsel, manager), ...safeguards.map((one) => ask(one))).state
    expect(refusedBy(ofChild, declared(ofChild, { signatory }))).toEqual(expected)
  })
  test('lists everything that is missing from the start', () => {
    const { state } = after(ask(registerUndecided(), intake))
    expect(refusedBy(state, ask(declare(state), manager))).toEqual([
      'duplicates-pending',
      'screening-missing',
      'counselling-on-return-missing',
      'counselling-on-reintegration-missing',
    ])
  })
})

describe('a return that was confirmed', () => {
  const confirmed = atStage['voluntary-confirmed']()
  const heard = (state: CaseState, asked: Asked): readonly string[] => {
    const decided = cases.decide(state, ask(asked))
    return decided.ok ? decided.value.map(({ type }) => type).filter((type) => /return-(held|released)/.test(type)) : ['refused']
  }
  const [held, released] = [['case-intake.return-held.v1'], ['case-intake.return-released.v1']]
  const because = { loweredBecause: 'Exemple : nouvel entretien le 2 mars' }
  test.each<[string, Asked, Asked]>([
    ['a presumption of trafficking', screen({ trafficking: 'yes' }), screen(because)],
    ['a pending asylum claim', screen({ asylumClaim: 'pending' }), screen(because)],
    ['a doubt about the age', screen({ ageInDoubt: true }), screen(because)],
    [
      'a session at which the person does not wish to return',
      { ...counsel, terms: { ...counsel.terms, outcome: 'does-not-wish-to-return' } },
      counsel,
    ],
    [
      'the end of the consent to the processing of data',
      { type: 'withdraw-consent', consentId: caseId.replace('case', 'consent'), withdrawnBy: 'person' },
      {
        type: 'give-consent',
        consentId: 'consent-00000000000a',
        terms: { purpose: 'data-processing', scopes: [], grounds: bodies.consent.grounds },
      },
    ],
  ])('is held by %s, and released when that is settled', (_, against, settled) => {
    expect(heard(confirmed, against)).toEqual(held)
    const stopped = then(confirmed, ask(against))
    expect(heard(stopped, { type: 'assign', lead: manager.id, team: [] })).toEqual([])
    expect(heard(stopped, settled)).toEqual(released)
    // A suspension that ends meanwhile does not release it; what is settled meanwhile is not held on.
    const suspended = then(stopped, ask(suspend))
    expect(heard(suspended, { type: 'resume' })).toEqual(held)
    expect(heard(suspended, settled)).toEqual([])
    expect(heard(then(suspended, ask(settled)), { type: 'resume' })).toEqual([])
    expect(heard(stopped, withdraw)).toEqual([])
  })
  test('is stopped, and not merely held, when the case has ended for it', () => {
    expect(heard(then(confirmed, ask(exclude)), screen({ asylumClaim: 'pending' }))).toEqual([])
  })
  test('is not held before it is confirmed', () => {
    expect(heard(atStage.counselled(), screen({ asylumClaim: 'pending' }))).toEqual([])
  })
})

describe('side states', () => {
  const aside: Readonly<Record<string, readonly Asked[]>> = { suspended: [suspend], 'lost-contact': [lose], ineligible: [exclude] }

  test.each(stages.codes)('the person may withdraw from %s, also when the case was put aside', (stage) => {
    for (const path of [[], ...Object.values(aside)]) {
      const { state, refused } = scenarioOf(
        path.reduce<CaseState>((current, asked) => then(current, ask(asked)), atStage[stage]()),
        ask(withdraw, manager),
      )
      expect(refused).toEqual([])
      expect(state).toMatchObject({ status: 'withdrawn' })
      expect(state.declaration ?? state.interruption).toBeUndefined()
    }
  })
  test.each(stages.codes)('a case suspended or lost at %s goes on where it stood', (stage) => {
    for (const asked of [suspend, lose]) {
      const resumed = then(atStage[stage](), ask(asked), ask({ type: 'resume' }))
      expect(resumed).toEqual(atStage[stage]())
    }
  })
  test.each<[string, Asked]>([
    ['a death', { type: 'interrupt', interruption: { status: 'deceased', on: '2026-03-04', source: 'Exemple' } }],
    ['a last contact', { type: 'interrupt', interruption: { status: 'lost-contact', attempts: 3, lastContactOn: '2026-03-04' } }],
  ])('%s does not lie ahead', (_, asked) => {
    expect(refusedBy(atStage.registered(), ask(asked))).toEqual(['date-in-future'])
  })
  test('after a withdrawal only a new declaration leads on', () => {
    const back = then(atStage['voluntary-confirmed'](), ask(withdraw), ask(reopen, supervisor))
    expect(back.status).toBe('counselled')
    expect(guardsOf(back, 'in-preparation', now)).toEqual([{ code: 'declaration-missing' }])
  })
  test('a guardian withdraws for a child, not for an adult; a child may itself', () => {
    const byGuardian: Asked = { type: 'withdraw', withdrawnBy: 'guardian' }
    expect(refusedBy(atStage['voluntary-confirmed'](), ask(byGuardian))).toEqual(['person-must-withdraw'])
    const ofChild = after(ask(register(child), intake)).state
    expect(refusedBy(ofChild, ask(byGuardian))).toEqual([])
    expect(refusedBy(ofChild, ask(withdraw))).toEqual([])
  })
  test('withdrawing twice says nothing new', () => {
    const decided = cases.decide(then(atStage.registered(), ask(withdraw)), ask(withdraw))
    expect(decided).toEqual({ ok: true, value: [] })
  })
  test.each<[string, readonly Asked[], Asked, readonly string[]]>([
    ['who died does not withdraw', [die], withdraw, ['case-ended']],
    ['who died is not suspended', [die], suspend, ['case-ended']],
    ['who withdrew is not suspended', [withdraw], suspend, ['case-ended']],
    ['who withdrew may be counselled', [withdraw], counsel, []],
    ['who withdrew may need something', [withdraw], recordNeed(), []],
    ['who is not eligible may be screened again', [exclude], screen(), []],
    ['who withdrew may die', [withdraw], die, []],
    ['a case on its way is not resumed', [], { type: 'resume' }, ['not-interrupted']],
    ['a case on its way is not reopened', [], reopen, ['not-ended']],
    ['a death recorded in error is taken back', [die], reopen, []],
  ])('%s', (_, path, asked, expected) => {
    const state = then(atStage.counselled(), ...path.map((one) => ask(one)))
    expect(refusedBy(state, ask(asked))).toEqual(expected)
  })
})

describe('closure', () => {
  const requested = then(atStage.registered(), ask(close, manager))
  const needId = 'need-9q4r8t3m2k7x'
  const refuseNeed: Asked = { type: 'answer-need', needId, answer: { kind: 'refusal', reason: 'person-declined' } }
  const news = (state: (typeof referralStates.codes)[number], sequence: number): Asked => ({
    type: 'note-referral',
    needId,
    link: { referralId: 'ref-00000000000a', sequence, state },
  })

  test('takes two people', () => {
    expect(refusedBy(requested, ask(approve, manager))).toEqual(['same-person-approves'])
    expect(then(requested, ask(approve, supervisor))).toMatchObject({ status: 'closed', closure: { approvedBy: supervisor.id } })
  })
  test('is not decided before it is requested', () => {
    expect(refusedBy(atStage.registered(), ask(approve, supervisor))).toEqual(['closure-not-requested'])
    expect(refusedBy(atStage.registered(), ask({ type: 'decide-closure', decision: 'returned' }, supervisor))).toEqual([
      'closure-not-requested',
    ])
  })
  test('waits for every need, at the request and at the decision', () => {
    const open = then(requested, ask(recordNeed(), manager))
    expect(refusedBy(open, ask(close, manager))).toEqual(['need-open'])
    expect(refusedBy(open, ask(approve, manager))).toEqual(['need-open', 'same-person-approves'])
    const referred = then(open, ask(news('sent', 2)))
    expect(refusedBy(referred, ask(approve, supervisor))).toEqual(['need-referred'])
    expect(refusedBy(referred, ask(refuseNeed, manager))).toEqual(['need-with-partner'])
    const met = then(referred, ask(news('completed', 5)))
    expect(refusedBy(met, ask(approve, supervisor))).toEqual([])
    expect(refusedBy(then(open, ask(refuseNeed, manager)), ask(approve, supervisor))).toEqual([])
  })
  test('stays requested while the case moves', () => {
    const moved = then(requested, ask(screen()), ask(suspend), ask({ type: 'resume' }))
    expect(moved).toMatchObject({ status: 'screened', closure: { requestedBy: manager.id } })
  })
  test.each<[string, readonly Asked[]]>([
    ['a screening', [screen({ trafficking: 'yes' })]],
    ['another status', [lose]],
    ['a need, though it was answered since', [recordNeed(), refuseNeed]],
  ])('is requested anew after %s: two people looked at what was, one at what is', (_, since) => {
    const later = '2026-03-09T09:00:00.000Z'
    const moved = then(requested, ...since.map((what) => ask(what, protector, later)))
    expect(refusedBy(moved, ask(approve, supervisor, later))).toEqual(['closure-outdated'])
    const anew = then(moved, ask(close, manager, later))
    expect(refusedBy(anew, ask(approve, supervisor, later))).toEqual([])
  })
  test('may be returned', () => {
    expect(then(requested, ask({ type: 'decide-closure', decision: 'returned' }, supervisor))).toEqual(atStage.registered())
  })
  test('ends everything but what the person may always do, until it is reopened', () => {
    const closed = then(requested, ask(approve, supervisor))
    const [given] = [caseId.replace('case', 'consent')]
    const always: Asked = { type: 'withdraw-consent', consentId: given ?? '', withdrawnBy: 'person' }
    expect(refusedBy(closed, ask(always))).toEqual([])
    for (const asked of [screen(), counsel, recordNeed(), withdraw, suspend, die])
      expect(refusedBy(closed, ask(asked))).toEqual(['case-ended'])
    expect(refusedBy(closed, ask(close, manager))).toEqual(['case-not-active'])
    expect(then(closed, ask(reopen, supervisor))).toEqual(atStage.registered())
  })
})

/* Whatever happens. */
const people: readonly Principal[] = [intake, supervisor, manager, protector]
const needIds = ['need-00000000000a', 'need-00000000000b'] as const
const consentIds = ['consent-00000000000a', caseId.replace('case', 'consent')] as const
const one = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const asked: fc.Arbitrary<Asked> = fc.oneof(
  one<Asked>(withdraw, suspend, lose, exclude, die, close, approve, reopen, counsel),
  one<Asked>(
    { type: 'resume' },
    { type: 'decide-closure', decision: 'returned' },
    { type: 'assign', lead: manager.id, team: [protector.id] },
  ),
  one(...safeguards),
  one(...needIds).map(recordNeed),
  one(...needIds).map(
    (needId): Asked => ({ type: 'answer-need', needId, answer: { kind: 'service', provider: 'programme', on: '2026-03-02' } }),
  ),
  fc
    .record({ sequence: fc.nat(5), state: one(...referralStates.codes), needId: one(...needIds) })
    .map(({ needId, ...link }): Asked => ({ type: 'note-referral', needId, link: { referralId: 'ref-00000000000a', ...link } })),
  one(...consentIds).map((consentId): Asked => ({ type: 'withdraw-consent', consentId, withdrawnBy: 'guardian' })),
  one<Grounds>(bodies.consent.grounds, { basis: 'legal-obligation', legalReference: 'Exemple' }).map(
    (grounds): Asked => ({ type: 'give-consent', consentId: consentIds[0], terms: { ...bodies.consent, scopes: ['name'], grounds } }),
  ),
  fc
    .record({
      trafficking: one('yes', 'no', 'not-asked'),
      accompaniment: one('nobody', 'parent', 'other-relative'),
      ageInDoubt: fc.boolean(),
      asylumClaim: one('none', 'pending'),
      loweredBecause: one(undefined, 'Exemple : nouvel entretien le 2 mars'),
    })
    .map(screen),
  fc
    .record({
      outcome: one('none-found', 'same-person', 'another-person'),
      comparedWith: one<string[] | undefined>(undefined, ['case-000000000001'], ['case-000000000002']),
    })
    .map(
      ({ outcome, comparedWith }): Asked => ({ type: 'decide-duplicates', duplicates: { outcome, ...(comparedWith && { comparedWith }) } }),
    ),
  fc
    .subarray(['case-000000000001', 'case-000000000002', 'case-000000000003'])
    .map((found): Asked => ({ type: 'note-candidates', found: found.map((other) => ({ caseId: other, score: 8, reasons: [] })) })),
  one('same-person', 'another-person').map((outcome): Asked => ({ type: 'settle-candidate', other: 'case-000000000001', outcome })),
)
/** A case after commands of all kinds by all kinds of people, refused ones left out. */
const life = fc
  .record({ person: one(adult, child), commands: fc.array(fc.tuple(asked, one(...people)), { maxLength: 20 }) })
  .map(({ person, commands }) => {
    const history: CaseEvent[] = []
    const add = (state: CaseState | undefined, command: CaseCommand): CaseState | undefined => {
      const decided = cases.decide(state, command)
      if (!decided.ok) return state
      history.push(...decided.value)
      return decided.value.reduce<CaseState | undefined>(cases.evolve, state)
    }
    const state = commands.reduce((current, [what, by]) => add(current, ask(what, by)), add(undefined, ask(register(person), intake)))
    return { state, history }
  })

describe('whatever happens', () => {
  test('state and events are as declared, and the history leads to the state', () => {
    const events = eventSchema<CaseEvent>(cases.events)
    fc.assert(
      fc.property(life, ({ state, history }) => {
        expect(CaseState.parse(state)).toEqual(state)
        for (const event of history) expect(events.safeParse(event).success).toBe(true)
        expect(history.reduce<CaseState | undefined>(cases.evolve, undefined)).toEqual(state)
      }),
    )
  })
  test('evolve takes any event in any order', () => {
    const mixed = life.chain(({ history }) => fc.shuffledSubarray(history))
    fc.assert(fc.property(mixed, (history) => expect(() => history.reduce<CaseState | undefined>(cases.evolve, undefined)).not.toThrow()))
  })
  test('what is missing is what is refused, for the declaration and for the closure, as the caller may know it', () => {
    fc.assert(
      fc.property(life, one(...people), ({ state }, by) => {
        if (state === undefined) throw new Error('registered')
        const missing = knownTo(guardsOf(state, 'voluntary-confirmed', now), by, cases.resource(state)).map(({ code }) => code)
        expect(refusedBy(state, ask(declare(state), by))).toEqual(missing)
        const beforeClosure = guardsOf(state, 'closed', now).map(({ code }) => code)
        const fresh = { ...supervisor, id: 'staff-0099' }
        expect(refusedBy(state, ask(approve, fresh))).toEqual(beforeClosure)
      }),
    )
  })
  test('a case that is not over can always be withdrawn, and then rests on no declaration', () => {
    fc.assert(
      fc.property(life, ({ state }) => {
        if (state === undefined || state.status === 'closed' || state.status === 'deceased') return
        const { refused, state: next } = scenarioOf(state, ask(withdraw, manager))
        expect(refused).toEqual([])
        expect(next).toMatchObject({ status: 'withdrawn' })
        expect(next.declaration).toBeUndefined()
        expect(next.stage).not.toBe('voluntary-confirmed')
      }),
    )
  })
  test('no screening is followed by one that finds less, unless it says why', () => {
    fc.assert(
      fc.property(life, asked, ({ state }, next) => {
        if (state?.screening === undefined || next.type !== 'screen' || next.findings.loweredBecause !== undefined) return
        if (state.screening.trafficking === 'yes' && next.findings.trafficking !== 'yes')
          expect(refusedBy(state, ask(next))).not.toEqual([])
      }),
    )
  })
  test('who follows the events knows whether a confirmed return is held', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(asked, one(...people)), { maxLength: 20 }), (commands) => {
        let state: CaseState = atStage['voluntary-confirmed']()
        let held = false
        for (const [what, by] of commands) {
          const decided = cases.decide(state, ask(what, by))
          if (!decided.ok) continue
          state = decided.value.reduce<CaseState>(cases.evolve, state)
          for (const { type } of decided.value) {
            if (type === 'case-intake.return-held.v1') held = true
            if (type === 'case-intake.return-released.v1' || type === 'case-intake.case-resumed.v1') held = false
          }
          if (state.status === 'voluntary-confirmed') expect(held).toBe(guardsOf(state, 'in-preparation', now).length > 0)
        }
      }),
    )
  })
  test('a list row holds no personal data and is small', () => {
    fc.assert(
      fc.property(life, ({ state }) => {
        const row = JSON.stringify(state && cases.index?.(state).row)
        expect(row).not.toMatch(/Exemple|Camara|1998|2013/)
        expect(row.length).toBeLessThanOrEqual(150)
      }),
    )
  })
})

test('findings are complete: each level of vulnerability is looked at', () => {
  expect(Object.keys(findings().factors)).toEqual(['individual', 'household', 'community', 'structural'])
})

test.each<[string, Asked, keyof CaseState & ('sessions' | 'needs' | 'consents' | 'safeguards')]>([
  ['sessions', counsel, 'sessions'],
  ['needs', recordNeed(), 'needs'],
  ['consents', { type: 'give-consent', consentId: consentIds[0], terms: { ...bodies.consent, scopes: ['name'] } }, 'consents'],
  ['safeguards', safeguards[0] ?? withdraw, 'safeguards'],
])('a case holds so many %s that its items stay below 400 KB, and what is taken back always finds room', (_, asked, field) => {
  const full = Array.from({ length: 200 }).reduce<CaseState>((state) => then(state, ask(asked)), atStage.registered())
  expect(full[field]).toHaveLength(200)
  expect(refusedBy(full, ask(asked))).toEqual(['register-full'])
  expect(refusedBy(full, ask({ type: 'withdraw-consent', consentId: caseId.replace('case', 'consent'), withdrawnBy: 'person' }))).toEqual(
    [],
  )
})
