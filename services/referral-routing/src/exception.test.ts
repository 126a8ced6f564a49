import { fold, type Principal } from '@wontanara/core'
import { hoursLater, now, scenario, serviceNamed, staff } from '@wontanara/testing'
import * as fc from 'fast-check'
import { type CaseFile, type CaseFileCommand, caseFiles } from './case-file.ts'
import * as examples from './examples.ts'
import { type Asked, type Exception, type ExceptionCommand, type ExceptionEvent, exceptions } from './exception.ts'
import { groundOf, isRejected, unallowed } from './ground.ts'

const { referralId, caseId, organisationId, consentId } = examples
const coordinator = staff('referral-coordinator')
const protector = staff('protection-officer')
const supervisor = staff('supervisor')

const asked: Asked = {
  referralId,
  caseId,
  office: 'conakry',
  recipient: organisationId,
  snapshot: { name: { given: 'Exemple' } },
  age: 27,
  isPending: true,
  lacking: ['name'],
}
const by = (principal: Principal, at = now) => ({ by: principal, at })
const ask = (changes: Partial<Asked> = {}, over: object = {}): ExceptionCommand => ({
  type: 'ask',
  asked: { ...asked, ...changes },
  basis: 'vital-interest',
  why: 'Unconscious, and only they can take her in tonight.',
  second: protector.id,
  ...by(coordinator),
  ...over,
})
const confirm = (principal: Principal = protector, at = hoursLater(1)): ExceptionCommand => ({ type: 'confirm', ...by(principal, at) })
const review = (outcome: 'upheld' | 'rejected', principal: Principal = supervisor): ExceptionCommand => ({
  type: 'review',
  outcome,
  ...by(principal, hoursLater(20)),
})

/** The events of some commands, none of which is refused. */
const history = (...commands: readonly ExceptionCommand[]): readonly ExceptionEvent[] => {
  const events: ExceptionEvent[] = []
  for (const command of commands) {
    const decided = exceptions.decide(fold(exceptions, undefined, events), command)
    if (!decided.ok) throw new Error(decided.refusal.code)
    events.push(...decided.value)
  }
  return events
}
const { given } = scenario(exceptions)

describe('two named persons', () => {
  test('one asks, the other confirms; it holds for 72 hours, when its review is due', () => {
    const { state } = given(...history(ask())).when(confirm())
    expect(state).toMatchObject({
      status: 'confirmed',
      askedBy: coordinator.id,
      second: protector.id,
      confirmedAt: hoursLater(1),
      until: hoursLater(73),
      reviewDueAt: hoursLater(73),
    })
  })
  test('nobody names themselves', () => {
    expect(given().when(ask({}, { second: coordinator.id })).refused).toEqual(['two-persons-needed'])
  })
  test.each([
    ['who asked', coordinator],
    ['whom nobody named', staff('protection-officer', { id: 'another' })],
  ])('somebody confirms nothing %s', (_, somebody) => {
    expect(given(...history(ask())).when(confirm(somebody)).refused).toEqual(['two-persons-needed'])
  })
  test('one of the two must be a protection officer', () => {
    const second = staff('case-manager')
    expect(given(...history(ask({}, { second: second.id }))).when(confirm(second)).refused).toEqual(['protection-officer-needed'])
    const asking = ask({}, { ...by(staff('child-protection-officer')), second: second.id })
    expect(given(...history(asking)).when(confirm(second)).refused).toEqual([])
  })
  test('what was asked lapses after 72 hours', () => {
    expect(given(...history(ask())).when(confirm(protector, hoursLater(72))).refused).toEqual(['exception-lapsed'])
  })
  test('to confirm twice is no error, and lengthens nothing', () => {
    expect(given(...history(ask(), confirm())).when(confirm(protector, hoursLater(5))).events).toEqual([])
  })
})

describe('what may be asked', () => {
  test.each<[string, Partial<Asked>, object, string]>([
    ['for what has ended', { isPending: false }, {}, 'exception-not-possible'],
    ['where consent covers everything', { lacking: [] }, {}, 'exception-not-needed'],
    ['the safety of a child, for an adult', {}, { basis: 'child-safeguarding' }, 'not-a-child'],
    ['the safety of a child, for somebody of unknown age', { age: undefined }, { basis: 'child-safeguarding' }, 'not-a-child'],
  ])('not %s', (_, changes, over, code) => {
    expect(given().when(ask(changes, over)).refused).toEqual([code])
  })
  test.each<[string, Partial<Asked>]>([
    ['by age', { age: 17 }],
    ['by a birth date of which only the year is known', { age: undefined, snapshot: { birthDate: '2008' } }],
  ])('the safety of a child %s', (_, changes) => {
    expect(given().when(ask(changes, { basis: 'child-safeguarding' })).refused).toEqual([])
  })
  test('anew when it was upheld and has ended, not before its review, and never after a rejection', () => {
    const again = ask({}, by(coordinator, hoursLater(100)))
    expect(given(...history(ask(), confirm())).when(again).refused).toEqual(['exception-not-reviewed'])
    expect(given(...history(ask(), confirm(), review('rejected'))).when(again).refused).toEqual(['exception-rejected'])
    const { state } = given(...history(ask(), confirm(), review('upheld'))).when(again)
    expect(state).toMatchObject({ status: 'asked', askedAt: hoursLater(100) })
    expect(state).not.toHaveProperty('confirmedAt')
    expect(state).not.toHaveProperty('reviewedBy')
  })
})

describe('the review', () => {
  test.each([
    ['who asked', coordinator],
    ['who confirmed', protector],
  ])('is not for the person %s', (_, person) => {
    expect(given(...history(ask(), confirm())).when(review('upheld', person)).refused).toEqual(['third-person-needed'])
  })
  test('needs a confirmed exception, and its outcome stands', () => {
    expect(given(...history(ask())).when(review('upheld')).refused).toEqual(['exception-not-confirmed'])
    const upheld = history(ask(), confirm(), review('upheld'))
    expect(given(...upheld).when(review('upheld')).events).toEqual([])
    expect(given(...upheld).when(review('rejected')).refused).toEqual(['exception-reviewed'])
  })
  test('overdue, it is called so once a day until it is done', () => {
    const remind = (hours: number): ExceptionCommand => ({ type: 'remind', ...by(serviceNamed('referral-routing'), hoursLater(hours)) })
    const confirmed = history(ask(), confirm())
    expect(given(...confirmed).when(remind(72)).events).toEqual([])
    const first = given(...confirmed).when(remind(73)).events
    expect(first).toMatchObject([{ type: 'referral-routing.exception-review-overdue.v1', data: { day: '2026-03-05' } }])
    expect(given(...confirmed, ...first).when(remind(74)).events).toEqual([])
    expect(given(...confirmed, ...first).when(remind(97)).events).toHaveLength(1)
    expect(given(...confirmed, ...first, ...history(ask(), confirm(), review('upheld')).slice(-2)).when(remind(97)).events).toEqual([])
  })
})

test('in any order of steps by anybody, what is confirmed names two persons, one a protection officer, and what is reviewed a third', () => {
  const people = [coordinator, protector, supervisor, staff('case-manager'), staff('data-protection-officer')]
  const step = fc.tuple(
    fc.constantFrom('ask' as const, 'confirm' as const, 'upheld' as const, 'rejected' as const),
    fc.constantFrom(...people),
    fc.constantFrom(...people),
  )
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let state: Exception | undefined
      for (const [type, person, second] of steps) {
        const command =
          type === 'ask' ? ask({}, { ...by(person), second: second.id }) : type === 'confirm' ? confirm(person) : review(type, person)
        const decided = exceptions.decide(state, command)
        if (decided.ok) state = fold(exceptions, state, decided.value)
        if (state?.confirmedAt === undefined) continue
        expect(state.askedBy).not.toBe(state.second)
        expect([state.askedBy, state.second]).toContain(protector.id)
        expect([state.askedBy, state.second]).not.toContain(state.reviewedBy)
      }
    }),
    { numRuns: 500 },
  )
})

test('of all that a file may hold, in any order, only a consent in force or the exception of the very referral opens it', () => {
  const scopes = ['name', 'sex'] as const
  const hour = fc.integer({ min: -80, max: 80 })
  const basis = fc.constantFrom('vital-interest' as const, 'child-safeguarding' as const)
  const given = fc.record({
    kind: fc.constant('given' as const),
    id: fc.nat(2),
    recipient: fc.constantFrom(organisationId, 'org-autre-association'),
    basis: fc.constantFrom('consent' as const, 'vital-interest' as const, 'legal-obligation' as const),
    scopes: fc.subarray([...scopes], { minLength: 1 }),
    from: hour,
  })
  const withdrawn = fc.record({ kind: fc.constant('withdrawn' as const), id: fc.nat(2), at: hour })
  const opened = fc.record({ kind: fc.constant('opened' as const), of: fc.constantFrom(referralId, 'ref-000000000000'), basis, at: hour })
  const rejected = fc.record({ kind: fc.constant('rejected' as const), of: fc.constantFrom(referralId, 'ref-000000000000') })
  const issued = { at: now, by: serviceNamed('referral-routing'), caseId }
  const idOf = (n: number): string => `consent-00000000000${n}`
  void fc.assert(
    fc.property(fc.array(fc.oneof(given, withdrawn, opened, rejected), { maxLength: 8 }), hour, (steps, hours) => {
      let file: CaseFile | undefined
      const consents = new Map<number, Given>()
      const ended = new Map<number, number>()
      let exception: { readonly basis: string; readonly at: number; readonly rejected: boolean } | undefined
      for (const step of steps) {
        const command = ((): CaseFileCommand => {
          switch (step.kind) {
            case 'given': {
              if (!consents.has(step.id)) consents.set(step.id, step)
              const { recipient, basis: on, from, scopes: covered } = step
              const told = { purpose: 'referral' as const, recipient, basis: on, scopes: covered, validFrom: hoursLater(from) }
              return { type: 'record-consent', consentId: idOf(step.id), given: told, ...issued }
            }
            case 'withdrawn':
              if (!ended.has(step.id)) ended.set(step.id, step.at)
              return { type: 'record-withdrawal', consentId: idOf(step.id), withdrawnAt: hoursLater(step.at), ...issued }
            case 'opened': {
              if (step.of === referralId) exception = { basis: step.basis, at: step.at, rejected: false }
              const window = { confirmedAt: hoursLater(step.at), until: hoursLater(step.at + 72) }
              return { type: 'record-exception', exception: { referralId: step.of, basis: step.basis, ...window }, ...issued }
            }
            case 'rejected':
              if (step.of === referralId && exception !== undefined) exception = { ...exception, rejected: true }
              return { type: 'reject-exception', referralId: step.of, ...issued }
          }
        })()
        const decided = caseFiles.decide(file, command)
        if (decided.ok) file = fold(caseFiles, file, decided.value)
      }
      const covering = [...consents].filter(
        ([id, told]) => !ended.has(id) && told.recipient === organisationId && told.basis === 'consent' && told.from <= hours,
      )
      const covered = new Set(covering.flatMap(([, told]) => told.scopes))
      const speaksAgain = [...ended].some(([id, at]) => consents.get(id)?.recipient === organisationId && at >= (exception?.at ?? 0))
      const isOpen =
        exception !== undefined &&
        !exception.rejected &&
        exception.at <= hours &&
        hours < exception.at + 72 &&
        !(exception.basis === 'vital-interest' && speaksAgain)
      const referral = { referralId, facts: { organisationId, snapshot: { name: { given: 'Exemple' }, sex: 'female' as const } } }
      const lacking = scopes.filter((scope) => !covered.has(scope))
      expect(unallowed(referral, file, hoursLater(hours))).toEqual(isOpen ? [] : lacking)
      const ground = groundOf(referral, file, hoursLater(hours))
      expect(ground.consents.toSorted()).toEqual(covering.map(([id]) => idOf(id)).toSorted())
      expect(ground.exception !== undefined).toBe(isOpen && lacking.length > 0)
    }),
    { numRuns: 2000 },
  )
})
interface Given {
  readonly recipient: string
  readonly basis: string
  readonly scopes: readonly ('name' | 'sex')[]
  readonly from: number
}

describe('what an exception opens', () => {
  const referral = { referralId, facts: { organisationId, snapshot: { name: { given: 'Exemple' }, sex: 'female' as const } } }
  const exception = { referralId, basis: 'vital-interest' as const, confirmedAt: now, until: hoursLater(72) }
  const issued = { at: now, by: serviceNamed('referral-routing'), caseId }
  const fileAfter = (...commands: readonly Parameters<typeof caseFiles.decide>[1][]) =>
    commands.reduce<ReturnType<typeof caseFiles.evolve> | undefined>((state, command) => {
      const decided = caseFiles.decide(state, command)
      return decided.ok ? fold(caseFiles, state, decided.value) : state
    }, undefined)
  const record = { type: 'record-exception' as const, exception, ...issued }
  const consent = {
    type: 'record-consent' as const,
    consentId,
    given: { purpose: 'referral' as const, recipient: organisationId, scopes: ['name' as const], validFrom: now },
    ...issued,
  }
  const withdrawal = (hours: number) => ({ type: 'record-withdrawal' as const, consentId, withdrawnAt: hoursLater(hours), ...issued })

  test('its referral, from its confirmation to its end, and no other', () => {
    const file = fileAfter(record)
    expect(unallowed(referral, file, now)).toEqual([])
    expect(unallowed(referral, file, hoursLater(71.9))).toEqual([])
    expect(unallowed(referral, file, hoursLater(72))).toEqual(['name', 'sex'])
    expect(unallowed(referral, file, hoursLater(-1))).toEqual(['name', 'sex'])
    expect(unallowed({ ...referral, referralId: 'ref-000000000000' }, file, now)).toEqual(['name', 'sex'])
  })
  test('is named where consent does not cover everything, beside the consents that cover some', () => {
    expect(groundOf(referral, fileAfter(record, consent), now)).toEqual({
      consents: [consentId],
      exception: { basis: 'vital-interest', confirmedAt: now },
    })
    const whole = { ...consent, given: { ...consent.given, scopes: ['name' as const, 'sex' as const] } }
    expect(groundOf(referral, fileAfter(record, whole), now)).toEqual({ consents: [consentId] })
  })
  test('nothing once it is rejected', () => {
    const file = fileAfter(record, { type: 'reject-exception', referralId, ...issued })
    expect(unallowed(referral, file, now)).toEqual(['name', 'sex'])
    expect(isRejected(referral, file)).toBe(true)
  })
  test('nothing on vital interest once the person withdraws after it, and what it did after an earlier withdrawal', () => {
    for (const at of [0, 1]) expect(unallowed(referral, fileAfter(record, consent, withdrawal(at)), hoursLater(2))).toEqual(['name', 'sex'])
    expect(unallowed(referral, fileAfter(consent, withdrawal(-1), record), hoursLater(2))).toEqual([])
  })
  test('a child’s safety does not hang on a withdrawal', () => {
    const child = { ...record, exception: { ...exception, basis: 'child-safeguarding' as const } }
    expect(unallowed(referral, fileAfter(child, consent, withdrawal(1)), hoursLater(2))).toEqual([])
  })
})
